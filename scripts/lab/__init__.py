"""The lab: makes, trains, exports and measures models. `scripts/lab.sh` lists its commands.

    reference      the model as mathematics: decoder, state, the engine's algorithm in numpy
    corpus         generated text, with the standard library only
    export         checkpoint → model folder
    train          S-SFT for any checkpoint: the papers' method
    reader         an encoder that finds what is asked: from bge-small-en-v1.5, on people's questions
    accelerators   CPU graph → NPU, NNAPI, XNNPACK
    generator      an adapter of a chat model that says the short answer: on what people asked
    fixtures       golden files that Python, Rust and Kotlin agree on
    finder         the demo model, from nothing
    plots          pictures of records
    evaluate       through the shipped command line: JSON in, tables out
    release        AARs, APKs, notices: written and checked

A folder imports only those of the levels above its own; plots and release stand alone.
"""

from pathlib import Path

LEVELS = (
    ("reference", "corpus"),
    ("export",),
    ("train", "reader"),
    ("accelerators", "generator"),
    ("fixtures",),
    ("finder",),
    ("plots",),
    ("evaluate",),
    ("release",),
)
FOLDERS = tuple(folder for level in LEVELS for folder in level)
ROOT = Path(__file__).resolve().parents[2]
