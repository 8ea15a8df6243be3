"""Weights beside the graph."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from lab.accelerators import lowering
from lab.export import export, graph_builder, manifest
from lab.export.rounding import BYTES, round_int8
from lab.fixtures import tiny
from lab.reference.checkpoint import load, save
from lab.reference.decoder import Decoder
from lab.reference.numpy_engine import ModelFolder, Session
from tests.artefacts import IDS


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
    [mapped], [packed] = (json.loads(out)["self_tests"] for out in (mapped, packed))
    assert mapped == packed | {"error": pytest.approx(packed["error"], rel=0.2)}  # other kernels, the same sums
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


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_tied_checkpoint_has_one_matrix(precision, checkpoint, tmp_path, monkeypatch, cli):
    tied(checkpoint, tmp_path / "tied")
    preset = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}
    monkeypatch.setattr(manifest, "INLINE_BYTES", 0)
    made = {}
    for own in (False, True):
        folder = tmp_path / f"made-{own}"
        options = export.ExportOptions(preset, precisions=[precision], own_embedding=own)
        export.export(tmp_path / "tied", folder, options)
        made[own] = json.loads((folder / "model.json").read_text())["embedding"]
        assert (folder / "embedding.f16").exists() == own
    assert (made[False]["dtype"], made[True]["dtype"]) == ("r8", "f16")
    one, two = (ModelFolder(tmp_path / f"made-{own}", threads=1) for own in (False, True))
    head = load(tmp_path / "tied").model.embed_tokens.weight.detach().numpy()
    values, scales = round_int8(head.T)
    assert np.array_equal(one.embedding[:], values.T * scales[:, None])
    two.embedding = one.embedding  # then both compute the same, whichever way their matrix stands
    a, b = (Session(opened, "default").read(IDS, 2) for opened in (one, two))
    assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max()
    report = subprocess.run(
        [cli.program, "verify", "--json", "--model", str(tmp_path / "made-False")], check=True, capture_output=True
    )
    assert json.loads(report.stdout)["self_tests"]
    simple = lowering.primitives(onnx.load(tmp_path / "made-False" / f"cpu-{precision}.onnx"))
    weights = lowering.weights_of(simple)
    assert any(np.allclose(w, one.embedding[:].T, rtol=1e-5) for w in weights.values() if w.shape == head.T.shape)


def tied(checkpoint: Path, folder: Path) -> None:
    """The same model with one matrix for both."""
    decoder = load(checkpoint)
    whole = Decoder(replace(decoder.config, tied=True))
    whole.load_state_dict({n: t for n, t in decoder.state_dict().items() if n != "lm_head.weight"})
    save(whole, folder)
    shutil.copyfile(checkpoint / "tokenizer.json", folder / "tokenizer.json")
