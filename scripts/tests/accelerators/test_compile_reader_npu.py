"""A reader's layers for the NPU on Qualcomm's own simulator: compiled whole, and computing what the reference does.

Needs onnxruntime-qnn: the environment is that of scripts/test.sh npu; elsewhere these tests are left out.
"""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime_qnn")

from lab import ROOT
from lab.accelerators import compile_reader_npu, qnn, reader_session
from lab.corpus.documents import make_document
from lab.reader.layout import Run

TINY = ROOT / "models/tiny-reader"
GOLDEN = json.loads((TINY / "golden.json").read_text())["cases"]
SHOWN = ("headings", "long", "one")  # a run takes the simulator seconds
SOCS = ("SM8650", "SM8750")
BOUND = 0.03  # of logits, ÷ the largest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("reader") / "made"
    texts = [make_document(300, "test_compile_reader_npu").text]
    compile_reader_npu.compile_reader_npu(TINY, target, [qnn.SOCS[name] for name in SOCS], texts, say=str)
    return target


def numbers(found: dict, count: int) -> np.ndarray:
    return np.concatenate([np.reshape(found["relevance"], -1)[:count], np.reshape(found["none"], -1)])


@pytest.mark.parametrize("name", SOCS)
def test_the_graph_is_one_node_of_the_npu(folder, name):
    graphs = {graph["target"]["soc"]: graph for graph in reader_session.settings(folder)["graphs"]}
    assert list(graphs) == list(SOCS)
    graph = graphs[name]
    assert qnn.context(folder / graph["file"])["ep_cache_context"] == graph["binary"]
    assert graph["target"]["sdk"].startswith("v2.")
    about = json.loads((folder / "model.json").read_text())
    assert about["files"].keys() == {f.name for f in folder.iterdir()} - {"model.json"}


@pytest.mark.parametrize("name", SOCS)
def test_the_simulator_computes_the_reference(folder, name):
    htp = reader_session.simulated(folder, name)
    cpu = reader_session.in_steps(folder)
    for case in (case for case in GOLDEN if case["name"] in SHOWN):
        run = Run(case["tokens"], case["types"], case["segments"], case["starts"])
        want = numbers(case, len(case["starts"]))
        found = [numbers(model.run(run), len(want) - 1) for model in (htp, cpu)]
        largest = np.abs(want).max()
        assert all(np.abs(one - want).max() <= BOUND * largest for one in found), case["name"]
        assert not np.array_equal(*found), case["name"]  # that it is not the CPU that ran


@pytest.mark.parametrize("soc", [soc for soc in qnn.SOCS.values() if soc.name not in SOCS], ids=lambda soc: soc.name)
def test_the_compiler_takes_every_node_or_none(folder, soc, tmp_path):
    socs = [soc]
    if soc.encoder:
        compile_reader_npu.compile_reader_npu(TINY, tmp_path / "made", socs, [], say=str)
        assert (tmp_path / f"made/reader-npu-{soc.name.lower()}.bin").stat().st_size > 100_000
        return
    with pytest.raises(qnn.NotWhole, match=soc.name):
        compile_reader_npu.compile_reader_npu(TINY, tmp_path / "made", socs, [], say=str)
    assert not list(tmp_path.iterdir())


def test_a_processor_that_was_not_compiled_for_is_named(folder):
    with pytest.raises(ValueError, match="found graphs for SM8650, SM8750, expected one for SM8550"):
        reader_session.simulated(folder, "SM8550")
