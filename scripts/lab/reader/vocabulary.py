"""The reader's tokenizer without the words that English text never uses. Standard library only."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

# Ids below stay as they are: padding, the unknown word, the marks; `layout.py` names them.
FIXED = 104
SCRIPTS = ("LATIN", "GREEK")


def pruned(file: Path) -> tuple[dict, list[int]]:
    """tokenizer.json of a BERT → the same with fewer words, and the old id of each row that is left.

    Words in other scripts than Latin and Greek go, and those that were never used. What cuts, pads or adds marks to a
    text goes as well: the host lays out runs itself, and a text never becomes a mark."""
    about = json.loads(file.read_text("utf-8"))
    words = sorted(about["model"]["vocab"].items(), key=lambda item: item[1])
    kept = [(word, number) for word, number in words if number < FIXED or used(word)]
    about["model"]["vocab"] = {word: row for row, (word, _) in enumerate(kept)}
    about |= {"truncation": None, "padding": None, "post_processor": None, "added_tokens": []}
    return about, [number for _, number in kept]


def used(word: str) -> bool:
    """Whether English text may hold a word or a part of one."""
    if word.startswith("[unused"):
        return False
    letters = [c for c in word if c.isalpha()]
    return all(unicodedata.name(c, "").startswith(SCRIPTS) for c in letters)
