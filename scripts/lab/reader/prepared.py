"""What training and calibrating read, tokenised: kept as one file, made anew when the code that makes it changes."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

from tokenizers import Tokenizer

from lab.reader import articles, generated, retrieval, sets, texts
from lab.reader.articles import Article
from lab.reader.texts import Text, tokenised
from lab.reader.weights import cache

GENERATED = 700
# Every so manieth text of a set is held out: for choosing and calibrating.
HELD = {"selqa": 12, "qamr": 12, "policyqa": 10, "pubmedqa": 10, "generated": 20}


def prepared(data: Path, tokenizer: Tokenizer) -> tuple[dict[str, list[Text]], dict[str, list[Text]]]:
    """The texts to train on and those held out, by set."""
    digest = hashlib.sha256(str(data.resolve()).encode())
    for module in (articles, generated, retrieval, sets, texts):
        digest.update(Path(module.__file__).read_bytes())
    file = cache() / f"prepared-{digest.hexdigest()[:12]}.pickle"
    if not file.exists():
        made = make(data, tokenizer)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(pickle.dumps(made))
        part.rename(file)
    return pickle.loads(file.read_bytes())


def make(data: Path, tokenizer: Tokenizer) -> tuple[dict[str, list[Text]], dict[str, list[Text]]]:
    """The same, from the sets themselves."""
    train: dict[str, list[Text]] = {}
    held: dict[str, list[Text]] = {}
    for name, read in sets.SETS.items():
        split(name, read(data), train, held, tokenizer)
    split("generated", generated.generated(GENERATED, "reader"), train, held, tokenizer)
    held["fairytaleqa"] = tokenised(sets.fairytaleqa(data, "val"), tokenizer)
    return train, held


def split(name: str, read: list[Article], train: dict, held: dict, tokenizer: Tokenizer) -> None:
    """Parts a set by whole texts."""
    texts = tokenised(read, tokenizer)
    every = HELD.get(name, len(texts) + 1)
    held[name] = texts[every - 1 :: every]
    train[name] = [text for i, text in enumerate(texts, 1) if i % every]
