"""Rows in four bits: how far off they are, and that rounding twice is rounding once."""

import numpy as np
import pytest

from lab.reader.nibbles import BLOCK, from_nibbles, in_nibbles


@pytest.mark.parametrize("width", [16, BLOCK, 6 * BLOCK])
def test_no_number_is_off_by_more_than_a_step(width):
    rows = np.random.default_rng(width).standard_normal((50, width)).astype(np.float32)
    rows[3] = 0.0
    packed, scales = in_nibbles(rows)
    assert packed.nbytes == rows.size / 2
    assert scales.dtype == np.float16
    kept = from_nibbles(packed, scales)
    steps = np.repeat(np.abs(scales.astype(np.float32)), min(BLOCK, width), axis=1)
    off = np.abs(kept - rows)
    # Half a step, a whole one at the end of the scale that has no step +8; scales are rounded to half precision.
    assert (off <= steps * 1.01).all()
    assert (off <= steps * 0.51).mean() > 0.95
    again = from_nibbles(*in_nibbles(kept))
    assert np.array_equal(again, kept)


def test_a_byte_holds_a_column_of_each_half():
    rows = np.array([[-8, 1, 2, 3], [8, 0, -1, 7]], np.float32)
    packed, scales = in_nibbles(rows)
    assert scales.tolist() == [[1.0], [-1.0]]
    assert packed.tolist() == [[0 | 10 << 4, 9 | 11 << 4], [0 | 9 << 4, 8 | 1 << 4]]
