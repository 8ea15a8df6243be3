"""Training documents for the memory: true to their facts."""

import numpy as np

from lab.corpus.lexicon import topics
from lab.finder.memory_samples import CARRIED, CITED, KINDS, NONE, SAID, TOPIC, MemorySampler
from lab.finder.tokenizer import END_DOC, EOS, PAD, QUOTE, S0, SAY
from lab.train.samples import BatchShape


def test_streams(tokenizer):
    def make(seed):
        return MemorySampler(tokenizer, seed).batch(BatchShape(32, 10, 2, 3, 12, 3.0))

    b = make("train/1")
    again = make("train/1")
    assert (b.ids == again.ids).all()
    assert (b.queries == again.queries).all()
    assert (b.ids != make("test/1").ids).any()
    assert set(b.kind.flatten()) == set(range(len(KINDS)))
    for document, weights, *rest in zip(b.ids, b.weights, b.queries, b.targets, b.after, b.kind, strict=True):
        text = document.reshape(-1)
        assert set(np.unique(weights)) in ({1.0}, {1.0, weights.max()})
        for queries, targets, after, kind in zip(*rest, strict=True):
            answer = targets[targets >= 0]
            first = int((targets >= 0).argmax())
            assert (queries[0], queries[first]) == (END_DOC, QUOTE)
            assert (queries[first + 1 : first + 1 + len(answer)] == answer).all()
            assert (queries[first + 1 + len(answer) :] == PAD).all()
            sight = text[max(0, after - 2) * 32 : after * 32]
            gone = " ".join(map(str, text[: max(0, after - 2) * 32]))
            if KINDS[kind] == CITED:
                assert len(answer) == 1
                assert answer[0] in sight
            elif KINDS[kind] in (SAID, CARRIED):
                assert (answer[0], answer[-1]) == (SAY, EOS)
                where = gone if KINDS[kind] == CARRIED else " ".join(map(str, sight))
                assert " ".join(map(str, answer[1:-1])) in where
            elif KINDS[kind] == TOPIC:
                assert tokenizer.decode(answer).strip(" .").split()[-1] in topics()
            else:
                assert KINDS[kind] == NONE
                assert answer.tolist() == [S0]
