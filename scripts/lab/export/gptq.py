"""Rounds a decoder's matrices one after another so that what they put out stays (GPTQ, arXiv 2210.17323).

    kept = rounded(decoder, pieces(layout, citation, text, 512), "int4")    # what graph.build takes; no command line

A column's rounding error is made up for by the columns after it, as far as the inputs of a calibration text allow: by
H = Σ x xᵀ over its tokens. The most active columns come first (act-order), on the scales of rounding to nearest
(static groups), so blocks stay those of graph.quantize4. Layer by layer: the inputs of a matrix are computed with all
before it already rounded. Attention is plain and causal: what a memory would mix in is not in H.

Not by a library: GPTQModel and llm-compressor want a model class of transformers and many packages, and pack for
kernels of their own; ONNX Runtime's gptq_quantize (1.28) passes no error on (it reads the empty half of a triangular
factor: 99.6 % of its steps are the nearest) and rounds what it made once more.

Beside the decoder (4 bytes a weight) memory holds what is kept (0.63 bytes a weight in int4, 1 in int8), and a copy of
one layer, the hidden states (4·n·D bytes of n tokens), 24·F² bytes for H of the widest input F and its factor, 16·F
bytes of each of ROWS; then 9 bytes a weight of lm_head. Of Llama-3.2-3B in int4: 12.8 + 2.0 + max(0.4 + 0.2 + 1.6 +
0.3, 3.5) = 18.3 GB.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from tqdm import tqdm

from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.export.rounding import BITS, BLOCK, Rounded, dequantized, pack_int4, round_int4, round_int8
from lab.reference.decoder import Decoder, Layer
from lab.reference.prompt_template import PromptTemplate

DAMPING = 0.01  # of the mean of H's diagonal
COLUMNS = 128  # after so many the columns behind them are made up for; a multiple of graph.BLOCK
TOKENS = 16384  # of calibration, at most
LEAST = 2048  # at least
LENGTH = 512  # tokens of a piece, at most
ROWS = 2048  # tokens that run at once
STAGES = (  # matrices of a layer that have one input, in the order in which they compute
    ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    ("self_attn.o_proj",),
    ("mlp.gate_proj", "mlp.up_proj"),
    ("mlp.down_proj",),
)

Solved = tuple[Tensor, Tensor]  # what `solved` makes of H


class TooShort(ValueError):
    """The calibration text is not enough to round by."""


def generated() -> str:
    """Documents that nothing is measured by."""
    return "\n\n".join(make_document(2048, f"{seeds.GPTQ}/{n}").text for n in range(2 * TOKENS // 2048))


def pieces(prompt_template: PromptTemplate, citation: dict | None, text: str, length: int) -> Tensor:
    """text → prompts [B,T] of about `length` tokens, spread evenly over it; raises TooShort."""
    start = prompt_template.encode(prompt_template.prompt["start"])
    ask = prompt_template.encode(prompt_template.prompt["ask"], question=" Where is it?")
    body = prompt_template.lines(text, citation)
    around = len(start) + len(ask)
    room = max(length - around, length // 2)
    if len(body) < LEAST:
        raise TooShort(f"found {len(body)} tokens to calibrate on, expected {LEAST:,} or more")
    firsts = range(0, len(body) - room + 1, room)
    count = min(len(firsts), TOKENS // (room + around))
    chosen = [firsts[i * len(firsts) // count] for i in range(count)]
    return torch.tensor([[*start, *body[a : a + room], *ask] for a in chosen])


@torch.no_grad()
def rounded(decoder: Decoder, pieces: Tensor, precision: str) -> dict[str, Rounded]:
    """By matrix, named as in the state_dict without `.weight`; pieces [B,T]. The decoder stays as it is."""
    kept = {}
    T = pieces.shape[1]
    angles = decoder.angles(torch.arange(T))  # [T,r/2] twice
    masks = decoder.masks(T, 0, pieces.device)  # [T,T]
    parts = decoder.embed(pieces).split(max(1, ROWS // T))  # [·,T,D] each
    layers = tqdm(decoder.model.layers, unit="layer", disable=not sys.stderr.isatty(), leave=False)
    for i, layer in enumerate(layers):
        about = *angles[layer.kind], masks[layer.kind]
        for name, made in through(copy.deepcopy(layer), parts, about, BITS[precision]):
            kept[f"model.layers.{i}.{name}"] = made
    head = decoder.model.embed_tokens if decoder.lm_head is None else decoder.lm_head
    inputs = solved(sum(squares(decoder.model.norm(part)) for part in parts))
    return kept | {"lm_head": matrix(head.weight, inputs, 8)}


def through(
    layer: Layer, parts: tuple[Tensor, ...], about: tuple[Tensor, ...], bits: int
) -> Iterator[tuple[str, Rounded]]:
    """Rounds a layer in place, name by name, then runs parts [·,T,D] through it, in place; about: as its forward."""
    for names in STAGES:
        linears = {name: layer.get_submodule(name) for name in names}
        inputs = solved(hessian(linears[names[0]], lambda: [layer(part, *about) for part in parts]))
        for name, linear in linears.items():
            made = matrix(linear.weight, inputs, bits)
            linear.weight.copy_(torch.from_numpy(dequantized(made, linear.in_features)))
            yield name, made
    for part in parts:
        part.copy_(layer(part, *about))


def squares(x: Tensor) -> Tensor:
    """x [...,in] → Σ x xᵀ [in,in] float64; the 2 in the paper's H is of no effect."""
    x = x.flatten(0, -2)
    return (x.T @ x).double()


