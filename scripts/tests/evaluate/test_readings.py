"""Readings compared: which questions are asked, what an answer is worth, what is left out; and some asked, of tiny
models."""

import json
import sys
from pathlib import Path

import pytest

from lab import ROOT
from lab.evaluate import readings
from lab.evaluate.cli import Progress
from lab.evaluate.reading_sets import SETS, Question, Set, Text, drawn, named, rouge_l, token_f1
from lab.evaluate.reading_table import page
from lab.evaluate.readings import Reading, calls, full, measure

STORY = "The mill of Orm stands by the river. The miller keeps nine geese. He paid forty crowns for the wheel."
QUESTIONS = (
    Question("explicit", "How many geese does the miller keep?", ("nine", "nine geese")),
    Question("explicit", "What did the miller pay for the wheel?", ("forty crowns",)),
    Question("implicit", "Where does the mill stand?", ("by the river",)),
)


def text(name: str, times: int = 1) -> Text:
    """A story, as often as is said."""
    return Text(name, "\n\n".join([STORY] * times) + "\n", QUESTIONS)


def small(*texts: Text) -> Set:
    """A set of these."""
    return Set("stories", "token F1", ("explicit", "implicit"), lambda _data, _most: list(texts), token_f1)


def answer(words: str, found: bool = True, short: str = "") -> dict:
    """As the command line says it."""
    return {"text": words, "found": found, "short_answer": {"text": short} if short else None}


def test_an_answer_is_worth_what_it_shares_with_the_best_of_the_answers():
    asked = QUESTIONS[0]
    assert token_f1(answer("The miller keeps nine geese.", short="nine geese"), asked) == 1
    assert token_f1(answer("The miller keeps nine geese."), asked) == pytest.approx(2 * 2 / (4 + 2))
    assert token_f1(answer("Ten ducks."), asked) == 0
    assert token_f1(answer("nine geese", found=False), asked) == 0
    meeting = Question("by query", "What of the geese?", ("They spoke of geese and the wheel.",))
    assert rouge_l(answer("They spoke of the wheel."), meeting) == pytest.approx(2 * 5 / (5 + 7))
    key = Question("key", "What is the pass key?", ("4711",))
    assert named(answer("The pass key is 4711."), key) == 1
    assert named(answer("The pass key is 47110."), key) == 0


def test_questions_are_spread_over_texts_and_the_same_each_time():
    many = [Text(str(number), STORY, QUESTIONS * 3) for number in range(20)]
    of = small(*many)
    some = drawn("a", of, Path(), 12)
    assert [len(text.questions) for text in some] == [3, 3, 3, 3]
    assert some == drawn("a", of, Path(), 12)
    assert some[:2] == drawn("a", of, Path(), 6)
    assert [text.name for text in some] != [text.name for text in drawn("b", of, Path(), 12)]
    assert [len(text.questions) for text in drawn("a", of, Path(), 4)] == [3, 1]


def test_the_sets_are_read_as_they_are_published(tmp_path):
    rows = {
        "fairytaleqa/test.jsonl": {
            "title": "mill",
            "sections": {"1": STORY, "2": "The end."},
            "questions": [{"question": "Why?", "answers": ["so"], "explicit": False}],
        },
        "covidqa/en.jsonl": {
            "article": 3,
            "text": STORY,
            "questions": [{"question": "Who?", "answers": [{"text": "Orm"}]}],
        },
        "qmsum/test.jsonl": {
            "meeting": "m1",
            "meeting_transcripts": [{"speaker": "Ann", "content": "We need nine geese ."}],
            "general_query_list": [{"query": "Summarize the meeting", "answer": "Geese."}],
            "specific_query_list": [{"query": "What of geese?", "answer": "Nine."}],
        },
    }
    for name, row in rows.items():
        file = tmp_path / name
        file.parent.mkdir()
        file.write_text(json.dumps(row) + "\n")
    story, article, meeting = (drawn(name, SETS[name], tmp_path, 9)[0] for name in ("fairytaleqa", "covidqa", "qmsum"))
    assert story == Text("mill", f"{STORY}\n\nThe end.\n", (Question("implicit", "Why?", ("so",)),))
    assert article.questions == (Question("span", "Who?", ("Orm",)),)
    assert meeting.text == "Ann: We need nine geese.\n\n"
    assert [(q.kind, q.text) for q in meeting.questions] == [("whole meeting", ""), ("by query", "What of geese?")]
    keys = drawn("keys-2048", SETS["keys-2048"], tmp_path, 12)
    assert [len(text.questions) for text in keys] == [6, 6]
    assert all(question.answers[0] in text.text for text in keys for question in text.questions)


def test_what_may_be_asked_together_is(cli):
    def made(by: str, citing: bool) -> Reading:
        return Reading("a", ROOT, cli, by, {"name": "m", "citing": citing, "reader": None})

    meeting = (Question("whole meeting", "", ("x",), 8), Question("by query", "Who?", ("y",), 5))
    assert [words for _, words in calls(made("memory", False), (*meeting, *QUESTIONS[:2]))] == [
        ["summarize"],
        ["ask", "Who?", QUESTIONS[0].text, QUESTIONS[1].text],
    ]
    assert [words for _, words in calls(made("notes", True), meeting)] == [
        ["summarize", "--length", "8"],
        ["ask", "Who?"],
    ]
    assert [words for _, words in calls(made("recall", True), meeting)] == [
        ["summarize", "--length", "8"],
        ["summarize", "--focus", "Who?", "--length", "5"],
    ]
    assert len(list(calls(made("notes", False), QUESTIONS))) == 3


