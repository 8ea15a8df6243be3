"""A reader's graph in three parts, and its layers in steps on the CPU, against the reference; no simulator."""

import json
import shutil

import numpy as np
import onnx
import pytest
import torch

from lab import ROOT
from lab.accelerators import compile_npu, fixed_point, reader_graph, reader_session
from lab.accelerators.compile_npu import Refused
from lab.accelerators.compile_reader_npu import SHORT, article_of, calibration_runs, compile_reader_npu
from lab.accelerators.reader_graph import HIDDEN, MASK, X
from lab.corpus.documents import make_document
from lab.export.model_folder import entry
from lab.reader.add_reader import add
from lab.reader.encoder import Reader, Sizes
from lab.reader.export_reader import Network
from lab.reader.exported import graph, tokenizer
from lab.reader.layout import SENTENCES, Piece, Run, lay_out
from lab.reader.nibbles import from_nibbles, in_nibbles

TINY = ROOT / "models/tiny-reader"
GOLDEN = json.loads((TINY / "golden.json").read_text())["cases"]
SIZES = Sizes(vocabulary=300, width=64, layers=2, heads=4, inner=128, positions=512)
STEPS = 0.02  # of logits in steps, ÷ the largest


def run_of(case: dict) -> Run:
    return Run(case["tokens"], case["types"], case["segments"], case["starts"])


def off(found: dict[str, np.ndarray], case: dict) -> float:
    """The largest difference of the numbers that decide, ÷ the largest of them."""
    inside = np.array([x is not None for x in case["begin"]])
    pairs = [(found["relevance"][: len(case["relevance"])], case["relevance"]), (found["none"], [case["none"]])]
    pairs += [(found[key][inside], [x for x in case[key] if x is not None]) for key in ("begin", "end")]
    pairs += [(found["verdict"], case["verdict"])]
    got, want = (np.concatenate([np.asarray(part, np.float64) for part in side]) for side in zip(*pairs, strict=True))
    return float(np.abs(got - want).max() / np.abs(want).max())


def in_parts(parts: reader_graph.ReaderParts, run: Run) -> dict[str, np.ndarray]:
    """What the three parts give one after the other, in fp32 and without padding."""
    sessions = [reader_session.on_cpu(p.SerializeToString()) for p in (parts.embedding, parts.layers, parts.heads)]
    embedding, layers, heads = sessions
    rows = reader_session.embedded(embedding, run)
    hidden = layers.run([HIDDEN], {X: rows, MASK: np.zeros(len(rows), np.float32)})[0]
    names = [o.name for o in heads.get_outputs()]
    segments = np.array(run.segments, np.int32)
    return dict(zip(names, heads.run(names, {HIDDEN: hidden, "segments": segments}), strict=True))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The folder for no processor: all that needs no compiler."""
    target = tmp_path_factory.mktemp("compiled") / "made"
    compile_reader_npu(TINY, target, [], [make_document(300, "test_reader_graph").text], say=str)
    return target


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    torch.manual_seed(5)
    made = Reader(SIZES, SENTENCES)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    found = {name: value.numpy() for name, value in made.state_dict().items()}
    words = found["encoder.words.weight"]
    return found | {"encoder.words.weight": from_nibbles(*in_nibbles(words))}


def test_the_parts_compute_what_the_whole_computes():
    parts = reader_graph.split(onnx.load(TINY / "reader.onnx"))
    whole = graph(TINY / "reader.onnx")
    for case in GOLDEN:
        got = in_parts(parts, run_of(case))
        for name, want in whole([run_of(case)])[0].items():
            assert np.abs(got[name] - want).max() <= 1e-4 * np.abs(case["none"]), name
        assert off(got, case) < 1e-4


@pytest.mark.parametrize(("precision", "bound"), [("fp32", 1e-5), ("int8", 0.1), ("block", 0.05)])
def test_every_precision_is_cut(weights, precision, bound, tmp_path):
    """Layers become plain operators on the weights that they hold; the words stay where they are."""
    whole = Network(SIZES, SENTENCES, weights, precision).build()
    file = tmp_path / "reader.onnx"
    onnx.save(whole, file)
    parts = reader_graph.split(whole)
    assert {n.domain for n in parts.layers.graph.node} == {""}
    assert {"Gelu", "LayerNormalization", "Softmax", "MatMul"} <= {n.op_type for n in parts.layers.graph.node}
    run = lay_out([150, 151, 152], [Piece([160, 161]), Piece([180, 7], [190, 191]), Piece([171, 299], [190, 191])])
    pointing = reader_graph.pointing(parts.embedding, file)
    (tmp_path / "embedding.onnx").write_bytes(pointing.SerializeToString())
    outside = [t.name for t in pointing.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    assert outside == ([] if precision == "fp32" else ["embedding.words"])
    inside = reader_session.on_cpu(parts.embedding.SerializeToString())
    rows = reader_session.embedded(reader_session.on_cpu(tmp_path / "embedding.onnx"), run)
    assert np.array_equal(rows, reader_session.embedded(inside, run))
    exact = tmp_path / "exact.onnx"
    onnx.save(Network(SIZES, SENTENCES, weights, "fp32").build(), exact)
    want = graph(exact)([run])[0]
    got = in_parts(parts, run)
    for name in ("relevance", "begin", "end", "verdict"):
        seen = want[name] > -1000
        assert seen.any()
        assert np.abs(got[name] - want[name])[seen].max() <= bound * np.abs(want[name][seen]).max(), name


def test_the_steps_on_the_cpu_are_the_reference(compiled):
    model = reader_session.in_steps(compiled)
    found = [off(model.run(run_of(case)), case) for case in GOLDEN]
    assert len(GOLDEN[-1]["tokens"]) < 64
    assert max(len(case["tokens"]) for case in GOLDEN) > 300  # with much padding and with little
    assert max(found) <= STEPS
    assert min(found) > 1e-5  # that they are steps


def test_padding_is_not_seen(compiled):
    """Whatever stands behind a run's rows, and wherever rows are hidden nothing else is."""
    model = reader_session.in_steps(compiled)
    run = run_of(GOLDEN[0])
    fed = []
    layers = model.layers

    class Watched:
        def run(self, names, feeds):
            fed.append(feeds)
            return layers.run(names, feeds)

    model.layers = Watched()
    model.run(run)
    count = len(run.tokens)
    given = fed[0]
    noise = given[X].copy()
    noise[count:] = np.random.default_rng(2).integers(0, 65536, noise[count:].shape)
    hidden = layers.run([HIDDEN], given)[0][:count]
    assert np.array_equal(layers.run([HIDDEN], given | {X: noise})[0][:count], hidden)
    unmasked = np.full_like(given[MASK], model.found[MASK].zero)
    seen = layers.run([HIDDEN], given | {X: noise, MASK: unmasked})[0][:count]
    assert np.abs(seen.astype(int) - hidden.astype(int)).max() > 1000


