"""What a step of pretraining trains on, made in worker processes: prompts to find in, and streams to remember.

Prompts depend on the seed and the step alone; streams also on how far the run is, and on the filler left over from the
steps before. Short ones come first. No PyTorch here.
"""

from __future__ import annotations

import multiprocessing
import queue as queues
import sys
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from itertools import cycle

import numpy as np

from lab.corpus import seeds
from lab.finder.memory_samples import MemoryBatch, MemorySampler
from lab.finder.prompt_samples import Sample, Sampler
from lab.finder.tokenizer import open_tokenizer
from lab.train.samples import BatchShape

SHORT = 288  # tokens of the first prompts
SHORT_STEPS = 150  # how many steps have these
HARD_FROM = 0.3  # questions become harder
HARD_STEPS = 700  # over so many steps


@dataclass(frozen=True)
class MemoryStage:
    """What documents for the memory are like up to a share of the run."""

    until: float
    segment: int  # S
    segments: tuple[int, int]  # from, to
    windows: tuple[int, ...]  # W / S, one of
    batch: int  # B, of TrainConfig.documents
    questions: int
    amplify: float  # decades


MEMORY_STAGES = (
    MemoryStage(0.06, 32, (2, 4), (1,), 6, 8, 0.0),
    MemoryStage(0.14, 32, (3, 8), (1,), 4, 8, 0.0),
    MemoryStage(0.24, 32, (8, 16), (1,), 2, 10, 0.0),
    MemoryStage(0.45, 128, (2, 8), (1,), 1, 14, 0.0),
    MemoryStage(0.70, 128, (6, 10), (1,), 1, 14, 3.0),
    MemoryStage(1.00, 128, (6, 12), (1, 1, 2, 4), 1, 14, 4.0),
)


@dataclass
class TrainConfig:
    """What a run is; a checkpoint holds it, and goes on only with the same."""

    seed: int
    length: int  # T
    batch: int  # B, of all processes
    documents: int  # documents a step that a memory reads, of all processes
    processes: int
    rate: float  # Muon's, of matrices
    other_rate: float  # AdamW's, of the embedding and vectors
    minutes: float
    steps: int  # 0: the clock decides


@dataclass
class Batch:
    """B samples padded to T tokens, as arrays: what a training step needs."""

    ids: np.ndarray  # [B,T] int64
    targets: np.ndarray  # [B,T] int64, the next token
    positions: np.ndarray  # [B,T] int64
    block: np.ndarray  # [B,T] int16, -1 where padded
    loss: np.ndarray  # [B,T] int8: MARKER, COPY or 0, for the target
    document: np.ndarray  # [B,T] bool: targets inside the document


def padded_batch(samples: list[Sample], length: int) -> Batch:
    """Samples padded to `length` tokens, as arrays."""
    B = len(samples)
    T = length
    ids = np.zeros((B, T + 1), np.int64)
    positions = np.zeros((B, T + 1), np.int64)
    block = np.full((B, T + 1), -1, np.int16)
    loss = np.zeros((B, T + 1), np.int8)
    document = np.zeros((B, T + 1), bool)
    for b, s in enumerate(samples):
        n = min(len(s.ids), T + 1)
        ids[b, :n] = s.ids[:n]
        block[b, :n] = s.block[:n]
        loss[b, :n] = s.loss[:n]
        document[b, 1 : min(n, s.document)] = True
        positions[b, :n] = np.arange(n)
        starts = {number: i for i, number in reversed(list(enumerate(s.block)))}
        for i in range(s.document, n):
            positions[b, i] = s.document + i - starts[s.block[i]]
    same = block[:, 1:] == block[:, :-1]  # nothing is predicted across blocks
    return Batch(ids[:, :-1], ids[:, 1:], positions[:, :-1], block[:, :-1], loss[:, 1:] * same, document[:, 1:])


cached_tokenizer = cache(open_tokenizer)


@cache
def memory_sampler(tokenizer: str, seed: str) -> MemorySampler:
    """One for each seed in a process: what it has made of filler is used again."""
    return MemorySampler(cached_tokenizer(tokenizer), seed)


def prompt_batch(tokenizer: str, plan: TrainConfig, step: int, rank: int) -> Batch:
    """A process's prompts at a step."""
    length = SHORT if step < SHORT_STEPS else plan.length
    count = max(1, plan.batch // plan.processes) * plan.length // length
    hard = min(1.0, HARD_FROM + (1 - HARD_FROM) * step / HARD_STEPS)
    return padded_batch(
        Sampler(cached_tokenizer(tokenizer), length, f"{seeds.TRAIN}/{plan.seed}/{rank}/{step}").samples(count, hard),
        length,
    )


def memory_batch(tokenizer: str, plan: TrainConfig, step: int, rank: int, progress: float) -> MemoryBatch:
    """A process's documents for the memory at a step; progress: the share of the run that is behind, 0 to 1."""
    sampler = memory_sampler(tokenizer, f"{seeds.TRAIN}/{plan.seed}/streams/{rank}")
    sampler.restart(f"{seeds.TRAIN}/{plan.seed}/streams/{rank}/{step}")
    stage = next(stage for stage in MEMORY_STAGES if progress <= stage.until)
    segments = sampler.random.randint(*stage.segments)
    window = sampler.random.choice(stage.windows)
    size = stage.batch * max(1, plan.documents // plan.processes)
    return sampler.batch(BatchShape(stage.segment, segments, window, size, stage.questions, stage.amplify))


def produce(tokenizer: str, plan: TrainConfig, steps: range, rank: int, queue: multiprocessing.Queue, progress) -> None:
    """A worker: the batches of these steps, as long as the trainer lives."""
    parent = multiprocessing.parent_process()
    for step in steps:
        behind = step / plan.steps if plan.steps else progress.value
        made = prompt_batch(tokenizer, plan, step, rank), memory_batch(tokenizer, plan, step, rank, min(1.0, behind))
        waiting = True
        while waiting:
            try:
                queue.put(made, timeout=10)
                waiting = False
            except queues.Full:
                if not parent.is_alive():
                    queue.cancel_join_thread()
                    return


def batches(
    tokenizer: str, plan: TrainConfig, step: int, rank: int, workers: int = 1
) -> Generator[tuple[Batch, MemoryBatch], float, None]:
    """Takes the share of the run that is behind, by send(); gives the step's batches, in order."""
    context = multiprocessing.get_context("spawn")
    progress = context.Value("d", 0.0)
    some = [context.Queue(maxsize=4) for _ in range(workers)]
    for number, queue in enumerate(some):
        steps = range(step + number, sys.maxsize, workers)
        context.Process(target=produce, args=(tokenizer, plan, steps, rank, queue, progress), daemon=True).start()
    try:
        progress.value = yield None
        for queue in cycle(some):
            progress.value = yield queue.get(timeout=300)
    finally:
        for worker in multiprocessing.active_children():
            worker.terminate()
