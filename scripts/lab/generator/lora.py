"""Low-rank adapters (LoRA, arXiv 2106.09685) beside the frozen projections of a decoder's attention.

    adapter = attach(decoder, rank=16)         # name → LoraLinear; y = W x + scale · B (A x)
    loss = answer_loss(decoder, sample.ids, sample.answer)

B is nought at first: then the decoder is the base. Shapes: r rank, T tokens of a sample, n of its answer.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.reference.decoder import Decoder
from lab.reference.halves import in_halves

# The projections that an adapter changes; all others keep the file's own integers in the model folder.
TOUCHED = ("q_proj", "k_proj", "v_proj", "o_proj")
# What B (A x) is multiplied by.
SCALE = 2.0


class LoraLinear(nn.Module):
    """A frozen product and an adapter beside it."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.weight = base.weight
        (outputs, inputs) = base.weight.shape
        self.lora_a = nn.Parameter(torch.randn(rank, inputs) / inputs**0.5)
        self.lora_b = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] → [..., out]."""
        return F.linear(x, self.weight) + F.linear(F.linear(x, self.lora_a), self.lora_b * SCALE)


def attach(decoder: Decoder, rank: int) -> dict[str, LoraLinear]:
    """Puts adapters into a decoder → each by its matrix's name; raises ValueError for projections with a bias."""
    found = {}
    for number, layer in enumerate(decoder.model.layers):
        for name in TOUCHED:
            base = getattr(layer.self_attn, name)
            if base.bias is not None:
                raise ValueError(f"found a bias in {name} of layer {number}, expected none")
            found[f"model.layers.{number}.self_attn.{name}"] = adapted = LoraLinear(base, rank)
            setattr(layer.self_attn, name, adapted)
    return found


def parameters(adapter: dict[str, LoraLinear]) -> dict[str, nn.Parameter]:
    """What is trained, by name."""
    return {
        f"{name}.{part}": getattr(linear, part) for name, linear in adapter.items() for part in ("lora_a", "lora_b")
    }


def answer_logits(decoder: Decoder, ids: list[int], answer: int) -> Tensor:
    """The logits [n, V] that the answer's tokens come from, float32; in bfloat16 where the base is."""
    with torch.autocast("cpu", torch.bfloat16, enabled=in_halves(decoder)):
        hidden = decoder(torch.tensor([ids[:-1]]))[0, -answer:]  # [n, D]
        return decoder.logits(hidden).float()  # [n, V]


def answer_loss(decoder: Decoder, ids: list[int], answer: int) -> Tensor:
    """Nats of an answer's tokens, summed: the last `answer` of ids [T]."""
    return F.cross_entropy(answer_logits(decoder, ids, answer), torch.tensor(ids[-answer:]), reduction="sum")
