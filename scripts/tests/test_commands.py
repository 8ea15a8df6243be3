"""scripts/lab.sh finds each command, and the packages that it needs."""

import subprocess
import sys

import pytest

from lab.__main__ import GROUPS, PACKAGE, commands, group_of, named


def test_every_command_says_what_it_does_and_has_an_environment():
    said = subprocess.run([sys.executable, "-m", "lab"], capture_output=True, text=True, check=True).stdout
    assert len(commands()) > 20
    for full, file in commands().items():
        assert named(full) == file
        assert group_of(file) in ("none", *GROUPS)
        assert f"  {full.partition('.')[2]} " in said or f"  {full} " in said


@pytest.mark.parametrize(
    ("name", "module", "group"),
    [
        ("ssft", "train/ssft.py", "lab"),
        ("finder.ssft", "finder/ssft.py", "lab"),
        ("real-documents", "evaluate/real_documents.py", "none"),
        ("tokenizer", "finder/tokenizer.py", "graphs"),
        ("compile-npu", "accelerators/compile_npu.py", "npu"),
    ],
)
def test_a_command_by_its_name(name, module, group):
    assert named(name) == PACKAGE / module
    assert group_of(PACKAGE / module) == group


def test_an_unknown_command_is_named():
    done = subprocess.run([sys.executable, "-m", "lab", "nope"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "found no command nope" in done.stderr
