"""Trains the generator's adapter on people's questions: one command that goes on where it was stopped.

    scripts/lab.sh train-generator --data DATA --minutes 60             on one thread, the base out of the cached GGUF
    scripts/lab.sh train-generator --data DATA --minutes 60 --into models/generator

DATA is what prepare-reader makes. The base is frozen (scripts/models.sh smollm2 fetches it); LoRA beside its attention
is what learns, on the answer's tokens alone. Checkpoint and log stand in ~/.cache/edgeinfinite/generator; every few
minutes it is kept, and --into gets the adapter so far. Every twelfth text of a set is held back: the loss on samples of
these is printed now and then, and at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch

from lab.export.gguf.adapter import write_adapter
from lab.generator.base import Base, default_file, read_base
from lab.generator.examples import SETS, Example
from lab.generator.lora import SCALE, answer_logits, answer_loss, attach, parameters
from lab.generator.samples import Sample, Samples
from lab.reader.weights import cache
from lab.train.checkpoint import store

RANK = 16
RATE = 1e-3
BETAS = (0.9, 0.99)
WARM_STEPS = 20
# Samples in a step, one after another.
BATCH = 8
CLIP = 1.0
# Every so manieth text of a set is held back, and so many samples of these are measured.
HELD = 12
MEASURED = 48
SAVED_EVERY = 180.0
MEASURED_EVERY = 900.0
SOURCES = [
    "QAMR (MIT)",
    "FairytaleQA, train (Apache-2.0)",
    "PolicyQA, dev (MIT)",
    "SelQA, dev and test (Apache-2.0)",
    "SciTLDR, train (Apache-2.0)",
    "QMSum, train (MIT)",
]


@dataclass(frozen=True)
class Options:
    """As on the command line."""

    minutes: float
    seed: str
    rank: int = RANK
    rate: float = RATE

    def settings(self, base: Base) -> dict:
        """What must be the same where training goes on."""
        return {"base": base.sha256, "seed": self.seed, "rank": self.rank, "rate": self.rate}


def split(sets: dict[str, list[Example]]) -> tuple[dict[str, list[Example]], dict[str, list[Example]]]:
    """Examples to learn from and those held back, by whole texts."""
    train: dict[str, list[Example]] = {}
    held: dict[str, list[Example]] = {}
    for name, examples in sets.items():
        number = {id(e.source): 0 for e in examples}
        number = {source: i for i, source in enumerate(number, 1)}
        train[name] = [e for e in examples if number[id(e.source)] % HELD]
        held[name] = [e for e in examples if not number[id(e.source)] % HELD]
    return train, held


class Training:
    """Weights, optimiser, steps made and seconds spent."""

    def __init__(self, base: Base, samples: Samples, options: Options) -> None:
        torch.manual_seed(0)
        self.base = base
        self.samples = samples
        self.options = options
        self.trained = parameters(attach(base.decoder, options.rank))
        self.optimizer = torch.optim.Adam(self.trained.values(), lr=options.rate, betas=BETAS)
        self.steps = 0
        self.seconds = 0.0

    def load(self, file: Path) -> None:
        """Goes on from a checkpoint; raises ValueError where it had other settings."""
        state = torch.load(file, weights_only=True)
        wanted = self.options.settings(self.base)
        if state["settings"] != wanted:
            raise ValueError(f"{file}: found {state['settings']}, expected {wanted}; remove it to train anew")
        with torch.no_grad():
            for name, p in self.trained.items():
                p.copy_(state["adapter"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps = state["steps"]
        self.seconds = state["seconds"]

    def save(self, file: Path) -> None:
        """Writes a checkpoint; the file is whole at any time."""
        adapter = {name: p.detach().clone() for name, p in self.trained.items()}
        state = {"adapter": adapter, "optimizer": self.optimizer.state_dict(), "steps": self.steps}
        store(file, state | {"seconds": self.seconds, "settings": self.options.settings(self.base)})

    def step(self, share: float) -> float:
        """One step, `share` of the training's time being spent → nats a token of its samples' answers.

        A sample counts by the root of its answer's length."""
        r = Random(f"{self.options.seed}/{self.steps}")
        drawn = [self.samples.draw(r) for _ in range(BATCH)]
        whole = sum(s.answer**0.5 for s in drawn)
        nats = 0.0
        self.optimizer.zero_grad(set_to_none=True)
        for sample in drawn:
            loss = answer_loss(self.base.decoder, sample.ids, sample.answer)
            nats += loss.item()
            (loss / sample.answer**0.5 / whole).backward()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), CLIP)
        rate = self.options.rate * min(1.0, (self.steps + 1) / WARM_STEPS) * max(0.02, 1 - share)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()
        self.steps += 1
        return nats / sum(s.answer for s in drawn)

    @torch.no_grad()
    def measure(self, samples: list[Sample]) -> dict:
        """Nats a token of some samples' answers, and the share of answers all of whose tokens are the likeliest."""
        nats = 0.0
        right = 0
        for sample in samples:
            logits = answer_logits(self.base.decoder, sample.ids, sample.answer)  # [n, V]
            wanted = torch.tensor(sample.ids[-sample.answer :])
            nats += torch.nn.functional.cross_entropy(logits, wanted, reduction="sum").item()
            right += bool((logits.argmax(-1) == wanted).all())
        tokens = sum(s.answer for s in samples)
        return {"held": round(nats / tokens, 4), "right": round(right / len(samples), 3)}

    def write(self, folder: Path, about: dict) -> None:
        """The adapter so far, as scripts/models.sh takes it."""
        write_adapter(folder, about, {name: p.detach().numpy() for name, p in self.trained.items()})


