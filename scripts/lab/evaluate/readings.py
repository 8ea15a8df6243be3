"""What each reading of a document brings and costs, on sets of the papers, through the shipped command line.

    scripts/lab.sh readings --data DATA --write            every reading and set; an hour on two busy cores
    scripts/lab.sh readings --data DATA --most 24 --seconds 10 --longest 12000        a quarter of one, with few answers
    scripts/lab.sh readings --data DATA --model FOLDER --sets qmsum        also a model whose gates are trained
    scripts/lab.sh readings --sets keys-2048 keys-8192 --most 6            generated documents only, which need no DATA
    scripts/lab.sh readings --only "window only" "memory with gates" --generator PLAIN --model GATED        two of them

Readings are of three model folders: a generator (SmolLM2-135M-Instruct by scripts/models.sh --plain; its gates are not
trained, so that by `memory` it attends to the pinned tokens and the window), the finder (models/finder, whose gates are
trained) and the reader (models/reader).

    full attention       the generator in a scenario whose window of 8,192 tokens holds the text; no longer ones
    window only          the generator in its own scenario, by memory
    memory with gates    the finder by memory, and each --model
    retrieval            the generator by recall
    retrieval + finder   the finder by recall
    retrieval + reader   the reader by recall
    notes                the generator and the finder by notes

Texts and questions are drawn by a fixed seed (reading_sets.py). A text is read once: its questions are
asked in one call, or of what `read --save` saved where a reading takes several. A meeting is summarised, also by
query where a summary of sentences may be about something: of models that quote, by recall. A reading begins nothing
more of a set after --seconds, and the generator reads no text whole that is longer than --longest; both are counted.

Each mean comes with n and the interval that holds it with 95 % (bootstrap over questions; of pass keys Wilson). TTFT,
time to read and bytes of the state are the command line's, of one thread, as many readings at a time as there are
cores; how much of the processors other programs took stands beside them. --out keeps the sets that were measured; a
run that was cut goes on from it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer

from lab.evaluate.cli import ROOT, Cli, Progress, built, commit, publish, record_head, script
from lab.evaluate.peers.quiet import Others
from lab.evaluate.reading_sets import GENERATED, SETS, Question, Set, Text, drawn
from lab.evaluate.reading_table import page
from lab.evaluate.score import Share, summary
from lab.evaluate.summaries import interval
from lab.evaluate.sweep import in_scenario, resized

NAMES = (
    "full attention",
    "window only",
    "memory with gates",
    "retrieval",
    "retrieval + finder",
    "retrieval + reader",
    "notes",
)
FULL = 8192  # tokens of the window that holds a whole text


@dataclass(frozen=True)
class Reading:
    """A model folder in a scenario, and how documents are brought before it. `room`: the longest text in its tokens."""

    name: str
    folder: Path
    cli: Cli
    by: str
    model: dict
    room: int | None = None

    @property
    def quotes(self) -> bool:
        """Whether its answers are sentences of the text."""
        return self.model["citing"] or self.model["reader"] is not None

    @property
    def title(self) -> str:
        """As records and tables name it."""
        return f"{self.name}: {self.model['name']}"


@dataclass
class Cell:
    """What a reading did on a set, and what that cost."""

    worths: dict[str, list[float]] = field(default_factory=dict)
    refused: Share = field(default_factory=Share)
    tokens: list[int] = field(default_factory=list)
    read_ms: list[float] = field(default_factory=list)
    ttft_ms: list[float] = field(default_factory=list)
    state_bytes: int = 0
    left_out: int = 0
    unasked: int = 0

    def add(self, kind: str, worth: float, answer: dict) -> None:
        """One more answer."""
        self.worths.setdefault(kind, []).append(worth)
        self.refused.add(not answer["found"])
        self.ttft_ms.append(answer["usage"]["ttft_ms"])
        self.state_bytes = max(self.state_bytes, answer["usage"]["state_bytes"])

    def read(self, usage: dict) -> None:
        """One more text."""
        self.tokens.append(usage["document_tokens"])
        self.read_ms.append(usage["index_ms"] + usage["read_ms"])

    def json(self, of: Set) -> dict:
        """As a record has it."""
        found = {"left_out": self.left_out, "unasked": self.unasked, "texts": len(self.tokens)}
        if not self.tokens:
            return found
        return found | {
            "scores": {kind: score(values, of.counts) for kind, values in self.worths.items()},
            "worths": {kind: [round(value, 4) for value in values] for kind, values in self.worths.items()},
            "refused": self.refused.json(),
            "document_tokens": summary(self.tokens),
            "read_ms": summary(self.read_ms),
            "ttft_ms": summary(self.ttft_ms),
            "state_bytes": self.state_bytes,
        }


def score(values: list[float], counts: bool) -> dict:
    """n, and the mean with its interval in percent: Wilson's where answers are right or not, else the bootstrap's."""
    if not counts:
        return {"n": len(values), "mean": interval([100 * value for value in values])}
    share = Share(int(sum(values)), len(values))
    return {"n": share.n, "mean": [round(100 * value, 2) for value in (share.right / share.n, *share.interval())]}


def calls(reading: Reading, questions: tuple[Question, ...]) -> Iterator[tuple[list[Question], list[str]]]:
    """For each call of the program its questions, the command and its words after the file."""
    together = []
    for question in questions:
        length = ["--length", str(question.sentences)] if reading.quotes else []
        if not question.text:
            yield [question], ["summarize", *length]
        elif question.sentences and reading.quotes and reading.by == "recall":
            yield [question], ["summarize", "--focus", question.text, *length]
        elif reading.by == "notes":  # the text is read anew for each question
            yield [question], ["ask", question.text]
        else:
            together.append(question)
    if together:
        yield together, ["ask", *(question.text for question in together)]


@cache
def tokenizer_of(folder: Path) -> Tokenizer:
    """A model folder's."""
    return Tokenizer.from_file(str(folder / json.loads((folder / "model.json").read_text())["tokenizer"]["file"]))


