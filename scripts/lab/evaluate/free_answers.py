"""What an imported chat model answers in its own words: loops, ends, support, refusals.

    scripts/lab.sh free-answers --data DATA --model FOLDER             200 questions, and as many about other articles
    scripts/lab.sh free-answers --data DATA --model FOLDER --most 40   fewer
    scripts/lab.sh free-answers --data DATA --model FOLDER --cut 100   some of them also where the answer is cut out
    scripts/lab.sh free-answers --data DATA --model FOLDER ANOTHER     two models, side by side
    scripts/lab.sh free-answers --data DATA --model FOLDER --write     also a record and the table in models/README.md

Of ten articles of XQuAD, or of COVID-QA or ten stories of FairytaleQA (--set), twenty questions each are asked, and the
same articles twenty questions about another one. An answer loops when a run of eight words stands in it three times; it
ends by itself when it is shorter than the model's limit for answers; a sentence of it stands on the document when a
quote covers it. An answer is right when it holds the words that the data give, and so is a quote. Exact match and F1
are SQuAD's, of all questions, and nought of what is not found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, record_head, replace_between, write_record
from lab.evaluate.people_questions import shown
from lab.reader.articles import sentence_spans
from lab.reader.measures import share
from lab.reader.score import exact, f1

SETS = {"xquad": "xquad/en.jsonl", "covidqa": "covidqa/en.jsonl", "fairytaleqa": "fairytaleqa/test.jsonl"}
ARTICLES = 10
EACH = 20  # questions of an article
RUN = 8  # words
OFTEN = 3  # times that a run of words stands in an answer that loops


@dataclass(frozen=True)
class Article:
    """A text, and questions with the words that answer each."""

    text: str
    questions: list[tuple[str, list[str]]]


def articles(file: Path) -> list[Article]:
    """Those with the most questions first; questions evenly over each."""
    found = []
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if "sections" in row:  # a story: only questions whose answer stands in it
            told = [(q["question"], q["answers"]) for q in row["questions"] if q["explicit"]]
            found.append(Article("\n\n".join(row["sections"].values()) + "\n", told))
            continue
        paragraphs = row.get("paragraphs", [row])
        asked = [(q["question"], [a["text"] for a in q["answers"]]) for p in paragraphs for q in p["questions"]]
        found.append(Article("\n\n".join(p["text"] for p in paragraphs) + "\n", asked))
    most = sorted(found, key=lambda article: -len(article.questions))[:ARTICLES]
    return [Article(a.text, [a.questions[i * len(a.questions) // EACH] for i in range(EACH)]) for a in most]


def without(text: str, words: list[str]) -> str:
    """A text without the sentences that hold an answer."""
    left = text
    for start, end in reversed(sentence_spans(text)):
        if holds(text[start:end], words):
            left = left[:start] + left[end:]
    return left


def loops(text: str) -> bool:
    """Whether a run of words stands in a text often."""
    words = text.split()
    runs = Counter(tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))
    return any(count >= OFTEN for count in runs.values())


def supported(answer: dict) -> list[bool]:
    """For each sentence of an answer whether a quote covers some of it; a list with semicolons is one sentence."""
    text = answer["text"]
    ranges = [(quote["answer"]["start_utf16"], quote["answer"]["end_utf16"]) for quote in answer["quotes"]]
    spans = [[len(text[:at].encode("utf-16-le")) // 2 for at in span] for span in sentence_spans(text)]
    return [any(a < end and start < b for a, b in ranges) for start, end in spans]


def holds(text: str, answers: list[str]) -> bool:
    """Whether a text has the words of an answer."""
    return any(answer.lower() in text.lower() for answer in answers)


def measures(own: list[tuple[list[str], dict]], foreign: list[dict], limit: int) -> dict[str, dict]:
    """The shares; own: the answering words and the answer of each; limit: tokens of an answer, at most."""
    answers = [answer for _, answer in own]
    said = [answer for answer in answers if answer["text"]]
    found = [(words, answer) for words, answer in own if answer["found"]]
    rights = [any(holds(quote["text"], words) for quote in answer["quotes"]) for words, answer in found]
    return {
        "loop": share([loops(answer["text"]) for answer in answers]),
        "end by themselves": share([answer["usage"]["generated_tokens"] < limit for answer in answers]),
        "sentences that stand on a quote": share([one for answer in said for one in supported(answer)]),
        "refused without asking the model, though there": share([not answer["text"] for answer in answers]),
        "found": share([answer["found"] for answer in answers]),
        "right, of those found": share([holds(answer["text"], words) for words, answer in found]),
        "a quote right, of those found": share(rights),
        "answer exact": share([answer["found"] and exact(answer["text"], words) for words, answer in own]),
        "answer F1": share([answer["found"] * f1(answer["text"], words) for words, answer in own]),
        "about another article: refused without asking the model": share([not answer["text"] for answer in foreign]),
        "about another article: not found": share([not answer["found"] for answer in foreign]),
    }


def cut_answer(cli: Cli, file: Path, text: str, question: str, words: list[str], scenario: list[str]) -> dict:
    """What is answered where the sentences that hold the answer are cut out."""
    file.write_text(without(text, words), "utf-8")
    report, _, _ = cli.run("ask", str(file), question, "--reading", "recall", *scenario)
    return report["answers"][0]


def table(by_model: dict[str, dict[str, dict]]) -> str:
    """Markdown: a column a model."""
    first = next(iter(by_model.values()))
    head = [f"| answers | {' | '.join(by_model)} | n |", f"|---|{'---|' * len(by_model)}---|"]
    counted = [" / ".join(dict.fromkeys(str(found[name]["n"]) for found in by_model.values())) for name in first]
    rows = [
        f"| {name} | {' | '.join(shown(found[name]) for found in by_model.values())} | {n} |"
        for name, n in zip(first, counted, strict=True)
    ]
    return "\n".join([*head, *rows])


@dataclass(frozen=True)
class Asking:
    """What is asked of each model."""

    articles: list[Article]
    each: int  # questions of an article
    cut: int  # questions, in all, where the answer is cut out
    scenario: list[str]


def asked(cli: Cli, model: Path, what: Asking, work: Path) -> tuple[dict[str, dict], list[dict]]:
    """The shares of one model, and every answer."""
    limits = json.loads((model / "model.json").read_text())["limits"]
    own: list[tuple[list[str], dict]] = []
    foreign: list[dict] = []
    progress = Progress()
    chosen = what.articles
    for number, article in enumerate(chosen):
        file = work / f"{number}.txt"
        file.write_text(article.text, "utf-8")
        mine = article.questions[: what.each]
        other = chosen[(number + len(chosen) // 2) % len(chosen)].questions[: what.each]
        questions = [question for question, _ in (*mine, *other)]
        report, _, _ = cli.run("ask", str(file), *questions, "--reading", "recall", *what.scenario)
        answers = report["answers"]
        own += [(words, answer) for (_, words), answer in zip(mine, answers[: what.each], strict=True)]
        foreign += answers[what.each :]
        progress.say(f"{number + 1} of {len(chosen)} articles", last=True)
    cut = [
        cut_answer(cli, work / "cut.txt", article.text, *article.questions[number], what.scenario)
        for number in range(-(-what.cut // len(chosen)))
        for article in chosen
    ]
    found = measures(own, foreign, limits.get("ask", limits["answer"]))
    if cut:
        found["cut out of the text: not found"] = share([not answer["found"] for answer in cut])
    return found, [*(answer for _, answer in own), *foreign, *cut]


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, nargs="+", required=True, help="model folders")
    parser.add_argument("--scenario", help="of the folders; by default their own")
    parser.add_argument(
        "--most", type=int, default=ARTICLES * EACH, help="most questions, and most about other articles"
    )
    parser.add_argument("--set", choices=SETS, default="xquad")
    parser.add_argument("--cut", type=int, default=0, help="questions asked where the answer is cut out")
    parser.add_argument("--out", type=Path, help="every answer by model (JSON)")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    options = parser.parse_args()
    began = time.monotonic()
    chosen = articles(options.data / SETS[options.set])
    each = min(EACH, -(-options.most // len(chosen)))
    what = Asking(chosen, each, options.cut, ["--scenario", options.scenario] if options.scenario else [])
    by_model: dict[str, dict[str, dict]] = {}
    answers: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory() as work:
        for model in options.model:
            cli = Cli(built(), model, Path(tempfile.mkdtemp(dir=work)))
            name = json.loads((model / "model.json").read_text())["name"]
            (by_model[name], answers[name]) = asked(cli, model, what, Path(work))
        record = record_head(["scripts/lab.sh", "free-answers", *sys.argv[1:]], cli, began)
    print(table(by_model))
    if options.out:
        options.out.write_text(json.dumps(answers, indent=1) + "\n")
    if options.write:
        of_set = "" if options.set == "xquad" else f"{options.set}-"
        path = write_record(f"free-answers-{of_set}{record['model']['name']}", record | {"models": by_model})
        head = f"`{record['command']}` ([record](../{path.relative_to(ROOT)}), {record['machine']['cpu']}):\n\n"
        place = "free answers" if options.set == "xquad" else f"free answers {options.set}"
        replace_between(ROOT / "models/README.md", place, head + table(by_model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
