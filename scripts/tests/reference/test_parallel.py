"""All segments at once are one after another."""

import numpy as np
import pytest
import torch

from lab.reference.config import Config
from lab.reference.decoder import Decoder
from lab.reference.parallel import ask, plain_attention
from lab.reference.state import Sizes, State, run


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
    queries = torch.randint(5, 100, (2, 3, 5))
    after = torch.tensor([[1, 3, 6], [6, 2, 5]])
    with torch.no_grad():
        together = decoder.logits(ask(decoder, start, ids, window, queries, after))  # [2,3,5,V]
        for b, q in np.ndindex(2, 3):
            sizes = Sizes(S, P, window * S)
            _, state = run(decoder, State.empty(decoder), start, sizes, True)
            for segment in ids[b, : after[b, q]]:
                _, state = run(decoder, state, segment, sizes)
            alone, end = run(decoder, state, queries[b, q], sizes)
            assert end.absorbed == max(0, (after[b, q] - window) * S + 5)
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
    queries = torch.randint(5, 100, (1, 1, 5))
    start = torch.tensor([1, 3])
    with torch.no_grad():
        # one layer: a segment read again is the same again only where nothing before it is seen
        decoder.model.layers = decoder.model.layers[:1]
        often = torch.cat([filler] * times + [rest], 1)
        real = ask(decoder, start, often, 1, queries, torch.tensor([[times + 2]]))
        weighted = ask(
            decoder, start, torch.cat([filler, rest], 1), 1, queries, torch.tensor([[3]]), torch.tensor([[3.0, 1, 1]])
        )
    assert torch.allclose(real, weighted, atol=1e-5)


def test_a_foreign_memory_is_that_of_the_document_before():
    decoder = random_decoder(100)
    start = torch.tensor([1, 3])
    ids = torch.randint(5, 100, (2, 4, 4))
    queries = torch.randint(5, 100, (1, 1, 5)).expand(2, 1, 5)
    after = torch.full((2, 1), 4)
    with torch.no_grad():
        own, foreign = (ask(decoder, start, ids, 1, queries, after, foreign=told) for told in (False, True))
        alike = ids[:1].expand(2, 4, 4)
        assert torch.allclose(ask(decoder, start, alike, 1, queries, after, foreign=True)[0], own[0], atol=1e-5)
    assert not torch.allclose(own, foreign, atol=1e-3)
