"""Four bits, a turned residual stream, and weights beside the graph: each against the reference, none by a copy."""

import copy
import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer

from lab.export import export, graph_builder, manifest, onnx_graph, quantization_error
from lab.export.graph_builder import PARTS, Builder, Linears
from lab.export.manifest import MAX_ERROR_F16_CACHE, cache_dtype, make_manifest
from lab.export.preset import Refused
from lab.export.rounding import BLOCK, BYTES, round_int4
from lab.export.verify import rounding_cost
from lab.fixtures import tiny
from lab.reference import rotation
from lab.reference.checkpoint import load
from lab.reference.decoder import Decoder
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.state import Sizes, read

IDS = list(range(20, 60))


@pytest.fixture
def decoder(checkpoint) -> Decoder:
    return load(checkpoint)


@torch.no_grad()
def logits(decoder: Decoder) -> np.ndarray:
    return read(decoder, torch.tensor(IDS), 2, Sizes(16, 8, 32))[0].numpy()  # 40 tokens: the memory is read too


def by_graph(decoder: Decoder, precision: str, checkpoint: Path) -> np.ndarray:
    """The same through an artefact, its bound set aside."""
    preset = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}
    kept = (checkpoint / "tokenizer.json").read_text()
    about = make_manifest(decoder, decoder.config, Tokenizer.from_str(kept), preset, "tiny", [precision])
    with tempfile.TemporaryDirectory() as made:
        export.write(Path(made), decoder, kept, about, preset)
        return Session(ModelFolder(made, threads=1), "default").read(IDS, 2)


def off(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got - want).max() / np.abs(want).max())


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """weight [out, in] as an artefact keeps it, computed here by itself (quantization_error.py is held to it)."""
    if bits == 8:
        scale = weight.abs().amax(1, keepdim=True) / 127
        return (weight / scale).round().clamp(-127, 127) * scale
    four, scales = round_int4(weight.numpy().T)
    nibbles = torch.from_numpy(np.stack([four & 15, four >> 4], -1).reshape(*four.shape[:2], BLOCK)).float()
    return ((nibbles - 8) * torch.from_numpy(scales).view(*nibbles.shape[:2], 1)).flatten(1)[:, : weight.shape[1]]


def test_four_bits_are_the_nearest(decoder):
    weight = decoder.model.layers[0].mlp.down_proj.weight.detach()  # [32, 64]
    blocks = (weight - rounded(weight, 4)).view(32, 2, BLOCK).abs().amax(-1)
    steps = weight.view(32, 2, BLOCK).abs().amax(-1) / 7  # 16 levels from -8 to 7
    assert (blocks <= 1.01 * steps).all()
    assert blocks.mean() <= 0.6 * steps.mean()


def test_int4_is_the_reference_with_rounded_weights(decoder, checkpoint):
    coarse = copy.deepcopy(decoder)
    with torch.no_grad():
        for name, p in coarse.named_parameters():
            if name.endswith("proj.weight"):
                p.copy_(rounded(p, 4))
            if name == "lm_head.weight":
                p.copy_(rounded(p, 8))
    got = by_graph(decoder, "int4", checkpoint)
    want = logits(coarse)
    assert off(got, want) < 0.1 < off(got, logits(decoder))  # activations are rounded to 8 bits as well


def test_a_turned_stream_is_the_same_function(decoder, checkpoint):
    before = logits(decoder)
    rotation.turn(decoder)
    assert off(logits(decoder), before) < 1e-5
    r = rotation.rotation(12)
    assert torch.allclose(r @ r.T, torch.eye(12, dtype=torch.float64))
    assert r.abs().max() < 0.9
    assert off(by_graph(decoder, "fp32", checkpoint), before) < 1e-3  # the embedding in f32


def test_turning_helps_where_one_channel_outweighs_the_others(decoder, checkpoint):
    with torch.no_grad():
        decoder.model.embed_tokens.weight[:, 5] *= 30
        for name, p in decoder.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "gate_proj.weight", "up_proj.weight")):
                p[:, 5] /= 30
        decoder.lm_head.weight[:, 5] /= 30
    want = logits(decoder)
    plain = off(by_graph(decoder, "int8", checkpoint), want)
    rotation.turn(decoder)
    assert off(by_graph(decoder, "int8", checkpoint), want) < 0.7 * plain


