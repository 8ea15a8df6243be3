"""Finds what BM25 is worth beside the reader and when it says that it found.

    scripts/lab.sh export-reader --out export
    scripts/lab.sh calibrate-reader --data DATA --model export/reader.onnx --out choice.json

Two numbers are chosen on one half of the articles of the open sets and on held-out parts of the sets trained on;
people-questions measures on the other half. The weight of BM25 is the one with the most right sentences, over all sets.
The threshold is the lowest at which what a text does not answer is refused as often as `REFUSED` asks: every higher one
refuses more that is answered.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from lab.reader.exported import tokenizer
from lab.reader.measured import Case, for_choosing, sampled
from lab.reader.models import model_of
from lab.reader.prepared import prepared
from lab.reader.reading import Choice, Model, ReadText, Seen, decide, read
from lab.reader.texts import Text
from lab.reader.weights import pretrained_files

# Open sets, and held-out parts of the sets trained on: for the weight.
OPEN = ("xquad", "clapnq", "covidqa")
HELD = ("selqa", "qamr", "generated", "fairytaleqa")
# Of what is not answered, the least share that is refused: by open set.
REFUSED = {"xquad-cut": 0.6, "xquad-other": 0.97, "clapnq-unanswerable": 0.8}
WEIGHTS = np.arange(0.0, 8.5, 0.5)


@dataclass(frozen=True)
class Told:
    """What the reader saw for a question, and the sentences that are right (none: nothing answers)."""

    text: ReadText
    seen: Seen
    good: frozenset[int]


def cases(texts: list[Text]) -> list[Case]:
    """Questions of held-out texts that these answer."""
    return [Case(t.article, q.text, q.gold | q.spare) for t in texts for q in t.article.questions if q.gold]


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


def weight(sets: list[list[Told]]) -> float:
    """The weight of BM25 with the most right sentences, each set counting the same."""
    shares = {
        w: sum(np.mean([right(one, Choice(bm25=w)) for one in told]) for told in sets) for w in map(float, WEIGHTS)
    }
    return max(shares, key=shares.__getitem__)


def threshold(refused: list[tuple[float, list[Told]]], bm25: float) -> float:
    """The lowest threshold, in hundredths, at which at least these shares of what is not answered are refused."""
    needed = 0.0
    for share, told in refused:
        found = sorted(decide(one.seen, Choice(bm25=bm25), one.text).found for one in told)
        last = found[math.ceil(share * len(found)) - 1]
        needed = max(needed, math.floor(100 * last) / 100 + 0.01)
    return round(needed, 2)


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
    held = prepared(options.data, tokenizer(pretrained_files() / "tokenizer.json"))[1]
    model, own = model_of(options.model)

    def seen(some: list[Case]) -> list[Told]:
        return seen_by(model, sampled(some, options.most), own)

    answered = [seen([case for case in for_choosing(name, options.data) if case.good]) for name in OPEN]
    answered += [seen(cases(held[name])) for name in HELD]
    bm25 = weight(answered)
    refused = [(share, seen(for_choosing(name, options.data))) for name, share in REFUSED.items()]
    choice = Choice(bm25, threshold(refused, bm25))
    options.out.write_text(json.dumps(asdict(choice)) + "\n")
    print(choice)


if __name__ == "__main__":
    main()
