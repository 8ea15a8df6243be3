"""Questions that a person wrote about real licences and a manual page: written.jsonl, a question a line.

    written("calibration")["GPL-3"][0].text

`answers` are words of the sentence that answers, several where several sentences do, none where nothing in the document
answers. The set "calibration" may be calibrated against; "held_out" is only ever reported. The documents are read where
Debian keeps them when they are asked about; never copied, never trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "written.jsonl"
SETS = ("calibration", "held_out")


@dataclass(frozen=True)
class WrittenQuestion:
    """A question, and words of each sentence that answers."""

    text: str
    answers: tuple[str, ...]


@cache
def written(name: str) -> dict[str, list[WrittenQuestion]]:
    """A set's questions by document; name: of SETS."""
    found: dict[str, list[WrittenQuestion]] = {}
    for line in FILE.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["set"] == name:
            found.setdefault(row["document"], []).append(WrittenQuestion(row["question"], tuple(row["answers"])))
    if not found:
        raise ValueError(f"found no questions of a set {name!r}, expected {' or '.join(SETS)}")
    return found
