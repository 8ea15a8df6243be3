"""Model folder → the same with fp32 graphs of fixed shapes for NNAPI and XNNPACK, checked and named in model.json.

    scripts/lab.sh compile-nnapi models/finder target/finder-nnapi
    scripts/lab.sh compile-nnapi models/finder target/finder-nnapi --scenario short --for Xnnpack

For each scenario three shapes: a segment, a draft of eight rows, one row; weights stand once in a file beside them. A
graph with a node that the accelerator's builder refuses (provider_rules.py) is refused here, as is one whose logits, on
the CPU, are further from the reference than --max-error. Neither provider is in ONNX Runtime's library for the desk, so
this is as far as a desk can tell. NNAPI is deprecated since Android 15 and used by an app that asks for it only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import onnx
import onnxruntime

from lab.accelerators import lowering, provider_rules
from lab.accelerators.compile_npu import Refused, shapes
from lab.accelerators.fixed_shape_session import ShapeSessions, self_test_error
from lab.export import external_data
from lab.export.model_folder import rewritten
from lab.reference.numpy_engine import ModelFolder, read_manifest

ACCELERATORS = ("Nnapi", "Xnnpack")
LARGE = 1 << 12  # bytes of a weight that stands in the file beside the graphs
MAX_ERROR = 0.05  # ÷ the largest logit: NNAPI may compute in fp16
WEIGHTS = "fixed-fp32.weights"


def start(about: dict) -> int:
    """The artefact to start from: the most exact one."""
    numbers = {a["precision"]: n for n, a in enumerate(about["artefacts"]) if a["accelerator"] == "Cpu"}
    for precision in ("fp32", "int8", "int4"):
        if precision in numbers:
            return numbers[precision]
    raise Refused("found no graph for the CPU, expected one to start from")


def written(graphs: dict[str, onnx.ModelProto], folder: Path) -> None:
    """Writes the graphs, and their weights once."""
    places: dict[str, tuple[int, int]] = {}
    with open(folder / WEIGHTS, "wb") as file:
        for name, model in graphs.items():
            for tensor in model.graph.initializer:
                raw = tensor.raw_data
                if len(raw) < LARGE:
                    continue
                if tensor.name not in places:
                    places[tensor.name] = external_data.write(file, raw)
                external_data.point(tensor, WEIGHTS, *places[tensor.name])
            (folder / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def compile_nnapi(source: Path, target: Path, accelerators: list[str], scenarios: list[str], bound: float) -> None:
    """Writes target, a whole model folder; raises Refused and leaves target as it was."""
    about = read_manifest(source)
    number = start(about)
    opened = ModelFolder(source, number)
    chosen = {n: s for n, s in about["scenarios"].items() if not scenarios or n in scenarios}
    if not chosen:
        raise Refused(
            f"found none of the scenarios {', '.join(scenarios)}, expected some of {', '.join(about['scenarios'])}"
        )
    simple = lowering.primitives(onnx.load(source / about["artefacts"][number]["file"]))
    about["artefacts"] = [a for a in about["artefacts"] if a["accelerator"] not in ACCELERATORS]
    files = {n: {r: f"fixed-{n}-{r.rows}.onnx" for r in shapes(s)} for n, s in chosen.items()}
    graphs = {Path(f).stem: lowering.fixed(simple, r, flat=True) for of in files.values() for r, f in of.items()}
    for accelerator in accelerators:
        for name, model in graphs.items():
            if found := provider_rules.refused(model, accelerator):
                raise Refused(f"{name}: {accelerator} refuses {', '.join(found)}")
    with rewritten(source, target, about, "fixed-") as folder:
        written(graphs, folder)
        for scenario, shaped in files.items():
            sessions = {
                r: onnxruntime.InferenceSession(folder / f, providers=["CPUExecutionProvider"])
                for r, f in shaped.items()
            }
            found = self_test_error(opened, ShapeSessions(sessions), scenario)
            print(f"{scenario}: logits within {found:.1e} of the reference")
            if not found <= bound:
                raise Refused(f"{scenario}: logits off by {found:.2g}, allowed {bound:.2g}")
            fixed = {
                "scenario": scenario,
                "shared": False,
                "graphs": [{"file": f, "rows": r.rows, "wanted": r.wanted} for r, f in shaped.items()],
            }
            about["artefacts"] += [
                {"file": WEIGHTS, "accelerator": a, "precision": "fp32", "max_error": bound, "fixed": fixed}
                for a in accelerators
            ]


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL")
    parser.add_argument("target", type=Path)
    parser.add_argument("--for", nargs="+", choices=ACCELERATORS, default=ACCELERATORS, dest="accelerators")
    parser.add_argument("--scenario", nargs="+", default=[], help="of model.json; without it every one")
    parser.add_argument("--max-error", type=float, default=MAX_ERROR, help="÷ the largest logit (%(default)s)")
    a = parser.parse_args()
    try:
        compile_nnapi(a.source, a.target, a.accelerators, a.scenario, a.max_error)
    except (Refused, ValueError, OSError) as e:
        print(f"compile_nnapi: {e}; nothing was written", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
