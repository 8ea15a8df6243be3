"""Evaluating: documents true to their questions, quotes held against the file, and a minute of the real thing."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab import ROOT
from lab.corpus import documents, passkeys
from lab.corpus.documents import fold_spaces, make_document
from lab.corpus.lexicon import topics
from lab.evaluate import calibrate, evaluate, memory
from lab.evaluate.cli import Progress, replace_between
from lab.evaluate.score import File, Share, names, said, same
from lab.export.model_folder import rescored
from lab.plots import accuracy
from lab.plots.length import Axis, Panel


@pytest.mark.parametrize("tokens", [110, 512, 6000])
def test_a_document_holds_what_answers_and_nothing_for_the_absent(tokens):
    document = make_document(tokens, "test/1")
    assert document == make_document(tokens, "test/1")
    assert document.text != make_document(tokens, "test/2").text
    assert 0.8 < len(document.text.encode()) / tokens / documents.BYTES_PER_TOKEN < (2.5 if tokens < 500 else 1.4)
    folded = fold_spaces(document.text)
    for asked in document.asked:
        assert (asked.kind in documents.ABSENT) == (not asked.sentence)
        if asked.sentence:
            assert folded.count(fold_spaces(asked.sentence)) == 1
        elif asked.kind == "foreign":
            names = [w for w in asked.question.strip("?").split() if w.istitle()][1:]
            assert not any(name in folded for name in names), asked.question
    counts = {kind: sum(a.kind == kind for a in document.asked) for kind in documents.KINDS}
    assert counts["key"] == max(1, tokens // 256)
    if tokens >= 6000:
        assert all(counts.values())


@pytest.mark.parametrize(("tokens", "keys"), [(2048, 6), (9000, 8)])
def test_declared_facts_stand_once_and_outside_the_window(tokens, keys):
    document = passkeys.passkeys(tokens, "test/1", keys)
    assert document == passkeys.passkeys(tokens, "test/1", keys)
    assert document.text != passkeys.passkeys(tokens, "test/2", keys).text
    assert len(document.asked) == keys == len({a.question for a in document.asked})
    assert [a.kind for a in document.asked].count(passkeys.ONCE) == 1
    blocks = document.text.rstrip("\n").split("\n\n")
    at = [blocks.index(a.sentence) for a in document.asked]
    assert at == sorted(at)
    before = [len(document.text[: document.text.index(a.sentence)].encode()) for a in document.asked]
    total = len(document.text.encode())
    assert total - before[-1] >= 0.95 * passkeys.TAIL * passkeys.BYTES_PER_TOKEN
    assert max(b - a for a, b in pairwise(before)) < 0.4 * total
    for asked in document.asked:
        assert asked.value in asked.sentence
        assert names({"found": True, "text": asked.sentence}, asked.value)
        rest = document.text.replace(asked.sentence, "")
        assert not names({"found": True, "text": rest}, asked.value)
        if asked.kind != passkeys.ONCE:
            entity = asked.question.rstrip("?").split(" the ")[-1]
            assert len(entity.split()) == 2
            assert entity not in rest


def test_every_second_paragraph_is_about_the_topic_and_the_last_ones_are_not():
    counts = {}
    for number in range(6):
        document = passkeys.topical(4096, f"test/{number}")
        assert document == passkeys.topical(4096, f"test/{number}")
        (asked,) = document.asked
        assert not names({"found": True, "text": document.text}, asked.value)
        mine = set(topics()[asked.value]).difference(*(w for name, w in topics().items() if name != asked.value))
        blocks = [set(re.findall(r"[a-z]+", block)) for block in document.text.split("\n\n")]
        shares = [len(words & mine) >= 4 for words in blocks]
        last = len(shares) - shares[::-1].index(True)
        assert 0.3 < sum(shares[:last]) / last < 0.65
        tail = "\n\n".join(document.text.split("\n\n")[last:])
        assert len(tail.encode()) >= 0.95 * passkeys.TAIL * passkeys.BYTES_PER_TOKEN
        counts[asked.value] = asked.question
    assert len(counts) > 2
    assert all("{noun}" in frame for frame in passkeys.FRAMES)


def test_an_answer_names_a_value_or_does_not():
    answer = {"found": True, "text": "The code that opens the gate is 48213.", "quotes": []}
    assert names(answer, "48213")
    assert names(answer, "GATE")
    assert not names(answer, "4821")
    assert not names(answer | {"found": False}, "48213")
    assert said(answer) == answer["text"]
    assert said(answer | {"quotes": [{"text": "quoted"}]}) == "quoted"
    assert said(answer | {"found": False}) == ""


class Told:
    """In place of the command line: quotes what it remembers of the document."""

    def __init__(self, remembers: str) -> None:
        self.remembers = remembers
        self.runs = []

    def run(self, _, file, *words):
        questions = words[:-4]
        (*options, reading) = words[-4:]
        assert options == ["--threads", "1", "--reading"]
        self.runs.append((file, reading))
        text = self.remembers if reading == "memory" else Path(file).read_text()
        usage = dict.fromkeys(("ttft_ms", "read_ms", "document_tokens", "state_bytes", "peak_rss_bytes"), 5)
        answer = {"found": True, "text": text, "quotes": [], "usage": usage}
        return {"answers": [answer] * len(questions), "usage": usage}, 0.0, 0


def test_what_is_carried_is_counted_by_model_and_reading(tmp_path):
    told = Told("The pass key is unknown.")
    rows = memory.measure(told, tmp_path, "passkey", 2048, 10, Progress(), "a")
    assert [(r["model"], r["reading"], r["right"]["right"], r["right"]["n"]) for r in rows] == [
        ("a", "memory", 0, 12), ("a", "recall", 12, 12)
    ]  # fmt: skip
    assert len(told.runs) == 4, "each document is read once a reading"
    assert rows[0]["seeds"] == "evaluate/passkey/2048/0 to 1"
    rows += memory.measure(told, tmp_path, "topic", 2048, 1, Progress(), "a")
    rows += memory.measure(told, tmp_path, "passkey", 2048, 1, Progress(), "b")
    lines = memory.table(rows).splitlines()
    assert lines[0] == "| task | tokens | memory: a | memory: b | recall: a | recall: b | read in |"
    assert len(lines) == 4
    assert lines[3].split("|")[4].strip() == ""


def test_a_model_folder_may_have_a_label():
    assert evaluate.model("closed=/tmp/x") == ("closed", Path("/tmp/x"))
    assert evaluate.model("models/demo") == ("", Path("models/demo"))
    lengths = {task: set(wanted.questions) for task, wanted in memory.TASKS.items()}
    assert lengths["passkey"] == {2048, 16_384, 65_536, 1_048_576}
    for task in ("passkey", "single"):
        assert memory.TASKS[task].questions[65_536] >= 100
        assert memory.TASKS[task].questions[1_048_576] >= 40
    assert lengths["topic"] == {2048, 16_384, 65_536}


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


def test_seeds_are_named_once():
    assert evaluate.longest(["a/512/0 to 3", "a/1024/0 to 1", "a/512/0 to 9"]) == ["a/512/0 to 9", "a/1024/0 to 1"]


def test_an_axis_may_be_logarithmic():
    x = Axis(10, 1000, {}, log=True)
    y = Axis(0, 50, {})
    assert x.along(100) == pytest.approx(0.5)
    assert y.along(10) == pytest.approx(0.2)
    assert Panel(0, 124, 10, 110, "", x, y).at(100, 50) == pytest.approx((62, 10))


def test_wilson_interval():
    low, high = Share(8, 10).interval()  # as in the literature's example
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert Share(0, 40).interval()[0] == 0.0
    assert Share(40, 40).interval()[1] == 1.0
    assert Share(1, 2) + Share(2, 3) == Share(3, 5)


def test_a_quote_is_held_against_bytes_and_utf16():
    text = "é 😀 It may be copied. Not sold."
    file = File(text.encode())
    start = text.index("It")
    quote = {"start": 8, "end": 28, "start_utf16": start + 1, "end_utf16": start + 21, "text": "It may be copied. No"}
    assert file.verbatim(quote)
    for key in ("start", "end", "start_utf16", "end_utf16"):
        assert not file.verbatim(quote | {key: quote[key] + 1}), key
    with pytest.raises(SystemExit, match="8 to 27"):
        file.check([{"quotes": [quote | {"end": 27}]}])


def test_the_same_sentence():
    sentence = "The roof was painted in May by a firm from Belmor."
    assert same("The roof was\n painted in May by a firm from Belmor.", sentence)
    assert same("The roof was painted in May by a firm", sentence)
    assert not same("The roof was painted", sentence)
    assert not same("The cellar was painted in May by a firm from Belmor.", sentence)


def test_only_the_two_numbers_of_a_model_change(tmp_path):
    model = ROOT / "models/demo"
    copy = rescored(model, tmp_path / "model", {"bm25_weight": 0.25, "found_threshold": -3.0})
    before, after = (json.loads((folder / "model.json").read_text()) for folder in (model, copy))
    assert after["scoring"] == before["scoring"] | {"bm25_weight": 0.25, "found_threshold": -3.0}
    assert after | {"scoring": before["scoring"]} == before
    assert {f.name for f in copy.iterdir()} >= {"model.json", *before["files"]}


def test_a_point_weighs_found_and_refused_alike():
    point = calibrate.Point(1.0, 0.5)
    for passages, kind, answered, right in ((1, "key", True, True), (1, "key", True, True), (30, "place", True, False)):
        point.add(passages, kind, answered, right)
    point.add(1, "foreign", False, True)
    assert point.balanced() == pytest.approx((2 / 3 + 1) / 2)
    assert (point.kinds["key"], point.by_length[30][True]) == (Share(2, 2), Share(0, 1))
    assert "balanced 83.3 %" in calibrate.describe(point)


def test_the_table_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- t -->\nold\n<!-- /t -->\nb\n")
    replace_between(page, "t", "new")
    assert page.read_text() == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(SystemExit):
        replace_between(page, "u", "new")


def test_a_minute_of_evaluating(cli, tmp_path):
    rows, carried, below = evaluate.short(cli, tmp_path, Progress())
    assert not below
    assert {(row["task"], row["reading"]) for row in carried} == {("passkey", "memory"), ("passkey", "recall")}
    assert all(row["quotes_checked"] for row in rows)
    assert evaluate.table({"rows": rows}).count("\n") == len(rows) + 1
