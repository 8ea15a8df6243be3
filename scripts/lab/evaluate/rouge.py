"""ROUGE-1, -2 and -L: how much of a reference a text says in the same words, as F1 (Lin 2004).

    rouge("The dog sleeps.", "A dog slept.")["1"]

Words are runs of a to z and digits in small letters; those of more than three letters are stemmed (porter.py), as the
package rouge-score does. Standard library only.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from lab.evaluate.porter import stem

# What is measured: one word, two words in a row, the longest common subsequence.
KINDS = ("1", "2", "L")


def words(text: str) -> tuple[str, ...]:
    """The stems of a text."""
    return tuple(stem(word) if len(word) > 3 else word for word in re.findall("[a-z0-9]+", text.lower()))


def f1(shared: int, said: int, wanted: int) -> float:
    """Of what both share, what one says and what was wanted; 0 where one is empty."""
    return 2 * shared / (said + wanted) if said > 0 and wanted > 0 else 0.0


def grams(said: tuple[str, ...], n: int) -> Counter:
    """How often each n words stand in a row."""
    return Counter(zip(*(said[i:] for i in range(n)), strict=False))


def common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """The length of their longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, wanted in enumerate(other, 1):
            above = row[at]
            row[at] = before + 1 if word == wanted else max(above, row[at - 1])
            before = above
    return row[-1]


@lru_cache(maxsize=4096)
def prepared(text: str) -> tuple[tuple[str, ...], Counter, Counter]:
    """A text's stems, and how often each stands there, alone and in twos."""
    said = words(text)
    return said, grams(said, 1), grams(said, 2)


def rouge(text: str, reference: str, kinds: tuple[str, ...] = KINDS) -> dict[str, float]:
    """F1 by each of some KINDS, 0 to 1."""
    said, said_1, said_2 = prepared(text)
    wanted, wanted_1, wanted_2 = prepared(reference)
    shared = {
        "1": lambda: f1((said_1 & wanted_1).total(), len(said), len(wanted)),
        "2": lambda: f1((said_2 & wanted_2).total(), len(said) - 1, len(wanted) - 1),
        "L": lambda: f1(common(said, wanted), len(said), len(wanted)),
    }
    return {kind: shared[kind]() for kind in kinds}


def best(text: str, references: list[str], kinds: tuple[str, ...] = KINDS) -> dict[str, float]:
    """The largest F1 by each of some KINDS over several references."""
    scores = [rouge(text, reference, kinds) for reference in references]
    return {kind: max(score[kind] for score in scores) for kind in kinds}
