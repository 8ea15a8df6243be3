"""Batches of runs and what is learned from them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from lab.reader.encoder import ABSENT
from lab.reader.layout import PADDING, Run
from lab.reader.mixture import Drawn

SPAN_WEIGHT = 1.0
VERDICT_WEIGHT = 0.4


def tensors(runs: list[Run], device: str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Runs of unlike lengths as three tensors (B, n): tokens, types, segments."""
    length = max(len(run.tokens) for run in runs)

    def padded(rows: list[list[int]], value: int) -> Tensor:
        return torch.tensor([row + [value] * (length - len(row)) for row in rows], device=device)

    return (
        padded([run.tokens for run in runs], 0),
        padded([run.types for run in runs], 0),
        padded([run.segments for run in runs], PADDING),
    )


def losses(out: dict[str, Tensor], drawn: list[Drawn], relevance: float = 1.0) -> tuple[Tensor, dict[str, float]]:
    """The summed loss of a batch, `relevance` being the weight of that part, and sums for the log."""
    total = out["none"].new_zeros(())
    sums = dict.fromkeys(
        ("runs", "told", "relevance", "right", "nothing", "refused", "spans", "span", "verdicts", "verdict"), 0.0
    )
    for row, one in enumerate(drawn):
        sums["runs"] += 1
        if one.told:
            logits = torch.cat([out["none"][row : row + 1], out["relevance"][row]])
            if one.spare:
                logits = logits.index_fill(0, torch.tensor(one.spare, device=logits.device), ABSENT)
            wanted = one.gold or [0]
            loss = -logits.log_softmax(0)[wanted].logsumexp(0)
            total = total + relevance * loss
            chosen = int(logits.argmax())
            kind = ("told", "right") if one.gold else ("nothing", "refused")
            sums[kind[0]] += 1
            sums[kind[1]] += chosen in wanted
            sums["relevance"] += float(loss.detach())
        if one.span:
            # Among the tokens of its own sentence: which sentence it is, relevance says.
            inside = one.run.segments.index(one.run.segments[one.span[0]])
            length = one.run.segments.count(one.run.segments[one.span[0]])
            begin = out["begin"][row, inside : inside + length]
            end = out["end"][row, inside : inside + length]
            target = torch.tensor(one.span, device=begin.device) - inside
            loss = F.cross_entropy(torch.stack([begin, end]), target, reduction="sum") / 2
            total = total + SPAN_WEIGHT * loss
            sums["spans"] += 1
            sums["span"] += float(loss.detach())
        if one.verdict is not None:
            loss = F.cross_entropy(out["verdict"][row], torch.tensor(one.verdict, device=total.device))
            total = total + VERDICT_WEIGHT * loss
            sums["verdicts"] += 1
            sums["verdict"] += float(loss.detach())
    return total, sums
