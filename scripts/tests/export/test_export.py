"""Model folders: what is written, what is refused, and what the artefacts compute."""

import copy
import hashlib
import json
import re

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lab.export import export, onnx_graph
from lab.export.manifest import citation
from lab.export.preset import Refused
from lab.fixtures import tiny
from lab.reference.decoder import Decoder
from lab.reference.numpy_engine import MASKED, ModelFolder, Session
from lab.reference.prompt_template import PromptTemplate
from lab.reference.state import Sizes, read

GOLDEN = json.loads((tiny.TARGET / "golden.json").read_text())["cases"]


def session(decoder: Decoder, precision: str) -> onnxruntime.InferenceSession:
    weights = {n: t.numpy() for n, t in decoder.state_dict().items()}
    return onnxruntime.InferenceSession(onnx_graph.build(decoder.config, weights, precision).SerializeToString())


def feeds(decoder: Decoder, ids: list[int], slots: int = 12, filled: int = 5, seed: int = 0) -> dict[str, np.ndarray]:
    """A run of ids over `slots` cache slots, of which the first `filled` hold something; a memory of random content."""
    c = decoder.config
    r = np.random.default_rng(seed)
    n = len(ids)
    mask = np.full((n, slots + n), MASKED, np.float32)  # [S, C+S]
    mask[:, :filled] = 0
    mask[:, slots:][np.tril_indices(n)] = 0
    cos, sin = (t.numpy() for t in decoder.angles(torch.arange(100, 100 + n))["global"])  # [S, d/2]
    x = decoder.model.embed_tokens.weight[ids].detach().numpy()  # [S, D]
    fed = {"x": x, "cos_global": cos, "sin_global": sin, "mask_global": mask, "rows": np.arange(n)}
    for i in range(c.layers):
        for name in "kv":
            cache = np.zeros((1, c.kv_heads, slots, c.head_dim), np.float32)
            cache[:, :, :filled] = r.standard_normal((1, c.kv_heads, filled, c.head_dim))
            fed[f"{name}_{i}"] = cache
        fed[f"m_{i}"] = r.standard_normal((1, c.kv_heads, c.head_dim, c.head_dim)).astype(np.float32)
        fed[f"z_{i}"] = np.ones((1, c.kv_heads, c.head_dim, 1), np.float32)
    return fed | {"memory_weight": np.ones(1, np.float32)}


def differ(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got - want).max() / np.abs(want).max())


def test_tiny_is_as_its_script_makes_it(tmp_path):
    tiny.make(tmp_path / "tiny", {c["name"]: c["seed"] for c in GOLDEN})
    assert tiny.differences(tmp_path / "tiny", tiny.TARGET) == []
    assert tiny.differences(tmp_path / "tiny-half", tiny.HALF) == []


@pytest.mark.parametrize("case", [c for c in GOLDEN if c["prompt_tokens_total"] < 1000], ids=lambda c: c["name"])
def test_golden(case):
    opened = ModelFolder(tiny.TARGET, threads=1)
    ids, pinned = opened.prompt_template.free(case["document"], case["task"], case["question"])
    stream = Session(opened, case["scenario"])
    tokens, logits = stream.generate(ids, pinned, opened.manifest["limits"]["answer"])
    assert (ids, tokens) == (case["prompt_tokens"], case["generated"])
    assert opened.prompt_template.special.decode(tokens, skip_special_tokens=True) == case["text"]
    assert stream.absorbed == case["absorbed"]
    assert logits[0][case["logits"]["indices"]] == pytest.approx(case["logits"]["values"], abs=1e-3)
    for i, sums in enumerate(case["memory"]):
        assert (stream.m[i].sum(), stream.z[i].sum()) == pytest.approx((sums["m"], sums["z"]), rel=1e-3, abs=1e-3)


