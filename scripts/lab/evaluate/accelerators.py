"""What the way from fp32 to the NPU costs: the same questions to each artefact, answered through the shipped program.

    scripts/lab.sh compile-npu models/finder target/npu-sim --unshared --scenario default
    scripts/lab.sh accelerators target/npu-sim --fp32 OUT/fp32 --soc SM8550 SM8650 SM8750 --questions 200 [--write]

Documents are generated (corpus/documents.py; seeds that nothing was trained, chosen or calibrated by), each read and
asked by fp32, by the CPU artefact and by each SoC's graphs on Qualcomm's simulator (its plugin:
$EDGEINFINITE_NPU_LIBRARY). The simulator takes seconds a segment, so documents are short; `--minutes` ends it at a
whole document. Every row is paired with the one before it in its way: fp32 → CPU → NPU. Logits errors are those of the
self-test in model.json. Needs cargo, no Python package; scripts/npu.sh has all of it.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, write_record
from lab.evaluate.score import File, Share, points_lost, said, same

LENGTH = 350  # tokens of a document


@dataclass
class Column:
    """An artefact: how it is asked for, and what it answered."""

    name: str
    options: list[str]
    before: Column | None = None  # what it is held against
    told: list[str] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    error: float = 0.0
    seconds: float = 0.0

    def agrees(self) -> Share:
        """How often it says what the column before it says."""
        pairs = zip(self.told, self.before.told, strict=True)
        return sum((Share(int(a == b), 1) for a, b in pairs), Share())

    def points_lost(self) -> tuple[float, float, float]:
        """Against the one before, and the 95 % interval of paired shares."""
        pairs = list(zip(self.before.right, self.right, strict=True))
        return points_lost(sum(a > b for a, b in pairs), sum(a < b for a, b in pairs), len(pairs))

    def json(self) -> dict:
        """As a record has it."""
        row = {"name": self.name, "right": sum(self.right), "n": len(self.right), "logits_error": self.error}
        row |= {"seconds": round(self.seconds, 1)}
        return row | ({"same_as": self.before.name, "same": self.agrees().json()} if self.before else {})


def columns(model: Path, fp32: Path | None, socs: list[str]) -> list[Column]:
    """fp32 where its folder is given, the CPU artefact, and each processor's graphs."""
    exact = [Column("fp32", ["--model", str(fp32), "--precision", "fp32"])] if fp32 else []
    cpu = Column("CPU int8", ["--model", str(model), "--accelerator", "Cpu"], exact[0] if exact else None)
    npu = ["--model", str(model), "--accelerator", "Npu"]
    return [*exact, cpu, *(Column(f"{soc} a16w8", [*npu, "--soc", soc], cpu) for soc in socs)]


def ask(
    cli: Cli,
    work: Path,
    all_: list[Column],
    questions: int,
    minutes: float,
    first: int,
    self_test_cache: Path | None,
    progress: Progress,
) -> None:
    """Asks documents of every column until the questions or the minutes are used up; fills the columns in."""
    began = time.monotonic()
    number = first
    for column in all_:
        if "Npu" not in column.options:  # the others say it when they are opened
            cli.options = column.options
            column.error = cli.run("verify")[0]["self_tests"][0]["error"]
    while len(all_[0].right) < questions and time.monotonic() - began < 60 * minutes:
        document = make_document(LENGTH, f"{seeds.ACCELERATORS}/{number}", 3, 2, 2)
        file = work / "document.txt"
        file.write_text(document.text)
        for column in all_:
            cli.options = [*column.options, "--self-test-cache", str(self_test_cache or work / "self_test_cache")]
            words = [a.question for a in document.queries]
            report, seconds, _ = cli.run("ask", str(file), *words, "--reading", "recall")
            column.error = report["execution"]["self_test_error"] or column.error
            File(document.text.encode()).check(report["answers"])
            for query, answer in zip(document.queries, report["answers"], strict=True):
                told = said(answer)
                column.told.append(told)
                column.right.append(bool(told) and same(told, query.sentence) if query.sentence else not told)
            column.seconds += seconds
        number += 1
        progress.say(f"{len(all_[0].right)} questions about {number - first} documents", False)
    progress.say(f"{len(all_[0].right)} questions about {number - first} documents", True)


def table(all_: list[Column]) -> str:
    """The columns as rows of a table in Markdown."""
    lines = [
        "| artefact | logits error | right | same answer as | points lost | s a question, here |",
        "|---" * 6 + "|",
    ]
    for c in all_:
        share = Share(sum(c.right), len(c.right))
        against = ""
        points = ""
        if c.before:
            lost, low, high = c.points_lost()
            against = f"{c.before.name}: {c.agrees()}"
            points = f"{lost:.1f} ({low:.1f} to {high:.1f})"
        lines.append(
            f"| {c.name} | {c.error:.4f} | {share} | {against} | {points} | {c.seconds / max(share.n, 1):.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """The command line; exits with 1 where too few answers are the CPU's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a folder by scripts/lab.sh compile-npu --unshared")
    parser.add_argument("--fp32", type=Path, help="the same model by scripts/lab.sh export --precision fp32")
    parser.add_argument("--soc", nargs="+", default=["SM8550", "SM8650", "SM8750"])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--first", type=int, default=0, help="the document to begin with, to go on where a run ended")
    parser.add_argument("--self-test-cache", type=Path, help="where results of self-tests are, or will be, kept")
    parser.add_argument("--least", type=float, default=0.95, help="same answers as the CPU's, or exit status 1")
    parser.add_argument("--write", action="store_true", help="also a record in docs/records")
    args = parser.parse_args()
    if not os.environ.get("EDGEINFINITE_NPU_LIBRARY"):
        sys.exit("EDGEINFINITE_NPU_LIBRARY is not set: the plugin of onnxruntime-qnn")
    began = time.monotonic()
    progress = Progress()
    commit()
    all_ = columns(args.model.resolve(), args.fp32.resolve() if args.fp32 else None, args.soc)
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-npu-") as place:
        work = Path(place)
        cli = Cli(built(), None, work)
        ask(cli, work, all_, args.questions, args.minutes, args.first, args.self_test_cache, progress)
        cli.options = ["--model", str(args.model.resolve())]
        record = record_head(["scripts/lab.sh", "accelerators", *sys.argv[1:]], cli, began)
    print(table(all_))
    if args.write:
        write_record("accelerated-finder", record | {"artefacts": [c.json() for c in all_]})
    far = [c.name for c in all_ if "a16" in c.name and c.agrees().right < args.least * c.agrees().n]
    if far:
        sys.exit(f"fewer than {100 * args.least:.0f} % of the answers are the CPU's: {', '.join(far)}")


if __name__ == "__main__":
    main()
