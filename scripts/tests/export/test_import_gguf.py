"""GGUF files of every architecture and type, imported: logits as transformers has them, integers as in the file."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize
from transformers import AutoModelForCausalLM

from lab.export import block_scaled, import_gguf, onnx_graph
from lab.export.block_scaled import joined, to_nearest
from lab.export.gguf.architecture import read_config
from lab.export.gguf.gguf_file import TYPES, GgufFile
from lab.export.gguf.kept import KEPT, dequantized, kept
from lab.export.gguf.weights import Linears, Weights
from lab.export.import_gguf import ImportOptions
from lab.fixtures import gguf_cases, tiny
from lab.fixtures.gguf_cases import CASES, WIDE
from lab.reference.embedding_rows import EmbeddingRows
from lab.reference.numpy_engine import MASKED, ModelFolder, Session

SIZES = tiny.PRESET["scenarios"]
PRESET = tiny.PRESET | {
    "max_error": {"fp32": 1e-3, "int8": 9.0, "int4": 9.0},
    "scenarios": SIZES | {"large": SIZES["large"] | {"window": 128, "recall": 64}},
}
IDS = list(range(11, 11 + 90))
LLAMA, TIED = CASES[:2]
OPENED = {"llama", "llama, tied", "qwen2", "qwen3"}  # by transformers, with its defaults, as the file says


def off(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got - want).max() / np.abs(want).max())


@torch.no_grad()
def logits(model: AutoModelForCausalLM) -> np.ndarray:
    return model(torch.tensor([IDS])).logits[0].numpy()


def read(folder: Path) -> np.ndarray:
    """Logits [n, V] of IDS, of which nothing is absorbed."""
    return Session(ModelFolder(folder, threads=1), "large").run(IDS, rows=list(range(len(IDS))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_architecture_computes_what_transformers_does(case, tmp_path):
    model = gguf_cases.write(case, tmp_path / "model.gguf")
    want = logits(model)
    worst = import_gguf.import_gguf(tmp_path / "model.gguf", tmp_path / "made", ImportOptions(PRESET, precision="fp32"))
    assert worst["cpu-fp32.onnx"] <= 1e-3
    got = read(tmp_path / "made")
    assert off(got, want) <= 5e-4
    about = json.loads((tmp_path / "made/model.json").read_text())
    assert about["base"]["parameters"] == sum(p.numel() for p in model.parameters())
    if case.name in OPENED:
        theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
        assert off(got, logits(theirs.eval())) <= 5e-4


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_is_unpacked_as_the_package_does(kind, tmp_path):
    model = gguf_cases.write(LLAMA, tmp_path / "model.gguf", kind, WIDE)
    file = GgufFile(tmp_path / "model.gguf")
    weights = Weights(file, read_config(file))
    for name, p in model.named_parameters():
        assert np.array_equal(weights[name], p.detach().numpy()), name
    graph = computed(weights, Linears(weights, 8), "int8", "fp32")
    want = computed(weights, None, "fp32", "fp32")
    assert off(graph, want) <= (1e-5 if kind in KEPT else 0.1)
    assert off(computed(weights, Linears(weights, 8), "int8", "int8"), want) <= 0.15
    rows = Linears(weights, 8).report()
    assert {(r["rounding"], r["weight_error"] < 0.01) for r in rows} == {("kept" if kind in KEPT else "nearest", True)}
    assert all(r["weight_error"] > 0 for r in rows) == (kind not in KEPT)
    assert {(r["rounding"], r["bits"]) for r in Linears(weights, 4, ()).report() if r["matrix"] != "lm_head"} == {
        ("nearest", 4)
    }


def computed(weights: Weights, linears: Linears | None, precision: str, activations: str) -> np.ndarray:
    """Logits [n, V] of a graph that is built of these."""
    c = weights.config
    model = onnx_graph.build(c, weights, precision, rounded=linears, activations=activations)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    n = 40
    angles = np.arange(n)[:, None] * c.inverse_frequencies()
    fed = {
        "x": weights["model.embed_tokens.weight"][IDS[:n]],
        "cos_global": np.cos(angles).astype(np.float32),
        "sin_global": np.sin(angles).astype(np.float32),
        "mask_global": np.where(np.tri(n), 0, MASKED).astype(np.float32),
        "rows": np.arange(n),
    }
    empty = np.zeros((1, c.kv_heads, 0, c.head_dim), np.float32)
    fed |= {f"{name}_{layer}": empty for name in "kv" for layer in range(c.layers)}
    return session.run(["logits"], fed)[0]


@pytest.mark.parametrize("kind", KEPT)
def test_integers_and_scales_are_the_files_own(kind, tmp_path):
    gguf_cases.write(LLAMA, tmp_path / "model.gguf", kind, WIDE)
    tensor = GgufFile(tmp_path / "model.gguf").tensors["blk.0.ffn_down.weight"]
    block = kept(tensor)
    raw = tensor.data.reshape(-1, {"Q8_0": 34, "Q4_0": 18, "Q4_1": 20}[kind])
    assert np.array_equal(block.scales.reshape(-1), raw[:, :2].copy().view(np.float16).astype(np.float32)[:, 0])
    exact = dequantize(tensor.data.reshape(256, -1), GGMLQuantizationType[kind])
    if kind == "Q4_1":
        assert off(block.dequantized(), exact) < 1e-6  # a minimum that is shifted by eight steps
    else:
        assert np.array_equal(block.dequantized(), exact)
    assert np.array_equal(exact, dequantized(tensor))


def test_matrices_of_several_types_on_one_input(tmp_path):
    parts = [to_nearest(np.random.default_rng(n).standard_normal((8, 64)).astype(np.float32), b)
             for n, b in enumerate((8, 8, 4))]  # fmt: skip
    assert [(p.bits, p.outputs) for p in joined(parts)] == [(8, 16), (4, 8)]
    gguf_cases.write(LLAMA, tmp_path / "model.gguf", "Q8_0", WIDE)
    file = GgufFile(tmp_path / "model.gguf")
    weights = Weights(file, read_config(file))

    class Mixed(Linears):
        """k in four bits beside q and v in eight."""

        def __getitem__(self, name: str):
            return to_nearest(self.weights[self.names[name]], 4) if "k_proj" in name else super().__getitem__(name)

    exact = {name: Mixed(weights, 8)[name].dequantized() for name in Mixed(weights, 8) if name != "lm_head"}

    class Exact(dict):
        config = weights.config

    whole = Exact({name: weights[name] for name in weights} | {f"{name}.weight": w for name, w in exact.items()})
    assert off(computed(weights, Mixed(weights, 8), "int8", "fp32"), computed(whole, None, "fp32", "fp32")) <= 1e-5


@pytest.mark.parametrize(("kind", "asked", "precision"),
                         [("Q4_1", "int8", "int4"), ("Q4_K", "int8", "int8"), ("Q6_K", "int4", "int4")])  # fmt: skip
def test_a_folder_and_what_it_says(kind, asked, precision, tmp_path, monkeypatch, capsys):
    gguf_cases.write(LLAMA, tmp_path / "model.gguf", kind, WIDE)
    preset = tmp_path / "preset.json"
    preset.write_text(json.dumps(PRESET))
    made = tmp_path / "made"
    monkeypatch.setattr("sys.argv", ["", str(tmp_path / "model.gguf"), str(made), "--precision", asked,
                                     "--preset", str(preset)])  # fmt: skip
    assert import_gguf.main() == 0
    said = capsys.readouterr().out
    assert re.search(rf"× {kind} .*{'as it is' if kind == 'Q4_1' else 'rounded to . bits, off by'}", said)
    about = json.loads((made / "model.json").read_text())
    (artefact,) = about["artefacts"]
    assert artefact["precision"] == precision
    assert artefact["cost"]["tokens"] > 10
    assert {f.name for f in made.iterdir()} == {*about["files"], "model.json", "quantizing.json"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made", "model.gguf", "preset.json"]
    nodes = {n.op_type for n in onnx.load(made / artefact["file"]).graph.node}
    assert "MatMulNBits" in nodes
    assert "MatMulIntegerToFloat" not in nodes


def test_licence_origin_and_prompt_are_the_files(tmp_path):
    gguf_cases.write(LLAMA, tmp_path / "model.gguf", "Q8_0", WIDE)
    import_gguf.import_gguf(tmp_path / "model.gguf", tmp_path / "made")
    about = json.loads((tmp_path / "made/model.json").read_text())
    assert about["licence"] == "Apache-2.0"
    assert re.match(r"llama by nobody: model.gguf \(16 Q8_0; SHA-256 [0-9a-f]{64}\)$", about["description"])
    assert about["prompt"]["chat"] == {"start": "<bos>", "user": "{text}<eos><q>", "next": "<bos>{text}<eos><q>"}
    assert about["tokenizer"]["end"] == [tiny.END]
    assert about["artefacts"][0]["max_error"] < 0.3


@pytest.mark.parametrize("bits", [8, 4])
def test_many_rows_are_rounded_some_at_a_time(bits, monkeypatch):
    weight = np.random.default_rng(1).standard_normal((12, 64)).astype(np.float32)
    whole = to_nearest(weight, bits)
    off_by = whole.error(weight)
    monkeypatch.setattr(block_scaled, "ROWS", 5)
    some = to_nearest(weight, bits)
    assert np.array_equal(some.steps, whole.steps)
    assert np.array_equal(some.scales, whole.scales)
    exact = np.linalg.norm(some.dequantized() - weight) / np.linalg.norm(weight)
    assert some.error(weight) == pytest.approx(off_by, rel=1e-6) == pytest.approx(exact, rel=1e-4)
    assert 0.001 < exact < (0.01 if bits == 8 else 0.15)


@pytest.mark.parametrize(("kind", "dtype"), [("Q8_0", "q8"), ("Q6_K", "q8"), ("Q4_0", "q4"), ("Q4_1", "f16")])
def test_a_tied_embedding_is_the_matrix_of_lm_head(kind, dtype, tmp_path):
    gguf_cases.write(TIED, tmp_path / "model.gguf", kind, WIDE)
    made = tmp_path / "made"
    import_gguf.import_gguf(tmp_path / "model.gguf", made, ImportOptions(PRESET))
    about = json.loads((made / "model.json").read_text())
    kept_as = about["embedding"]
    (artefact,) = about["artefacts"]
    assert kept_as["dtype"] == dtype
    weights = Weights(file := GgufFile(tmp_path / "model.gguf"), read_config(file))
    head = Linears(weights, 8)["lm_head"]
    rows = EmbeddingRows(made, about)
    shared = dtype != "f16"
    assert np.array_equal(rows[IDS], head.dequantized()[IDS]) == shared
    assert np.array_equal(rows[:], rows[list(range(len(head.steps)))])
    assert ((made / "embedding.f16").exists(), "steps" in kept_as) == (not shared, shared)
    if shared:  # the integers stand in the folder once
        assert kept_as["file"] == artefact["weights"]
        steps = head.packed().tobytes()
        assert sum(f.read_bytes().count(steps) for f in made.iterdir()) == 1
        assert (made / kept_as["file"]).read_bytes()[kept_as["steps"] :].startswith(steps)
    want = computed(weights, Linears(weights, 8), "int8", "int8")
    assert off(read(made)[:40], want) <= (1e-3 if kind in ("Q8_0", "Q4_0") else 0.15)  # others' rows were rounded
