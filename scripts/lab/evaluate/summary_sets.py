"""What summaries are measured on: texts with what people wrote about them.

    meetings(data / "qmsum/test.jsonl")      a meeting each, with its summary
    queries(data / "qmsum/test.jsonl")       a question about a meeting each, with its summary and where it is spoken of
    abstracts(data / "scitldr/test.jsonl")   an abstract each, with its summaries of one sentence
    facts("unseen")                          a letter, contract or report each, with what a reader must know (facts/)

Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FACTS = Path(__file__).parent / "facts"


@dataclass(frozen=True)
class Sample:
    """A text, and what a summary of it is held against."""

    name: str
    text: str
    references: tuple[str, ...] = ()
    # Fact → words that stand together in one sentence which says it.
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    focus: str = ""
    # Names of the facts that bear on the focus.
    bears: tuple[str, ...] = ()
    # A focus that the text says nothing about.
    foreign: str = ""
    # Bytes of the text that the focus is about.
    spans: tuple[tuple[int, int], ...] = ()

    def told(self, lines: list[str]) -> set[str]:
        """The facts that one of some sentences says."""
        folded = [" ".join(line.split()) for line in lines]
        return {name for name, words in self.facts.items() if any(all(w in line for w in words) for line in folded)}


def rows(path: Path) -> list[dict]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def spoken(words: str) -> str:
    """What somebody says, without marks of noises and the spaces before punctuation."""
    words = re.sub(r"\{\w+\}", "", words)
    words = re.sub(r"\s+([.,?!;:%)])", r"\1", words)
    words = re.sub(r"\s+('(s|m|re|ve|ll|d)|n't)\b", r"\1", words)
    return " ".join(words.split())


def transcript(row: dict) -> tuple[str, list[tuple[int, int]]]:
    """A meeting as a text, a paragraph a turn, and where each turn stands in it (bytes)."""
    text = ""
    length = 0
    places = []
    for turn in row["meeting_transcripts"]:
        said = spoken(turn["content"])
        paragraph = f"{turn['speaker']}: {said}\n\n" if said else ""
        end = length + len(paragraph.encode())
        places.append((length, end))
        length = end
        text += paragraph
    return text, places


def meetings(path: Path) -> Iterator[Sample]:
    """QMSum: whole meetings."""
    for row in rows(path):
        text, _ = transcript(row)
        for query in row["general_query_list"][:1]:
            yield Sample(row["meeting"], text, (query["answer"],))


def queries(path: Path) -> Iterator[Sample]:
    """QMSum: questions about a part of a meeting."""
    for row in rows(path):
        text, places = transcript(row)
        for number, query in enumerate(row["specific_query_list"]):
            turns = [(int(a), int(b)) for a, b in query["relevant_text_span"]]
            last = len(places) - 1
            spans = tuple((places[min(a, last)][0], places[min(b, last)][1]) for a, b in turns)
            yield Sample(f"{row['meeting']}-{number}", text, (query["answer"],), focus=query["query"], spans=spans)


def abstracts(path: Path) -> Iterator[Sample]:
    """SciTLDR: abstracts."""
    for row in rows(path):
        yield Sample(row["id"], " ".join(row["abstract"]) + "\n", tuple(row["tldrs"]))


def facts(*parts: str) -> Iterator[Sample]:
    """Documents written for this measure, those of some of its parts.

    `choose`: to choose a method by; `measure`: to measure it on; `unseen`: written later, by someone who had not seen
    what a method says of them.
    """
    for row in rows(FACTS / "facts.jsonl"):
        if row["part"] in parts:
            known = {name: tuple(words) for name, words in row["facts"].items()}
            text = (FACTS / row["document"]).read_text("utf-8")
            foreign = row.get("foreign", "")
            yield Sample(row["document"], text, (), known, row["focus"], tuple(row["bears"]), foreign)
