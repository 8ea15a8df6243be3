"""The choice that is made on held-out questions."""

import numpy as np

from lab.reader.articles import Article
from lab.reader.calibrate_reader import Told, threshold, weight
from lab.reader.reading import Seen


class Nothing:
    """A text of two sentences."""

    article = Article("t", ["Ann.", "Bob."], ["", ""])


def told(relevance: list[float], none: float, bm25: list[float], good: set[int]) -> Told:
    seen = Seen([0, 1], np.array(relevance), np.array(bm25), none, np.zeros(3), [(0, 3, 0.0)] * 2)
    return Told(Nothing(), seen, frozenset(good))


def test_the_threshold_is_the_lowest_that_refuses_enough():
    # Found with e^r / (e^r + 1): 0.12, 0.5, 0.73, 0.88, 0.95.
    untold = [told([r, -99.0], 0.0, [0.0, 0.0], set()) for r in (-2.0, 0.0, 1.0, 2.0, 3.0)]
    assert threshold([(0.6, untold)], 1.0) == 0.74
    assert threshold([(0.6, untold), (0.8, untold)], 1.0) == 0.89
    assert threshold([(1.0, untold)], 1.0) == 0.96


def test_bm25_counts_where_it_helps():
    helped = [told([2.0, 2.2], 0.0, [1.0, 0.5], {0})] * 3 + [told([0.0, 3.0], 0.0, [1.0, 0.2], {1})] * 3
    assert 0.4 < weight([helped]) < 3.75
    assert weight([[told([2.0, 1.9], 0.0, [0.1, 1.0], {0})] * 3]) == 0.0
