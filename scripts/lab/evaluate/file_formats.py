"""Files of each format that real programs made, asked through the shipped command line.

    scripts/lab.sh file-formats                     makes some hundred files and asks each; ten minutes
    scripts/lab.sh file-formats --files FOLDER      keeps the files there, and takes those that are there
    scripts/lab.sh file-formats --only pdf chromium of the files only those whose name holds one of these
    scripts/lab.sh file-formats --write             also writes docs/records/ and the table in docs/documents.md

Every file tells the facts of files/texts.jsonl (or was looked up, files/shipped.jsonl). A fact is right when an answer
quotes its sentence and the value in it; its page is right when that quote's place says the page on which poppler's
pdftotext finds the value (of OpenDocument once LibreOffice has printed it), for books the part of the spine that holds
it, for slides, sheets and messages the section. Beside each format stands the same text as
plain text: what the model does not find there is not the format's fault. A file that holds no text that can be read is
right when it is refused with the code that says so. Programs that are missing are named, and their files left out.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.files import mail, markup, office, pdf, programs, shipped, web
from lab.evaluate.files.maker import Maker, converted
from lab.evaluate.files.programs import FailedProgramError, MissingProgramError, folded
from lab.evaluate.files.texts import Fact, Text
from lab.evaluate.score import Share, same

COLUMNS = ("format", "files", "quoted rightly", "in the right place", "out of plain text", "refused as expected")
MAKERS: list[Maker] = [*pdf.MAKERS, *shipped.MAKERS, *office.MAKERS, *web.MAKERS, *mail.MAKERS]


@dataclass
class Result:
    """What came of one file's facts."""

    maker: Maker
    facts: Share = field(default_factory=Share)
    places: Share = field(default_factory=Share)  # of the quotes that are right
    plain: Share = field(default_factory=Share)  # the same facts out of plain text
    refusal: str = ""  # the code with which it was refused
    faults: list[dict] = field(default_factory=list)  # the facts that were not right

    @property
    def refused_rightly(self) -> bool:
        """Whether a file that is to be refused was, with the code that says why."""
        return self.refusal == self.maker.refusal

    def json(self) -> dict:
        """As a record has it."""
        row = {"file": self.maker.file, "program": self.maker.program, "version": programs.version(self.maker.program)}
        if self.maker.refusal or self.refusal:
            return row | {"refusal": self.refusal, "expected_refusal": self.maker.refusal}
        shares = {"facts": self.facts, "places": self.places, "plain": self.plain}
        return row | {name: share.json() for name, share in shares.items()} | {"faults": self.faults}


class FileAsker:
    """Asks files, and the same texts as plain text once each."""

    def __init__(self, cli: Cli, work: Path, reading: str) -> None:
        self.cli = cli
        self.work = work
        self.reading = reading
        self.plain: dict[Text, list[bool]] = {}

    def answers(self, file: Path, facts: Iterable[Fact]) -> list[dict] | str:
        """The answers to the facts' questions, or the code of the refusal."""
        words = ["ask", str(file), *(fact.question for fact in facts), "--reading", self.reading, "--json"]
        with self.cli.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            printed, said = process.communicate()
        if process.returncode:
            code = re.search(rb"\[([a-z]+\.[a-z_]+)\]", said)
            return code[1].decode() if code else f"exit {process.returncode}"
        return json.JSONDecoder().raw_decode(printed.decode())[0]["answers"]

    def plain_text(self, text: Text) -> list[bool]:
        """Whether each fact is quoted rightly out of the plain text."""
        if text not in self.plain:
            file = self.work / f"plain-{len(self.plain)}.txt"
            file.write_text(markup.plain(text))
            found = self.answers(file, text.facts)
            self.plain[text] = [
                quote_of(fact, answer) is not None for fact, answer in zip(text.facts, found, strict=True)
            ]
        return self.plain[text]

    def pages(self, maker: Maker, file: Path) -> list[str]:
        """The text of each page or chapter by an oracle: poppler's of a PDF, of others LibreOffice's; the spine's."""
        if maker.place == "chapter":
            return programs.chapters(file)
        if maker.place != "page":
            return []
        if maker.format == "pdf":
            return programs.pages(file)
        printed = self.work / f"{maker.file}.pdf"
        (self.work / "printing").mkdir(exist_ok=True)
        source = shutil.copy(file, self.work / "printing")
        converted(Path(source), "pdf", printed)
        return programs.pages(printed)

    def result(self, maker: Maker, file: Path) -> Result:
        """Asks a file about everything that its text tells."""
        result = Result(maker)
        facts = maker.text.facts
        answers = self.answers(file, facts)
        if isinstance(answers, str):
            result.refusal = answers
            answers = [{"found": False, "quotes": []}] * len(facts)
        elif maker.refusal:
            result.refusal = "none"
        if maker.refusal:
            return result
        pages = self.pages(maker, file)
        for fact, answer in zip(facts, answers, strict=True):
            quote = quote_of(fact, answer)
            result.facts.add(quote is not None)
            expected = place_of(maker, fact, pages)
            if quote and expected:
                result.places.add(quote["place"] in expected)
            if quote is None or (expected and quote["place"] not in expected):
                result.faults.append(fault(fact, answer, expected, pages))
        for right in self.plain_text(maker.text) if maker.text.sections else ():
            result.plain.add(right)
        return result


