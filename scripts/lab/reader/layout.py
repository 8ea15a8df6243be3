"""How a question and sentences are laid out for one run of the reader; CONTRACT.md says the same in words.

    [CLS] question [SEP] heading [SEP] sentence [SEP] sentence [SEP] heading [SEP] sentence [SEP]

A heading (the path of headings, then the lead of a list or the header of a table) stands before the first of the
sentences under it, once. Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LENGTH = 512
SENTENCES = 32
QUESTION = 64
SENTENCE = 128
HEADING = 32
# Ids of the tokenizer's own marks.
CLS = 101
SEP = 102
# What `segments` says of tokens that belong to no sentence (the question is 0, the k-th sentence k).
MARK = -1
PADDING = -2


@dataclass(frozen=True)
class Piece:
    """A sentence and what it stands under, as token ids without marks."""

    sentence: Sequence[int]
    heading: Sequence[int] = ()


@dataclass
class Run:
    """One run: token ids, types (1: headings) and segments, all of one length; `starts[k]`: where sentence k begins."""

    tokens: list[int] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def add(self, tokens: Sequence[int], type_: int, segment: int) -> None:
        """Adds tokens and the mark after them."""
        self.tokens += [*tokens, SEP]
        self.types += [type_] * (len(tokens) + 1)
        self.segments += [segment] * len(tokens) + [MARK]


def room(question: Sequence[int], length: int = LENGTH) -> int:
    """Tokens left for pieces beside a question."""
    return length - 2 - len(question[:QUESTION])


def fitting(question: Sequence[int], pieces: Sequence[Piece], order: Sequence[int], length: int = LENGTH) -> list[int]:
    """Those of the pieces that fit into one run, taken in the order given, as many as it holds; in document order.

    One that does not fit, or has no tokens, is passed over. A heading counts with the first piece that brings it."""
    left = room(question, length)
    chosen = []
    headings: set[tuple[int, ...]] = {()}
    for i in order:
        heading = tuple(pieces[i].heading[:HEADING])
        taken = len(pieces[i].sentence[:SENTENCE]) + 1 + (0 if heading in headings else len(heading) + 1)
        if pieces[i].sentence and taken <= left and len(chosen) < SENTENCES:
            left -= taken
            headings.add(heading)
            chosen.append(i)
    return sorted(chosen)


def lay_out(question: Sequence[int], pieces: Sequence[Piece], length: int = LENGTH) -> Run:
    """A run of the pieces in the order given; those that no longer fit are left out with all that follow."""
    run = Run([CLS], [0], [MARK])
    run.add(question[:QUESTION], 0, 0)
    before = None
    for number, piece in enumerate(pieces[:SENTENCES], 1):
        heading = piece.heading[:HEADING] if before is None or list(before.heading) != list(piece.heading) else ()
        sentence = piece.sentence[:SENTENCE]
        if len(run.tokens) + len(sentence) + 1 + (len(heading) + 1 if heading else 0) > length:
            break
        if heading:
            run.add(heading, 1, MARK)
        run.starts.append(len(run.tokens))
        run.add(sentence, 0, number)
        before = piece
    return run
