"""How answers are compared: shares with Wilson intervals, exact match, F1. Standard library only."""

from __future__ import annotations

import math
import re
import string
from collections import Counter

ARTICLES = re.compile(r"\b(a|an|the)\b")


def plain(text: str) -> str:
    """Without case, punctuation and articles, white space folded: SQuAD's way."""
    words = "".join(" " if c in string.punctuation else c for c in text.lower())
    return " ".join(ARTICLES.sub(" ", words).split())


def exact(found: str, answers: list[str]) -> float:
    """1 where it is one of the answers."""
    return float(any(plain(found) == plain(a) for a in answers))


def f1(found: str, answers: list[str]) -> float:
    """The best F1 of words against one of the answers."""
    return max((f1_one(plain(found).split(), plain(a).split()) for a in answers), default=0.0)


def f1_one(found: list[str], wanted: list[str]) -> float:
    """F1 of two bags of words."""
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted)) if common else 0.0


def wilson(right: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that holds a share with 95 %."""
    if not count:
        return 0.0, 1.0
    share = right / count
    square = z * z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)
