"""A GGUF as a checkpoint: the same weights and prompt, and gates that can be trained."""

import json

import numpy as np
import torch

from lab.export.gguf.adapter import write_adapter
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE
from lab.generator import gguf_checkpoint
from lab.generator.base import read_base
from lab.reference.checkpoint import load
from lab.train.ssft import prompt_form


def test_a_checkpoint_has_the_gguf_s_weights_and_prompt_and_shut_gates(tmp_path):
    gguf_cases.write(CASES[1], tmp_path / "model.gguf", "Q4_1", WIDE)
    gguf_checkpoint.write(tmp_path / "model.gguf", tmp_path / "made")
    base = read_base(tmp_path / "model.gguf", halves=False)
    decoder = load(tmp_path / "made")
    ids = torch.arange(40)[None] + 20
    with torch.no_grad():
        assert torch.allclose(decoder(ids), base.decoder(ids), atol=1e-4)
    assert decoder.gates()
    assert not decoder.memory_trained
    preset = json.loads((tmp_path / "made/preset.json").read_text())
    form = prompt_form(tmp_path / "made", tmp_path / "made/preset.json", decoder.config.positions)
    assert form.start == base.prompts.start
    assert form.end == base.end
    assert preset["prompt"] == base.prompts.prompt


def test_an_adapter_is_merged(tmp_path):
    gguf_cases.write(CASES[1], tmp_path / "model.gguf", "Q4_1", WIDE)
    base = read_base(tmp_path / "model.gguf", halves=False)
    name = "model.layers.1.self_attn.q_proj"
    before = base.decoder.state_dict()[f"{name}.weight"]
    random = np.random.default_rng(2)
    a, b = (random.standard_normal(shape).astype(np.float16) for shape in ((2, before.shape[1]), (before.shape[0], 2)))
    about = {"name": "some", "version": "1", "description": "", "licence": "MIT", "scale": 0.5, "trained_on": [],
             "base": {"name": base.name, "sha256": base.sha256}}  # fmt: skip
    write_adapter(tmp_path / "adapter", about, {f"{name}.lora_a": a, f"{name}.lora_b": b})
    gguf_checkpoint.write(tmp_path / "model.gguf", tmp_path / "made", tmp_path / "adapter")
    made = load(tmp_path / "made").state_dict()
    change = torch.from_numpy(0.5 * b.astype(np.float32) @ a.astype(np.float32))
    assert torch.allclose(made[f"{name}.weight"], before + change, atol=1e-5)
    kept = base.decoder.state_dict()
    assert all(torch.equal(made[other], kept[other]) for other in kept if other in made and name not in other)
