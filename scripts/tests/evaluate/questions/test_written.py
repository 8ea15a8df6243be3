"""Questions by a person."""

import pytest

from lab.evaluate import calibrate, real_documents
from lab.evaluate.questions import rules, system_documents
from lab.evaluate.questions.written import SETS, written


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
