"""Graphs for the NPU on Qualcomm's own simulator: compiled whole, and computing what they should.

Needs onnxruntime-qnn: the environment is that of scripts/test.sh npu; elsewhere these tests are left out.
"""

import copy
import json

import numpy as np
import onnx
import pytest

pytest.importorskip("onnxruntime_qnn")

import onnxruntime_qnn
from onnx import numpy_helper

from lab import ROOT
from lab.accelerators import compile_npu, fixed_point, lowering, qnn
from lab.accelerators.compile_npu import CalibratedGraph, calibrate
from lab.accelerators.fixed_shape_session import QuantizedSessions, step_by_step
from lab.accelerators.lowering import GraphShape
from lab.corpus.documents import make_document
from lab.reference.numpy_engine import ModelFolder, Session

TINY = ROOT / "models/tiny"
EXECUTED = ("SM8550", "SM8650", "SM8750")  # v73, v75, v79
ALSO_EXECUTED = ("SM8350", "SM8450")  # v68, v69: short enough for this model
BOUND = 0.15  # of random weights with biases of ±100


@pytest.fixture(scope="module")
def text() -> str:
    return make_document(700, "test_npu").text


@pytest.fixture(scope="module")
def form(text) -> CalibratedGraph:
    opened = ModelFolder(TINY)
    scenarios = {"default": opened.manifest["scenarios"]["default"]}
    return calibrate(opened, opened.manifest["artefacts"][0], scenarios, [text])


@pytest.mark.parametrize("soc", qnn.SOCS.values(), ids=qnn.SOCS)
def test_every_graph_is_whole_and_weights_are_stored_once(form, soc, tmp_path):
    scenarios = {n: s for n, s in ModelFolder(TINY).manifest["scenarios"].items() if n == "default"}
    made = compile_npu.apart(compile_npu.compiled, tmp_path, form, soc, scenarios, BOUND, True)
    assert [len(a["fixed"]["graphs"]) for a in made] == [3 if soc.single_row else 2]
    assert [f.name for f in tmp_path.glob("*.bin")] == [f"npu-{soc.name.lower()}.bin"]
    for one in made[0]["fixed"]["graphs"]:
        assert qnn.context(tmp_path / one["file"])["ep_cache_context"] == f"npu-{soc.name.lower()}.bin"
    assert made[0]["target"]["sdk"].startswith("v2.")


@pytest.mark.parametrize("name", EXECUTED + ALSO_EXECUTED)
def test_the_simulator_computes_what_the_steps_say(form, name):
    """A document read by segments, drafts and single rows: on the HTP and on the CPU, in the same steps."""
    soc = qnn.SOCS[name]
    opened = ModelFolder(TINY)
    found = form.encodings(soc.bits)
    runs = compile_npu.shapes(opened.manifest["scenarios"]["default"], soc)
    graphs = {run: form.quantized(run, soc.bits).SerializeToString() for run in runs}
    test = next(t for t in opened.manifest["self_test"] if len(t["tokens"]) > 64)
    logits = []
    for make_session in (lambda g: qnn.session(g, soc), step_by_step):
        opened.session = QuantizedSessions(
            {r: make_session(g) for r, g in graphs.items()}, found, form.keys, form.values
        )
        stream = Session(opened, "default")
        read = [stream.read(test["tokens"], 8)]
        logits.append(np.stack([*read, *(stream.run([t])[0] for t in test["tokens"][:3])]))
        assert stream.absorbed
    htp, cpu = logits
    assert np.abs(htp - cpu).max() <= BOUND * np.abs(cpu).max()
    want = np.array(test["logits"])
    assert np.abs(htp[0][test["indices"]] - want).max() <= BOUND * np.abs(want).max()


def test_a_graph_that_is_not_whole_is_refused(form):
    run = compile_npu.shapes(ModelFolder(TINY).manifest["scenarios"]["default"])[-1]
    model = copy.deepcopy(form.quantized(run, (16, 8)))
    model.graph.node.append(onnx.helper.make_node("Trilu", ["logits"], ["upper"]))  # no compiler takes this one
    model.graph.output.append(onnx.helper.make_tensor_value_info("upper", onnx.TensorProto.UINT16, None))
    with pytest.raises(qnn.NotWhole, match="SM8650"):
        qnn.session(model.SerializeToString(), qnn.SOCS["SM8650"])


