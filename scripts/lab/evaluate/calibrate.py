"""Calibrates two of the numbers by which recall decides: bm25_weight and found_threshold of model.json.

    scripts/lab.sh calibrate                         asks over a grid, prints the surface and the choice
    scripts/lab.sh calibrate --compare 3,0 6,1         asks only these, on other documents and on real ones
    scripts/lab.sh calibrate --write models/finder/model.json scripts/lab/finder/preset.json    (the choice, too)

Generated documents of 1 to 2,000 passages (corpus/documents.py; seeds "calibrate/…", neither trained on nor asked about
by evaluate.py), half of the questions answered by a sentence, half by none. What is maximised is the mean of two
shares: right sentence found, and absent refused; among the points by which so many of the questions that a person wrote
(questions/written.jsonl) are still answered right (--by-hand), because people put things in words of their own. Every
point is asked through the shipped command line, on a copy of the model folder with these two numbers changed. Needs
cargo, no Python package.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lab import ROOT
from lab.corpus import seeds
from lab.corpus.documents import KINDS, Document, make_document
from lab.evaluate import real_documents
from lab.evaluate.cli import Cli, Progress, built
from lab.evaluate.real_documents import DocumentAsker
from lab.evaluate.score import File, Share, said, same
from lab.export.model_folder import rescored, scored

PASSAGES = (1, 3, 10, 30, 100, 300, 1000, 2000)
TOKENS_PER_PASSAGE = 110
WEIGHTS = (3.0, 6.0, 12.0, 18.0)
THRESHOLDS = (0.0, 1.0, 1.5, 2.0)  # 0: as the model says, where it has no found_bm25, which stays as it is


@dataclass
class Point:
    """What was found with one choice of the two numbers."""

    weight: float
    threshold: float
    kinds: dict[str, Share] = field(default_factory=lambda: {kind: Share() for kind in KINDS})
    by_length: dict[int, dict[bool, Share]] = field(default_factory=dict)  # passages -> answered or absent -> share

    def scoring(self) -> dict[str, float]:
        """As model.json has it."""
        return {"bm25_weight": self.weight, "found_threshold": self.threshold}

    def add(self, passages: int, kind: str, answered: bool, right: bool) -> None:
        """Counts an answer; answered: whether the document answers; right: whether that was said."""
        self.kinds[kind].add(right)
        self.by_length.setdefault(passages, {True: Share(), False: Share()})[answered].add(right)

    def total(self, answered: bool) -> Share:
        """Over all lengths, of the questions that are answered or of those that are not."""
        return sum((shares[answered] for shares in self.by_length.values()), Share())

    def balanced(self) -> float:
        """The mean of the two shares, 0 to 1."""
        return sum(share.right / share.n for share in (self.total(True), self.total(False))) / 2


def documents(seed: str, questions: int) -> list[tuple[int, Document]]:
    """(passages, document): of each length at least so many answered and so many absent questions."""
    out = []
    for passages in PASSAGES:
        answered = absent = 0
        while min(answered, absent) < questions:
            name = f"{seed}/{passages}/{len(out)}"
            document = make_document(passages * TOKENS_PER_PASSAGE, name, questions * 3 // 4, questions // 3, questions)
            answered += sum(bool(a.sentence) for a in document.queries)
            absent += sum(not a.sentence for a in document.queries)
            out.append((passages, document))
    return out


def ask(cli: Cli, work: Path, model: Path, point: Point, asked: list[tuple[int, Document]], reading: str) -> Point:
    """Asks all documents with a point's scoring → the point, filled in."""
    cli.options = ["--model", str(rescored(model, work / "model", point.scoring()))]
    for number, (passages, document) in enumerate(asked):
        file = work / f"{number}.txt"
        if not file.exists():
            file.write_text(document.text)
        report, _, _ = cli.run("ask", str(file), *(a.question for a in document.queries), "--reading", reading)
        File(document.text.encode()).check(report["answers"])
        for one, answer in zip(document.queries, report["answers"], strict=True):
            told = said(answer)
            right = bool(told) and same(told, one.sentence) if one.sentence else not told
            point.add(passages, one.kind, bool(one.sentence), right)
    return point


