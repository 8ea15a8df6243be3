"""A GGUF as it was imported, held against transformers, which opens the same file: tokens, logits, what rounding cost.

    scripts/lab.sh imported MODEL.gguf models/mine [models/other …] [--text FILE] [--tokens 5000]
    scripts/lab.sh imported MODEL.gguf models/mine --logits arm64.npy        also what next-tokens read elsewhere

Tokens: of 10,000 strings, cut out of the text and out of Unicode. Logits: of every token of the text, read in pieces of
1,024, each folder's through the host's part in numpy: nats a token from transformers' next tokens in fp32
(Kullback-Leibler), how often the likeliest is the same, the largest difference. One thread where $OMP_NUM_THREADS says
so. Exit status 1 where a token differs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from lab.evaluate.next_tokens import pieces_of, read
from lab.export.gguf.gguf_file import GgufFile
from lab.export.model_folder import REPORT
from lab.export.verify import nats
from lab.reference.numpy_engine import ModelFolder

GPL = Path("/usr/share/common-licenses/GPL-3")
STRINGS = 10_000
LONGEST = 80  # characters of a string
RANGES = ((0x20, 0x7F), (0xA0, 0x250), (0x370, 0x600), (0x900, 0x980), (0x3040, 0x3100), (0x4E00, 0x5000),
          (0x1F300, 0x1F650))  # fmt: skip


def strings(text: str, count: int) -> Iterator[str]:
    """Half cut out of the text anywhere, half of characters of many scripts with blanks and line ends among them."""
    r = random.Random(1)
    for number in range(count):
        length = r.randrange(1, LONGEST)
        if number % 2:
            at = r.randrange(max(1, len(text) - length))
            yield text[at : at + length]
        else:
            some = [r.choice(RANGES) for _ in range(r.randrange(1, 4))]
            yield "".join(r.choice(" \n\t0123456789") if r.random() < 0.3 else chr(r.randrange(*r.choice(some)))
                          for _ in range(length))  # fmt: skip


def vocabulary(source: Path) -> PreTrainedTokenizerFast:
    """transformers' tokenizer of the file; of SmolLM's, whose splitter it does not know, with the published one."""
    theirs = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    if GgufFile(source).metadata.get("tokenizer.ggml.pre") == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        theirs.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    return theirs


def differing(theirs: PreTrainedTokenizerFast, ours: ModelFolder, text: str) -> list[str]:
    """Strings whose tokens are others."""
    encode = ours.prompt_template.special.encode
    return [
        one
        for one in strings(text, STRINGS)
        if theirs.encode(one, add_special_tokens=False) != encode(one, add_special_tokens=False).ids
    ]


@torch.no_grad()
def exact(source: Path, pieces: list[list[int]]) -> list[np.ndarray]:
    """transformers' logits [n, V] of each piece, in fp32."""
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32).eval()
    return [model(torch.tensor([piece])).logits[0].numpy() for piece in pieces]


@dataclass(frozen=True)
class Cost:
    """What a folder's logits are off by: over `tokens` nats from the exact next tokens, how often the likeliest is the
    same, the largest difference ÷ the largest logit."""

    tokens: int
    nats: float
    same: float
    off_by: float


def cost(got: np.ndarray, want: np.ndarray) -> Cost:
    """Of logits [n, V]; want: the exact ones."""
    off = np.abs(got - want).max() / np.abs(want).max()
    same = (got.argmax(-1) == want.argmax(-1)).mean()
    return Cost(len(want), float(nats(want, got).mean()), float(same), float(off))


def compared(name: str, got: np.ndarray, want: np.ndarray) -> str:
    """A line of the table."""
    c = cost(got, want)
    return f"{name:20} {c.nats:8.5f} {c.same:7.2%} {c.off_by:8.5f} {c.tokens:7,}"


def size_of(folder: Path) -> int:
    """Bytes of a folder's files, but for what was said of rounding."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.name != REPORT)


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, metavar="MODEL.gguf")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--text", type=Path, default=GPL)
    parser.add_argument("--tokens", type=int, default=5000)
    parser.add_argument("--ids", type=Path, help="only writes the tokens, for next-tokens")
    parser.add_argument("--logits", type=Path, nargs="+", default=[], help="what next-tokens made of the same tokens")
    args = parser.parse_args()
    text = args.text.read_text("utf-8")
    opened = ModelFolder(args.folders[0])
    wrong = differing(vocabulary(args.source), opened, text)
    print(
        f"{STRINGS - len(wrong):,} of {STRINGS:,} strings have the same tokens"
        + (f"; not {wrong[0]!r}" if wrong else "")
    )
    ids = opened.prompt_template.encode("{text}", text=text)[: args.tokens]
    del opened
    if args.ids:
        np.save(args.ids, np.array(ids))
        return 0
    pieces = pieces_of(ids)
    want = np.concatenate(exact(args.source, pieces))
    print(f"{'folder':20} {'nats':>8} {'same':>7} {'off by':>8} {'tokens':>7} {'ms a token':>11} {'bytes':>12}")
    for place in args.folders:
        folder = ModelFolder(place)
        started = time.perf_counter()
        got = np.concatenate([read(folder, piece) for piece in pieces])
        ms = 1000 * (time.perf_counter() - started) / len(ids)
        print(compared(place.name, got, want), f"{ms:11.2f} {size_of(place):12,}")
    for file in args.logits:
        print(compared(file.stem, np.load(file), want))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
