"""docs/accuracy.svg."""

from xml.etree import ElementTree

from lab.evaluate.score import Share
from lab.plots import accuracy


def test_the_plot_draws_a_line_for_each_reading():
    def row(length, right, **more):
        return {"document_tokens": length, "ttft_ms": {"median": 40}} | more | {"share": Share(right, 10).json()}

    by_reading = {
        "rows": [
            r | {"reading": reading, "tasks": {"fact": r["share"]}}
            for reading in ("recall", "memory")
            for r in (row(9000, 8), row(500, 9))
        ]
    }
    carried = {
        "rows": [
            row(length, 10, model=model, reading=reading, task="passkey") | {"right": Share(9, 10).json()}
            for model in ("first", "second")
            for reading in ("memory", "recall")
            for length in (2000, 1_000_000)
        ]
    }
    found = accuracy.series([by_reading, carried])
    assert list(found) == [("recall", "fact"), ("memory", "fact"), ("memory", "passkey")]
    assert [tokens for tokens, *_ in found["recall", "fact"]] == [500, 9000]
    assert len(found["memory", "passkey"]) == 2
    assert [tokens for tokens, *_ in accuracy.waits(found)["memory", "fact"]] == [500, 9000, 1_000_000]
    drawn = accuracy.draw([by_reading, carried])
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert (drawn.count("<polyline"), drawn.count("<polygon")) == (5, 3)
    assert "1,000,000" in drawn
    assert accuracy.draw([by_reading]).count("<polyline") == 4
