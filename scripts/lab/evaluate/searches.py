"""What `search` finds of what answers people's questions, and what `quotes` makes of people's own words.

    scripts/lab.sh searches --data DATA --most 150 --write

Each question is searched for in its whole article; found is a passage that holds the most of a sentence that answers,
as the first, among the first three, or ten. Each sentence of the answers that people wrote to CLAPNQ's questions is
held against the passage that they wrote it from (*own*), and against another question's (*another*): how much of it is
said to stand there. No model runs for either. `--write` puts the record into docs/records and the tables into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from lab.evaluate.cli import Cli, Progress, built, publish, record_head
from lab.evaluate.people_questions import Page
from lab.evaluate.score import Share
from lab.reader.measured import CASES, Case, sampled

SETS = ("xquad", "xquad-all", "covidqa", "fairytaleqa")
FIRST = (1, 3, 10)
SUPPORT = ("verbatim", "reworded", "partial", "none")
PASSAGES = ("own", "another")


def rank(cli: Cli, case: Case, file: Path, page: Page) -> int | None:
    """The place of the first passage that holds the most of a sentence that answers, from 1; None of none of ten."""
    report, _, _ = cli.run("search", str(file), case.question, "--limit", str(FIRST[-1]))
    for number, passage in enumerate(report["passages"], 1):
        if any(holds(passage, page.places[good]) for good in case.good):
            return number
    return None


def holds(passage: dict, place: tuple[int, int]) -> bool:
    """Whether a passage holds more than half of a stretch (bytes)."""
    start, end = place
    return 2 * (min(passage["end"], end) - max(passage["start"], start)) > end - start


def searched(cli: Cli, name: str, cases: list[Case], work: Path, progress: Progress) -> dict[str, dict]:
    """How often what answers is found among the first passages."""
    pages: dict[int, tuple[Path, Page]] = {}
    ranks = []
    for case in cases:
        if id(case.article) not in pages:
            page = Page.of(case.article, case.paragraphs)
            file = work / f"{name}-{len(pages)}.txt"
            file.write_text(page.text, "utf-8")
            pages[id(case.article)] = (file, page)
        ranks.append(rank(cli, case, *pages[id(case.article)]))
        progress.say(f"{name}: {len(ranks)} of {len(cases)} searched for", len(ranks) == len(cases))
    return {str(most): Share(sum(r is not None and r <= most for r in ranks), len(ranks)).json() for most in FIRST}


def answers(data: Path, most: int) -> list[tuple[str, str]]:
    """(an answer that a person wrote, its passage) of CLAPNQ, the same each time."""
    rows = [json.loads(line) for line in (data / "clapnq/dev-answerable.jsonl").read_text("utf-8").splitlines()]
    rows = random.Random("searches").sample(rows, min(most, len(rows)))
    return [(row["answers"][0]["text"], " ".join(row["passages"][0]["sentences"])) for row in rows]


def supported(cli: Cli, pairs: list[tuple[str, str]], work: Path) -> dict[str, dict]:
    """How many sentences of answers are said to stand in their own passage, and in another's, by SUPPORT."""
    counts: dict[str, Counter] = {passage: Counter() for passage in PASSAGES}
    for number, (text, own) in enumerate(pairs):
        said = work / "said.txt"
        said.write_text(text, "utf-8")
        for passage, words in zip(PASSAGES, (own, pairs[(number + 1) % len(pairs)][1]), strict=True):
            file = work / "passage.txt"
            file.write_text(words, "utf-8")
            report, _, _ = cli.run("quotes", str(file), str(said))
            counts[passage].update(statement["support"] for statement in report["statements"])
    return {p: {kind: Share(c[kind], c.total()).json() for kind in SUPPORT} for p, c in counts.items()}


def tables(found: dict[str, dict], said: dict[str, dict]) -> str:
    """Both tables in Markdown."""
    heads = ["first", *(f"among {most}" for most in FIRST[1:])]
    rows = [f"| set | {' | '.join(heads)} |", "|---" * (len(FIRST) + 1) + "|"]
    for name, shares in found.items():
        rows.append(f"| {name} | {' | '.join(str(Share.of(shares[str(most)])) for most in FIRST)} |")
    rows += ["", f"| passage | {' | '.join(SUPPORT)} |", "|---" * (len(SUPPORT) + 1) + "|"]
    for passage, shares in said.items():
        rows.append(f"| {passage} | {' | '.join(str(Share.of(shares[kind])) for kind in SUPPORT)} |")
    return "\n".join(rows)


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--most", type=int, default=150, help="questions of a set, and answers (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write the record and the tables")
    options = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        cli = Cli(built(), None, work)
        found = {}
        for name in options.sets:
            cases = [case for case in CASES[name](options.data) if case.good]
            found[name] = searched(cli, name, sampled(cases, options.most), work, progress)
        said = supported(cli, answers(options.data, options.most), work)
        command = ["scripts/lab.sh", "searches", *("DATA" if w == str(options.data) else w for w in sys.argv[1:])]
        record = record_head(command, cli, began)
    print(tables(found, said))
    if options.write:
        publish("searches", record | {"searches": found, "quotes": said}, "searches", tables(found, said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
