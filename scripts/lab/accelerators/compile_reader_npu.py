"""Model folder → the same folder with its reader's layers for Qualcomm's NPU, compiled, checked and described.

    scripts/lab.sh compile-reader-npu models/reader target/reader-npu                   # every SoC that can
    scripts/lab.sh compile-reader-npu models/mine target/mine --soc SM8650 SM8750 --text report.txt

A reader's graph is cut in three (reader_graph.py): the host embeds tokens and computes the small heads, the layers
between are one graph of reader.json's `length` rows, every node of it on the HTP. What moves between nodes has 16 bits,
weights 8 by output channel; encodings are calibrated on runs over generated texts, and over those that are given, which
are asked the beginnings of their own sentences. The folder is refused when the compiler leaves a node, or when the
numbers of the self-test (on the CPU, in the same steps) are further off than --max-error. lab/reader/CONTRACT.md
describes the files, all of which begin with reader-npu; a generator beside the reader is compile-npu's. Needs
onnxruntime-qnn, which scripts/lab.sh compile-reader-npu brings.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import onnx
from tokenizers import Tokenizer

from lab.accelerators import activation_ranges, fixed_point, qnn, reader_graph
from lab.accelerators.compile_npu import MAX_ERROR, Refused, apart
from lab.accelerators.fixed_point import Encoding
from lab.accelerators.fixed_shape_session import step_by_step
from lab.accelerators.reader_graph import HIDDEN, MASK, ReaderParts, X
from lab.accelerators.reader_session import (
    PREFIX,
    SETTINGS,
    ReaderSessions,
    embedded,
    layers_in_steps,
    on_cpu,
)
from lab.corpus import seeds
from lab.export.model_folder import dumps, rewritten
from lab.reader.articles import Article, Question, sentences
from lab.reader.exported import difference, tokenizer
from lab.reader.generated import generated
from lab.reader.layout import QUESTION, Run, fitting, lay_out
from lab.reader.reading import ReadText
from lab.reference.numpy_engine import read_manifest

SOCS = [name for name, soc in qnn.SOCS.items() if soc.encoder]
GENERATED = 16  # texts, besides those that are given
ASKED = 3  # questions of a text
WORDS = 12  # of a sentence, asked as a question
SHORT = 4  # every other run has so much less room
EMBEDDING = f"{PREFIX}-embedding.onnx"
HEADS = f"{PREFIX}-heads.onnx"


def article_of(text: str) -> Article:
    """A text that is given, with the beginnings of some of its sentences as questions."""
    article = Article("given", sentences(text))
    article.headings = [""] * len(article.sentences)
    beginnings = [" ".join(sentence.split()[:WORDS]).rstrip(".!?") for sentence in article.sentences]
    article.questions = [Question(f"{beginning}?") for beginning in beginnings]
    return article


def calibration_runs(opened: Tokenizer, articles: list[Article], length: int) -> list[Run]:
    """Questions over the sentences that words find for them, in full runs and in short ones."""
    runs = []
    for number, article in enumerate(articles):
        text = ReadText(article, opened)
        draw = random.Random(f"{seeds.COMPILE}/{number}")
        for question in draw.sample(article.questions, min(ASKED, len(article.questions))):
            room = length if len(runs) % 2 == 0 else length // SHORT
            asked = opened.encode(question.text, add_special_tokens=False).ids[:QUESTION]
            order = [i for i, _ in text.retrieval.ranked(question.text)] or list(range(len(text.pieces)))
            chosen = fitting(asked, text.pieces, order, room)
            runs.append(lay_out(asked, [text.pieces[i] for i in chosen], length))
    return runs


def calibrate(parts: ReaderParts, runs: list[Run]) -> dict[str, Encoding]:
    """Encodings of all values of the layers."""
    host = on_cpu(parts.embedding.SerializeToString())
    rows = (embedded(host, run) for run in runs)
    fed = ({X: x, MASK: 0 * x[:, 0]} for x in rows)
    return fixed_point.encodings(parts.layers, activation_ranges.ranges_of_runs(parts.layers, fed))


def error(parts: ReaderParts, found: dict[str, Encoding], about: dict) -> float:
    """Of the self-test in steps, on the CPU: the largest difference ÷ the largest number. about: reader.json."""
    length = about["layout"]["length"]
    layers = step_by_step(layers_in_steps(parts.layers, found, length).SerializeToString())
    embedding, heads = (on_cpu(part.SerializeToString()) for part in (parts.embedding, parts.heads))
    test = about["self_test"]
    run = Run(test["tokens"], test["types"], test["segments"])
    return difference(ReaderSessions(embedding, layers, heads, found, length).run(run), test)


def compiled(folder: Path, layers: onnx.ModelProto, soc: qnn.Soc) -> list[dict]:
    """Writes a SoC's graph → what SETTINGS says of it."""
    name = f"{PREFIX}-{soc.name.lower()}"
    sdk = qnn.compile({name: layers}, soc, folder, shared=False)
    target = {"soc": soc.name, "soc_model": soc.number, "htp": soc.htp, "sdk": sdk}
    return [{"file": f"{name}.onnx", "binary": f"{name}.bin", "target": target}]


