"""S-SFT of the finder: gates alone."""

import shutil
import subprocess
import sys

import torch

from lab.reference.checkpoint import save
from lab.reference.config import Config
from lab.reference.decoder import Decoder


def random_decoder(vocabulary: int, **changes) -> Decoder:
    shape = {"hidden": 32, "layers": 3, "heads": 4, "kv_heads": 2, "head_dim": 8, "ff": 40, "tied": True}
    torch.manual_seed(5)
    decoder = Decoder(Config("qwen2", vocabulary=vocabulary, qkv_bias=True, **(shape | changes)))
    with torch.no_grad():
        for name, p in decoder.named_parameters():
            if "gate" in name or name.endswith("bias"):
                p.copy_(torch.randn(p.shape) * 0.5)
    return decoder


def test_only_gates_train(tokenizer_file, tmp_path):
    """The program itself: the base stays bit for bit, the share is stated, step 0 is the base."""
    from safetensors.torch import load_file

    checkpoint = tmp_path / "checkpoint"
    decoder = random_decoder(6656, hidden=64, layers=3, heads=2, kv_heads=2, head_dim=32, ff=64)
    with torch.no_grad():
        for layer in decoder.model.layers:
            layer.self_attn.gate.w2.zero_()
    save(decoder, checkpoint, gates=False)
    shutil.copy(tokenizer_file, checkpoint)
    before = load_file(checkpoint / "model.safetensors")
    command = [sys.executable, "-m", "lab.finder.ssft", str(checkpoint), "--minutes", "0.03", "--rounds", "1"]
    said = subprocess.run([*command, "--segment", "32"], capture_output=True, text=True, check=True).stdout
    after = load_file(checkpoint / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    gates = load_file(checkpoint / "gates.safetensors")
    share = sum(t.numel() for t in gates.values()) / sum(t.numel() for t in before.values())
    assert 0 < share <= 0.0015
    assert f"{share:.3%}" in said
    assert "gates shut: " in said
    assert any(t.abs().max() > 0 for name, t in gates.items() if name.endswith("w2"))
    (checkpoint / "ssft.pt").unlink(missing_ok=True)
    refused = subprocess.run([*command[:4], "--minutes", "1"], capture_output=True, text=True)
    assert refused.returncode
    assert "has trained gates" in refused.stderr
