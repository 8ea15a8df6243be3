"""A GGUF as a checkpoint: the same weights and prompt, and gates that can be trained."""

import json

import torch

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
