"""Questions made by rule out of real documents, each answered by exactly one sentence.

    cut = Cut(text)
    for made in rule_made("hard", "GPL-3", cut, 50): made.question, cut.sentences[made.at]

plain: 40 to 60 % of a sentence's content words, in their order; no other sentence holds as many of them.
hard: three to five of them and at most half, the rarest of which was swapped for a synonym (synonyms.txt); no other
sentence holds them all, before the swap or with any synonym. Nothing is chosen by what BM25 or a model makes of it.
The same seed gives the same questions. Standard library only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lab.corpus.questions import content_words, synonyms
from lab.evaluate.bm25 import Bm25, sentences, stems

SETS = ("plain", "hard")
OPENINGS = ("What is said about", "What about", "Which sentence speaks of")
SHORTEST = 40  # characters of a sentence asked for
LONGEST = 360  # the engine cuts longer ones
FEWEST = 3  # words of a hard question, at least
MOST = 5  # and at most
TRIES = 6  # how often others are drawn
AROUND = 6  # sentences of a passage
PASSAGE = 900  # characters of a passage


@dataclass(frozen=True)
class Made:
    """A question made out of a sentence."""

    question: str
    at: int  # the sentence that answers


class Cut:
    """A document cut into sentences, with what BM25 makes of it."""

    def __init__(self, text: str) -> None:
        pairs = [(n, s) for n, part in enumerate(re.split(r"\n\s*\n", text)) for s in sentences(part)]
        self.paragraphs = [n for n, _ in pairs]
        self.sentences = [s for _, s in pairs]
        self.holders: dict[str, set[int]] = {}  # stem -> the sentences that hold it
        for at, sentence in enumerate(self.sentences):
            for stem in stems(sentence):
                self.holders.setdefault(stem, set()).add(at)
        self.index = Bm25(self.sentences)

    def holding(self, words: Iterable[Iterable[str]]) -> set[int]:
        """The sentences that hold every word, each given as the stems that count as it."""
        return set.intersection(*(set().union(*(self.holders.get(stem, ()) for stem in word)) for word in words))

    def best(self, question: str) -> int:
        """BM25's best sentence."""
        scores = self.index.scores(question)
        return scores.index(max(scores))

    def passage(self, at: int, seed: str) -> str:
        """A short document: the sentence, anywhere among its neighbours."""
        first = max(0, at - random.Random(f"{seed}/{at}").randrange(AROUND))
        taken = list(range(first, min(first + AROUND, len(self.sentences))))
        while len(taken) > 1 and sum(len(self.sentences[i]) for i in taken) > PASSAGE:
            taken.pop(0 if at - taken[0] > taken[-1] - at else -1)
        out = self.sentences[taken[0]]
        for i in taken[1:]:
            out += (" " if self.paragraphs[i] == self.paragraphs[i - 1] else "\n\n") + self.sentences[i]
        return out + "\n"


def plain(r: random.Random, cut: Cut, at: int) -> list[str]:
    """Half of a sentence's words, or none where another sentence holds them all."""
    words = list(dict.fromkeys(w for w in content_words(cut.sentences[at]) if w[0].isalpha()))
    count = int(len(words) * r.uniform(0.4, 0.6))
    if count < 3:
        return []
    kept = [words[i].lower() for i in sorted(r.sample(range(len(words)), count))][:8]
    return kept if cut.holding([stem] for stem in stems(" ".join(kept))) == {at} else []


def hard(r: random.Random, cut: Cut, at: int) -> list[str]:
    """A few of a sentence's words, the rarest of them swapped for a synonym; none where that is not possible."""
    by_stem = {stems(w)[0]: w.lower() for w in reversed(content_words(cut.sentences[at])) if w.isalpha() and stems(w)}
    words = dict(reversed(by_stem.items()))  # stem -> the word where it first stands, in the sentence's order
    same = {stem: {stem, *stems(" ".join(synonyms().get(word, ())))} for stem, word in words.items()}
    known = [stem for stem in words if len(same[stem]) > 1 and len(same[stem] & words.keys()) == 1]
    if not known or len(words) < 2 * FEWEST:
        return []
    swapped = min(known, key=lambda stem: len(cut.holders[stem]))
    rarest = len(cut.holders[swapped])
    others = [stem for stem in words if stem != swapped and len(cut.holders[stem]) >= rarest]
    for _ in range(TRIES):
        count = r.randint(FEWEST, min(MOST, len(words) // 2)) - 1
        if count > len(others):
            continue
        kept = {swapped, *r.sample(others, count)}
        if cut.holding(same[stem] for stem in kept) == {at}:
            synonym = r.choice(synonyms()[words[swapped]])
            return [synonym if stem == swapped else word for stem, word in words.items() if stem in kept]
    return []


def rule_made(kind: str, name: str, cut: Cut, most: int) -> list[Made]:
    """At most so many questions, evenly over the document."""
    r = random.Random(f"real/{name}/{kind}")
    rule = {"plain": plain, "hard": hard}[kind]
    found = []
    for at, sentence in enumerate(cut.sentences):
        if SHORTEST <= len(sentence) <= LONGEST and (words := rule(r, cut, at)):
            found.append(Made(f"{r.choice(OPENINGS)} {' '.join(words)}?", at))
    count = min(most, len(found))
    return [found[i * len(found) // count] for i in range(count)]
