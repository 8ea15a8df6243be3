"""GPTQ: against the method as it was first derived, against nearest, and through an exported folder."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lab.corpus.documents import make_document
from lab.export import export, gptq, quantization_error
from lab.export.rounding import BYTES, round_int4, round_int8
from lab.fixtures import tiny
from lab.reference.config import Kind, frequencies
from lab.reference.decoder import Decoder
from lab.reference.prompt_template import PromptTemplate

LOOSE = tiny.PRESET | {"max_error": dict.fromkeys(BYTES, 9.0)}


def correlated(inputs: int, out: int, seed: int = 0, rows: int = 600) -> tuple[torch.Tensor, torch.Tensor]:
    """A weight [out,in], and inputs [rows,in] of which few directions hold most."""
    r = torch.Generator().manual_seed(seed)
    mixing = torch.randn(inputs, inputs, generator=r) * torch.logspace(0, -2, inputs)[:, None]
    return torch.randn(out, inputs, generator=r), torch.randn(rows, inputs, generator=r) @ mixing


def by_gptq(weight: torch.Tensor, x: torch.Tensor, bits: int) -> torch.Tensor:
    """[out,in], as an artefact computes with it."""
    return quantization_error.rounded(weight, bits, gptq.matrix(weight, gptq.solved(gptq.squares(x)), bits))


def one_by_one(weight: torch.Tensor, x: torch.Tensor, bits: int) -> torch.Tensor:
    """Optimal brain quantisation in fixed order, float64: after each column the rest are solved for anew, by the
    inverse of what is left of H."""
    x = x.double()
    n = weight.shape[1]
    h = x.T @ x
    h += 0.01 * h.diagonal().mean() * torch.eye(n, dtype=torch.float64)
    order = sorted(range(n), key=lambda i: -h[i, i])
    w = weight.double().clone()
    block = 32 if bits == 4 else n
    parts = weight.split(block, 1)
    largest = [p.gather(1, p.abs().argmax(1, keepdim=True))[:, 0].double() for p in parts]
    scales = [v / -8 if bits == 4 else v.abs() / 127 for v in largest]
    for at, i in enumerate(order):
        rest = order[at:]
        inverse = torch.linalg.inv(h[rest][:, rest])
        scale = scales[i // block]
        kept = (w[:, i] / scale).round().clamp(*((-8, 7) if bits == 4 else (-127, 127))) * scale
        w[:, rest] -= ((w[:, i] - kept) / inverse[0, 0])[:, None] * inverse[0]
        w[:, i] = kept
    return w.float()


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("inputs", [96, 150])  # of one stretch of columns; of two, with a block cut short
def test_it_is_optimal_brain_quantisation_in_fixed_order(bits, inputs):
    weight, x = correlated(inputs, 24)
    got = by_gptq(weight, x, bits)
    want = one_by_one(weight, x, bits)
    same = torch.isclose(got, want, rtol=1e-4, atol=1e-6).float().mean()
    assert same > 0.99  # float32 tips a choice here and there
    assert ((got - weight) @ x.T).norm() == pytest.approx(float(((want - weight) @ x.T).norm()), rel=0.01)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_matrix_puts_out_is_closer_than_by_nearest(bits, seed):
    weight, x = correlated(256, 64, seed, 900)
    seen = x[:600]
    held_out = x[600:]
    off = [
        ((w - weight) @ held_out.T).norm()
        for w in (by_gptq(weight, seen, bits), quantization_error.rounded(weight, bits))
    ]
    assert off[0] < 0.6 * off[1]


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("inputs", [64, 300])
def test_inputs_that_do_not_go_together_leave_nearest(bits, inputs):
    weight, _ = correlated(inputs, 20)
    made = gptq.matrix(weight, gptq.solved(5 * torch.eye(inputs, dtype=torch.float64)), bits)
    for got, want in zip(made, {4: round_int4, 8: round_int8}[bits](weight.numpy().T), strict=True):
        assert got.dtype == want.dtype
        assert (got == want).all()


@pytest.mark.parametrize("bits", [4, 8])
def test_an_input_that_is_never_active_changes_nothing(bits):
    weight, x = correlated(96, 24)
    x[:, 40] = 0
    others = [i for i in range(96) if i != 40]
    weight[:, 40] = 0.03
    without = weight.clone()
    without[:, 40] = 0
    got = by_gptq(weight, x, bits)
    assert (got[:, others] == by_gptq(without, x, bits)[:, others]).all()
    assert (got[:, 40] == quantization_error.rounded(weight, bits)[:, 40]).all()
    assert (by_gptq(weight, torch.zeros_like(x), bits) == quantization_error.rounded(weight, bits)).all()


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("text") / "calibration.txt"
    file.write_text(make_document(2000, "test/gptq").text)
    return file


NEAR = {"local": Kind(frequencies(1e4, 8), sliding=6, memory=False), "global": Kind(frequencies(1e5, 8))}
SHAPES = {"tiny": {}, "Gemma": {"tied": True, "post_norms": True, "kinds": NEAR, "pattern": ("local", "global")}}


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES)
def test_layers_see_what_rounded_layers_give_them(shape, monkeypatch):
    """The hidden states that lm_head's H is of are the rounded decoder's, and the decoder stays as it was."""
    torch.manual_seed(1)
    decoder = Decoder(replace(tiny.CONFIG, **SHAPES[shape]))
    ids = torch.arange(20, 380).view(12, 30)
    before = {n: p.clone() for n, p in decoder.named_parameters()}
    seen = []
    squares = gptq.squares
    monkeypatch.setattr(gptq, "squares", lambda x: seen.append(x.clone()) or squares(x))
    monkeypatch.setattr(gptq, "ROWS", 360)  # all at once
    kept = gptq.rounded(decoder, ids, "int4")
    assert all((p == before[n]).all() for n, p in decoder.named_parameters())
    for name in kept.keys() - {"lm_head"}:
        linear = decoder.get_submodule(name)
        linear.weight.copy_(quantization_error.rounded(linear.weight, 4, kept[name]))
    assert torch.allclose(seen[-1], decoder(ids), atol=1e-4)
    assert not torch.allclose(seen[0], seen[-1], atol=1)


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_folder_is_closer_to_the_reference(precision, checkpoint, text, tmp_path, cli):
    found = {}
    for method in export.ROUNDINGS:
        how = {"calibration": text} if method == "gptq" else {}
        folder = tmp_path / method
        options = export.ExportOptions(LOOSE, "tiny", [precision], report=True, rounding=method, **how)
        export.export(checkpoint, folder, options)
        artefact = json.loads((folder / "model.json").read_text())["artefacts"][0]
        rows = json.loads((folder / export.REPORT).read_text())[precision]
        assert {r["rounding"] for r in rows} == {method}
        size = (folder / artefact["file"]).stat().st_size
        found[method] = artefact["cost"]["divergence"], sum(r["error"] for r in rows), size
        program = [cli.program, "verify", "--model", str(folder)]
        assert subprocess.run(program, check=False, capture_output=True).returncode == 0
    nearest, other = found.values()
    assert other[0] < 0.5 * nearest[0]  # nats a token of a text that was not calibrated on
    assert other[1] < 0.97 * nearest[1]
    assert other[2] == nearest[2]


def test_a_folder_is_the_same_whenever_it_is_made(checkpoint, text, tmp_path):
    for name in "ab":
        options = export.ExportOptions(LOOSE, "tiny", ["int4"], rotate=True, rounding="gptq", calibration=text)
        export.export(checkpoint, tmp_path / name, options)
    a, b = ((tmp_path / name / "cpu-int4.onnx").read_bytes() for name in "ab")
    assert a == b


def test_pieces_are_prompts_spread_over_the_text(checkpoint):
    prompt_template = PromptTemplate(tiny.PRESET["prompt"], str(checkpoint / "tokenizer.json"))
    text = gptq.generated()
    ids = gptq.pieces(prompt_template, None, text, 128)
    start = prompt_template.encode(tiny.PRESET["prompt"]["start"])
    assert ids.shape == (gptq.TOKENS // 128, 128)
    assert (ids[:, : len(start)] == torch.tensor(start)).all()
    assert len({tuple(row) for row in ids.tolist()}) == len(ids)
    tail = prompt_template.encode("{text}", text=text[-len(text) // 20 :])
    assert set(ids[-1].tolist()) & set(tail)
    marks = {"markers": list(range(11, 20)), "headings": [], "none": 10}
    prompt_template.prompt = prompt_template.prompt | {"sentence": "<s{n}>{text}"}
    cited = gptq.pieces(prompt_template, marks, text, 128)
    assert {tiny.SPECIALS.index(f"<s{n}>") for n in range(1, 9)} <= set(cited.flatten().tolist())


REFUSED = {
    "missing": (None, [], "No such file"),
    "empty": (b"", [], "found 0 tokens to calibrate on, expected 2,048 or more"),
    "short": (b"The north gate opens with 4711.", [], "calibration.txt: found 27 tokens to calibrate on"),
    "no text": (b"\xff\xfe\x00" * 999, [], "calibration.txt: found no UTF-8"),
    "fp32": (b"", ["--precision", "fp32"], "found precision fp32 to round by gptq, expected int8 or int4"),
    "nearest": (b"", ["--rounding", "nearest"], "found a calibration text beside rounding by nearest, expected gptq"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_calibrated_on_is_refused(name, checkpoint, tmp_path, monkeypatch, capsys):
    written, options, words = REFUSED[name]
    file, preset, target = (tmp_path / n for n in ("calibration.txt", "preset.json", "made"))
    preset.write_text(json.dumps(LOOSE))
    if written is not None:
        file.write_bytes(written)
    command = ["export", str(checkpoint), str(target), "--preset", str(preset), "--precision", "int4"]
    monkeypatch.setattr("sys.argv", [*command, "--rounding", "gptq", "--calibration", str(file), *options])
    assert export.main() == 1
    said = capsys.readouterr().err
    assert re.search(words, said)
    assert "nothing was written" in said
    assert not target.exists()
