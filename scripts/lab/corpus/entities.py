"""A thing that is spoken of, as the sentences about it name it."""

from __future__ import annotations

from lab.corpus.lexicon import past
from lab.corpus.sentences import Prose


class Entity:
    """The thing spoken of, with the words that one text uses around it."""

    def __init__(self, prose: Prose, name: str, article: str) -> None:
        self.prose = prose
        self.name = name
        self.full = article + name
        self.choose = prose.choose
        self.chance = prose.chance
        an = "an " if name[:1].lower() in "aeiou" else "a "
        self.any = an + name if article else name
        self.article = article
        self.other_verb = prose.verb()
        self.use_verb(prose.verb())

    def use_verb(self, verb: str) -> None:
        """Makes this the verb of what is told."""
        self.verb = verb
        self.done = past(verb)

    def ref(self) -> str:
        """The entity as a sentence may name it: the, this, your."""
        name = self.name
        return self.choose(
            self.full,
            self.full,
            self.full,
            f"this {name}" if self.article else name,
            f"your {name}" if self.article else name,
        )

    def some(self, depth: int = 1) -> str:
        """Another thing."""
        return self.prose.noun_phrase(depth)

    def be(self) -> str:
        """A form of to be."""
        return self.choose("is", "was", "will be", "has been")

    def tail(self, probability: float) -> str:
        """A circumstance at a sentence's end, as often as the probability says."""
        if not self.chance(probability):
            return ""
        p = self.prose
        if self.chance(0.6):
            link = self.choose(
                "at", "under", "within", "during", "after", "before", "without", "for", "with", "as part of"
            )
            return f" {link} {self.some()}"
        return f" {self.choose('unless', 'although', 'while', 'until', 'provided that', 'where', 'and')} {p.clause()}"
