"""The CPU artefact as an ONNX graph, node by node: models/README.md, "The graph".

    model = build(decoder.config, weights, "int8")      # weights: the decoder's state_dict as float32 arrays

Shapes: S rows of the run, R wanted rows, C cache slots (all three symbolic), D hidden, H heads, J kv heads, G = H/J,
d head width, V vocabulary. Precision `int8`: weights in 8 bits with a scale per output channel, activations with one
per row (÷ its largest magnitude × 127), so that no row depends on its neighbours; norms, attention, memory and gate in
fp32. Both are kept in u8 around 128: x86 processors with AVX2 but without VNNI saturate the sums of u8 × s8 products
(tried: logits off by 0.45 instead of 0.08), u8 × u8 is the same on every machine. Where every processor is known to
have VNNI, `s8` weights are faster (on one of them 128 rows took 6.3 ms instead of 8.2). `int4`: the linears of the
layers in 4 bits, 32 inputs to a scale, activations in 8 bits by the same 32; lm_head as in int8. Weights are rounded to
nearest here, or come rounded (gptq.py), or in blocks (block_scaled.py: what a GGUF keeps). Cache `f16`: keys and values
come in and go out in f16, which halves what lives between runs; attention is computed in fp32 all the same.
"""

from collections.abc import Collection, Mapping
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper

from lab.export.block_scaled import BlockScaled
from lab.export.graph_builder import PARTS, Builder, Linears
from lab.export.rounding import Rounded
from lab.export.shapes import MANY, named
from lab.reference.config import EPSILON, Config

CACHES = {"f16": TensorProto.FLOAT16, "f32": TensorProto.FLOAT}


def build(
    config: Config,
    weights: Mapping[str, np.ndarray],
    precision: str,
    eight_bits: str = "u8",
    only: Collection[str] = PARTS,
    outside: BinaryIO | None = None,
    rounded: Mapping[str, Rounded | BlockScaled] | None = None,
    cache: str = "f32",
    activations: str = "int8",
    by_rows: bool = False,
) -> onnx.ModelProto:
    """The graph of a decoder.

    weights: its state_dict as float32 arrays; precision: fp32, int8 or int4; eight_bits: how int8 keeps weights, u8 or
    s8; only: the parts that are quantised; outside: a file beside the graph's that takes the large weights, page by
    page, so that they can be mapped; rounded: all of the linears, by name without `.weight`, where they are not to be
    rounded to nearest; cache: what keys and values are kept in, one of CACHES; activations: int8, or fp32 beside
    matrices in blocks; by_rows: whether lm_head, in 8 bits, stands row by row: a tied model's embedding is read there.
    """
    builder = Builder(outside)
    blocks = Blocks(
        config, builder, Linears(builder, precision, only, eight_bits, activations), weights, rounded, cache, by_rows
    )
    x = "x"
    for layer in range(config.layers):
        x = blocks.mlp_block(layer, blocks.attention_block(layer, x))  # [S, D], of the last layer [R, D]
    blocks.head(x)
    return model(config, builder, cache)


