"""Weights beside the graph."""

import json
import subprocess

import onnx
import pytest

from lab.export import export, graph_builder, manifest
from lab.export.rounding import BYTES
from lab.fixtures import tiny
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
