"""Trains the demo model's tokenizer: byte-level BPE, 6,656 tokens, lossless for any Unicode text.

    scripts/lab.sh tokenizer tokenizer.json [--seed 77]

Digits are tokens one by one; the first of a number has the space before it, as words have theirs. The last 512 merges
make single tokens of words that have synonyms, so that words of one meaning can be given vectors that lie close. The
marker tokens come first (SPECIAL, ids from 0). They are special and not normalised, so a decoder can skip them,
and with `encode_special_tokens=True` (see `open_tokenizer`) no text of a document ever becomes one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from lab.corpus import seeds
from lab.corpus.facts import Declarer
from lab.corpus.lexicon import NOUN, topics
from lab.corpus.questions import OPENINGS, Questions, synonyms
from lab.corpus.word_list import read_words

VOCABULARY = 6144  # tokens learnt from text
WHOLE = 512  # merges of words with synonyms
HEADINGS = 12
SENTENCES = 48
SPECIAL = (
    ["<pad>", "<bos>", "<eos>", "<doc>", "</doc>", "<q>", "<quote>", "<say>", "<sum>", "<t>"]
    + [f"<h{i}>" for i in range(1, HEADINGS + 1)]
    + [f"<s{i}>" for i in range(SENTENCES)]
)
PAD, BOS, EOS, DOC, END_DOC, Q, QUOTE, SAY, SUM, TITLE = range(10)
H0 = 10  # <h1>
S0 = H0 + HEADINGS  # <s0>, which stands for "not in the document"; <s1> … <s47> are sentences
FIRST_TEXT = S0 + SENTENCES  # ids from here on are text


def corpus(seed: int, texts: int) -> Iterator[str]:
    """Generated sentences, headings and questions, and the commoner words by themselves so that each is few tokens."""
    writer = Questions(f"{seeds.TOKENIZER}/{seed}")
    for _ in range(texts):
        writer.new_topic()
        writer.topic_rate = 0.05
        yield " " + writer.heading()
        for _ in range(12):
            yield " " + writer.sentence()
        yield " " + " ".join(f"{writer.choose(*OPENINGS)} {writer.fresh(NOUN)}" for _ in range(3))
        fact = Declarer(writer).fact()
        yield from (" " + fact.sentence, " " + fact.question)
    for name, words in topics().items():
        yield from [f" {name}"] * 400 + [f" {word}" for word in words] * 30
    for level, times in (("10", 12), ("20", 5), ("35", 1)):
        for word in read_words()[level]:
            yield from [f" {word}"] * times + [f" {word.capitalize()}"] * max(1, times // 3)


def train(seed: int, texts: int = 4000) -> Tokenizer:
    """A tokenizer of so many generated texts."""
    special = [AddedToken(text, special=True, normalized=False) for text in SPECIAL]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?\p{N}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(seed, texts), trainer)
    return with_words(tokenizer, list(synonyms()))


def with_words(tokenizer: Tokenizer, words: list[str]) -> Tokenizer:
    """With up to WHOLE tokens more, merged after all others, that are whole words: those of the fewest pieces first."""
    made = json.loads(tokenizer.to_str())
    pieces = {w: tokenizer.encode(f" {w}").tokens for w in words}
    vocabulary = made["model"]["vocab"]
    merges = made["model"]["merges"]
    full = len(vocabulary) + WHOLE
    for first, *rest in sorted(pieces.values(), key=len):
        steps = [(first + "".join(rest[:i]), piece) for i, piece in enumerate(rest)]
        if len(vocabulary) + sum(a + b not in vocabulary for a, b in steps) > full:
            continue
        for a, b in steps:
            vocabulary.setdefault(a + b, len(vocabulary))
            if [a, b] not in merges:
                merges.append([a, b])
    return Tokenizer.from_str(json.dumps(made))


def open_tokenizer(path: Path | str) -> Tokenizer:
    """For text of documents and questions: markers that stand in them are text like any other."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=77)
    args = parser.parse_args()
    tokenizer = train(args.seed)
    tokenizer.save(str(args.out), pretty=False)
    print(f"{args.out}: {tokenizer.get_vocab_size()} tokens, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