def test_the_folder_is_whole_or_not_there(text, tmp_path):
    target = tmp_path / "made"
    with pytest.raises(compile_npu.Refused, match="allowed"):
        compile_npu.compile_npu(TINY, target, [qnn.SOCS["SM8650"]], [text], bound=1e-6, scenarios=["default"], say=str)
    assert not list(tmp_path.iterdir())
    compile_npu.compile_npu(
        TINY, target, [qnn.SOCS["SM8650"]], [text], shared=False, bound=BOUND, scenarios=["default"], say=str
    )
    about = json.loads((target / "model.json").read_text())
    assert about["files"].keys() == {f.name for f in target.iterdir()} - {"model.json"}
    npu = about["artefacts"][-1]
    assert npu["accelerator"] == "Npu"
    assert npu["target"]["soc_model"] == 57
    kept = json.loads((target / npu["fixed"]["encodings"]).read_text())
    assert kept["tensors"]["k_0"] == kept["tensors"]["new_k_0"]
    assert kept["tensors"]["k_0"]["bits"] == 8
    assert len(kept["scales"]["k_1"]) == about["base"]["kv_heads"] * about["base"]["head_dim"]
    assert fixed_point.Encoding(**kept["tensors"]["x"]).bits == 16
    assert [g["rows"] for g in npu["fixed"]["graphs"]] == [16, 8, 1]
    assert GraphShape(16, 1, 40) in compile_npu.shapes(about["scenarios"]["default"])


def test_damaged_weights_are_caught_by_the_engine(form, text, tmp_path, monkeypatch, cli):
    """A graph that compiles whole, loads and runs, and of which one linear's weights are others."""
    broken = copy.deepcopy(form)
    linear = next(n for n in broken.graph.graph.node if n.op_type == "MatMul" and n.input[1].endswith(".self_attn.qkv"))
    weight = next(t for t in broken.graph.graph.initializer if t.name == linear.input[1])
    weight.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weight), weight.name))
    monkeypatch.setattr(compile_npu, "calibrate", lambda *_: broken)
    monkeypatch.setattr(compile_npu, "error", lambda *_: 0.0)  # else it would be refused here
    soc = qnn.SOCS["SM8650"]
    target = tmp_path / "made"
    compile_npu.compile_npu(TINY, target, [soc], [text], shared=False, bound=BOUND, scenarios=["default"], say=str)
    document = tmp_path / "document.txt"
    document.write_text(text)
    plugin = onnxruntime_qnn.get_library_path()
    cli.options = [*("--model", str(target), "--accelerator", "Npu,Cpu", "--soc", soc.name, "--npu-library", plugin)]
    report, _, _ = cli.run("ask", str(document), "Where is it?")
    execution = report["execution"]
    assert execution["accelerator"] == "Cpu"
    assert "off the reference" in execution["skipped"][0]["reason"]


def test_weights_in_four_bits_are_taken_whole():
    """64 inputs to a scale, which is itself in steps; the linear that gives the logits stays in 8 bits."""
    r = np.random.default_rng(0)
    helper = onnx.helper
    x = r.uniform(-1, 1, (8, 128))
    weights = [r.standard_normal((128, n)).astype(np.float32) for n in (128, 192)]
    value = lambda name, n: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [8, n])  # noqa: E731
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "first"], ["h"]), helper.make_node("MatMul", ["h", "last"], ["logits"])],
        "two",
        [value("x", 128)],
        [value("logits", 192)],
        [numpy_helper.from_array(w, name) for w, name in zip(weights, ("first", "last"), strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", lowering.OPSET)], ir_version=10)
    exact = x @ weights[0] @ weights[1]
    reach = {"x": (-1, 1), "h": (-40, 40), "logits": (-900, 900)}
    found = fixed_point.encodings(model, reach)
    four = fixed_point.quantized(model, found, 4)
    assert [t.data_type for t in four.graph.initializer].count(onnx.TensorProto.INT4) == 2  # steps and zeros of one
    fed = {"x": found["x"].quantize(x.astype(np.float32))}
    errors = []
    for session in (
        step_by_step(four.SerializeToString()),
        qnn.session(four.SerializeToString(), qnn.SOCS["SM8650"]),
    ):
        made = found["logits"].dequantize(session.run(["logits"], fed)[0])
        errors.append(np.square(made - exact).mean() / np.square(exact).mean())
    assert all(0.001 < e < 0.03 for e in errors)  # 4 bits, rounded to nearest: a tenth of the size
