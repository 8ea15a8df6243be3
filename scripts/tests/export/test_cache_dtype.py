"""Keys and values in f16."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from tokenizers import Tokenizer

from lab.export import export, manifest, onnx_graph
from lab.export.manifest import MAX_ERROR_F16_CACHE, cache_dtype, make_manifest
from lab.export.preset import Refused
from lab.export.rounding import BLOCK, round_int4
from lab.fixtures import tiny
from lab.reference.numpy_engine import ModelFolder, Session
from tests.artefacts import off

SMALL = [c for c in json.loads((tiny.TARGET / "golden.json").read_text())["cases"] if c["prompt_tokens_total"] < 300]


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """weight [out, in] as an artefact keeps it, computed here by itself (quantization_error.py is held to it)."""
    if bits == 8:
        scale = weight.abs().amax(1, keepdim=True) / 127
        return (weight / scale).round().clamp(-127, 127) * scale
    four, scales = round_int4(weight.numpy().T)
    nibbles = torch.from_numpy(np.stack([four & 15, four >> 4], -1).reshape(*four.shape[:2], BLOCK)).float()
    return ((nibbles - 8) * torch.from_numpy(scales).view(*nibbles.shape[:2], 1)).flatten(1)[:, : weight.shape[1]]


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
        weights = export.counted(decoder, decoder.config, ["fp32", "int8"])
        about = make_manifest(weights, tokenizer, tiny.PRESET | asked, "tiny", ["fp32", "int8"])
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