def surface(points: list[Point]) -> str:
    """Balanced shares in percent: a line a weight, a column a threshold."""
    thresholds = sorted({p.threshold for p in points})
    lines = [f"| weight \\ threshold | {' | '.join(f'{t:g}' for t in thresholds)} |"]
    lines.append("|---" * (1 + len(thresholds)) + "|")
    for weight in sorted({p.weight for p in points}):
        row = [p for p in points if p.weight == weight]
        cells = (f"{100 * p.balanced():.1f} ({share(p, True)} / {share(p, False)})" for p in row)
        lines.append(f"| {weight:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def share(point: Point, answered: bool) -> str:
    """Per cent, as the surface prints it."""
    total = point.total(answered)
    return f"{100 * total.right / total.n:.0f}"


def describe(point: Point) -> str:
    """A point in a few lines."""
    lines = [
        f"weight {point.weight:g}, threshold {point.threshold:g}: balanced {100 * point.balanced():.1f} %,"
        f" found {point.total(True)}, refused {point.total(False)}",
        "  " + ", ".join(f"{kind} {share}" for kind, share in point.kinds.items()),
    ]
    for passages, shares in point.by_length.items():
        lines.append(f"  {passages:>5,} passages: found {shares[True]}, refused {shares[False]}")
    return "\n".join(lines)


def pair(text: str) -> tuple[float, float]:
    """ "3,0.5" → weight and threshold."""
    weight, threshold = map(float, text.split(","))
    return weight, threshold


def numbers(text: str) -> tuple[float, ...]:
    """ "1,2,3" → numbers."""
    return tuple(map(float, text.split(",")))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "models/finder")
    parser.add_argument("--reading", default="recall")
    parser.add_argument("--questions", type=int, default=24, help="answered, and absent, of each length (%(default)s)")
    parser.add_argument("--weights", type=numbers, default=WEIGHTS, help="of the grid, with commas")
    parser.add_argument("--thresholds", type=numbers, default=THRESHOLDS, help="of the grid, with commas")
    parser.add_argument("--compare", type=pair, nargs="+", metavar="WEIGHT,THRESHOLD", help="ask only these")
    parser.add_argument("--by-hand", type=int, default=29, help="of 36 at least (%(default)s)")
    parser.add_argument("--write", type=Path, nargs="+", default=[], metavar="FILE", help="whose scoring to replace")
    args = parser.parse_args()
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-calibrate-") as folder:
        work = Path(folder)
        cli = Cli(built(), args.model, work)
        pairs = args.compare or [(weight, threshold) for weight in args.weights for threshold in args.thresholds]
        asked = documents(f"{seeds.CALIBRATE}/compared" if args.compare else seeds.CALIBRATE, args.questions)
        points = []
        for weight, threshold in pairs:
            points.append(ask(cli, work, args.model, Point(weight, threshold), asked, args.reading))
            progress.say(describe(points[-1]).partition("\n")[0], True)
            if args.compare:
                reader = DocumentAsker(cli, work, args.reading, passages=False)
                texts = real_documents.documents()
                results = [
                    real_documents.total(real_documents.by_rule(reader, texts, kind)) for kind in real_documents.SETS
                ]
                results.append(real_documents.calibrated(reader))
                print(f"{describe(points[-1])}\n\n{real_documents.table(results)}\n", flush=True)
        if args.compare:
            return
        for chosen in sorted(points, key=Point.balanced, reverse=True):
            rescored(args.model, work / "model", chosen.scoring())
            person = real_documents.calibrated(DocumentAsker(cli, work, args.reading, passages=False))
            if person.recall.right >= args.by_hand:
                break
        else:
            sys.exit(f"no point answers {args.by_hand} of the questions that a person wrote")
    print(f"{surface(points)}\n\nbalanced (found / refused), percent; {len(asked)} documents. Chosen:")
    print(describe(chosen))
    print(f"  questions by a person: right {person.recall}, absent refused {person.absent}")
    for file in args.write:
        file.write_text(scored(file.read_text(), chosen.scoring()))
        print(f"written: {file}")


if __name__ == "__main__":
    main()
