"""What an answer is worth: whether its quotes stand in the file, whether they are the sentence that answers, how sure
a share is. Standard library only.
"""

from __future__ import annotations

import math
import re
import statistics
import sys
from dataclasses import dataclass


class File:
    """A document's bytes, also in UTF-16: where quotes are looked up."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.wide = raw.decode().encode("utf-16-le")

    def verbatim(self, quote: dict) -> bool:
        """Whether the file holds the quote's text at its bytes [start, end), and at its UTF-16 offsets."""
        at_bytes = self.raw[quote["start"] : quote["end"]]
        at_utf16 = self.wide[2 * quote["start_utf16"] : 2 * quote["end_utf16"]]
        return at_bytes == quote["text"].encode() and at_utf16 == quote["text"].encode("utf-16-le")

    def holds(self, answer: dict) -> bool:
        """Whether an answer is made of its quotes, each of which stands in the file where it is said to."""
        said = " ".join(quote["text"] for quote in answer["quotes"])
        whole = said.split() == answer["text"].split()
        return bool(answer["quotes"]) and whole and all(map(self.verbatim, answer["quotes"]))

    def check(self, answers: list[dict]) -> int:
        """Quotes looked up; ends the program at one that is not what stands in the file."""
        quotes = [quote for answer in answers for quote in answer["quotes"]]
        for quote in quotes:
            if not self.verbatim(quote):
                sys.exit(f"bytes {quote['start']} to {quote['end']} of the document are not what is quoted from there")
        return len(quotes)


def said(answer: dict) -> str:
    """What an answer quotes, with what that is read with, or else says in the model's own words; empty where it was
    refused."""
    if not answer["found"]:
        return ""
    return " ".join(quote["text"] for quote in answer["quotes"]) or answer["text"]


def names(answer: dict, value: str) -> bool:
    """Whether an answer was given whose text holds the value as words of its own."""
    return answer["found"] and bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", answer["text"], re.IGNORECASE))


def same(quote: str, sentence: str) -> bool:
    """Whether a quote is that sentence, white space folded: it holds it, or is the greater half of it (the engine cuts
    long ones)."""
    quote = " ".join(quote.split())
    sentence = " ".join(sentence.split())
    return sentence in quote or (quote in sentence and 2 * len(quote) >= len(sentence))


def summary(values: list[float]) -> dict:
    """How many, the least, the median and the most."""
    return {"n": len(values), "min": min(values), "median": statistics.median(values), "max": max(values)}


def points_lost(lost: int, gained: int, n: int) -> tuple[float, float, float]:
    """Of n questions to two in turn, `lost` right by the first alone and `gained` by the second: points lost by the
    second, and the 95 % interval of paired shares."""
    difference = (lost - gained) / n
    half = 1.96 * math.sqrt(max(0.0, lost + gained - (lost - gained) ** 2 / n)) / n
    return 100 * difference, 100 * (difference - half), 100 * (difference + half)


@dataclass
class Share:
    """`right` of `n`, with the 95 % interval after Wilson."""

    right: int = 0
    n: int = 0

    def add(self, right: bool) -> None:
        """Counts one."""
        self.right = self.right + right
        self.n = self.n + 1

    def interval(self) -> tuple[float, float]:
        """-> (low, high), 0 to 1"""
        if not self.n:
            return 0.0, 1.0
        z = 1.959964
        p = self.right / self.n
        n = self.n
        middle = p + z * z / (2 * n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))

    def json(self) -> dict:
        """With the 95 % interval after Wilson, as a record has it."""
        low, high = self.interval()
        return {"right": self.right, "n": self.n, "low": round(low, 4), "high": round(high, 4)}

    @classmethod
    def of(cls, counted: dict) -> Share:
        """Out of a record."""
        return cls(counted["right"], counted["n"])

    def __add__(self, other: Share) -> Share:
        return Share(self.right + other.right, self.n + other.n)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{100 * self.right / self.n:.1f} % ({100 * low:.0f}–{100 * high:.0f}) of {self.n}" if self.n else "–"
