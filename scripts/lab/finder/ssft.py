"""S-SFT of the finder: trains the gates, and nothing else, on the documents that its memory was pretrained on.

    scripts/lab.sh finder.ssft CHECKPOINT --minutes 4    (writes CHECKPOINT/gates.safetensors, CHECKPOINT/ssft.log)

A sample is a document of 8 to 16 segments (memory_samples.py), read as the engine reads it: the first tokens pinned,
the window, what leaves it absorbed. Questions follow any of its segments. The loss is on the answers; its gradient goes
through M and z of all segments. Fresh gates are shut (W2 = 0, b2 = -4): the base, which is StreamingLLM. Where
pretraining left gates in CHECKPOINT/pretrained, these are where the training starts. Held-out questions are counted by
kind with gates shut, before and after. Run again it goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from safetensors.torch import load_file

from lab.corpus import seeds
from lab.finder.losses import evaluate_memory, memory_loss
from lab.finder.memory_samples import MemorySampler
from lab.finder.tokenizer import open_tokenizer
from lab.reference.checkpoint import load, save
from lab.reference.decoder import Attention
from lab.reference.parallel import plain_attention
from lab.train.checkpoint import store
from lab.train.samples import BatchShape

FEWEST = 8  # segments of a sample, at least
MOST = 16  # at most
WINDOWS = (1, 2, 4)  # segments of a window: what is remembered must not depend on it
DECADES = 3.0  # of length amplification


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--rate", type=float, help="1e-2 from gates that are shut, 2e-3 from those of pretraining")
    parser.add_argument("--segment", type=int, default=128)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=12, help="of measuring, before and after")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    Attention.local = plain_attention
    torch.manual_seed(args.seed)
    tokenizer = open_tokenizer(args.checkpoint / "tokenizer.json")
    log = open(args.checkpoint / "ssft.log", "a")  # noqa: SIM115

    def say(text: str) -> None:
        print(text, flush=True)
        print(text, file=log, flush=True)

    def count(decoder) -> str:
        shape = BatchShape(args.segment, FEWEST, 4, 4, 16)
        found = evaluate_memory(decoder, tokenizer, shape, args.rounds)
        return ", ".join(f"{kind} {share:.1%} of {n}" for kind, (share, n) in found.items())

    kept = args.checkpoint / "ssft.pt"
    state = torch.load(kept, weights_only=True) if kept.exists() else None
    decoder = load(args.checkpoint)
    if state is None and decoder.memory_trained:
        sys.exit(f"{args.checkpoint} has trained gates; remove gates.safetensors to train them anew")
    gates = decoder.gates()
    decoder.requires_grad_(False)
    for gate in gates.values():
        gate.requires_grad_(True)
    trained = sum(g.numel() for g in gates.values())
    share = trained / decoder.config.parameters()
    say(f"{trained} of {decoder.config.parameters()} parameters train: {share:.3%}; seed {args.seed}")
    if share > 0.0015:
        sys.exit("more than 0.15 % of the weights would train")
    step = 0
    spent = 0.0
    pretrained = args.checkpoint / "pretrained"
    rate = args.rate or (2e-3 if pretrained.exists() else 1e-2)
    optimizer = torch.optim.Adam(gates.values(), lr=rate)
    if state:
        decoder.load_state_dict(state["gates"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        spent = state["spent"]
    else:
        say(f"gates shut: {count(decoder)}")
        if pretrained.exists():
            decoder.load_state_dict(load_file(pretrained / "gates.safetensors"), strict=False)
            say(f"gates of pretraining: {count(decoder)}")
    sampler = MemorySampler(tokenizer, f"{seeds.SSFT}/{args.seed}")
    last = time.monotonic()
    sums = []
    while spent < 60 * args.minutes:
        progress = spent / (60 * args.minutes)
        optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / 10) * max(0.05, min(1, 2 * (1 - progress)))
        sampler.restart(f"{seeds.SSFT}/{args.seed}/{step}")
        segments = sampler.random.randint(FEWEST, MOST)
        window = sampler.write.choose(*WINDOWS)
        shape = BatchShape(args.segment, segments, window, args.batch, args.questions, DECADES)
        loss = sum(memory_loss(decoder, sampler.batch(shape)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step = step + 1
        now = time.monotonic()
        spent = spent + now - last
        last = now
        sums.append(loss.item())
        if step % 20 == 0:
            say(f"step {step} {spent / 60:.1f} min loss {sum(sums) / len(sums):.3f}")
            sums = []
            values = {name: g.detach() for name, g in gates.items()}
            store(kept, {"gates": values, "optimizer": optimizer.state_dict(), "step": step, "spent": spent})
    save(decoder, args.checkpoint)
    say(f"after {step} steps, {spent / 60:.1f} minutes: {count(decoder)}")


if __name__ == "__main__":
    main()
