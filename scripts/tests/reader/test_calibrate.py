"""The choice that is made on held-out questions."""

import numpy as np

from lab.reader.articles import Article
from lab.reader.calibrate_reader import Told, calibrated
from lab.reader.reading import Seen


class Nothing:
    """A text of two sentences."""

    article = Article("t", ["Ann.", "Bob."], ["", ""])


def told(relevance: list[float], none: float, bm25: list[float], good: set[int]) -> Told:
    seen = Seen([0, 1], np.array(relevance), np.array(bm25), none, np.zeros(3), [(0, 3, 0.0)] * 2)
    return Told(Nothing(), seen, frozenset(good))


def test_the_threshold_stands_between_what_is_told_and_what_is_not():
    sure = [told([6.0, 0.0], 3.0, [1.0, 1.0], {0})] * 5
    unsure = [told([3.5, 0.0], 3.0, [1.0, 1.0], set())] * 5
    choice = calibrated([sure + unsure], 1)
    assert 0.62 < choice.found <= 0.96


def test_bm25_counts_where_it_helps():
    helped = [told([2.0, 2.2], 0.0, [1.0, 0.5], {0})] * 3 + [told([0.0, 3.0], 0.0, [1.0, 0.2], {1})] * 3
    choice = calibrated([[*helped, told([0.0, 0.0], 9.0, [1.0, 1.0], set())]], 1)
    assert 0.4 < choice.bm25 < 3.75
    misled = [told([2.0, 1.9], 0.0, [0.1, 1.0], {0})] * 3
    assert calibrated([[*misled, told([0.0, 0.0], 9.0, [1.0, 1.0], set())]], 1).bm25 == 0.0
