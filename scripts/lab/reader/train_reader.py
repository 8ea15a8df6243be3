"""Trains the reader from bge-small-en-v1.5 on people's questions: one command that goes on where it was stopped.

    scripts/lab.sh train-reader --data DATA                  six hours on two cores, or as long as --minutes says
    scripts/lab.sh train-reader --data DATA --minutes 90

DATA is what prepare-reader makes. Checkpoints go to ~/.cache/edgeinfinite/reader/run every few minutes. On a machine
without a GPU each thread is a worker of its own with an equal part of every batch: under load they wait for each other
once a step, not once an operation.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes

from lab.reader.encoder import Reader, pretrained
from lab.reader.exported import tokenizer
from lab.reader.layout import SENTENCES
from lab.reader.loss import losses, tensors
from lab.reader.mixture import SHORT, Mixture
from lab.reader.prepared import prepared
from lab.reader.weights import cache, pretrained_files

# Lengths of runs and how often each is drawn; a batch of one length holds as many runs as TOKENS allow.
LENGTHS = {64: 0.2, 128: 0.12, 192: 0.33, 288: 0.23, 448: 0.12}
TOKENS = 1536
# What relevance counts in a short run, where it is easily seen.
EASY = 0.25
# Batches of one length in a step, over all workers.
BATCHES = 2
# Runs in a step, about: what the summed loss is divided by.
RUNS = 14
ENCODER_RATE = 7e-5
HEAD_RATE = 8e-4
WARM_STEPS = 60
# Share of the time in which the rate falls to nought.
COOLING = 0.3
AVERAGE = 0.99
DROPOUT = 0.1
SAVED_EVERY = 180.0


class Run:
    """The state of a training: weights, their moving average, optimiser, steps done, seconds spent."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.reader.encoder.words.weight.requires_grad_(False)
        heads = [p for n, p in self.reader.named_parameters() if not n.startswith("encoder.")]
        body = [p for n, p in self.reader.named_parameters() if n.startswith("encoder.") and p.requires_grad]
        self.trained = [*body, *heads]
        for p in self.trained:
            p.grad = torch.zeros_like(p)
        groups = [{"params": body, "base": ENCODER_RATE}, {"params": heads, "base": HEAD_RATE}]
        self.optimiser = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.average = [p.detach().clone() for p in self.trained]
        self.steps = 0
        self.seconds = 0.0

    def save(self, file: Path) -> None:
        """Writes a checkpoint; the file is whole at any time."""
        state = {
            "reader": self.reader.state_dict(), "average": averaged(self.reader, self.trained, self.average),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "seconds": self.seconds,
        }  # fmt: skip
        part = file.with_suffix(".part")
        torch.save(state, part)
        part.replace(file)

    def load(self, file: Path) -> None:
        """Goes on from a checkpoint."""
        state = torch.load(file, map_location="cpu", weights_only=True)
        self.reader.load_state_dict(state["reader"])
        self.optimiser.load_state_dict(state["optimiser"])
        named = dict(self.reader.named_parameters())
        names = {id(p): n for n, p in named.items()}
        for mean, p in zip(self.average, self.trained, strict=True):
            mean.copy_(state["average"][names[id(p)]])
        self.steps = state["steps"]
        self.seconds = state["seconds"]

    def step(self, share: float) -> None:
        """One step of the optimiser; `share` of the training's time is spent."""
        factor = min(1.0, (self.steps + 1) / WARM_STEPS) * min(1.0, max(0.0, 1 - share) / COOLING)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * factor
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=False)
        self.steps += 1
        keep = min(AVERAGE, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, [p.detach() for p in self.trained], 1 - keep)


def averaged(reader: Reader, trained: list, average: list) -> dict[str, torch.Tensor]:
    """The reader's weights with their moving averages in place."""
    means = {id(p): mean for p, mean in zip(trained, average, strict=True)}
    named = {name: means[id(p)] for name, p in reader.named_parameters() if id(p) in means}
    return {**reader.state_dict(), **named}


