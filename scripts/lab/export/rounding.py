"""Weights rounded to eight and four bits, as the CPU's graphs keep them.

steps, scales = round_int8(weight)          # weight [in, out] float32
weight = dequantized((steps, scales), inputs)
"""

import numpy as np

BYTES = {"fp32": 4.0, "int8": 1.0, "int4": 0.6}  # of a weight by precision, not quite
BITS = {"int8": 8, "int4": 4}  # of the layers' linears
BLOCK = 32  # inputs to a scale in four bits

Rounded = tuple[np.ndarray, np.ndarray]  # quantised values and scales, as round_int8 or round_int4 gives them


def round_int8(weight: np.ndarray) -> Rounded:
    """weight [in, out] → values [in, out] from -127 to 127 and scales [out]: symmetric, per output channel."""
    scale = np.maximum(np.abs(weight).max(0), 1e-30) / 127  # [out]
    values = np.clip(np.rint(weight / scale), -127, 127)  # [in, out]
    return values.astype(np.int8), scale.astype(np.float32)


def round_int4(weight: np.ndarray) -> Rounded:
    """weight [in, out] → two values of four bits a byte [out, blocks, BLOCK/2] and scales [out·blocks], to nearest.

    A block's scale makes its largest magnitude -8, whatever its sign, as ONNX Runtime's quantize_matmul_4bits has it.
    """
    padded = np.pad(weight.T.astype(np.float32), ((0, 0), (0, -len(weight) % BLOCK)))
    blocks = padded.reshape(len(padded), -1, BLOCK)  # [out, blocks, BLOCK]
    least = blocks.min(-1)
    most = blocks.max(-1)
    scales = np.where(np.abs(most) > np.abs(least), most, least) / np.float32(-8)  # [out, blocks]
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales != 0)
    shifted = blocks * inverse[..., None] + np.float32(8)
    values = np.clip(np.floor(shifted + np.float32(0.5)), 0, 15).astype(np.uint8)  # [out, blocks, BLOCK]
    values.reshape(len(values), -1)[:, len(weight) :] = 0  # what only fills the last block
    return values[..., 0::2] | values[..., 1::2] << 4, scales.reshape(-1)


def pack_int4(values: np.ndarray) -> np.ndarray:
    """values [in, out] from -8 to 7 → [out, blocks, BLOCK/2], as round_int4 gives them."""
    up = np.pad((values + 8).astype(np.uint8), ((0, -len(values) % BLOCK), (0, 0)))
    pairs = up.T.reshape(up.shape[1], -1, BLOCK // 2, 2)  # [out, blocks, BLOCK/2, 2]
    return pairs[..., 0] | pairs[..., 1] << 4


def dequantized(rounded: Rounded, inputs: int) -> np.ndarray:
    """→ [out, in] float32, the weight that an artefact computes with."""
    values, scales = rounded
    if values.ndim == 2:
        return values.T * scales[:, None]
    signed = np.stack([values & 15, values >> 4], -1).reshape(len(values), -1, BLOCK).astype(np.float32) - 8
    return (signed * scales.reshape(*signed.shape[:2], 1)).reshape(len(values), -1)[:, :inputs]
