"""Records and tables of what was measured."""

import pytest

from lab.evaluate.cli import replace_between


def test_the_table_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- t -->\nold\n<!-- /t -->\nb\n")
    replace_between(page, "t", "new")
    assert page.read_text() == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(SystemExit):
        replace_between(page, "u", "new")
