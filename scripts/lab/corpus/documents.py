"""Generated documents with questions whose answers are known: what is asked about when a model is evaluated.

    document = make(tokens=8192, seed="evaluate/1")
    document.text, document.queries

A document is a report of sections. Some are about places, in shapes of sentences that no training has seen
(reports.py); some are about things and tell what the training's relations tell, in other words (questions.py); codes
that open things stand among them. Seeds begin with the name of the program that asks, so training, calibrating and
evaluating never share a text. The same seed gives the same bytes. Standard library only.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from lab.corpus.lexicon import Lexicon, capital
from lab.corpus.questions import Questions
from lab.corpus.reports import FRAMES, LEADS, TOLD, Section

BYTES_PER_TOKEN = 3.0  # of the demo model's tokenizer on such text, about
FACTS = ("place", "thing")  # a sentence answers: shapes of sentences held out, and shapes of the training
KEY = "key"  # which code opens something
ABSENT = ("foreign", "untold")  # nothing answers: about nothing in the document, and about something that is
KINDS = (*FACTS, KEY, *ABSENT)


@dataclass(frozen=True)
class Query:
    """A question and the one sentence that answers it; no sentence: the document does not say. `value`: what an answer
    in a model's own words has to name (passkeys.py)."""

    kind: str
    question: str
    sentence: str = ""
    value: str = ""


@dataclass
class Document:
    """A text and what is asked about it."""

    text: str
    queries: list[Query]


@dataclass
class Part:
    """A section: its heading, its sentences in order, and what may be asked about it."""

    heading: str
    sentences: list[str]
    queries: list[Query] = field(default_factory=list)


class Writer:
    """Sections of one document; no two are about the same thing."""

    def __init__(self, seed: str) -> None:
        self.places = Lexicon(f"{seed}/places")
        self.things = Questions(f"{seed}/things")
        self.random = self.places.random
        self.taken: set[str] = set()

    def place(self) -> Part:
        """A section about a place, with one fact that is asked for and one question that it does not answer."""
        section = Section(self.places, 4)
        while section.town in self.taken:
            section = Section(self.places, 4)
        self.taken.add(section.town)
        shape, other = self.random.sample(range(len(TOLD)), 2)
        fact = section.tell(shape)
        untold = section.tell(other)
        frames = self.random.sample(FRAMES, self.random.randint(3, 9))
        sentences = [section.say(self.places.choose(*LEADS)), *map(section.say, frames)]
        sentences.insert(self.random.randint(1, len(sentences)), fact.sentence)
        queries = [Query("place", fact.question, fact.sentence), Query("untold", untold.question)]
        return Part(capital(section.full), sentences, queries)

    def thing(self) -> Part:
        """A section about a thing: what the training's relations tell, in other words."""
        write = self.things
        r = self.things.random
        write.new_topic()
        told, absent, name = write.cluster(r.randint(2, 5), r.randint(1, 3))
        while name.lower() in self.taken or " " not in name:
            told, absent, name = write.cluster(r.randint(2, 5), r.randint(1, 3))
        self.taken.add(name.lower())
        ways = [
            (with_full_stop(one.sentence), [q for q in one.questions if name.lower() in q.lower()])
            for one in told
            if len(one.sentence) < 400 and name.lower() in one.sentence.lower()
        ]
        queries = [Query("thing", choose_question(write, some), sentence) for sentence, some in ways if some]
        if absent := [q for q in absent if name.lower() in q.lower()]:
            queries.append(Query("untold", choose_question(write, absent)))
        sentences = [sentence for sentence, _ in ways] + [
            with_full_stop(write.sentence()) for _ in range(r.randint(1, 4))
        ]
        r.shuffle(sentences)
        return Part(capital(name), sentences, queries)

    def key(self) -> Query:
        """A lock and its code."""
        name, _ = self.things.entity()
        while name.lower() in self.taken or " " not in name:
            name, _ = self.things.entity()
        self.taken.add(name.lower())
        code = self.random.randint(10_000, 99_999)
        return Query(KEY, f"Which code opens the {name}?", f"The code that opens the {name} is {code}.")


