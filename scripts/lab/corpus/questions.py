"""Questions that one sentence of a text answers, made together with that sentence or out of it.

`Questions.cluster()` tells several things about one entity ("the copper valve"), each with natural questions for it,
and mentions the entity elsewhere without telling any of them: word overlap alone does not find the answer.
`Questions.about()` asks for any sentence with some of its own words, changed. `Questions.disturb()` drops, inflects
and swaps words (synonyms.txt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lab.corpus.entities import Entity
from lab.corpus.lexicon import ADJECTIVE, ADVERB, NOUN, STOP_WORDS, VERB, capital, gerund, past, plural, word_classes
from lab.corpus.relations import RELATIONS
from lab.corpus.sentences import Prose

WORD = re.compile(r"[^\W_](?:[\w\-'/.@:,]*[^\W_])?")
NUMBERS = re.compile(r"\d")  # dates and amounts
GLUE = "the of in to is for a does on with by and about are do it".split()
OPENINGS = (
    "What|Who|When|Where|How|Which|Why|What is|What does|How does|Where is|When is|Who can|What happens when|Can I|"
    "Tell me about|What about|Is|What are|Does|What is said about|Find|How many|What must|How can I|When did|Do I "
    "have to|Who may|Is there any|How long must|How many days|What is the meaning of|What happens if I|May I|Where "
    "can I|Why do|When must|What kind of|Which of the|Are there|Should I|How often|To whom|What should I do when|"
    "Explain|What do you know about|Am I allowed to|Does the"
).split("|")
ALIKE = (  # relations that answer each other's questions now and then
    ("definition", "quality", "existence", "action"), ("permission", "obligation", "person"), ("date",), ("place",),
    ("amount",), ("reason",), ("condition", "means"),
)  # fmt: skip
ENDINGS = "mean called happen allowed used work be exist need needed do have required about there for".split()


@dataclass
class Statement:
    """A sentence and the questions that it, and nothing else in its text, answers (none: it only mentions things)."""

    sentence: str
    questions: list[str] = field(default_factory=list)
    relation: str = ""
    answer: str = ""


def content_words(text: str) -> list[str]:
    """The words of a text but the commonest, in order."""
    return [w for w in WORD.findall(text) if w.lower() not in STOP_WORDS and (len(w) > 2 or w.isdigit())]


def content_set(text: str) -> set[str]:
    """The same in small letters, without order."""
    return {w.lower() for w in content_words(text)}


@cache
def same_meaning() -> tuple[tuple[str, ...], ...]:
    """The groups of synonyms.txt."""
    lines = (Path(__file__).parent / "data/synonyms.txt").read_text("ascii").splitlines()
    return tuple(tuple(line.split()) for line in lines if line and not line.startswith("#"))


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """A word → words that mean the same."""
    table: dict[str, list[str]] = {}
    for group in same_meaning():
        for word in group:
            table.setdefault(word, []).extend(other for other in group if other != word)
    return {word: tuple(others) for word, others in table.items()}


@cache
def with_synonyms() -> tuple[tuple[str, ...], ...]:
    """By class of words: those of synonyms.txt."""
    known = synonyms().keys()
    return tuple(
        tuple(sorted({w for level in word_classes() for w in level[kind] if w in known}))
        for kind in (NOUN, VERB, ADJECTIVE, ADVERB)
    )


def same_words(word: str) -> set[str]:
    """A lower-case word and its synonyms."""
    return {word, *synonyms().get(word, ())}


class Questions(Prose):
    """Prose that also asks."""

    def inflect(self, word: str) -> str:
        """A word with another ending, where it has one."""
        if not word.isalpha() or len(word) < 4:
            return word
        if word.endswith("ing") and len(word) > 6:
            return word[:-3] + self.choose("", "e", "ed", "s")
        if word.endswith("ed") and len(word) > 5:
            return word[:-2] + self.choose("", "e", "ing", "s")
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("s") and not word.endswith("ss"):
            return word[:-2] if word.endswith("es") and self.chance(0.3) else word[:-1]
        return self.choose(plural, plural, past, gerund)(word)

    def swap(self, word: str) -> str:
        """A word that means the same, or the word itself."""
        others = synonyms().get(word.lower())
        return self.choose(*others) if others else word

    def disturb(self, question: str) -> str:
        """A natural question as another person would put it."""
        words = question.split(" ")
        if self.chance(0.35):
            i = self.random.randrange(1, len(words))
            if len(words) > 4 and self.chance(0.4):
                words.pop(i)
            elif words[i].lower() not in STOP_WORDS:
                words[i] = self.inflect(words[i])
        words = [self.swap(w) if i and self.chance(0.3) else w for i, w in enumerate(words)]
        text = " ".join(words)
        return (text.lower() if self.chance(0.25) else text) + ("?" if self.chance(0.85) else "")

    def about(self, sentence: str, hard: float = 1.0, noise: list[str] | None = None) -> str | None:
        """A question that keeps some of the sentence's content words; `hard` 0..1: how much they are changed."""
        r = self.random
        found = content_words(sentence)
        low = self.choose(1, 2, 2, 3)
        high = self.choose(3, 4, 6)
        if len(found) < min(2, low):
            return None
        count = min(len(found), r.randint(low, max(low, high)))
        if len(found) > count and self.chance(0.5):
            start = r.randrange(len(found) - count + 1)
            kept = found[start : start + count]
        else:
            kept = [found[i] for i in sorted(r.sample(range(len(found)), count))]
        if self.chance(0.35 * hard):
            r.shuffle(kept)
        kept = [
            self.inflect(w) if self.chance(0.18 * hard) else self.swap(w) if self.chance(0.15 * hard) else w
            for w in kept
        ]
        if self.chance(0.7) or sentence.isupper():
            kept = [w.lower() for w in kept]
        while noise and self.chance(0.28 * hard) and len(kept) < 9:
            kept.insert(r.randrange(len(kept) + 1), self.choose(*noise))
        glue = self.choose(0.0, 0.3, 0.7)
        out = []
        for word in kept:
            out += [self.choose(*GLUE), word] if self.chance(glue) else [word]
        return self.ask(" ".join(out))

    def reworded(self, sentence: str) -> tuple[str, list[str]] | None:
        """A question for three to five of the sentence's words, at most half, one of them swapped -> (it, the words).

        None where the sentence is too short or has no word with a synonym."""
        words = list(dict.fromkeys(w.lower() for w in content_words(sentence) if w.isalpha()))
        known = [w for w in words if w in synonyms()]
        if len(words) < 6 or not known:
            return None
        swapped = self.choose(*known)
        others = self.random.sample(
            [w for w in words if w != swapped], self.random.randint(3, min(5, len(words) // 2)) - 1
        )
        kept = [w for w in words if w == swapped or w in others]
        if self.chance(0.2):
            self.random.shuffle(kept)
        asked = [self.swap(w) if w == swapped else self.inflect(w) if self.chance(0.08) else w for w in kept]
        return self.ask(" ".join(asked)), kept

    def ask(self, words: str) -> str:
        """A question out of words: an opening before them, a question mark mostly."""
        u = self.random.random()
        text = f"{self.choose(*OPENINGS)} {words}" if u < 0.85 else words
        if u < 0.5 and self.chance(0.15):
            text += " " + self.choose(*ENDINGS)
        return text + ("?" if self.chance(0.75) else "")

    def near_miss(self, sentence: str) -> str:
        """The sentence with up to a third of its words exchanged."""
        words = sentence.split(" ")
        for _ in range(self.random.randint(1, max(1, len(words) // 3))):
            words[self.random.randrange(len(words))] = self.noun()
        return " ".join(words)

    # -- an entity and what is told about it ---------------------------------------------------------------------------

    def entity(self, like: str = "") -> tuple[str, str]:
        """-> (its name, the article it takes). `like`: another entity whose last word it shares."""
        base = like.split(" ")[-1] if like else self.word(NOUN)
        u = self.random.random()
        if like:
            return f"{self.word(ADJECTIVE) if u < 0.6 else self.word(NOUN)} {base}", "the "
        if u < 0.25:
            return base, "the "
        if u < 0.55:
            return f"{self.word(ADJECTIVE)} {base}", "the "
        if u < 0.78:
            return f"{self.word(NOUN)} {base}", "the "
        if u < 0.86:
            return f"{base} of {self.noun() if self.chance(0.5) else self.made_up()}", "the "
        return (self.made_up(), "") if u < 0.92 else (f"{self.word(ADJECTIVE)} {base}".title(), "the ")

    def cluster(self, relations: int, mentions: int, like: str = "") -> tuple[list[Statement], list[str], str]:
        """-> what is told (relations, then mere mentions), questions that nothing here answers, the entity's name."""
        name, article = self.entity(like)
        entity = Entity(self, name, article)
        kinds = list(RELATIONS)
        self.random.shuffle(kinds)
        if self.chance(0.5):
            kinds.sort(key=lambda kind: kind != "definition")
        told = []
        for kind in kinds[:relations]:
            if self.chance(0.6):
                entity.use_verb(self.verb())
            sentence, questions = RELATIONS[kind](entity)
            sentence = re.sub(r" +", " ", capital(sentence)).strip() + self.choose(".", ".", ".", ".", ".", ";", "")
            if self.chance(0.04):
                sentence = sentence.upper()
            told.append(Statement(sentence, [re.sub(r" +", " ", q).strip() for q in questions], kind))
        said = {like for kind in kinds[:relations] for like in ALIKE if kind in like}
        untold = [kind for kind in kinds[relations:] if not any(kind in like for like in said)]
        absent = [q for kind in untold for q in RELATIONS[kind](entity)[1]]
        before = self.entities, self.entity_rate
        self.entities = [entity.full, entity.full, f"this {name}" if article else name, article + plural(name)]
        self.entity_rate = 0.4
        for _ in range(mentions):
            told.append(Statement(self.mention(entity.full)))
        self.entities, self.entity_rate = before
        return told, absent, name

    def register(self, siblings: int) -> tuple[list[Statement], list[str]]:
        """The same told of many entities that share words, in the same sentences but for names, numbers and a word.

        -> what is told, and questions about what is not: of entities that are there, and of some that are not."""
        told, untold, name = self.cluster(self.random.randint(1, 4), self.choose(0, 0, 1, 2))
        names = [name]
        missing = []
        out = []
        absent = list(untold)
        for _ in range(siblings + 3):
            new = self.sibling(names + missing)
            if new and self.chance(0.8):
                names.append(new)
            elif new:
                missing.append(new)
        for new in names:
            kept = [one for one in told if new == name or self.chance(0.75)]
            out += [self.retold(one, name, new) for one in kept]
            said = {kind for one in kept for like in (*ALIKE, (one.relation,)) if one.relation in like for kind in like}
            gone = [q for one in told if one.relation not in said for q in one.questions]
            some = self.random.sample(untold, min(4, len(untold))) if new != name else []
            absent += [renamed(q, name, new) for q in (*gone, *some)]
        absent += [renamed(q, name, new) for new in missing for one in told for q in one.questions]
        return [one for one in out if one], [q for q in absent if q]

    def sibling(self, names: list[str]) -> str | None:
        """A name made of words of other names, or of a new word beside one of theirs; None: not new."""
        one = self.choose(*names).split(" ")
        other = self.choose(*names).split(" ")
        u = self.random.random()
        if len(one) == 1:
            name = self.made_up() if one[0][:1].isupper() else self.entity()[0]
        elif u < 0.4:
            name = " ".join([*one[:-1], other[-1] if self.chance(0.5) else self.word(NOUN)])
        elif u < 0.8 or "of" in one:
            first = other[0] if self.chance(0.5) else self.word(NOUN)
            name = " ".join([*one[:-1], self.made_up()] if "of" in one else [first, *one[1:]])
        else:
            name = self.entity()[0]
        mine = set(name.lower().split(" "))
        taken = [set(n.lower().split(" ")) for n in names]
        return None if any(mine <= theirs or theirs <= mine for theirs in taken) else name

    def retold(self, one: Statement, name: str, new: str) -> Statement | None:
        """What is told of `name`, told of `new`: other numbers, at times another word; None: it does not name it."""
        if new == name:
            return one
        sentence = renamed(one.sentence, name, new)
        if not sentence:
            return None
        sentence = NUMBERS.sub(lambda _: self.choose(*"0123456789"), sentence)
        if self.chance(0.3):
            words = sentence.split(" ")
            free = [i for i, w in enumerate(words) if w.isalpha() and w.lower() not in new.lower() and w.islower()]
            if free:
                words[self.choose(*free)] = self.noun()
                sentence = " ".join(words)
        return Statement(sentence, [q for q in (renamed(q, name, new) for q in one.questions) if q], one.relation)

    def mention(self, entity: str) -> str:
        """A sentence in which the entity occurs and nothing is told about it that anyone asks for."""
        for _ in range(6):
            text = self.choose(self.plain, self.plain, self.long, self.salad)()
            telling = text.startswith((f"{entity} is", f"{entity} was", f"{entity} are")) or NUMBERS.search(text)
            if entity in text and len(text) < 420 and not telling:
                return self.finish(text)
        return self.finish(f"{self.clause()} {self.choose('with', 'for', 'of', 'under', 'without')} {entity}")


def renamed(text: str, name: str, new: str) -> str | None:
    """The text about another entity, written as the old one was; None where it does not name it."""
    ways = {way(name): way(new) for way in (str, capital, str.title, str.upper)}
    found = next((old for old in ways if old in text), None)
    for old, other in ways.items():
        text = text.replace(old, other)
    return text if found else None
