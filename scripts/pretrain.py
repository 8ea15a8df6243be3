"""Trains the finder's base, models/demo, from nothing: to find in a prompt (samples.py) and to remember (streams.py).

    python scripts/pretrain.py OUT --tokenizer tokenizer.json --minutes 70     (two cores; the clock sets the schedule)
    python scripts/pretrain.py OUT --tokenizer tokenizer.json --steps 5000     (the same weights each time on a machine)

A step takes a batch of each. Run again with the same OUT it goes on from OUT/checkpoint.pt. At the end OUT is a Hugging
Face folder (config.json, model.safetensors, tokenizer.json), compared with transformers' Qwen2ForCausalLM, and
OUT/pretrained is the same with the gates that went along in training. OUT/pretrain.log has a line every 50 steps.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from dataclasses import asdict, fields
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the core to the worker
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from batches import Plan, batches, opened
from circuits import set_start
from model import Attention, Config, Decoder, save
from samples import COPY, MARKER, Batch, Sampler, batch
from segments import ask
from streams import KINDS, Shape, Streams, StreamSampler
from tokenizer import BOS, DOC, S0, open_tokenizer

FINDER = Config(
    family="qwen2", vocabulary=6144, hidden=256, layers=5, heads=4, kv_heads=4, head_dim=64, ff=384, theta=1e6,
    tied=True, qkv_bias=True,
)  # fmt: skip
START = (BOS, DOC)
SHARES = {"marker": 1.0, "copy": 0.2, "document": 0.1, "decision": 1.0, "words": 1.0}  # of a step's loss


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


def optimizers(decoder: Decoder, plan: Plan) -> list[torch.optim.Optimizer]:
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
    for number in range(rounds):
        b = StreamSampler(tokenizer, f"test/streams/{number}").streams(shape)
        logits, wanted, _, question = remembered(decoder, b)
        wrong = question[logits.argmax(-1) != wanted].unique().tolist()
        for i, kind in enumerate(b.kind.flatten()):
            right.setdefault(KINDS[kind], []).append(i not in wrong)
    return {kind: (sum(r) / len(r), len(r)) for kind, r in sorted(right.items())}


def store(path: Path, content: dict) -> None:
    """All or nothing: a temporary name, synced, renamed."""
    temporary = path.with_suffix(".new")
    with open(temporary, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def compare(folder: Path) -> float:
    """Greatest difference between our logits and those of transformers on a little text, as a share of their range."""
    from transformers import Qwen2ForCausalLM

    from model import load

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


class Log:
    """Lines on standard output and in OUT/pretrain.log, above a progress bar where that is a terminal."""

    def __init__(self, out: Path) -> None:
        self.file = open(out / "pretrain.log", "a")  # noqa: SIM115
        self.bar = tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}", disable=not sys.stderr.isatty(), leave=False)

    def say(self, text: str) -> None:
        with self.bar.external_write_mode():
            print(text, flush=True)
        print(text, file=self.file, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=640)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--other-rate", type=float, default=2e-3)
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    plan = Plan(**{f.name: getattr(args, f.name) for f in fields(Plan)})
    torch.manual_seed(plan.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    Attention.fused = False
    args.out.mkdir(parents=True, exist_ok=True)
    log = Log(args.out)
    shutil.copy(args.tokenizer, args.out / "tokenizer.json")

    decoder = Decoder(FINDER)
    set_start(decoder, open_tokenizer(args.tokenizer), plan.seed)
    torch.set_default_device(args.device)
    decoder.to(args.device)
    opts, step, spent, tokens = optimizers(decoder, plan), 0, 0.0, 0
    rates = [opt.param_groups[0]["lr"] for opt in opts]
    checkpoint = args.out / "checkpoint.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True, map_location=args.device)
        if kept["plan"] | {"minutes": 0} != asdict(plan) | {"minutes": 0}:
            sys.exit(f"{checkpoint} is of another run: {kept['plan']}")
        decoder.load_state_dict(kept["weights"])
        for opt, state in zip(opts, kept["optimizers"], strict=True):
            opt.load_state_dict(state)
        step, spent, tokens = kept["step"], kept["spent"], kept["tokens"]
    log.say(f"{FINDER.parameters():,} parameters, {plan}, from step {step}")

    def keep() -> None:
        state = {"weights": decoder.state_dict(), "optimizers": [o.state_dict() for o in opts]}
        store(checkpoint, state | {"plan": asdict(plan), "step": step, "spent": spent, "tokens": tokens})

    sums: dict[str, list[float]] = {}
    source, saved, last = batches(args.tokenizer, plan, step), spent, time.monotonic()
    next(source)
    while True:
        progress = step / plan.steps if plan.steps else spent / (60 * plan.minutes)
        log.bar.update(min(1.0, progress) - log.bar.n)
        if progress >= 1:
            break
        b, streams = source.send(progress)
        parts = losses(decoder, b, 0.1, torch.Generator("cpu").manual_seed(step))
        sum(SHARES[name] * part.nan_to_num() for name, part in parts.items()).backward()
        carried = carrying(decoder, streams)
        sum(SHARES[name] * part.nan_to_num() for name, part in carried.items()).backward()
        parts |= carried
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        for opt, rate in zip(opts, rates, strict=True):
            opt.param_groups[0]["lr"] = rate * schedule(step, progress)
            opt.step()
            opt.zero_grad(set_to_none=True)
        step, now = step + 1, time.monotonic()
        tokens += int((b.block >= 0).sum()) + streams.ids.size + int((streams.asked > 0).sum())
        spent, last = spent + now - last, now
        for name, part in parts.items():
            sums.setdefault(name, []).append(part.item())
        if step % 50 == 0:
            means = " ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in sums.items())
            log.say(f"step {step} {spent / 60:.1f} min {tokens / 1e6:.2f} M tokens {tokens / spent:.0f}/s {means}")
            sums = {}
        if spent - saved > 60 * args.save_minutes:
            keep()
            result = measure(decoder, opened(args.tokenizer), plan.length)
            result |= recollect(decoder, opened(args.tokenizer), Shape(128, 8, 1, 4, 16))
            shares = " ".join(f"{kind} {share:.0%}/{n}" for kind, (share, n) in result.items())
            log.say(f"  kept; held out: {shares}")
            saved, last = spent, time.monotonic()
    source.close()
    keep()
    save(decoder, args.out, gates=False)
    save(decoder, args.out / "pretrained")
    result = measure(decoder, opened(args.tokenizer), plan.length, "final", 160)
    result |= recollect(decoder, opened(args.tokenizer), Shape(128, 12, 4, 4, 16), 8)
    log.say("held out: " + ", ".join(f"{k} {v:.1%} of {n}" for k, (v, n) in result.items()))
    log.say(f"{step} steps, {tokens / 1e6:.1f} M tokens, {spent / 60:.1f} minutes, seed {plan.seed}")
    torch.set_default_device("cpu")
    compare(args.out)


if __name__ == "__main__":
    main()
