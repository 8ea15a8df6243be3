"""Graphs for the NPU and for NNAPI out of a GGUF: whole, and saying on Qualcomm's simulator what its weights say.

Needs onnxruntime-qnn: the environment is that of scripts/test.sh npu; elsewhere these tests are left out.
"""

import json
import sys

import pytest

pytest.importorskip("onnxruntime_qnn")

from lab.accelerators import compile_nnapi, compile_npu, qnn, simulated
from lab.corpus.documents import make_document
from lab.export.gguf.gguf_file import GgufFile
from lab.export.gguf.prompt import default_preset
from lab.export.gguf.tokenizer import tokenizer_json
from lab.export.import_gguf import ImportOptions, import_gguf
from lab.fixtures import tiny_gguf

SOCS = ("SM8650", "SM8750")
SIZES = {"segment": 16, "pinned": 16, "window": 32, "recall": 16, "threads": 0}
BOUND = 0.05  # of logits in steps, ÷ the largest
LEAST = 0.9  # of next tokens that are those of fp32


@pytest.fixture(scope="module")
def text() -> str:
    return make_document(400, "test_imported_npu").text


@pytest.fixture(scope="module")
def folder(text, tmp_path_factory):
    """A GGUF imported, and given graphs for both."""
    place = tmp_path_factory.mktemp("imported")
    tiny_gguf.write(place / "tiny.gguf")
    file = GgufFile(place / "tiny.gguf")
    preset = default_preset(file, tokenizer_json(file), tiny_gguf.POSITIONS) | {"scenarios": {"default": SIZES}}
    import_gguf(place / "tiny.gguf", place / "cpu", ImportOptions(preset))
    compile_nnapi.compile_nnapi(place / "cpu", place / "fixed", ["Nnapi"], [], 1e-5)
    socs = [qnn.SOCS[name] for name in SOCS]
    compile_npu.compile_npu(place / "fixed", place / "npu", socs, [text], shared=False, bound=BOUND, say=str)
    return place / "npu"


def test_every_graph_is_one_node_of_the_npu(folder):
    about = json.loads((folder / "model.json").read_text())
    assert [a["accelerator"] for a in about["artefacts"]] == ["Cpu", "Nnapi", "Npu", "Npu"]
    assert about["artefacts"][0]["precision"] == "int4"
    for artefact in about["artefacts"][2:]:
        assert artefact["precision"] == "a16w8"
        assert [g["rows"] for g in artefact["fixed"]["graphs"]] == [16, 8, 1]
        for graph in artefact["fixed"]["graphs"]:
            assert qnn.context(folder / graph["file"])["ep_cache_context"].endswith(".bin")


def test_the_simulator_says_what_the_weights_say(folder, text, tmp_path, monkeypatch, capsys):
    (tmp_path / "text.txt").write_text(text)
    given = ["--soc", *SOCS, "--text", str(tmp_path / "text.txt"), "--before", "40", "--tokens", "60"]
    monkeypatch.setattr(sys, "argv", ["simulated", str(folder), *given, "--least", str(LEAST)])
    assert simulated.main() == 0, capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["simulated", str(folder), *given, "--least", "1.1"])
    assert simulated.main() == 1
