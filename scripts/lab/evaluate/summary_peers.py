"""What summaries are compared with, at the same number of words: the first sentences, TextRank, and an oracle.

    cut(sentences, order(sentences), 80)     the sentences of about 80 words that come first in an order

Each takes the sentences of a text, in order, and says in which order they are taken. A method that knows the answer
(`oracle`) is the most that whole sentences can reach.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np

from lab.evaluate.rouge import best, words

# Steps of the power iteration, and TextRank's damping.
STEPS = 40
DAMPING = 0.85
# Sentences that the oracle chooses from: those that score best by themselves.
ORACLE = 80


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a line of less than a sentence stands for itself, marks of headings and items go."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        listed = len(lines) > 1 and all(re.match(r"\s*([-*|]|\(?\d+[.)]|[\w ]+:)", line) for line in lines)
        for part in lines if listed or any(re.match(r"\d+\.\d", line) for line in lines) else [" ".join(lines)]:
            found += re.split(r"(?<=[.!?])[\"”)]*\s+(?=[A-Z0-9\"“(])", part.strip())
    return [sentence for sentence in found if len(sentence.split()) > 2]


def length(sentence: str) -> int:
    """Words of a sentence."""
    return len(sentence.split())


def cut(sentences: list[str], order: list[int], most: int) -> list[str]:
    """The first of an order, until another one would lead further from `most` words; in the text's order."""
    chosen: list[int] = []
    total = 0
    for number in order:
        more = total + length(sentences[number])
        if chosen and abs(more - most) >= abs(total - most):
            break
        chosen.append(number)
        total = more
    return [sentences[number] for number in sorted(chosen)]


def lead(sentences: list[str]) -> list[int]:
    """The text's own order."""
    return list(range(len(sentences)))


def similarity(sentences: list[str]) -> np.ndarray:
    """[n, n]: the words that two sentences share, over the logarithms of their lengths (Mihalcea and Tarau 2004)."""
    said = [Counter(words(sentence)) for sentence in sentences]
    place = {word: at for at, word in enumerate(sorted(set().union(*said)))}
    held = np.zeros((len(said), len(place)), np.float32)
    for row, counts in zip(held, said, strict=True):
        row[[place[word] for word in counts]] = 1
    logs = np.log([max(2, counts.total()) for counts in said])
    shared = held @ held.T / (logs[:, None] + logs[None, :])
    np.fill_diagonal(shared, 0)
    return shared


def textrank(sentences: list[str]) -> list[int]:
    """By PageRank over the similarity of sentences, the best first."""
    links = similarity(sentences)
    links /= np.maximum(links.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(len(sentences), 1 / len(sentences))
    for _ in range(STEPS):
        rank = (1 - DAMPING) / len(sentences) + DAMPING * (links.T @ rank)
    return sorted(range(len(sentences)), key=lambda at: (-rank[at], at))


def oracle(score: Callable[[list[str]], float], sentences: list[str], most: int) -> list[str]:
    """Greedy: one sentence after another that raises the score of those chosen most, up to `most` words."""
    alone = sorted(range(len(sentences)), key=lambda at: -score([sentences[at]]))[:ORACLE]
    chosen: list[int] = []
    reached = 0.0
    while sum(length(sentences[at]) for at in chosen) < most:
        room = most - sum(length(sentences[at]) for at in chosen)
        fit = [at for at in alone if at not in chosen and (length(sentences[at]) <= room or not chosen)]
        scored = [(score([sentences[i] for i in sorted([*chosen, at])]), -at) for at in fit]
        top, at = max(scored, default=(0.0, 0))
        if top <= reached:
            break
        reached = top
        chosen.append(-at)
    return [sentences[at] for at in sorted(chosen)]


def by_rouge(references: tuple[str, ...]) -> Callable[[list[str]], float]:
    """How well sentences say what people wrote: the mean of ROUGE-1 and ROUGE-2."""

    def score(lines: list[str]) -> float:
        found = best(" ".join(lines), list(references), ("1", "2"))
        return (found["1"] + found["2"]) / 2

    return score
