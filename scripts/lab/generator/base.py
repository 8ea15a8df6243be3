"""The frozen base out of the GGUF that ships: its weights unpacked, its prompts, its ends.

    base = read_base(path)              # Base: decoder, prompts, end, name, sha256

A product's weights are bfloat16 where the processor multiplies these, else float32; embedding, norms and what is added
up stay in float32.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from lab.export.gguf.adapter import Adapted, read_adapter
from lab.export.gguf.architecture import read_config
from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.export.gguf.prompt import default_preset
from lab.export.gguf.tokenizer import tokenizer_json
from lab.export.gguf.weights import Weights
from lab.generator.prompts import Prompts
from lab.reader.weights import cache
from lab.reference.decoder import Decoder
from lab.reference.halves import multiplies_halves, to_halves
from lab.reference.parallel import plain_attention
from lab.reference.prompt_template import tokenizer_text

NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass
class Base:
    """A base model that is trained on."""

    decoder: Decoder
    prompts: Prompts
    end: int  # the token that ends an answer
    name: str
    sha256: str


def default_file() -> Path:
    """Where scripts/models.sh keeps the GGUF."""
    return cache().parent / "downloads" / NAME


def read_base(path: Path, halves: bool | None = None, memory: bool = False, adapter: Path | None = None) -> Base:
    """The base of a GGUF, frozen. `halves`: bfloat16 products (None: where they pay); `memory`: with gates, shut;
    `adapter`: a folder, merged.

    Raises Unreadable for a file that is not there or is none, and for an adapter that does not belong to it."""
    if not path.exists():
        raise Unreadable(f"{path}: found no such file, expected the GGUF that scripts/models.sh smollm2 fetches")
    file = GgufFile(path)
    config = read_config(file)
    weights = Weights(file, config)
    if adapter:
        weights = Adapted(weights, read_adapter(adapter))
    preset = default_preset(file, tokenizer_json(file), config.positions)
    tokenizer = tokenizer_text(tokenizer_json(file), preset, config.vocabulary)
    if memory:
        config = config.remembering()
    decoder = Decoder(config)
    missing, unexpected = decoder.load_state_dict({n: torch.from_numpy(w) for n, w in weights.items()}, strict=False)
    if unexpected or any(".gate." not in name and name != "lm_head.weight" for name in missing):
        raise Unreadable(f"{path}: found weights {unexpected[:3]} too many and {missing[:3]} too few")
    decoder.requires_grad_(False)
    prompts = Prompts(preset["prompt"], tokenizer)
    end = prompts.template.special.token_to_id(preset["end"][0])
    base = Base(decoder.eval(), prompts, end, path.stem, hashlib.sha256(file.bytes_of).hexdigest())
    if multiplies_halves() if halves is None else halves:
        to_halves(decoder)
    for layer in decoder.model.layers:
        layer.self_attn.local = partial(plain_attention, layer.self_attn)
    return base
