"""A turned residual stream: the same function, less lost by rounding."""

from dataclasses import replace

import pytest
import torch

from lab.fixtures import tiny
from lab.reference import rotation
from lab.reference.decoder import Decoder
from tests.artefacts import by_graph, logits, off


def test_a_turned_stream_is_the_same_function(decoder, checkpoint):
    before = logits(decoder)
    rotation.turn(decoder)
    assert off(logits(decoder), before) < 1e-5
    r = rotation.rotation(12)
    assert torch.allclose(r @ r.T, torch.eye(12, dtype=torch.float64))
    assert r.abs().max() < 0.9
    assert off(by_graph(decoder, "fp32", checkpoint), before) < 1e-3  # the embedding in f32


def test_turning_helps_where_one_channel_outweighs_the_others(decoder, checkpoint):
    with torch.no_grad():
        decoder.model.embed_tokens.weight[:, 5] *= 30
        for name, p in decoder.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "gate_proj.weight", "up_proj.weight")):
                p[:, 5] /= 30
        decoder.lm_head.weight[:, 5] /= 30
    want = logits(decoder)
    plain = off(by_graph(decoder, "int8", checkpoint), want)
    rotation.turn(decoder)
    assert off(by_graph(decoder, "int8", checkpoint), want) < 0.7 * plain


def test_norms_behind_attention_do_not_allow_it(decoder):
    gemma = Decoder(replace(tiny.CONFIG, post_norms=True))
    with pytest.raises(ValueError, match="qwen2: found norms behind attention"):
        rotation.turn(gemma)
