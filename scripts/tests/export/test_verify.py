"""What quantising cost, as a model folder carries it."""

import json

import pytest
import torch

from lab.export import export
from lab.export.rounding import BYTES
from lab.export.verify import rounding_cost
from lab.fixtures import tiny
from lab.reference.checkpoint import load
from lab.reference.numpy_engine import read_manifest


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
    about = read_manifest(tmp_path / "made")
    same = rounding_cost(tmp_path / "made", 0, export.streams_of(load(checkpoint), about))
    assert same["divergence"] < 1e-6
    assert (same["agreement"], same["tokens"]) == (1, int8["cost"]["tokens"])
