"""Questions true to their rule, passages that hold them."""

from lab.corpus.documents import fold_spaces, make_document
from lab.corpus.questions import content_words, synonyms
from lab.evaluate import real_documents
from lab.evaluate.bm25 import stems
from lab.evaluate.questions import rules, system_documents
from lab.evaluate.score import Share


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
