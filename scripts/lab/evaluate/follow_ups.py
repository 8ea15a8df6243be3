"""Follow-up questions through the shipped command line: in a chat, alone, and as a person put them in full.

    scripts/lab.sh follow-ups --model models/finder models/reader --write
    scripts/lab.sh follow-ups --model models/reader --parts seen --show

follow_ups/texts.jsonl holds fifteen texts and follow_ups/questions.jsonl chains of questions about them, all written
by hand: `first` opens a chain, `follow` refers to what came before, `absent` does so too but its answer is in no text,
`plain` stands by itself, `change` stands by itself and changes the subject; `resolved` is the question in full in a
person's words. The rules were written with the texts in sight that are `seen`; the others were only measured. Each text
is asked by itself, and all of them as one document, where there is more to be confused with. Right is a first quote
(or, without quotes, a text) that holds the words `answer`. An `absent` question should be refused; that share is to be
read beside the share of the follow-ups that are refused though the text has an answer. Each share comes with n and the
interval that holds it with 95 % (Wilson). `--write` puts the record into docs/records and the table into
docs/performance.md; `--show` prints every follow-up that was not answered as it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lab.evaluate.cli import ROOT, Cli, Progress, built, publish, record_head
from lab.evaluate.score import Share

DATA = Path(__file__).parent / "follow_ups"
PARTS = ("seen", "unseen")
APART = "each text"
TOGETHER = "all in one"
WAYS = ("alone", "chat", "resolved")
KINDS = ("first", "follow", "absent", "plain", "change")
COLUMNS = (
    "model",
    "document",
    "texts",
    "follow-ups: alone",
    "in the chat",
    "put in full by a person",
    "refused in the chat",
    "answer not in the text: refused alone",
    "in the chat",
    "put in full by a person",
    "standing by themselves: left as they are",
    "change of subject: right alone",
    "in the chat",
)
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


@dataclass(frozen=True)
class Asked:
    """A question of the set, and what was answered to it in each of WAYS."""

    question: dict
    answers: dict[str, dict]

    def right(self, way: str) -> bool:
        """Whether the answer of that way holds the right words."""
        return is_right(self.answers[way], self.question["answer"])

    def refused(self, way: str) -> bool:
        """Whether nothing was found that way."""
        return not self.answers[way]["found"]

    def well(self, way: str) -> bool:
        """Whether it was answered as it should be: rightly, or not at all where the text has no answer."""
        return self.refused(way) if self.question["kind"] == "absent" else self.right(way)

    @property
    def changed(self) -> bool:
        """Whether the chat asked something else than what was typed."""
        return self.answers["chat"]["resolved_question"] is not None


def is_right(answer: dict, value: str) -> bool:
    """Whether an answer was found whose first quote, or else whose text, holds the value, white space folded."""
    first = answer["quotes"][0]["text"] if answer["quotes"] else answer["text"]
    return answer["found"] and value.casefold() in " ".join(first.split()).casefold()


def read(name: str) -> list[dict]:
    """The lines of a file of the set."""
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def headed(text: str) -> str:
    """A text under a heading of its own: mail has its subject."""
    if text.startswith("#"):
        return text
    subject = next(line for line in text.splitlines() if line.startswith("Subject: "))
    return f"# {subject.removeprefix('Subject: ')}\n\n{text}"


def asked(cli: Cli, file: Path, questions: list[dict]) -> list[Asked]:
    """Every question about a file: alone and in full in one call each, in the chat one call a chain."""
    answers: dict[str, list[dict]] = {
        "alone": answered(cli, file, [q["question"] for q in questions]),
        "resolved": answered(cli, file, [q["resolved"] for q in questions]),
        "chat": [],
    }
    for _, chain in groupby(questions, key=lambda q: (q["text"], q["chain"])):
        answers["chat"] += answered(cli, file, [q["question"] for q in chain], "--chat")
    return [Asked(q, {way: answers[way][i] for way in WAYS}) for i, q in enumerate(questions)]


def files(texts: list[dict], work: Path, together: bool) -> list[tuple[dict, Path]]:
    """Each text with the file that it stands in: one of its own, or the same for all."""
    found = []
    for text in texts:
        own = "md" if text["text"].startswith("#") else "txt"
        found.append((text, work / ("all.md" if together else f"{text['name']}.{own}")))
    for text, file in found:
        whole = "\n\n".join(headed(one["text"]) for one in texts) if together else text["text"]
        file.write_text(whole, "utf-8")
    return found


def answered(cli: Cli, file: Path, questions: list[str], *options: str) -> list[dict]:
    """The answers to questions asked in one call."""
    report, _, _ = cli.run("ask", str(file), *questions, *options)
    return report["answers"]


def measures(some: list[Asked]) -> dict[str, dict]:
    """The shares of a part, each as in a record."""
    of_kind = {kind: [a for a in some if a.question["kind"] == kind] for kind in KINDS}
    found: dict[str, dict] = {}
    for kind, ones in of_kind.items():
        for way in WAYS if kind in ("follow", "absent") else WAYS[:2]:
            if kind != "absent":
                found[f"{kind}: right, {way}"] = share([a.right(way) for a in ones])
            if kind in ("follow", "absent"):
                found[f"{kind}: refused, {way}"] = share([a.refused(way) for a in ones])
    whole = of_kind["plain"] + of_kind["change"]
    found["plain and change: unchanged"] = share([not a.changed for a in whole])
    unharmed = [a.right("chat") for a in whole if a.right("alone")]
    found["plain and change: right alone, and in the chat"] = share(unharmed)
    return found


def share(right: list[bool]) -> dict:
    """A share as a record has it."""
    return Share(sum(right), len(right)).json()


def rows(models: dict[str, list[dict]]) -> list[str]:
    """The rows of the table."""
    found = []
    for model, measured in models.items():
        for row in measured:
            shares = row["shares"]
            keys = (
                *(f"follow: right, {way}" for way in WAYS),
                "follow: refused, chat",
                *(f"absent: refused, {way}" for way in WAYS),
                "plain and change: unchanged",
                "change: right, alone",
                "change: right, chat",
            )
            cells = [str(Share.of(shares[key])) for key in keys]
            found.append(f"| {model} | {row['document']} | {row['texts']} | {' | '.join(cells)} |")
    return found


def show(some: list[Asked]) -> None:
    """What was not answered as it should be in the chat, or changed though it stands by itself."""
    for a in some:
        resolved = a.answers["chat"]["resolved_question"] or "–"
        marks = "".join("+" if a.well(way) else "-" for way in WAYS)
        kind = a.question["kind"]
        if not a.well("chat") if kind in ("follow", "absent") else a.changed:
            said = a.answers["chat"]["text"].replace("\n", " / ")[:70]
            print(f"  {marks} {kind:6} {a.question['question']} → {resolved}   [{a.question['resolved']}]   {said}")


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, nargs="+", default=[ROOT / "models/finder", ROOT / "models/reader"])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--show", action="store_true", help="print what was not answered rightly")
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
            for document in (APART, TOGETHER):
                by_part: dict[str, list[Asked]] = {part: [] for part in options.parts}
                for text, file in files(texts, Path(work), document == TOGETHER):
                    ones = [q for q in questions if q["text"] == text["name"]]
                    by_part[PARTS[not text["seen"]]] += asked(cli, file, ones)
                    progress.say(f"{name}, {document}: {text['name']}", last=text is texts[-1])
                for part, some in by_part.items():
                    shares = measures(some)
                    models[name].append({"document": document, "texts": part, "shares": shares})
                    print(f"{name}, {document}, {part}")
                    for key, value in shares.items():
                        print(f"    {key:50} {Share.of(value)}")
                    if options.show:
                        show(some)
        head = record_head(["scripts/lab.sh", "follow-ups", *sys.argv[1:]], clis[0], began)
    record = head | {"texts": len(texts), "models": models}
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.write:
        publish(f"follow-ups-{'-'.join(models)}", record, "follow-ups", "\n".join([HEAD, *rows(models)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
