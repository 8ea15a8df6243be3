"""Documents for the memory: facts that stand once, outside of the window."""

import re
from itertools import pairwise

import pytest

from lab.corpus import passkeys
from lab.corpus.lexicon import topics
from lab.evaluate.score import names


@pytest.mark.parametrize(("tokens", "keys"), [(2048, 6), (9000, 8)])
def test_declared_facts_stand_once_and_outside_the_window(tokens, keys):
    document = passkeys.passkeys(tokens, "test/1", keys)
    assert document == passkeys.passkeys(tokens, "test/1", keys)
    assert document.text != passkeys.passkeys(tokens, "test/2", keys).text
    assert len(document.queries) == keys == len({a.question for a in document.queries})
    assert [a.kind for a in document.queries].count(passkeys.ONCE) == 1
    blocks = document.text.rstrip("\n").split("\n\n")
    at = [blocks.index(a.sentence) for a in document.queries]
    assert at == sorted(at)
    before = [len(document.text[: document.text.index(a.sentence)].encode()) for a in document.queries]
    total = len(document.text.encode())
    assert total - before[-1] >= 0.95 * passkeys.TAIL * passkeys.BYTES_PER_TOKEN
    assert max(b - a for a, b in pairwise(before)) < 0.4 * total
    for query in document.queries:
        assert query.value in query.sentence
        assert names({"found": True, "text": query.sentence}, query.value)
        rest = document.text.replace(query.sentence, "")
        assert not names({"found": True, "text": rest}, query.value)
        if query.kind != passkeys.ONCE:
            entity = query.question.rstrip("?").split(" the ")[-1]
            assert len(entity.split()) == 2
            assert entity not in rest


def test_every_second_paragraph_is_about_the_topic_and_the_last_ones_are_not():
    counts = {}
    for number in range(6):
        document = passkeys.topical(4096, f"test/{number}")
        assert document == passkeys.topical(4096, f"test/{number}")
        (query,) = document.queries
        assert not names({"found": True, "text": document.text}, query.value)
        mine = set(topics()[query.value]).difference(*(w for name, w in topics().items() if name != query.value))
        blocks = [set(re.findall(r"[a-z]+", block)) for block in document.text.split("\n\n")]
        shares = [len(words & mine) >= 4 for words in blocks]
        last = len(shares) - shares[::-1].index(True)
        assert 0.3 < sum(shares[:last]) / last < 0.65
        tail = "\n\n".join(document.text.split("\n\n")[last:])
        assert len(tail.encode()) >= 0.95 * passkeys.TAIL * passkeys.BYTES_PER_TOKEN
        counts[query.value] = query.question
    assert len(counts) > 2
    assert all("{noun}" in frame for frame in passkeys.FRAMES)
