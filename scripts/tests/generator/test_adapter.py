"""An adapter merged into a GGUF's weights: the dense product, in 8 bits; of another base it is refused."""

import json

import numpy as np
import pytest

from lab.export import import_gguf
from lab.export.gguf.adapter import Adapted, digest, read_adapter, write_adapter
from lab.export.gguf.architecture import read_config
from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.export.gguf.weights import Linears, Weights
from lab.export.import_gguf import ImportOptions
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE

NAMES = [f"model.layers.{n}.self_attn.{p}_proj" for n in range(2) for p in "qkvo"]
SCALE = 2.0


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    gguf_cases.write(CASES[0], path, "Q4_1", WIDE)
    return path


def opened(path) -> Weights:
    file = GgufFile(path)
    return Weights(file, read_config(file))


def written(folder, path, size: float = 0.02, **changes):
    """An adapter of random numbers of a GGUF."""
    random = np.random.default_rng(5)
    weights = opened(path)
    tensors = {}
    for name in NAMES:
        (outputs, inputs) = weights[f"{name}.weight"].shape
        tensors[f"{name}.lora_a"] = random.standard_normal((3, inputs)) * size
        tensors[f"{name}.lora_b"] = random.standard_normal((outputs, 3)) * size
    about = {"name": "some", "version": "1", "description": "", "licence": "Apache-2.0", "scale": SCALE,
             "base": {"name": "llama", "sha256": digest(weights.file)}, "trained_on": []}  # fmt: skip
    write_adapter(folder, about | changes, tensors)
    return folder


def test_a_merged_matrix_is_the_dense_product_and_no_other_changes(gguf, tmp_path):
    adapter = read_adapter(written(tmp_path / "adapter", gguf))
    plain = opened(gguf)
    adapted = Adapted(opened(gguf), adapter)
    assert list(adapted) == list(plain)
    x = np.random.default_rng(1).standard_normal((4, WIDE["hidden_size"])).astype(np.float32)
    for name in plain:
        if name.removesuffix(".weight") in NAMES:
            a, b = (adapter.tensors[name.replace("weight", part)].astype(np.float32) for part in ("lora_a", "lora_b"))
            assert np.allclose(x @ adapted[name].T, x @ plain[name].T + SCALE * (x @ a.T) @ b.T, atol=1e-5)
        else:
            assert np.array_equal(adapted[name], plain[name])
    before = Linears(plain, 4)
    linears = Linears(adapted, 4)
    for name in linears:
        if name in NAMES:
            assert linears.form_of(name) == (8, False) == linears[name].form()
            assert linears[name].error(adapted[f"{name}.weight"]) < 0.01
        else:
            assert linears.form_of(name) == before.form_of(name)
            assert np.array_equal(linears[name].steps, before[name].steps)
    kinds = {row["matrix"]: (row["type"], row["rounding"]) for row in linears.report()}
    assert kinds[NAMES[0]] == ("Q4_1 adapted", "nearest")
    assert kinds["model.layers.0.mlp.up_proj"] == ("Q4_1", "kept")


def test_a_folder_says_which_adapter_is_in_it(gguf, tmp_path):
    folder = written(tmp_path / "adapter", gguf)
    import_gguf.import_gguf(gguf, tmp_path / "plain")
    import_gguf.import_gguf(gguf, tmp_path / "made", ImportOptions(adapter=folder))
    said = [json.loads((tmp_path / name / "model.json").read_text())["description"] for name in ("plain", "made")]
    assert said[1] == f"{said[0]}; with adapter some 1"
    (report,) = json.loads((tmp_path / "made/quantizing.json").read_text()).values()
    assert sorted(row["matrix"] for row in report if row["type"] == "Q4_1 adapted") == sorted(NAMES)


def test_an_adapter_of_another_base_is_refused(gguf, tmp_path):
    folder = written(tmp_path / "adapter", gguf, base={"name": "another", "sha256": "0" * 64})
    with pytest.raises(Unreadable, match=r"found SHA-256 [0-9a-f]{64}, expected 0{64}: .*some 1 belongs to another"):
        import_gguf.import_gguf(gguf, tmp_path / "made", ImportOptions(adapter=folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "adapter.json").unlink(), "found no adapter.json"),
        (lambda folder: (folder / "adapter.json").write_text("{"), "found no JSON"),
        (lambda folder: (folder / "adapter.json").write_text('{"format": 2}'), "expected format 1"),
        (lambda folder: (folder / "adapter.json").write_text('{"format": 1}'), "keys too many or too few"),
        (lambda folder: (folder / "adapter.safetensors").write_bytes(b"x"), "found another file"),
    ],
)
def test_a_damaged_adapter_is_refused(gguf, tmp_path, change, said):
    folder = written(tmp_path / "adapter", gguf)
    change(folder)
    with pytest.raises(Unreadable, match=said):
        read_adapter(folder)


def test_matrices_that_the_base_does_not_have_are_refused(gguf, tmp_path):
    folder = written(tmp_path / "adapter", gguf)
    about = {key: value for key, value in read_adapter(folder).about.items() if key not in ("format", "files")}
    for name in ("model.layers.7.self_attn.q_proj", NAMES[0]):
        write_adapter(folder, about, {f"{name}.lora_a": np.ones((2, 5)), f"{name}.lora_b": np.ones((4, 2))})
        with pytest.raises(Unreadable, match=r"found model.layers.* expected two matrices"):
            Adapted(opened(gguf), read_adapter(folder))
