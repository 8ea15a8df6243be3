"""Whether NNAPI and XNNPACK take a graph: the rules of ONNX Runtime's builders, on every node, by type, rank and shape.

    scripts/lab.sh provider-rules models/finder               # each scenario's shapes, in fp32

ONNX Runtime's own check (check_onnx_model_mobile_usability) looks at operators' names only and says yes to graphs that
its builders refuse: the rules here are those of nnapi_builtin and xnnpack in its sources. NNAPI has to take every node,
else a run hops between processors; XNNPACK takes what it is good at, linears and softmax, and leaves the rest to the
CPU. The form is lower.fixed of lower.primitives, flat; Android has deprecated NNAPI since version 15.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import onnx
from onnx import TensorProto

from lab.accelerators import lowering

NNAPI = frozenset(
    "Abs Add Cast Clip Concat Div Elu Exp Floor Gather Gemm Identity LeakyRelu Log MatMul Max Min Mul Neg Pad Pow PRelu"
    " ReduceMean Relu Reshape Sigmoid Sin Slice Softmax Split Sqrt Squeeze Sub Tanh Transpose Unsqueeze Flatten".split()
)
XNNPACK = frozenset(("MatMul", "Gemm", "Softmax"))
RANK = 4


class Checker:
    """Shapes and types of a graph's values."""

    def __init__(self, model: onnx.ModelProto):
        self.nodes = model.graph.node
        self.shapes = lowering.shapes_of(model)
        self.constant = {t.name: t.data_type for t in model.graph.initializer}
        self.types = dict(self.constant)
        inferred = onnx.shape_inference.infer_shapes(lowering.bare(model)).graph
        for value in [*inferred.input, *inferred.value_info, *inferred.output]:
            self.types[value.name] = value.type.tensor_type.elem_type

    def nnapi(self, node: onnx.NodeProto) -> str:
        """Why NNAPI's builder refuses a node; empty where it does not."""
        shapes = [self.shapes.get(i, []) for i in node.input]
        if node.op_type not in NNAPI:
            return "operator"
        if self.types.get(node.input[0]) != TensorProto.FLOAT:
            return "input is not fp32"
        if any(len(s) > RANK for s in shapes):
            return f"rank above {RANK}"
        if node.op_type == "Softmax" and len(shapes[0]) not in (2, 4):
            return f"softmax of rank {len(shapes[0])}"
        if node.op_type in ("MatMul", "Gemm"):
            a, b = shapes[:2]
            batch = len(a) > 2 and len(a) == len(b) and a[:-2] == b[:-2]
            if not batch and (len(a), len(b)) != (2, 2):
                return f"product of ranks {len(a)} and {len(b)}"
        if node.op_type == "Gather" and self.types[node.input[1]] not in (TensorProto.INT32, TensorProto.INT64):
            return "index type"
        return ""

    def xnnpack(self, node: onnx.NodeProto) -> str:
        """Why XNNPACK leaves a node that it is good at; empty where it takes it, or where it is not its sort."""
        if node.op_type == "Softmax":
            last = next((a.i for a in node.attribute if a.name == "axis"), -1)
            return "" if last in (-1, len(self.shapes[node.input[0]]) - 1) else "softmax not of the last axis"
        if node.op_type not in XNNPACK or node.input[1] not in self.constant:
            return ""
        a, b = (self.shapes[i] for i in node.input[:2])
        if self.types[node.input[0]] != TensorProto.FLOAT or len(b) != 2:
            return "weights are not fp32 of two dims"
        return "" if len(a) == 2 else f"product of ranks {len(a)} and {len(b)}"


def refused(model: onnx.ModelProto, accelerator: str) -> Counter:
    """Reasons by number of nodes."""
    checker = Checker(model)
    rule = {"Nnapi": checker.nnapi, "Xnnpack": checker.xnnpack}[accelerator]
    return Counter(f"{n.op_type}: {why}" for n in model.graph.node if (why := rule(n)))


def main() -> int:
    """The command line → its exit status: 1 where a node is refused."""
    from lab.accelerators import compile_npu
    from lab.reference.numpy_engine import ModelFolder

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    opened = ModelFolder(parser.parse_args().model)
    simple = lowering.primitives(onnx.load(opened.folder / opened.manifest["artefacts"][0]["file"]))
    broken = 0
    for name, sizes in opened.manifest["scenarios"].items():
        for run in compile_npu.shapes(sizes):
            graph = lowering.fixed(simple, run, flat=True)
            for accelerator in ("Nnapi", "Xnnpack"):
                found = refused(graph, accelerator)
                broken += len(found)
                told = ", ".join(f"{n} {why}" for why, n in found.items()) or "none"
                print(f"{name} {run.rows:>4} rows  {accelerator:8} {len(graph.graph.node)} nodes, refused: {told}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
