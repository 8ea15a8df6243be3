"""What rounding costs matrix by matrix."""

import numpy as np
import pytest
import torch

from lab.export import quantization_error
from lab.export.rounding import BLOCK, round_int4
from tests.artefacts import IDS, logits


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """weight [out, in] as an artefact keeps it, computed here by itself (quantization_error.py is held to it)."""
    if bits == 8:
        scale = weight.abs().amax(1, keepdim=True) / 127
        return (weight / scale).round().clamp(-127, 127) * scale
    four, scales = round_int4(weight.numpy().T)
    nibbles = torch.from_numpy(np.stack([four & 15, four >> 4], -1).reshape(*four.shape[:2], BLOCK)).float()
    return ((nibbles - 8) * torch.from_numpy(scales).view(*nibbles.shape[:2], 1)).flatten(1)[:, : weight.shape[1]]


@torch.no_grad()
@pytest.mark.parametrize(("precision", "bits"), [("int8", 8), ("int4", 4)])
def test_the_report_names_each_matrix(precision, bits, decoder):
    before = logits(decoder)
    down = decoder.model.layers[1].mlp.down_proj
    rows = {r["matrix"]: r for r in quantization_error.report(decoder, IDS, precision, {})}
    assert len(rows) == 7 * 2 + 1
    assert {r["bits"] for r in rows.values()} == {8, bits}
    assert (logits(decoder) == before).all()
    kept = rounded(down.weight.detach(), bits)
    assert torch.allclose(quantization_error.rounded(down.weight, bits), kept)
    found = rows["model.layers.1.mlp.down_proj"]
    assert found["weight_error"] == pytest.approx(float((kept - down.weight).norm() / down.weight.norm()), rel=0.01)
    assert all(0 < r["error"] < (0.3 if bits == 4 else 0.03) for r in rows.values())
    down.weight[3, 7] = 40 * down.weight.abs().max()  # the rest of its channel or block is rounded to nothing
    worse = {r["matrix"]: r for r in quantization_error.report(decoder, IDS, precision, {})}[
        "model.layers.1.mlp.down_proj"
    ]
    assert worse["error"] != found["error"]
    assert "model.layers.1.mlp.down_proj" in quantization_error.table([*rows.values(), worse | {"error": 9.0}])
