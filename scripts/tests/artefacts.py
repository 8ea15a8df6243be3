"""Logits of the reference and of its artefacts, for tests that hold them against each other."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from lab.export import export
from lab.export.manifest import make_manifest
from lab.export.rounding import BYTES
from lab.fixtures import tiny
from lab.reference.decoder import Decoder
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.state import Sizes, read

IDS = list(range(20, 60))


@torch.no_grad()
def logits(decoder: Decoder) -> np.ndarray:
    return read(decoder, torch.tensor(IDS), 2, Sizes(16, 8, 32))[0].numpy()  # 40 tokens: the memory is read too


def by_graph(decoder: Decoder, precision: str, checkpoint: Path) -> np.ndarray:
    """The same through an artefact, its bound set aside."""
    preset = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}
    kept = (checkpoint / "tokenizer.json").read_text()
    weights = export.counted(decoder, decoder.config, [precision])
    about = make_manifest(weights, Tokenizer.from_str(kept), preset, "tiny", [precision])
    with tempfile.TemporaryDirectory() as made:
        export.write(Path(made), decoder, kept, about, preset)
        return Session(ModelFolder(made, threads=1), "default").read(IDS, 2)


def off(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got - want).max() / np.abs(want).max())
