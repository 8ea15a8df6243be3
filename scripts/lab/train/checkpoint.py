"""The state of a training that can be cut short at any time and go on."""

import os
from pathlib import Path

import torch


def store(path: Path, content: dict) -> None:
    """Writes what torch.save takes, all or nothing: under a temporary name, synced, renamed."""
    temporary = path.with_suffix(".new")
    with open(temporary, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
