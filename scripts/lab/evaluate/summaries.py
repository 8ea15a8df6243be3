"""Summaries of sentences through the shipped command line, beside the first sentences, TextRank and an oracle.

    scripts/lab.sh summaries --data DATA                       every set; ten minutes
    scripts/lab.sh summaries --only facts                      only the documents of facts/, which need no DATA
    scripts/lab.sh summaries --sets unseen --show              those that no method has seen, and which facts are missed
    scripts/lab.sh summaries --data DATA --beside PROGRAM      another build of the command line as a row of its own
    scripts/lab.sh summaries --data DATA --write --sets scitldr facts focus
                            also the record, and the table of these sets in docs/performance.md

Sets: QMSum's meetings and its questions about a part of one (--focus), SciTLDR's abstracts, and documents whose facts a
reader must know (summary_sets.py): sixteen that the method was made beside (ten of them, `facts`, stand in the table)
and forty-four that it was not. The program says its summary; the others get as many words (summary_peers.py).
ROUGE is F1 by stems (rouge.py), the best of several references. A fact is told where one sentence holds its words.
Intervals hold the mean with 95 % (bootstrap over documents), of the difference to each other method too. `--choose`
measures on the parts that methods are chosen by instead, never on those of the table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, record_head, replace_between, write_record
from lab.evaluate.rouge import KINDS, best
from lab.evaluate.summary_form import check_summary
from lab.evaluate.summary_peers import by_rouge, cut, lead, length, oracle, sentences_of, textrank
from lab.evaluate.summary_sets import Sample, abstracts, facts, meetings, queries

RESAMPLES = 2000
OURS = "this project"
BEFORE = "before"
ORACLE = "oracle"


@dataclass(frozen=True)
class Set:
    """What is measured on some texts, each summarised in at most `sentences` sentences."""

    title: str
    sentences: int
    samples: Callable[[Path, bool], Iterator[Sample]]
    # Whether a summary is asked for by focus.
    focused: bool = False
    # Whether another part is there to choose a method by.
    choosable: bool = True


def split(data: Path, choose: bool) -> Path:
    """The file of QMSum to measure on."""
    return data / f"qmsum/{'val' if choose else 'test'}.jsonl"


def part(choose: bool) -> str:
    """The part of facts/ to measure on."""
    return "choose" if choose else "measure"


def seen(*_: object) -> Iterator[Sample]:
    """The documents of facts/ that the method was made beside."""
    return facts("choose", "measure")


def unseen(*_: object) -> Iterator[Sample]:
    """Those that it was not."""
    return facts("unseen")


SETS = {
    "qmsum": Set("QMSum, whole meetings", 8, lambda d, c: meetings(split(d, c))),
    "queries": Set("QMSum, by query", 5, lambda d, c: queries(split(d, c)), focused=True),
    "scitldr": Set("SciTLDR", 1, lambda d, c: abstracts(d / f"scitldr/{'dev' if c else 'test'}.jsonl")),
    "facts": Set("documents with facts", 8, lambda _, c: facts(part(c))),
    "focus": Set("documents with facts, by focus", 4, lambda _, c: facts(part(c)), focused=True),
    "seen": Set("documents with facts, seen", 8, seen, choosable=False),
    "seen-focus": Set("documents with facts, seen, by focus", 4, seen, focused=True, choosable=False),
    "unseen": Set("documents with facts, unseen", 8, unseen, choosable=False),
    "unseen-focus": Set("documents with facts, unseen, by focus", 4, unseen, focused=True, choosable=False),
}
# The sets of a whole folder, by its name.
ONLY = {"facts": ("seen", "unseen", "seen-focus", "unseen-focus")}


@dataclass
class Measured:
    """Method → measure → a number for each text, in the order of the texts."""

    scores: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, method: str, measures: dict[str, float]) -> None:
        """One more text."""
        for name, number in measures.items():
            self.scores.setdefault(method, {}).setdefault(name, []).append(number)


def wanted_of(sample: Sample, focused: bool) -> tuple[str, ...]:
    """The facts that a summary should tell: those that bear on the focus, if there is one."""
    return sample.bears if focused else tuple(sample.facts)


def measures(sample: Sample, lines: list[str], focused: bool) -> dict[str, float]:
    """Of a summary's lines: ROUGE against what people wrote, the share of the facts, its words."""
    found: dict[str, float] = {}
    if sample.references:
        scores = best(" ".join(lines), list(sample.references))
        found = {f"ROUGE-{kind}": 100 * scores[kind] for kind in KINDS}
    wanted = wanted_of(sample, focused)
    if wanted:
        found["facts"] = 100 * len(sample.told(lines) & set(wanted)) / len(wanted)
    return found | {"words": sum(map(length, lines))}


