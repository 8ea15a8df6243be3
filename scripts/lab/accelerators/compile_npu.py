"""Model folder → the same folder with graphs for Qualcomm's NPU, compiled, checked and named in model.json.

    scripts/lab.sh compile-npu models/finder target/finder-npu                       # every SoC of qnn.py
    scripts/lab.sh compile-npu models/finder target/finder-npu --soc SM8650 SM8750 --text report.txt

For each scenario three shapes: a segment, a draft of eight rows, one row. Keys and values are 8 bits, what moves
between nodes 16 bits, weights the CPU artefact's own 8 bits (or 4 by 64 inputs, for large models: --weights 4);
encodings are calibrated while texts are read by segments, from an empty cache to a memory that holds most of a text,
and all shapes have the same ones. Each SoC gets one .bin of all its graphs, weights stored once. A graph of which the
compiler leaves a node is refused, as is one whose logits (on the CPU, in the same steps) are further from the reference
than --max-error. `--unshared`, one .bin a graph, is for the simulator, which loads no shared ones. Needs
onnxruntime-qnn, which scripts/lab.sh compile-npu brings. A reader of the folder is compile-reader-npu's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from lab.accelerators import activation_ranges, fixed_point, lowering, qnn
from lab.accelerators.fixed_shape_session import QuantizedSessions, self_test_error, step_by_step
from lab.accelerators.lowering import GraphShape, for_quantized
from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.export.model_folder import rewritten
from lab.reference.numpy_engine import ModelFolder, read_manifest

VERIFIED = 8  # rows of a draft
TEXTS = 2  # generated, besides those that are given
MAX_ERROR = 0.1


class Refused(Exception):
    """The folder would be wrong; nothing was written."""


@dataclass
class CalibratedGraph:
    """A calibrated artefact before it has a shape. keys, values [L, J, d]: the scales of their dims."""

    graph: onnx.ModelProto
    keys: np.ndarray
    values: np.ndarray
    ranges: dict[str, tuple[float, float]]
    weight_bits: int = 8

    @property
    def precision(self) -> str:
        """As an artefact's `precision` in model.json."""
        return f"a16w{self.weight_bits}"

    def encodings(self, bits: tuple[int, int]) -> dict[str, fixed_point.Encoding]:
        """By name, for bits of M ÷ z and of keys and values."""
        return fixed_point.encodings(self.graph, self.ranges, *bits)

    def quantized(self, run: GraphShape, bits: tuple[int, int]) -> onnx.ModelProto:
        """The graph in one shape, its values quantised with these bits."""
        return fixed_point.quantized(lowering.fixed(self.graph, run), self.encodings(bits), self.weight_bits)


def shapes(sizes: dict, soc: qnn.Soc | None = None) -> list[GraphShape]:
    """Where a SoC gets a single row wrong, it is the first of a draft's."""
    slots = sizes["pinned"] + sizes["window"]
    runs = [(sizes["segment"], 1), (VERIFIED, VERIFIED), *([(1, 1)] if soc is None or soc.single_row else [])]
    return [GraphShape(rows, wanted, slots) for rows, wanted in dict.fromkeys(runs)]