def fits(reading: Reading, text: str) -> bool:
    """Whether a text is no longer than the reading's room."""
    if reading.room is None:
        return True
    return len(tokenizer_of(reading.folder).encode(text, add_special_tokens=False).ids) <= reading.room


def own_ms() -> float:
    """Milliseconds of processors that this program took, and those it started."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return 1000 * sum(one.ru_utime + one.ru_stime for one in used)


def read_and_ask(reading: Reading, of: Set, text: Text, work: Path, over: Callable[[], bool], cell: Cell) -> None:
    """A text read once and asked, saved between calls; by notes, which read it anew for each question, until time is
    over."""
    file = work / "text.txt"
    state = work / "state"
    words = ["--reading", reading.by]
    file.write_text(text.text, "utf-8")
    planned = list(calls(reading, text.questions))
    if len(planned) > 1:
        state.unlink(missing_ok=True)
        reading.cli.run("read", str(file), "--save", str(state), *words)
        words += ["--state", str(state)]
    usage = None
    for some, (command, *rest) in planned:
        if usage and reading.by == "notes" and over():
            cell.unasked += len(some)
            continue
        report, _, _ = reading.cli.run(command, str(file), *rest, *words)
        usage = report["usage"]
        answers = report["answers"] if command == "ask" else [report["summary"]]
        for question, answer in zip(some, answers, strict=True):
            cell.add(question.kind, of.worth(answer, question), answer)
    cell.read(usage)


def measure(reading: Reading, of: Set, texts: list[Text], work: Path, seconds: float, progress: Progress) -> dict:
    """Texts read and questions asked until `seconds` have passed: a record's cell."""
    began = time.monotonic()
    cell = Cell()
    for text in texts:
        if not fits(reading, text.text):
            cell.left_out += 1
        elif time.monotonic() - began > seconds:
            cell.unasked += len(text.questions)
        else:
            read_and_ask(reading, of, text, work, lambda: time.monotonic() - began > seconds, cell)
    spent = round(time.monotonic() - began, 1)
    progress.say(f"{of.title}, {reading.title}: {sum(map(len, cell.worths.values()))} answers in {spent} s", last=True)
    return {"reading": reading.title, "set": of.title, "seconds": spent} | cell.json(of)


def measure_set(readings: list[Reading], of: Set, texts: list[Text], seconds: float) -> list[dict]:
    """A cell a reading; as many readings at a time as there are cores, by one thread each."""
    others = Others(0)
    before = own_ms()
    progress = Progress()

    def one(reading: Reading) -> dict:
        with tempfile.TemporaryDirectory(prefix="edgeinfinite-reading-") as folder:
            return measure(reading, of, texts, Path(folder), seconds, progress)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        cells = list(pool.map(one, readings))
    others.own_ms = own_ms() - before
    return [cell | {"processors_taken_by_others": round(others.share(), 3)} for cell in cells]


def full(generator: Path, folder: Path) -> tuple[Path, int]:
    """The generator with a scenario `full` beside its own, and the longest text that this holds with a question and its
    answer."""
    manifest = json.loads((generator / "model.json").read_text())
    limits = manifest["limits"]
    scenario = manifest["scenarios"][manifest["default_scenario"]] | {"window": FULL}
    answer = max(limits.get("ask", limits["answer"]), limits.get("summary", limits["answer"]))
    return resized(generator, folder, {"full": scenario}), FULL - limits["question"] - answer


