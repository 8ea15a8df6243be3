"""BM25 over the sentences of a text: what a model is compared with.

    index = Bm25(texts := sentences(text))
    index.scores("Who may copy it?")        # one for each of texts

Plain cutting and plain stems, in the standard library.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from lab.corpus.questions import STOP_WORDS, WORD


def sentences(text: str) -> list[str]:
    """Plain cutting: at paragraphs, then after full stops, colons of long parts and semicolons."""
    out = []
    for paragraph in re.split(r"\n\s*\n", text):
        folded = " ".join(paragraph.split())
        out += [s for s in re.split(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z])|(?<=[;:])\s+(?=.{40})", folded) if WORD.search(s)]
    return out


def stems(text: str) -> list[str]:
    """A text's words without the commonest, in small letters, without their commonest endings."""
    words = [w.lower() for w in WORD.findall(text) if w.lower() not in STOP_WORDS and len(w) > 1]
    return [re.sub(r"(?<=...)(ing|ed|es|s)$", "", w) for w in words]


class Bm25:
    """An index over texts, such as a document's sentences."""

    def __init__(self, texts: list[str]) -> None:
        self.counts = [Counter(stems(t)) for t in texts]
        self.sizes = [sum(c.values()) for c in self.counts]
        self.mean = max(1.0, sum(self.sizes) / len(texts))
        self.seen = Counter(w for c in self.counts for w in c)

    def scores(self, question: str) -> list[float]:
        """Of each text, for a question (k1 1.2, b 0.75)."""
        n = len(self.counts)
        out = [0.0] * len(self.counts)
        for word in set(stems(question)) & self.seen.keys():
            rare = math.log(1 + (n - self.seen[word] + 0.5) / (self.seen[word] + 0.5))
            for i, count in enumerate(self.counts):
                if f := count[word]:
                    out[i] += rare * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * self.sizes[i] / self.mean))
        return out
