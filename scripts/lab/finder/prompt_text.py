"""Sentences of a generated text as tokens, and questions about them: what prompts are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.corpus.questions import Statement, content_set
from lab.finder.tokenizer import SENTENCES

MARKER_COUNT = SENTENCES - 1  # <s1> … <s47>


@dataclass
class Line:
    """A sentence of a document."""

    text: str
    tokens: list[int]
    section: int
    leads: bool = False  # first of its section
    told: Statement = field(default_factory=lambda: Statement(""))

    def __post_init__(self) -> None:
        self.words = content_set(self.text)


@dataclass
class GeneratedText:
    """A generated text, as tokens."""

    title: list[int] | None
    headings: list[list[int]]  # by section
    lines: list[Line]
    absent: list[str]  # questions about its entities that it does not answer


@dataclass
class Question:
    """A question: made together with what is told, or out of a sentence's words."""

    text: str
    same_words: list[set[str]] = field(default_factory=list)  # each word or what means it: a line with all answers
    told: bool = False

    def foreign(self, lines: list[Line]) -> bool:
        """Whether no line has much to do with it."""
        if self.same_words:
            return all(
                sum(bool(same & line.words) for same in self.same_words) <= len(self.same_words) / 2 for line in lines
            )
        return self.told or best_share(self.text, lines) <= 0.4


def best_share(question: str, lines: list[Line]) -> float:
    """The greatest share of a question's words that a line holds, 0 to 1."""
    words = content_set(question)
    return max((len(words & line.words) for line in lines), default=0) / max(1, len(words))


def fitting_lines(lines: list[Line], budget: int) -> list[Line]:
    """The first lines that fit `budget` tokens and the markers there are; at least one."""
    out = lines[:1]
    used = len(lines[0].tokens)
    for line in lines[1 : MARKER_COUNT - 1]:
        used += len(line.tokens) + 1
        if used > budget:
            break
        out.append(line)
    return out
