"""The set of fields, and what is counted of the values that were found."""

from lab.evaluate.extracted_fields import HEAD, is_right, measures, read, rows

TEXTS = {text["name"]: text for text in read("texts.jsonl")}
FIELDS = read("fields.jsonl")


def test_the_set_is_as_large_as_it_says():
    assert len(FIELDS) >= 40
    assert len({text["kind"] for text in TEXTS.values()}) >= 8
    assert len({(field["text"], field["name"]) for field in FIELDS}) == len(FIELDS)
    assert {field["type"] for field in FIELDS} == {"text", "number", "amount", "date", "yes_no", "list"}


def test_every_text_stands_in_its_document():
    for field in FIELDS:
        if field["type"] == "text" and field["value"] is not None:
            assert field["value"] in TEXTS[field["text"]]["text"], field


def test_shares():
    amount = {"type": "amount", "value": {"amount": 40, "currency": "EUR"}}
    text = {"type": "text", "value": "Ada Lund"}
    absent = {"type": "date", "value": None}
    some = [
        (amount, {"value": {"amount": 40.0, "currency": "EUR"}}),
        (amount, {"value": {"amount": 40.0, "currency": "$"}}),
        (text, {"value": "Mrs Ada Lund signed."}),
        (text, {"value": None}),
        (absent, {"value": None}),
        (absent, {"value": "2024-03-03"}),
    ]
    assert [is_right(*one) for one in some] == [True, False, True, False, True, False]
    shares = measures(some)
    assert [(share["right"], share["n"]) for share in shares.values()] == [(3, 6), (2, 6), (1, 4), (1, 2)]
    (row,) = rows({"finder": {"all": shares}})
    assert row.count("|") == HEAD.splitlines()[0].count("|")
