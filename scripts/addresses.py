"""Fits anew by what the finder's memory is addressed: queries and keys of layer 4's heads of memory, nothing else.

    refit(decoder, tokenizer, "addresses/1")        in place; a minute on two cores

A value is told in one place and asked for in another, and the rows of the two say more than what they share. Canonical
correlation finds the directions in which they agree (of 256 some thirty, above 0.95); each head takes random
projections of these. From there Adam goes on, on rows that are computed once: the loss is that of naming the right one
of a document's values by the weights with which the heads together bring them out of the memory, filler beside it up
to a thousand times over. D: width, n: values that a document tells, f: rows of filler.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from circuits import MEMORY_HEADS, MEMORY_LAYER, N_HEAD, Head
from losses import remembered
from model import Decoder, sigma
from streams import CARRIED, NONE, Placed, Shape, Streams, StreamSampler
from tokenizer import EOS, S0, SAY

SHAPE = Shape(segment=128, segments=6, window=1, batch=4, questions=8)
VALUE_AFTER = (" is", " to", ":")  # in every wording of declared.py
DIRECTIONS, SPREAD, KEY_LEVEL, QUERY_LEVEL = 32, 50.0, -7.0, -8.0  # where Adam begins: length and mean of a head's key
ROUNDS, STEPS, RATE, SHARPNESS = 240, 700, 3e-3, 20.0
FILLER, DECADES = 64, 3.0  # rows of a document, and how many times over they count at most
Address = list[Tensor]  # of a head: q [64,D], its bias [64], k [64,D], its bias [64]


@dataclass
class Told:
    """The values that a document tells: a row of layer 4's input for each of their tokens."""

    asked: Tensor  # [n,D] where the answer's next token is this one
    read: Tensor  # [n,D] where it stands
    tokens: Tensor  # [n]
    filler: Tensor  # [f,D]


class Telling(StreamSampler):
    """Asks for every fact that has left the window."""

    def questions(self, shape: Shape, placed: list[Placed], topic: str) -> Iterator[tuple[int, str, str, list[int]]]:
        sight = (shape.segments - shape.window) * shape.segment
        gone = [p for p in placed if p.fact and p.end <= sight]
        while True:
            for p in gone:
                yield shape.segments, p.fact.question, CARRIED, [SAY, *p.line.tokens, EOS]
            if not gone:
                yield shape.segments, "What is it?", NONE, [S0]


def heads(decoder: Decoder) -> list[Address]:
    """Views of the weights."""
    found = (Head(decoder, MEMORY_LAYER, number) for number in MEMORY_HEADS)
    return [[head.q, head.q_bias, head.k, head.k_bias] for head in found]


@torch.no_grad()
def collect(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int) -> list[Told]:
    sampler, random, seen, told = Telling(tokenizer, seed), Random(seed), [], []
    norm = decoder.model.layers[MEMORY_LAYER].input_layernorm
    hook = norm.register_forward_hook(lambda *made: seen.append(made[2].float()))
    marks = {tokenizer.encode(text, add_special_tokens=False).ids[-1] for text in VALUE_AFTER}
    for number in range(rounds):
        seen.clear()
        sampler.restart(f"{seed}/{number}")
        b = sampler.streams(SHAPE)
        remembered(decoder, b)
        _, read, asked = seen  # of the pinned tokens, of the document, of the questions
        told += [t for i in range(len(b.ids)) if (t := matched(b, i, read[i].flatten(0, 1), asked[i], marks, random))]
    hook.remove()
    return told


def matched(b: Streams, number: int, read: Tensor, asked: Tensor, marks: set[int], random: Random) -> Told | None:
    """read [T,D] and asked [Q,rows,D] of a document's rows → those of the values in it that are asked for."""
    ids, places = b.ids[number].flatten().tolist(), {}  # where a value's token stands: (question, row)
    for question, wanted in enumerate(b.wanted[number].tolist()):
        rows = [row for row, token in enumerate(wanted) if token >= 0]
        sentence = [wanted[row] for row in rows[1:-1]]
        first = next((i for i, token in enumerate(sentence) if token in marks), None)
        starts = (i for i in range(len(ids)) if ids[i : i + len(sentence)] == sentence)
        start = next(starts, None) if first is not None else None
        if start is not None:
            places |= {start + i: (question, rows[1 + i]) for i in range(first + 1, len(sentence))}
    if not places:
        return None
    others = random.sample([i for i in range(len(ids)) if i not in places], FILLER)
    at, tokens = list(places), torch.tensor([ids[i] for i in places])
    return Told(torch.stack([asked[q, row] for q, row in places.values()]), read[at], tokens, read[others])


