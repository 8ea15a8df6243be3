"""Several processes that train one set of weights, as torchrun and `accelerate launch` begin them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass(frozen=True)
class Processes:
    """How many train, and which of them this one is."""

    rank: int = 0
    size: int = 1

    @staticmethod
    def join() -> Processes:
        """Those that $WORLD_SIZE speaks of; waits until all of them are there."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return Processes()
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        return Processes(dist.get_rank(), dist.get_world_size())


def average(tensors: list[Tensor], processes: int) -> None:
    """Each tensor's mean over so many processes, in place; all of them call it with tensors of the same shapes."""
    if processes == 1:
        return
    whole = torch.cat([t.flatten() for t in tensors])
    dist.all_reduce(whole)
    for tensor, part in zip(tensors, whole.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor) / processes)
