"""Articles as files, and what a quote of such a file is of its sentences."""

from lab.evaluate.people_questions import Page, Told, by_words, measures, table
from lab.reader.articles import Article
from lab.reader.measured import Case


def article() -> Article:
    """Four sentences in two paragraphs, the last one under a heading."""
    made = Article("a")
    for sentence, heading in [("Zoë came.", ""), ("It rained.", ""), ("She left.", ""), ("Rent is due.", "Lease")]:
        made.add(sentence, heading)
    return made


def quote(text: str, words: str) -> dict:
    """What a report says of some words."""
    start = len(text[: text.index(words)].encode())
    return {"start": start, "end": start + len(words.encode())}


def test_sentences_stand_where_the_page_says():
    page = Page.of(article(), frozenset({0, 2}))
    assert page.text == "Zoë came. It rained.\n\nShe left.\n\n# Lease\n\nRent is due.\n"
    said = [page.text.encode()[a:b].decode() for a, b in page.places]
    assert said == article().sentences


def test_a_quote_is_the_sentence_that_it_shares_most_with():
    page = Page.of(article(), frozenset({0, 2}))
    assert page.sentence(quote(page.text, "It rained.\n\nShe")) == 1
    assert page.sentence(quote(page.text, "left.")) == 2
    assert page.sentence(quote(page.text, "# Lease")) is None


def test_shares_of_answers():
    def told(good: set[int], quoted: list[int], found: bool, short: str = "") -> Told:
        answer = {"found": found, "short_answer": {"text": short} if short else None, "verdict": None}
        return Told(Case(article(), "Who?", frozenset(good), ["Zoë"] if good else []), answer, quoted)

    found = measures(
        [
            told({0}, [0, 1], True, "Zoë"),
            told({0}, [1, 0], True, "rained"),
            told({0}, [], False),
            told(set(), [], False),
            told(set(), [2], True),
        ]
    )
    shares = {name: (value["percent"], value["n"]) for name, value in found.items()}
    assert shares == {
        "right": (33.3, 3),
        "wrong, given as found": (33.3, 3),
        "a quote right": (66.7, 3),
        "refused, though there": (33.3, 3),
        "short answer, exact": (33.3, 3),
        "short answer, F1": (33.3, 3),
        "refused": (50.0, 2),
    }


def test_a_table_has_a_column_for_each_model_and_for_words_alone():
    cases = [Case(article(), "When is rent due?", frozenset({3})), Case(article(), "Who left?", frozenset({0}))]
    words = by_words(cases)
    assert (words["right"]["percent"], words["right"]["n"]) == (50.0, 2)
    refused = {"percent": 75.0, "interval": [30.1, 95.4], "n": 4}
    made = table({"BM25": {"a": words}, "reader": {"a": {**words, "refused": refused}}, "finder": {"a": words}})
    assert made.splitlines() == [
        "| set | measure | reader | finder | BM25 | n |",
        "|---|---|---|---|---|---|",
        "| a | right | 50.0 % (10–90) | 50.0 % (10–90) | 50.0 % (10–90) | 2 |",
        "| a | refused | 75.0 % (30–95) | – | – | 4 |",
    ]
