"""Turns the residual stream of a decoder so that no channel of it outweighs the others (QuaRot, arXiv 2404.00456).

    turn(decoder)                            # in place; the same function but for rounding; no command line

A rotation R [D,D] goes into what writes the stream (embedding, o_proj, down_proj), its inverse into what reads it,
after the weights of the norms, which stand between the two. So nothing is added at run time, and eight or four bits
lose less. Where something else stands between (Gemma's norms behind attention and MLP) it cannot be done.
"""

import math

import torch
from torch import Tensor

from lab.reference.decoder import Decoder


def allows(decoder: Decoder) -> bool:
    """Whether the residual stream can be turned without anything at run time."""
    return not decoder.config.post_norms


def rotation(width: int, seed: int = 0) -> Tensor:
    """[D,D] float64, orthogonal: a Hadamard matrix of the power of two in D, times a random one of what is left."""
    two = width & -width
    hadamard = torch.ones(1, 1, dtype=torch.float64)
    while len(hadamard) < two:
        hadamard = torch.cat([torch.cat([hadamard, hadamard], 1), torch.cat([hadamard, -hadamard], 1)])
    random = torch.randn(width // two, width // two, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return torch.kron(torch.linalg.qr(random)[0].contiguous(), hadamard / math.sqrt(two))


@torch.no_grad()
def turn(decoder: Decoder, seed: int = 0) -> None:
    """Folds the norms' weights and a rotation into the linears; a tied head becomes one of its own."""
    if not allows(decoder):
        raise ValueError(f"{decoder.config.family}: found norms behind attention and MLP, expected none")
    r = rotation(decoder.config.hidden, seed)
    base = decoder.model

    def read(weight: Tensor, *norm: Tensor) -> Tensor:
        """weight [out,D] of what reads the stream, after a norm's weight [D]"""
        folded = weight.double() * norm[0].double() if norm else weight.double()
        return (folded @ r).to(weight.dtype)

    head = read(base.embed_tokens.weight if decoder.lm_head is None else decoder.lm_head.weight, base.norm.weight)
    base.embed_tokens.weight.copy_(read(base.embed_tokens.weight))
    decoder.untie(head)
    base.norm.weight.fill_(1)
    for layer in base.layers:
        attention = layer.self_attn
        mlp = layer.mlp
        for norm, readers, writer in (
            (layer.input_layernorm, (attention.q_proj, attention.k_proj, attention.v_proj), attention.o_proj),
            (layer.post_attention_layernorm, (mlp.gate_proj, mlp.up_proj), mlp.down_proj),
        ):
            for linear in readers:
                linear.weight.copy_(read(linear.weight, norm.weight))
            norm.weight.fill_(1)
            writer.weight.copy_((r.T @ writer.weight.double()).to(writer.weight.dtype))
            if writer.bias is not None:
                writer.bias.copy_((r.T @ writer.bias.double()).to(writer.bias.dtype))