def about(base: Base, training: Training, command: str) -> dict:
    """adapter.json but for its format and files."""
    made = f"{training.steps} steps of {BATCH} samples, {training.seconds / 60:.0f} minutes on one thread"
    return {
        "name": "generator",
        "version": "1",
        "description": f"Short answers out of retrieved sentences, refusals, summaries; rank {training.options.rank}: "
        f"{command}, {made}",
        "licence": "Apache-2.0",
        "base": {"name": base.name, "sha256": base.sha256},
        "scale": SCALE,
        "trained_on": SOURCES,
    }


def log(file: Path, line: dict) -> None:
    """A line on standard output and in the log."""
    print(line, flush=True)
    with file.open("a") as stream:
        stream.write(json.dumps(line) + "\n")


def run(options: Options, data: Path, gguf: Path, out: Path, into: Path | None) -> None:
    """Trains until the minutes are spent, all runs of the command together."""
    out.mkdir(parents=True, exist_ok=True)
    base = read_base(gguf)
    train, held = split({name: read(data) for name, read in SETS.items()})
    training = Training(base, Samples(base.prompts, train, base.end), options)
    print({name: len(examples) for name, examples in train.items()}, flush=True)
    r = Random(f"{options.seed}/held")
    drawing = Samples(base.prompts, held, base.end)
    held_back = [drawing.draw(r) for _ in range(MEASURED)]
    file = out / "generator.pt"
    said = out / "log.jsonl"
    if file.exists():
        training.load(file)
    command = f"scripts/lab.sh train-generator --data DATA --minutes {options.minutes:g}"

    def keep() -> None:
        training.save(file)
        if into:
            training.write(into, about(base, training, command))

    if not training.steps:
        log(said, {"step": 0} | training.measure(held_back))
    saved = measured = time.monotonic()
    losses: list[float] = []
    while training.seconds < 60 * options.minutes:
        began = time.monotonic()
        losses.append(training.step(training.seconds / (60 * options.minutes)))
        training.seconds += time.monotonic() - began
        if training.steps % 10 == 0:
            nats = round(sum(losses) / len(losses), 4)
            log(said, {"step": training.steps, "minutes": round(training.seconds / 60, 1), "loss": nats})
            losses.clear()
        if time.monotonic() - saved > SAVED_EVERY:
            keep()
            saved = time.monotonic()
        if time.monotonic() - measured > MEASURED_EVERY:
            log(said, {"step": training.steps} | training.measure(held_back))
            measured = time.monotonic()
    keep()
    log(said, {"step": training.steps} | training.measure(held_back))


def main() -> None:
    """The command line; exits with a sentence where the base or the data cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets, from prepare-reader")
    parser.add_argument("--base", type=Path, default=default_file(), help="the GGUF (%(default)s)")
    parser.add_argument("--out", type=Path, default=cache().parent / "generator", help="folder of checkpoint and log")
    parser.add_argument("--into", type=Path, help="folder that gets the adapter")
    parser.add_argument("--minutes", type=float, default=60.0, help="of training, all runs together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", default="generator")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    try:
        run(Options(args.minutes, args.seed), args.data, args.base, args.out, args.into)
    except (ValueError, OSError) as e:
        sys.exit(f"train-generator: {e}")


if __name__ == "__main__":
    main()