def missed(sample: Sample, lines: list[str], sentences: list[str], focused: bool) -> Iterator[str]:
    """A line a fact that a summary does not tell: its name, and the sentence that does."""
    told = sample.told(lines)
    for name in wanted_of(sample, focused):
        if name not in told:
            saying = next((s for s in sentences if name in sample.told([s])), "?")
            yield f"{sample.name}, {name}: {' '.join(saying.split())}"


def inside(sample: Sample, quotes: list[dict]) -> float:
    """The share of quotes that begin where the focus is spoken of, in percent."""
    within = [any(a <= quote["start"] < b for a, b in sample.spans) for quote in quotes]
    return 100 * sum(within) / len(within) if within else 0.0


def measure(programs: dict[str, Cli], of: Set, samples: list[Sample], progress: Progress, work: Path) -> Measured:
    """Every text summarised by every method."""
    found = Measured()
    focused = of.focused
    for number, sample in enumerate(samples):
        file = work / "text.txt"
        file.write_text(sample.text, "utf-8")
        said: dict[str, list[str]] = {}
        for name, cli in programs.items():
            asked = ["--focus", sample.focus] if focused and name == OURS else []
            report, _, _ = cli.run("summarize", str(file), "--length", str(of.sentences), *asked)
            summary = report["summary"]
            said[name] = [line for line in summary["text"].splitlines() if line.strip()]
            if name == OURS and summary["found"]:
                found.faults += [f"{sample.name}: {f}" for f in check_summary("", sample.text.encode(), summary).faults]
            extra = {"refused": 100.0 * (not summary["found"])} if asked else {}
            if sample.spans:
                extra["inside"] = inside(sample, summary["quotes"])
            found.add(name, measures(sample, said[name], focused) | extra)
        foreign = sample.foreign
        if sample.spans:
            foreign = samples[(number + len(samples) // 2) % len(samples)].focus
        if focused and foreign:
            report, _, _ = programs[OURS].run("summarize", str(file), "--focus", foreign)
            found.add(OURS, {"foreign refused": 100.0 * (not report["summary"]["found"])})
        most = sum(map(length, said[OURS])) or 40
        sentences = sentences_of(sample.text)
        found.missed += missed(sample, said[OURS], sentences, focused)
        for name, order in (("lead", lead), ("TextRank", textrank)):
            found.add(name, measures(sample, cut(sentences, order(sentences), most), focused))
        score = by_rouge(sample.references) if sample.references else by_facts(sample, focused)
        found.add(ORACLE, measures(sample, oracle(score, sentences, most), focused))
        progress.say(f"{of.title}: {number + 1} of {len(samples)}", last=number + 1 == len(samples))
    return found


def by_facts(sample: Sample, focused: bool) -> Callable[[list[str]], float]:
    """How many facts sentences tell, of those that the focus is about if there is one."""
    wanted = set(wanted_of(sample, focused))
    return lambda lines: len(sample.told(lines) & wanted)


def interval(numbers: list[float]) -> list[float]:
    """-> [mean, low, high]: the mean, and where it lies with 95 % (percentiles of the bootstrap)"""
    values = np.array(numbers)
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return [round(float(number), 2) for number in (values.mean(), low, high)]


def summed(found: Measured) -> dict[str, dict[str, dict]]:
    """Method → measure → n, mean and interval, and those of what this project has more."""
    record: dict[str, dict[str, dict]] = {}
    for method, by_measure in found.scores.items():
        record[method] = {}
        for name, numbers in by_measure.items():
            entry = {"n": len(numbers), "mean": interval(numbers)}
            ours = found.scores[OURS].get(name, [])
            if method != OURS and len(ours) == len(numbers):
                entry["ahead"] = interval([a - b for a, b in zip(ours, numbers, strict=True)])
            record[method][name] = entry
    return record


def shown(entry: dict) -> str:
    """A mean with its interval."""
    mean, low, high = entry["mean"]
    return f"{mean:.1f} ({low:.1f}–{high:.1f})"


def table(record: dict[str, dict]) -> str:
    """Markdown: a row a method, a table a set."""
    parts = []
    for name, by_method in record.items():
        columns = list(dict.fromkeys(measure for of in by_method.values() for measure in of if measure != "words"))
        ours = by_method[OURS]
        n = ours["words"]["n"]
        head = f"*{SETS[name].title}*, n {n}, about {ours['words']['mean'][0]:.0f} words:\n"
        lines = [head, f"| method | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
        for method, of in by_method.items():
            cells = [shown(of[column]) if column in of else "" for column in columns]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of qmsum/ and scitldr/")
    parser.add_argument("--model", type=Path, help="a model folder; by default models/finder")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    which.add_argument("--only", choices=ONLY, help="the sets of a folder")
    parser.add_argument("--most", type=int, default=10**9, help="most texts of a set, evenly spread")
    parser.add_argument("--beside", type=Path, help="another program, measured as the row `before`")
    parser.add_argument("--choose", action="store_true", help="the parts to choose a method by")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    parser.add_argument("--show", action="store_true", help="print the facts that are not told")
    options = parser.parse_args()
    sets = ONLY.get(options.only, options.sets)
    if options.write and options.choose:
        parser.error("--choose: the table is of the other parts")
    if options.choose and (whole := [name for name in sets if not SETS[name].choosable]):
        parser.error(f"--choose: found {' '.join(whole)}, expected sets with a part to choose by")
    if options.data is None and (outside := [name for name in sets if name in ("qmsum", "queries", "scitldr")]):
        parser.error(f"found no --data, expected the folder that holds {' '.join(outside)}")
    began = time.monotonic()
    progress = Progress()
    record: dict[str, dict] = {}
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        programs = {OURS: Cli(built(), options.model, work)}
        if options.beside:
            (work / "beside").mkdir()
            programs[BEFORE] = Cli(options.beside.resolve(), options.model, work / "beside")
        for name in sets:
            every = list(SETS[name].samples(options.data, options.choose))
            samples = every[:: max(1, -(-len(every) // options.most))]
            found = measure(programs, SETS[name], samples, progress, work)
            record[name] = summed(found)
            faults += found.faults
            if options.show and found.missed:
                print(f"{SETS[name].title}, not told:", *found.missed, sep="\n    ")
        head = record_head(["scripts/lab.sh", "summaries", *sys.argv[1:]], programs[OURS], began)
    print(table(record))
    if options.write:
        head["command"] = head["command"].replace(str(options.data), "DATA").replace(str(options.beside), "PROGRAM")
        together = " ".join(sets)
        path = write_record(f"summaries-{together}-{head['model']['name']}", head | {"sets": record})
        said = f"`{head['command']}` on {head['machine']['cpu']}, commit {head['commit']}"
        source = f"{said} ([record](records/{path.name})); means with 95 % intervals (bootstrap):\n\n"
        replace_between(ROOT / "docs/performance.md", f"summaries {together}", source + table(record))
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    sys.exit(main())
