"""The word list: packed and unpacked."""

from lab.corpus.word_list import LEVELS, pack, read_words, unpack


def test_words_pack_and_unpack():
    words = {"walk", "walks", "walked", "walking", "love", "loved", "loving", "carry", "carried", "is"}
    assert {w for entry in pack(words) for w in unpack(entry)} == words
    groups = read_words()
    assert len(groups["20"]) > 5000
    assert all(w.isascii() and w.islower() for level in LEVELS for w in groups[level])
