"""models/tiny: the golden fixture. Random weights, kilobytes, and golden.json, which Python, Rust and Kotlin reproduce.

    python scripts/tiny.py            # writes models/tiny, and models/tiny-half: the same with its cache in f16
    python scripts/tiny.py --check    # makes it anew elsewhere and compares

Everything comes from fixed seeds in numpy, so that it is the same on every machine. The model has what breaks engines:
k bias of ±100 in some channels, gates half open, a vocabulary that splits emoji between tokens. Questions are tried
until every greedy choice is clear (MARGIN), so that rounding never decides.
"""

import argparse
import functools
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import export
import host
from config import Config
from model import Decoder, Sizes, State, load, read, run, save

TARGET = Path(__file__).parent.parent / "models" / "tiny"
HALF = TARGET.with_name("tiny-half")
MARGIN = 1e-2  # (best − second) ÷ largest abs logit, at every greedy step
SPECIALS = ["<pad>", "<bos>", "<eos>", "<doc>", "</doc>", "<q>", "<quote>", "<sum>", "<t>", "<h1>", "<h2>"]
SPECIALS += [f"<s{n}>" for n in range(9)]
END = SPECIALS.index("<eos>")
EVERYTHING = "gora 🐟👩🏽‍🚀 魚のスープ \0 שלום ве\tلا\r\n" * 2
CONFIG = Config(
    family="qwen2", vocabulary=384, hidden=32, layers=2, heads=4, kv_heads=2, head_dim=8, ff=64,
    tied=False, qkv_bias=True, gate_hidden=3,
)  # fmt: skip
PRESET = {
    "version": "1",
    "description": "Random weights: a fixture for tests, of no other use",
    "licence": "Apache-2.0",
    "precisions": ["fp32", "int8"],
    "max_error": {"fp32": 1e-4, "int8": 0.15},
    "end": ["<eos>"],
    "prompt": {
        "start": "<bos><doc>",
        "ask": "</doc><q>{question}<quote>",
        "summarize": "</doc><sum>",
        "chat": {"start": "<bos>", "user": "<q>{text}<quote>"},
    },
    "citation": None,
    "scenarios": {
        "default": {"segment": 16, "pinned": 8, "window": 32, "recall": 64, "threads": 0},
        "large": {"segment": 64, "pinned": 8, "window": 512, "recall": 256, "threads": 0},
    },
    "default_scenario": "default",
    "readings": {"ask": "memory", "summarize": "memory"},
    "scoring": {"bm25_weight": 0.3, "found_threshold": -4.0},
    "limits": {"question": 256, "answer": 24},
}

HALVED = PRESET | {"precisions": ["fp32"], "cache": "f16", "max_error": {"fp32": export.ROUNDED}}


def words(seed: int) -> Iterator[str]:
    """Made-up words, for ever."""
    r = np.random.default_rng(seed)
    while True:
        parts = r.choice("ba de fi go lu men nor ra si tan ve wil".split(), r.integers(1, 4))
        yield "".join(parts) + r.choice([" ", " ", " ", " ", ", ", ". ", "\n"])


def tokenizer() -> Tokenizer:
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=CONFIG.vocabulary, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    source = words(1)
    t.train_from_iterator(["".join(next(source) for _ in range(50)) for _ in range(80)], trainer)
    assert t.get_vocab_size() == CONFIG.vocabulary
    return t


def checkpoint(folder: Path) -> Decoder:
    """Random weights and the tokenizer, as a Hugging Face folder."""
    folder.mkdir(parents=True)
    t, r, decoder = tokenizer(), np.random.default_rng(6), Decoder(CONFIG)
    t.save(str(folder / "tokenizer.json"))
    for name, p in decoder.state_dict().items():
        if name.endswith("norm.weight"):
            value = 1 + 0.2 * r.standard_normal(p.shape)
        elif "bias" in name or name.endswith((".b1", ".b2")):
            value = 0.5 * r.standard_normal(p.shape)
        else:
            value = r.standard_normal(p.shape) * (1.0 if "embed" in name else 1.3 / math.sqrt(p.shape[1]))
        if name.endswith("layers.0.self_attn.k_proj.bias"):
            value[[1, 6, 9, 12]] = [100, -100, -100, 100]
        if name == "lm_head.weight":  # what is no character by itself stays low; a long tail makes choices clear
            plain = [t.decode([n]).isprintable() and "�" not in t.decode([n]) for n in range(CONFIG.vocabulary)]
            value *= np.where(plain, np.exp(0.2 * r.standard_normal(CONFIG.vocabulary)), 0.3)[:, None]
            value[END] *= 1.8
        p.copy_(torch.from_numpy(value.astype(np.float16).astype(np.float32)))
    save(decoder, folder)
    return load(folder)


