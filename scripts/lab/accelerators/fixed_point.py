"""Static 8- and 16-bit encodings of a fixed-shape graph's values, and the graph with them in it; no command line.

    real = (steps − zero) · scale        steps: u8 or u16

Keys and values are 8 bits over a scale of each dim (lower.for_steps), everything else that moves is 16 bits, weights of
linears 8 bits over a scale of each output channel; or 4 bits over a scale of 64 inputs, which is itself one of 15 steps
of the channel's (what Qualcomm calls LPBQ), but for the logits and the gates. Values that only move (Reshape, Split,
Concat …) share one encoding, and every shape of a graph gets the same ones, so a cache's bytes mean the same in and out
of each.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto

from lab.accelerators import lowering

MOVES = ("Reshape", "Transpose", "Split", "Gather", "Concat", "Identity")
TYPES = {8: (np.uint8, TensorProto.UINT8), 16: (np.uint16, TensorProto.UINT16)}
MARGIN = 1.5  # a 16-bit range is so much wider than what was seen
HIDDEN = 20.0  # e^-20 of a row's largest chance is nothing: scores lower than that need no bits
BLOCK = 64  # inputs to a scale in 4 bits
LEAST = -30.0  # log of what is nothing beside a head's largest z
CACHE = ("k_", "v_", "new_k_", "new_v_")


@dataclass(frozen=True)
class Encoding:
    """How real numbers are quantised: real = (value - zero) · scale, in unsigned integers of so many bits."""

    scale: float
    zero: int
    bits: int

    @staticmethod
    def of(low: float, high: float, bits: int = 16) -> Encoding:
        """Holds low … high, and 0 exactly."""
        low = min(float(low), 0.0)
        high = max(float(high), 0.0)
        top = 2**bits - 1
        scale = float(np.float32(max(high - low, 1e-9) / top))
        return Encoding(scale, round(-low / scale), bits)

    def quantize(self, real: np.ndarray) -> np.ndarray:
        """Real numbers → the nearest quantised values, clipped."""
        low = 0
        high = 2**self.bits - 1
        return np.clip(np.rint(real / np.float32(self.scale)) + self.zero, low, high).astype(TYPES[self.bits][0])

    def dequantize(self, steps: np.ndarray) -> np.ndarray:
        """Quantised values → float32."""
        return (steps.astype(np.float32) - self.zero) * np.float32(self.scale)


UNIT = Encoding.of(0, 1)  # chances, gates, z ÷ its largest
SIGNED = Encoding.of(-1, 1)
CACHED = Encoding(1 / 127, 128, 8)  # keys and values ÷ their dim's scale


class Classes:
    """Values that only move from one to another."""

    def __init__(self, nodes: Iterable[onnx.NodeProto], real: set[str]):
        self.parent: dict[str, str] = {}
        for node in nodes:
            if node.op_type in MOVES:
                names = [n for n in (*node.input, *node.output) if n in real]
                for name in names[1:]:
                    if self.root(name) != self.root(names[0]):
                        self.parent[self.root(name)] = self.root(names[0])

    def root(self, name: str) -> str:
        """The name that stands for all values that are the same as this one."""
        while name in self.parent:
            name = self.parent[name]
        return name


def real_values(model: onnx.ModelProto) -> set[str]:
    """Names of what is no weight and no shape: the graph's inputs but `rows`, and what nodes compute."""
    shapes = {o for n in model.graph.node if n.op_type == "Shape" for o in n.output}
    for node in model.graph.node:
        if shapes & set(node.input) and node.op_type != "Split":
            shapes |= set(node.output)
    computed = {o for n in model.graph.node for o in n.output} - shapes
    return computed | {i.name for i in model.graph.input} - {"rows"}


def encodings(
    model: onnx.ModelProto, ranges: dict[str, tuple[float, float]], memory_bits: int = 16, cache_bits: int = 8
) -> dict[str, Encoding]:
    """model: lower.for_steps, any shape; ranges: what was seen of its real values; bits: 8 or 16, of M ÷ z and of
    keys and values."""
    real = real_values(model)
    classes = Classes(model.graph.node, real)
    members = defaultdict(list)
    made = lowering.producers(model.graph.node)
    for name in real:
        members[classes.root(name)].append(name)
    found = {}
    for root, names in members.items():
        low = min(ranges[n][0] for n in names)
        high = max(ranges[n][1] for n in names)
        ops = {made[n].op_type for n in names if n in made}
        if any(n.startswith(CACHE) for n in names):
            encoding = CACHED if cache_bits == 8 else SIGNED
        elif ops & {"Softmax", "Sigmoid"} or root == "memory_weight":
            encoding = UNIT
        elif root.startswith("log_z_"):
            encoding = Encoding.of(LEAST, 0)
        elif root.startswith("mean_"):
            encoding = CACHED if memory_bits == 8 else SIGNED
        elif root.startswith(("cos_", "sin_")):
            encoding = SIGNED
        else:
            encoding = Encoding.of(low * MARGIN, high * MARGIN)
        found |= dict.fromkeys(names, encoding)
    bounds: dict[str, float] = defaultdict(float)
    for node in model.graph.node:  # scores: what the mask takes below `low` takes no part
        if node.op_type == "Add" and (mask := classes.root(node.input[1])).startswith("mask_"):
            low, high = ranges[node.output[0]]
            low = min(low, 0.0) * MARGIN - HIDDEN
            high = max(high, 0.0) * MARGIN
            found[node.output[0]] = Encoding.of(low, high)
            bounds[mask] = max(bounds[mask], high - low)
    for mask, bound in bounds.items():
        found |= dict.fromkeys(members[mask], Encoding.of(-bound, 0))
    return found


