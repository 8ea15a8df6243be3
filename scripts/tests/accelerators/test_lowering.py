"""The accelerators' form of every family's graph computes what the CPU artefact computes."""

import dataclasses

import numpy as np
import onnx
import onnxruntime
import pytest

from lab.accelerators import fixed_point, lowering, provider_rules
from lab.accelerators.fixed_shape_session import scaled_feeds
from lab.accelerators.lowering import GraphShape, for_quantized
from lab.export import onnx_graph
from lab.export.block_scaled import BlockScaled, to_nearest
from lab.export.rounding import BLOCK
from lab.reference.checkpoint import load
from tests.reference.test_families import CASES, checkpoint

RUN = GraphShape(rows=6, wanted=2, slots=20)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def decoder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "model"
    checkpoint(request.param, folder)
    return load(folder)  # its gates are random: every global layer has a memory


def built(decoder, precision: str, cache: str = "f32") -> onnx.ModelProto:
    weights = {n: t.float().numpy() for n, t in decoder.state_dict().items()}
    return onnx_graph.build(decoder.config, weights, precision, cache=cache)


def feeds(model: onnx.ModelProto, seed: int = 1) -> dict[str, np.ndarray]:
    r = np.random.default_rng(seed)
    found = {}
    for value in model.graph.input:
        name = value.name
        shape = [RUN.dims().get(d.dim_param, d.dim_value) for d in value.type.tensor_type.shape.dim]
        found[name] = r.standard_normal(shape).astype(np.float32)
        if name.startswith("mask_"):
            found[name] = np.where(r.random(shape) < 0.3, np.float32(-1e30), np.float32(0))
            np.fill_diagonal(found[name][:, RUN.slots :], 0)
        if name.startswith("z_"):
            found[name] = np.exp(-3 * np.abs(found[name]))
            found[name] /= found[name].max(2, keepdims=True)
    return found | {"rows": np.array([RUN.rows - 1, 2])}


def run(model: onnx.ModelProto, fed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    taken = {i.name for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, {n: v for n, v in fed.items() if n in taken}), strict=True))


def close(got: dict, want: dict, bound: float) -> None:
    assert got.keys() == want.keys()
    for name, value in want.items():
        assert np.abs(got[name] - value).max() <= bound * np.abs(value).max(), name


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_primitives_compute_the_same(decoder, precision):
    model = built(decoder, precision)
    fed = feeds(model)
    simple = lowering.primitives(model)
    index = fed | {"rows": fed["rows"].astype(np.int32)}
    want = run(model, fed)
    got = run(simple, index)
    if precision == "fp32":
        close(got, want, 2e-5)
    else:  # activations are in 8 bits by row, which those of primitives are not
        assert np.square(got["logits"] - want["logits"]).mean() <= 0.1 * np.square(want["logits"]).mean()
    close(run(lowering.fixed(simple, RUN), index), got, 1e-5)
    assert {n.domain for n in simple.graph.node} == {""}
    assert "Shape" not in {n.op_type for n in lowering.fixed(simple, RUN).graph.node}


def in_blocks(weight: np.ndarray, number: int) -> BlockScaled:
    """A matrix in 8 bits, in 4, or in 4 with minima where its inputs are whole blocks; by its number."""
    kind = number % 3
    block = to_nearest(weight, 8 if kind == 0 else 4)
    if kind < 2 or block.inputs % BLOCK:
        return block
    minima = np.random.default_rng(number).standard_normal(block.scales.shape).astype(np.float32) / 100
    return dataclasses.replace(block, minima=minima)


def test_matrices_in_blocks_become_plain_ones(decoder):
    weights = {n: t.float().numpy() for n, t in decoder.state_dict().items()}
    named = {n.removesuffix(".weight"): w for n, w in weights.items() if n.endswith("_proj.weight")}
    named["lm_head"] = weights["model.embed_tokens.weight" if decoder.config.tied else "lm_head.weight"]
    blocks = {name: in_blocks(weight, number) for number, (name, weight) in enumerate(named.items())}
    model = onnx_graph.build(decoder.config, weights, "int8", rounded=blocks, activations="fp32")
    fed = feeds(model)
    simple = lowering.primitives(model)
    assert {n.domain for n in simple.graph.node} == {""}
    assert "ReduceSum" not in {n.op_type for n in simple.graph.node}  # those of minima stand in the weights
    index = fed | {"rows": fed["rows"].astype(np.int32)}
    close(run(simple, index), run(model, fed), 1e-4)
    assert not provider_rules.refused(lowering.fixed(simple, RUN, flat=True), "Nnapi")


