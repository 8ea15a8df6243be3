"""What the adapter learns from: texts in sentences with what people asked, what answers it, and where that is said.

    examples = SETS["qamr"](folder)

Texts come as the reader's sets have them (lab/reader/sets.py); answers as people gave them, put as a sentence by a
capital letter and a full stop. What is only measured on is not read here. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.reader import sets
from lab.reader.articles import Article, Question, sentences, shared
from lab.reader.retrieval import Retrieval, terms
from lab.reader.sets import lines, untokenised

# What a model says where the sentences do not answer: no sentence of a document holds it, so the engine refuses.
ABSENT = "The text does not say."
# Words of an answer at most: one short sentence.
LONGEST = 30
# Terms of a question that tells what it is about.
TELLING = 3
# A summary is told by its text when so much of its terms stands there.
TOLD = 0.5
PRONOUNS = frozenset("he she it they him her them his hers its their theirs who which that this these those".split())


class Source:
    """A text that is asked about, with its index, made when it is first asked."""

    def __init__(self, article: Article) -> None:
        self.sentences = article.sentences
        self.headings = article.headings

    @cached_property
    def retrieval(self) -> Retrieval:
        """Its index."""
        return Retrieval(self.sentences, self.headings)


@dataclass(frozen=True)
class Example:
    """A question, or a summary's instruction, and its answer. `gold`: sentences that say it, the most telling first;
    `spare`: what may say it as well. `summary`: what is asked for is a summary of the gold sentences."""

    source: Source
    question: str
    answer: str
    gold: tuple[int, ...]
    spare: frozenset[int] = frozenset()
    summary: bool = False


def as_sentence(answer: str) -> str:
    """An answer with a capital letter, where its first word is written small, and a full stop."""
    answer = " ".join(answer.split()).strip(" ,;:")
    if not answer:
        return ""
    first = answer.split()[0]
    if first.islower():
        answer = first[0].upper() + answer[1:]
    return answer if answer.rstrip("\"”'’)")[-1:] in set(".!?") else f"{answer}."


def spoken(words: str) -> str:
    """What somebody says in a transcript, without marks of noises, written as people write."""
    words = re.sub(r"\{\w+\}", "", words)
    return " ".join(untokenised(re.sub(r"\s+('(?:s|m|re|ve|ll|d)|n't)\b", r"\1", words)).split())


def by_span(article: Article, source: Source, question: Question) -> Example | None:
    """A question of the reader's sets whose short answer stands in a sentence."""
    if not question.span:
        return None
    sentence, start, end = question.span
    words = article.sentences[sentence][start:end]
    if words.lower() in PRONOUNS or len(words.split()) > LONGEST:
        return None
    gold = (sentence, *sorted(question.gold - {sentence}))
    return Example(source, question.text, as_sentence(words), gold, question.spare)


def spans(articles: list[Article]) -> list[Example]:
    """The questions of the reader's sets that have a short answer."""
    found = []
    for article in articles:
        source = Source(article)
        found += filter(None, (by_span(article, source, question) for question in article.questions))
    return found


def selqa(folder: Path) -> list[Example]:
    """The answer is the one sentence that answers, where it is short."""
    found = []
    for article in sets.selqa(folder):
        source = Source(article)
        for question in article.questions:
            gold = sorted(question.gold)
            if len(gold) == 1 and len(article.sentences[gold[0]].split()) <= LONGEST:
                found.append(Example(source, question.text, as_sentence(article.sentences[gold[0]]), (gold[0],)))
    return found


def fairytaleqa(folder: Path) -> list[Example]:
    """Stories; answers also in words that do not stand there. Gold is the section that a teacher asked about."""
    found = []
    for story in lines(folder / "fairytaleqa/train.jsonl"):
        article = Article(story["title"])
        section_of = [s for s, text in story["sections"].items() for _ in map(article.add, sentences(text))]
        source = Source(article)
        for asked in story["questions"]:
            inside = [i for i, section in enumerate(section_of) if section == asked["section"]]
            if not (asked["local"] and asked["answers"] and inside):
                continue
            answer = as_sentence(asked["answers"][0])
            wanted = set(terms(answer))
            own = set(terms(asked["question"]))
            told = {i: shared(wanted, article.sentences[i]) + 0.3 * shared(own, article.sentences[i]) for i in inside}
            best = sorted(inside, key=lambda i: -told[i])
            if answer and len(answer.split()) <= LONGEST:
                found.append(Example(source, asked["question"], answer, tuple(best)))
    return found


def scitldr(folder: Path) -> list[Example]:
    """Abstracts and what their authors say of the work in one sentence."""
    found = []
    for row in lines(folder / "scitldr/train.jsonl"):
        article = Article("")
        for sentence in row["abstract"]:
            article.add(" ".join(sentence.split()))
        whole = tuple(range(len(article.sentences)))
        found.append(Example(Source(article), "", as_sentence(row["tldrs"][0]), whole, summary=True))
    return found


def qmsum(folder: Path) -> list[Example]:
    """What is asked about a meeting, with the turns that speak of it; where these say most of the answer."""
    found = []
    for row in lines(folder / "qmsum/train.jsonl"):
        article = Article(row["meeting"])
        turns: list[list[int]] = []
        for turn in row["meeting_transcripts"]:
            said = sentences(f"{turn['speaker']}: {spoken(turn['content'])}")
            turns.append([article.add(sentence) for sentence in said])
        source = Source(article)
        for asked in row["specific_query_list"]:
            found += filter(None, [of_meeting(article, source, turns, asked)])
    return found


def of_meeting(article: Article, source: Source, turns: list[list[int]], asked: dict) -> Example | None:
    """A query with the sentences of its turns, those first that say most of the answer."""
    answer = " ".join(asked["answer"].split())
    wanted = set(terms(answer))
    inside = [
        i
        for first, last in asked["relevant_text_span"]
        for turn in turns[int(first) : int(last) + 1]
        for i in turn
        if len(article.sentences[i].split()) > 4
    ]
    if not inside or not wanted:
        return None
    best = sorted(dict.fromkeys(inside), key=lambda i: -len(wanted & set(terms(article.sentences[i]))))
    return Example(source, asked["query"], answer, tuple(best), summary=True)


def qamr(folder: Path) -> list[Example]:
    """Questions about words of a sentence; those of few words could be asked of many sentences."""
    return [e for e in spans(sets.qamr(folder)) if len(set(terms(e.question))) >= TELLING]


def policyqa(folder: Path) -> list[Example]:
    """Questions about privacy policies whose answer stands in one sentence."""
    return spans(sets.policyqa(folder))


SETS: dict[str, Callable[[Path], list[Example]]] = {
    "qamr": qamr,
    "fairytaleqa": fairytaleqa,
    "policyqa": policyqa,
    "selqa": selqa,
    "scitldr": scitldr,
    "qmsum": qmsum,
}


def told(example: Example, shown: Iterator[int]) -> float:
    """The share of an answer's terms that stand in some of its text's sentences, the question's own aside."""
    wanted = set(terms(example.answer)) - set(terms(example.question))
    held = {term for i in shown for term in terms(example.source.sentences[i])}
    return len(wanted & held) / len(wanted) if wanted else 1.0
