"""Shapes of a graph's values in its symbols S, R, C and T = C + S, as onnx_graph.py builds them; no command line.

    found = named(nodes, inputs, weights)        # value → [3, 3, "3*S", "T"]

ONNX Runtime forgets a symbol where a Reshape says −1. Where it does not know that two shapes are the same, it plans no
buffer for both, and looks through all buffers before for every value: half of the time in which a graph of 1,700 nodes
is opened, and little of one of MANY.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from onnx import helper, numpy_helper

Dim = int | str  # a number, a symbol, or a multiple such as 3*S
Shape = list[Dim]
ALIKE = (
    "Abs Cast Exp Gelu Identity QuantizeLinear Relu RotaryEmbedding Sigmoid SimplifiedLayerNormalization Softmax"
).split()
ELEMENTWISE = "Add Div Max Min Mul Sub".split()
SUMMANDS = {"T": ["C", "S"]}
MANY = 500  # nodes: graphs of more name their shapes
FORGETFUL = ("Concat", "MatMulNBits", "Reshape", "Split")  # nodes after which ONNX Runtime does not know a symbol


def parts(dim: Dim) -> tuple[int, str]:
    """A dim → its number and its symbol, empty where there is none."""
    if isinstance(dim, int):
        return dim, ""
    number, _, symbol = dim.rpartition("*")
    return int(number or 1), symbol


def times(number: int, symbol: str) -> Dim:
    """The dim of a number of a symbol."""
    return number if not symbol else symbol if number == 1 else f"{number}*{symbol}"


@dataclass
class Shapes:
    """Shapes of values, and the numbers of constants that shapes follow from."""

    known: dict[str, Shape]
    constants: Mapping[str, list[int]]

    def add(self, node: onnx.NodeProto) -> None:
        """Those of a node's outputs; raises KeyError for an operator that onnx_graph.py does not use."""
        made = self.of(node)
        self.known |= dict(zip(node.output, made, strict=True))

    def of(self, node: onnx.NodeProto) -> list[Shape]:
        """A shape for each output."""
        op = node.op_type
        a = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        first = self.known[node.input[0]]
        if op in ALIKE:
            return [first]
        if op in ELEMENTWISE:
            return [broadcast([self.known[name] for name in node.input])]
        if op in OTHERS:
            return OTHERS[op](self, node, a, first)
        raise KeyError(f"found {op} in a graph, expected an operator whose shapes are known")

    def matmul(self, node: onnx.NodeProto, _: dict, first: Shape) -> list[Shape]:
        """Of MatMul, and of Gemm and MatMulIntegerToFloat, whose second input is a matrix."""
        second = self.known[node.input[1]]
        return [[*broadcast([first[:-2], second[:-2]]), first[-2], second[-1]]]

    def by_rows(self, node: onnx.NodeProto, _: dict, first: Shape) -> list[Shape]:
        """Of QGemm, whose second input is a matrix by its outputs."""
        return [[*first[:-1], self.known[node.input[3]][0]]]

    def in_blocks(self, _: onnx.NodeProto, a: dict, first: Shape) -> list[Shape]:
        """Of MatMulNBits."""
        return [[*first[:-1], a["N"]]]

    def reshaped(self, node: onnx.NodeProto, _: dict, first: Shape) -> list[Shape]:
        """Of Reshape: 0 keeps a dim, −1 takes the rest."""
        wanted = [first[at] if n == 0 else n for at, n in enumerate(self.constants[node.input[1]])]
        if -1 in wanted:
            taken = [parts(n) for n in wanted if n != -1]
            numbers, symbols = zip(*map(parts, first), strict=True)
            left = list(filter(None, symbols))
            for symbol in filter(None, (symbol for _, symbol in taken)):
                left.remove(symbol)
            (symbol,) = left or [""]
            wanted[wanted.index(-1)] = times(prod(numbers) // prod(n for n, _ in taken), symbol)
        return [wanted]

    def split(self, node: onnx.NodeProto, a: dict, first: Shape) -> list[Shape]:
        """Of Split: into constant sizes, into equal ones, or T into C and S."""
        axis = a["axis"] % len(first)
        if "num_outputs" in a:
            number, symbol = parts(first[axis])
            sizes = [times(number // a["num_outputs"], symbol)] * a["num_outputs"]
        else:
            sizes = self.constants.get(node.input[1]) or SUMMANDS[first[axis]]
        return [[*first[:axis], size, *first[axis + 1 :]] for size in sizes]

    def joined(self, node: onnx.NodeProto, a: dict, first: Shape) -> list[Shape]:
        """Of Concat."""
        axis = a["axis"] % len(first)
        numbers, symbols = zip(*(parts(self.known[name][axis]) for name in node.input), strict=True)
        dim = times(sum(numbers), symbols[0])
        if len({*symbols}) > 1:
            dim = next(whole for whole, summands in SUMMANDS.items() if summands == [*symbols])
        return [[*first[:axis], dim, *first[axis + 1 :]]]

    def transposed(self, _: onnx.NodeProto, a: dict, first: Shape) -> list[Shape]:
        """Of Transpose."""
        return [[first[at] for at in a["perm"]]]

    def gathered(self, node: onnx.NodeProto, _: dict, first: Shape) -> list[Shape]:
        """Of Gather along the first axis."""
        return [[*self.known[node.input[1]], *first[1:]]]

    def reduced(self, _: onnx.NodeProto, a: dict, first: Shape) -> list[Shape]:
        """Of ReduceMax and ReduceSum over the last axis."""
        return [[*first[:-1], 1] if a["keepdims"] else first[:-1]]

    def counted(self, _: onnx.NodeProto, a: dict, __: Shape) -> list[Shape]:
        """Of Shape."""
        return [[a["end"] - a["start"]]]


OTHERS = {
    "Concat": Shapes.joined,
    "Gather": Shapes.gathered,
    "Gemm": Shapes.matmul,
    "MatMul": Shapes.matmul,
    "MatMulIntegerToFloat": Shapes.matmul,
    "MatMulNBits": Shapes.in_blocks,
    "ReduceMax": Shapes.reduced,
    "ReduceSum": Shapes.reduced,
    "QGemm": Shapes.by_rows,
    "Reshape": Shapes.reshaped,
    "Shape": Shapes.counted,
    "Split": Shapes.split,
    "Transpose": Shapes.transposed,
}


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The common shape of several, aligned at their last dims."""
    rank = max(map(len, shapes))
    padded = [[1] * (rank - len(shape)) + shape for shape in shapes]
    return [next((dim for dim in dims if dim != 1), 1) for dims in zip(*padded, strict=True)]


def named(
    nodes: Sequence[onnx.NodeProto], inputs: Mapping[str, Shape], weights: Mapping[str, onnx.TensorProto]
) -> dict[str, Shape]:
    """Of the values in fp32 that FORGETFUL nodes make of the inputs, with a symbol in it; nodes: in their order."""
    small = [tensor for tensor in weights.values() if tensor.data_type == onnx.TensorProto.INT64]
    constants = {tensor.name: np.atleast_1d(numpy_helper.to_array(tensor)).tolist() for tensor in small}
    found = Shapes({name: [*shape] for name, shape in inputs.items()}, constants)
    found.known |= {tensor.name: [*tensor.dims] for tensor in weights.values()}
    for node in nodes:
        found.add(node)
    values = {name: found.known[name] for node in nodes if node.op_type in FORGETFUL for name in node.output}
    return {name: shape for name, shape in values.items() if any(isinstance(dim, str) for dim in shape)}
