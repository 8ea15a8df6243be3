"""BM25, against its definition."""

from lab.evaluate.bm25 import Bm25


def test_bm25_ranks_the_rarer_word_first():
    scores = Bm25(["the red roof", "a red gate", "a red door and a gate", "nothing"]).scores("Which red roof?")
    assert scores[0] == max(scores)
    assert scores[3] == 0.0