def with_full_stop(sentence: str) -> str:
    """With a full stop, so that it stays one sentence in running text."""
    return sentence if sentence.endswith((".", "!")) else sentence.rstrip(";:, ") + "."


def choose_question(write: Questions, ways: list[str]) -> str:
    """One way to ask, with or without its question mark."""
    return write.choose(*ways) + ("?" if write.chance(0.85) else "")


def make_document(tokens: int, seed: str, facts: int = 50, keys: int = 50, absent: int = 50) -> Document:
    """A document of about `tokens` tokens with at most so many questions of each sort, spread evenly over it.

    A short one gets fewer: there is a fact for each 128 tokens, a key and an absent one for each 256."""
    write = Writer(seed)
    facts, keys, absent = (max(1, min(n, tokens // each)) for n, each in ((facts, 128), (keys, 256), (absent, 256)))
    parts = sections(write, tokens * BYTES_PER_TOKEN - keys * 60)
    locked = [write.key() for _ in range(keys)]
    for number, key in enumerate(locked):
        sentences = parts[(2 * number + 1) * len(parts) // (2 * keys)].sentences
        sentences.insert(write.random.randint(0, len(sentences)), key.sentence)
    text = "\n\n".join(paragraphs(write, parts)) + "\n"
    folded = " ".join(text.split())
    told = [a for part in parts for a in part.queries if a.sentence and folded.count(fold_spaces(a.sentence)) == 1]
    untold = [a for part in parts for a in part.queries if not a.sentence]
    foreign = foreign_queries(f"{seed}/foreign", absent, write.taken)
    queries = [a for kind in FACTS for a in evenly([a for a in told if a.kind == kind], facts // 2 or 1)]
    queries += [*locked, *evenly(untold, absent // 2), *foreign[: absent - absent // 2]]
    return Document(text, queries)


def sections(write: Writer, budget: float) -> list[Part]:
    """As many as fill so many bytes."""
    parts = []
    written = 0.0
    while written < budget:
        part = write.place() if write.random.random() < 0.6 else write.thing()
        left = budget - written
        while len(part.sentences) > 2 and sum(map(len, part.sentences)) > left:
            gone = part.sentences.pop()
            part.queries = [a for a in part.queries if a.sentence != gone]
        parts.append(part)
        written += sum(len(s.encode()) + 1 for s in part.sentences) + len(part.heading) + 6
    return parts


def foreign_queries(seed: str, count: int, taken: set[str]) -> list[Query]:
    """Questions of the same shapes about what is not in the document."""
    other = Writer(seed)
    found = []
    other.taken |= taken
    while len(found) < count:
        part = other.place() if len(found) % 2 else other.thing()
        found += [Query("foreign", a.question) for a in part.queries if a.sentence][:1]
    found[::5] = [Query("foreign", other.key().question) for _ in found[::5]]
    return found


def paragraphs(write: Writer, parts: list[Part]) -> list[str]:
    """Headings, and paragraphs of three to seven sentences of which some are hard-wrapped."""
    r = write.random
    wrap = textwrap.TextWrapper(76, break_long_words=False, break_on_hyphens=False)
    out = [f"Report on the places and things of {write.places.place()}"]
    for number, part in enumerate(parts, 1):
        out.append(f"{number}. {part.heading}")
        sentences = list(part.sentences)
        while sentences:
            count = r.randint(3, 7)
            text = " ".join(sentences[:count])
            out.append(wrap.fill(text) if r.random() < 0.5 else text)
            sentences = sentences[count:]
    return out


def evenly(items: list[Query], count: int) -> list[Query]:
    """At most `count` of the items, evenly spaced."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def fold_spaces(text: str) -> str:
    """A text with single spaces between its words."""
    return " ".join(text.split())
