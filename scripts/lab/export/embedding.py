"""The rows of the input embedding, as model.json's `embedding` names their dtype; no command line, no PyTorch.

dtype = dtype_of(rows, ["int8"])
write(folder / f"embedding.{dtype}", rows, dtype)
places(graph)                              # of a tied model whose rows are those of lm_head
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx

from lab.export.graph_builder import HEAD
from lab.export.preset import Refused

ROWS = 4096  # that are looked at, or written, at once
BLOCKS = {"q8": 8, "q4": 4}  # bits of rows that are lm_head's own, in blocks
ROWS_OWN = "r8"  # rows that are lm_head's own, of 8 bits with a scale each
SHARED = (*BLOCKS, ROWS_OWN)  # what stands in lm_head's weights, in no file of its own


def upper_halves(rows: np.ndarray) -> np.ndarray:
    """Rows float32 → the upper half of each number, uint16: bf16, where the lower half is nought."""
    return (rows.view(np.uint32) >> 16).astype(np.uint16)


def exact_dtype(rows: np.ndarray) -> str:
    """The smallest dtype that holds the rows [V, D] float32 as they are."""
    parts = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
    if not any((part.view(np.uint32) & 0xFFFF).any() for part in parts):
        return "bf16"
    with np.errstate(over="ignore"):
        return "f16" if all(np.array_equal(part, part.astype(np.float16)) for part in parts) else "f32"


def dtype_of(rows: np.ndarray, precisions: Collection[str]) -> str:
    """Of the rows [V, D] float32: as the checkpoint has them where that shows, else f16."""
    exact = exact_dtype(rows)
    return exact if "fp32" in precisions or exact == "bf16" else "f16"


def write(file: Path, rows: np.ndarray, dtype: str) -> None:
    """Writes the rows [V, D] float32 in that dtype; raises Refused where they do not fit it."""
    encode = {"bf16": upper_halves, "f16": lambda part: part.astype(np.float16), "f32": lambda part: part}[dtype]
    with file.open("wb") as out:
        for start in range(0, len(rows), ROWS):
            with np.errstate(over="ignore"):
                part = encode(rows[start : start + ROWS])
            if part.dtype == np.float16 and not np.isfinite(part).all():
                raise Refused(f"the embedding does not fit {dtype}")
            out.write(part.tobytes())


def shared_dtype(bits: int, minima: bool) -> str:
    """Of the rows where lm_head's are the embedding's too; empty: it has minima, which stand in another order."""
    return "" if minima else {bits: dtype for dtype, bits in BLOCKS.items()}[bits]


def places(graph: onnx.ModelProto) -> dict[str, int]:
    """Where lm_head's steps and scales begin in the file beside the graph, in bytes."""
    stored = {tensor.name: tensor.external_data for tensor in graph.graph.initializer}
    named = {"steps": HEAD, "scales": f"{HEAD}.scale"}
    return {key: next(int(e.value) for e in stored[name] if e.key == "offset") for key, name in named.items()}
