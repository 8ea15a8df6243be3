"""Trains the finder's base, models/finder, from nothing: to find in a prompt and to remember.

    scripts/lab.sh pretrain OUT --tokenizer tokenizer.json --minutes 100    (two cores; the clock sets the schedule)
    scripts/lab.sh pretrain OUT --tokenizer tokenizer.json --steps 5000     (the same weights each time on a machine)

A step takes batches of both (prompt_samples.py, memory_samples.py) in each of --processes processes, which average
their gradients. Run again with the same OUT it goes on from OUT/checkpoint.pt. At the end OUT is a Hugging Face folder
(config.json, model.safetensors, tokenizer.json), compared with transformers' Qwen2ForCausalLM, and OUT/pretrained is
the same with the gates that went along in training. OUT/pretrain.log has a line every 50 steps; plots/training.py draws
it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, fields
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the core to the worker
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import torch.distributed as dist
from torch import multiprocessing
from tqdm import tqdm

from lab.corpus import seeds
from lab.finder.batches import TrainConfig, batches, cached_tokenizer
from lab.finder.initial_weights import Part, reserve_topic_channels, set_initial_weights
from lab.finder.losses import evaluate_memory, evaluate_prompts, memory_loss, prompt_losses
from lab.finder.memory_heads import fit
from lab.finder.tokenizer import open_tokenizer
from lab.reference.checkpoint import save
from lab.reference.config import Config
from lab.reference.decoder import Attention, Decoder
from lab.reference.parallel import plain_attention
from lab.train.checkpoint import store
from lab.train.distributed import average
from lab.train.samples import BatchShape

FINDER = Config(
    family="qwen2", vocabulary=6656, hidden=256, layers=5, heads=4, kv_heads=4, head_dim=64, ff=384, theta=1e6,
    tied=True, qkv_bias=True,
)  # fmt: skip
REFITTED = 0.7  # share of the run after which the memory's addresses are fitted anew
SHARES = {"marker": 1.0, "copy": 0.2, "document": 0.1, "decision": 1.0, "words": 2.0}  # of a step's loss


def optimizers(decoder: Decoder, plan: TrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for matrices, AdamW for the embedding and vectors, and for the gates."""
    named = [(n, p) for n, p in decoder.named_parameters() if ".gate." not in n]
    matrices = [p for n, p in named if p.dim() > 1 and "embed" not in n]
    others = [p for n, p in named if p.dim() <= 1 or "embed" in n]
    return [
        torch.optim.Muon(matrices, lr=plan.rate, weight_decay=0.01, momentum=0.95, adjust_lr_fn="original"),
        torch.optim.AdamW(others, lr=plan.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
        torch.optim.AdamW(decoder.gates().values(), lr=3 * plan.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, progress: float) -> float:
    """Warm up, stay, go down to 2 %."""
    return min(1.0, (step + 1) / 40) * (1.0 if progress < 0.4 else max(0.02, (1 - progress) / 0.6))


def check_against_transformers(folder: Path) -> float:
    """Greatest difference between our logits and those of transformers on a little text, as a share of their range."""
    from transformers import Qwen2ForCausalLM

    from lab.reference.checkpoint import load

    ids = torch.tensor(
        [[1, 3, *open_tokenizer(folder / "tokenizer.json").encode(" The licensee may copy the work.").ids, 4]]
    )
    with torch.no_grad():
        theirs = Qwen2ForCausalLM.from_pretrained(folder).eval()(ids).logits
        decoder = load(folder)
        ours = decoder.logits(decoder(ids))
    difference = (ours - theirs).abs().max().item()
    print(f"largest difference from transformers: {difference:.2e} (logits up to {theirs.abs().max():.1f})")
    if difference > 1e-3 * theirs.abs().max():
        sys.exit("the folder does not compute what was trained")
    return difference


def to_bfloat16(_: torch.nn.Module, __: tuple, rows: torch.Tensor) -> torch.Tensor:
    """Under autocast the residual stream is in bfloat16 from the start: a sixth less time, the loss within 0.1 %."""
    return rows.bfloat16() if torch.is_autocast_enabled(rows.device.type) else rows


class Log:
    """Lines on standard output and in OUT/pretrain.log, above a progress bar where that is a terminal."""

    def __init__(self, out: Path) -> None:
        self.file = open(out / "pretrain.log", "a")  # noqa: SIM115
        self.bar = tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}", disable=not sys.stderr.isatty(), leave=False)

    def say(self, text: str) -> None:
        """Writes a line."""
        with self.bar.external_write_mode():
            print(text, flush=True)
        print(text, file=self.file, flush=True)


class Trainer:
    """A run in one of its processes: the first one keeps, measures and speaks."""

    def __init__(self, args: argparse.Namespace, rank: int) -> None:
        self.args = args
        self.rank = rank
        self.plan = TrainConfig(**{f.name: getattr(args, f.name) for f in fields(TrainConfig)})
        torch.manual_seed(self.plan.seed)
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // self.plan.processes))
        torch.set_flush_denormal(True)
        if args.device == "cpu":
            Attention.local = plain_attention
        self.tokenizer = cached_tokenizer(args.tokenizer)
        self.checkpoint = args.out / "checkpoint.pt"
        self.decoder = Decoder(FINDER)
        set_initial_weights(self.decoder, self.tokenizer, self.plan.seed)
        self.topics = self.decoder.model.embed_tokens.weight[:, Part.TOPIC].detach().to(args.device, copy=True)
        torch.set_default_device(args.device)
        self.decoder.to(args.device)
        self.decoder.model.embed_tokens.register_forward_hook(to_bfloat16)
        self.opts = optimizers(self.decoder, self.plan)
        self.rates = [opt.param_groups[0]["lr"] for opt in self.opts]
        self.number = 0
        self.spent = 0.0
        self.tokens = 0
        self.waited = 0.0
        self.refitted = False
        self.sums: dict[str, list[torch.Tensor]] = {}
        if self.checkpoint.exists():
            self.go_on(torch.load(self.checkpoint, weights_only=True, map_location=args.device))
        self.log = Log(args.out) if rank == 0 else None
        self.say(f"{FINDER.parameters():,} parameters, {self.plan}, from step {self.number}")

    def say(self, text: str) -> None:
        """Writes a line, in the first process."""
        if self.log:
            self.log.say(text)

    def go_on(self, kept: dict) -> None:
        """Takes up a state that was kept; exits where it is of another run."""
        if kept["plan"] | {"minutes": 0} != asdict(self.plan) | {"minutes": 0}:
            sys.exit(f"{self.checkpoint} is of another run: {kept['plan']}")
        self.decoder.load_state_dict(kept["weights"])
        for opt, state in zip(self.opts, kept["optimizers"], strict=True):
            opt.load_state_dict(state)
        self.number = kept["step"]
        self.spent = kept["spent"]
        self.tokens = kept["tokens"]
        self.refitted = kept.get("refitted", False)

    def keep(self) -> None:
        """Writes the state to go on from."""
        state = {"weights": self.decoder.state_dict(), "optimizers": [o.state_dict() for o in self.opts]}
        about = {"plan": asdict(self.plan), "step": self.number, "spent": self.spent, "tokens": self.tokens}
        store(self.checkpoint, state | about | {"refitted": self.refitted})

    def progress(self) -> float:
        """0 to 1, the same in every process."""
        behind = self.number / self.plan.steps if self.plan.steps else self.spent / (60 * self.plan.minutes)
        if self.plan.processes == 1:
            return behind
        said = torch.tensor([behind], dtype=torch.float64)
        dist.broadcast(said, 0)
        return said.item()

    def step(self, b, streams, progress: float) -> None:
        """One step on a batch of prompts and one of documents for the memory."""
        parts = prompt_losses(self.decoder, b, 0.1, torch.Generator("cpu").manual_seed(self.number))
        sum(SHARES[name] * part.nan_to_num() for name, part in parts.items()).backward()
        carried = memory_loss(self.decoder, streams)
        sum(SHARES[name] * part.nan_to_num() for name, part in carried.items()).backward()
        average([p.grad for p in self.decoder.parameters() if p.grad is not None], self.plan.processes)
        torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), 1.0)
        for opt, rate in zip(self.opts, self.rates, strict=True):
            opt.param_groups[0]["lr"] = rate * schedule(self.number, progress)
            opt.step()
            opt.zero_grad(set_to_none=True)
        with torch.no_grad():
            reserve_topic_channels(self.decoder, self.topics)
        self.number += 1
        mine = int((b.block >= 0).sum()) + streams.ids.size + int((streams.queries > 0).sum())
        self.tokens += mine * self.plan.processes  # as many in the others, about
        for name, part in (parts | carried).items():
            self.sums.setdefault(name, []).append(part.detach())

    def refit(self) -> None:
        """The memory's addresses, by the first process, for all."""
        if self.rank == 0:
            threads = torch.get_num_threads()
            torch.set_num_threads(len(os.sched_getaffinity(0)))
            fit(self.decoder, self.tokenizer, f"{seeds.REFIT}/{self.plan.seed}")
            torch.set_num_threads(threads)
        if self.plan.processes > 1:
            for p in self.decoder.parameters():
                dist.broadcast(p.data, 0)
        self.say(f"step {self.number}: addresses fitted anew")

    def train(self) -> None:
        """Steps until the run is over, measured and kept now and then."""
        source = batches(self.args.tokenizer, self.plan, self.number, self.rank, self.args.workers)
        saved = self.spent
        last = time.monotonic()
        next(source)
        since = last
        parent = multiprocessing.parent_process()
        while (progress := self.progress()) < 1:
            if parent and not parent.is_alive():
                sys.exit("the process that started this one is gone")
            if progress >= REFITTED and not self.refitted:
                self.refit()
                self.refitted = True
            asked = time.monotonic()
            made = source.send(progress)
            self.waited += time.monotonic() - asked
            self.step(*made, progress)
            now = time.monotonic()
            self.spent = self.spent + now - last
            last = now
            if self.rank:
                continue
            self.log.bar.update(min(1.0, progress) - self.log.bar.n)
            if self.number % 50 == 0:
                # a batch may hold nothing of a kind
                means = " ".join(f"{name} {torch.stack(v).nanmean():.3f}" for name, v in self.sums.items())
                speed = f"{self.tokens / 1e6:.2f} M tokens {self.tokens / self.spent:.0f}/s"
                waited = self.waited / (now - since)
                self.waited = 0.0
                since = now
                self.say(f"step {self.number} {self.spent / 60:.1f} min waited {waited:.0%} {speed} {means}")
                self.sums = {}
            if self.spent - saved > 60 * self.args.save_minutes:
                self.keep()
                result = evaluate_prompts(self.decoder, self.tokenizer, self.plan.length)
                result |= evaluate_memory(self.decoder, self.tokenizer, BatchShape(128, 8, 1, 4, 16))
                shares = " ".join(f"{kind} {share:.0%}/{n}" for kind, (share, n) in result.items())
                self.say(f"  kept; held out: {shares}")
                saved = self.spent
                last = time.monotonic()
        source.close()
        if self.rank == 0:
            self.finish()

    def finish(self) -> None:
        """Writes the checkpoint and measures it."""
        self.keep()
        save(self.decoder, self.args.out, gates=False)
        save(self.decoder, self.args.out / "pretrained")
        shutil.copy(self.args.tokenizer, self.args.out / "pretrained/tokenizer.json")
        result = evaluate_prompts(self.decoder, self.tokenizer, self.plan.length, "final", 160)
        result |= evaluate_memory(self.decoder, self.tokenizer, BatchShape(128, 12, 4, 4, 16), 8)
        self.say("held out: " + ", ".join(f"{k} {v:.1%} of {n}" for k, (v, n) in result.items()))
        took = f"{self.tokens / 1e6:.1f} M tokens, {self.spent / 60:.1f} minutes"
        self.say(f"{self.number} steps, {took}, seed {self.plan.seed}")
        torch.set_default_device("cpu")
        check_against_transformers(self.args.out)


