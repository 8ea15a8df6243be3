"""GGUF files that are cut short, lie, or hold what is not known: refused in a sentence, nothing written."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from lab.export import import_gguf
from lab.export.gguf.architecture import read_config
from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.export.gguf.weights import Weights
from lab.export.preset import Refused
from lab.fixtures import gguf_cases
from lab.fixtures.gguf_cases import CASES, WIDE


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "model.gguf"
    gguf_cases.write(CASES[0], path, "Q8_0", WIDE)
    return path.read_bytes()


def refused(tmp_path: Path, data: bytes, monkeypatch, capsys) -> str:
    """What the command says of such a file, which must be one sentence; nothing may be written."""
    (tmp_path / "model.gguf").write_bytes(data)
    monkeypatch.setattr("sys.argv", ["", str(tmp_path / "model.gguf"), str(tmp_path / "made")])
    assert import_gguf.main() == 1
    assert [p.name for p in tmp_path.iterdir()] == ["model.gguf"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert "nothing was written" in said
    return said


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.99, 0.999999])
def test_a_file_cut_short_is_refused(share, whole, tmp_path, monkeypatch, capsys):
    said = refused(tmp_path, whole[: int(share * len(whole))], monkeypatch, capsys)
    assert "cut short" in said or "that fit the file" in said or "expected a GGUF file" in said


HEAD = struct.Struct("<4sIQQ")
LIES = {
    "no GGUF": ((b"GGML", 3, None, None), "found b'GGML' at its head, expected b'GGUF'"),
    "an old version": ((b"GGUF", 1, None, None), "found GGUF version 1, expected 2 or 3"),
    "the other end first": ((b"GGUF", 3 << 24, None, None), "found GGUF version 50331648, expected 2 or 3"),
    "more tensors": ((b"GGUF", 3, 2**60, None), "found 1,152,921,504,606,846,976 tensors, expected at most"),
    "more entries": ((b"GGUF", 3, None, 2**63), "found 9,223,372,036,854,775,808 entries, expected at most"),
    "some more entries": ((b"GGUF", 3, None, 60), "found|expected"),
    "a tensor more": ((b"GGUF", 3, 22, None), "found|expected"),
    "a tensor fewer": ((b"GGUF", 3, 20, None), "found|expected"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_head_that_lies_is_refused(name, whole, tmp_path, monkeypatch, capsys):
    numbers, words = LIES[name]
    head = [own if said is None else said for own, said in zip(HEAD.unpack_from(whole), numbers, strict=True)]
    said = refused(tmp_path, HEAD.pack(*head) + whole[HEAD.size :], monkeypatch, capsys)
    assert any(word in said for word in words.split("|"))


def test_damage_anywhere_in_what_describes_the_file_never_fails_otherwise(whole, tmp_path):
    """Bytes before the tensors, changed at random: read, or refused in a sentence."""
    r = random.Random(3)
    end = whole.index(b"output_norm.weight") + 60
    outcomes = []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(r.randrange(1, 4)):
            data[r.randrange(end)] = r.choice((0, 1, 0x7F, 0xFF, r.randrange(256)))
        (tmp_path / "model.gguf").write_bytes(data)
        try:
            file = GgufFile(tmp_path / "model.gguf")
            Weights(file, read_config(file))
            outcomes.append("")
        except Unreadable as e:
            outcomes.append(str(e))
    assert 10 < outcomes.count("") < 390
    assert [said for said in outcomes if said and "expected" not in said] == []


ENTRIES = {
    "an architecture": ({"general__architecture": "mamba"}, "found architecture 'mamba', expected one of llama"),
    "a part": ({"split__count": 4}, "found one of 4 parts, expected one file"),
    "experts": (
        {"llama__expert_count": 8},
        "found llama.expert_count, expected no entry of llama that is not computed",
    ),
    "layers": ({"llama__block_count": 3}, "found no tensor blk.2.attn_norm.weight, expected one of"),
    "too few layers": ({"llama__block_count": 1}, "found tensors blk.1."),
    "a width": ({"llama__feed_forward_length": 288}, "blk.0.ffn_down.weight [256, 256], expected [256, 288]"),
    "heads": ({"llama__attention__head_count": 3}, "found 2 layers of 256, 3 heads and 2 of keys and values"),
    "words for a number": (
        {"llama__embedding_length": "wide"},
        "found llama.embedding_length 'wide', expected a whole",
    ),
    "another rotation": (
        {"llama__rope__scaling__type": "dynamic"},
        "found rope scaling 'dynamic', expected one of none",
    ),
    "turning dims": ({"llama__rope__dimension_count": 32}, "found 32 turning dims of 64, expected all"),
    "an alignment": ({"general__alignment": 33}, "found an alignment of 33, expected a power of two"),
    "few positions": ({"llama__context_length": 40}, "its rotation holds for 40 positions, too few"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_not_known_is_refused(name, tmp_path, monkeypatch, capsys):
    entries, words = ENTRIES[name]
    gguf_cases.write(CASES[0], tmp_path / "model.gguf", "Q8_0", WIDE, **entries)
    assert words in refused(tmp_path, (tmp_path / "model.gguf").read_bytes(), monkeypatch, capsys)


def with_tensor(tmp_path: Path, name: str, values: np.ndarray, monkeypatch, kind: object = None) -> bytes:
    """The file of a model that holds one tensor more."""
    finish = gguf_cases.finish

    def and_more(writer: GGUFWriter) -> None:
        writer.add_tensor(name, values, raw_dtype=kind)
        finish(writer)

    monkeypatch.setattr(gguf_cases, "finish", and_more)
    gguf_cases.write(CASES[0], tmp_path / "model.gguf", "Q8_0", WIDE)
    return (tmp_path / "model.gguf").read_bytes()


def test_a_tensor_of_another_model_is_refused(tmp_path, monkeypatch, capsys):
    data = with_tensor(tmp_path, "blk.0.ffn_gate_exps.weight", np.ones((4, 32), np.float32), monkeypatch)
    assert "found tensors blk.0.ffn_gate_exps.weight, expected none" in refused(tmp_path, data, monkeypatch, capsys)


def test_a_type_that_is_not_unpacked_is_refused(tmp_path, monkeypatch, capsys):
    data = with_tensor(tmp_path, "more.weight", np.ones((4, 32), np.int32), monkeypatch)
    assert "found more.weight in I32, expected one of F32, F16" in refused(tmp_path, data, monkeypatch, capsys)


def test_numbers_that_are_not_finite_are_refused(whole, tmp_path, monkeypatch, capsys):
    gguf_cases.write(CASES[0], tmp_path / "model.gguf", "Q8_0", WIDE)
    file = GgufFile(tmp_path / "model.gguf")
    tensor = file.tensors["blk.1.ffn_up.weight"]
    at = whole.index(tensor.data.tobytes())
    data = whole[:at] + np.float16("nan").tobytes() + whole[at + 2 :]
    assert "found numbers in blk.1.ffn_up.weight that are not finite" in refused(tmp_path, data, monkeypatch, capsys)


def test_a_preset_for_a_model_that_refuses_leaves_what_was_there(whole, tmp_path):
    (tmp_path / "model.gguf").write_bytes(whole)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("kept")
    preset = gguf_cases.tiny.PRESET | {"end": ["<nowhere>"]}
    with pytest.raises(Refused, match="no token <nowhere>"):
        import_gguf.import_gguf(tmp_path / "model.gguf", tmp_path / "made", import_gguf.ImportOptions(preset))
    assert (tmp_path / "made" / "mine.txt").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made", "model.gguf"]
