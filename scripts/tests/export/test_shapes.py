"""Shapes in symbols against those that ONNX Runtime computes, of every value that is named."""

import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from lab import ROOT
from lab.export import onnx_graph
from lab.export.import_gguf import ImportOptions, import_gguf
from lab.export.shapes import named, parts, times
from lab.fixtures import gguf_cases, tiny
from lab.fixtures.gguf_cases import CASES, WIDE
from lab.reference.decoder import Decoder

SIZES = {"S": 5, "C": 11, "R": 2, "T": 16, "": 1}


def graphs(folder):
    """The graphs of a model folder, their weights with them."""
    for artefact in json.loads((folder / "model.json").read_text())["artefacts"]:
        yield onnx.load(folder / artefact["file"])


def check(model: onnx.ModelProto) -> None:
    """Every shape that is named is that of the value."""
    inputs = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.input}
    found = named(model.graph.node, inputs, {tensor.name: tensor for tensor in model.graph.initializer})
    outputs = {output.name for output in model.graph.output}
    assert {name for node in model.graph.node if node.op_type == "Reshape" for name in node.output} <= found.keys()
    for name in found:
        if name not in outputs:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    fed = {}
    for given in model.graph.input:
        shape = [SIZES[d.dim_param] if d.dim_param else d.dim_value for d in given.type.tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
        fed[given.name] = np.arange(2) if given.name == "rows" else np.ones(shape, dtype)
    values = dict(zip(found, session.run([*found], fed), strict=True))
    for name, shape in found.items():
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


def test_a_graph_of_many_nodes_names_shapes(monkeypatch):
    config = replace(tiny.CONFIG, tied=True)
    weights = {name: t.numpy() for name, t in Decoder(config).state_dict().items()}
    few = onnx_graph.build(config, weights, "int8")
    assert not few.graph.value_info
    monkeypatch.setattr(onnx_graph, "MANY", len(few.graph.node) - 1)
    many = onnx_graph.build(config, weights, "int8")
    assert len(many.graph.value_info) > len(many.graph.node) // 10
    shapes = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in many.graph.value_info}
    assert [1, config.kv_heads, f"{config.heads // config.kv_heads}*S", "T"] in shapes.values()
    assert not shapes.keys() & {output.name for output in many.graph.output}
    session = onnxruntime.InferenceSession(many.SerializeToString(), providers=["CPUExecutionProvider"])
    assert session.get_outputs()[0].shape == ["R", config.vocabulary]


def test_a_dim_is_a_number_of_a_symbol():
    assert [parts(dim) for dim in (3, "S", "3*S")] == [(3, ""), (1, "S"), (3, "S")]
    assert [times(*parts(dim)) for dim in (3, "S", "3*S")] == [3, "S", "3*S"]
