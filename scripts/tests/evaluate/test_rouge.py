"""ROUGE and Porter's stemmer, against numbers worked out by hand and against the paper's examples."""

import pytest

from lab.evaluate.porter import measure, stem
from lab.evaluate.rouge import best, common, rouge, words

# Words and their stems in turn, most of them examples of the paper.
STEMS = """
caresses caress ponies poni cats cat feed feed
agreed agre plastered plaster motoring motor sing sing conflated conflat
sized size hopping hop falling fall failing fail filing file
happy happi sky sky relational relat conditional condit vietnamization vietnam
operator oper feudalism feudal hopefulness hope triplicate triplic electrical electr
goodness good revival reviv adjustable adjust adoption adopt effective effect
probate probat cease ceas controll control roll roll by by
""".split()


@pytest.mark.parametrize(("word", "expected"), list(zip(STEMS[::2], STEMS[1::2], strict=True)))
def test_stems_are_those_of_the_paper(word, expected):
    assert stem(word) == expected


def test_the_measure_counts_vowels_before_consonants():
    assert [measure(word) for word in ("tree", "by", "trouble", "oats", "private", "oaten")] == [0, 0, 1, 1, 2, 2]


def test_rouge_by_hand():
    assert words("The dogs' 2 kennels, e.g. here.") == ("the", "dog", "2", "kennel", "e", "g", "here")
    score = rouge("the police killed the gunman", "police kill the gunman")
    # 4 of 5 and 4 words; (police kill), (kill the), (the gunman) of 4 and 3 pairs; police kill the gunman in a row.
    assert score["1"] == pytest.approx(8 / 9)
    assert score["2"] == pytest.approx(6 / 7)
    assert score["L"] == pytest.approx(8 / 9)
    other = rouge("gunman the killed police", "police kill the gunman")
    assert other["1"] == 1.0
    assert other["2"] == 0.0
    assert other["L"] == pytest.approx(2 / 8)


def test_repeated_words_count_as_often_as_both_say_them():
    assert rouge("no no no", "no way")["1"] == pytest.approx(2 / 5)
    assert common(("a", "b", "a"), ("a", "a")) == 2


def test_nothing_shares_nothing_and_the_best_reference_counts():
    assert rouge("", "a dog") == {"1": 0.0, "2": 0.0, "L": 0.0}
    assert rouge("dog", "dog")["2"] == 0.0
    assert best("a dog", ["a cat", "a dog"])["1"] == 1.0
    assert best("a dog", ["a cat", "a dog"], ("2",)) == {"2": 1.0}
