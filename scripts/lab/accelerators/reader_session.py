"""The host's part of a reader whose layers run in fixed shape and steps, in numpy; no command line.

    model = in_steps(folder)                    # the layers in the same steps on the CPU
    model = simulated(folder, "SM8650")         # on Qualcomm's simulator
    read(model, text, question)                 # lab.reader.reading

folder: written by compile_reader_npu.py, whose SETTINGS say how inputs and outputs are held.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from lab.accelerators import fixed_point, lowering, qnn, reader_graph
from lab.accelerators.fixed_point import Encoding
from lab.accelerators.fixed_shape_session import BEHIND, GraphSession, step_by_step
from lab.accelerators.lowering import GraphShape
from lab.accelerators.reader_graph import HIDDEN, MASK, X
from lab.reader.layout import Run
from lab.reference.numpy_engine import read_manifest

PREFIX = "reader-npu"  # of every file that a compiled reader adds to a folder
SETTINGS = f"{PREFIX}.json"


class ReaderSessions:
    """A reader of three sessions, the middle one of `length` rows and in steps; it is a lab.reader.reading.Model."""

    def __init__(
        self,
        embedding: GraphSession,
        layers: GraphSession,
        heads: GraphSession,
        found: dict[str, Encoding],
        length: int,
    ):
        self.embedding = embedding
        self.layers = layers
        self.heads = heads
        self.found = found
        self.length = length
        self.outputs = [o.name for o in heads.get_outputs()]

    def __call__(self, runs: list[Run]) -> list[dict[str, np.ndarray]]:
        """For each run the outputs of CONTRACT.md by name."""
        return [self.run(run) for run in runs]

    def run(self, run: Run) -> dict[str, np.ndarray]:
        """One run of at most `length` tokens."""
        rows = embedded(self.embedding, run)  # [n, D]
        count = len(rows)
        x = np.zeros((self.length, rows.shape[1]), np.float32)
        x[:count] = rows
        mask = np.full(self.length, BEHIND, np.float32)
        mask[:count] = 0
        fed = {name: self.found[name].quantize(value) for name, value in ((X, x), (MASK, mask))}
        hidden = self.found[HIDDEN].dequantize(self.layers.run([HIDDEN], fed)[0][:count])
        given = {HIDDEN: hidden, "segments": np.array(run.segments, np.int32)}
        return dict(zip(self.outputs, self.heads.run(self.outputs, given), strict=True))


def embedded(session: GraphSession, run: Run) -> np.ndarray:
    """A run's tokens as the rows [n, D] that the layers begin with."""
    fed = {"tokens": np.array(run.tokens, np.int32), "types": np.array(run.types, np.int32)}
    return session.run([X], fed)[0]


def on_cpu(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A part for the host."""
    return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])


def layers_in_steps(layers: onnx.ModelProto, found: dict[str, Encoding], length: int) -> onnx.ModelProto:
    """ReaderParts.layers in one shape with every value in steps: what is compiled."""
    return fixed_point.quantized(lowering.fixed(layers, GraphShape(length, length, 0)), found)


def settings(folder: Path) -> dict:
    """What SETTINGS holds; raises ValueError for a folder without a compiled reader."""
    file = folder / SETTINGS
    if not file.exists():
        raise ValueError(f"found no {SETTINGS} in {folder}, expected a folder of compile-reader-npu")
    return json.loads(file.read_text())


def around(folder: Path, layers: GraphSession) -> ReaderSessions:
    """The layers between the parts for the host that a folder holds."""
    about = settings(folder)
    found = {name: Encoding(**tensor) for name, tensor in about["tensors"].items()}
    return ReaderSessions(
        on_cpu(folder / about["embedding"]), layers, on_cpu(folder / about["heads"]), found, about["length"]
    )


def in_steps(folder: Path) -> ReaderSessions:
    """The layers, made anew out of the CPU's graph and the encodings of all values, in the same steps on the CPU."""
    about = settings(folder)
    found = {name: Encoding(**tensor) for kind in ("tensors", "inner") for name, tensor in about[kind].items()}
    parts = reader_graph.split(onnx.load(folder / read_manifest(folder)["reader"]["graph"]))
    layers = layers_in_steps(parts.layers, found, about["length"])
    return around(folder, step_by_step(layers.SerializeToString()))


def simulated(folder: Path, name: str) -> ReaderSessions:
    """The layers as compiled for a processor, on Qualcomm's simulator; raises ValueError where they were not."""
    graphs = {graph["target"]["soc"]: graph["file"] for graph in settings(folder)["graphs"]}
    if name not in graphs:
        raise ValueError(f"found graphs for {', '.join(graphs)}, expected one for {name}")
    return around(folder, qnn.session(folder / graphs[name], qnn.SOCS[name]))
