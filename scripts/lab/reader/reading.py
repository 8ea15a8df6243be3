"""From a question and a text to an answer, as the engine is to do it: retrieval, runs of the reader, one formula.

    text = ReadText(article, tokenizer)
    seen = read(model, text, "Who signed?", runs=1)
    answer = decide(seen, Choice(...))

CONTRACT.md says the same in words. Needs no PyTorch: a model is anything that gives arrays for runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from lab.reader.articles import Article
from lab.reader.layout import HEADING, QUESTION, SENTENCE, Piece, Run, fitting, lay_out
from lab.reader.retrieval import Retrieval

# In the order of the outputs.
VERDICTS = ("yes", "no", "unclear")
# What a question of yes or no begins with.
ASKS = frozenset("am are can could did do does had has have is may must shall should was were will would".split())
NOT = re.compile(r"n['’]t$")
# Runs → for each the arrays that encoder.py names, of one run.
Model = Callable[[list[Run]], list[dict[str, np.ndarray]]]
# Sentences of all runs that are read again together, where there is more than one run.
FINAL = 12
# Most tokens of a short answer.
SPAN = 30
# An answer quotes at most so many sentences: the best, and those at least this share as likely.
QUOTES = 3
QUOTE_SHARE = 0.25


@dataclass(frozen=True)
class Choice:
    """What turns logits into an answer: the weight of BM25 beside relevance, and the probability from which on
    something is found."""

    bm25: float = 4.0
    found: float = 0.5


class ReadText:
    """A text with its index and its sentences as token ids."""

    def __init__(self, article: Article, tokenizer: Tokenizer) -> None:
        self.article = article
        self.tokenizer = tokenizer
        self.retrieval = Retrieval(article.sentences, article.headings)
        self.encoded = tokenizer.encode_batch(article.sentences, add_special_tokens=False)
        known = {h: tuple(tokenizer.encode(h, add_special_tokens=False).ids[-HEADING:]) for h in set(article.headings)}
        self.pieces = [Piece(e.ids[:SENTENCE], known[h]) for e, h in zip(self.encoded, article.headings, strict=True)]


@dataclass
class Seen:
    """What one question's last run showed: sentences in it, their logits and BM25 scores, spans in characters."""

    sentences: list[int]
    relevance: np.ndarray
    bm25: np.ndarray
    none: float
    verdict: np.ndarray
    # Per sentence: from, to (characters), and the span's logit.
    spans: list[tuple[int, int, float]]


@dataclass(frozen=True)
class Answer:
    """The sentences from the best on, the probability of each and that any answers; the best one's span."""

    ranked: list[int]
    probabilities: list[float]
    found: float
    span: str

    def quotes(self) -> list[int]:
        """The sentences that are quoted, best first."""
        likely = [
            i for i, p in zip(self.ranked, self.probabilities, strict=True) if p >= QUOTE_SHARE * self.probabilities[0]
        ]
        return likely[:QUOTES]


def read(model: Model, text: ReadText, question: str, runs: int = 1) -> Seen:
    """Retrieves, reads in up to `runs` runs, and, of more than one, the best sentences once more together."""
    asked = text.tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION]
    scores = dict(text.retrieval.ranked(question))
    order = list(scores) or list(range(len(text.pieces)))
    groups: list[list[int]] = []
    left = order
    while left and len(groups) < runs:
        groups.append(fitting(asked, text.pieces, left))
        taken = set(groups[-1])
        left = [i for i in left if i not in taken] if taken else []
    laid = [lay_out(asked, [text.pieces[i] for i in group]) for group in groups]
    out = model(laid)
    if len(groups) > 1:
        margin = {
            i: (o["relevance"][k] - o["none"]).item()
            for group, o in zip(groups, out, strict=True)
            for k, i in enumerate(group)
        }
        best = sorted(margin, key=lambda i: -margin[i])[:FINAL]
        groups = [fitting(asked, text.pieces, best)]
        laid = [lay_out(asked, [text.pieces[i] for i in groups[0]])]
        out = model(laid)
    group = groups[0]
    run = laid[0]
    o = out[0]
    count = len(run.starts)
    spans = [span(o, run, k, text, i) for k, i in enumerate(group[:count])]
    bm25 = np.array([scores.get(i, 0.0) for i in group[:count]])
    return Seen(group[:count], o["relevance"][:count], bm25, o["none"].item(), o["verdict"], spans)


def span(out: dict[str, np.ndarray], run: Run, number: int, text: ReadText, sentence: int) -> tuple[int, int, float]:
    """The best short answer in a sentence of a run: from, to in its characters, and its logit."""
    start = run.starts[number]
    length = len(text.pieces[sentence].sentence)
    begin = out["begin"][start : start + length]
    end = out["end"][start : start + length]
    pairs = begin[:, None] + end[None, :]
    place = np.arange(length)
    apart = place[None, :] - place[:, None]
    pairs = np.where((apart >= 0) & (apart < SPAN), pairs, -np.inf)
    first, last = np.unravel_index(int(pairs.argmax()), pairs.shape)
    offsets = text.encoded[sentence].offsets
    return offsets[first][0], offsets[last][1], float(pairs[first, last])


def asks_yes_or_no(question: str) -> bool:
    """Whether a question begins with a form of be, do, have or a modal verb, negated or not."""
    word = next(iter(question.lower().split()), "").strip('.,;:!?"“”()[]¿¡')
    return NOT.sub("", word) in ASKS or word.replace("’", "'") in ("can't", "won't", "shan't")


def decide(seen: Seen, choice: Choice, text: ReadText) -> Answer:
    """The answer out of what was seen."""
    if not seen.sentences:
        return Answer([], [], 0.0, "")
    logits = np.concatenate([[seen.none], seen.relevance + choice.bm25 * seen.bm25])
    odds = np.exp(logits - logits.max())
    odds /= odds.sum()
    order = sorted(range(len(seen.sentences)), key=lambda k: (-odds[k + 1], k))
    best = order[0]
    a, b, _ = seen.spans[best]
    words = text.article.sentences[seen.sentences[best]][a:b]
    return Answer([seen.sentences[k] for k in order], [float(odds[k + 1]) for k in order], 1 - float(odds[0]), words)
