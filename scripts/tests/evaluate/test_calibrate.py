"""Calibrating: found and refused weigh alike."""

import pytest

from lab.evaluate import calibrate
from lab.evaluate.score import Share


def test_a_point_weighs_found_and_refused_alike():
    point = calibrate.Point(1.0, 0.5)
    for passages, kind, answered, right in ((1, "key", True, True), (1, "key", True, True), (30, "place", True, False)):
        point.add(passages, kind, answered, right)
    point.add(1, "foreign", False, True)
    assert point.balanced() == pytest.approx((2 / 3 + 1) / 2)
    assert (point.kinds["key"], point.by_length[30][True]) == (Share(2, 2), Share(0, 1))
    assert "balanced 83.3 %" in calibrate.describe(point)
