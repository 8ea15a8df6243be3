"""What a text declares once and a reader remembers: the wordings that training gives the memory to carry.

    fact = Declarer(write).fact()
    fact.sentence, fact.question, fact.value      # "The code that opens the copper valve is 48213.", …

A fact is told in one sentence or one `key: value` line, which the answer says again word for word: so an answer out of
the memory can be looked up in the text. No two facts of one `Declarer` are of the same wording about the same thing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab.corpus.lexicon import ADJECTIVE, NOUN
from lab.corpus.questions import Questions

TELLING_WORDS = (
    "key code access password secret belongs owner deadline budget total Author Date Reference Place".split()
)
TOPIC = "The text is about {v}."
TOPIC_QUESTIONS = (
    "What is this text about|What is the text about|What is the topic|What is the subject of the document|"
    "Which topic does the text treat|What is this document about|What does the text deal with|What is it about"
).split("|")


@dataclass(frozen=True)
class Wording:
    """How a kind of fact is told and asked for; {e} is an entity, {E} the same at a sentence's start, {v} the value."""

    value: str  # what the value is: code, word, name, date, amount or place
    sentence: str
    questions: tuple[str, ...]

    def of_a_thing(self) -> bool:
        """Whether the value is one of an entity, of which a text may have several."""
        return "{e}" in self.sentence.lower()


@cache
def wordings() -> tuple[Wording, ...]:
    """Those of data/facts.jsonl, in its order."""
    lines = (Path(__file__).parent / "data/facts.jsonl").read_text("ascii").splitlines()
    rows = [json.loads(line) for line in lines]
    return tuple(Wording(row["value"], row["sentence"], tuple(row["questions"])) for row in rows)


@dataclass(frozen=True)
class Fact:
    """A declared fact, a question about it, and the value that answers."""

    sentence: str
    question: str
    value: str


class Declarer:
    """Facts of one text. `alike`: most of one to three wordings, so that only what they are about tells them apart."""

    def __init__(self, write: Questions, alike: bool = False) -> None:
        self.write = write
        self.told = set()
        self.wordings = wordings()
        if alike:
            of_things = [wording for wording in wordings() if wording.of_a_thing()]
            others = [wording for wording in wordings() if not wording.of_a_thing()]
            self.wordings = [*write.random.sample(of_things, write.choose(1, 2, 3)), write.choose(*others)]

    def fact(self) -> Fact:
        """A fact whose wording and thing this text has not had yet."""
        w = self.write
        while True:
            wording = w.choose(*self.wordings)
            entity = w.word(NOUN) if w.chance(0.15) else f"{w.word(w.choose(ADJECTIVE, NOUN))} {w.word(NOUN)}"
            key = (wording.sentence, entity if wording.of_a_thing() else "")
            if key not in self.told:
                break
        self.told.add(key)
        slots = {"e": f"the {entity}", "E": f"The {entity}", "v": self.value(wording.value)}
        question = w.choose(*wording.questions).format_map(slots)
        return Fact(wording.sentence.format_map(slots), self.asked(question), slots["v"])

    def topic(self, name: str) -> Fact:
        """What the text is about, as a fact."""
        return Fact(TOPIC.format(v=name), self.asked(self.write.choose(*TOPIC_QUESTIONS)), name)

    def asked(self, question: str) -> str:
        """A question as people type it: now and then without capital letters or question mark."""
        w = self.write
        text = question.lower() if w.chance(0.15) else question
        return text + ("?" if w.chance(0.85) else "")

    def value(self, kind: str) -> str:
        """A value of a kind: code, word, name, date, amount or place."""
        w = self.write
        if kind == "code":
            return str(w.random.randint(1000, 99_999))
        if kind == "word":
            return w.fresh(NOUN) if w.chance(0.8) else w.made_up()
        if kind == "name":
            return f"{w.listed_name()} {w.listed_name()}" if w.chance(0.7) else w.new_name().rstrip(".")
        return {"date": w.date, "amount": w.quantity, "place": w.place}[kind]()
