"""What the values of a graph reach while texts are read by segments, at every depth; no command line.

    keys, values = cache_scales(opened, streams)              # [L, J, d] each
    graph = lower.for_steps(simple, keys, values, heads)
    seen = ranges(opened, graph, keys, values, streams)       # name → (least, most)

A graph is fed by reference/numpy_engine.py what it is fed on a phone, with an empty cache and a full
one, with nothing absorbed and with much. A stream is (scenario, tokens, how many are pinned).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from lab.accelerators import fixed_point, lowering
from lab.accelerators.fixed_shape_session import scaled_feeds
from lab.export import external_data
from lab.reference.numpy_engine import ModelFolder, Session

Prompts = Iterable[tuple[str, list[int], int]]
DECODED = 3  # single rows after each stream
MASKED = -1e20  # what lies below was masked
ROOM = 1.1  # a cache's range is so much wider than what was seen


class WatchedSession:
    """Stands where a session stood; sees what goes in and what comes out."""

    def __init__(self, session: onnxruntime.InferenceSession, see: Callable[[dict, dict], None]):
        self.session = session
        self.see = see
        self.outputs = [o.name for o in session.get_outputs()]

    def get_inputs(self) -> list:
        """The graph's own."""
        return self.session.get_inputs()

    def run(self, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Runs all outputs, shows inputs and outputs to `see`, returns those that were asked for."""
        made = dict(zip(self.outputs, self.session.run(self.outputs, feeds), strict=True))
        self.see(feeds, made)
        return [made[n] for n in names]


def run_prompts(opened: ModelFolder, see: Callable[[dict, dict], None], streams: Prompts) -> None:
    """Reads every stream, and decodes a few tokens after it."""
    kept = opened.session
    opened.session = WatchedSession(kept, see)
    try:
        for scenario, tokens, pinned in streams:
            stream = Session(opened, scenario)
            stream.read(tokens, pinned)
            for token in tokens[pinned : pinned + DECODED]:
                stream.run([token])
    finally:
        opened.session = kept


def cache_scales(opened: ModelFolder, streams: Prompts) -> tuple[np.ndarray, np.ndarray]:
    """Per dim the largest magnitude that a key can have at any position, and a value: [L, J, d] each."""
    layers = opened.layers
    kinds = opened.manifest["layers"]
    most = np.zeros((2, layers, opened.kv_heads, opened.head_dim), np.float32)

    def see(_: dict, made: dict) -> None:
        for i in range(layers):
            half = len(opened.kinds[kinds[i]])
            key = np.abs(made[f"new_k_{i}"][0])  # [J, S, d]
            pair = np.hypot(key[..., :half], key[..., half : 2 * half])  # what rotation can make of either
            key = np.concatenate([pair, pair, key[..., 2 * half :]], -1)
            for j, seen in enumerate((key, np.abs(made[f"new_v_{i}"][0]))):
                most[j, i] = np.maximum(most[j, i], seen.max(1))

    run_prompts(opened, see, streams)
    least = most.max((2, 3), keepdims=True) / 256  # a dim that hardly moves is not worth finer steps
    most = np.maximum(most, np.maximum(least, 1e-6)) * np.float32(ROOM)
    return most[0], most[1]


def with_outputs(graph: onnx.ModelProto, names: list[str], place: Path) -> onnxruntime.InferenceSession:
    """The graph with these values among its outputs; its weights are mapped from a file, not held a second time."""
    watched = lowering.bare(graph)
    held = lowering.weights_of(graph)
    given = {o.name for o in watched.graph.output}
    watched.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names if n not in given)
    with open(place / "weights", "wb") as file:
        for tensor in watched.graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                external_data.point(tensor, "weights", *external_data.write(file, held[tensor.name].data))
    (place / "graph").write_bytes(watched.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    return onnxruntime.InferenceSession(place / "graph", options, providers=["CPUExecutionProvider"])


def computed(graph: onnx.ModelProto) -> list[str]:
    """Names of the real values that are no inputs."""
    return sorted(fixed_point.real_values(graph) - {i.name for i in graph.graph.input})


def widen(found: dict[str, tuple[float, float]], values: dict[str, np.ndarray]) -> None:
    """Takes into found (name → least, most) what values reach. Of scores under a mask the least is that of a row's
    most."""
    for name, value in values.items():
        if value.min() < MASKED:
            value = value.max(-1)
        low, high = found.get(name, (np.inf, -np.inf))
        found[name] = min(low, float(value.min())), max(high, float(value.max()))


def ranges(
    opened: ModelFolder, graph: onnx.ModelProto, keys: np.ndarray, values: np.ndarray, streams: Prompts
) -> dict[str, tuple[float, float]]:
    """graph: lower.for_steps, of open shape."""
    names = computed(graph)
    found: dict[str, tuple[float, float]] = {}

    def see(feeds: dict, _: dict) -> None:
        fed = scaled_feeds(feeds, keys, values)
        widen(found, fed | dict(zip(names, session.run(names, fed), strict=True)))

    with tempfile.TemporaryDirectory() as place:
        session = with_outputs(graph, names, Path(place))
        run_prompts(opened, see, streams)
    rows = opened.embedding[:]
    found["x"] = float(rows.min()) / fixed_point.MARGIN, float(rows.max()) / fixed_point.MARGIN  # known, not seen
    return found


def ranges_of_runs(graph: onnx.ModelProto, runs: Iterable[dict[str, np.ndarray]]) -> dict[str, tuple[float, float]]:
    """graph: of open shape and without a state; runs: what it is fed."""
    names = computed(graph)
    found: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        session = with_outputs(graph, names, Path(place))
        for fed in runs:
            widen(found, fed | dict(zip(names, session.run(names, fed), strict=True)))
    return found
