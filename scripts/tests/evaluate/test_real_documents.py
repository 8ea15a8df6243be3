"""Real documents: questions true to their rule, passages that hold them, summaries in order; and a few asked."""

from pathlib import Path

import pytest

from lab.corpus.documents import fold_spaces, make_document
from lab.corpus.questions import content_words, synonyms
from lab.evaluate import calibrate, real_documents, summaries
from lab.evaluate.bm25 import Bm25, stems
from lab.evaluate.questions import rules, system_documents
from lab.evaluate.questions.written import SETS, written
from lab.evaluate.real_documents import DocumentAsker
from lab.evaluate.score import Share
from lab.evaluate.summaries import check_summary


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
        system_documents.plain(page)
        == "(C) 2022 by people.\n\nEXIT STATUS\n\n-c\nIf the\nHOME\nvariable and\nbash(1)\nare set, it says “no”. "
    )


def test_a_plain_question_keeps_words_that_no_other_sentence_holds():
    cut = rules.Cut(make_document(4000, "test/rules").text)
    made = rules.rule_made("plain", "test", cut, 1000)
    assert len(made) > 10
    assert made == rules.rule_made("plain", "test", cut, 1000)
    for one in made:
        kept = set(stems(one.question)) & set(stems(cut.sentences[one.at]))
        assert len(kept) >= 2
        assert all(not kept <= set(stems(s)) for i, s in enumerate(cut.sentences) if i != one.at)


def test_a_hard_question_keeps_half_and_swaps_the_rarest_word():
    cut = rules.Cut(make_document(6000, "test/rules").text)
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
    texts = system_documents.documents()
    shares = {kind: Share() for kind in rules.SETS}
    for kind, share in shares.items():
        for name, text in texts.items():
            cut = rules.Cut(text)
            for one in rules.rule_made(kind, name, cut, real_documents.QUESTIONS):
                share.add(cut.best(one.question) == one.at)
    assert shares["hard"].n >= 100
    assert shares["hard"].right <= real_documents.EASY * shares["hard"].n, shares["hard"]
    assert shares["plain"].right >= 0.95 * shares["plain"].n, shares["plain"]


def test_a_passage_holds_its_sentence_and_some_neighbours():
    cut = rules.Cut(make_document(3000, "test/passage").text)
    places = set()
    for at, sentence in enumerate(cut.sentences):
        passage = cut.passage(at, "test")
        assert fold_spaces(sentence) in fold_spaces(passage)
        assert len(fold_spaces(passage)) <= max(rules.PASSAGE + rules.AROUND, len(sentence))
        assert len(rules.sentences(passage)) <= rules.AROUND
        places.add(len(rules.sentences(passage.partition(sentence)[0])))
    assert places == set(range(rules.AROUND))


def test_questions_by_a_person_name_what_answers_them():
    counts = {}
    for name in SETS:
        table = written(name)
        texts = system_documents.documents(
            {document: system_documents.SHELF.get(document, system_documents.LICENCES / document) for document in table}
        )
        everything = [question for questions in table.values() for question in questions]
        assert all(question.text.endswith("?") for question in everything)
        counts[name] = sum(bool(q.answers) for q in everything), sum(not q.answers for q in everything)
        for document, text in texts.items():
            sentences = [s.lower() for s in rules.Cut(text).sentences]
            for question in table[document]:
                assert all(any(words.lower() in s for s in sentences) for words in question.answers), question
    assert counts == {"calibration": (36, 12), "held_out": (60, 17)}
    with pytest.raises(ValueError, match="found no questions of a set 'other'"):
        written("other")


def test_nothing_is_chosen_by_held_out_questions():
    assert real_documents.held_out not in vars(calibrate).values()


def test_an_answer_is_right_by_sentence_or_by_words():
    assert real_documents.Question("?", ("It may be copied.",)).right("It may be\ncopied.")
    assert not real_documents.Question("?", ("It may be copied by all.",)).right("It may")
    by_words = real_documents.Question("?", ("not this", "be copied"), whole=False)
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
    good = check_summary("x", SUMMARY.encode(), summary_of("Title", "One.", "Three.", "Four."))
    assert (good.headings, good.leading, good.other, good.faults) == (1, 2, 1, [])
    assert check_summary("x", SUMMARY.encode(), summary_of("Two.", "Four.")).other == 2
    for parts, fault in (
        (("Three.", "One."), "line 2 is out of order"),
        (("One.", "One."), "line 2 stands there twice"),
        ((), "it quotes nothing"),
    ):
        assert fault in check_summary("x", SUMMARY.encode(), summary_of(*parts)).faults
    more = summary_of("One.") | {"text": "One.\nMine."}
    assert check_summary("x", SUMMARY.encode(), more).faults == ["2 lines are not its 1 quotes"]


def test_failures_name_what_is_wrong():
    easy = real_documents.Result("hard", "all", bm25=Share(9, 10), verbatim=Share(9, 10))
    found = real_documents.failures([easy], [summaries.Summary("x", faults=["odd"])])
    assert [text[:9] for text in found] == ["BM25's be", "hard, all", "the summa"]
    assert (
        real_documents.failures([real_documents.Result("hard", "all", bm25=Share(8, 10), verbatim=Share(9, 9))], [])
        == []
    )


def test_bm25_ranks_the_rarer_word_first():
    scores = Bm25(["the red roof", "a red gate", "a red door and a gate", "nothing"]).scores("Which red roof?")
    assert scores[0] == max(scores)
    assert scores[3] == 0.0


def test_real_documents(cli, tmp_path):
    """Every quote stands in its file byte for byte; most are the right sentence; a summary keeps the order."""
    texts = system_documents.documents({name: system_documents.SHELF[name] for name in ("GPL-3", "Apache-2.0")})
    assert texts
    reader = DocumentAsker(cli, Path(tmp_path), "recall")
    results = real_documents.by_rule(reader, texts, "plain", 20)
    for result in results:
        assert result.verbatim.right == result.verbatim.n >= 15
        assert result.recall.right >= 0.6 * result.recall.n, result
        assert result.passage.n == result.recall.n
    whole = real_documents.total(results)
    assert whole.recall.n == sum(r.recall.n for r in results)
    assert real_documents.table([*results, whole]).count("\n") == 4
    made = [summaries.summarise(cli, Path(tmp_path), name, text) for name, text in texts.items()]
    assert real_documents.failures([*results, whole], made) == []