def calibration_prompts(opened: ModelFolder, scenarios: dict, texts: list[str]) -> Iterator[tuple[str, list[int], int]]:
    """(scenario, tokens, pinned): prompts that leave the cache half empty, fill it, and fill the memory."""
    prompt_template = opened.prompt_template
    prompt = opened.manifest["prompt"]
    start = prompt_template.encode(prompt["start"])
    ask = prompt_template.encode(prompt["ask"], question=" Where is it?")
    for text in texts:
        body = prompt_template.lines(text, opened.manifest["citation"])
        for name, sizes in scenarios.items():
            room = sizes["pinned"] + sizes["window"]
            for length in (sizes["segment"] // 2, room, 2 * room + sizes["segment"]):
                whole = body * (length // len(body) + 1)
                yield name, [*start, *whole[: max(1, length - len(start) - len(ask))], *ask], len(start)


def calibrate(
    opened: ModelFolder, artefact: dict, scenarios: dict, texts: list[str], weight_bits: int = 8
) -> CalibratedGraph:
    """An artefact with the ranges of all its values over these texts; weight_bits: 8 or 4."""
    simple = lowering.primitives(onnx.load(opened.folder / artefact["file"]), whole_norms=True)
    told = list(calibration_prompts(opened, scenarios, texts))
    keys, values = activation_ranges.cache_scales(opened, told)
    graph = for_quantized(simple, keys, values, opened.manifest["base"]["heads"])
    return CalibratedGraph(
        graph, keys, values, activation_ranges.ranges(opened, graph, keys, values, told), weight_bits
    )


def error(opened: ModelFolder, form: CalibratedGraph, scenario: str, bits: tuple[int, int]) -> float:
    """Of the logits in steps, on the CPU: worst over the scenario's self-tests, ÷ the largest logit."""
    sizes = opened.manifest["scenarios"][scenario]
    sessions = {run: step_by_step(form.quantized(run, bits).SerializeToString()) for run in shapes(sizes)}
    return self_test_error(opened, QuantizedSessions(sessions, form.encodings(bits), form.keys, form.values), scenario)


def encodings_name(bits: tuple[int, int]) -> str:
    """The file that holds the encodings for these bits."""
    return f"npu-m{bits[0]}-kv{bits[1]}.json"


def encodings_file(form: CalibratedGraph, bits: tuple[int, int]) -> str:
    """What the host needs: [scale, zero] of every input and output, bits by type, and per dim the caches' scales."""
    found = form.encodings(bits)
    names = [v.name for v in (*form.graph.graph.input, *form.graph.graph.output) if v.name != "rows"]
    tensors = {n: {"scale": found[n].scale, "zero": found[n].zero, "bits": found[n].bits} for n in names}
    scales = {
        f"{kind}_{i}": [float(f"{v:.8g}") for v in layer.reshape(-1)]
        for kind, array in (("k", form.keys), ("v", form.values))
        for i, layer in enumerate(array)
    }
    lines = [f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in tensors.items()]
    inner = [f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in scales.items()]
    return '{\n "tensors": {\n' + ",\n".join(lines) + '\n },\n "scales": {\n' + ",\n".join(inner) + "\n }\n}\n"


def compiled(
    folder: Path, form: CalibratedGraph, soc: qnn.Soc, scenarios: dict, bound: float, shared: bool
) -> list[dict]:
    """Writes a SoC's files → its artefacts, one a scenario."""
    graphs = {}
    made = []
    for scenario, sizes in scenarios.items():
        files = [(f"npu-{soc.name.lower()}-{scenario}-{run.rows}", run) for run in shapes(sizes, soc)]
        graphs |= {n: form.quantized(run, soc.bits) for n, run in files}
        made.append(
            {
                "file": f"npu-{soc.name.lower()}.bin" if shared else f"{files[0][0]}.bin",
                "accelerator": "Npu",
                "precision": form.precision,
                "max_error": bound,
                "target": {"soc": soc.name, "soc_model": soc.number, "htp": soc.htp},
                "fixed": {
                    "scenario": scenario,
                    "encodings": encodings_name(soc.bits),
                    "shared": shared,
                    "graphs": [{"file": f"{n}.onnx", "rows": r.rows, "wanted": r.wanted} for n, r in files],
                },
            }
        )
    sdk = qnn.compile(graphs, soc, folder, shared)
    for artefact in made:
        artefact["target"]["sdk"] = sdk
    return made


def apart(call: Callable, *arguments: object) -> list[dict]:
    """In a process of its own: one process compiles shared contexts of one SoC, and compilers can crash."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(call, *arguments).result()
        except BrokenProcessPool as e:
            raise Refused("the compiler crashed") from e


def compile_npu(
    source: Path,
    target: Path,
    socs: list[qnn.Soc],
    texts: list[str],
    shared: bool = True,
    bound: float = MAX_ERROR,
    scenarios: list[str] | None = None,
    weight_bits: int = 8,
    say: Callable[[str], None] = print,
) -> None:
    """Writes target, a whole model folder; raises Refused or qnn.NotWhole and leaves target as it was."""
    if "artefacts" not in read_manifest(source):
        raise Refused(f"found a reader alone in {source}, expected a generator; a reader is compile-reader-npu's")
    opened = ModelFolder(source)
    about = opened.manifest
    chosen = {n: s for n, s in about["scenarios"].items() if not scenarios or n in scenarios}
    cpu = next((a for a in about["artefacts"] if a["accelerator"] == "Cpu"), None)
    if cpu is None or not chosen:
        raise Refused(f"{source} has no graph for the CPU to start from, or none of these scenarios")
    form = calibrate(opened, cpu, chosen, texts, weight_bits)
    bits = sorted({soc.bits for soc in socs})
    for b, scenario in ((b, s) for b in bits for s in chosen):
        found = error(opened, form, scenario, b)
        say(f"{scenario}: logits in steps within {found:.3f} of the reference ({b[0]}-bit memory, {b[1]}-bit cache)")
        if not found <= bound:
            raise Refused(f"{scenario}: logits off by {found:.2g}, allowed {bound:.2g}")
    about["artefacts"] = [a for a in about["artefacts"] if a["accelerator"] != "Npu"]
    with rewritten(source, target, about, "npu-") as folder:
        for b in bits:
            (folder / encodings_name(b)).write_text(encodings_file(form, b))
        for soc in socs:
            began = time.monotonic()
            before = set(folder.iterdir())
            about["artefacts"] += apart(compiled, folder, form, soc, chosen, bound, shared)
            size = sum(f.stat().st_size for f in set(folder.iterdir()) - before)
            say(f"{soc.name} (HTP v{soc.htp}): {size:,} bytes, {time.monotonic() - began:.1f} s, no node on the CPU")


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL")
    parser.add_argument("target", type=Path)
    parser.add_argument("--soc", nargs="+", choices=list(qnn.SOCS), default=list(qnn.SOCS), metavar="SOC")
    parser.add_argument("--scenario", nargs="+", help="of model.json; without it every one")
    parser.add_argument("--text", nargs="+", type=Path, default=[], help="to calibrate on; without it generated ones")
    parser.add_argument("--weights", type=int, choices=(8, 4), default=8, help="bits (%(default)s)")
    parser.add_argument("--max-error", type=float, default=MAX_ERROR, help="÷ the largest logit (%(default)s)")
    parser.add_argument("--unshared", action="store_true", help="one .bin a graph, which the simulator can load")
    a = parser.parse_args()
    texts = [f.read_text() for f in a.text] or [make_document(1500, f"{seeds.COMPILE}/{n}").text for n in range(TEXTS)]
    try:
        socs = [qnn.SOCS[name] for name in a.soc]
        compile_npu(a.source, a.target, socs, texts, not a.unshared, a.max_error, a.scenario, a.weights)
    except (Refused, qnn.NotWhole, ValueError, OSError) as e:
        print(f"compile_npu: {e}; nothing was written", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
