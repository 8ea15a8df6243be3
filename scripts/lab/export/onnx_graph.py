"""The CPU artefact as an ONNX graph, node by node: models/README.md, "The graph". Built by export.py; no command line.

Shapes: S rows of the run, R wanted rows, C cache slots (all three symbolic), D hidden, H heads, J kv heads, G = H/J,
d head width, V vocabulary. Precision `int8`: weights in 8 bits with a scale per output channel, activations with one
per row (÷ its largest magnitude × 127), so that no row depends on its neighbours; norms, attention, memory and gate in
fp32. Both are kept in u8 around 128: x86 processors with AVX2 but without VNNI saturate the sums of u8 × s8 products
(tried: logits off by 0.45 instead of 0.08), u8 × u8 is the same on every machine. Where every processor is known to
have VNNI, `s8` weights are faster (on one of them 128 rows took 6.3 ms instead of 8.2). `int4`: the linears of the
layers in 4 bits, 32 inputs to a scale, activations in 8 bits by the same 32; lm_head as in int8. Weights are rounded to
nearest here, or come rounded (gptq.py). Cache `f16`: keys and values come in and go out in f16, which halves what lives
between runs; attention is computed in fp32 all the same.
"""

import os
from collections.abc import Collection, Mapping
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.capi import _pybind_state as runtime

from lab.export import external_data as outside
from lab.reference.config import Config
from lab.reference.decoder import EPSILON

PARTS = ("qkv", "o", "gate_up", "down", "lm_head")  # linears that int8 quantises; q and kv count as qkv
CACHES = {"f16": TensorProto.FLOAT16, "f32": TensorProto.FLOAT}
BYTES = {"fp32": 4.0, "int8": 1.0, "int4": 0.6}  # of a weight, not quite
BLOCK = 32  # inputs to a scale in 4 bits
BITS = {"int8": 8, "int4": 4}  # of the layers' linears
LARGE = 1 << 16  # bytes: what is kept outside of the graph

Rounded = tuple[np.ndarray, np.ndarray]  # a weight as quantize, or quantize4, gives it


class Builder:
    """Collects nodes and initializers, large ones in `outside` if given; every method returns names of values."""

    def __init__(self, outside: BinaryIO | None = None) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, TensorProto] = {}
        self.outside = outside

    def __call__(self, op: str, *inputs: str, out: str = "", domain: str = "", **attributes) -> str:
        return self.many(op, *inputs, out=(out,), domain=domain, **attributes)[0]

    def many(self, op: str, *inputs: str, out: tuple[str, ...], domain: str = "", **attributes) -> list[str]:
        names = [name or f"{op}_{len(self.nodes)}_{i}" for i, name in enumerate(out)]
        self.nodes.append(helper.make_node(op, list(inputs), names, names[0], domain=domain, **attributes))
        return names

    def weight(self, name: str, value: np.ndarray) -> str:
        assert name not in self.weights
        self.weights[name] = self.stored(name, np.array(value, order="C"))
        return name

    def stored(self, name: str, value: np.ndarray) -> TensorProto:
        if self.outside is None or value.nbytes < LARGE:
            return numpy_helper.from_array(value, name)
        stub = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(value.dtype), dims=value.shape)
        outside.point(stub, os.path.basename(self.outside.name), *outside.write(self.outside, value.data))
        return stub

    def constant(self, value: float | int | list[int], dtype: type = np.float32) -> str:
        array = np.asarray(value, np.int64 if isinstance(value, list | int) else dtype)
        name = f"const_{array.dtype}_" + "_".join(str(v) for v in array.reshape(-1)) + ("" if array.ndim else "_scalar")
        self.weights.setdefault(name, numpy_helper.from_array(array, name))
        return name


def quantize(weight: np.ndarray) -> Rounded:
    """weight [in, out] → steps [in, out] from -127 to 127 and scales [out]: symmetric, per output channel."""
    scale = np.maximum(np.abs(weight).max(0), 1e-30) / 127  # [out]
    steps = np.clip(np.rint(weight / scale), -127, 127)  # [in, out]
    return steps.astype(np.int8), scale.astype(np.float32)


