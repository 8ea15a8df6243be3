"""The sets that are measured on and never trained on, as questions over texts with what is right.

    for case in CASES["xquad"](folder): ...

Standard library only.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lab.reader.articles import Article, sentence_spans, sentences
from lab.reader.score import plain
from lab.reader.sets import DECISIONS, lines, policyqa, untokenised


@dataclass
class Case:
    """A question over a text. `good`: the sentences of which one is to be found, none where the text does not answer.
    `answers`: short answers that people gave, where they are spans. `verdict`: 0 yes, 1 no, 2 unclear. `paragraphs`:
    the sentences that a paragraph begins with, where that is known. `source`: the number of the article that is asked
    about in its set."""

    article: Article
    question: str
    good: frozenset[int] = frozenset()
    answers: list[str] = field(default_factory=list)
    verdict: int | None = None
    paragraphs: frozenset[int] = frozenset()
    source: int = 0


def placed(article: Article, text: str) -> list[tuple[int, int, int]]:
    """Adds the sentences of a text; (number, from, to) of each."""
    return [(article.add(" ".join(text[a:b].split())), a, b) for a, b in sentence_spans(text)]


def overlapping(places: list[tuple[int, int, int]], start: int, end: int, least: float) -> frozenset[int]:
    """The sentences that share at least a part of the shorter of the two with a stretch."""
    return frozenset(i for i, a, b in places if min(b, end) - max(a, start) > least * min(b - a, end - start))


def xquad(folder: Path) -> list[Case]:
    """Articles as one text; right is a sentence that holds an answer's words."""
    found = []
    for number, row in enumerate(lines(folder / "xquad/en.jsonl")):
        article = Article(f"xquad {number}")
        places = [placed(article, paragraph["text"]) for paragraph in row["paragraphs"]]
        begins = frozenset(inside[0][0] for inside in places if inside)
        known = [f" {plain(sentence)} " for sentence in article.sentences]
        for paragraph, inside in zip(row["paragraphs"], places, strict=True):
            for asked in paragraph["questions"]:
                answers = [a["text"] for a in asked["answers"]]
                good = {i for i, s in enumerate(known) if any(f" {plain(a)} " in s for a in answers)}
                for a in asked["answers"]:
                    good |= overlapping(inside, a["start"], a["start"] + len(a["text"]), 0.0)
                found.append(Case(article, asked["question"], frozenset(good), answers, None, begins, number))
    return found


def without(case: Case) -> Case:
    """The same with all sentences cut out that hold the answer: nothing answers."""
    article = Article(case.article.name)
    begins = set()
    due = False
    for i, sentence in enumerate(case.article.sentences):
        due |= i in case.paragraphs
        if i not in case.good:
            number = article.add(sentence, case.article.headings[i])
            begins |= {number} if due else set()
            due = False
    return Case(article, case.question, paragraphs=frozenset(begins), source=case.source)


def xquad_cut(folder: Path) -> list[Case]:
    """XQuAD with the answering sentence cut out of its article."""
    return [without(case) for case in xquad(folder) if case.good]


def xquad_other(folder: Path) -> list[Case]:
    """XQuAD's questions asked of the next article but one."""
    cases = xquad(folder)
    firsts = list({id(case.article): case for case in cases}.values())
    place = {id(case.article): i for i, case in enumerate(firsts)}
    others = [firsts[(place[id(case.article)] + 2) % len(firsts)] for case in cases]
    pairs = zip(cases, others, strict=True)
    return [Case(o.article, c.question, paragraphs=o.paragraphs, source=c.source) for c, o in pairs]


def xquad_all(folder: Path) -> list[Case]:
    """All of XQuAD's articles as one text; right is a sentence of the article asked about that holds the answer."""
    whole = Article("xquad")
    found = []
    begins: set[int] = set()
    starts: dict[int, int] = {}
    for case in xquad(folder):
        if id(case.article) not in starts:
            starts[id(case.article)] = len(whole.sentences)
            begins |= {len(whole.sentences) + i for i in case.paragraphs}
            for sentence in case.article.sentences:
                whole.add(sentence)
        start = starts[id(case.article)]
        good = frozenset(start + i for i in case.good)
        found.append(Case(whole, case.question, good, case.answers, source=case.source))
    for case in found:
        case.paragraphs = frozenset(begins)
    return found


