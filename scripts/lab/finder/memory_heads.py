"""Fits the queries and keys of the heads that read the finder's memory; no other weights.

    fit(decoder, tokenizer, "addresses/1")        layer 4's heads, in place; two minutes on two cores

A value is written in one place of a document and queried in another. `init` starts from canonical correlation analysis
of the rows at both places (`cca`: some thirty of 256 directions correlate above 0.95), of which each head takes random
projections, and from a linear discriminant between values and filler (`lda`), which goes into its keys. `optimize`
continues with Adam on rows that are computed once: the cross entropy of choosing the right one of a document's values
by the weights with which the heads together read them out of the memory, with up to two million tokens of filler in it.
D: width, n: values that a document tells, f: rows of filler. Rows are a layer's input, normalised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from lab.finder.initial_weights import MEMORY_HEADS, MEMORY_LAYER, N_HEAD, Head
from lab.finder.losses import memory_logits
from lab.finder.memory_samples import CARRIED, NONE, MemoryBatch, MemorySampler, PlacedLine
from lab.finder.tokenizer import EOS, S0, SAY
from lab.reference.decoder import Decoder, sigma
from lab.train.samples import BatchShape

SHAPE = BatchShape(segment=128, segments=6, window=1, batch=4, questions=8)
VALUE_AFTER = (" is", " to", ":")  # in every wording of corpus/facts.py
DIRECTIONS = 32
SPREAD = 50.0
KEY_LEVEL = -7.0  # where Adam begins: mean of a head's keys
QUERY_LEVEL = -8.0  # of its queries
GAP = 16.0  # nats between what is written of a value and of filler, where Adam begins
ROUNDS = 240
SILENT = 60
STEPS = 700
RATE = 3e-3
SHARPNESS = 20.0
FILLER = 4096  # rows of filler a step
TOKENS = (1.0, 6.3)  # decades of tokens that they count for
EVERY = 0.05  # weight of what each head alone brings out
Address = list[Tensor]  # of a head: q [64,D], its bias [64], k [64,D], its bias [64]


@dataclass
class DocumentValues:
    """The values that a document tells: a row for each of their tokens."""

    queries: Tensor  # [n,D] where the answer's next token is this one
    read: Tensor  # [n,D] where it stands
    tokens: Tensor  # [n]
    first: Tensor  # [n] bool: a value begins


class FactSampler(MemorySampler):
    """Asks for every fact that has left the window."""

    def questions(
        self, shape: BatchShape, placed: list[PlacedLine], topic: str
    ) -> Iterator[tuple[int, str, str, list[int]]]:
        """Every fact that has left the window, over and over."""
        sight = (shape.segments - shape.window) * shape.segment
        gone = [p for p in placed if p.fact and p.end <= sight]
        while True:
            for p in gone:
                yield shape.segments, p.fact.question, CARRIED, [SAY, *p.line.tokens, EOS]
            if not gone:
                yield shape.segments, "What is it?", NONE, [S0]


class FillerSampler(FactSampler):
    """Documents without facts; half of their sentences hold a word that elsewhere introduces one."""

    def document(self, shape: BatchShape, facts: int, topic: str):
        """A document without facts."""
        return super().document(shape, 0, topic)

    def colour(self, topic: str) -> str:
        """A sentence of filler; half of them hold a word that elsewhere introduces a fact."""
        text = super().colour(topic)
        return self.misleading(text) if self.write.chance(0.5) else text


def addresses(decoder: Decoder) -> list[Address]:
    """Views of the weights."""
    some = [Head(decoder, MEMORY_LAYER, number) for number in MEMORY_HEADS]
    return [[head.q, head.q_bias, head.k, head.k_bias] for head in some]


def rows(
    decoder: Decoder, sampler: MemorySampler, seeds: Iterator[str]
) -> Iterator[tuple[MemoryBatch, Tensor, Tensor]]:
    """Of documents, one batch after another: rows of their tokens [B,T,D] and of the questions [B,Q,rows,D]."""
    for seed in seeds:
        sampler.restart(seed)
        b = sampler.batch(SHAPE)
        seen = []
        norm = decoder.model.layers[MEMORY_LAYER].input_layernorm
        hook = norm.register_forward_hook(lambda _, __, y, seen=seen: seen.append(y.float()))
        try:
            memory_logits(decoder, b)
        finally:
            hook.remove()
        _, document, queries = seen  # before them the pinned tokens
        yield b, document.flatten(1, 2), queries


@torch.no_grad()
def collect_values(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int) -> list[DocumentValues]:
    """The values that are asked for in so many batches of documents."""
    seeds = (f"{seed}/{number}" for number in range(rounds))
    marks = {tokenizer.encode(text, add_special_tokens=False).ids[-1] for text in VALUE_AFTER}
    batches = rows(decoder, FactSampler(tokenizer, seed), seeds)
    found = (match_values(b, i, read, queries, marks) for b, read, queries in batches for i in range(len(b.ids)))
    return [told for told in found if told]


@torch.no_grad()
def collect_filler(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int) -> Tensor:
    """Every second row of documents that tell nothing: [f,D]."""
    seeds = (f"{seed}/silent/{number}" for number in range(rounds))
    found = [read for _, read, _ in rows(decoder, FillerSampler(tokenizer, seed), seeds)]
    return torch.cat([read.flatten(0, 1)[::2] for read in found])


def match_values(b: MemoryBatch, number: int, read: Tensor, queries: Tensor, marks: set[int]) -> DocumentValues | None:
    """A document's rows → those of the values in it that are asked for."""
    ids = b.ids[number].flatten().tolist()
    places = {}  # where a value's token stands: (question, row, whether first)
    for question, targets in enumerate(b.targets[number].tolist()):
        answer = [row for row, token in enumerate(targets) if token >= 0]
        sentence = [targets[row] for row in answer[1:-1]]
        first = next((i for i, token in enumerate(sentence) if token in marks), None)
        starts = (i for i in range(len(ids)) if ids[i : i + len(sentence)] == sentence)
        start = next(starts, None) if first is not None else None
        if start is not None:
            values = range(first + 1, len(sentence))
            places |= {start + i: (question, answer[1 + i], i == first + 1) for i in values}
    if not places:
        return None
    at = list(places)
    tokens = torch.tensor([ids[i] for i in places])
    return DocumentValues(
        torch.stack([queries[number, question, row] for question, row, _ in places.values()]),
        read[number, at],
        tokens,
        torch.tensor([first for *_, first in places.values()]),
    )


