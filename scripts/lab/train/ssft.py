"""S-SFT of any checkpoint: the gates alone, on questions about documents in the checkpoint's own prompt.

    scripts/lab.sh ssft ~/checkpoints/Qwen2.5-0.5B-Instruct [--data questions.jsonl] [--steps 600]
    scripts/lab.sh python -m torch.distributed.run --nproc-per-node 4 -m lab.train.ssft …      (a part of a step each)

Writes gates.safetensors, ssft.pt (to go on from) and ssft.log into the checkpoint's folder; nothing else there changes.
Says beforehand how much memory it will take. Before and after, held-out questions are asked: nats a token of the
answers, and how many are right as a whole, the tokens before given. With fresh gates that is the base with a window.
Then pairs are asked over their own and over each other's memory: what is gained there, too, is not remembered.
Gates alone teach nothing that the base cannot read out of a mean of keys and values: see models/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from random import Random

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from lab.export.checkpoint_prompt import default_preset
from lab.reference.checkpoint import load, save_gates
from lab.reference.decoder import Decoder
from lab.reference.halves import in_halves, multiplies_halves, to_halves
from lab.reference.parallel import ask, plain_attention
from lab.reference.prompt_template import for_pieces
from lab.train.checkpoint import store
from lab.train.distributed import Processes, average
from lab.train.memory_estimate import estimate, readable_size
from lab.train.samples import BadData, BatchShape, PromptForm, QuestionBatch, question_batch, read

FEWEST = 8  # segments of a sample, at least
MOST = 16  # at most, unless said
WINDOWS = (1, 2, 4)  # segments of its window: what is remembered must not depend on it
KEEP = 60  # seconds, at most, between two savings
MEASURED = 6  # held-out samples


@dataclass(frozen=True)
class Options:
    """As on the command line."""

    checkpoint: Path
    data: Path | None = None
    preset: Path | None = None
    steps: int = 600
    rate: float = 1e-2
    segment: int = 128
    batch: int = 2
    questions: int = 12
    most: int = MOST
    seed: int = 1

    def settings(self, processes: int) -> dict:
        """What must be the same where training goes on."""
        data = hashlib.sha256(self.data.read_bytes()).hexdigest() if self.data else "generated"
        names = ("steps", "rate", "segment", "batch", "questions", "most", "seed")
        return {"data": data, "processes": processes} | {name: getattr(self, name) for name in names}


def to_device(device: str, b: QuestionBatch) -> tuple[Tensor, ...]:
    """start [P], ids, queries, targets, after, as tensors on the device."""
    return tuple(torch.from_numpy(t).to(device) for t in (b.start, b.ids, b.queries, b.targets, b.after))


def answers(decoder: Decoder, b: QuestionBatch, device: str, foreign: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """→ logits [m,V] of the rows before an answer's tokens, these tokens [m], the question of each [m]; `foreign`: over
    the memory of another document."""
    start, ids, queries, targets, after = to_device(device, b)
    halves = device != "cpu" or in_halves(decoder)
    with torch.device(device), torch.autocast(device, torch.bfloat16, enabled=halves):
        again = torch.is_grad_enabled()
        hidden = ask(decoder, start, ids, b.window, queries, after, again=again, foreign=foreign)  # [B,Q,T,D]
        rows = (targets.flatten() >= 0).nonzero()[:, 0]  # [m]
        logits = decoder.logits(hidden.flatten(0, 2)[rows]).float()  # [m,V]
    return logits, targets.flatten()[rows], rows // queries.shape[-1]


@torch.no_grad()
def evaluate(decoder: Decoder, samples: list[QuestionBatch], device: str, foreign: bool = False) -> str:
    """Of held-out samples: nats a token, and questions all of whose answer's tokens are the likeliest."""
    nats = 0.0
    tokens = 0
    right = 0
    questions = 0
    for b in samples:
        logits, targets, question = answers(decoder, b, device, foreign)
        nats += F.cross_entropy(logits, targets, reduction="sum").item()
        wrong = question[logits.argmax(-1) != targets].unique()
        tokens = tokens + len(targets)
        questions = questions + len(question.unique())
        right += len(question.unique()) - len(wrong)
    return f"{nats / max(1, tokens):.3f} nats a token, {right} of {questions} answers right"