def weights(some: list[Address], told: Told, filler: float) -> tuple[Tensor, Tensor]:
    """→ with what weight each of the document's tokens [n,t] comes out of the memory where a value is asked for, and
    which of the t it should be [n]."""
    kinds, right = told.tokens.unique(return_inverse=True)
    out = told.asked.new_zeros(len(right), len(kinds))
    for q, q_bias, k, k_bias in some:
        asked, read, others = (sigma(rows @ w.T + bias) for rows, w, bias in (
            (told.asked, q, q_bias), (told.read, k, k_bias), (told.filler, k, k_bias),
        ))  # fmt: skip
        found = asked @ read.T  # [n,n]
        whole = found.sum(1) + filler * (asked @ others.T).sum(1)
        out = out.index_add(1, right, found / (whole[:, None] + 1e-20) / len(some))
    return out, right


def accuracy(some: list[Address], told: list[Told], filler: float = 100.0) -> float:
    """The share of values that come out with the greatest weight."""
    with torch.no_grad():
        right = [out.argmax(1) == wanted for out, wanted in (weights(some, t, filler) for t in told)]
    return torch.cat(right).float().mean().item()


def agreeing(told: list[Told]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Canonical correlation of asked and read rows → projections [DIRECTIONS,D] with biases, of mean length 1."""
    sides, white = [torch.cat([t.asked for t in told]).double(), torch.cat([t.read for t in told]).double()], []
    means = [rows.mean(0) for rows in sides]
    sides = [rows - mean for rows, mean in zip(sides, means, strict=True)]
    for rows in sides:
        values, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
        values = values + 3e-3 * values.mean()
        white.append(vectors @ torch.diag(values.rsqrt()) @ vectors.T)
    u, strength, v = torch.linalg.svd((sides[0] @ white[0]).T @ (sides[1] @ white[1]) / len(sides[0]))
    out = []
    for rows, mean, w, basis in zip(sides, means, white, (u, v.T), strict=True):
        projection = (w @ basis[:, :DIRECTIONS] * strength[:DIRECTIONS].clamp(0, 1).sqrt()).T
        projection = projection / (rows @ projection.T).norm(dim=1).mean()
        out += [projection.float(), -(projection @ mean).float()]
    return tuple(out)


def begun(some: list[Address], told: list[Told], seed: str) -> list[Address]:
    """Heads of random projections of what agrees; how much is written at all stays what it was, on average."""
    a, a_bias, b, b_bias = agreeing(told)
    generator = torch.Generator(a.device).manual_seed(Random(seed).getrandbits(32))
    level = sum(k.mean(0) for _, _, k, _ in some) / len(some)  # [D]
    mean = torch.cat([t.read for t in told]).mean(0) @ level
    out = []
    for _ in some:
        r = torch.randn(N_HEAD, DIRECTIONS, generator=generator, device=a.device)
        r = F.normalize(r, dim=1) * SPREAD * (DIRECTIONS / N_HEAD) ** 0.5
        out.append([r @ a, r @ a_bias + QUERY_LEVEL, r @ b + level, r @ b_bias - mean + KEY_LEVEL])
    return out


def refit(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int = ROUNDS, steps: int = STEPS) -> None:
    told, random = collect(decoder, tokenizer, seed, rounds), Random(seed)
    some = [[t.detach().clone().requires_grad_() for t in head] for head in begun(heads(decoder), told, seed)]
    optimizer = torch.optim.Adam([t for head in some for t in head], lr=RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2 * (1 - step / steps))
        loss = torch.zeros(())
        for t in random.sample(told, 8):
            out, right = weights(some, t, 10 ** random.uniform(0, DECADES))
            loss = loss + F.cross_entropy(SHARPNESS * out, right) / 8
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        for head, new in zip(heads(decoder), some, strict=True):
            for old, fitted in zip(head, new, strict=True):
                old.copy_(fitted)
