"""A model folder's logits of given tokens, into a file: for a processor that is another's, or emulated.

    scripts/lab.sh next-tokens models/mine IDS.npy LOGITS.npy

IDS: the tokens, read in pieces (imported.py writes them: --ids). scripts/emulated.sh runs this by other processors.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from lab.reference.numpy_engine import ModelFolder, Session

PIECE = 1024  # tokens that are read without what stands before


def pieces_of(ids: list[int]) -> list[list[int]]:
    """The tokens piece by piece."""
    return [ids[at : at + PIECE] for at in range(0, len(ids), PIECE)]


def read(folder: ModelFolder, piece: list[int]) -> np.ndarray:
    """A folder's logits [n, V] of a piece, segment by segment."""
    session = Session(folder, folder.manifest["default_scenario"])
    parts = [piece[at : at + session.S] for at in range(0, len(piece), session.S)]
    return np.concatenate([session.run(part, rows=list(range(len(part)))) for part in parts])


def main() -> None:
    """The command line."""
    folder, ids, target = map(Path, sys.argv[1:])
    opened = ModelFolder(folder, threads=1)
    np.save(target, np.concatenate([read(opened, piece) for piece in pieces_of(np.load(ids).tolist())]))


if __name__ == "__main__":
    main()