def start(rank: int, args: argparse.Namespace, meeting: str) -> None:
    """One process of a run; meeting: the file by which the processes find each other."""
    if args.processes > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=args.processes)
    Trainer(args, rank).train()
    if args.processes > 1:
        dist.destroy_process_group()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=640)
    parser.add_argument("--batch", type=int, help="prompts a step, in all processes; 8 on a CPU, 64 on a GPU")
    parser.add_argument("--documents", type=int, help="documents a step that a memory reads; 2 on a CPU, 16 on a GPU")
    parser.add_argument("--rate", type=float, default=0.006)
    parser.add_argument("--other-rate", type=float, default=2e-3)
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--processes", type=int, help="two on a CPU, one on a GPU")
    parser.add_argument("--workers", type=int, help="processes that make batches, for each that trains")
    args = parser.parse_args()
    small = args.device == "cpu"
    args.processes = args.processes or (2 if small else 1)
    args.batch = args.batch or (8 if small else 64)
    args.documents = args.documents or (2 if small else 16)
    args.workers = args.workers or (1 if small else max(1, len(os.sched_getaffinity(0)) - 1))
    args.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(args.tokenizer, args.out / "tokenizer.json")
    with tempfile.TemporaryDirectory() as folder:
        if args.processes == 1:
            start(0, args, "")
        else:
            multiprocessing.spawn(start, (args, f"{folder}/meeting"), args.processes)


if __name__ == "__main__":
    main()
