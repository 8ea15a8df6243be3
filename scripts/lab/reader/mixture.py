"""What the reader is trained on: runs drawn from all sets, with what is right in each.

    mixture = Mixture(texts_of_sets, seed)
    drawn = mixture.draw(random, budget=256)       # a Run and its target

A run holds what retrieval finds for the question in the whole text, as at run time, the answering sentences put among
it; or the answering sentences are taken out, or the question is another text's: then nothing answers. PyTorch is not
needed here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tokenizers import Tokenizer

from lab.corpus.questions import Questions
from lab.reader.articles import Question
from lab.reader.layout import QUESTION, Piece, Run, fitting, lay_out
from lab.reader.texts import Text

# Share of each set among the runs, and of runs in which nothing answers.
SHARES = {"fairytaleqa": 0.25, "selqa": 0.22, "qamr": 0.31, "policyqa": 0.06, "pubmedqa": 0.03, "generated": 0.13}
NONE = {"fairytaleqa": 0.28, "selqa": 0.35, "qamr": 0.35, "policyqa": 0.10, "pubmedqa": 0.15, "generated": 0.15}
# Runs of at most so many tokens hold little but the answer: they teach short answers, so come from sets that have them.
SHORT = 96
SHORT_SHARES = {"qamr": 0.70, "fairytaleqa": 0.20, "generated": 0.10}
# Of the runs in which nothing answers: those that ask another text's question.
FOREIGN = 0.35
# Of the other runs: what is read beside the answer.
RETRIEVED = 0.8
AROUND = 0.12
# Of all: headings are shown, where there are any; other texts of the set are read with it, as one long document.
HEADED = 0.5
JOINED = {"selqa": 0.25, "qamr": 0.2, "pubmedqa": 0.25}
OTHERS = 4
EACH = 3
# Sets that name every sentence that answers: what the reader took for one, and how near it came, is shown again.
NAMED = ("selqa", "qamr", "generated")
NEAR = 1.0
KEPT = 4


@dataclass
class Drawn:
    """A run and what is right: sentences (from 1; empty: none answers), those left out of the loss, span, verdict."""

    run: Run
    gold: list[int]
    spare: list[int]
    span: tuple[int, int] | None
    verdict: int | None
    told: bool
    # Where it was drawn from: the text, the question's number, which sentence each of the run's is (None: another's).
    source: tuple[Text, int, list[int | None]] | None = None


class Mixture:
    """Draws runs from sets of texts."""

    def __init__(
        self, sets: dict[str, list[Text]], tokenizer: Tokenizer, shares: dict[str, float] | None = None
    ) -> None:
        self.sets = sets
        self.tokenizer = tokenizer
        shares = shares or SHARES
        self.shares = {name: shares[name] for name in shares if sets.get(name)}
        self.short = {name: SHORT_SHARES[name] for name in SHORT_SHARES if sets.get(name)}
        self.asked = {name: [(t, q) for t in sets[name] for q in range(len(t.questions))] for name in self.shares}
        self.write = Questions("reader/mixture")

    def draw(self, r: random.Random, budget: int) -> Drawn:
        """A run of at most `budget` tokens."""
        shares = self.short if budget <= SHORT else self.shares
        name = r.choices([*shares], [*shares.values()])[0]
        text, number = r.choice(self.asked[name])
        question = text.article.questions[number]
        if question.told and r.random() < NONE[name]:
            if r.random() < FOREIGN and len(self.sets[name]) > 1:
                return self.foreign(r, name, text, number, budget)
            if question.gold:
                return self.build(r, name, text, number, budget, removed=True)
        return self.build(r, name, text, number, budget)

    def foreign(self, r: random.Random, name: str, text: Text, number: int, budget: int) -> Drawn:
        """Another text's question over this one."""
        other = text
        asked = number
        while other is text:
            other, asked = r.choice(self.asked[name])
        words = other.article.questions[asked].text
        ranked = [i for i, _ in text.retrieval.ranked(words)] or r.sample(
            range(len(text.sentences)), min(20, len(text.sentences))
        )
        run = self.lay(r, text, self.words(r, other, asked), ranked, budget)[0]
        return Drawn(run, [], [], None, None, True)

    def build(self, r: random.Random, name: str, text: Text, number: int, budget: int, removed: bool = False) -> Drawn:
        """A question over its own text, with or without the sentences that answer it."""
        question = text.article.questions[number]
        away = question.gold | question.spare if removed else frozenset()
        order = [i for i in self.candidates(r, text, number, question, removed) if i not in away]
        strange = self.strange(r, name, text, question.text) if r.random() < JOINED.get(name, 0) else []
        run, place = self.lay(r, text, self.words(r, text, number), order, budget, strange)
        gold = [place[i] for i in question.gold if i in place]
        spare = [place[i] for i in question.spare if i in place]
        span = None
        if text.spans[number] and text.spans[number][0] in place and not removed:
            sentence, first, last = text.spans[number]
            start = run.starts[place[sentence] - 1]
            span = (start + first, start + last)
        told = question.told and (removed or bool(gold) or not question.gold)
        source = None
        if name in NAMED:
            number_of = {k: i for i, k in place.items()}
            source = (text, number, [number_of.get(k) for k in range(1, len(run.starts) + 1)])
        return Drawn(run, gold, spare, span, question.verdict, told, source)

    def strange(self, r: random.Random, name: str, text: Text, question: str) -> list[Piece]:
        """What retrieval finds for a question in a few other texts of its set."""
        found = []
        for other in r.sample(self.sets[name], min(OTHERS, len(self.sets[name]))):
            if other is not text:
                ranked = other.retrieval.ranked(question, passages=EACH)[:EACH]
                found += [(score, Piece(other.sentences[i], other.headings[i])) for i, score in ranked]
        return [piece for _, piece in sorted(found, key=lambda item: -item[0])]

    def remember(self, drawn: Drawn, relevance: Sequence[float]) -> None:
        """Keeps the sentences that the reader took for the answer, or nearly, for the next time it is asked."""
        if not (drawn.source and drawn.told):
            return
        text, number, sentences = drawn.source
        if not sentences:
            return
        least = max((relevance[k - 1] for k in drawn.gold), default=max(relevance[: len(sentences)])) - NEAR
        wrong = [
            (relevance[k], i)
            for k, i in enumerate(sentences)
            if i is not None and k + 1 not in (*drawn.gold, *drawn.spare) and relevance[k] >= least
        ]
        text.mistakes[number] = [i for _, i in sorted(wrong, reverse=True)[:KEPT]]

    def candidates(self, r: random.Random, text: Text, number: int, question: Question, removed: bool) -> list[int]:
        """The sentences to be read, most wanted first: the answer's, then those retrieved, around it or at random."""
        count = len(text.sentences)
        gold = sorted(question.gold)
        ranked = [i for i, _ in text.retrieval.ranked(question.text)]
        u = r.random()
        leading = r.choice(gold) if gold else r.randrange(count)
        if u < RETRIEVED or not question.told:
            order = ranked
        elif u < RETRIEVED + AROUND:
            start = max(0, leading - r.randrange(12))
            order = [*range(start, min(count, start + 30))]
        else:
            order = r.sample(range(count), count)
        if not order:
            order = r.sample(range(count), count)
        if text.mistakes.get(number) and r.random() < 0.7:
            order = [*text.mistakes[number], *order]
        first = [] if removed or not gold else [leading] if r.random() < 0.5 else r.sample(gold, len(gold))
        if first and r.random() < 0.4:
            first += [i for i in (leading - 1, leading + 1) if 0 <= i < count]
        return list(dict.fromkeys([*first, *order]))

    def lay(
        self,
        r: random.Random,
        text: Text,
        question: list[int],
        order: list[int],
        budget: int,
        strange: Sequence[Piece] = (),
    ) -> tuple[Run, dict[int, int]]:
        """The run of those sentences that fit, every other one strange, and the number (from 1) of each own one."""
        shown = text.article.name == "generated" or r.random() < HEADED
        pieces = [Piece(s, h if shown else ()) for s, h in zip(text.sentences, text.headings, strict=True)]
        before = r.randrange(len(strange) + 1)
        count = len(pieces)
        strange = [piece if shown else Piece(piece.sentence) for piece in strange]
        pieces = [*strange[:before], *pieces, *strange[before:]]
        others = [k if k < before else k + count for k in range(len(strange))]
        mixed = [i for pair in zip_longest([i + before for i in order], others) for i in pair if i is not None]
        chosen = fitting(question, pieces, mixed, budget)
        run = lay_out(question, [pieces[i] for i in chosen], budget)
        laid = enumerate(chosen[: len(run.starts)], 1)
        return run, {i - before: k for k, i in laid if before <= i < before + count}

    def words(self, r: random.Random, text: Text, number: int) -> list[int]:
        """A question's token ids, now and then in other words, or as people type into a search."""
        u = r.random()
        if u >= 0.22 or text.article.name == "generated":
            return text.questions[number]
        words = text.article.questions[number].text
        self.write.random = r
        words = self.write.disturb(words) if u < 0.12 else words.rstrip("?. ")
        return self.tokenizer.encode(words, add_special_tokens=False).ids[:QUESTION]
