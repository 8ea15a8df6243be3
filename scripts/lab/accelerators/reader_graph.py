"""A reader's graph in three parts: the layers for an NPU, what is before and after them for the host; no command line.

    parts = split(onnx.load("models/reader/reader.onnx"))
    tokens, types → parts.embedding → x → parts.layers → hidden → parts.heads → what the graph puts out

The parts are the graph's own nodes, whatever precision it is in, and together compute its numbers, but that linears of
the layers take activations in fp32. The first layer norm ends the embedding, the last one the layers; the mask that
every Softmax's scores are added to is an input of the layers.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from lab.accelerators import lowering
from lab.export import external_data

X = "x"
HIDDEN = "hidden"
MASK = "mask_padding"  # the beginning is what fixed_point.py knows a mask by
BYTES = (TensorProto.UINT8, TensorProto.INT8)  # may stand anywhere in a file


@dataclass(frozen=True)
class ReaderParts:
    """embedding: tokens, types [n] → x [n, D]. layers: x [S, D], mask_padding [S] → hidden [S, D], in standard
    operators. heads: hidden [n, D], segments [n] → relevance, none, begin, end, verdict."""

    embedding: onnx.ModelProto
    layers: onnx.ModelProto
    heads: onnx.ModelProto


def split(model: onnx.ModelProto) -> ReaderParts:
    """Raises ValueError for a graph that is no reader's."""
    norms = [n for n in model.graph.node if n.op_type == "LayerNormalization"]
    made = lowering.producers(model.graph.node)
    masks = {masked(made, n) for n in model.graph.node if n.op_type == "Softmax"}
    if len(norms) < 3 or len(masks) != 1 or "" in masks:
        raise ValueError(f"found {len(norms)} layer norms and {len(masks)} masks, expected an encoder's graph")
    names = {norms[0].output[0]: X, masks.pop(): MASK, norms[-1].output[0]: HIDDEN}
    graph = renamed(model, names).graph
    width = next(t.dims[0] for t in graph.initializer if t.name == norms[0].input[1])
    inputs = {i.name: i for i in graph.input}

    def real(name: str, *shape: str | int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    def part(given: list[onnx.ValueInfoProto], wanted: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        return cut(graph, model.opset_import, given, wanted)

    return ReaderParts(
        part([inputs["tokens"], inputs["types"]], [real(X, "n", width)]),
        lowering.primitives(part([real(X, "S", width), real(MASK, "S")], [real(HIDDEN, "S", width)])),
        part([real(HIDDEN, "n", width), inputs["segments"]], list(graph.output)),
    )


def masked(made: dict[str, onnx.NodeProto], softmax: onnx.NodeProto) -> str:
    """The name of what a Softmax's scores are added to; empty where they are no sum."""
    scores = made.get(softmax.input[0])
    return scores.input[1] if scores is not None and scores.op_type == "Add" else ""


def renamed(model: onnx.ModelProto, names: dict[str, str]) -> onnx.ModelProto:
    """A copy in which values have these names; weights are shared with what it is a copy of."""
    made = onnx.ModelProto(graph=onnx.GraphProto(initializer=model.graph.initializer))
    for field in ("node", "input", "output"):
        getattr(made.graph, field).extend(copy.deepcopy(list(getattr(model.graph, field))))
    for node in made.graph.node:
        for side in (node.input, node.output):
            side[:] = [names.get(name, name) for name in side]
    return made


def cut(
    graph: onnx.GraphProto,
    opsets: list[onnx.OperatorSetIdProto],
    given: list[onnx.ValueInfoProto],
    wanted: list[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """The nodes that lead from some values to others; raises ValueError where they need more than those."""
    known = {value.name for value in given}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    needed = {value.name for value in wanted}
    nodes: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if (needed - known) & set(node.output):
            nodes.append(node)
            needed |= set(node.input)
    made = {name for node in nodes for name in node.output}
    if missing := needed - known - made - weights.keys() - {""}:
        raise ValueError(f"found that {', '.join(sorted(missing))} is needed, expected only {', '.join(sorted(known))}")
    own = [weights[name] for name in sorted(needed & weights.keys())]
    body = helper.make_graph(nodes[::-1], "reader", given, wanted, own)
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="edgeinfinite")


def pointing(part: onnx.ModelProto, whole: Path) -> onnx.ModelProto:
    """A part whose large weights of single bytes are those that stand in the whole graph's file, beside it."""
    made = copy.deepcopy(part)
    stored = whole.read_bytes()
    for tensor in made.graph.initializer:
        if tensor.data_type in BYTES and len(tensor.raw_data) >= lowering.LARGE:
            external_data.point(tensor, whole.name, stored.index(tensor.raw_data), len(tensor.raw_data))
    return made
