"""Folders with fp32 graphs of fixed shapes: whole or not there, weights once."""

import json

import onnx
import pytest

from lab import ROOT
from lab.accelerators import compile_nnapi, provider_rules
from lab.accelerators.compile_npu import Refused
from lab.reference.numpy_engine import read_manifest

TINY = ROOT / "models/tiny"
HALF = ROOT / "models/tiny-half"


def test_the_folder_is_whole(tmp_path):
    target = tmp_path / "made"
    compile_nnapi.compile_nnapi(TINY, target, ["Nnapi", "Xnnpack"], ["default"], 1e-4)
    about = read_manifest(target)
    before = read_manifest(TINY)
    assert about["artefacts"][: len(before["artefacts"])] == before["artefacts"]
    made = about["artefacts"][len(before["artefacts"]) :]
    assert [(a["accelerator"], a["fixed"]["scenario"]) for a in made] == [("Nnapi", "default"), ("Xnnpack", "default")]
    assert about["files"].keys() == {f.name for f in target.iterdir()} - {"model.json"}
    assert [g["rows"] for g in made[0]["fixed"]["graphs"]] == [16, 8, 1]
    inside = [target / g["file"] for g in made[0]["fixed"]["graphs"]]
    largest = max(len(t.raw_data) for f in inside for t in onnx.load(f, load_external_data=False).graph.initializer)
    assert largest < compile_nnapi.LARGE
    compile_nnapi.compile_nnapi(target, target, ["Nnapi"], [], 1e-4)  # once more, over itself: the old ones are gone
    again = read_manifest(target)["artefacts"][len(before["artefacts"]) :]
    assert [(a["accelerator"], a["fixed"]["scenario"]) for a in again] == [("Nnapi", "default"), ("Nnapi", "large")]


def test_a_cache_in_f16_becomes_one_in_f32(tmp_path):
    compile_nnapi.compile_nnapi(HALF, tmp_path / "made", ["Nnapi"], ["default"], 1e-4)  # f16 is off by more
    cpu, made = read_manifest(tmp_path / "made")["artefacts"]
    assert (cpu["cache"], "cache" in made) == ("f16", False)


@pytest.mark.parametrize("what", ["error", "builder", "scenario"])
def test_what_would_be_wrong_is_not_written(what, tmp_path, monkeypatch):
    scenarios = []
    bound = 1e-4
    expected = "logits off"
    if what == "error":
        bound = 1e-9
    elif what == "builder":
        monkeypatch.setattr(provider_rules, "NNAPI", provider_rules.NNAPI - {"Elu"})
        expected = "Nnapi refuses Elu: operator"
    else:
        scenarios = ["wide"]
        expected = "found none of the scenarios wide, expected some of default, large"
    with pytest.raises(Refused, match=expected):
        compile_nnapi.compile_nnapi(TINY, tmp_path / "made", ["Nnapi"], scenarios, bound)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_graph_for_the_cpu_is_refused(tmp_path):
    about = json.loads((TINY / "model.json").read_text())
    about["artefacts"] = [a | {"accelerator": "Npu"} for a in about["artefacts"]]
    (tmp_path / "model.json").write_text(json.dumps(about))
    with pytest.raises(Refused, match="found no graph for the CPU"):
        compile_nnapi.compile_nnapi(tmp_path, tmp_path / "made", ["Nnapi"], [], 1.0)
