"""The memory heads, fitted."""

import pytest
import torch

from lab import ROOT
from lab.finder.tokenizer import open_tokenizer
from lab.reference.decoder import Decoder


@pytest.fixture(scope="module")
def finder():
    """The starting circuits, which the tests change one after another, and their tokenizer."""
    from lab.finder.initial_weights import set_initial_weights
    from lab.finder.pretrain import FINDER

    tokenizer = open_tokenizer(ROOT / "models/finder/tokenizer.json")
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
    assert all(len(t.tokens) == len(t.queries) == len(t.read) == len(t.first) for t in held)
    assert not any((t.tokens == tokenizer.token_to_id("<eos>")).any() for t in held)
    start = accuracy(addresses(decoder), held, filler)
    fit(decoder, tokenizer, "test", rounds=8, steps=60)
    fitted = accuracy(addresses(decoder), held, filler)
    assert fitted > 1.3 * start, (start, fitted)
    for name, rows in changed(decoder, before).items():
        assert name.startswith(("model.layers.4.self_attn.q_proj", "model.layers.4.self_attn.k_proj"))
        assert min(rows) >= N_HEAD
