"""Evaluating: documents true to their questions, quotes held against the file, and a minute of the real thing."""

import json
from pathlib import Path

import pytest

import calibrate
import documents
import evaluate
import licences
import real
import rules
import shelf
import summaries
from bm25 import Bm25, stems
from cli import ROOT, Cli, Progress, built, replace_between
from questions import content_words, synonyms
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
    replace_between(page, "t", "new")
    assert page.read_text() == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(SystemExit):
        replace_between(page, "u", "new")


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
        shelf.plain(page)
        == "(C) 2022 by people.\n\nEXIT STATUS\n\n-c\nIf the\nHOME\nvariable and\nbash(1)\nare set, it says “no”. "
    )


def test_a_plain_question_keeps_words_that_no_other_sentence_holds():
    cut = rules.Cut(documents.make(4000, "test/rules").text)
    made = rules.rule_made("plain", "test", cut, 1000)
    assert len(made) > 10
    assert made == rules.rule_made("plain", "test", cut, 1000)
    for one in made:
        kept = set(stems(one.question)) & set(stems(cut.sentences[one.at]))
        assert len(kept) >= 3
        assert all(not kept <= set(stems(s)) for i, s in enumerate(cut.sentences) if i != one.at)


def test_a_hard_question_keeps_half_and_swaps_the_rarest_word():
    cut = rules.Cut(documents.make(6000, "test/rules").text)
    made = rules.rule_made("hard", "test", cut, 1000)
    assert len(made) > 10
    for one in made:
        words = {w.lower() for w in content_words(cut.sentences[one.at])}
        asked = one.question.rstrip("?").partition(" of " if "speaks" in one.question else " about ")[2].split()
        (swapped,) = [w for w in asked if w not in words]
        assert set(synonyms()[swapped]) & words
        assert rules.FEWEST <= len(asked) <= min(rules.MOST, len(words) // 2)
        rest = set(stems(" ".join(w for w in asked if w != swapped)))
        before = [{*stems(word)} for word in set(synonyms()[swapped]) & words]
        others = [set(stems(s)) for i, s in enumerate(cut.sentences) if i != one.at]
        assert any(all(not rest | word <= other for other in others) for word in before)


def test_the_hard_set_is_hard_and_the_plain_one_is_not():
    """Of the frozen sets, on whatever stands on this machine."""
    texts = shelf.documents()
    shares = {kind: Share() for kind in rules.SETS}
    for kind, share in shares.items():
        for name, text in texts.items():
            cut = rules.Cut(text)
            for one in rules.rule_made(kind, name, cut, real.QUESTIONS):
                share.add(cut.best(one.question) == one.at)
    assert shares["hard"].n >= 100
    assert shares["hard"].right <= real.EASY * shares["hard"].n, shares["hard"]
    assert shares["plain"].right >= 0.95 * shares["plain"].n, shares["plain"]


def test_a_passage_holds_its_sentence_and_some_neighbours():
    cut = rules.Cut(documents.make(3000, "test/passage").text)
    places = set()
    for at, sentence in enumerate(cut.sentences):
        passage = cut.passage(at, "test")
        assert documents.fold(sentence) in documents.fold(passage)
        assert len(documents.fold(passage)) <= max(rules.PASSAGE + rules.AROUND, len(sentence))
        assert len(rules.sentences(passage)) <= rules.AROUND
        places.add(len(rules.sentences(passage.partition(sentence)[0])))
    assert places == set(range(rules.AROUND))


def test_questions_by_a_person_name_what_answers_them():
    counts = {}
    for title, table in (("asked", licences.ASKED), ("held out", licences.HELD_OUT)):
        texts = shelf.documents({name: shelf.SHELF.get(name, licences.LICENCES / name) for name in table})
        counts[title] = sum(len(lines.strip().splitlines()) for lines in table.values())
        for name, text in texts.items():
            sentences = [s.lower() for s in rules.Cut(text).sentences]
            for line in table[name].strip().splitlines():
                question, _, golds = line.partition("|")
                assert question.endswith("?")
                assert all(any(gold.lower() in s for s in sentences) for gold in golds.split("||")), line
    assert counts == {"asked": 36, "held out": 60}
    assert licences.HELD_OUT_NOT_ANSWERED.keys() <= licences.HELD_OUT.keys()
    assert "HELD_OUT" not in (ROOT / "scripts/calibrate.py").read_text()


def test_an_answer_is_right_by_sentence_or_by_words():
    assert real.Question("?", ("It may be copied.",)).right("It may be\ncopied.")
    assert not real.Question("?", ("It may be copied by all.",)).right("It may")
    by_words = real.Question("?", ("not this", "be copied"), whole=False)
    assert by_words.right("It may BE\ncopied.")
    assert not by_words.right("")


SUMMARY = "Title\n\nOne. Two.\n\n1. Three. Four.\n"


def summary_of(*parts: str) -> dict:
    """What the command line would say, had it chosen these parts of SUMMARY."""
    quotes = [
        {"start": at, "end": at + len(p), "start_utf16": at, "end_utf16": at + len(p), "text": p, "headings": ["Title"]}
        for p, at in ((p, SUMMARY.index(p)) for p in parts)
    ]
    return {"text": "\n".join(parts), "quotes": quotes}


def test_a_summary_keeps_the_order_and_says_nothing_twice():
    good = summaries.look_at("x", SUMMARY.encode(), summary_of("Title", "One.", "Three.", "Four."))
    assert (good.headings, good.leading, good.other, good.faults) == (1, 2, 1, [])
    assert summaries.look_at("x", SUMMARY.encode(), summary_of("Two.", "Four.")).other == 2
    for parts, fault in (
        (("Three.", "One."), "line 2 is out of order"),
        (("One.", "One."), "line 2 stands there twice"),
        ((), "it quotes nothing"),
    ):
        assert fault in summaries.look_at("x", SUMMARY.encode(), summary_of(*parts)).faults
    more = summary_of("One.") | {"text": "One.\nMine."}
    assert summaries.look_at("x", SUMMARY.encode(), more).faults == ["2 lines are not its 1 quotes"]


def test_failures_name_what_is_wrong():
    easy = real.Result("hard", "all", bm25=Share(9, 10), verbatim=Share(9, 10))
    found = real.failures([easy], [summaries.Summary("x", faults=["odd"])])
    assert [text[:9] for text in found] == ["BM25's be", "hard, all", "the summa"]
    assert real.failures([real.Result("hard", "all", bm25=Share(8, 10), verbatim=Share(9, 9))], []) == []


def test_bm25_ranks_the_rarer_word_first():
    scores = Bm25(["the red roof", "a red gate", "a red door and a gate", "nothing"]).scores("Which red roof?")
    assert scores[0] == max(scores)
    assert scores[3] == 0.0


def test_a_minute_of_evaluating(cli, tmp_path):
    rows, below = evaluate.short(cli, tmp_path, Progress())
    assert not below
    assert all(row["quotes_checked"] for row in rows)
    assert evaluate.table({"rows": rows}).count("\n") == len(rows) + 1


def test_real_documents(cli, tmp_path):
    """Every quote stands in its file byte for byte; most are the right sentence; a summary keeps the order."""
    texts = shelf.documents({name: shelf.SHELF[name] for name in ("GPL-3", "Apache-2.0")})
    assert texts
    reader = real.Reader(cli, Path(tmp_path), "recall")
    results = real.by_rule(reader, texts, "plain", 20)
    for result in results:
        assert result.verbatim.right == result.verbatim.n >= 15
        assert result.recall.right >= 0.6 * result.recall.n, result
        assert result.passage.n == result.recall.n
    whole = real.total(results)
    assert whole.recall.n == sum(r.recall.n for r in results)
    assert real.table([*results, whole]).count("\n") == 4
    made = [summaries.summarise(cli, Path(tmp_path), name, text) for name, text in texts.items()]
    assert real.failures([*results, whole], made) == []
