"""The set of counts and lists, and what is counted of the answers to it."""

from collections import Counter

from lab.evaluate.counts import HEAD, PARTS, Asked, measures, read, rows

TEXTS = {text["name"]: text for text in read("texts.jsonl")}
QUESTIONS = read("questions.jsonl")


def test_the_set_is_as_large_as_it_says():
    kinds = Counter(question["kind"] for question in QUESTIONS)
    assert kinds["count"] + kinds["list"] >= 55
    assert kinds["ordinary"] >= 25
    assert {PARTS[not text["seen"]] for text in TEXTS.values()} == set(PARTS)


def test_every_entry_and_every_answer_stands_in_its_text():
    for question in QUESTIONS:
        text = " ".join(TEXTS[question["text"]]["text"].split())
        assert all(item in text for item in question.get("items", [])), question
        assert question.get("answer", "") in text, question
        if question["kind"] == "list":
            assert question["count"] == len(question["items"]), question


def answer(count: int | None, *quotes: str) -> dict:
    """An answer that counts or not, and quotes."""
    return {"count": count, "found": True, "text": "", "quotes": [{"text": quote} for quote in quotes]}


def test_shares_of_each_kind():
    wanted = {"kind": "list", "count": 2, "items": ["Anna", "Ben"]}
    ordinary = {"kind": "ordinary", "answer": "forty"}
    some = [
        Asked(wanted, answer(2, "- Anna", "- Ben")),
        Asked(wanted, answer(2, "- Anna", "- Cleo")),
        Asked(wanted, answer(None, "- Anna")),
        Asked(ordinary, answer(None, "Forty came.")),
        Asked(ordinary, answer(3, "a")),
    ]
    shares = measures(some)
    assert [(share["right"], share["n"]) for share in shares.values()] == [(1, 3), (1, 3), (1, 3), (1, 2), (1, 2)]
    (row,) = rows({"finder": [{"questions": "seen", "shares": shares}]})
    assert row.count("|") == HEAD.splitlines()[0].count("|")
