"""Rows of an embedding in four bits: two steps a byte, a scale a block. NumPy only."""

from __future__ import annotations

import numpy as np

# Columns that share a scale, where a row is as long.
BLOCK = 64
MIDDLE = 8


def in_nibbles(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """rows [V, D] → bytes [V, D / 2] and scales [V, blocks] in half precision.

    Byte j holds column j in its low half and column D / 2 + j in its high half, each as a step + 8. The number of
    greatest size in a block is step −8, so what was rounded once is rounded to itself."""
    count, width = rows.shape
    blocks = rows.reshape(count, -1, min(BLOCK, width))
    farthest = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)
    scales = (farthest / -MIDDLE).astype(np.float16)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)
    steps = np.clip(np.rint(blocks / divisor) + MIDDLE, 0, 2 * MIDDLE - 1).astype(np.uint8).reshape(count, width)
    low, high = np.split(steps, 2, axis=1)
    return low | high << 4, scales[..., 0]


def from_nibbles(packed: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """What `in_nibbles` wrote, as rows [V, D] in fp32."""
    steps = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - MIDDLE
    blocks = steps.reshape(*scales.shape, -1) * scales.astype(np.float32)[..., None]
    return blocks.reshape(len(packed), -1)
