"""A reader that can be asked: a checkpoint in PyTorch, or an exported graph in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from lab.reader.exported import graph, tokenizer
from lab.reader.layout import Run
from lab.reader.reading import Model
from lab.reader.weights import pretrained_files


def model_of(file: Path, threads: int = 1) -> tuple[Model, Tokenizer]:
    """A checkpoint (.pt) with the pretrained tokenizer, or an exported graph (.onnx) with the one beside it."""
    exported = file.with_name("reader-tokenizer.json")
    if file.suffix == ".onnx":
        return graph(file, threads), tokenizer(exported)
    return checkpoint(file, threads), tokenizer(pretrained_files() / "tokenizer.json")


def checkpoint(file: Path, threads: int = 1) -> Model:
    """The averaged weights of a training's checkpoint, in bf16 where that is fast."""
    import torch

    from lab.reader.encoder import Reader, Sizes
    from lab.reader.layout import SENTENCES
    from lab.reader.loss import tensors

    torch.set_num_threads(threads)
    reader = Reader(Sizes(), SENTENCES)
    reader.load_state_dict(torch.load(file, map_location="cpu", weights_only=True)["average"])
    reader.eval()

    @torch.no_grad()
    def model(runs: list[Run]) -> list[dict[str, np.ndarray]]:
        found = []
        for run in runs:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = reader(*tensors([run]))
            found.append({name: values[0].numpy() for name, values in out.items()})
        return found

    return model
