"""Retrieval as the engine does it: BM25 over passages, then over their sentences; the best ones are what is read.

    text = Retrieval(sentences, headings)          # headings: what each sentence stands under
    text.ranked("Who may copy it?")                # [(sentence, score), ...], best first

Differences from the engine: stems are the first six letters and function words are English, whatever the language; no
word is looked for in another spelling; and a passage ends after 96 words, not 128 tokens.
Standard library only.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict

WORD = re.compile(r"\w+(?:['’](?!s\b)\w+)?")
STEM = 6
PASSAGE = 96
PASSAGES = 24
K1 = 1.2
B = 0.75
SENTENCE = 20.0
PASSAGE_WEIGHT = 0.3
STOP = frozenset(
    "a about am an and any are as at be been but by can could did do does for from had has have how i if in into is it "
    "its may me might must my of on or our shall should so some such than that the their them then there these they "
    "this those to was we were what when where which who whom whose why will with would you your".split()
)


def terms(text: str) -> list[str]:
    """The words that a text is found by."""
    return [w[:STEM] for w in WORD.findall(text.lower()) if w not in STOP]


def saturated(count: float, length: float, average: float) -> float:
    """BM25's weight of a term that occurs so often in a text of that many terms."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / average))


class Retrieval:
    """The index of one text."""

    def __init__(self, sentences: list[str], headings: list[str]) -> None:
        self.counts = [Counter(terms(s)) for s in sentences]
        self.passages: list[list[int]] = []
        words = 0
        for i, sentence in enumerate(sentences):
            length = len(sentence.split())
            if not self.passages or headings[i] != headings[i - 1] or words + length > PASSAGE:
                self.passages.append([])
                words = 0
            self.passages[-1].append(i)
            words += length
        self.postings: dict[str, dict[int, float]] = defaultdict(dict)
        for number, passage in enumerate(self.passages):
            total = Counter(terms(headings[passage[0]]))
            for i in passage:
                total.update(self.counts[i])
            for term, count in total.items():
                self.postings[term][number] = count

    def ranked(self, question: str, passages: int = PASSAGES) -> list[tuple[int, float]]:
        """The sentences of the passages that match best, best first, with their scores; in order among equals."""
        asked = sorted(set(terms(question)))
        count = len(self.passages)
        found = {t: len(self.postings.get(t, ())) for t in asked}
        weights = {t: math.log(1 + (count - n + 0.5) / (n + 0.5)) for t, n in found.items()}
        whole = sum(weights.values())
        if not whole:
            return []
        scores: Counter[int] = Counter()
        for term in asked:
            if found[term] and not (count > 64 and found[term] > count / 2):
                for passage, n in self.postings[term].items():
                    scores[passage] += weights[term] * saturated(n, 1, 1)
        ranked = []
        for passage, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:passages]:
            for i in self.passages[passage]:
                counts = self.counts[i]
                length = sum(counts.values())
                own = sum(weights[t] * saturated(counts[t], length, SENTENCE) for t in asked if counts[t])
                ranked.append((i, (own + PASSAGE_WEIGHT * score) / whole))
        return sorted(ranked, key=lambda item: (-item[1], item[0]))
