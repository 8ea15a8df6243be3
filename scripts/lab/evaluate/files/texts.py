"""The texts that files are made of: sections with facts, each with the question that it answers.

    text = Text.of("en", 6, start=3)
    text.facts[0].question, text.facts[0].value, text.facts[0].sentence

The sections are those of texts.jsonl. Standard library only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜА-ЯЁ])|(?<=[。!?])")


@dataclass(frozen=True)
class Fact:
    """`value` answers `question`; it stands in `sentence`, which is a sentence, a list's item or a table's row."""

    question: str
    value: str
    sentence: str
    where: str  # sentence, item or row
    section: int  # of its text, from 1


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    paragraphs: tuple[str, ...]
    lead: str
    items: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Text:
    """A document before any program has written it."""

    language: str
    title: str
    sections: tuple[Section, ...]
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, language: str, sections: int, start: int = 0) -> Text:
        """Some of the sections of a language, one after the other from `start` on."""
        rows = rows_of(language)
        chosen = [rows[(start + at) % len(rows)] for at in range(min(sections, len(rows)))]
        facts = tuple(fact for number, row in enumerate(chosen, 1) for fact in facts_of(row, number))
        return cls(language, TITLES[language], tuple(map(section_of, chosen)), facts)


TITLES = {
    "en": "Handbook of Lindholm",
    "de": "Handbuch von Lindholm",
    "ru": "Справочник Линдхольма",
    "zh": "林德霍尔姆手册",
}


@cache
def rows_of(language: str) -> list[dict]:
    """The sections of texts.jsonl in a language."""
    lines = (Path(__file__).parent / "texts.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["language"] == language]


def section_of(row: dict) -> Section:
    """A section as texts.jsonl has it."""
    table = tuple(map(tuple, row.get("table", ())))
    return Section(row["heading"], tuple(row["paragraphs"]), row.get("lead", ""), tuple(row.get("items", ())), table)


def facts_of(row: dict, number: int) -> list[Fact]:
    """The facts of a section, each with the words in which it is told."""
    told = {
        "sentence": [sentence for paragraph in row["paragraphs"] for sentence in ENDS.split(paragraph)],
        "item": row.get("items", []),
        "row": [" ".join(cells) for cells in row.get("table", [])],
    }
    facts = []
    for fact in row["facts"]:
        value = re.compile(rf"(?<!\w){re.escape(fact['value'])}(?!\w)" if row["language"] != "zh" else fact["value"])
        (sentence,) = (words for words in told[fact["where"]] if value.search(words))
        facts.append(Fact(fact["question"], fact["value"], sentence, fact["where"], number))
    return facts
