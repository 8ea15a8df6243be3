"""Whether both sides say the same: the next token's logits after the same tokens.

This project's logits are those of the model folder's graph through the host's part in numpy, which rust/core is held
to by the golden files; the peer's are its own program's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lab.evaluate.cli import Progress
from lab.evaluate.peers.engines import Peer
from lab.export.verify import nats
from lab.reference.numpy_engine import ModelFolder, Session


def pack(prompts: list[list[int]]) -> bytes:
    """As the peer's program takes them: each its length and its ids, int32."""
    return b"".join(np.array([len(prompt), *prompt], "<i4").tobytes() for prompt in prompts)


def agreement(want: np.ndarray, got: np.ndarray) -> dict:
    """Logits [n, V] of the peer and of this project → the share of same tokens, nats from the one to the other."""
    same = want.argmax(-1) == got.argmax(-1)
    lost = nats(want, got)
    return {
        "prompts": len(want),
        "same_next_token": int(same.sum()),
        "nats_mean": float(lost.mean()),
        "nats_median": float(np.median(lost)),
        "nats_max": float(lost.max()),
    }


def compare(peer: Peer, folder: ModelFolder, prompts: list[list[int]], work: Path, progress: Progress) -> dict:
    """Runs the prompts through both."""
    given = work / "prompts"
    taken = work / "logits"
    given.write_bytes(pack(prompts))
    vocabulary = peer.start("logits", given, taken).report["vocabulary"]
    want = np.fromfile(taken, "<f4").reshape(len(prompts), vocabulary)
    pinned = len(folder.prompt_template.encode(folder.prompt_template.prompt["start"]))
    got = []
    for number, prompt in enumerate(prompts):
        progress.say(f"the next token after {len(prompt)} tokens, {number + 1} of {len(prompts)}", last=False)
        got.append(Session(folder, folder.manifest["default_scenario"]).read(prompt, pinned))
    lengths = [len(prompt) for prompt in prompts]
    return agreement(want, np.stack(got)) | {"shortest": min(lengths), "longest": max(lengths)}


def same_tokens(peer: Peer, prefix: Path, ids: list[int]) -> bool:
    """Whether the peer tokenises a prompt's text to these ids."""
    return peer.start("tokens", prefix).report["ids"] == ids
