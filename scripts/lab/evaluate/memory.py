"""What the memory carries: declared facts and a topic that have left the window, asked of several model folders.

Every document is read once by the memory reading and asked everything in one run; recall is asked of the very same
document; as many documents at a time as there are cores, by one thread each. An answer is right when its text names the
value, whether it quotes or is in the model's own words. The window alone knows nothing of what is asked
(corpus/passkeys.py). `scripts/lab.sh evaluate --memory` runs this and writes the table.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab.corpus import seeds
from lab.corpus.documents import Document
from lab.corpus.passkeys import KEYS, passkeys, topical
from lab.evaluate.cli import Cli, Progress, commit
from lab.evaluate.score import File, Share, names, summary

READINGS = ("memory", "recall")


@dataclass(frozen=True)
class Task:
    """What is asked of the memory: how its documents are made, how many questions each has."""

    document: Callable[[int, str], Document]
    each: int  # questions of a document
    questions: dict[int, int]  # length in tokens -> questions at least

    def seeds(self, name: str, length: int, questions: int) -> list[str]:
        """Seeds of as many documents as these questions need."""
        return [f"{seeds.EVALUATE}/{name}/{length}/{number}" for number in range(-(-questions // self.each))]


TASKS = {
    "passkey": Task(passkeys, KEYS, {2048: 200, 16_384: 200, 65_536: 120, 1_048_576: 48}),
    # the usual test: one in a text
    "single": Task(partial(passkeys, keys=1), 1, {2048: 100, 16_384: 100, 65_536: 100, 1_048_576: 40}),
    "topic": Task(topical, 1, {2048: 100, 16_384: 100, 65_536: 60}),
}


def measure(
    cli: Cli, work: Path, task: str, length: int, questions: int, progress: Progress, label: str = ""
) -> list[dict]:
    """A row a reading."""
    began = time.monotonic()
    seeds = TASKS[task].seeds(task, length, questions)
    shares, refused = ({reading: Share() for reading in READINGS} for _ in range(2))
    kinds: dict[str, dict[str, Share]] = {reading: {} for reading in READINGS}
    usages, first, quotes = ({reading: [] for reading in READINGS} for _ in range(3))

    def answered(seed: str) -> tuple[Document, dict[str, dict]]:
        """A document, and what the command line reports of it by each reading."""
        document = TASKS[task].document(length, seed)
        file = work / f"{seed.replace('/', '-')}.txt"
        file.write_text(document.text)
        words = [str(file), *(one.question for one in document.queries), "--threads", "1", "--reading"]
        reports = {reading: cli.run("ask", *words, reading)[0] for reading in READINGS}
        file.unlink()
        return document, reports

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for number, (document, reports) in enumerate(pool.map(answered, seeds), 1):
            for reading, report in reports.items():
                quotes[reading].append(File(document.text.encode()).check(report["answers"]))
                usages[reading].append(report["usage"])
                for one, answer in zip(document.queries, report["answers"], strict=True):
                    first[reading].append(answer["usage"]["ttft_ms"])
                    refused[reading].add(not answer["found"])
                    for share in (shares[reading], kinds[reading].setdefault(one.kind, Share())):
                        share.add(names(answer, one.value))
            parts = ", ".join(f"{reading} {share}" for reading, share in shares.items())
            progress.say(f"{label} {task} {length:,}: {number} documents, {parts}".strip(), False)
    progress.say(f"{label} {task} {length:,}: {len(seeds)} documents, {parts}".strip(), True)
    return [
        {
            "model": label,
            "reading": reading,
            "task": task,
            "length": length,
            "commit": commit(),
            "documents": len(seeds),
            "seeds": f"{seeds[0]} to {len(seeds) - 1}",
            "document_tokens": statistics.median_low([u["document_tokens"] for u in usages[reading]]),
            "right": shares[reading].json(),
            "refused": refused[reading].json(),
            "kinds": {kind: share.json() for kind, share in kinds[reading].items()},
            "quotes_checked": sum(quotes[reading]),
            "ttft_ms": summary(first[reading]),
            "read_ms": statistics.median([u["read_ms"] for u in usages[reading]]),
            "state_bytes": max(u["state_bytes"] for u in usages[reading]),
            "peak_rss_bytes": max(u["peak_rss_bytes"] for u in usages[reading]),
            "seconds": round(time.monotonic() - began, 1),
        }
        for reading in READINGS
    ]


def table(rows: list[dict]) -> str:
    """Markdown: a line a task and length, a column a model and reading."""
    columns = list(dict.fromkeys((row["model"], row["reading"]) for row in rows))
    columns.sort(key=lambda column: READINGS.index(column[1]))
    cells = {(row["task"], row["length"], row["model"], row["reading"]): row for row in rows}
    heads = ["task", "tokens", *(f"{reading}: {model}" if model else reading for model, reading in columns), "read in"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for task, length in sorted({(row["task"], row["length"]) for row in rows}):
        found = [cells.get((task, length, *column)) for column in columns]
        some = next(row for row in found if row)
        line = [task, f"{some['document_tokens']:,}", *(str(Share.of(row["right"])) if row else "" for row in found)]
        lines.append(f"| {' | '.join(line)} | {some['read_ms'] / 1000:.1f} s |")
    return "\n".join(lines)
