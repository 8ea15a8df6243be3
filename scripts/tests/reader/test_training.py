"""A step of the training, its checkpoints, and what counts as right."""

import pytest
import torch

from lab.reader.encoder import Reader, Sizes
from lab.reader.layout import SENTENCES, Piece, lay_out
from lab.reader.loss import losses, tensors
from lab.reader.mixture import Drawn
from lab.reader.train_reader import Run


def small() -> Run:
    """A training of a small reader."""
    torch.manual_seed(5)
    return Run(Reader(Sizes(vocabulary=300, width=32, layers=1, heads=2, inner=64), SENTENCES))


def batch() -> list[Drawn]:
    """One run with an answer, one without, one of yes or no."""
    run = lay_out([150, 151], [Piece([160, 161, 162]), Piece([170, 171]), Piece([180])])
    inside = run.starts[1]
    return [
        Drawn(run, [2], [], (inside, inside + 1), None, True),
        Drawn(lay_out([152, 153], [Piece([160, 161]), Piece([190])]), [], [], None, None, True),
        Drawn(run, [], [], None, 1, False),
    ]


def learn(run: Run, steps: int) -> list[float]:
    """The loss before each of some steps."""
    seen = []
    for _ in range(steps):
        loss, _ = losses(run.reader(*tensors([d.run for d in batch()])), batch())
        loss.backward()
        seen.append(float(loss.detach()))
        run.step(share=0.1)
    return seen


def test_what_is_drawn_is_learned():
    run = small()
    seen = learn(run, 150)
    assert seen[-1] < seen[0] / 3
    _, sums = losses(run.reader(*tensors([d.run for d in batch()])), batch())
    assert (sums["told"], sums["right"], sums["nothing"], sums["refused"]) == (1, 1, 1, 1)


def test_a_training_goes_on_where_it_was_saved(tmp_path):
    whole = small()
    first = small()
    second = small()
    wanted = learn(whole, 6)
    assert learn(first, 3) == wanted[:3]
    first.save(tmp_path / "reader.pt")
    second.load(tmp_path / "reader.pt")
    assert learn(second, 3) == pytest.approx(wanted[3:], rel=1e-5)
    assert second.steps == 6
    for mean, other in zip(whole.average, second.average, strict=True):
        assert torch.allclose(mean, other, atol=1e-6)


def test_words_stay_as_they_were_pretrained():
    run = small()
    before = run.reader.encoder.words.weight.detach().clone()
    learn(run, 2)
    assert torch.equal(before, run.reader.encoder.words.weight)


def test_a_spare_sentence_counts_for_nothing():
    run = small()
    (one, *_) = batch()
    out = run.reader(*tensors([one.run]))
    plain, _ = losses(out, [Drawn(one.run, [2], [], None, None, True)])
    without, _ = losses(out, [Drawn(one.run, [2], [1, 3], None, None, True)])
    both = torch.stack([out["none"][0], out["relevance"][0, 1]])
    assert float(without.detach()) == pytest.approx(float(-both.log_softmax(0)[1].detach()), rel=1e-4)
    assert without < plain
