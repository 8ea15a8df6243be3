"""Samples of the adapter's training: the engine's prompt, and what is to be said after it.

    samples = Samples(prompts, examples_by_set)
    sample = samples.draw(Random(seed))            # token ids and how many of the last are the answer

A prompt holds what retrieval finds for the question in its text, the sentences that answer put among it, in document
order. Of a fifth of the questions these are taken out, or the text is another: then the answer is ABSENT. Everything
follows from the seed. PyTorch is not needed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lab.generator.examples import ABSENT, TOLD, Example, Source, told
from lab.generator.prompts import Prompts, fitting, room

# Share of each set among the samples.
SHARES = {"qamr": 0.44, "fairytaleqa": 0.24, "policyqa": 0.06, "selqa": 0.08, "scitldr": 0.1, "qmsum": 0.08}
# Of the questions: those that nothing answers; of these, those asked of another text.
NONE = 0.2
FOREIGN = 0.35
# Most tokens of sentences, and how often each: what the engine shows of a short text, or of a long one.
ROOMS = {64: 0.15, 128: 0.25, 192: 0.25, 256: 0.2, 384: 0.15}
# The scenario that a phone has time for (`short` of model.json).
SCENARIO = {"window": 512, "recall": 384}
# Tokens of a sample: a longer one is not drawn.
MOST = 512
# Sentences shown where no word of a question stands in the text.
LEADING = 12
TRIES = 200


@dataclass(frozen=True)
class Sample:
    """A prompt with its answer; the last `answer` ids are what is learned, the end of the turn among them."""

    ids: list[int]
    answer: int


class Samples:
    """Draws samples from sets of examples."""

    def __init__(self, prompts: Prompts, sets: dict[str, list[Example]], end: int) -> None:
        """end: the token that ends an answer. Raises ValueError where no set has an example."""
        self.prompts = prompts
        self.sets = {name: sets[name] for name in SHARES if sets.get(name)}
        self.end = end
        if not self.sets:
            raise ValueError(f"found no examples in any of {', '.join(SHARES)}, expected some")

    def draw(self, r: Random) -> Sample:
        """A sample of at most MOST tokens."""
        names = [*self.sets]
        for _ in range(TRIES):
            name = r.choices(names, [SHARES[n] for n in names])[0]
            example = r.choice(self.sets[name])
            sample = self.summary(r, example) if example.summary else self.question(r, name, example)
            if sample and len(sample.ids) <= MOST:
                return sample
        raise ValueError(f"found no sample of up to {MOST} tokens in {TRIES} examples, expected one")

    def question(self, r: Random, name: str, example: Example) -> Sample | None:
        """A question over its own text, or over one that does not answer it."""
        gold = example.gold
        source = example.source
        answer = example.answer
        away: frozenset[int] = frozenset()
        if r.random() < NONE:
            answer = ABSENT
            away = frozenset(gold) | example.spare
            gold = ()
            if r.random() < FOREIGN:
                other = r.choice(self.sets[name]).source
                away = away if other is source else frozenset()
                source = other
        ranked = [i for i, _ in source.retrieval.ranked(example.question)] or [*range(len(source.sentences))][:LEADING]
        order = [i for i in dict.fromkeys([*gold, *ranked]) if i not in away]
        shown = self.shown(source, order, self.left(r, example.question))
        if not shown or (gold and gold[0] not in shown):
            return None
        pieces = [self.prompts.piece(source.sentences[i]) for i in shown]
        return self.sample(self.prompts.ask(example.question, pieces), answer)

    def left(self, r: Random, question: str) -> int:
        """Room for sentences, now and then less than the scenario has."""
        before, after = self.prompts.question(question)
        return min(r.choices([*ROOMS], [*ROOMS.values()])[0], room(SCENARIO, len(before) + len(after)))

    def shown(self, source: Source, order: list[int], left: int) -> list[int]:
        """Those of some sentences that fit, ascending."""
        pieces = {i: self.prompts.piece(source.sentences[i]) for i in order[: left // 4]}
        return fitting(pieces, pieces, left)

    def summary(self, r: Random, example: Example) -> Sample | None:
        """A summary of the gold sentences, or of those that fit where they say most of it."""
        task = len(self.prompts.summary(example.question))
        shown = self.shown(example.source, list(example.gold), room(SCENARIO, task))
        if not shown or told(example, iter(shown)) < TOLD:
            return None
        pieces = [self.prompts.piece(example.source.sentences[i]) for i in shown]
        return self.sample(self.prompts.summarize(pieces, example.question), example.answer)

    def sample(self, prompt: list[int], answer: str) -> Sample:
        """A prompt and what is said after it."""
        said = [*self.prompts.answer(answer), self.end]
        return Sample([*prompt, *said], len(said))