def compile_reader_npu(
    source: Path,
    target: Path,
    socs: list[qnn.Soc],
    texts: list[str],
    bound: float = MAX_ERROR,
    say: Callable[[str], None] = print,
) -> None:
    """Writes target, a whole model folder; raises Refused or qnn.NotWhole and leaves target as it was."""
    about = read_manifest(source)
    if "reader" not in about:
        raise Refused(f"found no reader in {source}, expected one (scripts/lab.sh add-reader puts it there)")
    files = about["reader"]
    reader = json.loads((source / files["settings"]).read_text())
    parts = reader_graph.split(onnx.load(source / files["graph"]))
    articles = [*generated(GENERATED, f"{seeds.COMPILE}/reader"), *(article_of(text) for text in texts)]
    length = reader["layout"]["length"]
    runs = calibration_runs(tokenizer(source / files["tokenizer"]), articles, length)
    found = calibrate(parts, runs)
    off = error(parts, found, reader)
    say(f"calibrated on {len(runs)} runs; numbers in steps within {off:.4f} of the reference")
    if not off <= bound:
        raise Refused(f"numbers off by {off:.2g}, allowed {bound:.2g}")
    layers = layers_in_steps(parts.layers, found, length)
    outer = {name: asdict(found[name]) for name in (X, MASK, HIDDEN)}
    with rewritten(source, target, about, PREFIX) as folder:
        embedding = reader_graph.pointing(parts.embedding, folder / files["graph"])
        (folder / EMBEDDING).write_bytes(embedding.SerializeToString(deterministic=True))
        (folder / HEADS).write_bytes(parts.heads.SerializeToString(deterministic=True))
        graphs = []
        for soc in socs:
            began = time.monotonic()
            graphs += apart(compiled, folder, layers, soc)
            size = (folder / graphs[-1]["binary"]).stat().st_size
            say(f"{soc.name} (HTP v{soc.htp}): {size:,} bytes, {time.monotonic() - began:.1f} s, no node on the CPU")
        described = {
            "format": 1,
            "precision": "a16w8",
            "max_error": bound,
            "length": length,
            "embedding": EMBEDDING,
            "heads": HEADS,
            "graphs": graphs,
            "tensors": outer,
            "inner": {name: asdict(found[name]) for name in sorted(found.keys() - outer.keys())},
        }
        (folder / SETTINGS).write_text(dumps(described))


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL")
    parser.add_argument("target", type=Path)
    parser.add_argument("--soc", nargs="+", choices=SOCS, default=SOCS, metavar="SOC", help=", ".join(SOCS))
    parser.add_argument("--text", nargs="+", type=Path, default=[], help="to calibrate on, besides generated ones")
    parser.add_argument("--max-error", type=float, default=MAX_ERROR, help="÷ the largest number (%(default)s)")
    a = parser.parse_args()
    try:
        socs = [qnn.SOCS[name] for name in a.soc]
        compile_reader_npu(a.source, a.target, socs, [f.read_text() for f in a.text], a.max_error)
    except (Refused, qnn.NotWhole, ValueError, OSError) as e:
        print(f"compile_reader_npu: {e}; nothing was written", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
