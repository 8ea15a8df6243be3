"""Segmented supervised fine-tuning: trains the gates, and nothing else, of a checkpoint whose base stays frozen.

    python scripts/ssft.py CHECKPOINT --minutes 10            (writes CHECKPOINT/gates.safetensors, CHECKPOINT/ssft.log)

A sample is a document of 8 to 16 segments, read by the segment loop of model.py exactly as the engine reads it (the
first tokens pinned, the window, what leaves it absorbed), then several questions, each on a copy of that state. The
loss is on the answers; its gradient goes through M and z of all segments. Fresh gates are shut (W2 = 0, b2 = -4), so
step 0 is the base. Before and after, held-out questions are counted apart by where the answer stands: still in the
window, or absorbed. Run again it goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import torch.nn.functional as F
from torch import Tensor

from model import Decoder, Sizes, load, read, run, save
from pretrain import store
from samples import Line, Sampler
from tokenizer import BOS, DOC, END_DOC, EOS, PAD, QUOTE, S0, Q, open_tokenizer

MOST_SEGMENTS, FEWEST_SEGMENTS = 16, 8
IN_WINDOW, ABSORBED, ABSENT = "in window", "absorbed", "absent"


@dataclass
class Asked:
    where: str
    prompt: list[int]
    answer: list[int]


def document(sampler: Sampler, length: int, window: int, questions: int) -> tuple[list[int], list[Asked]]:
    """Exactly `length` tokens, <bos><doc> and what precedes the end, and questions about sentences near and far."""
    r, write = sampler.random, sampler.write
    text = sampler.text(length // 18)
    while sum(len(line.tokens) for line in text.lines) < length:
        text.lines += [Line(line.text, line.tokens, 0) for line in sampler.text(30).lines]
    sample, markers, _ = sampler.start(text, text.lines, 0.0, False)
    ids = [BOS, DOC, *sample.ids[:-1][2 - length :]]
    start, near, far = length, [], []
    for i in reversed(range(len(text.lines))):
        start -= len(text.lines[i].tokens) + 1
        if start < 2:
            break
        (near if start >= length - window else far).append(i)
    asked: list[Asked] = []
    seen = [text.lines[i] for i in near + far]
    while len(asked) < questions:
        pool = near if r.random() < 0.65 else far
        if r.random() < 0.15 and (question := sampler.absent(text, seen, [], 1.0)):
            asked.append(Asked(ABSENT, sampler.encode(question), [S0, *sampler.not_there, EOS]))
        elif pool:
            line = text.lines[i := r.choice(pool)]
            told = line.told.questions
            question = write.disturb(r.choice(told)) if told else write.about(line.text)
            if question and (told or sampler.answered_by_one(question, seen.index(line), seen)):
                where = IN_WINDOW if pool is near else ABSORBED
                asked.append(Asked(where, sampler.encode(question), [markers[i], *line.tokens, EOS]))
    return ids, asked


def answers(
    decoder: Decoder, sampler: Sampler, sizes: Sizes, batch: int, questions: int, segments: int
) -> list[tuple[str, Tensor, Tensor]]:
    """Reads `batch` documents and asks -> (where, logits [n,V], wanted [n]) of each answer's tokens."""
    length = segments * sizes.segment
    documents = [document(sampler, length, sizes.window, questions) for _ in range(batch)]
    _, state = read(decoder, torch.tensor([ids for ids, _ in documents]), 2, sizes)
    out = []
    for number in range(questions):
        asked = [a[number] for _, a in documents]
        rows = [[END_DOC, Q, *a.prompt, QUOTE, *a.answer][: sizes.segment] for a in asked]
        widest = max(map(len, rows))
        ids = torch.tensor([row + [PAD] * (widest - len(row)) for row in rows])  # [B,n]; nothing sees what follows it
        logits, _ = run(decoder, state, ids, sizes)  # [B,n,V]
        for b, (a, row) in enumerate(zip(asked, rows, strict=True)):
            first = 3 + len(a.prompt)
            out.append((a.where, logits[b, first - 1 : len(row) - 1], ids[b, first : len(row)]))
    return out


