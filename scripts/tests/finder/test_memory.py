"""What trains the memory: streams true to their facts, all segments at once equal to one after another, gates alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lab import ROOT
from lab.corpus.facts import Declarer
from lab.corpus.lexicon import topics
from lab.corpus.questions import Questions
from lab.finder.memory_samples import CARRIED, CITED, KINDS, NONE, SAID, TOPIC, MemorySampler
from lab.finder.tokenizer import END_DOC, EOS, PAD, QUOTE, S0, SAY, open_tokenizer, train
from lab.reference.checkpoint import save
from lab.reference.config import Config
from lab.reference.decoder import Decoder
from lab.reference.parallel import ask, plain_attention
from lab.reference.state import Sizes, State, run
from lab.train.samples import BatchShape


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("memory")
    train(3, texts=60).save(str(path / "tokenizer.json"))
    return path


@pytest.fixture(scope="module")
def tokenizer(folder):
    return open_tokenizer(folder / "tokenizer.json")


def random_decoder(vocabulary: int, **changes) -> Decoder:
    shape = {"hidden": 32, "layers": 3, "heads": 4, "kv_heads": 2, "head_dim": 8, "ff": 40, "tied": True}
    torch.manual_seed(5)
    decoder = Decoder(Config("qwen2", vocabulary=vocabulary, qkv_bias=True, **(shape | changes)))
    with torch.no_grad():
        for name, p in decoder.named_parameters():
            if "gate" in name or name.endswith("bias"):
                p.copy_(torch.randn(p.shape) * 0.5)
    return decoder


@pytest.mark.parametrize("window", [1, 2, 3])
def test_all_segments_at_once_are_one_after_another(window):
    decoder = random_decoder(100)
    S = 4
    P = 2
    n = 6
    start = torch.tensor([1, 3])
    ids = torch.randint(5, 100, (2, n, S))
    asked = torch.randint(5, 100, (2, 3, 5))
    cut = torch.tensor([[1, 3, 6], [6, 2, 5]])
    with torch.no_grad():
        together = decoder.logits(ask(decoder, start, ids, window, asked, cut))  # [2,3,5,V]
        for b, q in np.ndindex(2, 3):
            sizes = Sizes(S, P, window * S)
            _, state = run(decoder, State.empty(decoder), start, sizes, True)
            for segment in ids[b, : cut[b, q]]:
                _, state = run(decoder, state, segment, sizes)
            alone, after = run(decoder, state, asked[b, q], sizes)
            assert after.absorbed == max(0, (cut[b, q] - window) * S + 5)
            assert torch.allclose(together[b, q], alone, atol=1e-4)


def test_plain_attention_is_the_fused_one():
    attention = random_decoder(100, heads=2, kv_heads=2, head_dim=16).model.layers[0].self_attn
    q, k, v = torch.randn(3, 2, 2, 5, 16)
    seen = torch.ones(2, 1, 5, 5, dtype=torch.bool).tril()
    assert torch.allclose(plain_attention(attention, q, k, v, seen), attention.local(q, k, v, seen), atol=1e-5)


def test_a_weight_is_a_segment_read_so_often():
    decoder = random_decoder(100)
    S = 4
    times = 3
    filler = torch.randint(5, 100, (1, 1, S))
    rest = torch.randint(5, 100, (1, 2, S))
    asked = torch.randint(5, 100, (1, 1, 5))
    start = torch.tensor([1, 3])
    with torch.no_grad():
        # one layer: a segment read again is the same again only where nothing before it is seen
        decoder.model.layers = decoder.model.layers[:1]
        often = torch.cat([filler] * times + [rest], 1)
        real = ask(decoder, start, often, 1, asked, torch.tensor([[times + 2]]))
        weighted = ask(
            decoder, start, torch.cat([filler, rest], 1), 1, asked, torch.tensor([[3]]), torch.tensor([[3.0, 1, 1]])
        )
    assert torch.allclose(real, weighted, atol=1e-5)


def test_facts_are_told_and_asked_with_the_same_words():
    declarer = Declarer(Questions("test/declared"))
    facts = [declarer.fact() for _ in range(60)]
    assert len({f.sentence for f in facts}) == 60
    for fact in facts:
        assert fact.value in fact.sentence
        assert fact.value not in fact.question
        assert "{" not in fact.sentence + fact.question
    assert len(topics()) >= 12
    assert all(len(words) >= 35 for words in topics().values())


def test_streams(tokenizer):
    def make(seed):
        return MemorySampler(tokenizer, seed).batch(BatchShape(32, 10, 2, 3, 12, 3.0))

    b = make("train/1")
    again = make("train/1")
    assert (b.ids == again.ids).all()
    assert (b.asked == again.asked).all()
    assert (b.ids != make("test/1").ids).any()
    assert set(b.kind.flatten()) == set(range(len(KINDS)))
    for document, weights, *rest in zip(b.ids, b.weights, b.asked, b.wanted, b.cut, b.kind, strict=True):
        text = document.reshape(-1)
        assert set(np.unique(weights)) in ({1.0}, {1.0, weights.max()})
        for asked, wanted, cut, kind in zip(*rest, strict=True):
            answer = wanted[wanted >= 0]
            first = int((wanted >= 0).argmax())
            assert (asked[0], asked[first]) == (END_DOC, QUOTE)
            assert (asked[first + 1 : first + 1 + len(answer)] == answer).all()
            assert (asked[first + 1 + len(answer) :] == PAD).all()
            sight = text[max(0, cut - 2) * 32 : cut * 32]
            gone = " ".join(map(str, text[: max(0, cut - 2) * 32]))
            if KINDS[kind] == CITED:
                assert len(answer) == 1
                assert answer[0] in sight
            elif KINDS[kind] in (SAID, CARRIED):
                assert (answer[0], answer[-1]) == (SAY, EOS)
                where = gone if KINDS[kind] == CARRIED else " ".join(map(str, sight))
                assert " ".join(map(str, answer[1:-1])) in where
            elif KINDS[kind] == TOPIC:
                assert tokenizer.decode(answer).strip(" .").split()[-1] in topics()
            else:
                assert KINDS[kind] == NONE
                assert answer.tolist() == [S0]


def test_only_gates_train(folder):
    """The program itself: the base stays bit for bit, the share is stated, step 0 is the base."""
    from safetensors.torch import load_file

    checkpoint = folder / "checkpoint"
    decoder = random_decoder(6656, hidden=64, layers=3, heads=2, kv_heads=2, head_dim=32, ff=64)
    with torch.no_grad():
        for layer in decoder.model.layers:
            layer.self_attn.gate.w2.zero_()
    save(decoder, checkpoint, gates=False)
    (folder / "tokenizer.json").rename(checkpoint / "tokenizer.json")
    before = load_file(checkpoint / "model.safetensors")
    command = [sys.executable, "-m", "lab.finder.ssft", str(checkpoint), "--minutes", "0.03", "--rounds", "1"]
    said = subprocess.run([*command, "--segment", "32"], capture_output=True, text=True, check=True).stdout
    after = load_file(checkpoint / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    gates = load_file(checkpoint / "gates.safetensors")
    share = sum(t.numel() for t in gates.values()) / sum(t.numel() for t in before.values())
    assert 0 < share <= 0.0015
    assert f"{share:.3%}" in said
    assert "gates shut: " in said
    assert any(t.abs().max() > 0 for name, t in gates.items() if name.endswith("w2"))
    (checkpoint / "ssft.pt").unlink(missing_ok=True)
    refused = subprocess.run([*command[:4], "--minutes", "1"], capture_output=True, text=True)
    assert refused.returncode
    assert "has trained gates" in refused.stderr


def test_the_starting_circuits_tell_the_topic():
    """Before any training, of twelve documents: most of 3,000 tokens; one in sixteen by chance. The codes are far
    apart."""
    from lab.finder.initial_weights import Part, hamming_codes, set_initial_weights
    from lab.finder.losses import memory_logits
    from lab.finder.pretrain import FINDER

    codes = hamming_codes()
    assert all((codes[i] != codes[j]).sum() >= 3 for i in range(16) for j in range(i))
    tokenizer = open_tokenizer(ROOT / "models/demo/tokenizer.json")
    decoder = Decoder(FINDER)
    set_initial_weights(decoder, tokenizer)
    for layer in decoder.model.layers[:3]:
        assert not layer.self_attn.o_proj.weight[Part.TOPIC].any()
        assert not layer.mlp.down_proj.weight[Part.TOPIC].any()
    names = torch.tensor([tokenizer.encode(f" {name}").ids[0] for name in topics()])  # [16]
    right = asked = 0
    for number in range(6):
        if asked == 12:
            break
        b = MemorySampler(tokenizer, f"topic/{number}").batch(BatchShape(128, 24, 2, 3, 40))
        with torch.no_grad():
            logits, wanted, _, question = memory_logits(decoder, b)
        for document in range(3):
            first = next((q for q in range(40) if KINDS[b.kind[document, q]] == TOPIC), None)
            if first is None or asked == 12:
                continue
            first += 40 * document
            at = next(r for r in (question == first).nonzero()[:, 0].tolist() if wanted[r] in names)
            right += int(logits[at].argmax() == wanted[at])
            asked += 1
    assert asked == 12
    assert right >= 8, right


def test_alike_facts_differ_in_what_they_are_about():
    declarer = Declarer(Questions("test/alike"), alike=True)
    told = [declarer.fact() for _ in range(12)]
    assert len(declarer.wordings) <= 4
    assert len({fact.sentence for fact in told}) == 12


@pytest.fixture(scope="module")
def finder():
    """The starting circuits, which the tests change one after another, and their tokenizer."""
    from lab.finder.initial_weights import set_initial_weights
    from lab.finder.pretrain import FINDER

    tokenizer = open_tokenizer(ROOT / "models/demo/tokenizer.json")
    decoder = Decoder(FINDER)
    set_initial_weights(decoder, tokenizer)
    return decoder, tokenizer


def changed(decoder: Decoder, before: dict[str, torch.Tensor]) -> dict[str, list[int]]:
    """name → the rows that are no longer what they were."""
    different = {name: p != before[name] for name, p in decoder.named_parameters()}
    return {name: d.nonzero()[:, 0].unique().tolist() for name, d in different.items() if d.any()}


def test_addresses_fitted_anew_tell_more_values_apart(finder):
    """Held-out documents; nothing but these rows of queries and keys changes."""
    from lab.finder.initial_weights import N_HEAD
    from lab.finder.memory_heads import accuracy, addresses, collect_filler, collect_values, fit

    decoder, tokenizer = finder
    before = {name: p.detach().clone() for name, p in decoder.named_parameters()}
    held, filler = (f(decoder, tokenizer, "held out", 3) for f in (collect_values, collect_filler))
    assert held
    assert all(len(t.tokens) == len(t.asked) == len(t.read) == len(t.first) for t in held)
    assert not any((t.tokens == tokenizer.token_to_id("<eos>")).any() for t in held)
    start = accuracy(addresses(decoder), held, filler)
    fit(decoder, tokenizer, "test", rounds=8, steps=60)
    fitted = accuracy(addresses(decoder), held, filler)
    assert fitted > 1.3 * start, (start, fitted)
    for name, rows in changed(decoder, before).items():
        assert name.startswith(("model.layers.4.self_attn.q_proj", "model.layers.4.self_attn.k_proj"))
        assert min(rows) >= N_HEAD
