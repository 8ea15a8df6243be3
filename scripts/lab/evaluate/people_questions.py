"""People's questions through the shipped command line: the sets of lab.reader.measured, as texts in files.

    scripts/lab.sh people-questions --data DATA --model FOLDER --sets xquad xquad-other --most 100 --out record.json
    scripts/lab.sh people-questions --data DATA --model FOLDER --sets xquad --most 100 --reference

    scripts/lab.sh people-questions --data DATA --model models/reader models/finder --most 300 --write

Right is a first quote that shares more than half of itself or of a sentence that answers with it. Each share comes with
n and the interval that holds it with 95 % (Wilson). Of sets that calibrate-reader looks at, the articles that it does
not see are asked about. `--reference` asks the lab's own reading of the folder's reader
(evaluate-reader) the same and says how often both find, and quote, the same. Of several models each is asked the same.
The record is JSON; `--write` puts it into docs/records and a table of it into the first model's README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from lab.evaluate.bm25 import Bm25
from lab.evaluate.cli import ROOT, Cli, Progress, built, record_head, replace_between, write_record
from lab.reader.articles import Article
from lab.reader.measured import CASES, Case, sampled, unseen
from lab.reader.measures import asked as read
from lab.reader.measures import share
from lab.reader.models import model_of
from lab.reader.reading import VERDICTS, Choice, decide
from lab.reader.score import exact, f1

# What BM25 alone is called in records and tables.
WORDS = "BM25"
# Questions of one call.
TOGETHER = 50


@dataclass(frozen=True)
class Page:
    """An article as one text, and where its sentences stand in it (bytes)."""

    text: str
    places: list[tuple[int, int]]

    @classmethod
    def of(cls, article: Article, paragraphs: frozenset[int]) -> Page:
        """Sentences of a paragraph follow each other; a heading stands before the first under it."""
        text = ""
        places = []
        length = 0
        before = ""
        for number, (sentence, heading) in enumerate(zip(article.sentences, article.headings, strict=True)):
            if heading and heading != before:
                between = f"\n\n# {heading}\n\n" if text else f"# {heading}\n\n"
            elif number in paragraphs:
                between = "\n\n" if text else ""
            else:
                between = " " if text else ""
            before = heading
            text += between + sentence
            start = length + len(between.encode())
            length = start + len(sentence.encode())
            places.append((start, length))
        return cls(text + "\n", places)

    def sentence(self, quote: dict) -> int | None:
        """The sentence that shares more than half of the shorter of the two with a quote."""
        start = quote["start"]
        end = quote["end"]
        shared = [(min(b, end) - max(a, start), i) for i, (a, b) in enumerate(self.places)]
        most, number = max(shared, default=(0, 0))
        a, b = self.places[number] if self.places else (0, 0)
        return number if 2 * most > min(b - a, end - start) else None


@dataclass(frozen=True)
class Told:
    """What the command line answered to a case."""

    case: Case
    answer: dict
    quoted: list[int | None]

    @property
    def found(self) -> bool:
        """Whether it found something."""
        return self.answer["found"]

    @property
    def right(self) -> bool:
        """Whether its first quote answers."""
        return bool(self.quoted) and self.quoted[0] in self.case.good

    @property
    def span(self) -> str:
        """Its short answer."""
        return (self.answer["short_answer"] or {"text": ""})["text"]


def asked(cli: Cli, cases: list[Case], work: Path, progress: Progress) -> list[Told]:
    """Every case asked, articles one after another."""
    by_article: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        by_article[id(case.article)].append(case)
    told = []
    for number, of_article in enumerate(by_article.values()):
        page = Page.of(of_article[0].article, of_article[0].paragraphs)
        file = work / f"{number}.txt"
        file.write_text(page.text, "utf-8")
        for at in range(0, len(of_article), TOGETHER):
            some = of_article[at : at + TOGETHER]
            report, _, _ = cli.run("ask", str(file), *(case.question for case in some), "--reading", "recall")
            for case, answer in zip(some, report["answers"], strict=True):
                told.append(Told(case, answer, [page.sentence(quote) for quote in answer["quotes"]]))
        progress.say(f"{len(told)} of {len(cases)} questions", last=len(told) == len(cases))
    return told


def measures(told: list[Told]) -> dict[str, dict]:
    """The shares of one set."""
    answered = [t for t in told if t.case.good]
    untold = [t for t in told if not t.case.good and t.case.verdict is None]
    found: dict[str, dict] = {}
    if answered:
        found["right"] = share([t.found and t.right for t in answered])
        found["wrong, given as found"] = share([t.found and not t.right for t in answered])
        found["a quote right"] = share([t.found and bool(t.case.good & set(t.quoted)) for t in answered])
        found["refused, though there"] = share([not t.found for t in answered])
    spans = [t for t in answered if t.case.answers]
    if any(t.span for t in spans):  # a model without a reader has none
        found["short answer, exact"] = share([exact(t.span, t.case.answers) for t in spans])
        found["short answer, F1"] = share([f1(t.span, t.case.answers) for t in spans])
    if untold:
        found["refused"] = share([not t.found for t in untold])
    judged = [t for t in told if t.case.verdict is not None]
    if any(t.answer["verdict"] for t in judged):
        found["verdict"] = share([t.answer["verdict"] == VERDICTS[t.case.verdict] for t in judged])
    return found


def by_words(cases: list[Case]) -> dict[str, dict]:
    """How often BM25's best sentence answers: what a model has to beat."""
    answered = [case for case in cases if case.good]
    index = {id(case.article): case.article.sentences for case in answered}
    ranked = {key: Bm25(sentences) for key, sentences in index.items()}
    right = []
    for case in answered:
        scores = ranked[id(case.article)].scores(case.question)
        right.append(scores.index(max(scores)) in case.good)
    return {"right": share(right)} if right else {}


