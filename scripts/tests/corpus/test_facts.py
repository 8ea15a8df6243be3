"""Declared facts: told and asked with the same words."""

from lab.corpus.facts import Declarer
from lab.corpus.lexicon import topics
from lab.corpus.questions import Questions


def test_facts_are_told_and_asked_with_the_same_words():
    declarer = Declarer(Questions("test/declared"))
    facts = [declarer.fact() for _ in range(60)]
    assert len({f.sentence for f in facts}) == 60
    for fact in facts:
        assert fact.value in fact.sentence
        assert fact.value not in fact.question
        assert "{" not in fact.sentence + fact.question
    assert len(topics()) >= 12
    assert all(len(words) >= 35 for words in topics().values())


def test_alike_facts_differ_in_what_they_are_about():
    declarer = Declarer(Questions("test/alike"), alike=True)
    told = [declarer.fact() for _ in range(12)]
    assert len(declarer.wordings) <= 4
    assert len({fact.sentence for fact in told}) == 12
