"""What a text declares once and a reader remembers: the wordings that training gives the memory to carry.

    fact = Declarer(write).fact()
    fact.sentence, fact.question, fact.value      # "The code that opens the copper valve is 48213.", …

A fact is told in one sentence or one `key: value` line, which the answer says again word for word: so an answer out of
the memory can be looked up in the text. No two facts of one `Declarer` are of the same wording about the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.corpus.lexicon import ADJECTIVE, NOUN
from lab.corpus.questions import Questions

DECLARED = (  # (what the value is, the sentence, questions); {e}: an entity, {v}: the value
    ("code", "The pass key is {v}.", "What is the pass key|Tell me the pass key|Which pass key is given"),
    ("code", "The code that opens {e} is {v}.", "Which code opens {e}|What is the code that opens {e}|"
     "What is the code of {e}|What code do I need for {e}"),
    ("code", "The code that opens {e} is {v}.", "Which code opens {e}|What code opens {e}|How do I open {e}"),
    ("code", "The access number of {e} is {v}.", "What is the access number of {e}|Which access number has {e}|"
     "Tell me the access number of {e}"),
    ("word", "The password of {e} is {v}.", "What is the password of {e}|Which password does {e} have|"
     "Tell me the password of {e}|What password do I need for {e}"),
    ("word", "The secret word is {v}.", "What is the secret word|Which secret word is given|Tell me the secret word"),
    ("word", "{E} belongs to {v}.", "Whom does {e} belong to|To whom does {e} belong|Who owns {e}"),
    ("name", "The owner of {e} is {v}.", "Who is the owner of {e}|Who owns {e}|What is the name of the owner of {e}"),
    ("date", "The deadline of {e} is {v}.", "What is the deadline of {e}|When is the deadline of {e}"),
    ("amount", "The budget of {e} is {v}.", "What is the budget of {e}|How much is the budget of {e}"),
    ("amount", "The total is {v}.", "What is the total|How much is the total|What is the sum in all"),
    ("name", "Author: {v}", "Who is the author|Who wrote this|What is the name of the author"),
    ("date", "Date: {v}", "What is the date of this text|When was this written|What date does it bear"),
    ("code", "Reference number: {v}", "What is the reference number|Which reference number does it bear"),
    ("place", "Place: {v}", "What is the place|At which place was this written"),
)  # fmt: skip
TELLING_WORDS = (
    "key code access password secret belongs owner deadline budget total Author Date Reference Place".split()
)
TOPIC = "The text is about {v}."
TOPIC_QUESTIONS = (
    "What is this text about|What is the text about|What is the topic|What is the subject of the document|"
    "Which topic does the text treat|What is this document about|What does the text deal with|What is it about"
).split("|")


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
        self.wordings = DECLARED
        if alike:
            of_things = [row for row in DECLARED if "{e}" in row[1].lower()]
            others = [row for row in DECLARED if row not in of_things]
            self.wordings = [*write.random.sample(of_things, write.choose(1, 2, 3)), write.choose(*others)]

    def fact(self) -> Fact:
        """A fact whose wording and thing this text has not had yet."""
        w = self.write
        while True:
            kind, sentence, questions = w.choose(*self.wordings)
            entity = w.word(NOUN) if w.chance(0.15) else f"{w.word(w.choose(ADJECTIVE, NOUN))} {w.word(NOUN)}"
            key = (sentence, entity if "{e}" in sentence.lower() else "")
            if key not in self.told:
                break
        self.told.add(key)
        slots = {"e": f"the {entity}", "E": f"The {entity}", "v": self.value(kind)}
        question = w.choose(*questions.split("|")).format_map(slots)
        return Fact(sentence.format_map(slots), self.asked(question), slots["v"])

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