def quote_of(fact: Fact, answer: dict) -> dict | None:
    """The first quote of an answer that is the fact's sentence, or the greater half of it, and holds the value.

    Where a sentence is quoted in pieces, as around a page's header, they are taken together: the first stands for them.
    """
    if not answer["found"]:
        return None
    value = folded(fact.value)
    sentence = folded(fact.sentence)
    quotes = [(quote["text"], quote) for quote in answer["quotes"]]
    together = [(answer["text"], answer["quotes"][0])] if len(quotes) > 1 else []
    for text, quote in [*quotes, *together]:
        told = folded(text)
        row = fact.where == "row" and all(cell in told for cell in sentence.split())
        if value in told and (row or same(told.replace(" ", ""), sentence.replace(" ", ""))):
            return quote
    return None


def place_of(maker: Maker, fact: Fact, pages: list[str]) -> list[dict]:
    """The places that a quote of a fact may have: two, where its sentence is on two pages; none, where not known."""
    if maker.place not in ("page", "chapter"):
        return [{"kind": maker.place, "number": fact.section}] if maker.place else []
    holding = [number for number, page in enumerate(pages, 1) if folded(fact.value) in page]
    if len(holding) != 1:
        return []
    (number,) = holding
    beginning = " ".join(folded(fact.sentence).split()[:3])
    begins_before = number > 1 and beginning not in pages[number - 1]
    return [{"kind": maker.place, "number": at} for at in ([number - 1, number] if begins_before else [number])]


def fault(fact: Fact, answer: dict, expected: list[dict], pages: list[str]) -> dict:
    """What was wrong with an answer; the texts are the lab's own, or of Debian's packages."""
    return {
        "question": fact.question,
        "where": fact.where,
        "quotes": [quote["text"] for quote in answer["quotes"]],
        "places": [quote["place"] for quote in answer["quotes"]],
        "expected": expected,
        "in_poppler": any(folded(fact.value) in page for page in pages) if pages else None,
    }


def by_format(results: list[Result]) -> list[dict]:
    """A row for each format, in the order of the makers."""
    rows = []
    for name in dict.fromkeys(result.maker.format for result in results):
        some = [result for result in results if result.maker.format == name]
        read = [result for result in some if not result.maker.refusal]
        refused = Share()
        for result in some:
            if result.maker.refusal:
                refused.add(result.refused_rightly)
        shares = {key: sum((getattr(r, key) for r in read), Share()) for key in ("facts", "places", "plain")}
        own = sum((r.facts for r in read if r.maker.text.sections), Share())
        rows.append({"format": name, "files": len(some), **shares, "comparable": own, "refused": refused})
    return rows


def table(rows: list[dict]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]

    def short(share: Share) -> str:
        return f"{share.right} of {share.n}" if share.n else "–"

    for row in rows:
        cells = [short(row[key]) for key in ("facts", "places", "plain", "refused")]
        lines.append(f"| {row['format']} | {row['files']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def chosen(names: list[str] | None) -> list[Maker]:
    """The makers whose file's name holds one of these; all, where none are given."""
    return [maker for maker in MAKERS if not names or any(name in maker.file for name in names)]


def made(makers: list[Maker], folder: Path, progress: Progress) -> tuple[list[tuple[Maker, Path]], list[str]]:
    """Makes files; -> those that were made, and what is missing or failed."""
    files = []
    missing: dict[str, str] = {}
    for maker in makers:
        progress.say(f"making {maker.file}", False)
        try:
            files.append((maker, maker.into(folder)))
        except MissingProgramError as error:
            program = str(error)
            missing[program] = (
                f"{program} is missing ({programs.PACKAGES.get(program, 'see the module')}): no {maker.file}"
            )
        except FailedProgramError as error:
            missing[maker.file] = f"{maker.file}: {error}"
    return files, list(missing.values())


def main() -> None:
    """The command line; exits with 1 where a file is refused that can be read, or the other way round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/finder")
    parser.add_argument("--reading", default="recall")
    parser.add_argument("--files", type=Path, help="a folder for the files; by default they are deleted")
    parser.add_argument("--only", nargs="+", help="of the files only those whose name holds one of these")
    parser.add_argument("--write", action="store_true", help="write the record and the table")
    args = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-files-") as scratch:
        folder = args.files or Path(scratch) / "files"
        folder.mkdir(parents=True, exist_ok=True)
        files, missing = made(chosen(args.only), folder.resolve(), progress)
        for line in missing:
            progress.say(line, True)
        cli = Cli(built(), args.model, Path(scratch))
        asker = FileAsker(cli, Path(scratch), args.reading)
        results = []
        for maker, file in files:
            result = asker.result(maker, file)
            results.append(result)
            refused = f" refused {result.refusal or 'not'}" if maker.refusal or result.refusal else ""
            shares = f"{result.facts.right} of {result.facts.n}, places {result.places.right} of {result.places.n}"
            progress.say(f"{maker.file}: {shares}{refused}", True)
        record = record_head(["scripts/lab.sh", "file-formats", *sys.argv[1:]], cli, began)
    rows = by_format(results)
    print(table(rows))
    if args.write:
        shares = [
            {key: value.json() if isinstance(value, Share) else value for key, value in row.items()} for row in rows
        ]
        details = {"formats": shares, "files": [result.json() for result in results], "missing": missing}
        path = write_record(f"documents-{record['model']['name']}", record | details)
        head = f"`{record['command']}` ([record](records/{path.name}), {record['machine']['cpu']}):\n\n"
        replace_between(ROOT / "docs/documents.md", "file formats", head + table(rows))
    sys.exit(
        "\n".join(f"{r.maker.file}: {r.refusal or 'not refused'}" for r in results if not r.refused_rightly) or None
    )


if __name__ == "__main__":
    main()