def agreement(told: list[Told], model: Path) -> dict[str, dict]:
    """How often the lab's own reading of the folder's reader finds, and quotes first, the same."""
    scoring = json.loads((model / "reader.json").read_text())["scoring"]
    choice = Choice(scoring["bm25"], scoring["found"])
    graph, tokenizer = model_of(model / "reader.onnx")
    pairs = []
    for one, (_, text, seen) in zip(told, read(graph, [t.case for t in told], tokenizer, 1), strict=True):
        pairs.append((one, decide(seen, choice, text)))
    both = [(t, a) for t, a in pairs if t.found and a.found >= choice.found]
    found = {"both found or both refused": share([t.found == (a.found >= choice.found) for t, a in pairs])}
    if both:
        found["same first quote"] = share([t.quoted[0] == a.ranked[0] for t, a in both])
    if spans := [(t, a) for t, a in both if t.span]:
        found["same short answer"] = share([t.span == a.span for t, a in spans])
    if answered := [(t, a) for t, a in pairs if t.case.good]:
        right = [a.found >= choice.found and bool(a.ranked) and a.ranked[0] in t.case.good for t, a in answered]
        found["the lab's: right"] = share(right)
    return found


def table(by_model: dict[str, dict[str, dict]]) -> str:
    """Markdown: a row for each measure of each set, a column for each model."""
    first, *others = sorted(by_model, key=lambda name: name == WORDS)
    rows = [f"| set | measure | {first} | {' | '.join([*others, 'n'])} |", f"|---|---|{'---|' * (len(by_model) + 1)}"]
    for name, found in by_model[first].items():
        for measure, value in found.items():
            of_others = [by_model[other][name].get(measure) for other in others]
            cells = [shown(value), *(shown(other) if other else "–" for other in of_others), str(value["n"])]
            rows.append(f"| {name} | {measure} | {' | '.join(cells)} |")
    return "\n".join(rows)


def shown(value: dict) -> str:
    """A share and its interval."""
    low, high = value["interval"]
    return f"{value['percent']:.1f} % ({low:.0f}–{high:.0f})"


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, nargs="+", default=[ROOT / "models/demo"], help="model folders")
    parser.add_argument("--sets", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--most", type=int, default=10_000, help="most questions of a set")
    parser.add_argument("--reference", action="store_true", help="compare with the lab's own reading of the reader")
    parser.add_argument("--out", type=Path, help="record (JSON)")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    options = parser.parse_args()
    began = time.monotonic()
    by_model: dict[str, dict[str, dict]] = {}
    with tempfile.TemporaryDirectory() as work:
        folders = [Path(tempfile.mkdtemp(dir=work)) for _ in options.model]
        clis = [Cli(built(), model, own) for model, own in zip(options.model, folders, strict=True)]
        inspected = [cli.run("inspect")[0] for cli in clis]
        names = [one["name"] for one in inspected]
        for name in options.sets:
            cases = sampled(unseen(name, options.data), options.most)
            by_model.setdefault(WORDS, {})[name] = by_words(cases)
            for model, cli, folder in zip(names, clis, options.model, strict=True):
                told = asked(cli, cases, Path(work), Progress())
                found = measures(told)
                if options.reference:
                    found |= agreement(told, folder)
                by_model.setdefault(model, {})[name] = found
                print(f"{name}, {model}", flush=True)
                for measure, value in found.items():
                    line = f"    {measure:50} {value['percent']:5.1f}  {value['interval']}  n {value['n']}"
                    print(line, flush=True)
        head = record_head(["scripts/lab.sh", "people-questions", *sys.argv[1:]], clis[0], began)
    record = head | {"models": by_model}
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.write:
        path = write_record(f"people-{names[0]}-{inspected[0]['version']}", record)
        said = f"`{record['command']}` ([record](../../{path.relative_to(ROOT)})); 95 % intervals (Wilson) and n:\n\n"
        replace_between(options.model[0] / "README.md", f"people {names[0]}", said + table(by_model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