def covidqa(folder: Path) -> list[Case]:
    """Scientific articles; right is a sentence that shares half of itself or of the span with the span."""
    found = []
    for number, row in enumerate(lines(folder / "covidqa/en.jsonl")):
        article = Article(f"covidqa {row['article']}")
        places = placed(article, row["text"])
        for asked in row["questions"]:
            good: set[int] = set()
            for a in asked["answers"]:
                good |= overlapping(places, a["start"], a["start"] + len(a["text"]), 0.5)
            answers = [a["text"] for a in asked["answers"]]
            found.append(Case(article, asked["question"], frozenset(good), answers, source=number))
    return found


def fairytaleqa(folder: Path) -> list[Case]:
    """Whole stories, questions about one section that holds the answer's words; right is a sentence of it."""
    found = []
    for number, story in enumerate(lines(folder / "fairytaleqa/test.jsonl")):
        article = Article(story["title"])
        inside = defaultdict(set)
        for section, text in story["sections"].items():
            inside[section] |= {article.add(sentence) for sentence in sentences(text)}
        for asked in story["questions"]:
            if asked["local"] and asked["explicit"]:
                good = frozenset(inside[asked["section"]])
                found.append(Case(article, asked["question"], good, asked["answers"], source=number))
    return found


def clapnq(folder: Path, part: str) -> list[Case]:
    """Passages with a question as it was typed into a search."""
    found = []
    for source, row in enumerate(lines(folder / f"clapnq/dev-{part}.jsonl")):
        article = Article(row["passages"][0]["title"])
        gold = {s for a in row["answers"] for s in a["sentences"]}
        good = set()
        for passage in row["passages"]:
            for sentence in passage["sentences"]:
                number = article.add(untokenised(sentence), passage["title"])
                if sentence in gold:
                    good.add(number)
        if good or part == "unanswerable":
            found.append(Case(article, row["question"], frozenset(good), source=source))
    return found


def from_set(articles: Iterable[Article]) -> list[Case]:
    """The questions of a set that is trained on in another part."""
    return [
        Case(
            article, q.text, q.gold, [article.sentences[q.span[0]][q.span[1] : q.span[2]]] if q.span else [], q.verdict
        )
        for article in articles
        for q in article.questions
    ]


def pubmedqa(folder: Path) -> list[Case]:
    """Abstracts without their conclusion: yes, no or unclear."""
    rows = sorted(lines(folder / "pubmedqa/labelled.jsonl"), key=lambda row: int(row["id"]))
    found = []
    for row in rows[len(rows) // 2 :]:
        article = Article(row["id"])
        for context in row["contexts"]:
            placed(article, context)
        found.append(Case(article, row["question"], verdict=DECISIONS[row["decision"]]))
    return found


CASES: dict[str, Callable[[Path], list[Case]]] = {
    "xquad": xquad,
    "xquad-cut": xquad_cut,
    "xquad-other": xquad_other,
    "xquad-all": xquad_all,
    "covidqa": covidqa,
    "fairytaleqa": fairytaleqa,
    "clapnq": lambda folder: clapnq(folder, "answerable"),
    "clapnq-unanswerable": lambda folder: clapnq(folder, "unanswerable"),
    "policyqa": lambda folder: from_set(policyqa(folder, "test")),
    "pubmedqa": pubmedqa,
}


# Sets of which calibrate-reader looks at every other article.
HALVED = ("xquad", "xquad-cut", "xquad-other", "xquad-all", "covidqa", "clapnq", "clapnq-unanswerable")


def unseen(name: str, folder: Path) -> list[Case]:
    """The cases of a set that no choice was made on."""
    return [case for case in CASES[name](folder) if name not in HALVED or case.source % 2]


def for_choosing(name: str, folder: Path) -> list[Case]:
    """The cases of the other half: what calibrate-reader looks at."""
    return [case for case in CASES[name](folder) if case.source % 2 == 0]


def sampled(cases: list[Case], most: int) -> list[Case]:
    """At most so many of the cases, the same each time."""
    return cases if len(cases) <= most else random.Random("reader/measured").sample(cases, most)
