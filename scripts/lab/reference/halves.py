"""Products in bfloat16 on a CPU that multiplies these: a decoder's matrices, the rest stays in float32.

if multiplies_halves():
    to_halves(decoder)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = decoder(ids)
"""

from __future__ import annotations

import torch
from torch import nn

from lab.reference.decoder import Decoder


def multiplies_halves() -> bool:
    """Whether products in bfloat16 are quicker than in float32: without instructions for it they are much slower."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def to_halves(decoder: Decoder) -> None:
    """The weights of products in bfloat16, lm_head's a copy of its own."""
    if decoder.lm_head is None:
        decoder.untie(decoder.model.embed_tokens.weight.detach().bfloat16())
    for module in decoder.modules():
        if isinstance(module, nn.Linear):
            module.weight = nn.Parameter(module.weight.detach().bfloat16(), requires_grad=False)


def in_halves(decoder: Decoder) -> bool:
    """Whether to_halves made its products so."""
    return decoder.model.layers[0].mlp.up_proj.weight.dtype == torch.bfloat16