def prompt_form(base: Path, preset: Path | None, positions: int) -> PromptForm:
    """The checkpoint's prompt as tokens; raises BadData where it is a citing one."""
    found = json.loads(preset.read_text()) if preset else default_preset(base, positions)
    if found["citation"]:
        raise BadData(f"{preset}: found a citing prompt, expected a free one: the command finder.ssft trains those")
    kept = for_pieces(json.loads((base / "tokenizer.json").read_text()), found)
    return PromptForm(found["prompt"], found["end"][0], json.dumps(kept))


class Trainer:
    """One process's part; opened anew it goes on where it was kept last."""

    def __init__(self, options: Options) -> None:
        base = options.checkpoint
        o = options
        self.options = o
        self.processes = Processes.join()
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        if self.device == "cuda":
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        torch.set_flush_denormal(True)
        torch.manual_seed(o.seed)
        self.decoder = load(base)
        self.state_file = base / "ssft.pt"
        self.settings = o.settings(self.processes.size)
        state = self.saved_state()
        self.log = open(base / "ssft.log", "a") if self.processes.rank == 0 else None  # noqa: SIM115
        self.config = c = self.decoder.config  # as loaded: in halves lm_head is a copy, which is not counted
        self.gates = self.freeze()
        self.form = prompt_form(base, o.preset, c.positions)
        reach = max(1, c.positions // o.segment - 3)  # segments of a window; pinned and question stand beside it
        self.most = BatchShape(o.segment, o.most, max(w for w in WINDOWS if w <= reach), o.batch, o.questions)
        self.texts, held, left_out = read(o.data, self.form, o.most * o.segment) if o.data else (None, None, "")
        self.held_out = [question_batch(self.form, held, self.most, f"{o.seed}/held out/{i}") for i in range(MEASURED)]
        pair = replace(self.most, batch=2)
        self.pairs = [question_batch(self.form, held, pair, f"{o.seed}/pair/{i}") for i in range(MEASURED // 2)]
        self.optimizer = torch.optim.Adam(self.gates.values(), lr=o.rate)
        self.step = 0
        self.describe(left_out)
        if state:
            self.decoder.load_state_dict(state["gates"], strict=False)
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
            self.say(f"goes on at step {self.step}")
        else:
            self.say(f"gates shut: {evaluate(self.decoder, self.held_out, self.device)}")

    def saved_state(self) -> dict | None:
        """What an earlier run left; raises BadData where it had other settings, or where gates are already trained."""
        state = torch.load(self.state_file, weights_only=True) if self.state_file.exists() else None
        if self.decoder.memory_trained and not state:
            raise BadData(f"{self.options.checkpoint} has trained gates; remove gates.safetensors to train them anew")
        if state and state["settings"] != self.settings:
            found = {k: v for k, v in state["settings"].items() if v != self.settings[k]}
            expected = {k: self.settings[k] for k in found}
            raise BadData(f"{self.state_file}: found {found}, expected {expected}; remove it to train anew")
        return state

    def freeze(self) -> dict[str, torch.nn.Parameter]:
        """All but the gates, which are float32 whatever the base is."""
        gates = self.decoder.gates()
        c = self.decoder.config
        trained = sum(g.numel() for g in gates.values())
        least = len(gates) // 4 * (3 * c.head_dim + 1)
        if not gates:
            raise BadData(
                f"{self.options.checkpoint}: found no layer that sees all, expected one: nothing is to remember"
            )
        if trained > max(0.0015 * c.parameters(), least):
            raise BadData(
                f"{self.options.checkpoint}: found gates of {trained} weights, expected 0.15 % of {c.parameters()}"
            )
        self.decoder.requires_grad_(False)
        if self.device == "cuda":
            self.decoder.to(self.device, torch.bfloat16)
        else:
            for layer in self.decoder.model.layers:
                layer.self_attn.local = partial(plain_attention, layer.self_attn)
            if multiplies_halves():
                to_halves(self.decoder)
        for gate in gates.values():
            gate.data = gate.data.float()
            gate.requires_grad_(True)
        return gates

    def describe(self, left_out: str) -> None:
        """Says what will be trained, and how much memory that takes."""
        c = self.config
        trained = sum(g.numel() for g in self.gates.values())
        share = f"{trained:,} of {c.parameters():,} weights train: {trained / c.parameters():.3%}"
        self.say(f"{share}; seed {self.options.seed}; {self.device}, {self.processes.size} at once")
        if left_out:
            self.say(left_out)
        asked = max(b.queries.shape[-1] for b in self.held_out)
        weight = 4 if self.device == "cpu" else 2
        parts = estimate(c, self.most, len(self.form.start), asked, weight, trained)
        said = ", ".join(f"{part} {readable_size(count)}" for part, count in parts.items())
        self.say(f"memory of each, estimated: {readable_size(sum(parts.values()))} ({said})")

    def say(self, text: str) -> None:
        """Writes a line on standard output and into ssft.log, in the first process."""
        if self.log:
            print(text, flush=True)
            print(text, file=self.log, flush=True)

    def sample(self) -> QuestionBatch:
        """This step's batch for this process; of one size for all."""
        o = self.options
        most = self.most
        r = Random(f"{self.options.seed}/{self.step}")
        longest = max((len(t.ids) for t in self.texts), default=0) if self.texts else 0
        segments = max(r.randint(min(FEWEST, o.most), o.most), -(-longest // o.segment))
        window = r.choice([w for w in WINDOWS if w <= most.window])
        shape = replace(most, segments=segments, window=window)
        return question_batch(self.form, self.texts, shape, f"{o.seed}/{self.step}/{self.processes.rank}")

    def train_step(self) -> float:
        """A step → its loss, over all processes."""
        o = self.options
        decay = max(0.05, min(1, 2 * (1 - self.step / o.steps)))
        self.optimizer.param_groups[0]["lr"] = o.rate * min(1, (self.step + 1) / 10) * decay
        logits, targets, _ = answers(self.decoder, self.sample(), self.device)
        loss = F.cross_entropy(logits, targets)
        self.optimizer.zero_grad()
        loss.backward()
        mean = loss.detach().clone()
        average([mean, *(g.grad for g in self.gates.values())], self.processes.size)
        self.optimizer.step()
        self.step += 1
        return mean.item()

    def save_state(self) -> None:
        """Writes the state to go on from."""
        if self.processes.rank == 0:
            values = {name: g.detach().cpu() for name, g in self.gates.items()}
            whole = {"gates": values, "optimizer": self.optimizer.state_dict(), "step": self.step}
            store(self.state_file, whole | {"settings": self.settings})

    def run(self, until: int | None = None) -> list[float]:
        """→ the losses of the steps made; `until`: no further than that step, as if it were interrupted there."""
        steps = self.options.steps
        losses = []
        began = time.monotonic()
        saved = began
        while self.step < min(steps, until or steps):
            losses.append(self.train_step())
            now = time.monotonic()
            last = losses[-20:]
            if self.step % 20 == 0 or self.step == steps:
                self.say(f"step {self.step}, {(now - began) / 60:.1f} min, loss {sum(last) / len(last):.3f}")
            if now - saved > KEEP or self.step in (steps, until):
                self.save_state()
                saved = now
        if self.step == steps:
            if self.processes.rank == 0:
                save_gates(self.gates, self.options.checkpoint)
            self.say(f"after {steps} steps: {evaluate(self.decoder, self.held_out, self.device)}")
            own, foreign = (evaluate(self.decoder, self.pairs, self.device, other) for other in (False, True))
            self.say(f"asked in pairs, over its own memory: {own}; over the other's: {foreign}")
        return losses


def parsed() -> Options:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a Hugging Face folder of a family that can be exported")
    parser.add_argument("--data", type=Path, help="documents with questions, a line each (train/samples.py)")
    parser.add_argument("--preset", type=Path, help="as for export: the prompt, where there is no chat template")
    for field in fields(Options):
        if field.name not in ("checkpoint", "data", "preset"):
            parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    return Options(**vars(parser.parse_args()))


def main() -> None:
    """The command line; exits with a sentence where the checkpoint or the data cannot be trained on."""
    options = parsed()
    try:
        Trainer(options).run()
    except (ValueError, OSError) as e:
        sys.exit(f"ssft: {e}; gates.safetensors was not written")
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
