"""What the adapter learns from, out of clones of the public repositories."""

import json

import pytest

from lab.generator import examples
from lab.generator.examples import as_sentence, spoken
from lab.generator.story_questions import documents, generated, mixed
from lab.reader.prepare_reader import prepare

TURNS = ["Nice .", "The {vocalsound} budget is fifty thousand pounds , is n't it ?", "The remote has a yellow case ."]
QUERY = {"query": "What is the budget?", "answer": "The budget is fifty thousand pounds.",
         "relevant_text_span": [["0", "1"]]}  # fmt: skip


@pytest.fixture
def data(tmp_path):
    """QMSum and SciTLDR as prepare-reader makes them, of clones of a meeting and an abstract."""
    clones = tmp_path / "clones"
    meeting = clones / "QMSum/data/Product/train/ES2002a.json"
    meeting.parent.mkdir(parents=True)
    turns = [{"speaker": "A", "content": words} for words in TURNS]
    meeting.write_text(json.dumps({"meeting_transcripts": turns, "specific_query_list": [QUERY]}))
    abstracts = clones / "scitldr/SciTLDR-Data/SciTLDR-A"
    abstracts.mkdir(parents=True)
    row = {"source": ["We read.", "We  write."], "target": ["reading and writing"], "paper_id": "p", "title": "T"}
    for part in ("train", "dev", "test"):
        (abstracts / f"{part}.jsonl").write_text(json.dumps(row) + "\n")
    prepare(clones, tmp_path)
    return tmp_path


def test_a_meeting_is_asked_about_with_the_turns_that_speak_of_it(data):
    (found,) = examples.qmsum(data)
    assert found.summary
    assert found.question == QUERY["query"]
    assert [found.source.sentences[i] for i in found.gold] == ["A: The budget is fifty thousand pounds, isn't it?"]


def test_an_abstract_is_summarised_in_its_authors_words(data):
    (found,) = examples.scitldr(data)
    assert found.answer == "Reading and writing."
    assert [found.source.sentences[i] for i in found.gold] == ["We read.", "We write."]


def test_a_story_s_section_is_gold_and_a_question_about_what_was_cut_off_is_left_out(tmp_path):
    (tmp_path / "fairytaleqa").mkdir()
    sections = {"1": "A king had a cat. It slept.", "2": "The king lost his crown. " * 400}
    asked = [{"question": "What did the king have?", "section": "1"}, {"question": "What was lost?", "section": "2"}]
    questions = [
        {**one, "answers": [answer], "local": True} for one, answer in zip(asked, ("a cat", "his crown"), strict=True)
    ]
    story = {"title": "King", "sections": sections, "questions": questions}
    (tmp_path / "fairytaleqa/train.jsonl").write_text(json.dumps(story) + "\n")
    first, second = examples.fairytaleqa(tmp_path)
    assert first.answer == "A cat."
    assert [first.source.sentences[i] for i in first.gold] == ["A king had a cat.", "It slept."]
    assert second.source is first.source
    (document,) = documents(tmp_path)
    assert document == {
        "document": sections["1"],
        "questions": [{"question": asked[0]["question"], "answer": "A cat."}],
    }


def test_generated_documents_declare_what_they_are_asked():
    some = list(generated(3))
    assert some == list(generated(3))
    for row in some:
        assert row["questions"]
        assert all(q["answer"] in row["document"] for q in row["questions"])
    others = [{"document": str(n)} for n in range(9)]
    rows = mixed(iter(some), iter(others))
    assert sorted(map(str, rows)) == sorted(map(str, some + others))
    assert rows != some + others
    assert rows == mixed(iter(some), iter(others))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("the sun", "The sun."),
        ("iPhone sales", "iPhone sales."),
        ("308", "308."),
        ('He said "no."', 'He said "no."'),
        (" two , ", "Two."),
        ("", ""),
    ],
)
def test_an_answer_as_a_sentence(answer, sentence):
    assert as_sentence(answer) == sentence


def test_what_is_spoken_is_written_as_people_write():
    assert spoken("Yeah , it {disfmarker} it 's a remote .") == "Yeah, it it's a remote."
