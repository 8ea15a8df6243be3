"""Packs and reads data/words.txt: English words by how common they are, from SCOWL.

A line of words.txt is `## name` (a group follows), `# remark`, or entries with single spaces between them. An entry
is a word and the endings it is also found with: `walk,s,ed,ing` is walk, walks, walked, walking; `love,d,-ing` is
love, loved, loving (a minus takes the last letter away first).

    scripts/lab.sh word-list /usr/share/dict/scowl > words.txt       (the folder of Debian's package scowl)

The groups "10", "20", "35", "40" are SCOWL's sizes: the smaller, the commoner. "names" holds names of people and
places.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "data/words.txt"
LEVELS = ("10", "20", "35", "40")
ENDINGS = ("s", "es", "ed", "ing", "er", "ers", "ly", "ness", "d", "r", "rs", "al", "able", "ment", "ments", "y")
SHORTENED = {"e": ("ing",), "y": ("ies", "ied")}
HEADER = """\
# English words by how common they are, from SCOWL (Debian package scowl 2020.12.07-2), packed by corpus/word_list.py.
# Copyright 2000-2011 by Kevin Atkinson; free to use, copy, modify and distribute with this notice: words.LICENSE.
"""


def unpack(entry: str) -> list[str]:
    """`love,d,-ing` -> [love, loved, loving]"""
    word, *endings = entry.split(",")
    return [word] + [word[:-1] + ending[1:] if ending[0] == "-" else word + ending for ending in endings]


def pack(words: set[str]) -> list[str]:
    """The inverse of `unpack` for a whole group, shortest words first so that they take the longer ones in."""
    taken: set[str] = set()
    entries = []
    for word in sorted(words):
        if word in taken:
            continue
        taken.add(word)
        found = [(e, word + e) for e in ENDINGS] + [("-" + e, word[:-1] + e) for e in SHORTENED.get(word[-1], ())]
        found = [(e, w) for e, w in found if len(word) > 2 and w in words and w not in taken]
        taken.update(w for _, w in found)
        entries.append(",".join([word] + [e for e, _ in found]))
    return entries


@cache
def read_words(path: Path = WORDS) -> dict[str, tuple[str, ...]]:
    """Group name -> its words, sorted."""
    groups: dict[str, list[str]] = {}
    group = ""
    for line in path.read_text("ascii").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif not line.startswith("#"):
            groups.setdefault(group, []).extend(w for entry in line.split() for w in unpack(entry))
    return {name: tuple(sorted(words)) for name, words in groups.items()}


def scowl(folder: Path, names: list[str]) -> set[str]:
    """The plain words of these files of SCOWL."""
    return {w for name in names for w in (folder / name).read_text("latin-1").split() if w.isascii() and w.isalpha()}


def main(folder: Path) -> None:
    """Prints words.txt out of SCOWL's folder."""
    groups: dict[str, set[str]] = {}
    for level in LEVELS:
        words = scowl(folder, [f"english-words.{level}", f"american-words.{level}"])
        groups[level] = {w for w in words if w.islower() and len(w) > 1}
    names = scowl(folder, ["english-proper-names.50", "english-upper.35", "english-upper.40", "english-upper.50"])
    groups["names"] = {w for w in names if w[0].isupper() and w[1:].islower() and 3 < len(w) < 9}
    print(HEADER, end="")
    for group, words in groups.items():
        print(f"## {group}")
        line = ""
        for entry in pack(words):
            if len(line) + len(entry) > 118:
                print(line)
                line = ""
            line = f"{line} {entry}".strip()
        print(line)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
