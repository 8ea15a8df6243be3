"""The layout of a run, packing, and retrieval."""

from lab.reader.layout import CLS, LENGTH, MARK, SENTENCES, SEP, Piece, fitting, lay_out
from lab.reader.retrieval import Retrieval


def test_a_run_as_the_contract_draws_it():
    run = lay_out([7, 8], [Piece([20], [30, 31]), Piece([21, 22], [30, 31]), Piece([23])])
    assert run.tokens == [CLS, 7, 8, SEP, 30, 31, SEP, 20, SEP, 21, 22, SEP, 23, SEP]
    assert run.types == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert run.segments == [MARK, 0, 0, MARK, MARK, MARK, MARK, 1, MARK, 2, 2, MARK, 3, MARK]
    assert run.starts == [7, 9, 12]


def test_a_heading_comes_again_after_another_one():
    run = lay_out([7], [Piece([20], [30]), Piece([21], [31]), Piece([22], [30])])
    assert [t for t, kind in zip(run.tokens, run.types, strict=True) if kind and t != SEP] == [30, 31, 30]


def test_what_fits_is_taken_in_order_and_the_rest_passed_over():
    pieces = [Piece([1] * 100), Piece([2] * 128), Piece([3] * 30, [9] * 10), Piece([4] * 30, [9] * 10)]
    assert fitting([5] * 6, pieces, [0, 1, 2, 3], length=8 + 101 + 42 + 31) == [0, 2, 3]
    assert fitting([5] * 6, pieces, [2, 1, 0], length=8 + 41 + 1) == [2]
    assert fitting([5] * 6, [Piece([]), Piece([1])], [0, 1]) == [1]


def test_packed_pieces_are_laid_out_whole():
    pieces = [Piece([i] * (i % 40 + 1), [i // 6] * 7) for i in range(1, 120)]
    for order in (range(119), range(118, -1, -1)):
        chosen = fitting([5] * 9, pieces, list(order))
        run = lay_out([5] * 9, [pieces[i] for i in chosen])
        assert len(run.starts) == len(chosen) <= SENTENCES
        assert len(run.tokens) <= LENGTH


def test_retrieval_finds_by_words_headings_and_passages():
    sentences = ["Rent is due in May.", "It may be paid late.", "The roof was painted.", "Nothing else is known."]
    text = Retrieval(sentences, ["Lease", "Lease", "Repairs", "Repairs"])
    assert text.ranked("When is the rent due?")[0][0] == 0
    assert {i for i, _ in text.ranked("What about repairs?")} == {2, 3}
    assert text.ranked("xylophone") == []


def test_rare_words_outweigh_common_ones():
    sentences = [f"The boat of house {i} is blue." for i in range(30)] + ["The boat of the mayor is blue."]
    best = Retrieval(sentences, [""] * 31).ranked("Which boat is the mayor's?")
    assert best[0][0] == 30