def test_norms_behind_attention_do_not_allow_it(decoder):
    gemma = Decoder(replace(tiny.CONFIG, post_norms=True))
    with pytest.raises(ValueError, match="qwen2: found norms behind attention"):
        rotation.turn(gemma)


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_weights_beside_the_graph(precision, checkpoint, tmp_path, monkeypatch, cli):
    monkeypatch.setattr(graph_builder, "LARGE", 1000)
    preset = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}
    options = export.ExportOptions(preset, precisions=[precision])
    export.export(checkpoint, tmp_path / "inside", options)
    monkeypatch.setattr(manifest, "INLINE_BYTES", 0)
    export.export(checkpoint, tmp_path / "outside", options)
    folder = tmp_path / "outside"
    file = f"cpu-{precision}.weights"
    about = json.loads((folder / "model.json").read_text())
    assert about["artefacts"][0]["weights"] == file
    assert file in about["files"]
    stubs = [t for t in onnx.load(folder / about["artefacts"][0]["file"], load_external_data=False).graph.initializer
             if t.data_location == onnx.TensorProto.EXTERNAL]  # fmt: skip
    places = [{e.key: e.value for e in t.external_data} for t in stubs]
    assert len(stubs) > 5
    assert all(int(p["offset"]) % 4096 == 0 and p["location"] == file for p in places)
    a, b = (Session(ModelFolder(tmp_path / name, threads=1), "default").read(IDS, 2) for name in ("inside", "outside"))
    assert (a == b).all()
    verify = [cli.program, "verify", "--json", "--model", str(folder)]
    packed, mapped = (
        subprocess.run([*verify, *way], check=True, capture_output=True).stdout for way in ([], ["--mapped-weights"])
    )
    assert json.loads(mapped) == pytest.approx(json.loads(packed), rel=0.2)  # other kernels, the same sums
    with open(folder / file, "r+b") as damaged:
        damaged.seek(4097)
        byte = damaged.read(1)
        damaged.seek(4097)
        damaged.write(bytes([byte[0] ^ 1]))
    refused = subprocess.run(verify, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"{file}: found SHA-256" in refused.stderr
    (folder / file).unlink()
    assert "model.missing" in subprocess.run(verify, check=False, capture_output=True, text=True).stderr


@torch.no_grad()
def test_what_quantising_cost_is_carried(checkpoint, tmp_path):
    preset = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}
    options = export.ExportOptions(preset, precisions=["fp32", "int8", "int4"])
    worst = export.export(checkpoint, tmp_path / "made", options)
    fp32, int8, int4 = json.loads((tmp_path / "made/model.json").read_text())["artefacts"]
    assert "cost" not in fp32
    assert int8["cost"]["error"] == pytest.approx(worst["cpu-int8.onnx"], rel=0.01)
    assert 0 < int8["cost"]["divergence"] < int4["cost"]["divergence"]
    assert 0 <= int4["cost"]["agreement"] <= int8["cost"]["agreement"] <= 1
    same = rounding_cost(tmp_path / "made", 0, load(checkpoint))
    assert same["divergence"] < 1e-6
    assert (same["agreement"], same["tokens"]) == (1, int8["cost"]["tokens"])


@torch.no_grad()
@pytest.mark.parametrize(("precision", "bits"), [("int8", 8), ("int4", 4)])
def test_the_report_names_each_matrix(precision, bits, decoder):
    before = logits(decoder)
    down = decoder.model.layers[1].mlp.down_proj
    rows = {r["matrix"]: r for r in quantization_error.report(decoder, IDS, precision, {})}
    assert len(rows) == 7 * 2 + 1
    assert {r["bits"] for r in rows.values()} == {8, bits}
    assert (logits(decoder) == before).all()
    kept = rounded(down.weight.detach(), bits)
    assert torch.allclose(quantization_error.rounded(down.weight, bits), kept)
    found = rows["model.layers.1.mlp.down_proj"]
    assert found["weight_error"] == pytest.approx(float((kept - down.weight).norm() / down.weight.norm()), rel=0.01)
    assert all(0 < r["error"] < (0.3 if bits == 4 else 0.03) for r in rows.values())
    down.weight[3, 7] = 40 * down.weight.abs().max()  # the rest of its channel or block is rounded to nothing
    worse = {r["matrix"]: r for r in quantization_error.report(decoder, IDS, precision, {})}[
        "model.layers.1.mlp.down_proj"
    ]
    assert worse["error"] != found["error"]
    assert "model.layers.1.mlp.down_proj" in quantization_error.table([*rows.values(), worse | {"error": 9.0}])


