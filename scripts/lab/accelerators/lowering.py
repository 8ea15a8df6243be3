"""The CPU artefact's graph in the fixed-shape form that accelerators' compilers take; no command line.

    simple = primitives(onnx.load("models/finder/cpu-int8.onnx"))     # any S, C, R; same inputs, outputs and numbers
    graph = fixed(simple, Run(rows=128, wanted=1, slots=528))       # one shape

What export/onnx_graph.py wrote for the CPU is rewritten node by node, so every family has its accelerator form without
a second builder: linears in eight bits or in blocks become plain ones on the weights they stand for, RotaryEmbedding
becomes multiplications, σ becomes ELU + 1, and shapes that are computed become numbers. Shapes as in onnx_graph.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from lab.export import block_scaled, external_data

OPSET = 23  # the first with RMSNormalization
LARGE = 1 << 12  # bytes of a weight that no shape follows from
INDEX = TensorProto.INT32  # of `rows`: compilers take no 64-bit input


@dataclass(frozen=True)
class GraphShape:
    """One fixed shape: rows S, wanted rows R, cache slots C."""

    rows: int
    wanted: int
    slots: int

    def dims(self) -> dict[str, int]:
        """The symbolic dims of models/README.md and their sizes."""
        return {"S": self.rows, "R": self.wanted, "C": self.slots, "T": self.slots + self.rows}


class Rewriter:
    """Nodes and weights of a graph in the making; names of values stay as they were."""

    def __init__(self, model: onnx.ModelProto, weights: dict[str, np.ndarray] | None = None):
        self.weights = weights_of(model) if weights is None else weights
        self.inputs, self.outputs = (copy.deepcopy(list(values)) for values in (model.graph.input, model.graph.output))
        self.nodes: list[onnx.NodeProto] = []
        self.taken = {o for n in model.graph.node for o in n.output}

    def __call__(self, op: str, *inputs: str | float | list[int] | np.ndarray, out: str = "", **attributes) -> str:
        """Adds a node of one output, named `out` or after the node."""
        return self.many(op, *inputs, out=[out], **attributes)[0]

    def many(self, op: str, *inputs: str | float | list[int] | np.ndarray, out: list[str], **attributes) -> list[str]:
        """Adds a node; numbers among its inputs become initializers → the names of its outputs."""
        names = [name or self.fresh(f"{op}.{len(self.nodes)}.{i}") for i, name in enumerate(out)]
        values = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        self.nodes.append(helper.make_node(op, values, names, names[0], **attributes))
        return names

    def fresh(self, name: str) -> str:
        """That name, or one like it that nothing has yet."""
        while name in self.taken:
            name += "'"
        self.taken.add(name)
        return name

    def constant(self, value: float | list[int] | np.ndarray) -> str:
        """The initializer of that value, int64 or float32, added where there is none yet."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = f"{array.dtype}." + "x".join(map(str, array.shape)) + "." + array.tobytes().hex()[:24]
        while name in self.weights and not np.array_equal(self.weights[name], array):
            name += "'"
        self.weights[name] = array
        return name

    def model(self) -> onnx.ModelProto:
        """What no output needs is left out."""
        needed = {o.name for o in self.outputs}
        kept = []
        for node in reversed(self.nodes):
            if needed & set(node.output):
                kept.append(node)
                needed |= set(node.input)
        weights = [numpy_helper.from_array(v, name) for name, v in self.weights.items() if name in needed]
        graph = helper.make_graph(kept[::-1], "edgeinfinite", self.inputs, self.outputs, weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def weights_of(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """A graph's initializers by name."""
    return {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}


def bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with large weights named, not held: shapes follow from it, at no cost of their gigabytes."""
    copied = onnx.ModelProto(ir_version=model.ir_version)
    copied.opset_import.extend(model.opset_import)
    graph = model.graph
    for field in ("node", "input", "output", "value_info"):
        getattr(copied.graph, field).extend(getattr(graph, field))
    for tensor in graph.initializer:
        if len(tensor.raw_data) < LARGE:
            copied.graph.initializer.append(tensor)
        else:
            stub = copied.graph.initializer.add(name=tensor.name, dims=tensor.dims, data_type=tensor.data_type)
            external_data.point(stub, "elsewhere")
    copied.graph.name = graph.name
    return copied


def attributes(node: onnx.NodeProto) -> dict:
    """A node's attributes by name."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def producers(nodes: Iterable[onnx.NodeProto]) -> dict[str, onnx.NodeProto]:
    """By a value's name the node that puts it out."""
    return {name: node for node in nodes for name in node.output}


def widened(model: onnx.ModelProto, values: Iterable[onnx.ValueInfoProto]) -> list[onnx.NodeProto]:
    """The nodes without the casts of a cache in f16; values, a graph's inputs and outputs, become f32."""
    halves = [v for v in values if v.type.tensor_type.elem_type == TensorProto.FLOAT16]
    for value in halves:
        value.type.tensor_type.elem_type = TensorProto.FLOAT
    outer = {v.name for v in halves}  # inside → of the input or output
    names = {}
    for node in model.graph.node:
        if node.op_type == "Cast":
            x = node.input[0]
            y = node.output[0]
            names |= {y: x} if x in outer else {x: y}
    nodes = [copy.deepcopy(n) for n in model.graph.node if n.op_type != "Cast"]
    for side in (side for n in nodes for side in (n.input, n.output)):
        side[:] = [names.get(name, name) for name in side]
    return nodes


def primitives(model: onnx.ModelProto, whole_norms: bool = False) -> onnx.ModelProto:
    """The same inputs, outputs and (but for eight-bit activations) numbers, of standard operators; shapes stay open.
    Keys and values are in f32, whatever the graph's own are in.

    whole_norms: a norm stays one operator, whose squares no 16 bits have to hold."""
    r = Rewriter(model)
    nodes = widened(model, (*r.inputs, *r.outputs))
    made = producers(nodes)
    linears: dict[str, str] = {}  # what MatMulIntegerToFloat gives, before it is multiplied → the linear's output
    minima = with_minima(nodes)

    def of(name: str, op: str) -> onnx.NodeProto | None:
        return made[name] if name in made and made[name].op_type == op else None

    for node in nodes:
        i = list(node.input)
        out = list(node.output)
        a = attributes(node)
        if node.op_type == "MatMulIntegerToFloat":  # its input: QuantizeLinear(Div(x, largest))
            x = made[made[i[0]].input[0]].input[0]
            zero = r.weights[i[5]].astype(np.float32)
            weight = (r.weights.pop(i[1]).astype(np.float32) - zero) * (r.weights[i[3]] * np.float32(127))
            r.weights[i[1]] = weight  # [in, out]
            linears[out[0]] = x, i[1]
        elif node.op_type == "QGemm":
            x = made[made[i[0]].input[0]].input[0]
            r.weights[i[3]] = ((r.weights.pop(i[3]).astype(np.float32) - 128) * r.weights[i[4]][:, None]).T  # [in, out]
            linears[out[0]] = x, i[3]
        elif node.op_type == "Mul" and i[0] in linears:
            r("MatMul", *linears[i[0]], out=out[0])
        elif node.op_type == "MatMulNBits":
            least, whole = minima.get(out[0], ("", out[0]))
            low = r.weights.pop(least).T if least else None
            block = block_scaled.unpacked(*(r.weights.pop(n) for n in i[1:3]), a["bits"], a["K"], low)
            r.weights[i[1]] = block.dequantized().T  # [in, out]
            r("MatMul", i[0], i[1], out=whole)
        elif node.op_type == "Add" and i[0] in minima:
            continue
        elif node.op_type == "SimplifiedLayerNormalization" and whole_norms:
            r("RMSNormalization", *i, out=out[0], axis=-1, epsilon=a["epsilon"])
        elif node.op_type == "SimplifiedLayerNormalization":
            norm(r, i[0], i[1], a["epsilon"], out[0])
        elif node.op_type == "RotaryEmbedding":
            rotate(r, *i, a, r.inputs, out[0])
        elif node.op_type == "Add" and (relu := of(i[0], "Relu")) and of(i[1], "Exp"):
            r("Add", r("Elu", relu.input[0]), 1.0, out=out[0])
        elif node.op_type == "Gelu" and a.get("approximate") == b"tanh":  # 1 + tanh(u) = 2·sigmoid(2u)
            u = r("Mul", r("Mul", i[0], i[0]), np.float32(0.044715 * 2 * (2 / np.pi) ** 0.5))
            u = r("Mul", i[0], r("Add", u, np.float32(2 * (2 / np.pi) ** 0.5)))
            r("Mul", i[0], r("Sigmoid", u), out=out[0])
        else:
            r.many(node.op_type, *i, out=out, **a)
    for value in r.inputs:
        if value.name == "rows":
            value.type.tensor_type.elem_type = INDEX
    return r.model()


def with_minima(nodes: Iterable[onnx.NodeProto]) -> dict[str, tuple[str, str]]:
    """Of matrices in blocks with minima: what MatMulNBits gives → the minima's name, and the linear's output."""
    made = producers(nodes)
    found = {}
    for node in nodes:
        parts = [made.get(name) for name in node.input]
        if node.op_type == "Add" and all(parts) and [p.op_type for p in parts] == ["MatMulNBits", "MatMul"]:
            found[node.input[0]] = parts[1].input[1], node.output[0]
    return found


def for_quantized(model: onnx.ModelProto, keys: np.ndarray, values: np.ndarray, heads: int) -> onnx.ModelProto:
    """The form whose every value has a range known beforehand, for 8 and 16 bits; logits as they were.

    Cached and new keys and values are divided by a scale of each dim: keys, values [L, J, d]. The memory's
    part, with p = softmax(min(q, 0) + log z) and r = max(q, 0),

        σ(q)·M / σ(q)·z  =  p⊙(1 + r) · (M ÷ z)  /  Σ p⊙(1 + r)                since σ(q) = exp(min(q, 0)) · (1 + r)

    has no sum of products so small that steps would lose them: what is divided by is at least 1. So inputs m_L and z_L
    become mean_L, M ÷ z by row and ÷ the values' scale, [1, J, d, d], and log_z_L [1, J, 1, d]; ε is left out. (A
    logarithm in the graph would be shorter: 16 bits of it come out as zeros on the simulator, on every SoC.)
    """
    r = Rewriter(model)
    made = producers(model.graph.node)
    queries: dict[str, int] = {}  # scaled query → layer
    mixtures: dict[str, int] = {}  # values of the cache, weighed → layer
    memories: dict[str, tuple[int, str]] = {}  # the memory's part → layer, query before σ
    for node in model.graph.node:
        if node.op_type == "Div" and (part := made.get(node.input[0])) and part.input[1].startswith("m_"):
            elu = made[made[part.input[0]].input[0]]
            memories[node.output[0]] = int(part.input[1][2:]), elu.input[0]
        if node.op_type != "MatMul":
            continue
        cached = made[node.input[1]].input[0] if node.input[1] in made else node.input[1]
        kind, _, layer = cached.rpartition("_")
        if kind == "k":
            query = made[node.input[0]]
            query = query if query.op_type == "Mul" else made[query.input[0]]  # or folded into kv heads
            queries[query.output[0]] = int(layer)
        elif kind == "v":
            mixtures[node.output[0]] = int(layer)
    for node in model.graph.node:
        i = list(node.input)
        out = list(node.output)
        a = attributes(node)
        if out[0] in memories:
            layer, query = memories[out[0]]
            above = r("Relu", query)
            chances = r("Softmax", r("Add", r("Sub", query, above), f"log_z_{layer}"), axis=-1)
            weights = r("Mul", chances, r("Add", above, 1.0))
            total = r("MatMul", weights, np.ones((values.shape[2], 1), np.float32))
            mean = r("Div", r("MatMul", weights, f"mean_{layer}"), total)
            r("Mul", mean, values[layer][:, None], out=out[0])
            continue
        if out[0] in queries:
            scale = np.repeat(keys[queries[out[0]]], heads // keys.shape[1], 0)  # [H, d]
            i[1] = r.constant(r.weights[i[1]] * scale[:, None])
        whole = [n if n.startswith(("new_k_", "new_v_")) or i[0] in mixtures else "" for n in out]
        r.many(node.op_type, *i, out=["whole." + n if w else n for n, w in zip(out, whole, strict=True)], **a)
        for name in filter(None, whole):
            if i[0] in mixtures:
                factor = values[mixtures[i[0]]]
            else:
                factor = 1 / (keys if name.startswith("new_k_") else values)[int(name[6:])]
            r("Mul", "whole." + name, factor[:, None], out=name)
    for value in r.inputs:
        kind, _, layer = value.name.partition("_")
        if kind in ("m", "z") and layer.isdigit():
            value.name = {"m": "mean_", "z": "log_z_"}[kind] + layer
            if kind == "z":
                shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
                value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, [1, shape[1], 1, shape[2]]))
    return r.model()


def norm(r: Rewriter, x: str, weight: str, epsilon: float, out: str) -> None:
    """Adds an RMS norm of x [S, D] by a weight [D], in primitive nodes."""
    mean = r("ReduceMean", r("Mul", x, x), [-1], keepdims=1)
    r("Mul", r("Div", x, r("Sqrt", r("Add", mean, np.float32(epsilon)))), weight, out=out)


def rotate(r: Rewriter, x: str, _: str, cos: str, sin: str, a: dict, inputs: list, out: str) -> None:
    """x [1, n, S, d], its first 2h dims by cos and sin [S, h]."""
    d = {i.name: i for i in inputs}["k_0"].type.tensor_type.shape.dim[3].dim_value
    turned = a.get("rotary_embedding_dim") or d
    sizes = [turned // 2, turned // 2, *([d - turned] if d > turned else [])]
    first, second, *rest = r.many("Split", x, sizes, out=[""] * len(sizes), axis=-1)
    left = r("Sub", r("Mul", first, cos), r("Mul", second, sin))
    right = r("Add", r("Mul", second, cos), r("Mul", first, sin))
    r("Concat", left, right, *rest, out=out, axis=-1)


def fixed(model: onnx.ModelProto, run: GraphShape, flat: bool = False) -> onnx.ModelProto:
    """One shape: every size a number, nothing computed from a shape. flat: linears take and give two dims."""
    held = weights_of(model)
    model = bare(model)
    dims = run.dims()
    for value in [*model.graph.input, *model.graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = dims[dim.dim_param]
    weights = {t.name for t in model.graph.initializer}
    parts = numpy_helper.from_array(np.array([run.slots, run.rows]), "parts")
    model.graph.initializer.append(parts)
    held[parts.name] = numpy_helper.to_array(parts)
    for node in model.graph.node:  # the one size that is computed
        if node.op_type == "Split" and node.input[1:] and node.input[1] not in weights:
            node.input[1] = parts.name
    shapes = shapes_of(model)
    r = Rewriter(model, held)
    for node in model.graph.node:
        i = list(node.input)
        out = list(node.output)
        a = attributes(node)
        if node.op_type == "Split":
            a.pop("num_outputs", None)
            r.many("Split", i[0], [shapes[o][a["axis"]] for o in out], out=out, **a)
        elif node.op_type == "Reshape":
            r("Reshape", i[0], shapes[out[0]], out=out[0])
        elif flat and node.op_type == "MatMul" and i[1] in weights and len(shapes[i[0]]) > 2:
            x = r("Reshape", i[0], [-1, shapes[i[0]][-1]])
            r("Reshape", r("MatMul", x, i[1]), shapes[out[0]], out=out[0])
        else:
            r.many(node.op_type, *i, out=out, **a)
    return r.model()


def shapes_of(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Shapes of all values; raises ValueError where one is not known."""
    inferred = shape_inference.infer_shapes(bare(model), strict_mode=True, data_prop=True).graph
    shapes = {t.name: list(t.dims) for t in inferred.initializer}
    for value in [*inferred.input, *inferred.output, *inferred.value_info]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    unknown = [o for n in inferred.node for o in n.output if n.op_type != "Shape" and 0 in shapes.get(o, [0])]
    if unknown:
        raise ValueError(f"the shape of {unknown[0]} is not known")
    return shapes
