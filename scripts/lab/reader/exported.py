"""An exported reader on the CPU, and how far numbers are off its self-test's. Needs no PyTorch; no command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from lab.reader.layout import Run
from lab.reader.reading import Model


def tokenizer(file: Path) -> Tokenizer:
    """A tokenizer that neither pads nor cuts."""
    opened = Tokenizer.from_file(str(file))
    opened.no_padding()
    opened.no_truncation()
    return opened


def graph(file: Path, threads: int = 1) -> Model:
    """An exported graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def model(runs: list[Run]) -> list[dict[str, np.ndarray]]:
        found = []
        for run in runs:
            feed = {
                "tokens": np.array(run.tokens, np.int32),
                "types": np.array(run.types, np.int32),
                "segments": np.array(run.segments, np.int32),
            }
            found.append(dict(zip(names, session.run(None, feed), strict=True)))
        return found

    return model


def difference(found: dict[str, np.ndarray], test: dict) -> float:
    """The largest difference of a graph's numbers from those of a self-test, ÷ the largest of them."""
    wanted = np.array([*test["relevance"], test["none"], *test["verdict"]])
    got = np.concatenate([found["relevance"][: len(test["relevance"])], found["none"], found["verdict"]])
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())
