"""Tests share the machine: one thread each, no spinning. The shipped command line is built once."""

import os
from pathlib import Path

import pytest

from lab import ROOT
from lab.evaluate.cli import Cli, built

os.environ["PYTHONPATH"] = str(ROOT / "scripts")  # of the programs that tests start
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def cli(tmp_path_factory) -> Cli:
    """$EDGEINFINITE_CLI, or else built here; asks models/finder."""
    return Cli(built(), ROOT / "models/finder", tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """models/tiny's, made anew; not to be written to."""
    from lab.fixtures import tiny  # with PyTorch, which not every group has

    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    tiny.checkpoint(folder)
    return folder


@pytest.fixture
def decoder(checkpoint):
    """models/tiny's, each test its own."""
    from lab.reference.checkpoint import load

    return load(checkpoint)
