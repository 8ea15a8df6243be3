"""Four and eight bits: against the reference and ONNX Runtime."""

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lab.export.graph_builder import PARTS, Builder, Linears
from lab.export.rounding import BLOCK, round_int4
from tests.artefacts import by_graph, logits, off


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """weight [out, in] as an artefact keeps it, computed here by itself (quantization_error.py is held to it)."""
    if bits == 8:
        scale = weight.abs().amax(1, keepdim=True) / 127
        return (weight / scale).round().clamp(-127, 127) * scale
    four, scales = round_int4(weight.numpy().T)
    nibbles = torch.from_numpy(np.stack([four & 15, four >> 4], -1).reshape(*four.shape[:2], BLOCK)).float()
    return ((nibbles - 8) * torch.from_numpy(scales).view(*nibbles.shape[:2], 1)).flatten(1)[:, : weight.shape[1]]


def test_four_bits_are_the_nearest(decoder):
    weight = decoder.model.layers[0].mlp.down_proj.weight.detach()  # [32, 64]
    blocks = (weight - rounded(weight, 4)).view(32, 2, BLOCK).abs().amax(-1)
    steps = weight.view(32, 2, BLOCK).abs().amax(-1) / 7  # 16 levels from -8 to 7
    assert (blocks <= 1.01 * steps).all()
    assert blocks.mean() <= 0.6 * steps.mean()


def test_int4_is_the_reference_with_rounded_weights(decoder, checkpoint):
    coarse = copy.deepcopy(decoder)
    with torch.no_grad():
        for name, p in coarse.named_parameters():
            if name.endswith("proj.weight"):
                p.copy_(rounded(p, 4))
            if name == "lm_head.weight":
                p.copy_(rounded(p, 8))
    got = by_graph(decoder, "int4", checkpoint)
    want = logits(coarse)
    assert off(got, want) < 0.1 < off(got, logits(decoder))  # activations are rounded to 8 bits as well


def test_onnxruntime_agrees_on_blocks():
    """MatMulNBits with an input whose length is no multiple of the block."""
    r = np.random.default_rng(0)
    weight = torch.from_numpy(r.standard_normal((24, 40)).astype(np.float32))
    x = r.standard_normal((3, 40))
    g = Builder()
    linear = Linears(g, "int4", PARTS, "u8")
    linear("x", "down", weight.numpy(), out="y")
    values = [
        onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s) for n, s in (("x", [3, 40]), ("y", [3, 24]))
    ]
    made = onnx.helper.make_graph(g.nodes, "one", values[:1], values[1:], list(g.weights.values()))
    opsets = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("com.microsoft", 1)]
    session = onnxruntime.InferenceSession(
        onnx.helper.make_model(made, opset_imports=opsets, ir_version=10).SerializeToString()
    )
    got = session.run(None, {"x": x.astype(np.float32)})[0]
    assert off(got, x @ rounded(weight, 4).numpy().T) < 0.02


@pytest.mark.parametrize(("inputs", "outputs"), [(64, 7), (80, 33), (256, 96)])
def test_four_bits_are_those_of_onnxruntime(inputs, outputs):
    """Its own function is a private one, so it is asked here only."""
    from onnxruntime.capi import _pybind_state as runtime

    random = np.random.default_rng(inputs)
    blocks = -(-inputs // BLOCK)
    for weight in (random.standard_normal((inputs, outputs)), random.integers(-16, 17, (inputs, outputs)) / 2):
        weight = weight.astype(np.float32)
        values = np.zeros((outputs, blocks, BLOCK // 2), np.uint8)
        scales = np.zeros(outputs * blocks, np.float32)
        zeros = np.zeros(outputs * ((blocks + 1) // 2), np.uint8)
        runtime.quantize_matmul_4bits(values, weight, scales, zeros, BLOCK, outputs, inputs, True)
        found = round_int4(weight)
        assert (found[0] == values).all()
        assert (found[1] == scales).all()
