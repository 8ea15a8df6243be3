"""The input embedding of a model folder, read row by row, in every dtype of models/README.md.

rows = EmbeddingRows(folder, manifest)[[1, 2]]      # [2, D] float32; no command line
"""

from pathlib import Path

import numpy as np

FLOATS = {"f16": "<f2", "bf16": "<u2", "f32": "<f4"}
BLOCK = 32  # inputs to a scale
BITS = {"q8": 8, "q4": 4, "r8": 8}  # of rows in steps; of r8 with one scale


class EmbeddingRows:
    """Rows of the embedding, mapped; V rows, D wide."""

    def __init__(self, folder: Path, manifest: dict):
        self.kept = kept = manifest["embedding"]
        self.rows = manifest["base"]["vocabulary"]  # V
        self.width = manifest["base"]["hidden"]  # D
        file = folder / kept["file"]
        if bits := BITS.get(kept["dtype"]):
            block = self.width if kept["dtype"] == "r8" else BLOCK
            blocks = -(-self.width // block)
            steps = self.rows, blocks, block * bits // 8
            self.values = np.memmap(file, np.uint8, "r", kept["steps"], steps)
            self.scales = np.memmap(file, "<f4", "r", kept["scales"], (self.rows, blocks))
        else:
            self.values = np.memmap(file, FLOATS[kept["dtype"]], "r", 0, (self.rows, self.width))

    def __getitem__(self, ids: list[int] | slice) -> np.ndarray:
        """ids [n] or a slice → rows [n, D] float32, times the embedding's scale."""
        return self.unscaled(ids) * np.float32(self.kept["scale"])

    def unscaled(self, ids: list[int] | slice) -> np.ndarray:
        """The same as they stand in the file."""
        values = self.values[ids]
        dtype = self.kept["dtype"]
        if dtype not in BITS:
            return (values.astype("<u4") << 16).view(np.float32) if dtype == "bf16" else values.astype(np.float32)
        if dtype == "q4":  # the even input low
            values = np.stack([values & 15, values >> 4], -1)
        middle = np.float32(1 << BITS[dtype] - 1)
        blocks = values.reshape(*values.shape[:2], -1).astype(np.float32) - middle  # [n, blocks, numbers of a block]
        return (blocks * self.scales[ids][..., None]).reshape(len(values), -1)[:, : self.width]
