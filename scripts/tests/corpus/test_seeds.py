"""Texts that something is measured on are no texts that anything was made by."""

import re

import pytest

from lab.corpus import seeds
from lab.corpus.documents import make_document
from lab.evaluate import calibrate, memory

ALL = (*seeds.MADE_BY, *seeds.MEASURED_BY)


def test_no_seed_is_shared():
    named = [value for name, value in vars(seeds).items() if re.fullmatch("[A-Z_]+", name) and isinstance(value, str)]
    assert sorted(named) == sorted(ALL)
    assert not any(a != b and a.startswith(b) for a in ALL for b in ALL)
    assert len(set(ALL)) == len(ALL)


@pytest.mark.parametrize("name", memory.TASKS)
def test_the_memory_is_evaluated_on_its_own(name):
    found = memory.TASKS[name].seeds(name, 2048, 20)
    assert all(seed.startswith(f"{seeds.EVALUATE}/{name}/2048/") for seed in found)


def test_other_seeds_are_other_texts():
    texts = {make_document(300, f"{prefix}/1").text for prefix in ALL}
    assert len(texts) == len(ALL)
    assert calibrate.documents(seeds.CALIBRATE, 1)[0][1].text not in texts
