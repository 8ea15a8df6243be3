"""Searches and quotes of a small set, by the program."""

import json

from lab.evaluate.cli import Progress
from lab.evaluate.score import Share
from lab.evaluate.searches import FIRST, answers, holds, searched, supported, tables
from lab.reader.measured import CASES

PARAGRAPHS = [
    ("The mill was built in 1704 by the brothers Falk.", "Who built the mill?", "the brothers Falk"),
    ("A ferry leaves for the island at nine every morning.", "When does the ferry leave?", "nine every morning"),
]
ANSWERS = [
    ("The mill was built in 1704.", "The mill was built in 1704 , by the brothers Falk ."),
    ("Bread takes four hours.", "Baking bread takes four hours in a wood oven ."),
]


def test_what_answers_is_among_the_first(cli, tmp_path):
    (tmp_path / "xquad").mkdir()
    paragraphs = []
    for text, question, answer in PARAGRAPHS:
        answered = {"question": question, "answers": [{"text": answer, "start": text.index(answer)}]}
        paragraphs.append({"text": text, "questions": [answered]})
    (tmp_path / "xquad/en.jsonl").write_text(json.dumps({"article": 0, "paragraphs": paragraphs}) + "\n")
    cases = CASES["xquad"](tmp_path)
    found = searched(cli, "xquad", cases, tmp_path, Progress())
    assert {most: Share.of(share).right for most, share in found.items()} == {str(most): 2 for most in FIRST}
    assert "100.0 %" in tables({"xquad": found}, {})


def test_own_words_are_told_from_others(cli, tmp_path):
    (tmp_path / "clapnq").mkdir()
    rows = [{"answers": [{"text": text}], "passages": [{"sentences": [passage]}]} for text, passage in ANSWERS]
    (tmp_path / "clapnq/dev-answerable.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pairs = answers(tmp_path, 10)
    assert sorted(pairs) == sorted(ANSWERS)
    said = supported(cli, pairs, tmp_path)
    assert said["own"]["none"]["right"] == 0
    assert said["another"]["none"]["right"] == 2


def test_a_passage_holds_the_most_of_a_sentence():
    assert holds({"start": 10, "end": 20}, (5, 19))
    assert not holds({"start": 10, "end": 20}, (0, 14))
