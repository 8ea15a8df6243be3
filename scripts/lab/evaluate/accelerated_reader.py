"""What a reader loses on the NPU: people's questions to its graph on the CPU, to the NPU's steps, to the simulator.

    scripts/lab.sh compile-reader-npu models/reader target/reader-npu --soc SM8650
    scripts/lab.sh accelerated-reader target/reader-npu --data DATA --soc SM8650 --questions 50 [--write]

Each question of a set of lab/reader/measured.py (of the articles that no choice was made on) is read by the lab's own
reading: by reader.onnx, by the layers in the NPU's steps on the CPU, and by each SoC's graph on Qualcomm's simulator;
without --soc by the first two. Right is as evaluate-reader has it; points lost are those of right answers against
reader.onnx, with the 95 % interval of paired shares. The simulator takes many seconds a run and says nothing of a
phone's speed; `--minutes` ends it at a whole question. Exit status 1 where fewer than --least of the answers are
reader.onnx's.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lab import ROOT
from lab.accelerators import qnn, reader_session
from lab.evaluate.cli import Progress, commit, head, replace_between, write_record
from lab.evaluate.score import Share, points_lost
from lab.reader.exported import graph, tokenizer
from lab.reader.measured import CASES, Case, sampled, unseen
from lab.reader.measures import measures
from lab.reader.reading import Answer, Choice, Model, ReadText, Seen, decide, read
from lab.reader.score import f1
from lab.reference.numpy_engine import read_manifest

MEASURES = {
    "right": "right",
    "wrong, given as found": "wrong",
    "refused, though there": "refused, though there",
    "refused": "refused",
    "short answer, exact": "short answer, exact",
    "short answer, F1": "F1",
}


@dataclass
class Column:
    """What runs the reader, and what it saw."""

    name: str
    model: Model
    seen: list[tuple[Case, ReadText, Seen]] = field(default_factory=list)
    seconds: float = 0.0

    def answers(self, choice: Choice) -> list[Answer]:
        """To every question."""
        return [decide(one, choice, text) for _, text, one in self.seen]

    def right(self, choice: Choice) -> list[bool]:
        """Whether each answer is: the best sentence is one that answers, or nothing is found where nothing does."""
        pairs = zip(self.seen, self.answers(choice), strict=True)
        return [
            answer.found >= choice.found and answer.ranked[0] in case.good if case.good else answer.found < choice.found
            for (case, _, _), answer in pairs
        ]


def columns(folder: Path, socs: list[str]) -> list[Column]:
    """reader.onnx, the steps on the CPU, and the simulator for each processor."""
    steps = [Column("CPU, in steps", reader_session.in_steps(folder))]
    simulated = [Column(f"{soc}, simulated", reader_session.simulated(folder, soc)) for soc in socs]
    return [Column("CPU", graph(folder / read_manifest(folder)["reader"]["graph"])), *steps, *simulated]


def ask(all_: list[Column], cases: list[Case], folder: Path, minutes: float, progress: Progress) -> None:
    """Asks every column each question in turn until the minutes are used up."""
    opened = tokenizer(folder / read_manifest(folder)["reader"]["tokenizer"])
    texts: dict[int, ReadText] = {}
    began = time.monotonic()
    for number, case in enumerate(cases):
        if time.monotonic() - began > 60 * minutes:
            break
        if id(case.article) not in texts:
            texts[id(case.article)] = ReadText(case.article, opened)
        text = texts[id(case.article)]
        for column in all_:
            started = time.monotonic()
            column.seen.append((case, text, read(column.model, text, case.question)))
            column.seconds += time.monotonic() - started
        progress.say(f"{number + 1} of {len(cases)} questions", last=False)
    progress.say(f"{len(all_[0].seen)} of {len(cases)} questions", last=True)


def same(choice: Choice, one: Column, other: Column) -> Share:
    """How often both refuse, or both find the same best sentence."""
    found = [[a.ranked[:1] if a.found >= choice.found else [] for a in c.answers(choice)] for c in (one, other)]
    return sum((Share(int(a == b), 1) for a, b in zip(*found, strict=True)), Share())


def short_answers(choice: Choice, column: Column) -> np.ndarray:
    """F1 of each short answer that people gave one to, refused or not."""
    pairs = zip(column.seen, column.answers(choice), strict=True)
    return np.array([f1(answer.span, case.answers) for (case, _, _), answer in pairs if case.answers])


def logits_off(one: Column, other: Column) -> float:
    """The largest difference of a sentence's relevance less `none`, ÷ the largest of the other's."""
    margins = [[seen.relevance - seen.none for _, _, seen in c.seen] for c in (one, other)]
    flat = [np.concatenate(parts) for parts in margins]
    return float(np.abs(flat[0] - flat[1]).max() / np.abs(flat[1]).max())


def row(choice: Choice, column: Column, first: Column) -> dict:
    """A column as a record has it, held against the first."""
    found = {name: value for name, value in measures(column.seen, choice).items() if name in MEASURES}
    made = {"name": column.name, "n": len(column.seen), "seconds": round(column.seconds, 1), "measures": found}
    if column is first:
        return made
    pairs = list(zip(first.right(choice), column.right(choice), strict=True))
    lost = points_lost(sum(a > b for a, b in pairs), sum(a < b for a, b in pairs), len(pairs))
    made["same_as_first"] = same(choice, column, first).json()
    made["points_lost"] = [round(value, 2) for value in lost]
    made["logits_off"] = round(logits_off(column, first), 5)
    apart = 100 * (short_answers(choice, first) - short_answers(choice, column))
    if len(apart) > 1:
        half = 1.96 * float(apart.std(ddof=1)) / math.sqrt(len(apart))
        mean = float(apart.mean())
        made["f1_points_lost"] = [round(value, 2) for value in (mean, mean - half, mean + half)]
    return made


def table(rows: list[dict]) -> str:
    """Markdown, a row a column."""
    shown = [name for name in MEASURES if name in rows[0]["measures"]]
    names = [MEASURES[name] for name in shown]
    heads = [
        "layers on",
        *names,
        "same answer as the CPU",
        "points lost",
        "F1 points lost",
        "logits off",
        "s a question, here",
    ]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for one in rows:
        cells = [f"{one['measures'][name]['percent']:.1f} %" for name in shown]
        against = [""] * 4
        if "points_lost" in one:
            against = [str(Share.of(one["same_as_first"])), between(one["points_lost"])]
            against += [between(one["f1_points_lost"]) if "f1_points_lost" in one else "–", f"{one['logits_off']:.4f}"]
        lines.append(f"| {' | '.join([one['name'], *cells, *against, format(one['seconds'] / one['n'], '.2f')])} |")
    return "\n".join(lines)


def between(three: list[float]) -> str:
    """A mean and its interval."""
    mean, low, high = three
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="by scripts/lab.sh compile-reader-npu")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=CASES, default="xquad")
    parser.add_argument("--soc", nargs="*", choices=list(qnn.SOCS), default=[], metavar="SOC")
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument(
        "--least", type=float, default=0.9, help="share of answers that are reader.onnx's (%(default)s)"
    )
    parser.add_argument("--write", action="store_true", help="also a record, and the table in docs/npu.md")
    options = parser.parse_args()
    began = time.monotonic()
    commit()
    folder = options.folder
    about = read_manifest(folder)
    reader = json.loads((folder / about["reader"]["settings"]).read_text())
    choice = Choice(reader["scoring"]["bm25"], reader["scoring"]["found"])
    all_ = columns(folder, options.soc)
    ask(all_, sampled(unseen(options.set, options.data), options.questions), folder, options.minutes, Progress())
    rows = [row(choice, column, all_[0]) for column in all_]
    size = sum(entry["bytes"] for entry in about["files"].values())
    model = {**about, "parameters": reader["encoder"]["parameters"], "folder_bytes": size}
    record = head(["scripts/lab.sh", "accelerated-reader", *sys.argv[1:]], model, began)
    print(table(rows))
    if options.write:
        kind = "simulated" if options.soc else "in steps"
        path = write_record(f"{kind}-{about['name']}", record | {"set": options.set, "rows": rows})
        said = (
            f"`{record['command']}` on {record['machine']['cpu']} ([record](records/{path.name})); 95 % intervals:\n\n"
        )
        replace_between(ROOT / "docs/npu.md", f"reader {kind}", said + table(rows))
    far = [one["name"] for one in rows[1:] if one["same_as_first"]["right"] < options.least * one["n"]]
    if far:
        print(f"fewer than {100 * options.least:.0f} % of the answers are the CPU's: {', '.join(far)}", file=sys.stderr)
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
