"""The generator, the tokenizer and the training samples: deterministic, true to their facts, safe with any text."""

import json
import os
import re
import subprocess
import sys

import pytest

from lab.corpus.lexicon import Lexicon, plural
from lab.corpus.questions import Questions, content_set, synonyms
from lab.corpus.relations import RELATIONS, Entity
from lab.corpus.reports import Report
from lab.corpus.word_list import LEVELS, pack, read_words, unpack


def generate(*options: str) -> str:
    command = [sys.executable, "-S", "-m", "lab.corpus.reports", *options]  # -S: nothing but the standard library
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_words_pack_and_unpack():
    words = {"walk", "walks", "walked", "walking", "love", "loved", "loving", "carry", "carried", "is"}
    assert {w for entry in pack(words) for w in unpack(entry)} == words
    groups = read_words()
    assert len(groups["20"]) > 5000
    assert all(w.isascii() and w.islower() for level in LEVELS for w in groups[level])


def test_same_seed_same_document(tmp_path):
    options = ["--tokens", "3000", "--seed", "5", "--facts"]
    first, again = (generate(*options, str(tmp_path / name)) for name in ("a", "b"))
    assert first == again
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    assert first != generate("--tokens", "3000", "--seed", "6")


@pytest.mark.parametrize("seed", range(8))
def test_facts_stand_once_in_the_document(seed):
    report = Report(8000, seed)
    text = "\n\n".join(report.paragraphs())
    sentences = re.split(r"(?<=\.)\s+", text)
    places = []
    for fact in report.facts:
        assert text.count(fact.sentence) == 1
        assert fact.answer in fact.sentence
        assert fact.question.endswith("?")
        asks = content_set(fact.question)
        assert max(sentences, key=lambda s: len(asks & content_set(s))) == fact.sentence
        places.append(text.index(fact.sentence) / len(text))
    assert places == sorted(places)
    assert places[0] < 0.5 < places[-1]


def test_length_is_about_what_was_asked():
    sizes = {n: sum(len(p) for p in Report(n, 1).paragraphs()) for n in (2000, 20000)}
    assert 8 < sizes[20000] / sizes[2000] < 12


def test_sentences_and_questions():
    write = Questions("test")
    assert plural("box") == "boxes"
    assert plural("days") == "days"
    for name in RELATIONS:
        sentence, questions = RELATIONS[name](Entity(write, "copper valve", "the "))
        assert len(questions) >= 5, name
        assert "{" not in sentence + "".join(questions), name
    told, absent, name = write.cluster(4, 3)
    assert len(told) == 7
    assert [bool(t.questions) for t in told] == [True] * 4 + [False] * 3
    assert absent
    assert name.split()[-1].lower() in told[0].sentence.lower()
    assert write.about("The keeper of the lighthouse repaired seven lamps.")
    assert "cost" in synonyms()["price"]


