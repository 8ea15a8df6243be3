"""Copies of a model folder with other scoring."""

import json

from lab import ROOT
from lab.export.model_folder import rescored


def test_only_the_two_numbers_of_a_model_change(tmp_path):
    model = ROOT / "models/finder"
    copy = rescored(model, tmp_path / "model", {"bm25_weight": 0.25, "found_threshold": -3.0})
    before, after = (json.loads((folder / "model.json").read_text()) for folder in (model, copy))
    assert after["scoring"] == before["scoring"] | {"bm25_weight": 0.25, "found_threshold": -3.0}
    assert after | {"scoring": before["scoring"]} == before
    assert {f.name for f in copy.iterdir()} >= {"model.json", *before["files"]}
