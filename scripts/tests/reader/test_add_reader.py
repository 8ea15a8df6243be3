"""A reader beside a generator: its files and their hashes, and nothing where there is none to add."""

import json
import shutil

import pytest

from lab import ROOT
from lab.export.model_folder import entry
from lab.reader import add_reader

TINY = ROOT / "models/tiny"


def test_the_folder_has_both(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(TINY, folder)
    before = json.loads((folder / "model.json").read_text())
    add_reader.add(ROOT / "models/tiny-reader", folder)
    about = json.loads((folder / "model.json").read_text())
    assert about["reader"] == add_reader.FILES
    assert about["files"].keys() == {*before["files"], *add_reader.FILES.values()}
    assert all(entry(folder / name) == said for name, said in about["files"].items())
    assert {key: about[key] for key in before if key != "files"} == {k: v for k, v in before.items() if k != "files"}


def test_a_folder_without_a_reader_is_refused(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(TINY, folder)
    before = (folder / "model.json").read_text()
    with pytest.raises(ValueError, match="found no reader"):
        add_reader.add(TINY, folder)
    assert (folder / "model.json").read_text() == before


def test_the_folder_that_ships_is_the_finder_with_the_reader(tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "models/finder", folder, ignore=shutil.ignore_patterns("README.md"))
    add_reader.add(ROOT / "models/reader", folder)
    demo = ROOT / "models/demo"
    assert {file.name for file in demo.iterdir()} == {file.name for file in folder.iterdir()} | {"README.md"}
    wrong = [file.name for file in folder.iterdir() if (demo / file.name).read_bytes() != file.read_bytes()]
    assert not wrong, "cp models/finder/[!R]* models/demo; scripts/lab.sh add-reader models/demo"
