"""What a step's batches come to: cross entropies to go down, and held-out questions that are answered right.

Shapes as in prompt_samples.py, memory_samples.py and reference/state.py; n: rows that are part of an answer.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from lab.finder.batches import Batch, batch
from lab.finder.memory_samples import KINDS, Streams, StreamSampler
from lab.finder.prompt_samples import COPY, MARKER, Sampler
from lab.finder.tokenizer import BOS, DOC, S0
from lab.reference.decoder import Decoder
from lab.reference.parallel import ask
from lab.train.samples import Shape

START = (BOS, DOC)


def tensor(array: np.ndarray) -> Tensor:
    """On the device that trains."""
    return torch.from_numpy(array).to(torch.get_default_device())


def tensors(b: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> ids [B,T], positions [B,T], mask [B,1,T,T] (true: may be seen), targets [B,T]."""
    block = tensor(b.block)  # [B,T]
    mask = (block[:, None, :] == block[:, :, None]) | (block[:, None, :] == 0)  # own block, or the document
    mask = (mask & torch.ones(mask.shape[-2:], dtype=torch.bool).tril())[:, None]  # [B,1,T,T]
    return tensor(b.ids), tensor(b.positions), mask, tensor(b.targets)


def losses(decoder: Decoder, b: Batch, document_share: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Mean cross entropy of markers, of copied text and of a share of the document's own tokens."""
    ids, positions, mask, targets = tensors(b)
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = decoder(ids, positions, mask)  # [B,T,D]
    loss = tensor(b.loss)
    share = torch.rand(loss.shape, generator=generator, device="cpu") < document_share
    chosen = tensor(b.document) & share.to(loss.device)
    rows = ((loss > 0) | chosen).flatten().nonzero()[:, 0]  # [n] of B·T
    padded = torch.cat([rows, rows[:1].expand(-len(rows) % 512)])  # few different shapes: kernels are made once
    with torch.autocast(ids.device.type, torch.bfloat16):
        logits = decoder.logits(hidden.flatten(0, 1)[padded]).float()  # [n',V]
    entropy = F.cross_entropy(logits, targets.flatten()[padded], reduction="none")[: len(rows)]  # [n]
    kind = loss.flatten()[rows]
    return {name: entropy[kind == k].mean() for name, k in (("marker", MARKER), ("copy", COPY), ("document", 0))}


def remembered(decoder: Decoder, b: Streams) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> logits [n,V] of the rows that are part of an answer, wanted [n], whether it is the first [n], question [n]."""
    ids, asked, cut = tensor(b.ids), tensor(b.asked), tensor(b.cut)
    wanted = tensor(b.wanted)  # [B,Q,T]
    width = int((asked != 0).any(0).any(0).nonzero().max()) + 1
    asked, wanted = asked[:, :, :width], wanted[:, :, :width].flatten(0, 1)
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = ask(decoder, torch.tensor(START), ids, b.window, asked, cut, tensor(b.weights))
        rows = (wanted.flatten() >= 0).nonzero()[:, 0]  # [n]
        logits = decoder.logits(hidden.flatten(0, 2)[rows]).float()  # [n,V]
    first = (wanted[:, :-1] < 0) & (wanted[:, 1:] >= 0)
    first = torch.cat([wanted[:, :1] >= 0, first], 1)
    return logits, wanted.flatten()[rows], first.flatten()[rows], rows // width


def carrying(decoder: Decoder, b: Streams) -> dict[str, Tensor]:
    """Mean cross entropy of decisions (cite, say, none) and of the words said."""
    logits, wanted, first, _ = remembered(decoder, b)
    entropy = F.cross_entropy(logits, wanted, reduction="none")
    return {"decision": entropy[first].mean(), "words": entropy[~first].mean()}


@torch.no_grad()
def measure(
    decoder: Decoder, tokenizer: Tokenizer, length: int, seed: str = "held out", count: int = 32
) -> dict[str, tuple[float, int]]:
    """kind -> (share of right citations among the markers in sight and <s0>, how many) on samples never trained on.

    For "sum": the share of summaries all of whose markers are right, the text before each given."""
    samples = Sampler(tokenizer, length, f"test/{seed}").samples(count)
    right: dict[str, list[bool]] = {}
    for start in range(0, count, 8):
        some = samples[start : start + 8]
        b = batch(some, length)
        ids, positions, mask, targets = tensors(b)
        with torch.autocast(ids.device.type, torch.bfloat16):
            hidden = decoder(ids, positions, mask)
        for i, sample in enumerate(some):
            sight = torch.full((decoder.config.vocabulary,), float("-inf"))
            sight[[S0, *sample.markers]] = 0.0
            for block in sample.blocks:
                rows = slice(block.start - 1, block.start - 1 + block.length)
                logits, wanted = decoder.logits(hidden[i, rows].float()), targets[i, rows]
                if block.kind == "sum":
                    at = tensor(b.loss[i, rows]) == MARKER
                    right.setdefault("sum", []).append(bool((logits[at].argmax(-1) == wanted[at]).all()))
                else:
                    right.setdefault(block.kind, []).append(bool((logits[0] + sight).argmax() == wanted[0]))
    return {kind: (sum(r) / len(r), len(r)) for kind, r in sorted(right.items())}


@torch.no_grad()
def recollect(decoder: Decoder, tokenizer: Tokenizer, shape: Shape, rounds: int = 2) -> dict[str, tuple[float, int]]:
    """kind -> (share of questions all of whose answer's tokens are the likeliest, the ones before given, how many)."""
    right: dict[str, list[bool]] = {}
    sampler = StreamSampler(tokenizer, "test/streams")
    for number in range(rounds):
        sampler.restart(f"test/streams/{number}")
        b = sampler.streams(shape)
        logits, wanted, _, question = remembered(decoder, b)
        wrong = question[logits.argmax(-1) != wanted].unique().tolist()
        for i, kind in enumerate(b.kind.flatten()):
            right.setdefault(KINDS[kind], []).append(i not in wrong)
    return {kind: (sum(r) / len(r), len(r)) for kind, r in sorted(right.items())}
