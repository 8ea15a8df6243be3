"""Texts in sentences with the questions that people asked of them: the form that every set is brought into.

Standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lab.reader.retrieval import terms

BOUNDARY = re.compile(r"(?<=[.!?][\"”'’)\]])\s+(?=[\"“'‘(\[]?[A-Z0-9])|(?<=[.!?])\s+(?=[\"“'‘(\[]?[A-Z0-9])")
ABBREVIATION = re.compile(
    r"(?<![\w.])(?:[A-Z]|(?i:mr|mrs|ms|dr|st|prof|vs|etc|e\.g|i\.e|cf|no|sec|fig|al|inc|ltd|co|corp|jr|sr|u\.s))\.$"
)
# A sentence longer than this (characters) is cut, as the engine does.
LONG = 480


@dataclass
class Question:
    """`gold`: the sentences that answer, none where the text does not say. `spare`: what may answer as well, so is no
    example of a wrong one. `span`: the short answer as (sentence, from, to) in characters. `verdict`: 0 yes, 1 no, 2
    unclear. `told` is false where it is not known which sentences answer."""

    text: str
    gold: frozenset[int] = frozenset()
    spare: frozenset[int] = frozenset()
    span: tuple[int, int, int] | None = None
    verdict: int | None = None
    told: bool = True


@dataclass
class Article:
    """A text: its sentences in order, and what each stands under ("" for nothing)."""

    name: str
    sentences: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def add(self, sentence: str, heading: str = "") -> int:
        """Adds a sentence; its number."""
        self.sentences.append(sentence)
        self.headings.append(heading)
        return len(self.sentences) - 1


def sentences(text: str) -> list[str]:
    """The sentences of running text, white space folded."""
    return [" ".join(text[a:b].split()) for a, b in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand: empty lines and sentence ends part them, abbreviations do not."""
    found: list[tuple[int, int]] = []
    for paragraph in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text):
        start = paragraph.start()
        for end in BOUNDARY.finditer(text, paragraph.start(), paragraph.end()):
            if not ABBREVIATION.search(text, start, end.start()):
                found += cut(text, start, end.start())
                start = end.end()
        found += cut(text, start, paragraph.end())
    return found


def cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A stretch without white space around it, in parts of at most `LONG` characters, cut after a clause or word."""
    while end > start and text[end - 1].isspace():
        end -= 1
    parts = []
    while end - start > LONG:
        half = start + LONG // 2
        places = [text.rfind(mark, half, start + LONG) for mark in ("; ", ": ", ", ", " ")]
        place = next((p + 1 for p in places if p > 0), start + LONG)
        parts.append((start, place))
        start = place + (text[place] == " " if place < end else 0)
    if start < end:
        parts.append((start, end))
    return parts


def found_in(words: str, sentence: str) -> tuple[int, int] | None:
    """Where some words stand in a sentence, whatever their case and the white space between them."""
    pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", words)))
    match = re.search(rf"(?<!\w){pattern}(?!\w)", sentence, re.IGNORECASE) if pattern else None
    return match.span() if match else None


def shared(wanted: set[str], sentence: str) -> float:
    """The share of some terms that stand in a sentence."""
    return len(wanted & set(terms(sentence))) / len(wanted) if wanted else 0.0