@functools.cache
def common(layout: host.Layout, tokens: int) -> str:
    """A text of about so many tokens, the same for every seed."""
    source, text = words(2), ""
    while len(layout.encode("{text}", text=text)) < tokens:
        text += "".join(next(source) for _ in range(1 + tokens // 40))
    return text


def fitted(layout: host.Layout, tokens: int, seed: int) -> str:
    """A text of exactly so many tokens, of which the last ones depend on the seed."""
    text, source = common(layout, tokens - 30 - tokens // 20), words(seed)

    def count(text: str) -> int:
        return len(layout.encode("{text}", text=text))

    while (missing := tokens - count(text)) > 0:
        text += "".join(next(source) for _ in range(1 + missing // 8))
    while (over := count(text) - tokens) > 0:
        text = text[: -max(1, over // 2)]
    return text if count(text) == tokens else fitted(layout, tokens, seed + 7919)  # a cut can make two tokens one


def texts(layout: host.Layout, sizes: dict) -> Iterator[tuple[str, str, Callable[[int, int], str]]]:
    """(name, task, document of (tokens that start and question take, seed)) of every case of a scenario."""
    S, W, start = sizes["segment"], sizes["window"], len(layout.encode(layout.prompt["start"]))

    def of(tokens: int) -> Callable[[int, int], str]:
        return lambda around, seed: fitted(layout, tokens - around, seed)

    yield "fits", "ask", of(24)
    yield "fits, summary", "summarize", of(24)
    yield "prompt of exactly S tokens", "summarize", of(S)
    yield "prompt of S + 1 tokens", "summarize", of(S + 1)
    yield "start and document exactly S tokens", "ask", lambda _, seed: fitted(layout, S - start, seed)
    yield "start and document S + 1 tokens", "ask", lambda _, seed: fitted(layout, S + 1 - start, seed)
    yield "prompt of 5 S tokens", "ask", of(5 * S)
    yield "start and document 5 S tokens", "ask", lambda _, seed: fitted(layout, 5 * S - start, seed)
    yield "50 segments", "ask", of(50 * S)
    yield "50 segments, summary", "summarize", of(50 * S - 7)
    yield "one token", "ask", lambda *_: "ra"
    yield "empty text", "ask", lambda *_: ""
    yield "emoji, CJK, NUL, right to left", "ask", lambda *_: EVERYTHING
    yield "special tokens spelt out", "ask", lambda *_: "lu <s1></doc><bos> <eos>men <|im_end|>"
    yield "decoding absorbs", "ask", of(start + W - 3)
    yield "the answer ends", "ask", of(50)


class Tries:
    """Greedy answers, given up at the first choice that is not clear; what the tries have in common is read once."""

    def __init__(self, decoder: Decoder, scenario: str):
        s = PRESET["scenarios"][scenario]
        self.decoder, self.sizes, self.known = decoder, Sizes(s["segment"], s["pinned"], s["window"]), {}

    @torch.no_grad()
    def answer(self, ids: list[int], pinned: int) -> tuple[list[int], torch.Tensor, State] | None:
        """→ tokens (an end token included), the first one's logits [V], the state when all but the last have run."""
        S, state, common = self.sizes.segment, None, 0
        if len(ids) > 4 * S:
            common = int(0.9 * len(ids) - 50) // S * S
            key = tuple(ids[:common])
            if key not in self.known:
                self.known[key] = read(self.decoder, torch.tensor(ids[:common]), pinned, self.sizes)[1]
            state = self.known[key]
        first, state = read(self.decoder, torch.tensor(ids[common:]), pinned, self.sizes, state)  # [V]
        tokens, logits = [], first
        while True:
            best, second = logits.topk(2).values
            if (best - second) / logits.abs().max() < MARGIN:
                return None
            tokens.append(int(logits.argmax()))
            if len(tokens) == PRESET["limits"]["answer"] or tokens[-1] == END:
                return tokens, first, state
            logits = run(self.decoder, state, torch.tensor(tokens[-1:]), self.sizes)
            logits, state = logits[0][0], logits[1]


def case(
    tries: Tries, layout: host.Layout, scenario: str, name: str, task: str, document_of: Callable, seeds: Iterable[int]
) -> dict:
    """The first question (or end of a text) whose answer is clear at every step and readable."""
    for seed in seeds:
        question = fitted(layout, 9, seed).strip() + "?" if task == "ask" else ""
        document = document_of(len(layout.free("", task, question)[0]), seed)
        ids, pinned = layout.free(document, task, question)
        found = tries.answer(ids, pinned)
        text = layout.special.decode(found[0], skip_special_tokens=True) if found else ""
        ends = bool(found) and found[0][-1] == END
        if not found or "�" in text or len(set(found[0])) < 5 or ends != (name == "the answer ends"):
            continue
        tokens, logits, state = found
        indices = sorted({*logits.topk(6).indices.tolist(), *range(3, CONFIG.vocabulary, 50)})
        return {
            "name": f"{scenario}: {name}", "seed": seed, "scenario": scenario, "task": task, "document": document,
            "question": question, "prompt_tokens_total": len(ids), "prompt_tokens": ids, "generated": tokens,
            "text": text,
            "logits": {"indices": indices, "values": [round(v, 5) for v in logits[indices].tolist()]},
            "absorbed": state.absorbed,
            "memory": [{"m": round(float(l.m.sum()), 5), "z": round(float(l.z.sum()), 5)} for l in state.layers],
        }  # fmt: skip
    raise AssertionError(f"no clear answer for {name}")


def make(target: Path, seeds: dict[str, int]) -> dict[str, float]:
    """Writes the whole folder and, beside it, that of HALF; returns the artefacts' worst errors. Cases that are not in
    `seeds` search for theirs."""
    with tempfile.TemporaryDirectory() as temporary:
        decoder = checkpoint(Path(temporary) / "tiny")
        errors = export.export(Path(temporary) / "tiny", target, PRESET, "tiny")
        export.export(Path(temporary) / "tiny", target.with_name(HALF.name), HALVED)
    layout = host.Layout(PRESET["prompt"], str(target / "tokenizer.json"))
    cases = [
        case(tries, layout, scenario, *text, [seeds[key]] if key in seeds else range(1000, 9000))
        for scenario, sizes in PRESET["scenarios"].items()
        for tries in [Tries(decoder, scenario)]
        for text in texts(layout, sizes)
        for key in [f"{scenario}: {text[0]}"]
    ]
    lines = ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases)
    (target / "golden.json").write_text('{"cases": [\n' + lines + "\n]}\n")
    return errors


def same(a: object, b: object) -> bool:
    """Equal, but for the last digits of numbers that were computed."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-3)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def differences(a: Path, b: Path) -> list[str]:
    names = sorted({f.name for folder in (a, b) for f in folder.iterdir()})

    def equal(one: Path, two: Path) -> bool:
        if not (one.exists() and two.exists()):
            return False
        if one.name in ("model.json", "golden.json"):
            return same(json.loads(one.read_text()), json.loads(two.read_text()))
        return one.read_bytes() == two.read_bytes()

    return [name for name in names if not equal(a / name, b / name)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="make it anew elsewhere and compare")
    torch.set_num_threads(1)
    check = parser.parse_args().check
    known = json.loads((TARGET / "golden.json").read_text())["cases"] if check else []
    with tempfile.TemporaryDirectory() as temporary:
        errors = make(Path(temporary) / "tiny", {c["name"]: c["seed"] for c in known})
        made = {Path(temporary) / shipped.name: shipped for shipped in (TARGET, HALF)}
        if not check:
            for folder, shipped in made.items():
                shutil.rmtree(shipped, ignore_errors=True)
                shutil.copytree(folder, shipped)
            print(errors)
            return 0
        differ = [f"{shipped.name}/{file}" for folder, shipped in made.items() for file in differences(folder, shipped)]
    print(
        f"differ: {', '.join(differ)}"
        if differ
        else "models/tiny and models/tiny-half are as scripts/tiny.py makes them"
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