def test_golden_covers_what_it_should():
    assert any("\0" in c["document"] for c in GOLDEN)
    assert any(c["generated"][-1] == tiny.END for c in GOLDEN)
    assert {c["scenario"] for c in GOLDEN} == set(tiny.PRESET["scenarios"])
    assert not set(next(c for c in GOLDEN if "spelt" in c["name"])["prompt_tokens"][2:-15]) & set(range(20))
    kept = next(c for c in GOLDEN if c["name"] == "large: decoding absorbs")
    assert kept["prompt_tokens_total"] < 512 + 2 < kept["prompt_tokens_total"] + 24
    assert kept["absorbed"] == 32


def test_the_memory_matters(decoder):
    case = next(c for c in GOLDEN if c["name"] == "default: 50 segments")
    other = copy.deepcopy(decoder)
    for name, p in other.gates().items():
        if name.endswith("b2"):
            p.data.fill_(-1e9)
    ids = torch.tensor(case["prompt_tokens"])
    sizes = Sizes(16, 8, 32)
    with torch.no_grad():
        assert differ(read(other, ids, 2, sizes)[0].numpy(), read(decoder, ids, 2, sizes)[0].numpy()) > 0.1


def test_folder(checkpoint, tmp_path):
    worst = export.export(checkpoint, tmp_path / "made", export.ExportOptions(tiny.PRESET, "tiny"))
    about = json.loads((tmp_path / "made" / "model.json").read_text())
    assert [a["precision"] for a in about["artefacts"]] == ["fp32", "int8"]
    assert all(worst[a["file"]] <= a["max_error"] for a in about["artefacts"])
    assert about["base"]["gate_parameters"] == 2 * (3 * 17 + 8)
    assert {f.name for f in (tmp_path / "made").iterdir()} == {*about["files"], "model.json"}
    for name, file in about["files"].items():
        data = bytearray((tmp_path / "made" / name).read_bytes())
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        data[len(data) // 2] ^= 1
        assert hashlib.sha256(data).hexdigest() != file["sha256"]
    for test in about["self_test"]:
        stream = Session(ModelFolder(tmp_path / "made", threads=1), test["scenario"])
        logits = stream.read(test["tokens"], min(stream.K, len(test["tokens"])))
        assert differ(logits[test["indices"]], np.array(test["logits"])) < 1e-4
        assert int(logits.argmax()) in test["indices"]
    assert any(len(t["tokens"]) > 8 + 32 for t in about["self_test"])


def test_what_is_off_is_refused_and_leaves_nothing(checkpoint, tmp_path, monkeypatch, capsys):
    preset = tmp_path / "preset.json"
    target = tmp_path / "made"
    preset.write_text(json.dumps(tiny.PRESET | {"max_error": {"int8": 1e-3}}))
    monkeypatch.setattr("sys.argv", ["export", str(checkpoint), str(target), "--preset", str(preset)])
    assert export.main() == 1
    assert "cpu-int8.onnx: logits off by" in capsys.readouterr().err
    assert [f.name for f in tmp_path.iterdir()] == ["preset.json"]
    target.mkdir()
    (target / "model.json").write_text("the one before")
    assert export.main() == 1
    assert (target / "model.json").read_text() == "the one before"
    assert len(list(tmp_path.iterdir())) == 2


def test_unknown_marker_is_refused(checkpoint, tmp_path):
    marks = {"markers": ["<s{n}>", 9], "headings": ["<h{n}>", 2], "none": "<s0>"}
    with pytest.raises(Refused, match="no token <s9>"):
        export.export(checkpoint, tmp_path / "made", export.ExportOptions(tiny.PRESET | {"citation": marks}))
    assert list(tmp_path.iterdir()) == []


def test_citation(checkpoint, tmp_path):
    marks = {"markers": ["<s{n}>", 8], "headings": ["<h{n}>", 2], "none": "<s0>"}
    options = export.ExportOptions(tiny.PRESET | {"citation": marks}, precisions=["fp32"])
    export.export(checkpoint, tmp_path / "made", options)
    about = json.loads((tmp_path / "made" / "model.json").read_text())
    assert (about["name"], about["citation"]["none"]) == ("made", tiny.SPECIALS.index("<s0>"))
    assert [tiny.SPECIALS[n] for n in about["citation"]["markers"][:2]] == ["<s1>", "<s2>"]
    assert "words" not in about["citation"]


def test_own_words_have_a_token():
    marks = {"markers": ["<s{n}>", 8], "headings": ["<h{n}>", 2], "none": "<s0>"}
    assert citation(tiny.tokenizer(), marks | {"words": "<t>"})["words"] == tiny.SPECIALS.index("<t>")
    with pytest.raises(Refused, match="no token <say>"):
        citation(tiny.tokenizer(), marks | {"words": "<say>"})


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_massive_token_leaves_its_neighbours_alone(decoder, precision):
    massive = copy.deepcopy(decoder)
    massive.model.embed_tokens.weight.data[77] *= 1000
    ids = [30, 40, 50, 60, 77, 70, 80, 90]
    want = session(massive, "fp32").run(["logits"], feeds(massive, ids))[0]  # [S, V]
    got = session(massive, precision).run(["logits"], feeds(massive, ids))[0]
    errors = np.abs(got - want).max(1) / np.abs(want).max(1)  # [S]
    assert errors.max() < (1e-4 if precision == "fp32" else 0.15)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_rows_do_not_depend_on_what_comes_with_them(decoder, precision):
    s = session(decoder, precision)
    ids = [30, 40, 50, 60, 70, 80, 90]
    names = ["logits", "new_k_1", "new_v_1"]
    alone = s.run(names, feeds(decoder, ids[:4]))
    together = s.run(names, feeds(decoder, ids))
    padded = s.run(names, feeds(decoder, ids[:4], slots=40))  # empty slots, masked
    bound = 1e-5 if precision == "fp32" else 2e-2  # a rounding of 1e-7 can move one step of 1/127
    for one, many, more in zip(alone, together, padded, strict=True):
        assert differ(many[..., :4, :], one) < bound
        assert differ(more, one) < bound
    some = feeds(decoder, ids) | {"rows": np.array([5, 1])}
    assert differ(s.run(["logits"], some)[0], together[0][[5, 1]]) < 1e-5


def test_weights_are_stored_once(decoder):
    weights = {n: t.numpy() for n, t in decoder.state_dict().items()}
    stored = onnx_graph.build(decoder.config, weights, "int8").graph.initializer
    linears = sum(t.size for n, t in weights.items() if n.endswith("proj.weight") or n == "lm_head.weight")
    assert sum(np.prod(t.dims) for t in stored if t.data_type == onnx.TensorProto.UINT8 and t.dims) == linears
    assert sum(np.prod(t.dims) for t in stored if t.data_type == onnx.TensorProto.FLOAT) < linears / 10


def test_templates():
    prompt_template = PromptTemplate(
        json.loads((tiny.TARGET / "model.json").read_text())["prompt"], str(tiny.TARGET / "tokenizer.json")
    )
    mark = tiny.SPECIALS.index("<s1>")
    assert prompt_template.encode("<s1>{text}", text="<s1>")[0] == mark
    assert mark not in prompt_template.encode("<s1>{text}", text="<s1>")[1:]
    assert prompt_template.free("", "summarize") == ([1, 3, 4, 7], 2)


def test_the_contract_names_every_key():
    contract = (tiny.TARGET.parent / "README.md").read_text()
    about = json.loads((tiny.TARGET / "model.json").read_text())
    example = contract.split("```json")[1]
    for key, value in about.items():
        assert f"`{key}`" in contract, key
        if key not in ("self_test", "files"):
            shown = json.loads(re.search(rf'\n "{key}": (.*?),?(?=\n "|\n}})', example, re.DOTALL)[1])
            assert shown == value, key
    for name, file in about["files"].items():
        shown = re.search(rf'"{name}": {{"bytes": (\d+), "sha256": "(\w+)…', example)
        assert not shown or (int(shown[1]), shown[2]) == (file["bytes"], file["sha256"][:8])
