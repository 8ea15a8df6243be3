"""A compiled folder's next tokens on Qualcomm's simulator, held against the same weights in fp32.

    scripts/lab.sh compile-npu models/mine target/mine-npu --unshared --scenario short --soc SM8650
    scripts/lab.sh simulated target/mine-npu --soc SM8650 [--text FILE] [--before 128] [--tokens 64]

A text is read: `--before` tokens of it by segments, then `--tokens` by drafts of eight rows whose every logit is looked
at, then single rows. Of these tokens: nats from fp32's next tokens (Kullback-Leibler), how often the likeliest is the
same, the largest difference ÷ the largest logit; and the same of the CPU artefact. Exit status 1 where fewer than
`--least` of the next tokens are fp32's. Seconds a run are the simulator's and say nothing of a phone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from lab.accelerators import lowering, qnn
from lab.accelerators.fixed_point import Encoding
from lab.accelerators.fixed_shape_session import QuantizedSessions, ShapeSessions
from lab.accelerators.lowering import GraphShape
from lab.export.verify import nats
from lab.reference.numpy_engine import ModelFolder, Session

GPL = Path("/usr/share/common-licenses/GPL-3")
DRAFT = 8
SINGLE = 2  # single rows at the end
LEAST = 0.9


def artefact_of(about: dict, soc: str, scenario: str) -> dict:
    """The artefact of a processor and a scenario; raises ValueError where there is none the simulator can load."""
    for artefact in about["artefacts"]:
        fixed = artefact.get("fixed", {})
        if artefact.get("target", {}).get("soc") == soc and fixed["scenario"] == scenario:
            if fixed["shared"]:
                raise ValueError("found a .bin of all graphs, expected one a graph: compile-npu --unshared")
            return artefact
    raise ValueError(f"found no graphs for {soc} and scenario {scenario}, expected some of compile-npu")


def simulated(folder: Path, artefact: dict) -> QuantizedSessions:
    """The artefact's graphs on the simulator."""
    fixed = artefact["fixed"]
    about = json.loads((folder / "model.json").read_text())
    base = about["base"]
    sizes = about["scenarios"][fixed["scenario"]]
    kept = json.loads((folder / fixed["encodings"]).read_text())
    found = {name: Encoding(**tensor) for name, tensor in kept["tensors"].items()}
    by_dim = [
        np.array([kept["scales"][f"{kind}_{i}"] for i in range(base["layers"])], np.float32).reshape(
            base["layers"], base["kv_heads"], base["head_dim"]
        )
        for kind in "kv"
    ]
    soc = qnn.SOCS[artefact["target"]["soc"]]
    sessions = {
        GraphShape(g["rows"], g["wanted"], sizes["pinned"] + sizes["window"]): qnn.session(folder / g["file"], soc)
        for g in fixed["graphs"]
    }
    return QuantizedSessions(sessions, found, *by_dim)


def in_fp32(folder: Path, file: str) -> onnxruntime.InferenceSession:
    """The CPU artefact's weights, unpacked, with activations in fp32."""
    simple = lowering.primitives(onnx.load(folder / file))
    return onnxruntime.InferenceSession(simple.SerializeToString(), providers=["CPUExecutionProvider"])


class Open(ShapeSessions):
    """A graph of open shape, whose `rows` are int32."""

    def __init__(self, session: onnxruntime.InferenceSession):
        super().__init__({GraphShape(1, 1, 1): session})
        self.session = session

    def run(self, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Feeds of any number of rows → the outputs of these names."""
        return self.session.run(names, self.fed(feeds))


def logits(opened: ModelFolder, scenario: str, ids: list[int], pinned: int, before: int) -> np.ndarray:
    """Of every token after the first `before`, [n, V]: by drafts, the last SINGLE by themselves."""
    stream = Session(opened, scenario)
    stream.read(ids[:before], pinned)
    found = []
    at = before
    while at < len(ids):
        left = len(ids) - at
        rows = min(DRAFT, left - SINGLE) if left > SINGLE else 1
        found.append(stream.run(ids[at : at + rows], rows=list(range(rows))))
        at += rows
    return np.concatenate(found)


def said(name: str, got: np.ndarray, want: np.ndarray, seconds: float) -> float:
    """Prints a line → the share of next tokens that are the same."""
    same = float((got.argmax(-1) == want.argmax(-1)).mean())
    off = np.abs(got - want).max() / np.abs(want).max()
    lost = nats(want, got).mean()
    print(f"{name:12} {lost:8.4f} nats  {same:6.1%} of {len(want)} next tokens  off by {off:.3f}  {seconds:,.0f} s")
    return same


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--soc", nargs="+", choices=list(qnn.SOCS), required=True, metavar="SOC")
    parser.add_argument("--scenario", help="of model.json; without it the first that has graphs")
    parser.add_argument("--text", type=Path, default=GPL)
    parser.add_argument("--before", type=int, default=128, help="tokens that are read first (%(default)s)")
    parser.add_argument("--tokens", type=int, default=64, help="whose next tokens are compared (%(default)s)")
    parser.add_argument("--least", type=float, default=LEAST, help="share that must be the same (%(default)s)")
    args = parser.parse_args()
    opened = ModelFolder(args.folder)
    about = opened.manifest
    scenario = args.scenario or next(a["fixed"]["scenario"] for a in about["artefacts"] if "target" in a)
    start = opened.prompt_template.encode(about["prompt"]["start"])
    body = opened.prompt_template.encode("{text}", text=args.text.read_text("utf-8"))
    ids = [*start, *body][: args.before + args.tokens]
    plain = opened.session
    sides = {"fp32": lambda: Open(in_fp32(args.folder, opened.file)), "CPU": lambda: plain}
    try:
        for soc in args.soc:
            artefact = artefact_of(about, soc, scenario)
            sides[soc] = lambda artefact=artefact: simulated(args.folder, artefact)
    except ValueError as e:
        print(f"simulated: {e}", file=sys.stderr)
        return 1
    found = {}
    worst = 1.0
    for name, open_session in sides.items():
        opened.session = open_session()
        started = time.monotonic()
        found[name] = logits(opened, scenario, ids, len(start), args.before)
        same = said(name, found[name], found["fp32"], time.monotonic() - started)
        opened.session = plain
        worst = min(worst, same) if name in args.soc else worst
    return 0 if worst >= args.least else 1


if __name__ == "__main__":
    sys.exit(main())
