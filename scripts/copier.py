"""models/tiny-copy: a free model of 0.1 M parameters that copies from its prompt. Set by hand, never trained.

    python scripts/copier.py            # writes models/tiny-copy
    python scripts/copier.py --check    # makes it anew elsewhere and compares

A question is words of the document; the answer is what follows them there, up to the end of the sentence. This is the
induction circuit alone: what tests and benchmarks need of a model that quotes (models/tiny is random, models/demo
cites). The residual stream is laid out in parts (class Part):

    layer 0   the token one, two and three places back (biases alone: RoPE makes distance)   -> BACK1, BACK2, BACK3
    layer 1   what followed the last three tokens where they stood before                    -> NEXT
    head      NEXT says the next token; a full stop says the end                             <- NEXT, STOP
"""

import argparse
import math
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

import export
import tiny
from config import Config
from model import Decoder, save

TARGET = tiny.TARGET.with_name("tiny-copy")
CODE, SHORT = 24, 14  # widths of a token's code, and of its short form
CONFIG = Config(
    family="qwen2", vocabulary=tiny.CONFIG.vocabulary, hidden=3 * CODE + 2 * SHORT + 1, layers=2, heads=3, kv_heads=1,
    head_dim=64, ff=8, theta=1e10, qkv_bias=True, gate_hidden=1,
)  # fmt: skip
HALF, NEAR, FAR = 32, 8, 12  # rotary pairs: half of a head; those that feel distance; from FAR on they do not
MATCH = [*range(FAR, HALF), *range(HALF + FAR, 2 * HALF)]  # channels of a key for content: 40
PRESET = tiny.PRESET | {
    "description": "Copies what follows the question's words in the text: a fixture for tests, of no other use",
    "precisions": ["int8"],
    "max_error": {"int8": 0.1},
    "end": ["<eos>", "</doc>"],
    "prompt": {"start": "<bos><doc>", "ask": "</doc><q>{question}", "summarize": "</doc><sum>"},
    "scenarios": {
        "default": {"segment": 64, "pinned": 8, "window": 512, "recall": 384, "threads": 0},
        "short": {"segment": 16, "pinned": 8, "window": 96, "recall": 64, "threads": 0},
    },
    "readings": {"ask": "recall", "summarize": "recall"},
    "limits": {"question": 256, "answer": 192},
}


class Part:
    """Channels of the residual stream."""

    TOKEN, BACK1, NEXT = (slice(i * CODE, (i + 1) * CODE) for i in range(3))
    BACK2, BACK3 = (slice(3 * CODE + i * SHORT, 3 * CODE + (i + 1) * SHORT) for i in range(2))
    STOP = 3 * CODE + 2 * SHORT


def codes(count: int) -> torch.Tensor:
    """[count, CODE] of length 1, pushed apart from each other."""
    x = np.random.default_rng(3).standard_normal((count, CODE))
    for _ in range(300):
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        near = x @ x.T - np.eye(count)
        x -= 0.05 * near**7 @ x / np.abs(near**7).sum(1).max()
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return torch.from_numpy(x.astype(np.float16).astype(np.float32))


def projection(rows: int) -> torch.Tensor:
    """[rows, CODE], orthonormal rows, which keep a code's length on average."""
    q = np.linalg.qr(np.random.default_rng(rows).standard_normal((CODE, CODE)))[0]
    return torch.from_numpy((q[:rows] * math.sqrt(CODE / rows)).astype(np.float32))


@torch.no_grad()
def set_weights(decoder: Decoder, tokenizer: Tokenizer) -> None:
    code, turn, width = codes(CONFIG.vocabulary), CONFIG.inverse_frequencies().float(), CONFIG.head_dim
    whole, short = torch.eye(CODE), projection(SHORT)
    for name, p in decoder.named_parameters():
        p.fill_(1.0 if name.endswith("norm.weight") else 0.0)
    decoder.model.embed_tokens.weight[:, Part.TOKEN] = code
    decoder.model.embed_tokens.weight[tokenizer.token_to_id("."), Part.STOP] = 1.0

    back, find = (layer.self_attn for layer in decoder.model.layers)
    back.k_proj.bias[:NEAR] = 14.0
    for head, (part, read) in enumerate([(Part.BACK1, whole), (Part.BACK2, short), (Part.BACK3, short)]):
        query, distance = back.q_proj.bias[head * width : (head + 1) * width], head + 1
        query[:NEAR] = 14.0 * torch.cos(turn[:NEAR] * distance)
        query[HALF : HALF + NEAR] = -14.0 * torch.sin(turn[:NEAR] * distance)
        back.o_proj.weight[part, head * width : head * width + CODE] = read / math.sqrt(CONFIG.hidden)
    back.v_proj.weight[:CODE, Part.TOKEN] = whole

    matches = [(Part.TOKEN, Part.BACK1, short, short), (Part.BACK1, Part.BACK2, short, torch.eye(SHORT))]
    matches += [(Part.BACK2, Part.BACK3, torch.eye(SHORT)[:12], torch.eye(SHORT)[:12])]
    channels = iter(MATCH)
    for asked, found, ask, key in matches:
        here = [next(channels) for _ in range(len(ask))]
        find.q_proj.weight[here, asked], find.k_proj.weight[here, found] = 2.4 * ask, 2.4 * key
    find.v_proj.weight[:CODE, Part.TOKEN] = whole
    find.o_proj.weight[Part.NEXT, :CODE] = 0.7 * whole

    decoder.lm_head.weight[:, Part.NEXT] = code
    decoder.lm_head.weight[tiny.END, Part.STOP] = 8.0
    for layer in decoder.model.layers:
        layer.self_attn.gate.b2.fill_(-30.0)  # the memory is never listened to


def make(target: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as temporary:
        folder, tokenizer, decoder = Path(temporary) / "tiny-copy", tiny.tokenizer(), Decoder(CONFIG)
        set_weights(decoder, tokenizer)
        save(decoder, folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        return export.export(folder, target, PRESET, "tiny-copy")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="make it anew elsewhere and compare")
    torch.set_num_threads(1)
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "tiny-copy"
        errors = make(made)
        if check:
            differ = tiny.differences(made, TARGET)
            print(f"models/tiny-copy differs: {', '.join(differ)}" if differ else "models/tiny-copy is as it is made")
            return 1 if differ else 0
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(made, TARGET)
        print(errors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
