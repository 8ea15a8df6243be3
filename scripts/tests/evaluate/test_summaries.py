"""Summaries: their sets, those they are compared with, the intervals; and a few asked."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab.evaluate import summaries, summary_sets
from lab.evaluate.cli import Progress
from lab.evaluate.summary_peers import by_rouge, cut, lead, oracle, sentences_of, textrank

TEXT = """# Harbour rules

The harbour opens at six. A berth costs 12 crowns a night. Dogs stay on the boat.

- a rope of ten metres
- a light at the mast

1.1 The warden keeps the keys.
1.2 The warden calls the boats in."""


def test_texts_are_cut_into_sentences():
    found = sentences_of(TEXT)
    assert "A berth costs 12 crowns a night." in found
    assert "- a light at the mast" in found
    assert "1.2 The warden calls the boats in." in found


def test_the_first_of_an_order_come_as_near_to_a_number_of_words_as_they_can():
    sentences = ["one two three", "four five", "six seven eight nine", "ten"]
    assert cut(sentences, [0, 1, 2, 3], 5) == sentences[:2]
    assert cut(sentences, [2, 0, 1, 3], 7) == [sentences[0], sentences[2]]
    assert cut(sentences, [2], 1) == [sentences[2]], "one at least"


def test_textrank_puts_first_what_others_speak_of():
    sentences = [
        "Ducks swim here.",
        "The ferry leaves at noon.",
        "At noon the ferry is full.",
        "A ferry that leaves is late.",
    ]
    assert lead(sentences) == [0, 1, 2, 3]
    order = textrank(sentences)
    assert order[-1] == 0
    assert order[0] == 1


def test_an_oracle_takes_what_the_reference_says():
    sentences = ["The mill is old.", "A tax of nine crowns is due.", "Rain fell.", "The tax is due in May."]
    chosen = oracle(by_rouge(("A tax of nine crowns is due. The tax is due in May.",)), sentences, 14)
    assert chosen == [sentences[1], sentences[3]]
    told = oracle(lambda lines: len({line for line in lines if "tax" in line}), sentences, 100)
    assert told == [sentences[1], sentences[3]], "it ends where nothing is gained"


def test_a_fact_is_told_where_one_sentence_holds_its_words():
    sample = summary_sets.Sample("x", "", facts={"rent": ("rent", "940 euros"), "pets": ("Pets",)})
    assert sample.told(["The rent\nis 940  euros."]) == {"rent"}
    assert sample.told(["The rent is due.", "It is 940 euros."]) == set()


def test_facts_stand_in_the_documents_and_the_parts_differ():
    parts = {part: list(summary_sets.facts(part)) for part in ("choose", "measure", "unseen")}
    assert [len(samples) for samples in parts.values()] == [6, 10, 44]
    assert len({s.name for samples in parts.values() for s in samples}) == 60
    for sample in (s for samples in parts.values() for s in samples):
        assert sample.told([sample.text]) == set(sample.facts), sample.name
        assert set(sample.bears) <= set(sample.facts)
        assert sample.foreign, sample.name


def test_each_unseen_fact_is_told_by_one_sentence_and_the_texts_are_as_long_as_those_of_people():
    samples = list(summary_sets.facts("unseen"))
    lengths = [len(sample.text.split()) for sample in samples]
    assert min(lengths) >= 250
    assert sum(words > 900 for words in lengths) >= 10
    for sample in samples:
        sentences = sentences_of(sample.text)
        assert 4 <= len(sample.facts) <= 10, sample.name
        assert sample.bears, sample.name
        for name in sample.facts:
            assert sum(name in sample.told([sentence]) for sentence in sentences) == 1, (sample.name, name)


def test_facts_that_are_missed_stand_with_the_sentence_that_tells_them():
    sample = summary_sets.Sample("x", "", facts={"rent": ("940",), "pets": ("Pets",)}, bears=("pets",))
    sentences = ["The rent is\n940 euros.", "Pets are allowed."]
    told = sentences[1:]
    assert list(summaries.missed(sample, told, sentences, False)) == ["x, rent: The rent is 940 euros."]
    assert list(summaries.missed(sample, told, sentences, True)) == []


def test_sets_that_need_no_folder_are_said_by_their_name(capsys, monkeypatch):
    for words, fault in (
        (["--sets", "qmsum", "facts"], "found no --data, expected the folder that holds qmsum"),
        (["--sets", "unseen", "--choose"], "--choose: found unseen, expected sets with a part to choose by"),
    ):
        monkeypatch.setattr("sys.argv", ["summaries", *words])
        with pytest.raises(SystemExit):
            summaries.main()
        assert fault in capsys.readouterr().err


def test_meetings_become_texts_with_the_places_of_turns(tmp_path):
    turns = [
        {"speaker": "Ann", "content": "We 'll meet at é four , right ? {vocalsound}"},
        {"speaker": "Bob", "content": "{pause}"},
        {"speaker": "Bob", "content": "I do n't know ."},
    ]
    query = {"query": "When?", "answer": "At four.", "relevant_text_span": [["2", "9"]]}
    row = {
        "meeting": "m", "meeting_transcripts": turns, "general_query_list": [{"query": "all", "answer": "They meet."}],
        "specific_query_list": [query],
    }  # fmt: skip
    file = tmp_path / "m.jsonl"
    file.write_text(json.dumps(row) + "\n")
    (meeting,) = summary_sets.meetings(file)
    assert meeting.text == "Ann: We'll meet at é four, right?\n\nBob: I don't know.\n\n"
    assert meeting.references == ("They meet.",)
    (asked,) = summary_sets.queries(file)
    ((start, end),) = asked.spans
    assert asked.text.encode()[start:end] == b"Bob: I don't know.\n\n"
    quotes = [{"start": start}, {"start": 0}]
    assert summaries.inside(asked, quotes) == 50.0
    assert summaries.inside(asked, []) == 0.0


def test_intervals_hold_the_mean():
    mean, low, high = summaries.interval([0.0, 10.0] * 50)
    assert mean == 5.0
    assert 3.5 < low < 5 < high < 6.5
    assert summaries.interval([7.0, 7.0]) == [7.0, 7.0, 7.0]


def test_each_method_gets_as_many_words_and_the_program_is_ahead_of_the_first_sentences(cli, tmp_path):
    samples = [replace(s, foreign="volcanoes in Iceland") for s in list(summary_sets.facts("measure"))[:3]]
    work = Path(tmp_path)
    for name in ("facts", "focus"):
        found = summaries.measure({summaries.OURS: cli}, summaries.SETS[name], samples, Progress(), work)
        assert found.faults == []
        record = summaries.summed(found)
        assert set(record) == {summaries.OURS, "lead", "TextRank", summaries.ORACLE}
        ours = record[summaries.OURS]
        assert ours.get("foreign refused", {}).get("mean") == ([100.0] * 3 if name == "focus" else None)
        told = found.scores[summaries.OURS]["words"]
        for method in ("lead", "TextRank"):
            # Half of the longest sentence; where nothing bears on a focus there are no words to match.
            pairs = zip(found.scores[method]["words"], told, strict=True)
            assert all(abs(words - wanted) <= 20 for words, wanted in pairs if wanted)
        assert sum(map(bool, told)) >= 2
        assert record["lead"]["facts"]["ahead"][0] > 0
        assert record[summaries.ORACLE]["facts"]["mean"][0] >= ours["facts"]["mean"][0]
        assert summaries.table({name: record}).count("\n| ") == 5