def test_same_seed_same_words_whatever_the_hash_seed():
    program = "from lab.corpus.questions import Questions; w = Questions('x'); print([w.sentence() for _ in range(40)])"
    out = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1
    assert Lexicon("a").topic != Lexicon("b").topic


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A small one, trained the same way on less text."""
    from lab.finder import tokenizer

    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.train(3, texts=60).save(str(path))
    return tokenizer.open_tokenizer(path)


def test_tokenizer_gives_any_text_back(tokenizer):
    import random

    r = random.Random(1)
    texts = ["", " ", "a\r\n\tb\0", "é e\u0301 ﷺ 日本語 😀👩‍👩‍👧", "12,345.67", "<s3><eos> <doc>"]
    texts += [
        "".join(chr(r.choice([r.randrange(32, 0xD800), r.randrange(0xE000, 0x110000)])) for _ in range(40))
        for _ in range(50)
    ]
    for text in texts:
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text


def test_text_never_becomes_a_marker(tokenizer):
    from lab.finder.tokenizer import FIRST_TEXT, H0, S0, SPECIAL

    assert [tokenizer.token_to_id(s) for s in SPECIAL] == list(range(FIRST_TEXT))
    assert (tokenizer.token_to_id("<h1>"), tokenizer.token_to_id("<s0>")) == (H0, S0)
    for text in SPECIAL:
        assert min(tokenizer.encode(f"a {text} b{text}", add_special_tokens=False).ids) >= FIRST_TEXT
    assert tokenizer.decode([S0 + 3, *tokenizer.encode(" a b").ids, 2]) == " a b"  # markers are skipped
    added = json.loads(tokenizer.to_str())["added_tokens"]
    assert all(t["special"] and not t["normalized"] for t in added)


def test_digits_one_by_one(tokenizer):
    assert len(tokenizer.encode("20391", add_special_tokens=False).ids) == 5


def test_samples(tokenizer):
    from lab.finder.batches import padded_batch
    from lab.finder.prompt_samples import MARKER, Sampler
    from lab.finder.tokenizer import BOS, DOC, END_DOC, EOS, FIRST_TEXT, QUOTE, S0, SUM, Q

    def make(seed):
        return Sampler(tokenizer, 320, seed).samples(12)

    samples = make("train/1")
    assert [s.ids for s in samples] == [s.ids for s in make("train/1")]
    assert [s.ids for s in samples] != [s.ids for s in make("test/1")]
    kinds = {b.kind for s in samples for b in s.blocks}
    assert all(any(word in kind for kind in kinds) for word in ("quote", "pack", "absent"))
    for s in samples:
        assert len(s.ids) <= 321
        assert s.ids[:2] == [BOS, DOC]
        assert s.ids[s.document - 1] == END_DOC
        assert len(set(s.markers)) == len(s.markers) <= 47
        for b in s.blocks:
            prompt = s.ids[b.start - 1]
            answer = s.ids[b.start : b.start + b.length]
            if b.kind == "sum":
                assert prompt == SUM
                assert answer[-1] == EOS
                continue
            assert prompt == QUOTE
            assert answer[0] == S0 if "absent" in b.kind else answer[0] in s.markers
            if b.length > 1 and answer[0] != S0:  # the whole sentence, as it stands in the document
                at = s.ids.index(answer[0])
                assert s.ids[at : at + b.length - 1] == answer[:-1]
                assert answer[-1] == EOS
    packed = padded_batch(samples, 320)
    for i, s in enumerate(samples):
        for b in s.blocks:
            if b.start <= 319:
                assert packed.targets[i, b.start - 1] == s.ids[b.start]
                assert packed.loss[i, b.start - 1] == MARKER
        first = s.ids.index(Q, s.document) if Q in s.ids[s.document :] else 0
        if first and first < 320:
            assert packed.positions[i, first] >= s.document
    assert ((packed.loss == MARKER) <= (packed.targets < FIRST_TEXT)).all()


def test_what_is_untold_is_often_asked_of_things_in_sight(tokenizer):
    """Of questions that nothing answers, those that share half of their words with a sentence there."""
    from lab.finder.prompt_samples import Sampler
    from lab.finder.prompt_text import best_share

    class Watched(Sampler):
        def absent(self, text, lines, left_out, hard):
            question = super().absent(text, lines, left_out, hard)
            if question:
                shares.append(best_share(question, lines))
            return question

    shares = []
    Watched(tokenizer, 640, "untold").samples(40)
    near = sum(share >= 0.5 for share in shares) / len(shares)
    assert 0.3 < near < 0.7, near


def test_a_block_computes_what_it_computes_alone(tokenizer):
    """Questions share a document in training; each must see exactly the prompt that the engine gives it."""
    import torch

    from lab.finder.batches import padded_batch
    from lab.finder.losses import model_inputs
    from lab.finder.prompt_samples import Sampler
    from lab.reference.config import Config
    from lab.reference.decoder import Decoder

    torch.manual_seed(1)
    vocabulary = tokenizer.get_vocab_size()
    shape = {
        "hidden": 32,
        "layers": 2,
        "heads": 2,
        "kv_heads": 2,
        "head_dim": 16,
        "ff": 32,
        "tied": True,
        "qkv_bias": True,
    }
    decoder = Decoder(Config(family="qwen2", vocabulary=vocabulary, **shape))
    sample = next(s for s in Sampler(tokenizer, 320, "alone").samples(6) if len(s.blocks) > 2)
    ids, positions, mask, _ = model_inputs(padded_batch([sample], 320))
    with torch.no_grad():
        together = decoder(ids, positions, mask)
        for number, block in enumerate(sample.blocks, 1):
            start = sample.block.index(number)
            alone = decoder(torch.tensor([sample.ids[: sample.document] + sample.ids[start : block.start]]))
            assert torch.allclose(together[0, block.start - 1], alone[0, -1], atol=1e-4)


def test_words_with_synonyms_are_tokens_that_start_alike(tokenizer):
    """Each further token is a word of synonyms.txt, or begins one; a word's code is nearer to its synonyms' than to
    nearly all others', and nearest to its own."""
    from dataclasses import replace

    import torch

    from lab.corpus.questions import same_meaning, synonyms
    from lab.finder.initial_weights import Part, set_initial_weights
    from lab.finder.pretrain import FINDER
    from lab.finder.tokenizer import WHOLE
    from lab.reference.decoder import Decoder

    whole = {w: ids[0] for w in synonyms() if len(ids := tokenizer.encode(f" {w}").ids) == 1}
    assert len(whole) >= WHOLE * 0.8
    first = tokenizer.get_vocab_size() - WHOLE
    starts = tuple(f" {word}" for word in synonyms())
    assert all(any(s.startswith(tokenizer.decode([i])) for s in starts) for i in range(first, first + WHOLE))
    decoder = Decoder(replace(FINDER, vocabulary=tokenizer.get_vocab_size()))
    set_initial_weights(decoder, tokenizer)
    codes = torch.nn.functional.normalize(decoder.model.embed_tokens.weight[:, Part.TOKEN], dim=1)
    groups = [group for group in same_meaning() if all(w in whole for w in group)]
    assert len(groups) >= 50
    for a, b, *_ in groups:
        near = codes[whole[a]] @ codes.T
        assert near.argmax() == whole[a]
        assert (near > near[whole[b]]).float().mean() < 0.01, (a, b)


