"""Matrices in 8 or 4 bits with a scale, and maybe a minimum, for every 32 inputs: as GGUF's Q8_0, Q4_0, Q4_1 are kept.

block = to_nearest(weight, bits=8)          # weight [out, in]; no command line
weight = block.dequantized()                # scale · (step − 2^(bits−1)) + minimum
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lab.export.rounding import BLOCK, round_int4

ROWS = 4096  # that are computed with at once


@dataclass(frozen=True)
class BlockScaled:
    """A matrix [out, in]; blocks: ⌈in / BLOCK⌉."""

    bits: int  # 8 or 4
    inputs: int
    steps: np.ndarray  # [out, blocks · BLOCK] uint8; what only fills the last block is of no effect
    scales: np.ndarray  # [out, blocks] float32
    minima: np.ndarray | None = None  # [out, blocks] float32; then inputs are whole blocks

    @property
    def outputs(self) -> int:
        """Rows."""
        return len(self.steps)

    def form(self) -> tuple[int, bool]:
        """What matrices of one product have in common."""
        return self.bits, self.minima is not None

    def rows(self, chosen: slice | np.ndarray) -> BlockScaled:
        """Some rows, by a slice or by their numbers."""
        minima = None if self.minima is None else self.minima[chosen]
        return BlockScaled(self.bits, self.inputs, self.steps[chosen], self.scales[chosen], minima)

    def packed(self) -> np.ndarray:
        """[out, blocks, BLOCK · bits ÷ 8] uint8, as MatMulNBits has them: of 4 bits the even input low."""
        blocks = self.steps.reshape(self.outputs, -1, BLOCK)
        return blocks if self.bits == 8 else blocks[..., 0::2] | blocks[..., 1::2] << 4

    def dequantized(self) -> np.ndarray:
        """[out, in] float32."""
        middle = np.float32(1 << self.bits - 1)
        blocks = (self.steps.reshape(self.outputs, -1, BLOCK).astype(np.float32) - middle) * self.scales[..., None]
        if self.minima is not None:
            blocks += self.minima[..., None]
        return blocks.reshape(self.outputs, -1)[:, : self.inputs]

    def error(self, weight: np.ndarray) -> float:
        """‖ŵ − w‖ ÷ ‖w‖ of the weight [out, in] that this stands for."""
        off = 0.0
        for start in range(0, self.outputs, ROWS):
            some = slice(start, start + ROWS)
            off += float(np.square(self.rows(some).dequantized() - weight[some]).sum())
        return off**0.5 / max(float(np.linalg.norm(weight)), 1e-30)


def unpacked(
    packed: np.ndarray, scales: np.ndarray, bits: int, inputs: int, minima: np.ndarray | None = None
) -> BlockScaled:
    """What BlockScaled.packed gave; scales: of all blocks in their order."""
    steps = packed if bits == 8 else np.stack([packed & 15, packed >> 4], -1)
    return BlockScaled(bits, inputs, steps.reshape(len(packed), -1), scales.reshape(len(packed), -1), minima)


def joined(parts: Sequence[BlockScaled]) -> list[BlockScaled]:
    """Matrices on one input → as few as can be: neighbours of one form are one, row under row."""
    whole: list[list[BlockScaled]] = []
    for part in parts:
        if whole and whole[-1][0].form() == part.form():
            whole[-1].append(part)
        else:
            whole.append([part])
    return [one[0] if len(one) == 1 else stacked(one) for one in whole]


def stacked(parts: list[BlockScaled]) -> BlockScaled:
    """Matrices of one form, row under row."""
    minima = None if parts[0].minima is None else np.concatenate([p.minima for p in parts])
    steps = np.concatenate([p.steps for p in parts])
    return BlockScaled(parts[0].bits, parts[0].inputs, steps, np.concatenate([p.scales for p in parts]), minima)


def to_nearest(weight: np.ndarray, bits: int) -> BlockScaled:
    """weight [out, in] float32, rounded to nearest on a scale for each block."""
    return stacked([rows_to_nearest(weight[start : start + ROWS], bits) for start in range(0, len(weight), ROWS)])


def rows_to_nearest(weight: np.ndarray, bits: int) -> BlockScaled:
    """The same of a few rows, for what it computes with is several times as large."""
    inputs = weight.shape[1]
    if bits == 4:
        values, scales = round_int4(weight.T)
        steps = np.stack([values & 15, values >> 4], -1).reshape(len(weight), -1)
        return BlockScaled(4, inputs, steps, scales.reshape(len(weight), -1))
    blocks = np.pad(weight, ((0, 0), (0, -inputs % BLOCK))).reshape(len(weight), -1, BLOCK)  # [out, blocks, BLOCK]
    scales = np.abs(blocks).max(-1) / np.float32(127)  # [out, blocks]
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    steps = (np.clip(np.rint(blocks * inverse[..., None]), -127, 127) + 128).astype(np.uint8)
    return BlockScaled(8, inputs, steps.reshape(len(weight), -1), scales)