def readings_of(options: argparse.Namespace, work: Path) -> list[Reading]:
    """Every reading, in the order of the tables; ends the program where a --model has no gates."""
    start = Cli(built(), None, work)

    def reading(name: str, folder: Path, by: str, room: int | None = None, scenario: str = "") -> Reading:
        cli = start.asking(folder)
        model, _, _ = cli.run("inspect")
        cli.options = [*cli.options, "--threads", "1"]
        return Reading(name, folder, in_scenario(cli, scenario) if scenario else cli, by, model, room)

    generator = options.generator or script("models.sh", "--plain", "smollm2")
    finder = ROOT / "models/finder"
    wide, room = full(generator, work / "full")
    long = options.longest
    gated = [reading("memory with gates", folder, "memory", long) for folder in options.model]
    for one in gated:
        if not one.model["memory_layers"]:
            sys.exit(f"--model {one.folder}: found no layer with a memory, expected a folder whose gates are trained")
    every = [
        reading("full attention", wide, "memory", room, "full"),
        reading("window only", generator, "memory", long),
        reading("memory with gates", finder, "memory"),
        *gated,
        reading("retrieval", generator, "recall"),
        reading("retrieval + finder", finder, "recall"),
        reading("retrieval + reader", ROOT / "models/reader", "recall"),
        reading("notes", generator, "notes", long),
        reading("notes", finder, "notes"),
    ]
    return [one for one in every if not options.only or one.name in options.only]


def kept(path: Path | None, about: dict) -> list[dict]:
    """The cells of a file that an earlier run with the same numbers wrote."""
    if path is None or not path.exists():
        return []
    before = json.loads(path.read_text())
    if before["about"] != about:
        sys.exit(f"{path}: found a run with {before['about']}, expected {about}")
    return before["cells"]


def keep(path: Path | None, about: dict, cells: list[dict]) -> None:
    """Writes what was measured so far."""
    if path is not None:
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps({"about": about, "cells": cells}, indent=1) + "\n")
        part.replace(path)


def by_names(command: str, options: argparse.Namespace) -> str:
    """The command without the paths of this machine."""
    names = {"DATA": [options.data], "FILE": [options.out], "FOLDER": [options.generator, *options.model]}
    for name, paths in names.items():
        for path in filter(None, paths):
            command = command.replace(str(path), name)
    return command


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of fairytaleqa/, covidqa/ and qmsum/")
    parser.add_argument("--generator", type=Path, help="a model folder; by default scripts/models.sh --plain smollm2")
    parser.add_argument("--model", type=Path, nargs="+", default=[], help="folders whose gates are trained")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[], help="readings (all)")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--most", type=int, default=48, help="most questions of a set (%(default)s)")
    parser.add_argument("--seconds", type=float, default=45, help="after these no text is begun (%(default)s)")
    parser.add_argument("--longest", type=int, default=40_000, help="tokens that the generator reads (%(default)s)")
    parser.add_argument("--out", type=Path, help="what was measured (JSON), to go on from")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    parser.add_argument("--place", default="readings", help="name of the record, and of the table's place in docs")
    options = parser.parse_args()
    if options.data is None and (outside := [name for name in options.sets if name not in GENERATED]):
        parser.error(f"found no --data, expected the folder that holds {' '.join(outside)}")
    began = time.monotonic()
    commit()
    about = {"most": options.most, "seconds_a_set": options.seconds, "longest": options.longest}
    cells = kept(options.out, about)
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-readings-") as folder:
        work = Path(folder)
        readings = readings_of(options, work)
        for name in options.sets:
            of = SETS[name]
            texts = drawn(name, of, options.data, options.most)
            done = {cell["reading"] for cell in cells if cell["set"] == of.title}
            cells += measure_set([one for one in readings if one.title not in done], of, texts, options.seconds)
            keep(options.out, about, cells)
        models = {one.title: {key: one.model[key] for key in ("name", "version", "folder_bytes")} for one in readings}
        said = ["scripts/lab.sh", "readings", *map(shlex.quote, sys.argv[1:])]
        record = record_head(said, readings[-1].cli, began)
    taken = statistics.median(cell["processors_taken_by_others"] for cell in cells)
    record |= about | {"processors_taken_by_others": taken, "readings": models, "cells": cells}
    tables = page(record, {name: SETS[name] for name in options.sets})
    print(tables)
    if options.write:
        record["command"] = by_names(record["command"], options)
        told = "95 % intervals (bootstrap; of pass keys Wilson) and n."
        publish(options.place, record, options.place.replace("-", " "), tables, told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
