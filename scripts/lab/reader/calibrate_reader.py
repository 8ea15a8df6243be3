"""Finds what BM25 is worth beside the reader and when it says that it found.

    scripts/lab.sh export-reader --out export
    scripts/lab.sh calibrate-reader --data DATA --model export/reader.onnx --out choice.json

Two numbers are chosen, on held-out parts of the sets trained on and on one half of the articles of the open sets;
people-questions measures on the other half. Each question is asked of its own text, of the same without the sentences
that answer, and of another text. The weight of BM25 is the one with the most right sentences, over all sets. The
threshold is the one that brings most: an answer that is found and right brings one, as does a question refused that
nothing answers; a wrong sentence given as found costs one. It is found on the open sets that name every sentence that
answers; each counts the same, and in it questions that are answered `ANSWERED`, since most that people ask are.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from lab.reader.articles import Article
from lab.reader.measured import Case, for_choosing, sampled, without
from lab.reader.models import model_of
from lab.reader.prepared import prepared
from lab.reader.reading import Choice, Model, ReadText, Seen, decide, read
from lab.reader.texts import Text
from lab.reader.weights import pretrained_files

# Open sets by kind: what is answered, then what is not.
OPEN = {"xquad": ("xquad", "xquad-cut", "xquad-other"), "clapnq": ("clapnq", "clapnq-unanswerable")}
# Open sets that do not name every sentence that answers, and held-out parts of the sets trained on: for the weight.
ALSO = ("covidqa",)
HELD = ("selqa", "qamr", "generated", "fairytaleqa")
ANSWERED = 0.7
WEIGHTS = np.arange(0.0, 8.5, 0.5)
THRESHOLDS = np.concatenate([np.arange(0.05, 0.95, 0.05), np.arange(0.95, 0.999, 0.005)])


@dataclass(frozen=True)
class Told:
    """What the reader saw for a question, and the sentences that are right (none: nothing answers)."""

    text: ReadText
    seen: Seen
    good: frozenset[int]


def cases(texts: list[Text], most: int) -> list[Case]:
    """Questions of held-out texts: of their own text, of it without the answer, of another one; and untold ones."""
    r = random.Random("reader/calibrate")
    articles = [text.article for text in texts]
    asked = [(article, q) for article in articles for q in article.questions if q.told]
    answered = [Case(a, q.text, q.gold | q.spare) for a, q in asked if q.gold]
    found = sampled(answered, most)
    found += [without(case) for case in found[: most // 2]]
    for case in found[: most // 4]:
        others: list[Article] = [article for article in articles if article.name != case.article.name]
        found += [Case(r.choice(others), case.question)] if others else []
    return found + sampled([Case(a, q.text) for a, q in asked if not q.gold], most // 2)


def seen_by(model: Model, asked: list[Case], tokenizer: Tokenizer) -> list[Told]:
    """What the reader sees for each."""
    texts: dict[int, ReadText] = {}
    found = []
    for case in asked:
        if id(case.article) not in texts:
            texts[id(case.article)] = ReadText(case.article, tokenizer)
        text = texts[id(case.article)]
        found.append(Told(text, read(model, text, case.question), case.good))
    return found


def right(told: Told, choice: Choice) -> bool:
    """Whether the best sentence is one of those that answer."""
    answer = decide(told.seen, choice, told.text)
    return bool(answer.ranked) and answer.ranked[0] in told.good


def gain(sets: list[list[Told]], choice: Choice, threshold: np.ndarray) -> np.ndarray:
    """What each threshold brings: see the module."""
    total = np.zeros(len(threshold))
    for told in sets:
        for answered in (True, False):
            some = [one for one in told if bool(one.good) == answered]
            given = np.array([decide(one.seen, choice, one.text).found for one in some])[:, None] >= threshold
            worth = np.array([2 * right(one, choice) - 1 if answered else -1 for one in some])[:, None]
            share = ANSWERED if answered else 1 - ANSWERED
            total += share * np.where(given, worth, 0 if answered else 1).mean(0)
    return total / len(sets)


def calibrated(sets: list[list[Told]], named: int) -> Choice:
    """The choice that brings most on these sets, of which the first `named` name every sentence that answers."""
    weighed = {
        weight: sum(np.mean([right(one, Choice(bm25=weight)) for one in told if one.good]) for told in sets)
        for weight in map(float, WEIGHTS)
    }
    choice = Choice(bm25=max(weighed, key=weighed.__getitem__))
    best = int(gain(sets[:named], choice, THRESHOLDS).argmax())
    return Choice(choice.bm25, round(float(THRESHOLDS[best]), 3))


def open_cases(data: Path, kind: tuple[str, ...], most: int) -> list[Case]:
    """Questions of the half of some open sets that the choice may look at; half as many of each unanswered."""
    asked = [sampled(for_choosing(name, data), most if i == 0 else most // 2) for i, name in enumerate(kind)]
    return [case for cases in asked for case in cases]


def main() -> None:
    """Reads the command line, calibrates, writes the choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint (.pt) or an exported graph (.onnx)")
    parser.add_argument("--most", type=int, default=200, help="most questions of a set")
    parser.add_argument(
        "--out", type=Path, required=True, help="JSON: the choice, for export-reader and evaluate-reader"
    )
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(pretrained_files() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    held = prepared(options.data, tokenizer)[1]
    model, own = model_of(options.model)
    kinds = [*OPEN.values(), *((name,) for name in ALSO)]
    asked = [open_cases(options.data, kind, options.most) for kind in kinds]
    asked += [cases(held[name], options.most) for name in HELD]
    choice = calibrated([seen_by(model, some, own) for some in asked], len(OPEN))
    options.out.write_text(json.dumps(asdict(choice)) + "\n")
    print(choice)


if __name__ == "__main__":
    main()