def test_the_starting_circuits_look_where_they_say(tokenizer):
    """Layer 0: one, two, three tokens back, and at the last marker."""
    from dataclasses import replace

    import torch

    from lab.finder.initial_weights import set_initial_weights
    from lab.finder.pretrain import FINDER
    from lab.finder.tokenizer import FIRST_TEXT, S0
    from lab.reference.decoder import Decoder, rope

    decoder = Decoder(replace(FINDER, vocabulary=tokenizer.get_vocab_size()))
    set_initial_weights(decoder, tokenizer)
    ids = torch.randint(FIRST_TEXT, tokenizer.get_vocab_size(), (1, 400), generator=torch.Generator().manual_seed(1))
    markers = torch.arange(0, 400, 23)
    ids[0, markers] = S0 + 1 + torch.arange(len(markers))
    at = torch.arange(400)
    with torch.no_grad():
        q, k, _ = decoder.model.layers[0].qkv(decoder.embed(ids))  # [1,4,400,64]
        cos, sin = decoder.angles(at)["global"]
        scores = rope(q, cos, sin) @ rope(k, cos, sin).mT  # [1,4,400,400]
        seen = scores.masked_fill(at[:, None] < at, float("-inf")).argmax(-1)[0]  # [4,400]
    expected = {0: at - 1, 1: at - 2, 3: at - 3, 2: at // 23 * 23}
    for head, where in expected.items():
        assert (seen[head] == where)[3:].float().mean() > 0.95, head
    assert sum(p.numel() for p in decoder.gates().values()) <= 0.0015 * decoder.config.parameters()
