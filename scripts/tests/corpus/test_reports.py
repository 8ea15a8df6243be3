"""Reports: the same bytes for a seed, facts that stand there once."""

import re
import subprocess
import sys

import pytest

from lab.corpus.questions import content_set
from lab.corpus.reports import Report


def generate(*options: str) -> str:
    command = [sys.executable, "-S", "-m", "lab.corpus.reports", *options]  # -S: nothing but the standard library
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_same_seed_same_document(tmp_path):
    options = ["--tokens", "3000", "--seed", "5", "--facts"]
    first, again = (generate(*options, str(tmp_path / name)) for name in ("a", "b"))
    assert first == again
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    assert first != generate("--tokens", "3000", "--seed", "6")


@pytest.mark.parametrize("seed", range(8))
def test_facts_stand_once_in_the_document(seed):
    report = Report(8000, seed)
    text = "\n\n".join(report.paragraphs())
    sentences = re.split(r"(?<=\.)\s+", text)
    places = []
    for fact in report.facts:
        assert text.count(fact.sentence) == 1
        assert fact.answer in fact.sentence
        assert fact.question.endswith("?")
        asks = content_set(fact.question)
        assert max(sentences, key=lambda s: len(asks & content_set(s))) == fact.sentence
        places.append(text.index(fact.sentence) / len(text))
    assert places == sorted(places)
    assert places[0] < 0.5 < places[-1]


def test_length_is_about_what_was_asked():
    sizes = {n: sum(len(p) for p in Report(n, 1).paragraphs()) for n in (2000, 20000)}
    assert 8 < sizes[20000] / sizes[2000] < 12
