"""Questions about real documents, through the shipped command line.

    scripts/lab.sh real-documents                both sets made by rule, questions by a person, summaries; three minutes
    scripts/lab.sh real-documents --hard         of the sets made by rule only this one (--plain: the other)
    scripts/lab.sh real-documents --write        also writes docs/records/ and the tables in models/finder/README.md

The documents are the ones of questions/system_documents.py; the questions are made by rule out of one sentence each
(questions/rules.py), or a person wrote them (questions/written.jsonl). An answer is right when its quote is that
sentence. Beside it stand the same question asked of a passage that holds the sentence and of the model made to answer
always (found_threshold far below 0), what BM25's best sentence would answer, which never refuses either, and questions
that nothing in the document answers: those of the other documents, of whose words it holds at most half. Every quote is
held against the file, byte for byte and by its UTF-16 offsets. Ends with 1 where BM25 finds the hard set easy, a quote
does not stand in its file, or a summary is out of order. Needs cargo, no Python package.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lab import ROOT
from lab.evaluate.bm25 import stems
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.questions.rules import SETS, Cut, rule_made
from lab.evaluate.questions.system_documents import LICENCES, SHELF, documents
from lab.evaluate.questions.written import written
from lab.evaluate.score import File, Share, said, same
from lab.evaluate.summary_form import Summary, summarise, summary_table
from lab.export.model_folder import rescored

QUESTIONS = 40  # of each document, where it has so many
ABSENT = 20  # the same
ALWAYS = -1000.0  # a threshold that nothing is below
EASY = 0.85  # of the hard set, by BM25's best sentence: more is not hard
COLUMNS = {
    "recall": "whole document, recall",
    "always": "made to answer always",
    "passage": "given the passage",
    "bm25": "BM25's best sentence",
    "refused": "there: refused",
    "absent": "absent: refused",
    "verbatim": "verbatim",
}


@dataclass(frozen=True)
class Question:
    """`golds`: sentences, or words of sentences, any of which answers; none: the document does not say."""

    text: str
    golds: tuple[str, ...] = ()
    at: int = -1  # a sentence that answers
    whole: bool = True  # the golds are sentences

    def right(self, quote: str) -> bool:
        """Whether a quote answers."""
        if self.whole:
            return any(same(quote, gold) for gold in self.golds)
        return any(gold.lower() in " ".join(quote.split()).lower() for gold in self.golds)


@dataclass
class Result:
    """What came of the questions of one set about one document."""

    set: str
    document: str
    recall: Share = field(default_factory=Share)
    always: Share = field(default_factory=Share)
    passage: Share = field(default_factory=Share)
    bm25: Share = field(default_factory=Share)
    refused: Share = field(default_factory=Share)  # although the document says it
    absent: Share = field(default_factory=Share)
    verbatim: Share = field(default_factory=Share)

    def __add__(self, other: Result) -> Result:
        return Result(self.set, "all", *(getattr(self, name) + getattr(other, name) for name in COLUMNS))

    def json(self) -> dict:
        """As a record has it."""
        return {"set": self.set, "document": self.document} | {name: getattr(self, name).json() for name in COLUMNS}


class DocumentAsker:
    """Asks the shipped command line and keeps count of what is verbatim."""

    def __init__(self, cli: Cli, work: Path, reading: str, passages: bool = True, model: Path | None = None) -> None:
        """`model`: the folder that is asked, where it is also to be made to answer always."""
        self.cli = cli
        self.work = work
        self.reading = reading
        self.passages = passages
        self.sure = cli.asking(rescored(model, work / "sure", {"found_threshold": ALWAYS})) if model else None

    def ask(
        self, name: str, text: str, questions: list[str], result: Result, *options: str, cli: Cli | None = None
    ) -> list[str]:
        """-> what each answer quotes, empty where it was refused."""
        file = self.work / name.replace("/", "-")
        source = File(text.encode())
        file.write_text(text)
        report, _, _ = (cli or self.cli).run("ask", str(file), *questions, "--reading", self.reading, *options)
        for answer in report["answers"]:
            if answer["found"]:
                result.verbatim.add(source.holds(answer))
        return [said(answer) for answer in report["answers"]]

    def result(self, kind: str, name: str, text: str, cut: Cut, asked: list[Question], absent: list[str]) -> Result:
        """Asks a document everything → the shares that are right."""
        result = Result(kind, name)
        quotes = self.ask(name, text, [q.text for q in asked] + absent, result)
        for question, quote in zip(asked, quotes, strict=False):
            result.recall.add(question.right(quote))
            result.refused.add(not quote)
            result.bm25.add(question.right(cut.sentences[cut.best(question.text)]))
        for quote in quotes[len(asked) :]:
            result.absent.add(not quote)
        if self.sure:
            quotes = self.ask(name, text, [q.text for q in asked], result, cli=self.sure)
            for question, quote in zip(asked, quotes, strict=True):
                result.always.add(question.right(quote))

        def given_the_passage(number: int) -> bool:
            at = asked[number].at
            passage = f"passage-{number}"
            (quote,) = self.ask(passage, cut.passage(at, name), [asked[number].text], result, "--threads", "1")
            return asked[number].right(quote)

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for right in pool.map(given_the_passage, range(len(asked)) if self.passages else ()):
                result.passage.add(right)
        return result


def by_rule(reader: DocumentAsker, texts: dict[str, str], kind: str, most: int = QUESTIONS) -> list[Result]:
    """A result a document."""
    cuts = {name: Cut(text) for name, text in texts.items()}
    made = {name: rule_made(kind, name, cut, most) for name, cut in cuts.items()}
    results = []
    for name, text in texts.items():
        cut = cuts[name]
        words = set(stems(text))
        asked = [Question(one.question, (cut.sentences[one.at],), one.at) for one in made[name]]
        others = [one.question for other in made if other != name for one in made[other]]
        absent = [q for q in others if len(set(stems(q)) & words) <= 0.5 * len(set(stems(q)))]
        absent = absent[:: max(1, len(absent) // ABSENT)][:ABSENT]
        results.append(reader.result(kind, name, text, cut, asked, absent))
    return results


def by_hand(reader: DocumentAsker, title: str, name: str) -> list[Result]:
    """The questions that a person wrote about whole documents; name: their set."""
    table = written(name)
    results = []
    for document, text in documents({name: SHELF.get(name, LICENCES / name) for name in table}).items():
        cut = Cut(text)
        asked = []
        for question in table[document]:
            answers = [answer.lower() for answer in question.answers]
            if answers:
                at = next(i for i, s in enumerate(cut.sentences) if any(answer in s.lower() for answer in answers))
                asked.append(Question(question.text, question.answers, at, whole=False))
        absent = [question.text for question in table[document] if not question.answers]
        results.append(reader.result(title, document, text, cut, asked, absent))
    return results


def calibrated(reader: DocumentAsker) -> Result:
    """The questions that may be calibrated against."""
    return total(by_hand(reader, "by a person", "calibration"))


def held_out(reader: DocumentAsker) -> Result:
    """The questions that nothing was ever chosen by."""
    return total(by_hand(reader, "by a person, held out", "held_out"))


def total(results: list[Result]) -> Result:
    """The results of a set as one."""
    return sum(results[1:], results[0] + Result(results[0].set, ""))


def table(results: list[Result]) -> str:
    """Results as a table in Markdown."""
    lines = [f"| questions | document | {' | '.join(COLUMNS.values())} |", "|---" * (2 + len(COLUMNS)) + "|"]
    for r in results:
        cells = [r.set, r.document, *(str(getattr(r, name)) for name in COLUMNS)]
        lines.append(f"| {' | '.join(f'**{cell}**' if r.document == 'all' else cell for cell in cells)} |")
    return "\n".join(lines)


def failures(results: list[Result], summaries: list[Summary]) -> list[str]:
    """What must not be, in sentences."""
    found = []
    for r in results:
        if r.set == "hard" and r.document == "all" and r.bm25.right > EASY * r.bm25.n:
            found.append(f"BM25's best sentence answers {r.bm25} of the hard set, expected {EASY:.0%} at most")
        if r.verbatim.right < r.verbatim.n:
            found.append(f"{r.set}, {r.document}: verbatim are {r.verbatim} answers, expected all")
    return found + [f"the summary of {s.document}: {fault}" for s in summaries for fault in s.faults]


def main() -> None:
    """The command line; exits with 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/finder")
    parser.add_argument("--reading", default="recall")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="a document at most (%(default)s)")
    parser.add_argument("--hard", action="append_const", dest="sets", const="hard", help="only this set by rule")
    parser.add_argument("--plain", action="append_const", dest="sets", const="plain", help="only this set by rule")
    parser.add_argument("--write", action="store_true", help="write the record and the tables")
    args = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-real-") as folder:
        cli = Cli(built(), args.model, Path(folder))
        texts = documents()
        model = args.model or Path(os.environ["EDGEINFINITE_MODEL"])  # built() sees to that
        results = []
        reader = DocumentAsker(cli, Path(folder), args.reading, model=model)
        for kind in args.sets or SETS:
            rows = by_rule(reader, texts, kind, args.questions)
            results += [*rows, total(rows)]
            progress.say(f"{kind}: right {results[-1].recall}, BM25's best sentence {results[-1].bm25}", True)
        results += [calibrated(reader), held_out(reader)]
        progress.say(f"by a person: right {results[-2].recall}, held out {results[-1].recall}", True)
        summaries = [summarise(cli, Path(folder), name, text) for name, text in texts.items()]
        record = record_head(["scripts/lab.sh", "real-documents", *sys.argv[1:]], cli, began)
    tables = f"{table(results)}\n\n{summary_table(summaries)}"
    print(tables)
    if args.write:
        name = record["model"]["name"]
        rows = {"rows": [r.json() for r in results]}
        path = write_record(f"real-{name}", record | rows | {"summaries": [s.json() for s in summaries]})
        head = f"`{record['command']}` ([record](../../{path.relative_to(ROOT)})); 95 % intervals (Wilson) and n:\n\n"
        replace_between(ROOT / "models/finder/README.md", f"real {name}", head + tables)
    sys.exit("\n".join(failures(results, summaries)) or None)


if __name__ == "__main__":
    main()
