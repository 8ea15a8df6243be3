"""README.md shows what the model that ships was measured to cost, and nothing older."""

import json

import pytest

from lab import ROOT
from lab.plots import performance

MOST_LINES = 90


def test_the_readme_shows_the_model_that_ships():
    name, version = performance.shipped()
    block = performance.BLOCK.search((ROOT / "README.md").read_text("utf-8"))
    assert f"{name} {version}, " in block[0]


@pytest.mark.parametrize("place", performance.PAGES)
def test_the_pages_show_the_newest_record(place):
    path, record = performance.newest(performance.shipped())
    assert performance.page(place, path, record) == (ROOT / place).read_text("utf-8")


def test_a_model_that_nobody_measured_is_an_error(tmp_path, monkeypatch):
    manifest = json.loads(performance.DEMO.read_text("utf-8")) | {"version": "99.0.0"}
    newer = tmp_path / "model.json"
    newer.write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setattr(performance, "DEMO", newer)
    with pytest.raises(SystemExit, match=r"99\.0\.0"):
        performance.newest(performance.shipped())


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= MOST_LINES
