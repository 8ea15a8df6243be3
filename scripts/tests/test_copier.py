"""The model that copies is as scripts/copier.py makes it."""

import copier
import tiny


def test_the_shipped_copier_is_as_it_is_made(tmp_path):
    copier.make(tmp_path / "tiny-copy")
    assert tiny.differences(tmp_path / "tiny-copy", copier.TARGET) == []
