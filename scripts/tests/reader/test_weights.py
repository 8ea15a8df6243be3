"""What is taken out of a graph that ONNX Runtime's dynamic quantisation wrote."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from lab.reader.weights import dequantised, expect

EMBEDDING = "embeddings.word_embeddings.weight"
LINEAR = "encoder.layer.0.attention.self.query"


def test_steps_stand_for_the_weights(tmp_path):
    draw = np.random.default_rng(5)
    words = draw.standard_normal((40, 16)).astype(np.float32)
    linear = draw.standard_normal((24, 16)).astype(np.float32)
    bias = draw.standard_normal(24).astype(np.float32)
    stored = {EMBEDDING: words, "onnx::MatMul_1": linear.T, LINEAR + ".bias": bias}
    path = "/encoder/layer.0/attention/self/query/MatMul"
    nodes = [
        helper.make_node("Gather", [EMBEDDING, "ids"], ["x"], name="/embeddings/word_embeddings/Gather"),
        helper.make_node("MatMul", ["x", "onnx::MatMul_1"], ["y"], name=path),
        helper.make_node("Add", ["y", LINEAR + ".bias"], ["z"], name="/add"),
    ]
    graph = helper.make_graph(
        nodes,
        "bert",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 24])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "whole.onnx")
    quantize_dynamic(tmp_path / "whole.onnx", tmp_path / "int8.onnx", weight_type=QuantType.QUInt8)
    found = dequantised(onnx.load(tmp_path / "int8.onnx"))
    assert set(found) == {EMBEDDING, LINEAR + ".weight", LINEAR + ".bias"}
    assert np.array_equal(found[LINEAR + ".bias"], bias)
    for name, whole in ((EMBEDDING, words), (LINEAR + ".weight", linear)):
        step = (whole.max() - whole.min()) / 255
        assert found[name].shape == whole.shape
        assert 0 < np.abs(found[name] - whole).max() <= 0.51 * step + 1e-6


def test_another_archive_is_refused():
    with pytest.raises(ValueError, match=r"a\.jar: found SHA-256 e3b0c4.*, expected 1234"):
        expect(b"", "1234", "a.jar")
