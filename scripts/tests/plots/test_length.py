"""Axes and panels."""

import pytest

from lab.plots.length import Axis, Panel


def test_an_axis_may_be_logarithmic():
    x = Axis(10, 1000, {}, log=True)
    y = Axis(0, 50, {})
    assert x.along(100) == pytest.approx(0.5)
    assert y.along(10) == pytest.approx(0.2)
    assert Panel(0, 124, 10, 110, "", x, y).at(100, 50) == pytest.approx((62, 10))
