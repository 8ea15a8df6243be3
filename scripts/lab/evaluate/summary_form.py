"""What a summary must be, whatever it says: quotes of the document in its order, a line each, none twice.

    summarise(cli, work, "GPL-3", text).faults        empty where it is so

Counted beside that: headings, sentences that lead (the first after a heading or an empty line), and others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from lab.evaluate.cli import Cli
from lab.evaluate.score import File

MARK = re.compile(rb"\W*(\d+(\.\d+)*|[a-z]|[ivx]+)?\W*", re.IGNORECASE)  # may stand before a leading sentence: "(iv) "


@dataclass
class Summary:
    """A summary of a document: its lines by what they are, and what is wrong with it."""

    document: str
    headings: int = 0
    leading: int = 0
    other: int = 0
    faults: list[str] = field(default_factory=list)

    def json(self) -> dict:
        """As a record has it."""
        return dict(vars(self))


def summarise(cli: Cli, work: Path, name: str, text: str) -> Summary:
    """Asks the program for a document's summary and checks it."""
    file = work / f"summary-{name.replace('/', '-')}"
    file.write_text(text)
    report, _, _ = cli.run("summarize", str(file))
    return check_summary(name, text.encode(), report["summary"])


def check_summary(name: str, raw: bytes, said: dict) -> Summary:
    """Whether a summary's lines are its quotes, in the document's order, none twice; raw: the document's bytes."""
    summary = Summary(name)
    file = File(raw)
    quotes = said["quotes"]
    lines = [line.split() for line in said["text"].splitlines() if line.strip()]
    if not quotes:
        summary.faults.append("it quotes nothing")
    if lines != [quote["text"].split() for quote in quotes]:
        summary.faults.append(f"{len(lines)} lines are not its {len(quotes)} quotes")
    end = 0
    told = set()
    title = b""
    for number, quote in enumerate(quotes, 1):
        words = tuple(quote["text"].split())
        heading = bool(quote["headings"]) and words == tuple(quote["headings"][-1].split())
        before = re.split(rb"\n\s*\n", raw[: quote["start"]])[-1].strip()
        leads = bool(MARK.fullmatch(before.removesuffix(title)))
        summary.headings += heading
        summary.leading += leads and not heading
        summary.other += not leads and not heading
        if not file.verbatim(quote):
            summary.faults.append(f"line {number} does not stand in the document")
        if quote["start"] < end:
            summary.faults.append(f"line {number} is out of order")
        speaks = raw[quote["end"] :].startswith(b":")  # a name, which is told before what somebody says
        if words in told and not heading and not speaks:
            summary.faults.append(f"line {number} stands there twice")
        told.add(words)
        end = quote["end"]
        title = quote["text"].encode() if heading else b""
    return summary


def summary_table(summaries: list[Summary]) -> str:
    """A row a document, in Markdown."""
    columns = "summary of|headings|leading sentences|other sentences|in order, verbatim, none twice"
    lines = [f"| {columns.replace('|', ' | ')} |", "|---" * 5 + "|"]
    for s in summaries:
        lines.append(f"| {s.document} | {s.headings} | {s.leading} | {s.other} | {'; '.join(s.faults) or 'yes'} |")
    return "\n".join(lines)
