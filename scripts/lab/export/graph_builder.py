"""Nodes and weights of an ONNX graph as they are collected, and linears in 32, 8 and 4 bits.

g = Builder()
y = g("Add", "x", g.constant(1.0), out="y")
"""

import os
from collections.abc import Collection, Sequence
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lab.export import external_data
from lab.export.block_scaled import BlockScaled, joined
from lab.export.rounding import BLOCK, Rounded, round_int4, round_int8

PARTS = ("qkv", "o", "gate_up", "down", "lm_head")  # linears that int8 quantises; q and kv count as qkv
LARGE = 1 << 16  # bytes: what is kept outside of the graph
HEAD = "lm_head"  # outside whatever its size: the host reads the embedding of a tied model there
ACCURACY = {"fp32": 1, "int8": 4}  # of MatMulNBits, by what its activations are kept in


class Builder:
    """Collects nodes and initializers, large ones in `outside` if given; every method returns names of values."""

    def __init__(self, outside: BinaryIO | None = None) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, TensorProto] = {}
        self.outside = outside

    def __call__(self, op: str, *inputs: str, out: str = "", domain: str = "", **attributes) -> str:
        """Adds a node of one output, named `out` or after the node."""
        return self.many(op, *inputs, out=(out,), domain=domain, **attributes)[0]

    def many(self, op: str, *inputs: str, out: tuple[str, ...], domain: str = "", **attributes) -> list[str]:
        """Adds a node of as many outputs as `out` has names, empty ones to be named after the node."""
        names = [name or f"{op}_{len(self.nodes)}_{i}" for i, name in enumerate(out)]
        self.nodes.append(helper.make_node(op, list(inputs), names, names[0], domain=domain, **attributes))
        return names

    def weight(self, name: str, value: np.ndarray) -> str:
        """Adds an initializer; a name is given once."""
        assert name not in self.weights
        self.weights[name] = self.stored(name, np.array(value, order="C"))
        return name

    def stored(self, name: str, value: np.ndarray) -> TensorProto:
        """The initializer, with its values in `outside` where that is given and they are large, or HEAD's."""
        if self.outside is None or (value.nbytes < LARGE and name.partition(".")[0] != HEAD):
            return numpy_helper.from_array(value, name)
        stub = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(value.dtype), dims=value.shape)
        offset, length = external_data.write(self.outside, value.data)
        external_data.point(stub, os.path.basename(self.outside.name), offset, length)
        return stub

    def constant(self, value: float | int | list[int], dtype: type = np.float32) -> str:
        """The initializer of that value, added where there is none yet; integers are int64."""
        array = np.asarray(value, np.int64 if isinstance(value, list | int) else dtype)
        name = f"const_{array.dtype}_" + "_".join(str(v) for v in array.reshape(-1)) + ("" if array.ndim else "_scalar")
        self.weights.setdefault(name, numpy_helper.from_array(array, name))
        return name