def blocks(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """weight [in, out] → steps [in, out] of -7 … 7, scales in steps [in/BLOCK, out] of 1 … 15, and what those are of
    [out]: weight ≈ steps · scale in steps · scale of the channel. Rounded to nearest."""
    by_block = weight.reshape(-1, BLOCK, weight.shape[1])
    wanted = np.abs(by_block).max(1) / 7  # [in/BLOCK, out]
    channel = np.maximum(wanted.max(0), 1e-12) / 15  # [out]
    scales = np.clip(np.ceil(wanted / channel), 1, 15).astype(np.uint8)
    steps = np.clip(np.rint(by_block / (scales * channel)[:, None]), -7, 7)
    return steps.reshape(weight.shape), scales, channel.astype(np.float32)


def quantized(model: onnx.ModelProto, found: dict[str, Encoding], weight_bits: int = 8) -> onnx.ModelProto:
    """lower.fixed of lower.for_steps with every value in steps between its nodes; inputs and outputs are steps."""
    r = lowering.Rewriter(model)
    real = real_values(model)
    outputs = {o.name for o in r.outputs}
    ready = {}

    def grid(e: Encoding, name: str) -> tuple[str, str]:
        r.weights[name + ".scale"] = np.array(e.scale, np.float32)
        r.weights[name + ".zero"] = np.array(e.zero, TYPES[e.bits][0])
        return name + ".scale", name + ".zero"

    def read(name: str) -> str:
        """The real numbers of a value or weight, out of its steps."""
        if name in real and name not in ready:  # an input
            ready[name] = r("DequantizeLinear", name, *grid(found[name], name), out=name + ".real")
        elif name not in ready and name in r.weights and r.weights[name].dtype == np.float32:
            ready[name] = weight(name)
        return ready.get(name, name)

    def weight(name: str) -> str:
        array = r.weights[name]
        if weight_bits == 4 and name in large and len(array) % BLOCK == 0:
            steps, scales, channel = blocks(array)
            r.weights |= {name + ".steps": steps.astype(ml_dtypes.int4), name + ".scales": scales}
            r.weights |= {name + ".channel": channel, name + ".none": np.zeros(len(channel), np.uint8)}
            r.weights[name + ".zero"] = np.zeros(scales.shape, ml_dtypes.int4)
            scale = r("DequantizeLinear", name + ".scales", name + ".channel", name + ".none", axis=1)
            blocked = {"axis": 0, "block_size": BLOCK}
            return r("DequantizeLinear", name + ".steps", scale, name + ".zero", out=name + ".real", **blocked)
        if name in channels:  # [in, out]
            scale = np.maximum(np.abs(array).max(0), 1e-12) / 127  # [out]
            steps = np.rint(array / scale).astype(np.int8)
            zero = np.zeros(len(scale), np.int8)
            axis = {"axis": 1}
            scale = scale.astype(np.float32)
        else:
            e = Encoding.of(array.min(), array.max())
            steps = e.quantize(array)
            scale = np.array(e.scale, np.float32)
            zero = np.array(e.zero, np.uint16)
            axis = {}
        r.weights |= {name + ".steps": steps, name + ".scale": scale, name + ".zero": zero}
        return r("DequantizeLinear", name + ".steps", name + ".scale", name + ".zero", out=name + ".real", **axis)

    linears = [n for n in model.graph.node if n.op_type == "MatMul" and n.input[1] in r.weights]
    channels = {n.input[1] for n in linears}
    large = {n.input[1] for n in linears if n.output[0] != "logits" and min(r.weights[n.input[1]].shape) >= BLOCK}
    for node in model.graph.node:
        inputs = [read(n) for n in node.input]
        r.many(node.op_type, *inputs, out=[n + ".raw" for n in node.output], **lowering.attributes(node))
        for name in node.output:
            scale, zero = grid(found[name], name)
            steps = r("QuantizeLinear", name + ".raw", scale, zero, out=name if name in outputs else name + ".steps")
            ready[name] = r("DequantizeLinear", steps, scale, zero, out=name + ".real")
    r.outputs = copy.deepcopy(r.outputs)
    for value in [*r.inputs, *r.outputs]:
        if value.name in found:
            value.type.tensor_type.elem_type = TYPES[found[value.name].bits][1]
    return r.model()
