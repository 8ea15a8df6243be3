"""Generated documents: true to their questions."""

import pytest

from lab.corpus import documents
from lab.corpus.documents import fold_spaces, make_document


@pytest.mark.parametrize("tokens", [110, 512, 6000])
def test_a_document_holds_what_answers_and_nothing_for_the_absent(tokens):
    document = make_document(tokens, "test/1")
    assert document == make_document(tokens, "test/1")
    assert document.text != make_document(tokens, "test/2").text
    assert 0.8 < len(document.text.encode()) / tokens / documents.BYTES_PER_TOKEN < (2.5 if tokens < 500 else 1.4)
    folded = fold_spaces(document.text)
    for query in document.queries:
        assert (query.kind in documents.ABSENT) == (not query.sentence)
        if query.sentence:
            assert folded.count(fold_spaces(query.sentence)) == 1
        elif query.kind == "foreign":
            names = [w for w in query.question.strip("?").split() if w.istitle()][1:]
            assert not any(name in folded for name in names), query.question
    counts = {kind: sum(a.kind == kind for a in document.queries) for kind in documents.KINDS}
    assert counts["key"] == max(1, tokens // 256)
    if tokens >= 6000:
        assert all(counts.values())
