"""What rounding costs matrix by matrix: the report that export.py prints and writes beside the graph.

    rows = report(decoder, ids, "int4", kept)      # kept: as gptq.py rounds, {}: to nearest; no command line
    print(table(rows))

A matrix's error is that of what it puts out for a text, ‖x̂ŵ − xw‖ ÷ ‖xw‖, with weights and activations as the artefact
keeps them and its input exact: errors of the matrices before it are not in it. One matrix is held at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from lab.export.rounding import BITS, BLOCK, Rounded, dequantized, round_int4, round_int8
from lab.reference.decoder import Decoder

COLUMNS = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "o_proj": "o", "gate_proj": "gate", "up_proj": "up",
           "down_proj": "down"}  # fmt: skip


def rounded(weight: Tensor, bits: int, kept: Rounded | None = None) -> Tensor:
    """weight [out, in] as an artefact computes with it: as it is kept, else rounded to nearest."""
    nearest = {8: round_int8, 4: round_int4}[bits]
    return torch.from_numpy(dequantized(kept or nearest(weight.detach().float().numpy().T), weight.shape[1]))


def rows_rounded(x: Tensor, bits: int) -> Tensor:
    """x [n, in] in 8 bits: by row, beside weights of four bits by blocks of a row."""
    width = x.shape[-1] if bits == 8 else BLOCK
    padded = torch.nn.functional.pad(x, (0, -x.shape[-1] % width)).unflatten(-1, (-1, width))  # [n, blocks, width]
    largest = padded.abs().amax(-1, keepdim=True).clamp(min=1e-30)
    return ((padded / largest * 127).round() / 127 * largest).flatten(-2)[:, : x.shape[-1]]


@torch.no_grad()
def report(decoder: Decoder, ids: list[int], precision: str, kept: Mapping[str, Rounded]) -> list[dict]:
    """A row a matrix: `matrix`, `bits`, how it was rounded (`rounding`), `error` of what it puts out for these
    tokens, `weight_error` of itself."""
    rows: list[dict] = []
    bits = BITS[precision]

    def measured(name: str, weight: Tensor, bits: int, x: Tensor) -> None:
        x = x.flatten(0, -2).float()
        whole = rounded(weight, bits, kept.get(name))
        want = x @ weight.float().T
        got = rows_rounded(x, bits) @ whole.T
        off = lambda a, b: float(f"{((a - b).norm() / b.norm().clamp(min=1e-30)).item():.3g}")  # noqa: E731
        about = {"matrix": name, "bits": bits, "rounding": "gptq" if name in kept else "nearest"}
        rows.append(about | {"error": off(got, want), "weight_error": off(whole, weight.float())})

    def hook(name: str, module: nn.Linear, inputs: tuple[Tensor]) -> None:
        measured(name, module.weight, bits, inputs[0])

    linears = [(n, m) for n, m in decoder.model.named_modules() if isinstance(m, nn.Linear)]
    hooks = [m.register_forward_pre_hook(partial(hook, f"model.{n}")) for n, m in linears]
    try:
        hidden = decoder(torch.tensor([ids]))  # [1, n, D]
    finally:
        for h in hooks:
            h.remove()
    head = decoder.model.embed_tokens if decoder.lm_head is None else decoder.lm_head
    measured("lm_head", head.weight, 8, hidden[:, -1:])
    return rows


def table(rows: list[dict]) -> str:
    """Errors in per cent, a line a layer."""
    lines = [f"{'error, %':>9} " + " ".join(f"{c:>6}" for c in COLUMNS.values())]
    by = {r["matrix"]: r for r in rows}
    for layer in sorted({int(r["matrix"].split(".")[2]) for r in rows if ".layers." in r["matrix"]}):
        found = {n.rpartition(".")[2]: r["error"] for n, r in by.items() if f".layers.{layer}." in n}
        lines.append(f"{'layer ' + str(layer):>9} " + " ".join(f"{100 * found[c]:6.2f}" for c in COLUMNS))
    worst = max(rows, key=lambda r: r["error"])
    head = f"  lm_head {100 * by['lm_head']['error']:6.2f}"
    return "\n".join([*lines, f"{head}; most: {worst['matrix']} {100 * worst['error']:.2f}"])
