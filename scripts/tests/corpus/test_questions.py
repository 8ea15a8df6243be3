"""Sentences and questions: whole, and the same for a seed."""

import os
import subprocess
import sys

from lab.corpus.entities import Entity
from lab.corpus.lexicon import Lexicon, plural
from lab.corpus.questions import Questions, synonyms
from lab.corpus.relations import RELATIONS


def test_sentences_and_questions():
    write = Questions("test")
    assert plural("box") == "boxes"
    assert plural("days") == "days"
    for name in RELATIONS:
        sentence, questions = RELATIONS[name](Entity(write, "copper valve", "the "))
        assert len(questions) >= 5, name
        assert "{" not in sentence + "".join(questions), name
    told, absent, name = write.cluster(4, 3)
    assert len(told) == 7
    assert [bool(t.questions) for t in told] == [True] * 4 + [False] * 3
    assert absent
    assert name.split()[-1].lower() in told[0].sentence.lower()
    assert write.about("The keeper of the lighthouse repaired seven lamps.")
    assert "cost" in synonyms()["price"]


def test_same_seed_same_words_whatever_the_hash_seed():
    program = "from lab.corpus.questions import Questions; w = Questions('x'); print([w.sentence() for _ in range(40)])"
    out = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1
    assert Lexicon("a").topic != Lexicon("b").topic