def quantize4(weight: np.ndarray) -> Rounded:
    """weight [in, out] → two of 4 bits a byte [out, blocks, BLOCK/2] and scales [out·blocks], rounded to nearest."""
    n, out = weight.shape
    blocks = -(-n // BLOCK)
    four, scales = np.zeros((out, blocks, BLOCK // 2), np.uint8), np.zeros(out * blocks, np.float32)
    none = np.zeros(out * ((blocks + 1) // 2), np.uint8)  # zero points, which symmetric blocks do without
    runtime.quantize_matmul_4bits(four, np.ascontiguousarray(weight), scales, none, BLOCK, out, n, True)
    return four, scales


def pack4(steps: np.ndarray) -> np.ndarray:
    """steps [in, out] from -8 to 7 → [out, blocks, BLOCK/2], as quantize4 gives them."""
    up = np.pad((steps + 8).astype(np.uint8), ((0, -len(steps) % BLOCK), (0, 0)))
    pairs = up.T.reshape(up.shape[1], -1, BLOCK // 2, 2)  # [out, blocks, BLOCK/2, 2]
    return pairs[..., 0] | pairs[..., 1] << 4


def whole(kept: Rounded, inputs: int) -> np.ndarray:
    """→ [out, in] float32, the weight that an artefact computes with."""
    steps, scales = kept
    if steps.ndim == 2:
        return steps.T * scales[:, None]
    steps = np.stack([steps & 15, steps >> 4], -1).reshape(len(steps), -1, BLOCK).astype(np.float32) - 8
    return (steps * scales.reshape(*steps.shape[:2], 1)).reshape(len(steps), -1)[:, :inputs]


class Linears:
    """x [S, in] → [S, out] for several weights on one input; in int8 the input is quantised once."""

    def __init__(self, g: Builder, precision: str, parts: Collection[str], weights: str):
        self.g, self.rows = g, {}
        eight, four = dict.fromkeys(parts, 8), dict.fromkeys(parts, 4) | {"lm_head": 8}
        self.bits = {"fp32": {}, "int8": eight, "int4": four}[precision]
        self.zero = {"u8": np.array(128, np.uint8), "s8": np.array(0, np.int8)}[weights]
        self.zero_name = g.weight("weight.zero", self.zero)
        self.middle = g.weight("activation.zero", np.array(128, np.uint8))

    def __call__(
        self, x: str, name: str, weight: np.ndarray, bias: np.ndarray | None = None, kept: Rounded | None = None,
        out: str = "",
    ) -> str:  # fmt: skip
        """weight [out, in], as PyTorch keeps it; kept: the same rounded, else it is to nearest."""
        g, last, part = self.g, "" if bias is not None else out, name.rpartition(".")[2]
        bits = self.bits.get(part if part in PARTS else "qkv", 32)
        if bits == 32:
            y = g("MatMul", x, g.weight(name, weight.T), out=last)  # [S, out]
        elif bits == 4:
            (four, scales), (n, k) = kept or quantize4(weight.T), weight.shape
            inputs, how = (x, g.weight(name, four), g.weight(name + ".scale", scales)), {"bits": 4, "accuracy_level": 4}
            y = g(
                "MatMulNBits", *inputs, out=last, domain="com.microsoft", N=n, K=k, block_size=BLOCK, **how
            )  # [S, out]
        else:
            u8, largest = self.quantized(x)  # [S, in], [S, 1]
            steps, scale = kept or quantize(weight.T)  # [in, out], [out]
            eight = (steps + self.zero.astype(np.int16)).astype(self.zero.dtype)
            inputs = u8, g.weight(name, eight), g.constant(1.0), g.weight(name + ".scale", scale / 127)
            y = g("MatMulIntegerToFloat", *inputs, self.middle, self.zero_name, domain="com.microsoft")  # [S, out]
            y = g("Mul", y, largest, out=last)  # [S, out]
        return y if bias is None else g("Add", y, g.weight(name + ".bias", bias), out=out)

    def quantized(self, x: str) -> tuple[str, str]:
        g = self.g
        if x not in self.rows:
            largest = g("ReduceMax", g("Abs", x), g.constant([-1]), keepdims=1)  # [S, 1]
            largest = g("Max", largest, g.constant(1e-30))  # a row of zeros
            self.rows[x] = g("QuantizeLinear", g("Div", x, largest), g.constant(1 / 127), self.middle), largest
        return self.rows[x]


def build(
    config: Config,
    weights: dict[str, np.ndarray],
    precision: str,
    eight_bits: str = "u8",
    only: Collection[str] = PARTS,
    outside: BinaryIO | None = None,
    rounded: Mapping[str, Rounded] | None = None,
    cache: str = "f32",
) -> onnx.ModelProto:
    """weights: the decoder's state_dict as float32 arrays; eight_bits: how int8 keeps them, u8 or s8; only: which;
    outside: a file beside the graph's that takes the large ones, page by page, so that they can be mapped; rounded: all
    of the linears, by name without `.weight`, where they are not to be rounded to nearest; cache: what keys and values
    are kept in, one of CACHES."""
    c, g = config, Builder(outside)
    linear = Linears(g, precision, only, eight_bits)
    H, J, d = c.heads, c.kv_heads, c.head_dim
    by_head = lambda t, shape: t if H == J else g("Reshape", t, g.constant(shape))  # noqa: E731

    def norm(x: str, name: str) -> str:
        inputs = x, g.weight(name, weights[name])
        return g("SimplifiedLayerNormalization", *inputs, axis=-1, epsilon=c.eps, stash_type=1)

    def rotate(x: str, n: int, kind: str, out: str = "") -> str:
        """x [1, n, S, d], its first r dims by the kind's cos and sin: row i of them belongs to row i of x."""
        r = 2 * len(c.kinds[kind].frequencies)
        if not r:
            return g("Identity", x, out=out) if out else x
        inputs, part = (x, g.constant([0]), *turned[kind]), {"rotary_embedding_dim": r, "num_heads": n} if r < d else {}
        return g("RotaryEmbedding", *inputs, out=out, domain="com.microsoft", **part)

    def score_scale(kind: str) -> str:
        """Of a query: the factor of a kind's turning dims is twice in q·k, and keys are kept without it."""
        r, factor = 2 * len(c.kinds[kind].frequencies), c.kinds[kind].factor
        if factor == 1:
            return g.constant(c.scale())
        by_dim = np.full(d, c.scale(), np.float32)  # [d]
        by_dim[:r] *= factor**2
        name = f"score_scale_{kind}"
        return name if name in g.weights else g.weight(name, by_dim)

    def sigma(x: str) -> str:
        return g("Add", g("Relu", x), g("Exp", g("Min", x, g.constant(0.0))))

    def heads(x: str, n: int) -> str:
        """x [S, n·d] → [1, n, S, d]"""
        return g("Transpose", g("Reshape", x, g.constant([1, -1, n, d])), perm=[0, 2, 1, 3])

    def head_norm(x: str, name: str) -> str:
        return norm(x, name + ".weight") if c.qk_norm else x

    def out_norm(x: str, name: str) -> str:
        return norm(x, name) if c.post_norms else x

    def with_memory(q: str, local: str, i: int) -> str:
        """q before RoPE and local attention, [1, J, G·S, d] each → the two mixed by the layer's gate."""
        name, s = f"model.layers.{i}.self_attn.gate", sigma(q)  # [1, J, G·S, d]
        memory = g("Div", g("MatMul", s, f"m_{i}"), g("Add", g("MatMul", s, f"z_{i}"), g.constant(EPSILON)))
        w = {n: weights[f"{name}.{n}"] for n in ("w1", "b1", "w2", "b2")}  # [h, d], [h], [d, h], [d]
        h = g("Add", g("MatMul", memory, g.weight(name + ".w1", w["w1"].T)), g.weight(name + ".b1", w["b1"]))
        h = g("MatMul", g("Relu", h), g.weight(name + ".w2", w["w2"].T))  # [1, J, G·S, d]
        gate = g("Sigmoid", g("Add", h, g.weight(name + ".b2", w["b2"])))  # [1, J, G·S, d]
        return g("Add", local, g("Mul", g("Mul", gate, "memory_weight"), g("Sub", memory, local)))

    def kept(name: str) -> str:
        """Keys or values of the cache, [1, J, C, d] in f32."""
        return name if cache == "f32" else g("Cast", name, to=TensorProto.FLOAT)

    def keep(x: str, name: str) -> None:
        if cache != "f32":
            g("Cast", x, out=name, to=CACHES[cache])

    def joined(prefix: str, *names: str) -> tuple[np.ndarray, np.ndarray | None, Rounded | None]:
        weight = np.concatenate([weights[f"{prefix}.{n}.weight"] for n in names])
        biases = [weights[f"{prefix}.{n}.bias"] for n in names if f"{prefix}.{n}.bias" in weights]
        bias = np.concatenate(biases) if biases else None
        if not rounded:
            return weight, bias, None
        steps, scales = zip(*(rounded[f"{prefix}.{n}"] for n in names), strict=True)
        return weight, bias, (np.concatenate(steps, 1 if steps[0].ndim == 2 else 0), np.concatenate(scales))

    parts = g("Concat", g("Shape", "k_0", start=2, end=3), g("Shape", "x", start=0, end=1), axis=0)  # [C, S]
    turned = {kind: (f"cos_{kind}", f"sin_{kind}") for kind in c.kinds}
    x, masks = "x", {kind: f"mask_{kind}" for kind in c.kinds}
    for i, kind in enumerate(c.pattern):
        p, y = f"model.layers.{i}.", norm(x, f"model.layers.{i}.input_layernorm.weight")  # [S, D]
        new_k, new_v, a = f"new_k_{i}", f"new_v_{i}", p + "self_attn"
        inner_k, inner_v = (new_k, new_v) if cache == "f32" else (f"fresh_k_{i}", f"fresh_v_{i}")
        if i + 1 < c.layers:
            qkv = linear(y, a + ".qkv", *joined(a, "q_proj", "k_proj", "v_proj"))  # [S, (H+2J)·d]
            sizes = g.constant([H, J, J])
            q, k, _ = g.many("Split", heads(qkv, H + 2 * J), sizes, out=("", "", inner_v), axis=1)  # [1, H|J|J, S, d]
            k = rotate(head_norm(k, a + ".k_norm"), J, kind, out=inner_k)  # [1, J, S, d]
        else:  # of the last layer only the wanted rows are needed, beyond keys and values; S below is R then
            kv = linear(y, a + ".kv", *joined(a, "k_proj", "v_proj"))  # [S, 2J·d]
            k, _ = g.many("Split", heads(kv, 2 * J), g.constant([J, J]), out=("", inner_v), axis=1)  # [1, J, S, d]
            k = rotate(head_norm(k, a + ".k_norm"), J, kind, out=inner_k)  # [1, J, S, d]
            wanted = lambda t: g("Gather", t, "rows", axis=0)  # noqa: E731
            x, y, masks[kind] = wanted(x), wanted(y), wanted(masks[kind])  # [R, ·]
            if c.kinds[kind].frequencies:
                turned[kind] = wanted(turned[kind][0]), wanted(turned[kind][1])  # [R, r/2]
            q = heads(linear(y, a + ".q", *joined(a, "q_proj")), H)  # [1, H, S, d]
        q = head_norm(q, a + ".q_norm")  # [1, H, S, d]
        qr = g("Mul", rotate(q, H, kind), score_scale(kind))  # [1, H, S, d]
        q, qr = by_head(q, [1, J, -1, d]), by_head(qr, [1, J, -1, d])  # [1, J, G·S, d]
        cached = g("MatMul", qr, g("Transpose", kept(f"k_{i}"), perm=[0, 1, 3, 2]))  # [1, J, G·S, C]
        fresh = g("MatMul", qr, g("Transpose", k, perm=[0, 1, 3, 2]))  # [1, J, G·S, S]
        scores = by_head(g("Concat", cached, fresh, axis=-1), [J, H // J, -1, 0])  # [J, G, S, C+S]
        chances = g("Softmax", g("Add", scores, masks[kind]), axis=-1)  # [J, G, S, C+S]
        cached, fresh = g.many("Split", by_head(chances, [1, J, -1, 0]), parts, out=("", ""), axis=-1)
        local = g("Add", g("MatMul", cached, kept(f"v_{i}")), g("MatMul", fresh, inner_v))  # [1, J, G·S, d]
        keep(inner_k, new_k)
        keep(inner_v, new_v)
        mixed = with_memory(q, local, i) if c.remembers(i) else local  # [1, J, G·S, d]
        mixed = g("Transpose", g("Reshape", mixed, g.constant([H, -1, d])), perm=[1, 0, 2])  # [S, H, d]
        y = linear(g("Reshape", mixed, g.constant([-1, H * d])), a + ".o", *joined(a, "o_proj"))  # [S, D]
        x = g("Add", x, out_norm(y, p + "attention_out_norm.weight"))  # [S, D]
        y = norm(x, p + "post_attention_layernorm.weight")  # [S, D]
        up = linear(y, p + "mlp.gate_up", *joined(p + "mlp", "gate_proj", "up_proj"))  # [S, 2·ff]
        t, up = g.many("Split", up, out=("", ""), axis=-1, num_outputs=2)  # [S, ff]
        t = g("Gelu", t, approximate="tanh") if c.activation == "gelu_tanh" else g("Mul", t, g("Sigmoid", t))
        y = linear(g("Mul", t, up), p + "mlp.down", *joined(p + "mlp", "down_proj"))  # [S, D]
        x = g("Add", x, out_norm(y, p + "mlp_out_norm.weight"))  # [S, D]
    head = weights["model.embed_tokens.weight" if c.tied else "lm_head.weight"]  # [V, D]
    linear(norm(x, "model.norm.weight"), "lm_head", head, kept=rounded and rounded["lm_head"], out="logits")  # [R, V]
    return model(c, g, cache)


def model(c: Config, g: Builder, cache: str) -> onnx.ModelProto:
    caches = range(c.layers)
    held = {f"{n}_{i}" for n in ("k", "v", "new_k", "new_v") for i in caches}
    inputs: dict[str, list] = {"x": ["S", c.hidden]}
    for name, kind in c.kinds.items():
        if half := len(kind.frequencies):
            inputs |= {f"cos_{name}": ["S", half], f"sin_{name}": ["S", half]}
        inputs[f"mask_{name}"] = ["S", "T"]
    for i in caches:
        inputs |= {f"{n}_{i}": [1, c.kv_heads, "C", c.head_dim] for n in "kv"}
        if c.remembers(i):
            inputs |= {f"{n}_{i}": [1, c.kv_heads, c.head_dim, width] for n, width in (("m", c.head_dim), ("z", 1))}
    if any(map(c.remembers, caches)):
        inputs["memory_weight"] = [1]
    outputs = {"logits": ["R", c.vocabulary]}
    outputs |= {f"new_{n}_{i}": [1, c.kv_heads, "S", c.head_dim] for i in caches for n in "kv"}
    of = lambda n: CACHES[cache] if n in held else TensorProto.FLOAT  # noqa: E731
    values = [[helper.make_tensor_value_info(n, of(n), s) for n, s in group.items()] for group in (inputs, outputs)]
    values[0].append(helper.make_tensor_value_info("rows", TensorProto.INT64, ["R"]))
    used = {name for node in g.nodes for name in node.input}
    weights = [tensor for name, tensor in g.weights.items() if name in used]
    graph = helper.make_graph(g.nodes, "edgeinfinite", *values, weights)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="edgeinfinite")