def test_onnxruntime_agrees_on_blocks():
    """MatMulNBits with an input whose length is no multiple of the block."""
    r = np.random.default_rng(0)
    weight = torch.from_numpy(r.standard_normal((24, 40)).astype(np.float32))
    x = r.standard_normal((3, 40))
    g = Builder()
    linear = Linears(g, "int4", PARTS, "u8")
    linear("x", "down", weight.numpy(), out="y")
    values = [
        onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s) for n, s in (("x", [3, 40]), ("y", [3, 24]))
    ]
    made = onnx.helper.make_graph(g.nodes, "one", values[:1], values[1:], list(g.weights.values()))
    opsets = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("com.microsoft", 1)]
    session = onnxruntime.InferenceSession(
        onnx.helper.make_model(made, opset_imports=opsets, ir_version=10).SerializeToString()
    )
    got = session.run(None, {"x": x.astype(np.float32)})[0]
    assert off(got, x @ rounded(weight, 4).numpy().T) < 0.02


SMALL = [c for c in json.loads((tiny.TARGET / "golden.json").read_text())["cases"] if c["prompt_tokens_total"] < 300]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case["name"])
def test_a_cache_in_f16_computes_the_same_but_for_rounding(case):
    """Keys of ±100 are among these, which f16 rounds by 0.03: the worst logits measured were off by 0.031."""
    f32 = ModelFolder(tiny.TARGET, threads=1)
    f16 = ModelFolder(tiny.HALF, threads=1)
    types = {i.name: i.type for i in (*f16.session.get_inputs(), *f16.session.get_outputs())}
    halves = {name for name, kind in types.items() if kind == "tensor(float16)"}
    assert halves == {f"{n}_{i}" for n in ("k", "v", "new_k", "new_v") for i in range(f16.layers)}
    ids, pinned = f32.prompt_template.free(case["document"], case["task"], case["question"])
    exact, rounded = (Session(opened, case["scenario"]) for opened in (f32, f16))
    (want, logits), (got, others) = (s.generate(ids, pinned, len(case["generated"])) for s in (exact, rounded))
    assert got == want == case["generated"]
    errors = [off(b, a) for a, b in zip(logits, others, strict=True)]
    assert 1e-5 < max(errors) < MAX_ERROR_F16_CACHE
    assert rounded.absorbed == exact.absorbed == case["absorbed"]
    if case["absorbed"]:
        assert 0 < off(rounded.m, exact.m) < 1e-3
        assert 0 < off(rounded.z, exact.z) < 1e-3


def test_f16_begins_above_64_mb():
    """Llama-3.2-1B's shape: 65,536 bytes a slot in f32."""
    shape = {"layers": 16, "kv_heads": 8, "head_dim": 64, "heads": 32, "hidden": 2048}
    config = replace(tiny.CONFIG, kinds={}, pattern=(), **shape)
    sizes = {"short": {"pinned": 16, "window": 384}, "long": {"pinned": 24, "window": 1000}}
    assert cache_dtype(config, sizes) == "f32"  # 64 MB, and not a byte more
    sizes["long"]["pinned"] += 1
    assert cache_dtype(config, sizes) == "f16"
    assert cache_dtype(replace(config, layers=15, kinds={}, pattern=()), sizes) == "f32"


def test_the_choice_is_the_callers(decoder, checkpoint, tmp_path, monkeypatch):
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))

    def kept(**asked) -> list[str | None]:
        about = make_manifest(decoder, decoder.config, tokenizer, tiny.PRESET | asked, "tiny", ["fp32", "int8"])
        return [a.get("cache") for a in about["artefacts"]]

    assert kept() == [None, None]
    assert kept(cache="f16") == ["f16", "f16"]
    monkeypatch.setattr(manifest, "F32_CACHE_BYTES", 4 * 2 * 2 * 2 * 8 * (8 + 512) - 1)  # scenario large
    assert kept() == ["f16", "f16"]
    assert kept(cache="f32") == [None, None]
    with pytest.raises(Refused, match="found a cache in int8, expected one in f16 or f32"):
        kept(cache="int8")


@pytest.mark.parametrize("cache", onnx_graph.CACHES)
def test_the_option_reaches_the_graph(cache, checkpoint, tmp_path, monkeypatch):
    preset = tmp_path / "preset.json"
    made = tmp_path / "made"
    preset.write_text(json.dumps(tiny.PRESET | {"precisions": ["int8"]}))
    monkeypatch.setattr(manifest, "F32_CACHE_BYTES", 0 if cache == "f32" else manifest.F32_CACHE_BYTES)
    monkeypatch.setattr("sys.argv", ["", str(checkpoint), str(made), "--preset", str(preset), "--cache", cache])
    assert export.main() == 0
    model = onnx.load(made / "cpu-int8.onnx").graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*model.input, *model.output)}
    assert {types[f"{n}_1"] for n in ("k", "v", "new_k", "new_v")} == {onnx_graph.CACHES[cache]}
    assert {types[n] for n in ("m_1", "z_1", "x", "logits")} == {onnx.TensorProto.FLOAT}
