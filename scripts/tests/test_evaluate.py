"""Evaluating: documents true to their questions, quotes held against the file, and a minute of the real thing."""

import json
import random
from pathlib import Path

import pytest

import calibrate
import documents
import evaluate
import real
from bm25 import Bm25
from cli import ROOT, Cli, built
from score import File, Share, same

SEEDS = ("evaluate/512/0", "evaluate/cost/10240", "calibrate/1/0")


@pytest.fixture(scope="module")
def cli(tmp_path_factory) -> Cli:
    """The shipped command line: $EDGEINFINITE_CLI, or else built here."""
    return Cli(built(), ROOT / "models/demo", tmp_path_factory.mktemp("cli"))


@pytest.mark.parametrize("tokens", [110, 512, 6000])
def test_a_document_holds_what_answers_and_nothing_for_the_absent(tokens):
    document = documents.make(tokens, "test/1")
    assert document == documents.make(tokens, "test/1")
    assert document.text != documents.make(tokens, "test/2").text
    assert 0.8 < len(document.text.encode()) / tokens / documents.BYTES_PER_TOKEN < 1.4
    folded = documents.fold(document.text)
    for asked in document.asked:
        assert (asked.kind in documents.ABSENT) == (not asked.sentence)
        if asked.sentence:
            assert folded.count(documents.fold(asked.sentence)) == 1
        elif asked.kind == "foreign":
            names = [w for w in asked.question.strip("?").split() if w.istitle()][1:]
            assert not any(name in folded for name in names), asked.question
    counts = {kind: sum(a.kind == kind for a in document.asked) for kind in documents.KINDS}
    assert counts["key"] == max(1, tokens // 256)
    if tokens >= 512:
        assert all(counts.values())


def test_no_seed_is_shared_with_training():
    trained = ("train/", "test/", "ssft", "tokenizer/", "document/", "facts/")
    assert not any(seed.startswith(trained) for seed in SEEDS)
    for name in ("evaluate.py", "calibrate.py"):
        source = (ROOT / "scripts" / name).read_text()
        assert f'"{name[:-3]}' in source


def test_wilson_interval():
    low, high = Share(8, 10).interval()  # as in the literature's example
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert Share(0, 40).interval()[0] == 0.0
    assert Share(40, 40).interval()[1] == 1.0
    assert Share(1, 2) + Share(2, 3) == Share(3, 5)


def test_a_quote_is_held_against_bytes_and_utf16():
    text = "é 😀 It may be copied. Not sold."
    file, start = File(text.encode()), text.index("It")
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
    copy = calibrate.changed(model, tmp_path / "model", 0.25, -3.0)
    before, after = (json.loads((folder / "model.json").read_text()) for folder in (model, copy))
    assert after["scoring"] == {"bm25_weight": 0.25, "found_threshold": -3.0}
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
    evaluate.replace_between(page, "t", "new")
    assert page.read_text() == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(SystemExit):
        evaluate.replace_between(page, "u", "new")


def test_a_manual_page_without_its_macros():
    page = """.de FN
\\fI\\|\\$1\\|\\fP
..
.if n (C) 2022 by people.
.if t \\(co 2022
.SH "EXIT STATUS"
.PD 0
.TP
.B \\-c
If the
.SM
.B HOME
variable and
.BR bash (1)
are \\fIset\\fP, it says \\(lqno\\(rq. \\" remark
"""
    assert (
        real.plain(page)
        == "(C) 2022 by people.\n\nEXIT STATUS\n\n-c\nIf the\nHOME\nvariable and\nbash(1)\nare set, it says “no”. "
    )


@pytest.mark.parametrize("hard", [False, True])
def test_a_rule_made_question_has_one_answer(hard):
    write = documents.make(4000, "test/rules")
    made = real.rule_made("test", write.text, 1000, hard)
    assert len(made) > 10
    cut = real.sentences(write.text)
    for question, sentence in made:
        assert sentence in cut
        kept = set(real.content_words(question.lower())) & set(real.content_words(sentence.lower()))
        assert kept
        if hard:
            assert len(kept) <= len(set(real.content_words(sentence.lower()))) / 2
    assert real.ask_about(random.Random(1), "Too short.", hard) is None


def test_bm25_ranks_the_rarer_word_first():
    scores = Bm25(["the red roof", "a red gate", "a red door and a gate", "nothing"]).scores("Which red roof?")
    assert scores[0] == max(scores)
    assert scores[3] == 0.0


def test_a_minute_of_evaluating(cli, tmp_path):
    rows, below = evaluate.short(cli, tmp_path, evaluate.Progress())
    assert not below
    assert all(row["quotes_checked"] for row in rows)
    assert evaluate.table({"rows": rows}).count("\n") == len(rows) + 1


def test_real_documents(cli, tmp_path):
    """Quotes stand in the files byte for byte (else real.run ends the program); most are the right sentence."""
    texts = real.documents()
    assert {"GPL-3", "Apache-2.0"} <= texts.keys()
    for result in real.by_rule(cli, Path(tmp_path), texts, "recall", 20, False):
        assert result.quotes >= 15
        assert result.answered.right >= 0.6 * result.answered.n, result