def test_long_texts_are_left_out_and_what_the_time_did_not_reach_is_counted(cli, tmp_path):
    demo = cli.run("inspect")[0]
    reading = Reading("memory with gates", ROOT / "models/finder", cli, "memory", demo, room=400)
    texts = [text("short"), text("long", 40), text("short again", 2)]
    cell = measure(reading, small(), texts, tmp_path, 1e9, Progress())
    assert (cell["texts"], cell["left_out"], cell["unasked"]) == (2, 1, 0)
    assert [cell["scores"][kind]["n"] for kind in ("explicit", "implicit")] == [4, 2]
    assert cell["document_tokens"]["max"] <= 400 < 40 * len(STORY.split())
    assert cell["state_bytes"] > 1e6
    assert cell["read_ms"]["min"] > 0 < cell["ttft_ms"]["min"]
    late = measure(reading, small(), texts, tmp_path, -1, Progress())
    assert (late["texts"], late["left_out"], late["unasked"]) == (0, 1, 6)


def test_a_window_that_holds_a_text_leaves_room_for_question_and_answer(cli, tmp_path):
    folder, room = full(ROOT / "models/tiny-copy", tmp_path / "full")
    scenarios = {one["name"]: one for one in cli.asking(folder).run("inspect")[0]["scenarios"]}
    assert scenarios["full"]["window"] == readings.FULL
    assert readings.FULL // 2 < room < readings.FULL


def test_every_reading_of_generated_texts(cli, tmp_path, monkeypatch, capsys):
    kept = tmp_path / "out.json"
    tiny = str(ROOT / "models/tiny-copy")
    words = [
        "readings",
        "--generator",
        tiny,
        "--sets",
        "keys-2048",
        "--most",
        "6",
        "--longest",
        "1000",
        "--out",
        str(kept),
    ]
    monkeypatch.setenv("EDGEINFINITE_CLI", cli.program)
    monkeypatch.setattr(sys, "argv", words)
    readings.main()
    cells = {cell["reading"]: cell for cell in json.loads(kept.read_text())["cells"]}
    assert cells["retrieval + finder: finder"]["scores"]["key"]["mean"][0] == 100
    assert cells["window only: tiny-copy"]["left_out"] == 1, "longer than --longest"
    assert len(cells) == 8
    assert {title.partition(":")[0] for title in cells} == set(readings.NAMES)
    first = capsys.readouterr().out
    readings.main()
    assert capsys.readouterr().out == first, "what was measured is not measured again"
    monkeypatch.setattr(sys, "argv", [*words, "--seconds", "1"])
    with pytest.raises(SystemExit, match="found a run with"):
        readings.main()


def test_a_folder_without_gates_is_refused(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEINFINITE_CLI", cli.program)
    reader = str(ROOT / "models/tiny-reader")
    tiny = str(ROOT / "models/tiny-copy")
    monkeypatch.setattr(sys, "argv", ["readings", "--generator", tiny, "--model", reader, "--sets", "keys-2048"])
    with pytest.raises(SystemExit, match="found no layer with a memory"):
        readings.main()


def test_tables():
    cell = {"reading": "notes: finder", "texts": 2, "left_out": 1, "processors_taken_by_others": 0.25}
    cell |= {"refused": {"right": 1, "n": 4}, "document_tokens": {"median": 2000}, "state_bytes": 12_000_000}
    cell |= {"read_ms": {"median": 1500}, "ttft_ms": {"median": 90}}
    stories = cell | {"set": "FairytaleQA, whole stories", "scores": {"explicit": {"n": 4, "mean": [30, 10.2, 50]}}}
    keys = cell | {"set": "pass keys, 2,048 tokens", "scores": {"key": {"n": 4, "mean": [100, 51, 100]}}}
    none = {"reading": "full attention: x", "set": stories["set"], "texts": 0, "left_out": 3}
    none |= {"processors_taken_by_others": 0.5}
    record = {"processors_taken_by_others": 0.25, "seconds_a_set": 45, "longest": 40_000}
    record |= {"cells": [stories, none, keys], "readings": {"full attention: x": {}, "notes: finder": {}}}
    lines = page(record, {name: SETS[name] for name in ("fairytaleqa", "keys-2048", "keys-8192")}).splitlines()
    assert "; other programs took 25 % of the processors (25 to 50 % by set)" in lines[0]
    told = "| notes: finder | 30.0 (10–50) of 4 | – | 25 % | 2, 1 too long | 2,000 | 12 MB | 90 ms | 1.5 s |"
    assert lines.index(told) > lines.index("| full attention: x | – | – | – | 0, 3 too long | – | – | – | – |")
    assert "| notes: finder | 100.0 (51–100) of 4 | – |" in lines
    assert "| notes: finder | 12 MB, 90 ms, 1.5 s | – |" in lines
