"""Gates that were trained beside a GGUF's weights: in the folder that import makes, without the checkpoint."""

import json
import subprocess

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from lab.export import import_gguf
from lab.export.gguf.gguf_file import Unreadable
from lab.export.import_gguf import ImportOptions
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE
from lab.generator import gguf_checkpoint
from lab.reference.checkpoint import load, save_gates
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.state import DecoderStream, Sizes


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A GGUF, and a checkpoint of it whose gates stand open for all to see."""
    folder = tmp_path_factory.mktemp("gates")
    gguf_cases.write(CASES[0], folder / "model.gguf", "Q8_0", WIDE)
    gguf_checkpoint.write(folder / "model.gguf", folder / "checkpoint")
    decoder = load(folder / "checkpoint")
    torch.manual_seed(3)
    for gate in decoder.gates().values():
        gate.data = torch.randn_like(gate)
    save_gates(decoder.gates(), folder / "checkpoint")
    return folder


def imported(folder, target):
    """The GGUF with the checkpoint's gates, unpacked."""
    options = ImportOptions(precision="fp32", cache="f32", gates=folder / "checkpoint/gates.safetensors")
    import_gguf.import_gguf(folder / "model.gguf", target, options)
    return target


def test_a_folder_with_gates_computes_what_the_checkpoint_does(trained, tmp_path, cli):
    made = imported(trained, tmp_path / "made")
    about = json.loads((made / "model.json").read_text())
    sizes = about["scenarios"]["short"]
    decoder = load(trained / "checkpoint")
    assert about["base"]["gate_parameters"] == sum(g.numel() for g in decoder.gates().values())
    assert all(kind.get("memory", True) for kind in about["kinds"].values())
    ids = np.random.default_rng(1).integers(20, 300, sizes["pinned"] + sizes["window"] + 3 * sizes["segment"]).tolist()
    session = Session(ModelFolder(made), "short")
    stream = DecoderStream(decoder, Sizes(*(sizes[key] for key in ("segment", "pinned", "window"))))
    with torch.no_grad():
        wanted = stream.read(ids, 3)
    found = session.read(ids, 3)
    assert session.absorbed > 0
    assert np.abs(found - wanted).max() < 1e-3 * np.abs(wanted).max()
    inspect = [cli.program, "inspect", "--json", "--model", made]
    said = json.loads(subprocess.run(inspect, check=True, capture_output=True).stdout)
    assert said["memory_layers"] == len(about["layers"])


def test_gates_of_another_model_are_refused(trained, tmp_path):
    gates = load_file(trained / "checkpoint/gates.safetensors")
    name = next(iter(gates))
    for changed in (dict(list(gates.items())[1:]), gates | {name: gates[name][:-1]}):
        save_file(changed, tmp_path / "gates.safetensors")
        with pytest.raises(Unreadable, match=r"gates.safetensors: found model.layers.* gates are not those of"):
            import_gguf.import_gguf(
                trained / "model.gguf", tmp_path / "made", ImportOptions(gates=tmp_path / "gates.safetensors")
            )
    (tmp_path / "gates.safetensors").write_bytes(b"nothing")
    with pytest.raises(Unreadable, match="found no gates"):
        import_gguf.import_gguf(
            trained / "model.gguf", tmp_path / "made", ImportOptions(gates=tmp_path / "gates.safetensors")
        )
    assert not (tmp_path / "made").exists()