def work(rank: int, workers: int, options: argparse.Namespace, meeting: str) -> None:
    """One worker: its part of each batch, then the same step as all others."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # Without instructions for it, bfloat16 is sixty times as slow as fp32.
    halves = device == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    if device == "cpu":
        torch.set_num_threads(1)
    if workers > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=workers)
    opened = tokenizer(pretrained_files() / "tokenizer.json")
    mixture = Mixture(prepared(options.data, opened)[0], opened)
    run = Run(pretrained(pretrained_files() / "model.safetensors", SENTENCES).to(device))
    file = options.out / "reader.pt"
    if file.exists():
        run.load(file)
    run.reader.train()
    sums = Counter()
    saved = began = time.monotonic()
    while run.seconds < 60 * options.minutes:
        r = random.Random(f"{options.seed}/{run.steps}/{rank}")
        for _ in range(max(1, BATCHES // workers)):
            length = r.choices([*LENGTHS], [*LENGTHS.values()])[0]
            drawn = [mixture.draw(r, length) for _ in range(TOKENS // length)]
            with torch.autocast(device, dtype=torch.bfloat16, enabled=halves):
                out = run.reader(*tensors([d.run for d in drawn], device), dropout=DROPOUT)
            loss, seen = losses(out, drawn, EASY if length <= SHORT else 1.0)
            (loss / RUNS).backward()
            for one, relevance in zip(drawn, out["relevance"].tolist(), strict=True):
                mixture.remember(one, relevance)
            sums.update(seen)
        shared = torch.cat([p.grad.flatten() for p in run.trained] + [torch.zeros(1, device=device)])
        shared[-1] = (time.monotonic() - began) / workers  # with what the step before took to share and to save
        began = time.monotonic()
        if workers > 1:
            dist.all_reduce(shared)
        place = 0
        for p in run.trained:
            p.grad.copy_(shared[place : place + p.numel()].view_as(p))
            place += p.numel()
        run.step(run.seconds / (60 * options.minutes))
        run.seconds += float(shared[-1])
        if rank == 0 and run.steps % 20 == 0:
            log(options.out / "log.jsonl", run, sums)
            sums = Counter()
        if rank == 0 and time.monotonic() - saved > SAVED_EVERY:
            run.save(file)
            saved = time.monotonic()
    if rank == 0:
        run.save(file)
    if workers > 1:
        dist.barrier()
        dist.destroy_process_group()


def log(file: Path, run: Run, sums: Counter) -> None:
    """Adds a line on what one worker saw since the last one."""

    def share(part: str, whole: str) -> float:
        return round(sums[part] / max(1.0, sums[whole]), 3)

    said = {
        "step": run.steps, "minutes": round(run.seconds / 60, 1), "runs": sums["runs"],
        "loss": round(sums["relevance"] / max(1.0, sums["told"] + sums["nothing"]), 3), "right": share("right", "told"),
        "refused": share("refused", "nothing"), "span": share("span", "spans"), "verdict": share("verdict", "verdicts"),
    }  # fmt: skip
    with file.open("a") as stream:
        stream.write(json.dumps(said) + "\n")
    print(said, flush=True)


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets, from prepare_reader.py")
    parser.add_argument("--out", type=Path, default=cache() / "run", help="folder of checkpoints and log")
    parser.add_argument(
        "--minutes", type=float, default=360.0, help="time of training, all runs of the command together"
    )
    parser.add_argument("--threads", type=int, default=2, help="workers, where there is no GPU")
    parser.add_argument("--seed", default="reader")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    prepared(options.data, tokenizer(pretrained_files() / "tokenizer.json"))
    workers = 1 if torch.cuda.is_available() else options.threads
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        if workers == 1:
            work(0, 1, options, meeting)
        else:
            processes.spawn(work, (workers, options, meeting), nprocs=workers)


if __name__ == "__main__":
    main()
