"""What the reader is trained on: runs drawn from all sets, with what is right in each.

    mixture = Mixture(texts_of_sets, seed)
    drawn = mixture.draw(random, budget=256)       # a Run and its target

A run holds what retrieval finds for the question in the whole text, as at run time, the answering sentences put among
it; or the answering sentences are taken out, or the question is another text's: then nothing answers. PyTorch is not
needed here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tokenizers import Tokenizer

from lab.corpus.questions import Questions
from lab.reader.articles import Question
from lab.reader.layout import QUESTION, Piece, Run, fitting, lay_out
from lab.reader.texts import Text

# Share of each set among the runs, and of runs in which nothing answers.
SHARES = {"fairytaleqa": 0.27, "selqa": 0.28, "qamr": 0.20, "policyqa": 0.06, "pubmedqa": 0.05, "generated": 0.14}
NONE = {"fairytaleqa": 0.28, "selqa": 0.35, "qamr": 0.35, "policyqa": 0.10, "pubmedqa": 0.15, "generated": 0.15}
# Runs of at most so many tokens hold little but the answer: they teach short answers, so come from sets that have them.
SHORT = 96
SHORT_SHARES = {"qamr": 0.70, "fairytaleqa": 0.20, "generated": 0.10}
# Of the runs in which nothing answers: those that ask another text's question.
FOREIGN = 0.35
# Of the other runs: what is read beside the answer.
RETRIEVED = 0.8
AROUND = 0.12
# Of all: headings are shown, where there are any.
HEADED = 0.5


@dataclass
class Drawn:
    """A run and what is right: sentences (from 1; empty: none answers), those left out of the loss, span, verdict."""

    run: Run
    gold: list[int]
    spare: list[int]
    span: tuple[int, int] | None
    verdict: int | None
    told: bool


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
                return self.build(r, text, number, budget, removed=True)
        return self.build(r, text, number, budget)

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

    def build(self, r: random.Random, text: Text, number: int, budget: int, removed: bool = False) -> Drawn:
        """A question over its own text, with or without the sentences that answer it."""
        question = text.article.questions[number]
        away = question.gold | question.spare if removed else frozenset()
        order = [i for i in self.candidates(r, text, number, question, removed) if i not in away]
        run, place = self.lay(r, text, self.words(r, text, number), order, budget)
        gold = [place[i] for i in question.gold if i in place]
        spare = [place[i] for i in question.spare if i in place]
        span = None
        if text.spans[number] and text.spans[number][0] in place and not removed:
            sentence, first, last = text.spans[number]
            start = run.starts[place[sentence] - 1]
            span = (start + first, start + last)
        told = question.told and (removed or bool(gold) or not question.gold)
        return Drawn(run, gold, spare, span, question.verdict, told)

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
        self, r: random.Random, text: Text, question: list[int], order: list[int], budget: int
    ) -> tuple[Run, dict[int, int]]:
        """The run of those sentences that fit, and the number (from 1) of each."""
        shown = text.article.name == "generated" or r.random() < HEADED
        pieces = [Piece(s, h if shown else ()) for s, h in zip(text.sentences, text.headings, strict=True)]
        chosen = fitting(question, pieces, order, budget)
        run = lay_out(question, [pieces[i] for i in chosen], budget)
        return run, {i: k for k, i in enumerate(chosen, 1) if k <= len(run.starts)}

    def words(self, r: random.Random, text: Text, number: int) -> list[int]:
        """A question's token ids, now and then in other words, or as people type into a search."""
        u = r.random()
        if u >= 0.22 or text.article.name == "generated":
            return text.questions[number]
        words = text.article.questions[number].text
        self.write.random = r
        words = self.write.disturb(words) if u < 0.12 else words.rstrip("?. ")
        return self.tokenizer.encode(words, add_special_tokens=False).ids[:QUESTION]