def test_a_cache_in_f16_is_none_of_theirs(decoder):
    model = built(decoder, "int8", "f16")
    before = model.SerializeToString()
    widened = lowering.primitives(model)
    assert model.SerializeToString() == before
    values = [*widened.graph.input, *widened.graph.output]
    assert {v.type.tensor_type.elem_type for v in values if v.name != "rows"} == {onnx.TensorProto.FLOAT}
    assert "Cast" not in {n.op_type for n in widened.graph.node}
    fed = feeds(model) | {"rows": np.array([RUN.rows - 1, 2], np.int32)}
    close(run(widened, fed), run(lowering.primitives(built(decoder, "int8")), fed), 0)


def test_steps_form_computes_the_same(decoder):
    c = decoder.config
    model = built(decoder, "fp32")
    simple = lowering.primitives(model, whole_norms=True)
    fed = feeds(model)
    r = np.random.default_rng(2)
    shape = (c.layers, c.kv_heads, c.head_dim)
    keys, values = (r.uniform(0.2, 5, shape).astype(np.float32) for _ in "kv")
    form = for_quantized(simple, keys, values, c.heads)
    want = run(model, fed)
    got = run(form, scaled_feeds(fed, keys, values))
    for i in range(c.layers):
        got[f"new_k_{i}"] = got[f"new_k_{i}"] * keys[i][:, None]
        got[f"new_v_{i}"] = got[f"new_v_{i}"] * values[i][:, None]
    close(got, want, 1e-3)  # ε is left out


def test_every_value_has_an_encoding_and_moves_share_one(decoder):
    c = decoder.config
    model = built(decoder, "fp32")
    ones = np.ones((c.layers, c.kv_heads, c.head_dim), np.float32)
    form = for_quantized(lowering.primitives(model, whole_norms=True), ones, ones, c.heads)
    seen = dict.fromkeys(fixed_point.real_values(form), (-3.0, 3.0))
    found = fixed_point.encodings(form, seen)
    assert found.keys() == seen.keys()
    for node in form.graph.node:
        if node.op_type in ("Reshape", "Transpose", "Split", "Concat"):
            assert len({found[n] for n in (*node.input, *node.output) if n in found}) <= 1
    quantized = fixed_point.quantized(lowering.fixed(form, RUN), found)
    onnx.checker.check_model(quantized)
    types = {v.name: v.type.tensor_type.elem_type for v in (*quantized.graph.input, *quantized.graph.output)}
    for i in range(c.layers):
        assert {types[f"{n}_{i}"] for n in ("k", "v", "new_k", "new_v")} == {onnx.TensorProto.UINT8}
    assert types["logits"] == types["x"] == onnx.TensorProto.UINT16


def test_nnapi_takes_every_node_and_xnnpack_every_linear(decoder):
    simple = lowering.primitives(built(decoder, "int8"))
    flat = lowering.fixed(simple, RUN, flat=True)
    assert not provider_rules.refused(flat, "Nnapi")
    assert not provider_rules.refused(flat, "Xnnpack")
    fed = feeds(built(decoder, "fp32")) | {"rows": np.array([RUN.rows - 1, 2], np.int32)}
    close(run(flat, fed), run(simple, fed), 1e-5)


def test_the_builders_rules_refuse_what_they_refuse(decoder):
    model = built(decoder, "fp32")
    assert provider_rules.refused(lowering.fixed(lowering.primitives(model, whole_norms=True), RUN), "Nnapi")[
        "RMSNormalization: operator"
    ]
    if any(map(decoder.config.remembers, range(decoder.config.layers))):  # a gate's linears have four dims
        assert provider_rules.refused(lowering.fixed(lowering.primitives(model), RUN), "Xnnpack")


def test_an_encoding_holds_its_range_and_zero():
    for low, high, bits in [(-3.0, 5.0, 16), (0.0, 1.0, 8), (2.0, 9.0, 16), (-4.0, -1.0, 8)]:
        e = fixed_point.Encoding.of(low, high, bits)
        points = np.linspace(low, high, 1001).astype(np.float32)
        assert np.abs(e.dequantize(e.quantize(points)) - points).max() <= 0.51 * e.scale + 1e-6
        assert e.dequantize(e.quantize(np.zeros(1))) == 0
        assert e.quantize(np.array([1e30, -1e30])).tolist() == [2**bits - 1, 0]
