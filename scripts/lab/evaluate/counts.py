"""Counts and lists through the shipped command line: "How many orders are open?", "List all members".

    scripts/lab.sh counts --model models/finder models/reader --write
    scripts/lab.sh counts --model models/finder --parts seen --show

counts/texts.jsonl holds documents (tables, JSON lines, notes with lists) and counts/questions.jsonl questions about
them, all written by hand: `count` and `list` have the number and words of the entries in their order, `ordinary`
asks for a number or a name that a sentence or a cell says, and has words of the answer. The rules were written with the
questions to the texts in sight that are `seen`; those to the others were written when the rules were done. Right is the
number in `count`, and of a list every entry; an ordinary question is left as it is when nothing was counted. Each share
comes with n and the interval that holds it with 95 % (Wilson). `--write` puts the record into docs/records and the
table into docs/performance.md; `--show` prints what was not right.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lab.evaluate.cli import ROOT, Cli, Progress, built, publish, record_head
from lab.evaluate.score import Share

DATA = Path(__file__).parent / "counts"
PARTS = ("seen", "unseen")
KEYS = (
    "counted and listed rightly",
    "counted wrongly",
    "left to the model",
    "ordinary: left as they are",
    "ordinary: answered rightly",
)
HEAD = "| model | questions | " + " | ".join(KEYS) + " |\n" + "|---" * (2 + len(KEYS)) + "|"


@dataclass(frozen=True)
class Asked:
    """A question of the set, and its answer."""

    question: dict
    answer: dict

    @property
    def counted(self) -> bool:
        """Whether anything was counted."""
        return self.answer["count"] is not None

    @property
    def right(self) -> bool:
        """Whether the count and the entries, or else the words of the answer, are right."""
        if self.question["kind"] == "ordinary":
            return is_said(self.answer, self.question["answer"])
        items = self.question.get("items", [])
        quotes = [quote["text"] for quote in self.answer["quotes"]]
        given = len(quotes) >= len(items) and all(item in quote for item, quote in zip(items, quotes, strict=False))
        return self.answer["count"] == self.question["count"] and given


def is_said(answer: dict, words: str) -> bool:
    """Whether an answer was found whose quotes, or else whose text, hold the words, white space folded."""
    said = " ".join(quote["text"] for quote in answer["quotes"]) or answer["text"]
    return answer["found"] and words.casefold() in " ".join(said.split()).casefold()


def read(name: str) -> list[dict]:
    """The lines of a file of the set."""
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def measures(some: list[Asked]) -> dict[str, dict]:
    """The shares of a part, each as in a record."""
    wanted = [a for a in some if a.question["kind"] != "ordinary"]
    ordinary = [a for a in some if a.question["kind"] == "ordinary"]
    found = (
        [a.right for a in wanted],
        [a.counted and not a.right for a in wanted],
        [not a.counted for a in wanted],
        [not a.counted for a in ordinary],
        [a.right for a in ordinary],
    )
    return {key: Share(sum(right), len(right)).json() for key, right in zip(KEYS, found, strict=True)}


def rows(models: dict[str, list[dict]]) -> list[str]:
    """The rows of the table."""
    found = []
    for model, measured in models.items():
        for row in measured:
            cells = [str(Share.of(row["shares"][key])) for key in KEYS]
            found.append(f"| {model} | {row['questions']} | {' | '.join(cells)} |")
    return found


def show(some: list[Asked]) -> None:
    """What was not right, or counted though it is ordinary."""
    for a in some:
        if not a.right or (a.counted and a.question["kind"] == "ordinary"):
            wanted = a.question.get("answer", a.question.get("count"))
            said = a.answer["text"].replace("\n", " / ")[:70]
            print(f"  {a.question['text']:8} {a.question['question']}   [{wanted}]   {a.answer['count']}   {said}")


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, nargs="+", default=[ROOT / "models/finder", ROOT / "models/reader"])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--show", action="store_true", help="print what was not right")
    parser.add_argument("--out", type=Path, help="record (JSON)")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    options = parser.parse_args()
    began = time.monotonic()
    texts = [t for t in read("texts.jsonl") if PARTS[not t["seen"]] in options.parts]
    questions = read("questions.jsonl")
    models: dict[str, list[dict]] = {}
    progress = Progress()
    with tempfile.TemporaryDirectory() as work:
        clis = [Cli(built(), model, Path(tempfile.mkdtemp(dir=work))) for model in options.model]
        for cli in clis:
            name = cli.run("inspect")[0]["name"]
            models[name] = []
            by_part: dict[str, list[Asked]] = {part: [] for part in options.parts}
            for text in texts:
                file = Path(work) / f"{text['name']}.{text['form']}"
                file.write_text(text["text"], "utf-8")
                ones = [q for q in questions if q["text"] == text["name"]]
                report, _, _ = cli.run("ask", str(file), *[q["question"] for q in ones])
                asked = [Asked(q, a) for q, a in zip(ones, report["answers"], strict=True)]
                by_part[PARTS[not text["seen"]]] += asked
                progress.say(f"{name}: {text['name']}", last=text is texts[-1])
            for part, some in by_part.items():
                shares = measures(some)
                models[name].append({"questions": part, "shares": shares})
                print(f"{name}, {part}")
                for key, value in shares.items():
                    print(f"    {key:30} {Share.of(value)}")
                if options.show:
                    show(some)
        head = record_head(["scripts/lab.sh", "counts", *sys.argv[1:]], clis[0], began)
    record = head | {"texts": len(texts), "models": models}
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.write:
        publish(f"counts-{'-'.join(models)}", record, "counts", "\n".join([HEAD, *rows(models)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
