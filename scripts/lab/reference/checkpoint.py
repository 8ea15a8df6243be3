"""Checkpoint folders: a Hugging Face folder of a family that families.py knows, and gates.safetensors once trained.

decoder = load("path/to/checkpoint")
save(decoder, "path/to/another")
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.reference.decoder import Decoder, Gate
from lab.reference.families import read_config, weights


def load(folder: str | Path) -> Decoder:
    """A checkpoint folder. Without gates.safetensors the gates are fresh and memory_trained is False."""
    folder = Path(folder)
    config = read_config(folder)
    gates = {}
    if (folder / "gates.safetensors").exists():
        gates = {name: t.float() for name, t in load_file(folder / "gates.safetensors").items()}
        config = replace(config, gate_hidden=next(t.shape[0] for name, t in gates.items() if name.endswith(".w1")))
    with torch.device("meta"):
        decoder = Decoder(config)
    found = dict(weights(folder, config)) | gates
    want = decoder.state_dict()
    if not gates:  # fresh ones
        found |= {f"{at}.{n}": p.detach() for at, m in decoder.named_modules() if isinstance(m, Gate)
                  for n, p in Gate(*m.w1.shape).named_parameters()}  # fmt: skip
    wrong = {
        name: (list(t.shape), list(want[name].shape))
        for name, t in found.items()
        if name in want and t.shape != want[name].shape
    }
    missing = sorted(want.keys() - found.keys())
    unexpected = sorted(found.keys() - want.keys())
    if missing or unexpected or wrong:
        shapes = "".join(f", {name} {a}, expected {b}" for name, (a, b) in list(wrong.items())[:4])
        raise ValueError(f"{folder}: missing {missing[:4]}, unexpected {unexpected[:4]}{shapes}")
    decoder.load_state_dict(found, assign=True)
    decoder.memory_trained = bool(gates)
    return decoder.eval()


def save_gates(gates: dict[str, Tensor], folder: Path) -> None:
    """Writes gates.safetensors, all or nothing."""
    temporary = folder / "gates.safetensors.new"
    save_file({name: g.detach().cpu().contiguous() for name, g in gates.items()}, temporary, metadata={"format": "pt"})
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, folder / "gates.safetensors")


def save(decoder: Decoder, folder: str | Path, gates: bool = True) -> None:
    """Writes model.safetensors, config.json and, with `gates`, gates.safetensors (the tokenizer is the caller's)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: t.detach().cpu().contiguous() for name, t in decoder.state_dict().items()}
    mine = {name: t for name, t in tensors.items() if ".self_attn.gate." in name}
    base = {name: t for name, t in tensors.items() if name not in mine}
    save_file(base, folder / "model.safetensors", metadata={"format": "pt"})
    if gates:
        save_gates(mine, folder)
    (folder / "config.json").write_text(json.dumps(decoder.config.to_hf(), indent=1) + "\n")
