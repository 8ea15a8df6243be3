"""Shapes in symbols against those that ONNX Runtime computes, of every value that is named."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from lab import ROOT
from lab.export.import_gguf import ImportOptions, import_gguf
from lab.export.shapes import FORGETFUL, parts, times
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE

SIZES = {"S": 5, "C": 11, "R": 2, "T": 16, "": 1}


def graphs(folder):
    """The graphs of a model folder, their weights with them."""
    for artefact in json.loads((folder / "model.json").read_text())["artefacts"]:
        yield onnx.load(folder / artefact["file"])


def check(model: onnx.ModelProto) -> None:
    """Every shape that the graph names is that of the values."""
    named = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.value_info}
    made = {name for node in model.graph.node if node.op_type in FORGETFUL for name in node.output}
    outputs = {output.name for output in model.graph.output}
    assert named.keys() <= made - outputs
    for value in model.graph.value_info:
        if value.name not in outputs:
            model.graph.output.append(onnx.ValueInfoProto(name=value.name))
    del model.graph.value_info[:]  # or they would be checked against themselves
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    fed = {}
    for given in model.graph.input:
        shape = [SIZES[d.dim_param] if d.dim_param else d.dim_value for d in given.type.tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
        fed[given.name] = np.arange(2) if given.name == "rows" else np.ones(shape, dtype)
    values = dict(zip(named, session.run([*named], fed), strict=True))
    assert len(named) > 10 * len({name for name in fed if name.startswith("k_")})
    for name, shape in named.items():
        expected = [number * SIZES[symbol] for number, symbol in map(parts, shape)]
        assert values[name].shape == tuple(expected), name
        assert values[name].dtype == np.float32


@pytest.mark.parametrize("name", ["tiny", "tiny-half", "tiny-copy"])
def test_shapes_of_the_fixtures(name):
    for model in graphs(ROOT / "models" / name):
        check(model)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shapes_of_every_architecture(case, tmp_path):
    gguf_cases.write(case, tmp_path / "model.gguf", "Q4_1", WIDE if case.architecture == "llama" else None)
    import_gguf(tmp_path / "model.gguf", tmp_path / "made", ImportOptions(precision="int8"))
    for model in graphs(tmp_path / "made"):
        check(model)


def test_a_dim_is_a_number_of_a_symbol():
    assert [parts(dim) for dim in (3, "S", "3*S")] == [(3, ""), (1, "S"), (3, "S")]
    assert [times(*parts(dim)) for dim in (3, "S", "3*S")] == [3, "S", "3*S"]
