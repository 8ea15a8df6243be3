"""Real documents: answers by sentence or by words; and a few asked."""

from pathlib import Path

from lab.evaluate import real_documents, summary_form
from lab.evaluate.questions import system_documents
from lab.evaluate.real_documents import DocumentAsker
from lab.evaluate.score import Share


def test_an_answer_is_right_by_sentence_or_by_words():
    assert real_documents.Question("?", ("It may be copied.",)).right("It may be\ncopied.")
    assert not real_documents.Question("?", ("It may be copied by all.",)).right("It may")
    by_words = real_documents.Question("?", ("not this", "be copied"), whole=False)
    assert by_words.right("It may BE\ncopied.")
    assert not by_words.right("")


def test_failures_name_what_is_wrong():
    easy = real_documents.Result("hard", "all", bm25=Share(9, 10), verbatim=Share(9, 10))
    found = real_documents.failures([easy], [summary_form.Summary("x", faults=["odd"])])
    assert [text[:9] for text in found] == ["BM25's be", "hard, all", "the summa"]
    assert (
        real_documents.failures([real_documents.Result("hard", "all", bm25=Share(8, 10), verbatim=Share(9, 9))], [])
        == []
    )


def test_real_documents(cli, tmp_path):
    """Every quote stands in its file byte for byte; most are the right sentence; a summary keeps the order."""
    texts = system_documents.documents({name: system_documents.SHELF[name] for name in ("GPL-3", "Apache-2.0")})
    assert texts
    reader = DocumentAsker(cli, Path(tmp_path), "recall")
    results = real_documents.by_rule(reader, texts, "plain", 20)
    for result in results:
        assert result.verbatim.right == result.verbatim.n >= 15
        assert result.recall.right >= 0.6 * result.recall.n, result
        assert result.passage.n == result.recall.n
    whole = real_documents.total(results)
    assert whole.recall.n == sum(r.recall.n for r in results)
    assert real_documents.table([*results, whole]).count("\n") == 4
    made = [summary_form.summarise(cli, Path(tmp_path), name, text) for name, text in texts.items()]
    assert real_documents.failures([*results, whole], made) == []