@torch.no_grad()
def measure(decoder: Decoder, tokenizer: Path, sizes: Sizes, rounds: int) -> dict[str, tuple[float, float, int]]:
    """where -> (share of right citations, mean cross entropy of the answer, questions)"""
    found: dict[str, list[tuple[bool, float]]] = {}
    for i in range(rounds):
        sampler = Sampler(open_tokenizer(tokenizer), sizes.segment, f"ssft test/{i}")
        for where, logits, wanted in answers(decoder, sampler, sizes, 4, 6, FEWEST_SEGMENTS + 2 * (i % 5)):
            right = bool(logits[0, S0 : S0 + 48].argmax() + S0 == wanted[0])
            found.setdefault(where, []).append((right, F.cross_entropy(logits, wanted).item()))
    return {w: (sum(r for r, _ in f) / len(f), sum(e for _, e in f) / len(f), len(f)) for w, f in sorted(found.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--segment", type=int, default=128)
    parser.add_argument("--pinned", type=int, default=16)
    parser.add_argument("--window", type=int, default=384)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--questions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=12, help="of measuring, before and after")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    sizes, tokenizer = Sizes(args.segment, args.pinned, args.window), args.checkpoint / "tokenizer.json"
    log = open(args.checkpoint / "ssft.log", "a")  # noqa: SIM115

    def say(text: str) -> None:
        print(text, flush=True)
        print(text, file=log, flush=True)

    kept = args.checkpoint / "ssft.pt"
    state = torch.load(kept, weights_only=True) if kept.exists() else None
    decoder = load(args.checkpoint)
    if state is None and decoder.memory_trained:
        sys.exit(f"{args.checkpoint} has trained gates; remove gates.safetensors to train them anew")
    gates = decoder.gates()
    decoder.requires_grad_(False)
    for gate in gates.values():
        gate.requires_grad_(True)
    count = sum(g.numel() for g in gates.values())
    share = count / decoder.config.parameters()
    say(f"{count} of {decoder.config.parameters()} parameters train: {share:.3%}; {sizes}, seed {args.seed}")
    if share > 0.0015:
        sys.exit("more than 0.15 % of the weights would train")
    optimizer = torch.optim.Adam(gates.values(), lr=args.rate)
    step, spent = 0, 0.0
    if state:
        decoder.load_state_dict(state["gates"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
    else:
        say(f"before: {report(measure(decoder, tokenizer, sizes, args.rounds))}")
    last, sums = time.monotonic(), []
    while spent < 60 * args.minutes:
        progress = spent / (60 * args.minutes)
        optimizer.param_groups[0]["lr"] = args.rate * min(1, (step + 1) / 10) * max(0.05, min(1, 2 * (1 - progress)))
        sampler = Sampler(open_tokenizer(tokenizer), sizes.segment, f"ssft/{args.seed}/{step}")
        segments = sampler.random.randint(FEWEST_SEGMENTS, MOST_SEGMENTS)
        loss = torch.stack(
            [
                F.cross_entropy(logits[:1], wanted[:1]) + 0.5 * F.cross_entropy(logits, wanted)
                for _, logits, wanted in answers(decoder, sampler, sizes, args.batch, args.questions, segments)
            ]
        ).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step, now = step + 1, time.monotonic()
        spent, last = spent + now - last, now
        sums.append(loss.item())
        if step % 20 == 0:
            say(f"step {step} {spent / 60:.1f} min loss {sum(sums) / len(sums):.3f}")
            sums = []
            values = {name: g.detach() for name, g in gates.items()}
            store(kept, {"gates": values, "optimizer": optimizer.state_dict(), "step": step, "spent": spent})
    save(decoder, args.checkpoint)
    say(f"after {step} steps, {spent / 60:.1f} minutes: {report(measure(decoder, tokenizer, sizes, args.rounds))}")


def report(result: dict[str, tuple[float, float, int]]) -> str:
    return "; ".join(f"{w} {right:.1%} right, entropy {e:.3f}, n {n}" for w, (right, e, n) in result.items())


if __name__ == "__main__":
    main()