class Linears:
    """x [S, in] → [S, out] for several weights on one input; in int8 the input is quantised once."""

    def __init__(self, g: Builder, precision: str, parts: Collection[str], weights: str, activations: str = "int8"):
        """parts: of PARTS, which are quantised; weights: how int8 keeps them, u8 or s8; activations: of ACCURACY,
        beside matrices in blocks."""
        self.g = g
        self.accuracy = ACCURACY[activations]
        self.rows: dict[str, tuple[str, str]] = {}
        self.sums: dict[str, str] = {}
        eight = dict.fromkeys(parts, 8)
        four = dict.fromkeys(parts, 4) | {"lm_head": 8}
        self.bits = {"fp32": {}, "int8": eight, "int4": four}[precision]
        self.zero = {"u8": np.array(128, np.uint8), "s8": np.array(0, np.int8)}[weights]
        self.zero_name = g.weight("weight.zero", self.zero)
        self.middle = g.weight("activation.zero", np.array(128, np.uint8))

    def __call__(
        self,
        x: str,
        name: str,
        weight: np.ndarray | Sequence[BlockScaled],
        bias: np.ndarray | None = None,
        rounded: Rounded | None = None,
        out: str = "",
    ) -> str:
        """weight [out, in], as PyTorch keeps it, or in blocks, some matrices row under row; rounded: the same
        quantised, else it is rounded to nearest."""
        g = self.g
        part = name.rpartition(".")[2]
        bits = self.bits.get(part if part in PARTS else "qkv", 32)
        last = "" if bias is not None else out
        if isinstance(weight, Sequence):
            y = self.in_blocks(x, name, joined(weight), last)
        elif bits == 32:
            y = g("MatMul", x, g.weight(name, weight.T), out=last)  # [S, out]
        elif bits == 4:
            y = self.four_bits(x, name, weight, rounded, last)
        else:
            y = self.eight_bits(x, name, weight, rounded, last)
        return y if bias is None else g("Add", y, g.weight(name + ".bias", bias), out=out)

    def four_bits(self, x: str, name: str, weight: np.ndarray, rounded: Rounded | None, out: str) -> str:
        """Blocks of a weight's inputs in four bits; ONNX Runtime takes x in eight bits by the same blocks."""
        values, scales = rounded or round_int4(weight.T)
        inputs = x, self.g.weight(name, values), self.g.weight(name + ".scale", scales)
        n, k = weight.shape
        how = {"N": n, "K": k, "block_size": BLOCK, "bits": 4, "accuracy_level": ACCURACY["int8"]}
        return self.g("MatMulNBits", *inputs, out=out, domain="com.microsoft", **how)  # [S, out]

    def in_blocks(self, x: str, name: str, parts: list[BlockScaled], out: str) -> str:
        """Matrices with a scale for every block of inputs, those of one form in one product."""
        if len(parts) == 1:
            return self.in_block(x, name, parts[0], out)
        some = [self.in_block(x, f"{name}.{number}", part, "") for number, part in enumerate(parts)]
        return self.g("Concat", *some, out=out, axis=-1)  # [S, Σ out]

    def in_block(self, x: str, name: str, part: BlockScaled, out: str) -> str:
        """A matrix in blocks; minima are multiplied by the sums of the inputs' blocks."""
        g = self.g
        inputs = x, g.weight(name, part.packed()), g.weight(name + ".scale", part.scales.reshape(-1))
        how = {"N": part.outputs, "K": part.inputs, "block_size": BLOCK, "bits": part.bits}
        last = out if part.minima is None else ""
        y = g("MatMulNBits", *inputs, out=last, domain="com.microsoft", accuracy_level=self.accuracy, **how)
        if part.minima is None:
            return y  # [S, out]
        if x not in self.sums:
            blocks = g("Reshape", x, g.constant([-1, part.inputs // BLOCK, BLOCK]))  # [S, blocks, BLOCK]
            self.sums[x] = g("ReduceSum", blocks, g.constant([-1]), keepdims=0)  # [S, blocks]
        least = g("MatMul", self.sums[x], g.weight(name + ".minimum", part.minima.T))  # [S, out]
        return g("Add", y, least, out=out)

    def eight_bits(self, x: str, name: str, weight: np.ndarray, rounded: Rounded | None, out: str) -> str:
        """A weight's output channels in eight bits, x in eight bits by its rows."""
        g = self.g
        u8, largest = self.quantized(x)  # [S, in], [S, 1]
        values, scale = rounded or round_int8(weight.T)  # [in, out], [out]
        eight = (values + self.zero.astype(np.int16)).astype(self.zero.dtype)
        inputs = u8, g.weight(name, eight), g.constant(1.0), g.weight(name + ".scale", scale / 127)
        y = g("MatMulIntegerToFloat", *inputs, self.middle, self.zero_name, domain="com.microsoft")  # [S, out]
        return g("Mul", y, largest, out=out)  # [S, out]

    def by_rows(self, x: str, name: str, weight: np.ndarray, rounded: Rounded | None, out: str) -> str:
        """The same in the same numbers, a row of the matrix after the other, so that they can be read by position."""
        g = self.g
        u8, largest = self.quantized(x)  # [S, in], [S, 1]
        values, scale = rounded or round_int8(weight.T)  # [in, out], [out]
        rows = g.weight(name, (values.T + np.int16(128)).astype(np.uint8))  # [out, in]
        middles = g.weight(name + ".zeros", np.full(len(scale), 128, np.uint8))  # [out]
        inputs = u8, g.constant(1 / 127), self.middle, rows, g.weight(name + ".scale", scale), middles
        y = g("QGemm", *inputs, transB=1, domain="com.microsoft")  # [S, out]
        return g("Mul", y, largest, out=out)  # [S, out]

    def quantized(self, x: str) -> tuple[str, str]:
        """x [S, in] in u8 around 128, and each row's largest magnitude [S, 1]."""
        g = self.g
        if x not in self.rows:
            largest = g("ReduceMax", g("Abs", x), g.constant([-1]), keepdims=1)  # [S, 1]
            largest = g("Max", largest, g.constant(1e-30))  # a row of zeros
            u8 = g("QuantizeLinear", g("Div", x, largest), g.constant(1 / 127), self.middle)  # [S, in]
            self.rows[x] = u8, largest
        return self.rows[x]