class Blocks:
    """The blocks of a decoder's layers: methods add nodes, take names of values and return them."""

    def __init__(
        self,
        config: Config,
        builder: Builder,
        linear: Linears,
        weights: Mapping[str, np.ndarray],
        rounded: Mapping[str, Rounded | BlockScaled] | None,
        cache: str,
        by_rows: bool,
    ) -> None:
        self.by_rows = by_rows
        self.config = config
        self.g = builder
        self.linear = linear
        self.weights = weights
        self.rounded = rounded
        self.cache = cache
        slots = builder("Shape", "k_0", start=2, end=3)
        rows = builder("Shape", "x", start=0, end=1)
        self.parts = builder("Concat", slots, rows, axis=0)  # [C, S]
        self.angles = {kind: (f"cos_{kind}", f"sin_{kind}") for kind in config.kinds}
        self.masks = {kind: f"mask_{kind}" for kind in config.kinds}

    def attention_block(self, layer: int, x: str) -> str:
        """x [S, D] → [S, D] after attention, memory and residual; of the last layer only the wanted rows [R, D]."""
        c = self.config
        g = self.g
        H = c.heads
        J = c.kv_heads
        d = c.head_dim
        kind = c.pattern[layer]
        prefix = f"model.layers.{layer}.self_attn"
        y = self.norm(x, f"model.layers.{layer}.input_layernorm.weight")  # [S, D]
        new_k, new_v = self.inner(layer)
        if layer + 1 < c.layers:
            qkv = self.linear(y, prefix + ".qkv", *self.joined(prefix, "q_proj", "k_proj", "v_proj"))  # [S, (H+2J)·d]
            sizes = g.constant([H, J, J])
            heads = self.heads(qkv, H + 2 * J)
            q, k, _ = g.many("Split", heads, sizes, out=("", "", new_v), axis=1)  # [1, H|J|J, S, d]
            k = self.rotated(self.head_norm(k, prefix + ".k_norm"), J, kind, out=new_k)  # [1, J, S, d]
        else:  # beyond keys and values only the wanted rows are needed; S below is R then
            kv = self.linear(y, prefix + ".kv", *self.joined(prefix, "k_proj", "v_proj"))  # [S, 2J·d]
            heads = self.heads(kv, 2 * J)
            k, _ = g.many("Split", heads, g.constant([J, J]), out=("", new_v), axis=1)  # [1, J, S, d]
            k = self.rotated(self.head_norm(k, prefix + ".k_norm"), J, kind, out=new_k)  # [1, J, S, d]
            x = self.wanted(x)  # [R, D]
            y = self.wanted(y)  # [R, D]
            self.masks[kind] = self.wanted(self.masks[kind])  # [R, C+S]
            if c.kinds[kind].frequencies:
                cos, sin = self.angles[kind]
                self.angles[kind] = self.wanted(cos), self.wanted(sin)  # [R, r/2] each
            q = self.heads(self.linear(y, prefix + ".q", *self.joined(prefix, "q_proj")), H)  # [1, H, S, d]
        q = self.head_norm(q, prefix + ".q_norm")  # [1, H, S, d]
        turned = g("Mul", self.rotated(q, H, kind), self.score_scale(kind))  # [1, H, S, d]
        q = self.grouped(q, [1, J, -1, d])  # [1, J, G·S, d]
        turned = self.grouped(turned, [1, J, -1, d])  # [1, J, G·S, d]
        local = self.local_attention(layer, turned, k, new_v)  # [1, J, G·S, d]
        self.store(new_k, f"new_k_{layer}")
        self.store(new_v, f"new_v_{layer}")
        mixed = self.with_memory(q, local, layer) if c.remembers(layer) else local  # [1, J, G·S, d]
        mixed = g("Transpose", g("Reshape", mixed, g.constant([H, -1, d])), perm=[1, 0, 2])  # [S, H, d]
        flat = g("Reshape", mixed, g.constant([-1, H * d]))  # [S, H·d]
        y = self.linear(flat, prefix + ".o", *self.joined(prefix, "o_proj"))  # [S, D]
        return g("Add", x, self.out_norm(y, f"model.layers.{layer}.attention_out_norm.weight"))  # [S, D]

    def mlp_block(self, layer: int, x: str) -> str:
        """x [S, D] → [S, D] after the MLP and residual."""
        g = self.g
        prefix = f"model.layers.{layer}."
        y = self.norm(x, prefix + "post_attention_layernorm.weight")  # [S, D]
        both = self.linear(y, prefix + "mlp.gate_up", *self.joined(prefix + "mlp", "gate_proj", "up_proj"))  # [S, 2·ff]
        gate, up = g.many("Split", both, out=("", ""), axis=-1, num_outputs=2)  # [S, ff] each
        if self.config.activation == "gelu_tanh":
            gate = g("Gelu", gate, approximate="tanh")
        else:
            gate = g("Mul", gate, g("Sigmoid", gate))
        product = g("Mul", gate, up)  # [S, ff]
        y = self.linear(product, prefix + "mlp.down", *self.joined(prefix + "mlp", "down_proj"))  # [S, D]
        return g("Add", x, self.out_norm(y, prefix + "mlp_out_norm.weight"))  # [S, D]

    def head(self, x: str) -> str:
        """x [R, D] → logits [R, V]."""
        y = self.norm(x, "model.norm.weight")
        rounded = self.rounded["lm_head"] if self.rounded else None
        if isinstance(rounded, BlockScaled):
            return self.linear(y, "lm_head", [rounded], out="logits")
        weight = self.weights["model.embed_tokens.weight" if self.config.tied else "lm_head.weight"]  # [V, D]
        if self.by_rows:
            return self.linear.by_rows(y, "lm_head", weight, rounded, "logits")
        return self.linear(y, "lm_head", weight, rounded=rounded, out="logits")

    def local_attention(self, layer: int, q: str, k: str, v: str) -> str:
        """q [1, J, G·S, d], rotated and scaled, over the cache and the run's k and v [1, J, S, d] → [1, J, G·S, d]."""
        c = self.config
        g = self.g
        H = c.heads
        J = c.kv_heads
        cached = g("MatMul", q, g("Transpose", self.read(f"k_{layer}"), perm=[0, 1, 3, 2]))  # [1, J, G·S, C]
        fresh = g("MatMul", q, g("Transpose", k, perm=[0, 1, 3, 2]))  # [1, J, G·S, S]
        scores = self.grouped(g("Concat", cached, fresh, axis=-1), [J, H // J, -1, 0])  # [J, G, S, C+S]
        chances = g("Softmax", g("Add", scores, self.masks[c.pattern[layer]]), axis=-1)  # [J, G, S, C+S]
        chances = self.grouped(chances, [1, J, -1, 0])  # [1, J, G·S, C+S]
        cached, fresh = g.many("Split", chances, self.parts, out=("", ""), axis=-1)
        return g("Add", g("MatMul", cached, self.read(f"v_{layer}")), g("MatMul", fresh, v))  # [1, J, G·S, d]

    def with_memory(self, q: str, local: str, layer: int) -> str:
        """q before RoPE and local attention, [1, J, G·S, d] each → the two mixed by the layer's gate."""
        g = self.g
        name = f"model.layers.{layer}.self_attn.gate"
        s = self.sigma(q)  # [1, J, G·S, d]
        numerator = g("MatMul", s, f"m_{layer}")  # [1, J, G·S, d]
        denominator = g("Add", g("MatMul", s, f"z_{layer}"), g.constant(EPSILON))  # [1, J, G·S, 1]
        memory = g("Div", numerator, denominator)  # [1, J, G·S, d]
        w = {n: self.weights[f"{name}.{n}"] for n in ("w1", "b1", "w2", "b2")}  # [h, d], [h], [d, h], [d]
        h = g("Add", g("MatMul", memory, g.weight(name + ".w1", w["w1"].T)), g.weight(name + ".b1", w["b1"]))
        h = g("MatMul", g("Relu", h), g.weight(name + ".w2", w["w2"].T))  # [1, J, G·S, d]
        gate = g("Sigmoid", g("Add", h, g.weight(name + ".b2", w["b2"])))  # [1, J, G·S, d]
        return g("Add", local, g("Mul", g("Mul", gate, "memory_weight"), g("Sub", memory, local)))

    def norm(self, x: str, name: str) -> str:
        """RMS norm over the last dim, by the weight of that name."""
        inputs = x, self.g.weight(name, self.weights[name])
        return self.g("SimplifiedLayerNormalization", *inputs, axis=-1, epsilon=self.config.eps, stash_type=1)

    def head_norm(self, x: str, name: str) -> str:
        """The norm of a head's queries or keys, where the family has one."""
        return self.norm(x, name + ".weight") if self.config.qk_norm else x

    def out_norm(self, x: str, name: str) -> str:
        """The norm behind attention or MLP, where the family has one."""
        return self.norm(x, name) if self.config.post_norms else x

    def rotated(self, x: str, n: int, kind: str, out: str = "") -> str:
        """x [1, n, S, d], its first r dims by the kind's cos and sin: row i of them belongs to row i of x."""
        g = self.g
        r = 2 * len(self.config.kinds[kind].frequencies)
        if not r:
            return g("Identity", x, out=out) if out else x
        part = {"rotary_embedding_dim": r, "num_heads": n} if r < self.config.head_dim else {}
        inputs = x, g.constant([0]), *self.angles[kind]
        return g("RotaryEmbedding", *inputs, out=out, domain="com.microsoft", **part)

    def score_scale(self, kind: str) -> str:
        """Of a query: the factor of a kind's turning dims is twice in q·k, and keys are kept without it."""
        c = self.config
        g = self.g
        r = 2 * len(c.kinds[kind].frequencies)
        factor = c.kinds[kind].factor
        if factor == 1:
            return g.constant(c.scale())
        by_dim = np.full(c.head_dim, c.scale(), np.float32)  # [d]
        by_dim[:r] *= factor**2
        name = f"score_scale_{kind}"
        return name if name in g.weights else g.weight(name, by_dim)

    def sigma(self, x: str) -> str:
        """ELU(x) + 1, right down to exp(-80)."""
        g = self.g
        return g("Add", g("Relu", x), g("Exp", g("Min", x, g.constant(0.0))))

    def heads(self, x: str, n: int) -> str:
        """x [S, n·d] → [1, n, S, d]"""
        g = self.g
        split = g("Reshape", x, g.constant([1, -1, n, self.config.head_dim]))
        return g("Transpose", split, perm=[0, 2, 1, 3])

    def grouped(self, x: str, shape: list[int]) -> str:
        """x in another shape, where several heads share a kv head."""
        if self.config.heads == self.config.kv_heads:
            return x
        return self.g("Reshape", x, self.g.constant(shape))

    def wanted(self, x: str) -> str:
        """x [S, ·] → [R, ·]"""
        return self.g("Gather", x, "rows", axis=0)

    def inner(self, layer: int) -> tuple[str, str]:
        """The run's keys and values in fp32, [1, J, S, d] each: outputs themselves where the cache is in f32."""
        if self.cache == "f32":
            return f"new_k_{layer}", f"new_v_{layer}"
        return f"fresh_k_{layer}", f"fresh_v_{layer}"

    def read(self, name: str) -> str:
        """Keys or values of the cache, [1, J, C, d] in fp32."""
        return name if self.cache == "f32" else self.g("Cast", name, to=TensorProto.FLOAT)

    def store(self, x: str, name: str) -> None:
        """The run's keys or values, as the cache keeps them."""
        if self.cache != "f32":
            self.g("Cast", x, out=name, to=CACHES[self.cache])

    def joined(
        self, prefix: str, *names: str
    ) -> tuple[np.ndarray | list[BlockScaled], np.ndarray | None, Rounded | None]:
        """Weight, bias and rounded weight of linears on one input, as one: [Σ out, in], [Σ out], and that quantised."""
        biases = [self.weights[f"{prefix}.{n}.bias"] for n in names if f"{prefix}.{n}.bias" in self.weights]
        bias = np.concatenate(biases) if biases else None
        rounded = [self.rounded[f"{prefix}.{n}"] for n in names] if self.rounded else []
        if rounded and all(isinstance(r, BlockScaled) for r in rounded):
            return rounded, bias, None
        weight = np.concatenate([self.weights[f"{prefix}.{n}.weight"] for n in names])
        if not rounded:
            return weight, bias, None
        values, scales = zip(*rounded, strict=True)
        return weight, bias, (np.concatenate(values, 1 if values[0].ndim == 2 else 0), np.concatenate(scales))


def model(config: Config, g: Builder, cache: str) -> onnx.ModelProto:
    """The collected nodes as a model, with its inputs and outputs as models/README.md names them."""
    layers = range(config.layers)
    cached = {f"{n}_{i}" for n in ("k", "v", "new_k", "new_v") for i in layers}
    inputs: dict[str, list] = {"x": ["S", config.hidden]}
    for name, kind in config.kinds.items():
        if half := len(kind.frequencies):
            inputs |= {f"cos_{name}": ["S", half], f"sin_{name}": ["S", half]}
        inputs[f"mask_{name}"] = ["S", "T"]
    for i in layers:
        inputs |= {f"{n}_{i}": [1, config.kv_heads, "C", config.head_dim] for n in "kv"}
        if config.remembers(i):
            inputs[f"m_{i}"] = [1, config.kv_heads, config.head_dim, config.head_dim]
            inputs[f"z_{i}"] = [1, config.kv_heads, config.head_dim, 1]
    if any(map(config.remembers, layers)):
        inputs["memory_weight"] = [1]
    outputs = {"logits": ["R", config.vocabulary]}
    outputs |= {f"new_{n}_{i}": [1, config.kv_heads, "S", config.head_dim] for i in layers for n in "kv"}

    def described(values: dict[str, list]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, CACHES[cache] if name in cached else TensorProto.FLOAT, shape)
            for name, shape in values.items()
        ]

    rows = helper.make_tensor_value_info("rows", TensorProto.INT64, ["R"])
    used = {name for node in g.nodes for name in node.input}
    weights = [tensor for name, tensor in g.weights.items() if name in used]
    given = described(inputs)
    known = named(g.nodes, inputs | {"rows": ["R"]}, g.weights) if len(g.nodes) > MANY else {}
    between = described({name: shape for name, shape in known.items() if name not in outputs})
    graph = helper.make_graph(g.nodes, "edgeinfinite", [*given, rows], described(outputs), weights, value_info=between)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="edgeinfinite")
