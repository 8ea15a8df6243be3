"""Tensors of a GGUF unpacked: to float32, or to the very integers and scales that they are kept in.

block = kept(tensor)            # Q8_0, Q4_0, Q4_1 → BlockScaled; no command line
weight = dequantized(tensor)    # any of gguf_file.TYPES → float32
"""

import numpy as np
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize

from lab.export.block_scaled import BlockScaled
from lab.export.gguf.gguf_file import Tensor, Unreadable
from lab.export.rounding import BLOCK

KEPT = {"Q8_0": 8, "Q4_0": 4, "Q4_1": 4}  # bits of what a graph takes as it is
WITH_MINIMA = ("Q4_1",)


def dequantized(tensor: Tensor) -> np.ndarray:
    """The tensor in float32; raises Unreadable where a number is not finite."""
    rows = tensor.data.reshape(*tensor.shape[:-1], -1)
    if tensor.type in ("F32", "F16"):
        values = rows.view({"F32": "<f4", "F16": "<f2"}[tensor.type]).astype(np.float32)
    else:
        with np.errstate(invalid="ignore", over="ignore"):
            values = dequantize(rows, GGMLQuantizationType[tensor.type])
    check(tensor, values)
    return values.reshape(tensor.shape)


def check(tensor: Tensor, values: np.ndarray) -> None:
    """Raises Unreadable where a number is not finite."""
    if not np.isfinite(values).all():
        raise Unreadable(f"found numbers in {tensor.name} that are not finite, expected none")


def kept(tensor: Tensor) -> BlockScaled:
    """A matrix of one of KEPT as it is: w = d · q, or d · q + m, with d and m of 16 bits."""
    rows, inputs = tensor.shape
    blocks = tensor.data.reshape(rows, inputs // BLOCK, -1)  # [out, blocks, bytes]
    halves = 2 if tensor.type in WITH_MINIMA else 1  # d and m, or d alone
    numbers = blocks[..., : 2 * halves].copy().view("<f2").astype(np.float32)  # [out, blocks, halves]
    check(tensor, numbers)
    scales = numbers[..., 0]
    values = blocks[..., 2 * halves :]
    steps = from_signed(values) if tensor.type == "Q8_0" else from_halves(values)  # [out, blocks, BLOCK]
    minima = numbers[..., 1] + 8 * scales if halves == 2 else None  # d · q + m = d · (q − 8) + (m + 8 · d)
    return BlockScaled(KEPT[tensor.type], inputs, steps.reshape(rows, -1), np.ascontiguousarray(scales), minima)


def from_signed(values: np.ndarray) -> np.ndarray:
    """Bytes of s8 → the same from 0 to 255 around 128."""
    return values ^ 128


def from_halves(values: np.ndarray) -> np.ndarray:
    """[..., BLOCK/2] → [..., BLOCK] from 0 to 15: the first half of a block low, the second high."""
    return np.concatenate([values & 15, values >> 4], -1)
