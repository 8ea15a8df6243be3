"""The public sets of people's questions, read from a folder of JSON lines into `Article`s.

    articles = SETS["selqa"](folder)

`prepare_reader.py` makes that folder of clones of the public repositories. What is only measured on is read by
`evaluate_reader.py`, never here. Standard library only.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.reader.articles import Article, Question, found_in, sentence_spans, sentences, shared
from lab.reader.retrieval import terms

# An answer counts as told by a sentence that holds this share of its terms.
TOLD = 0.6
# Sentences of QAMR that make one text.
GATHERED = 60


def lines(file: Path) -> Iterator[dict]:
    """The objects of a file of JSON lines."""
    with file.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def fairytaleqa(folder: Path, part: str = "train") -> list[Article]:
    """Stories; the sentences that answer are those of the section named that share most with the teacher's answer."""
    found = []
    for story in lines(folder / f"fairytaleqa/{part}.jsonl"):
        article = Article(story["title"])
        section_of = [s for s, text in story["sections"].items() for _ in map(article.add, sentences(text))]
        for asked in story["questions"]:
            wanted = set(terms(asked["answers"][0])) if asked["answers"] else set()
            inside = [i for i, section in enumerate(section_of) if section == asked["section"]]
            if not (asked["local"] and wanted and inside):
                continue
            own = set(terms(asked["question"]))
            share = {i: shared(wanted, article.sentences[i]) for i in inside}
            score = {i: share[i] + 0.15 * shared(own, article.sentences[i]) for i in inside}
            best = max(inside, key=score.__getitem__)
            if share[best] < TOLD:
                continue
            gold = frozenset(i for i in inside if score[i] >= score[best] - 0.05)
            spare = {i for i in inside if share[i] >= TOLD or score[i] >= 0.7 * score[best]}
            if len(wanted) > 1:
                spare |= {i for i, sentence in enumerate(article.sentences) if shared(wanted, sentence) == 1}
            place = found_in(asked["answers"][0].rstrip("."), article.sentences[best])
            span = (best, *place) if place else None
            article.questions.append(Question(asked["question"], gold, frozenset(spare) - gold, span))
        found.append(article)
    return found


def untokenised(text: str) -> str:
    """Text of the Penn Treebank's tokens as people write it."""
    text = text.replace("``", '"').replace("''", '"').replace("-LRB-", "(").replace("-RRB-", ")")
    text = re.sub(r" (['’](?:s|re|ll|ve|m|d)\b|n't|[,.;:!?%)\]])", r"\1", text)
    text = re.sub(r"([(\[$£€]) ", r"\1", text)
    return re.sub(r'"\s+([^"]*?)\s*"', r'"\1"', text)


def qamr(folder: Path) -> list[Article]:
    """Articles of Wikipedia and Wikinews, some of one kind gathered to a text, with questions about single words."""
    parts = defaultdict(list)
    for document in lines(folder / "qamr/sentences.jsonl"):
        parts[document["document"].rsplit(":", 1)[0]].append(document)
    names = sorted(parts)
    random.Random("reader/qamr").shuffle(names)
    names.sort(key=lambda name: name.split(":")[1])
    found = [Article("")]
    for name in names:
        if len(found[-1].sentences) > GATHERED:
            found.append(Article(name))
        article = found[-1]
        for document in sorted(parts[name], key=lambda d: int(d["document"].rsplit(":", 1)[1])):
            for told in document["sentences"]:
                i = article.add(untokenised(told["tokens"]))
                for asked in told["questions"]:
                    if len(set(terms(asked["question"]))) < 2:
                        continue
                    place = found_in(untokenised(asked["answer"]), article.sentences[i])
                    span = (i, *place) if place else None
                    article.questions.append(Question(asked["question"], frozenset({i}), span=span))
    return found


def selqa(folder: Path) -> list[Article]:
    """Sections of Wikipedia's articles; half of the questions share few words with the sentence that answers."""
    articles: dict[str, Article] = {}
    starts: dict[tuple[str, str], int] = {}
    for part in ("train-a", "train-b"):
        for row in lines(folder / f"selqa/{part}.jsonl"):
            article = articles.setdefault(row["article"], Article(row["article"]))
            section = (row["article"], "\n".join(row["candidates"]))
            if section not in starts:
                starts[section] = len(article.sentences)
                for sentence in row["candidates"]:
                    article.add(" ".join(sentence.split()), f"{row['article']} > {row['section']}")
            gold = frozenset(starts[section] + i for i in row["answers"])
            article.questions.append(Question(row["question"], gold))
    return list(articles.values())


def policyqa(folder: Path, part: str = "train") -> list[Article]:
    """Privacy policies; the same question may be answered in several places, and each of them is gold."""
    found = []
    for policy in lines(folder / f"policyqa/{part}.jsonl"):
        article = Article(policy["title"])
        gold = defaultdict(set)
        span = {}
        for paragraph in policy["paragraphs"]:
            text = paragraph["text"]
            places = sentence_spans(text)
            numbers = [article.add(" ".join(text[a:b].split())) for a, b in places]
            for asked in paragraph["questions"]:
                for answer in asked["answers"]:
                    start = answer["start"]
                    end = answer["start"] + len(answer["text"])
                    inside = [
                        i
                        for i, (a, b) in zip(numbers, places, strict=True)
                        if min(b, end) - max(a, start) >= 0.5 * min(b - a, end - start)
                    ]
                    gold[asked["question"]] |= set(inside)
                    place = found_in(answer["text"], article.sentences[inside[0]]) if len(inside) == 1 else None
                    if place:
                        span.setdefault(asked["question"], (inside[0], *place))
        article.questions = [Question(q, frozenset(g), span=span.get(q)) for q, g in gold.items() if 0 < len(g) <= 12]
        found.append(article)
    return found


DECISIONS = {"yes": 0, "no": 1, "maybe": 2}


def pubmedqa(folder: Path, measured: bool = False) -> list[Article]:
    """Abstracts with a question of yes, no or unclear; by order of id the first half is for training, the other not.

    Half of those for training hold the conclusion, which answers; the other half and those measured do not."""
    rows = sorted(lines(folder / "pubmedqa/labelled.jsonl"), key=lambda row: int(row["id"]))
    half = len(rows) // 2
    found = []
    for number, row in enumerate(rows[half:] if measured else rows[:half]):
        article = Article(row["id"])
        paragraphs = list(row["contexts"])
        if not measured and number % 2:
            paragraphs.insert(0 if number % 4 == 1 else len(paragraphs), row["answer"])
        gold = set()
        for paragraph in paragraphs:
            numbers = [article.add(sentence) for sentence in sentences(paragraph)]
            if paragraph is row["answer"]:
                gold |= set(numbers[:2])
        asked = Question(row["question"], frozenset(gold), verdict=DECISIONS[row["decision"]], told=bool(gold))
        article.questions.append(asked)
        found.append(article)
    return found


SETS: dict[str, Callable[[Path], list[Article]]] = {
    "fairytaleqa": fairytaleqa,
    "qamr": qamr,
    "selqa": selqa,
    "policyqa": policyqa,
    "pubmedqa": pubmedqa,
}
