"""An adapter (LoRA) of a GGUF's base: a folder of adapter.json and adapter.safetensors, and the base with it merged.

    adapter = read_adapter(Path("models/generator"))       # raises Unreadable for what does not belong together
    weights = Adapted(Weights(file, config), adapter)      # raises Unreadable where the base is another

Of a matrix W [out, in] an adapter holds `lora_a` [r, in] and `lora_b` [out, r] in float16, under the names and in the
order of rows of decoder.py; with it the matrix is W + scale · B·A. Matrices that it does not name stay the file's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from lab.export.gguf.gguf_file import GgufFile, Tensor, Unreadable
from lab.export.gguf.weights import Source, Weights
from lab.export.model_folder import dumps, entry

MANIFEST = "adapter.json"
TENSORS = "adapter.safetensors"
FORMAT = 1
KEYS = ("format", "name", "version", "description", "licence", "base", "scale", "trained_on", "files")
PARTS = ("lora_a", "lora_b")


@dataclass(frozen=True)
class Adapter:
    """What a folder holds: `about` is adapter.json, `tensors` name.lora_a [r, in] and name.lora_b [out, r]."""

    about: dict
    tensors: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def label(self) -> str:
        """Its name and version."""
        return f"{self.about['name']} {self.about['version']}"

    def names(self) -> list[str]:
        """The matrices that it changes, without .weight."""
        return sorted({name.rpartition(".")[0] for name in self.tensors})

    def change(self, name: str) -> np.ndarray:
        """What is added to a matrix [out, in], float32."""
        a, b = (self.tensors[f"{name}.{part}"].astype(np.float32) for part in PARTS)
        return np.float32(self.about["scale"]) * (b @ a)


def read_adapter(folder: Path) -> Adapter:
    """An adapter's folder; raises Unreadable where a file is missing, is another, or says something unknown."""
    file = folder / MANIFEST
    if not file.exists():
        raise Unreadable(f"{folder}: found no {MANIFEST}, expected an adapter's folder")
    try:
        about = json.loads(file.read_text("utf-8"))
    except ValueError as e:
        raise Unreadable(f"{file}: found no JSON: {e}") from e
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise Unreadable(f"{file}: found another form, expected format {FORMAT}")
    if odd := sorted(set(KEYS) ^ set(about)):
        raise Unreadable(f"{file}: found keys too many or too few ({', '.join(odd)}), expected {', '.join(KEYS)}")
    tensors = folder / TENSORS
    if not tensors.exists() or entry(tensors) != about["files"].get(TENSORS):
        raise Unreadable(f"{tensors}: found another file than {MANIFEST} names, expected {about['files'].get(TENSORS)}")
    try:
        return Adapter(about, load_file(tensors))
    except SafetensorError as e:
        raise Unreadable(f"{tensors}: found no tensors: {e}") from e


def write_adapter(folder: Path, about: dict, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes an adapter's folder; each file under a temporary name, synced, renamed. about: KEYS but format, files."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: np.ascontiguousarray(tensor, np.float16) for name, tensor in sorted(tensors.items())}
    part = folder / f"{TENSORS}.new"
    save_file(halves, part)
    settled(part, folder / TENSORS)
    whole = {"format": FORMAT} | about | {"files": {TENSORS: entry(folder / TENSORS)}}
    part = folder / f"{MANIFEST}.new"
    part.write_text(dumps(whole), "utf-8")
    settled(part, folder / MANIFEST)


def settled(part: Path, file: Path) -> None:
    """Syncs a file and gives it its name."""
    with part.open("rb") as opened:
        os.fsync(opened.fileno())
    part.replace(file)


def digest(file: GgufFile) -> str:
    """A GGUF's SHA-256."""
    return hashlib.sha256(file.bytes_of).hexdigest()


class Adapted(Weights):
    """A GGUF's weights with an adapter merged."""

    def __init__(self, weights: Weights, adapter: Adapter) -> None:
        super().__init__(weights.file, weights.config)
        self.adapter = adapter
        self.changed = frozenset(f"{name}.weight" for name in adapter.names())
        self.check()

    def check(self) -> None:
        """Raises Unreadable unless the adapter belongs to this base."""
        base = self.adapter.about["base"]
        if (found := digest(self.file)) != base["sha256"]:
            raise Unreadable(
                f"{self.file.path}: found SHA-256 {found}, expected {base['sha256']}: "
                f"adapter {self.adapter.label} belongs to {base['name']}"
            )
        for name in self.adapter.names():
            shapes = [self.adapter.tensors.get(f"{name}.{part}", np.empty(0)).shape for part in PARTS]
            weight = f"{name}.weight"
            wanted = self.shape(weight) if weight in self.sources else ()
            if len(wanted) != 2 or [len(s) for s in shapes] != [2, 2] or (shapes[1][0], shapes[0][1]) != wanted:
                raise Unreadable(
                    f"adapter {self.adapter.label}: found {name} of {[list(s) for s in shapes]}, "
                    f"expected two matrices for {list(wanted)}"
                )

    def shape(self, name: str) -> tuple[int, ...]:
        """A weight's shape."""
        source: Source = self.sources[name]
        tensor: Tensor = self.file.tensors[source.tensor]
        rows = len(np.arange(tensor.shape[0])[source.rows])
        return (rows, *tensor.shape[1:])

    def __getitem__(self, name: str) -> np.ndarray:
        weight = super().__getitem__(name)
        return weight + self.adapter.change(name.removesuffix(".weight")) if name in self.changed else weight
