"""From logits to answers, and how answers are compared."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from lab.reader.articles import Article
from lab.reader.encoder import ABSENT
from lab.reader.layout import SENTENCES
from lab.reader.reading import FINAL, Choice, ReadText, Seen, decide, read
from lab.reader.score import exact, f1, wilson

WORDS = "ann bob signed the lease in may june roof blue who when what is . ? 1904".split()


@pytest.fixture
def tokenizer() -> Tokenizer:
    """A tokenizer of a few words."""
    made = Tokenizer(models.WordPiece({"[UNK]": 100} | {w: i for i, w in enumerate(WORDS, 110)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def likes(word: int):
    """A model to which sentences with a word are relevant, and the word is the short answer."""

    def model(runs):
        found = []
        for run in runs:
            hit = np.array([t == word and s > 0 for t, s in zip(run.tokens, run.segments, strict=True)])
            relevance = np.full(SENTENCES, ABSENT, np.float32)
            for k in range(len(run.starts)):
                relevance[k] = 5.0 * any(hit[i] for i, s in enumerate(run.segments) if s == k + 1)
            logits = np.where(hit, 3.0, 0.0).astype(np.float32)
            found.append(
                {
                    "relevance": relevance,
                    "none": np.array([2.0]),
                    "begin": logits,
                    "end": logits,
                    "verdict": np.zeros(3),
                }
            )
        return found

    return model


def text(tokenizer, sentences):
    article = Article("t")
    for sentence in sentences:
        article.add(sentence)
    return ReadText(article, tokenizer)


def test_the_best_sentence_and_its_words(tokenizer):
    read_text = text(tokenizer, ["Bob signed the roof.", "Ann signed the lease in June 1904.", "The roof is blue."])
    answer = decide(read(likes(WORDS.index("june") + 110), read_text, "When signed?"), Choice(bm25=0.0), read_text)
    assert answer.ranked[0] == 1
    assert answer.span == "June"
    assert answer.quotes() == [1]
    assert answer.found == pytest.approx(1 - np.exp(2) / (np.exp(5) + np.exp(2) + 2), abs=1e-5)


def test_bm25_decides_between_equals(tokenizer):
    read_text = text(tokenizer, ["The roof is blue.", "Ann signed the lease.", "Bob signed the roof."])
    seen = read(likes(1), read_text, "Who signed the lease?")
    assert decide(seen, Choice(bm25=2.0), read_text).ranked[0] == 1


def test_sentences_that_are_nearly_as_likely_are_quoted_too(tokenizer):
    read_text = text(
        tokenizer, ["Ann signed in June.", "Bob signed in June.", "Ann signed.", "Bob in June.", "May in June."]
    )
    answer = decide(read(likes(WORDS.index("june") + 110), read_text, "When signed?"), Choice(bm25=0.0), read_text)
    assert answer.quotes() == [0, 1, 3]


def test_several_runs_find_what_one_does_not_hold(tokenizer):
    sentences = ["Bob signed the lease in May. " * 8 for _ in range(40)] + ["Ann signed. " * 30]
    read_text = text(tokenizer, sentences)
    model = likes(WORDS.index("ann") + 110)
    question = "Who signed the lease in May?"
    assert 40 not in read(model, read_text, question, runs=1).sentences
    seen = read(model, read_text, question, runs=8)
    assert 40 in seen.sentences
    assert len(seen.sentences) <= FINAL


def test_nothing_to_read_is_not_found(tokenizer):
    nothing = Seen([], np.zeros(0), np.zeros(0), 0.0, np.zeros(3), [])
    assert decide(nothing, Choice(), text(tokenizer, ["Ann."])).found == 0


def test_scores():
    assert exact("The Roof.", ["roof", "x"]) == 1
    assert f1("blue roof", ["the roof"]) == pytest.approx(2 / 3)
    assert f1("", ["roof"]) == 0
    low, high = wilson(86, 100)
    assert (round(low, 3), round(high, 3)) == (0.779, 0.915)
