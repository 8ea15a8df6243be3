"""What a step's batches come to: cross entropies to go down, and held-out questions that are answered right.

Shapes as in prompt_samples.py, memory_samples.py and reference/state.py; n: rows that are part of an answer.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from lab.corpus import seeds
from lab.finder.batches import Batch, padded_batch
from lab.finder.memory_samples import KINDS, MemoryBatch, MemorySampler
from lab.finder.prompt_samples import COPY, MARKER, Sampler
from lab.finder.tokenizer import BOS, DOC, S0
from lab.reference.decoder import Decoder
from lab.reference.parallel import ask
from lab.train.samples import BatchShape

START = (BOS, DOC)


def on_device(array: np.ndarray) -> Tensor:
    """On the device that trains."""
    return torch.from_numpy(array).to(torch.get_default_device())


def model_inputs(b: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> ids [B,T], positions [B,T], mask [B,1,T,T] (true: may be seen), targets [B,T]."""
    block = on_device(b.block)  # [B,T]
    mask = (block[:, None, :] == block[:, :, None]) | (block[:, None, :] == 0)  # own block, or the document
    mask = (mask & torch.ones(mask.shape[-2:], dtype=torch.bool).tril())[:, None]  # [B,1,T,T]
    return on_device(b.ids), on_device(b.positions), mask, on_device(b.targets)


def prompt_losses(decoder: Decoder, b: Batch, document_share: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Mean cross entropy of markers, of copied text and of a share of the document's own tokens."""
    ids, positions, mask, targets = model_inputs(b)
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = decoder(ids, positions, mask)  # [B,T,D]
    loss = on_device(b.loss)
    share = torch.rand(loss.shape, generator=generator, device="cpu") < document_share
    chosen = on_device(b.document) & share.to(loss.device)
    rows = ((loss > 0) | chosen).flatten().nonzero()[:, 0]  # [n] of B·T
    padded = torch.cat([rows, rows[:1].expand(-len(rows) % 512)])  # few different shapes: kernels are made once
    with torch.autocast(ids.device.type, torch.bfloat16):
        logits = decoder.logits(hidden.flatten(0, 1)[padded]).float()  # [n',V]
    entropy = F.cross_entropy(logits, targets.flatten()[padded], reduction="none")[: len(rows)]  # [n]
    kind = loss.flatten()[rows]
    return {name: entropy[kind == k].mean() for name, k in (("marker", MARKER), ("copy", COPY), ("document", 0))}


def memory_logits(decoder: Decoder, b: MemoryBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> of the rows that are part of an answer: logits [n,V], targets [n], whether it is the first, question [n]."""
    ids = on_device(b.ids)
    queries = on_device(b.queries)
    after = on_device(b.after)
    targets = on_device(b.targets)  # [B,Q,T]
    width = int((queries != 0).any(0).any(0).nonzero().max()) + 1
    queries = queries[:, :, :width]
    targets = targets[:, :, :width].flatten(0, 1)
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = ask(decoder, torch.tensor(START), ids, b.window, queries, after, on_device(b.weights))
        rows = (targets.flatten() >= 0).nonzero()[:, 0]  # [n]
        logits = decoder.logits(hidden.flatten(0, 2)[rows]).float()  # [n,V]
    first = (targets[:, :-1] < 0) & (targets[:, 1:] >= 0)
    first = torch.cat([targets[:, :1] >= 0, first], 1)
    return logits, targets.flatten()[rows], first.flatten()[rows], rows // width


def memory_loss(decoder: Decoder, b: MemoryBatch) -> dict[str, Tensor]:
    """Mean cross entropy of decisions (cite, say, none) and of the words said."""
    logits, targets, first, _ = memory_logits(decoder, b)
    entropy = F.cross_entropy(logits, targets, reduction="none")
    return {"decision": entropy[first].mean(), "words": entropy[~first].mean()}


@torch.no_grad()
def evaluate_prompts(
    decoder: Decoder, tokenizer: Tokenizer, length: int, seed: str = "held out", count: int = 32
) -> dict[str, tuple[float, int]]:
    """kind -> (share of right citations among the markers in sight and <s0>, how many) on samples never trained on.

    For "sum": the share of summaries all of whose markers are right, the text before each given."""
    samples = Sampler(tokenizer, length, f"{seeds.HELD_OUT}/{seed}").samples(count)
    right: dict[str, list[bool]] = {}
    for start in range(0, count, 8):
        some = samples[start : start + 8]
        b = padded_batch(some, length)
        ids, positions, mask, targets = model_inputs(b)
        with torch.autocast(ids.device.type, torch.bfloat16):
            hidden = decoder(ids, positions, mask)
        for i, sample in enumerate(some):
            sight = torch.full((decoder.config.vocabulary,), float("-inf"))
            sight[[S0, *sample.markers]] = 0.0
            for block in sample.blocks:
                rows = slice(block.start - 1, block.start - 1 + block.length)
                logits = decoder.logits(hidden[i, rows].float())
                wanted = targets[i, rows]
                if block.kind == "sum":
                    at = on_device(b.loss[i, rows]) == MARKER
                    right.setdefault("sum", []).append(bool((logits[at].argmax(-1) == wanted[at]).all()))
                else:
                    right.setdefault(block.kind, []).append(bool((logits[0] + sight).argmax() == wanted[0]))
    return {kind: (sum(r) / len(r), len(r)) for kind, r in sorted(right.items())}


@torch.no_grad()
def evaluate_memory(
    decoder: Decoder, tokenizer: Tokenizer, shape: BatchShape, rounds: int = 2
) -> dict[str, tuple[float, int]]:
    """kind -> (share of questions all of whose answer's tokens are the likeliest, the ones before given, how many)."""
    right: dict[str, list[bool]] = {}
    sampler = MemorySampler(tokenizer, f"{seeds.HELD_OUT}/streams")
    for number in range(rounds):
        sampler.restart(f"{seeds.HELD_OUT}/streams/{number}")
        b = sampler.batch(shape)
        logits, targets, _, question = memory_logits(decoder, b)
        wrong = question[logits.argmax(-1) != targets].unique().tolist()
        for i, kind in enumerate(b.kind.flatten()):
            right.setdefault(KINDS[kind], []).append(i not in wrong)
    return {kind: (sum(r) / len(r), len(r)) for kind, r in sorted(right.items())}