def filler_memory(some: list[Address], filler: Tensor) -> list[Tensor]:
    """What each head's memory holds of filler: [64]."""
    return [sigma(filler @ k.T + k_bias).sum(0) for _, _, k, k_bias in some]


def value_weights(some: list[Address], told: DocumentValues, beside: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """→ with what weight each of the document's different tokens [n,t] comes out of the memory where a value is asked
    for, `beside` all else that the heads hold; which of the t it should be [n]; its weight in each head [h,n]."""
    kinds, right = told.tokens.unique(return_inverse=True)
    out = told.tokens.new_zeros(len(right), len(kinds)).float()
    alone = []
    for (q, q_bias, k, k_bias), rest in zip(some, beside, strict=True):
        queries = sigma(told.queries @ q.T + q_bias)
        read = sigma(told.read @ k.T + k_bias)
        found = queries @ read.T  # [n,n]
        share = found / (found.sum(1) + queries @ rest + 1e-20)[:, None]
        by_kind = torch.zeros_like(out).index_add(1, right, share)
        out = out + by_kind / len(some)
        alone = [*alone, by_kind.gather(1, right[:, None])[:, 0]]
    return out, right, torch.stack(alone)


@torch.no_grad()
def accuracy(some: list[Address], told: list[DocumentValues], filler: Tensor, tokens: float = 65_536) -> float:
    """The share of values that come out with the greatest weight, so many tokens of filler beside a document."""
    beside = [t * tokens / len(filler) for t in filler_memory(some, filler)]
    right = [out.argmax(1) == targets for out, targets, _ in (value_weights(some, t, beside) for t in told)]
    return torch.cat(right).float().mean().item()


def covariance(rows: Tensor) -> Tensor:
    """[·,D] → their covariance [D,D]."""
    centred = rows.double() - rows.double().mean(0)
    return centred.T @ centred / len(rows)


def cca(told: list[DocumentValues]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Canonical correlation of asked and read rows → projections [DIRECTIONS,D] with biases, of mean length 1."""
    sides = [torch.cat([t.queries for t in told]).double(), torch.cat([t.read for t in told]).double()]
    white = []
    means = [rows.mean(0) for rows in sides]
    for rows in sides:
        values, vectors = torch.linalg.eigh(covariance(rows))
        values = values + 3e-3 * values.mean()
        white.append(vectors @ torch.diag(values.rsqrt()) @ vectors.T)
    sides = [rows - mean for rows, mean in zip(sides, means, strict=True)]
    u, strength, v = torch.linalg.svd((sides[0] @ white[0]).T @ (sides[1] @ white[1]) / len(sides[0]))
    out = []
    for rows, mean, w, basis in zip(sides, means, white, (u, v.T), strict=True):
        projection = (w @ basis[:, :DIRECTIONS] * strength[:DIRECTIONS].clamp(0, 1).sqrt()).T
        projection = projection / (rows @ projection.T).norm(dim=1).mean()
        out += [projection.float(), -(projection @ mean).float()]
    return tuple(out)


def lda(told: list[DocumentValues], filler: Tensor) -> tuple[Tensor, Tensor]:
    """Linear discriminant of values and filler [f,D] → [D] and a bias: 0 at a value, -GAP at filler, on average."""
    values = torch.cat([t.read for t in told])
    within = (covariance(values) + covariance(filler)) / 2
    between = values.double().mean(0) - filler.double().mean(0)
    w = torch.linalg.solve(within + 1e-3 * within.diag().mean() * torch.eye(len(within)).double(), between)
    w = w / (between @ w) * GAP
    return w.float(), -(w @ values.double().mean(0)).float()


def init(told: list[DocumentValues], filler: Tensor, seed: str) -> list[Address]:
    """Random projections of what agrees, filler kept out."""
    a, a_bias, b, b_bias = cca(told)
    level, level_bias = lda(told, filler)
    generator = torch.Generator(a.device).manual_seed(Random(seed).getrandbits(32))
    out = []
    for _ in MEMORY_HEADS:
        r = torch.randn(N_HEAD, DIRECTIONS, generator=generator, device=a.device)
        r = F.normalize(r, dim=1) * SPREAD * (DIRECTIONS / N_HEAD) ** 0.5
        out.append([r @ a, r @ a_bias + QUERY_LEVEL, r @ b + level, r @ b_bias + level_bias + KEY_LEVEL])
    return out


def optimize(some: list[Address], told: list[DocumentValues], filler: Tensor, seed: str, steps: int) -> list[Address]:
    """`some` after so many steps of Adam."""
    random = Random(seed)
    generator = torch.Generator("cpu").manual_seed(Random(seed).getrandbits(32))
    some = [[t.detach().clone().requires_grad_() for t in head] for head in some]
    optimizer = torch.optim.Adam([t for head in some for t in head], lr=RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2 * (1 - step / steps))
        chosen = torch.randint(len(filler), (FILLER,), generator=generator, device="cpu")
        held = filler_memory(some, filler[chosen])
        loss = torch.zeros(())
        for t in random.sample(told, min(8, len(told))):
            times = 10 ** random.uniform(*TOKENS) / FILLER
            out, right, alone = value_weights(some, t, [rest * times for rest in held])
            entropy = F.cross_entropy(SHARPNESS * out, right, reduction="none")
            loss = loss + (entropy * (1 + t.first)).mean() / 8 - EVERY * (alone + 1e-4).log().mean() / 8
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return some


@torch.no_grad()
def assign(fitted: list[Address], decoder: Decoder) -> None:
    """Puts fitted rows into the decoder."""
    for old, new in zip(addresses(decoder), fitted, strict=True):
        for there, tensor in zip(old, new, strict=True):
            there.copy_(tensor)


def fit(decoder: Decoder, tokenizer: Tokenizer, seed: str, rounds: int = ROUNDS, steps: int = STEPS) -> None:
    """Fits the memory's heads anew, in place; rounds: batches of documents; steps: of Adam."""
    told = collect_values(decoder, tokenizer, seed, rounds)
    filler = collect_filler(decoder, tokenizer, seed, max(1, rounds * SILENT // ROUNDS))
    start = init(told, filler, seed)
    assign(optimize(start, told, filler, seed, steps), decoder)