def test_the_folder_is_whole(compiled, tmp_path):
    about = json.loads((compiled / "model.json").read_text())
    assert about["files"].keys() == {f.name for f in compiled.iterdir()} - {"model.json"}
    assert about["reader"] == json.loads((TINY / "model.json").read_text())["reader"]
    said = reader_session.settings(compiled)
    assert (said["length"], said["graphs"], list(said["tensors"])) == (512, [], [X, MASK, HIDDEN])
    assert {e["bits"] for e in (*said["tensors"].values(), *said["inner"].values())} == {16}
    assert fixed_point.Encoding(**said["tensors"][MASK]).quantize(np.array([-1e30, 0]))[0] == 0
    again = tmp_path / "again"
    shutil.copytree(compiled, again)
    old = again / "reader-npu-old.bin"
    old.write_bytes(b"left over")
    listed = about["files"] | {old.name: entry(old)}
    (again / "model.json").write_text(json.dumps(about | {"files": listed}))
    compile_reader_npu(again, again, [], [], say=str)
    assert {f.name for f in again.iterdir()} == {f.name for f in compiled.iterdir()}


def test_a_generator_beside_it_stays(tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "models/tiny", mine)
    add(TINY, mine)
    compile_reader_npu(mine, tmp_path / "made", [], [], say=str)
    before = json.loads((mine / "model.json").read_text())
    after = json.loads((tmp_path / "made/model.json").read_text())
    assert after["artefacts"] == before["artefacts"]
    assert after["files"].items() >= before["files"].items()
    assert "reader-npu.json" in after["files"]


def test_what_would_be_wrong_is_not_written(tmp_path):
    target = tmp_path / "made"
    with pytest.raises(Refused, match=r"numbers off by .*, allowed 1e-09"):
        compile_reader_npu(TINY, target, [], [], bound=1e-9, say=str)
    with pytest.raises(Refused, match=r"found no reader in .*tiny, expected one"):
        compile_reader_npu(ROOT / "models/tiny", target, [], [], say=str)
    with pytest.raises(Refused, match=r"found a reader alone in .*tiny-reader, expected a generator"):
        compile_npu.compile_npu(TINY, target, [], [], say=str)
    with pytest.raises(ValueError, match=r"found no reader-npu\.json in .*tiny-reader"):
        reader_session.in_steps(TINY)
    with pytest.raises(ValueError, match="expected an encoder's graph"):
        reader_graph.split(onnx.load(ROOT / "models/tiny/cpu-fp32.onnx"))
    assert not list(tmp_path.iterdir())


def test_texts_that_are_given_are_asked_about():
    article = article_of("Ada Brown signed the lease in June. The roof was painted! It is in the harbour house.")
    asked = [question.text for question in article.questions]
    assert asked == ["Ada Brown signed the lease in June?", "The roof was painted?", "It is in the harbour house?"]
    long = article_of(make_document(2000, "test_reader_graph/long").text)
    runs = calibration_runs(tokenizer(TINY / "reader-tokenizer.json"), [article, long, long], 512)
    assert [len(run.tokens) <= 512 // SHORT for run in runs[1::2]] == [True] * (len(runs) // 2)
    assert max(len(run.tokens) for run in runs) > 400
    assert all(run.starts for run in runs)