def hessian(linear: nn.Linear, run: Callable[[], object]) -> Tensor:
    """Of what reaches a linear while something runs: [in,in] float64."""
    h = torch.zeros(linear.in_features, linear.in_features, dtype=torch.float64)

    def see(_: nn.Module, inputs: tuple[Tensor]) -> None:
        h.add_(squares(inputs[0]))

    hook = linear.register_forward_pre_hook(see)
    try:
        run()
    finally:
        hook.remove()
    return h


def solved(h: Tensor) -> Solved:
    """h [in,in] float64, damped in place → the order of the columns, the most active first, and by that order U
    [in,in] float32, upper triangular, UᵀU = H⁻¹."""
    h.diagonal().add_(DAMPING * h.diagonal().mean() or 1.0)  # 1: nothing ever came
    order = h.diagonal().argsort(descending=True, stable=True)
    h = h[order.flip(0)][:, order.flip(0)]
    h = torch.linalg.cholesky(h)  # L Lᵀ; turned round, H = R Rᵀ with R upper, so U = R⁻¹
    h = torch.linalg.solve_triangular(h, torch.eye(len(h), dtype=h.dtype), upper=False)
    return order, h.flip(0, 1).float()


def matrix(weight: Tensor, inputs: Solved, bits: int) -> Rounded:
    """weight [out,in] → what graph.quantize4 or graph.quantize would give, with other steps on the same scales."""
    (order, u) = inputs
    exact = weight.detach().float().T  # [in,out]
    block, (low, high) = (BLOCK, (-8, 7)) if bits == 4 else (len(exact), (-127, 127))
    scales = {4: round_int4, 8: round_int8}[bits](exact.numpy())[1]  # [out·blocks]
    by_block = torch.from_numpy(scales).view(exact.shape[1], -1).T  # [blocks,out]
    inverse = torch.where(by_block == 0, 0, 1 / by_block)
    w = exact[order]  # [in,out] by the order
    steps = torch.empty(exact.shape, dtype=torch.int8)  # [in,out]
    for a in range(0, len(w), COLUMNS):
        b = min(a + COLUMNS, len(w))
        errors = torch.empty(b - a, w.shape[1])
        for i, column in enumerate(order[a:b].tolist(), a):
            steps[column] = step = (w[i] * inverse[column // block]).round().clamp(low, high)
            errors[i - a] = (w[i] - step * by_block[column // block]) / u[i, i]
            w[i + 1 : b].addr_(u[i, i + 1 : b], errors[i - a], alpha=-1)
        w[b:].addmm_(u[a:b, b:].T, errors, alpha=-1)
    return (pack_int4(steps.numpy()) if bits == 4 else steps.numpy()), scales
