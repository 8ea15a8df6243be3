"""The host's part of a fixed-shape artefact in numpy: what it is fed, and what it gives; no command line.

opened.session = Shapes({Run(128, 1, 528): session, …})                          # in f32; then Session as ever
opened.session = Steps({Run(128, 1, 528): session, …}, found, keys, values)      # in 8 and 16 bits
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Protocol

import numpy as np
import onnxruntime

from lab.accelerators.fixed_point import LEAST, Encoding
from lab.accelerators.lowering import GraphShape
from lab.reference.numpy_engine import ModelFolder, Session

FLOOR = np.float32(np.exp(LEAST))
BEHIND = -1e30  # rows of padding see nothing but themselves


class GraphSession(Protocol):
    """What runs a graph, as onnxruntime.InferenceSession does."""

    def run(self, names: list[str] | None, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Feeds by name → the outputs of these names."""


def step_by_step(graph: bytes) -> onnxruntime.InferenceSession:
    """A graph in steps on the CPU: every step is taken, none fused away."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class ShapeSessions:
    """Sessions of one artefact by shape, where a session of open shape stood."""

    def __init__(self, sessions: dict[GraphShape, GraphSession]):
        self.sessions = sessions

    def get_inputs(self) -> list:
        """Those of any of the graphs: all have the same names."""
        return next(iter(self.sessions.values())).get_inputs()

    def fit(self, rows: int, wanted: int) -> GraphShape:
        """The least shape that holds so many rows, and wants so many."""
        fits = [r for r in self.sessions if r.rows >= rows and (r.wanted >= wanted)]
        return min(fits, key=lambda r: r.rows)

    def fed(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Feeds as a graph of fixed shape takes them."""
        return feeds | {"rows": feeds["rows"].astype(np.int32)}

    def real(self, name: str, made: np.ndarray) -> np.ndarray:
        """An output in real numbers."""
        return made

    def run(self, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Feeds of any number of rows → the outputs of these names, of as many rows."""
        count = len(feeds["x"])
        wanted = len(feeds["rows"])
        run = self.fit(count, wanted)
        fed = self.fed({name: padded(name, value, run) for name, value in feeds.items()})
        outputs = [o.name for o in self.sessions[run].get_outputs()]
        made = dict(zip(outputs, self.sessions[run].run(outputs, fed), strict=True))
        real = {name: self.real(name, value) for name, value in made.items() if name in names}
        return [real[n][:wanted] if n == "logits" else real[n][:, :, :count] for n in names]


class QuantizedSessions(ShapeSessions):
    """What goes in and comes out is in steps."""

    def __init__(
        self, sessions: dict[GraphShape, GraphSession], found: dict[str, Encoding], keys: np.ndarray, values: np.ndarray
    ):
        super().__init__(sessions)
        self.found = found
        self.scales = keys, values  # [L, J, d] each

    def get_inputs(self) -> list:
        """Those of the graph of open shape."""
        found = {name.replace("mean_", "m_").replace("log_z_", "z_") for name in self.found}
        return [SimpleNamespace(name=name, type="in steps") for name in (found | {"rows"})]

    def fed(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Feeds scaled and quantised."""
        real = scaled_feeds(feeds, *self.scales)
        return {name: self.found[name].quantize(v) if name != "rows" else v for name, v in real.items()}

    def real(self, name: str, steps: np.ndarray) -> np.ndarray:
        """An output dequantised; keys and values times their dims' scales."""
        real = self.found[name].dequantize(steps)
        if not name.startswith("new_"):
            return real
        return real * self.scales["kv".index(name[4])][int(name[6:])][:, None]


def self_test_error(opened: ModelFolder, session: ShapeSessions, scenario: str) -> float:
    """Of the logits: worst over the scenario's self-tests, ÷ the largest logit."""
    kept = opened.session
    opened.session = session
    worst = 0.0
    for test in opened.manifest["self_test"]:
        if test["scenario"] == scenario:
            ids = test["tokens"]
            want = np.array(test["logits"])
            pinned = min(len(ids), opened.manifest["scenarios"][scenario]["pinned"])
            got = Session(opened, scenario).read(ids, pinned)[test["indices"]]
            worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    opened.session = kept
    return worst


def scaled_feeds(feeds: dict[str, np.ndarray], keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """What a graph of open shape is fed → what lower.for_steps is fed, still in real numbers."""
    fed = {}
    for name, value in feeds.items():
        kind, _, layer = name.partition("_")
        if kind in ("k", "v"):
            fed[name] = value / (keys if kind == "k" else values)[int(layer)][:, None]
        elif kind == "m":  # [1, J, d, d] by row ÷ z
            z = np.maximum(feeds[f"z_{layer}"], FLOOR)
            fed[f"mean_{layer}"] = value / z / values[int(layer)][:, None]
        elif kind == "z":
            fed[f"log_z_{layer}"] = np.log(np.maximum(value, FLOOR)).swapaxes(2, 3)  # [1, J, 1, d]
        else:
            fed[name] = value.astype(np.int32) if name == "rows" else value
    return fed


def padded(name: str, value: np.ndarray, run: GraphShape) -> np.ndarray:
    """value as a run of so many rows has it; what is added follows what is real, so nothing real sees it."""
    if name == "rows":
        return np.resize(value, run.wanted)
    if name.startswith("mask_"):
        rows, columns = value.shape
        whole = np.full((run.rows, run.slots + run.rows), BEHIND, np.float32)
        whole[:rows, :columns] = value
        np.fill_diagonal(whole[:, run.slots :], 0)
        return whole
    if name == "x" or name.startswith(("cos_", "sin_")):
        return np.concatenate([value, np.zeros((run.rows - len(value), value.shape[1]), np.float32)])
    return value
