"""What a summary must be."""

from lab.evaluate.summary_form import check_summary

SUMMARY = "Title\n\nOne. Two.\n\n1. Three. Four.\n"


def summary_of(*parts: str) -> dict:
    """What the command line would say, had it chosen these parts of SUMMARY."""
    quotes = [
        {"start": at, "end": at + len(p), "start_utf16": at, "end_utf16": at + len(p), "text": p, "headings": ["Title"]}
        for p, at in ((p, SUMMARY.index(p)) for p in parts)
    ]
    return {"text": "\n".join(parts), "quotes": quotes}


def test_a_summary_keeps_the_order_and_says_nothing_twice():
    good = check_summary("x", SUMMARY.encode(), summary_of("Title", "One.", "Three.", "Four."))
    assert (good.headings, good.leading, good.other, good.faults) == (1, 2, 1, [])
    assert check_summary("x", SUMMARY.encode(), summary_of("Two.", "Four.")).other == 2
    for parts, fault in (
        (("Three.", "One."), "line 2 is out of order"),
        (("One.", "One."), "line 2 stands there twice"),
        ((), "it quotes nothing"),
    ):
        assert fault in check_summary("x", SUMMARY.encode(), summary_of(*parts)).faults
    talk = b"Ann: One.\n\nAnn: Two.\n"
    names = [
        {"start": at, "end": at + 3, "start_utf16": at, "end_utf16": at + 3, "text": "Ann", "headings": []}
        for at in (0, 11)
    ]
    assert check_summary("x", talk, {"text": "Ann\nAnn", "quotes": names}).faults == []
    more = summary_of("One.") | {"text": "One.\nMine."}
    assert check_summary("x", SUMMARY.encode(), more).faults == ["2 lines are not its 1 quotes"]
