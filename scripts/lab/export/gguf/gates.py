"""Trained gates beside a GGUF's weights: the layers that see all then have a memory.

    weights = Gated(Weights(file, config), Path("checkpoint/gates.safetensors"))     # or Adapted(…) for Weights(…)

`scripts/lab.sh ssft` writes such a file; it belongs to the weights, with or without an adapter, that it was trained
beside, which nothing here can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from lab.export.gguf.gguf_file import Unreadable
from lab.export.gguf.weights import Weights
from lab.reference.config import Config

PARTS = ("w1", "b1", "w2", "b2")


class Gated(Weights):
    """A GGUF's weights with gates; raises Unreadable for a file that is none, or gates of another shape."""

    def __init__(self, weights: Weights, path: Path) -> None:
        super().__init__(weights.file, weights.config)
        self.weights = weights
        self.changed = weights.changed
        try:
            self.gates = {name: gate.astype(np.float32) for name, gate in load_file(path).items()}
        except (SafetensorError, OSError) as e:
            raise Unreadable(f"{path}: found no gates, expected what ssft writes: {e}") from e
        widths = (gate.shape[0] for name, gate in self.gates.items() if name.endswith(".w1"))
        self.config = weights.config.remembering(next(widths, 0))
        found = {name: gate.shape for name, gate in self.gates.items()}
        wanted = dict(shapes(self.config))
        if wrong := sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)):
            raise Unreadable(
                f"{path}: found {wrong[0]} of {found.get(wrong[0])}, expected {wanted.get(wrong[0])}: "
                f"{len(wrong)} gates are not those of {weights.file.path}"
            )

    def __getitem__(self, name: str) -> np.ndarray:
        return self.gates[name] if name in self.gates else self.weights[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.weights
        yield from self.gates

    def __len__(self) -> int:
        return len(self.weights) + len(self.gates)


def shapes(config: Config) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The gates of a config by name."""
    width = config.gate_width()
    d = config.head_dim
    for layer in filter(config.remembers, range(config.layers)):
        for part, shape in zip(PARTS, ((width, d), (width,), (d, width), (d,)), strict=True):
            yield f"model.layers.{layer}.self_attn.gate.{part}", shape
