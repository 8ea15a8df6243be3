"""Words, names, numbers, dates and what machines read, drawn afresh around a topic: what sentences are filled with.

Everything comes from one `random.Random`, so a seed gives the same on every machine. Standard library only.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from lab.corpus.word_list import LEVELS, read_words

FUNCTION_WORDS = (
    "the of and to a in for is on that by this with you it not or be are from at as your all have an was we will "
    "can us about if my has but our one other do no they he up may what which their out use any there see only so "
    "his when here who also now get am been would how were me some these its like than into them then each between "
    "through where both after because before under over upon such unless without during should must shall might "
    "could within until against while although however therefore thereof herein whether either neither per via more "
    "most same own too very just had does did every another many few"
).split()
STOP_WORDS = frozenset(FUNCTION_WORDS) | frozenset(
    "what who when where why how which whom whose said say says i".split()
)
MONTHS = "January February March April May June July August September October November December".split()
UNITS = (
    "days hours minutes percent kilometres dollars copies users pages points meters kg years months seconds bytes "
    "MB GB files lines euros people employees degrees volts weeks miles litres tonnes members"
).split()
SYLLABLES = (
    "ba be bi bo bu ca ce co da de di do fa fe fi ga go ha he hi jo ju ka ke ki la le li lo ma me mi mo na ne ni no "
    "pa pe po ra re ri ro ra sa se si so ta te ti to va ve vi vo wa we xa ya za zo tra gre sto bri lan ver mon dor "
    "nel sin tor mar len"
).split()
SYMBOLS = "<>*[](){}#|~$%&=+-_/\\^@!?;:,.'\"`"
NOUN, VERB, ADJECTIVE, ADVERB = range(4)
FAMILIAR_SHARE = 0.15
LEVEL_SHARES = (0.44, 0.28, 0.23, 0.05)  # how often a fresh word comes from each of words.txt's levels


@cache
def topics() -> dict[str, tuple[str, ...]]:
    """topics.txt: what a text can be about -> words that tell of it."""
    lines = (Path(__file__).parent / "data/topics.txt").read_text("ascii").splitlines()
    named = (line.split(":") for line in lines if not line.startswith("#"))
    return {name: tuple(dict.fromkeys(words.split())) for name, words in named}


@cache
def word_classes() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """[level][class] -> words; the class is guessed from the ending, which is all that shapes of sentences need."""
    groups = read_words()
    known = frozenset(w for level in LEVELS for w in groups[level])
    out = []
    for level in LEVELS:
        classes: tuple[list[str], ...] = ([], [], [], [])
        for word in groups[level]:
            if word in STOP_WORDS or len(word) < 3:
                continue
            stem = word[:-1] if word.endswith("e") else word
            if word.endswith("ly"):
                classes[ADVERB].append(word)
            elif word.endswith(("ous", "ful", "ive", "able", "al", "ic", "less", "ible", "ary")) or (
                word.endswith(("ed", "ing")) and len(word) > 5
            ):
                classes[ADJECTIVE].append(word)
            elif word.endswith("s") and not word.endswith("ss"):
                classes[NOUN].append(word)
            else:
                classes[NOUN].append(word)
                if stem + "ing" in known:
                    classes[VERB].append(word)
        out.append(tuple(tuple(c) for c in classes))
    return tuple(out)


def gerund(verb: str) -> str:
    """copy → copying."""
    return (verb[:-1] if verb.endswith("e") else verb) + "ing"


def past(verb: str) -> str:
    """copy → copied; every verb is regular."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"


def plural(noun: str) -> str:
    """box → boxes; also the third person of a verb."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def capital(text: str) -> str:
    """The same with its first letter in capitals."""
    return text[:1].upper() + text[1:]


class Lexicon:
    """Draws words; some of them from the topic at hand."""

    def __init__(self, seed: int | str, levels: int = len(LEVELS)) -> None:
        self.random = random.Random(seed)
        self.shares = LEVEL_SHARES[:levels]
        self.strange: list[str] = []  # pieces of text put in among the words (a tokenizer's rare tokens)
        self.familiar: tuple[tuple[str, ...], ...] = ()  # by class: words that come more often than others
        self.new_topic()

    def chance(self, probability: float) -> bool:
        """True as often as the probability says."""
        return self.random.random() < probability

    def choose(self, *options):
        """One of the options."""
        return options[int(self.random.random() * len(options))]

    # -- words ---------------------------------------------------------------------------------------------------------

    def fresh(self, kind: int) -> str:
        """A word of a class, of any level."""
        while True:
            (level,) = self.random.choices(range(len(self.shares)), self.shares)
            words = word_classes()[level][kind]
            if words:
                return self.choose(*words) if len(words) < 4 else words[int(self.random.random() * len(words))]

    def new_topic(self) -> None:
        """Draws the words and names that come again and again from now on."""
        spans = ((3, 14), (2, 8), (1, 6), (1, 3))
        self.topic = [[self.fresh(kind) for _ in range(self.random.randint(*span))] for kind, span in enumerate(spans)]
        self.topic_rate = self.choose(0.1, 0.3, 0.5, 0.6)
        self.names = [self.new_name() for _ in range(self.random.randint(1, 5))]

    def word(self, kind: int) -> str:
        """A word of a kind (NOUN, VERB, …), often one of the topic's."""
        if self.familiar and self.familiar[kind] and self.chance(FAMILIAR_SHARE):
            return self.choose(*self.familiar[kind])
        return self.choose(*self.topic[kind]) if self.chance(self.topic_rate) else self.fresh(kind)

    def noun(self) -> str:
        """A noun, now and then in the plural or in capitals."""
        word = self.word(NOUN)
        u = self.random.random()
        if u < 0.25 and not word.endswith("s"):
            return plural(word)
        if u < 0.30:
            return word.capitalize()
        if u < 0.315:
            return word.upper()
        if u < 0.34:
            return f"{word}-{self.word(NOUN)}"
        return f"{self.word(NOUN)} {word}" if u < 0.36 else word

    def verb(self) -> str:
        """A verb in its base form."""
        return self.word(VERB)

    def made_up(self) -> str:
        """A word that no list has."""
        word = "".join(self.random.choices(SYLLABLES, k=self.random.randint(2, 4)))
        return word.capitalize() if self.chance(0.8) else word

    def listed_name(self) -> str:
        """A name of a person or a place, out of the word list."""
        return self.choose(*read_words()["names"])

    def new_name(self) -> str:
        """A person's or an organisation's name."""
        u = self.random.random()
        if u < 0.35:
            return f"{self.listed_name()} {self.listed_name()}"
        if u < 0.55:
            return f"{self.made_up()} {self.made_up()}"
        if u < 0.70:
            return self.choose("Mr. ", "Dr. ", "Ms. ") + self.made_up()
        if u < 0.85:
            return f"{self.made_up()} {self.choose('Inc.', 'Corporation', 'Foundation', 'Ltd', 'Group', 'Institute')}"
        return self.listed_name()

    def name(self) -> str:
        """One of the topic's names, or a new one."""
        return self.choose(*self.names) if self.chance(0.5) else self.new_name()

    def place(self) -> str:
        """A name of a place."""
        return self.listed_name() if self.chance(0.5) else self.made_up()

    def date(self) -> str:
        """A date, in one of the forms that people write."""
        r = self.random
        u = self.random.random()
        day = r.randint(1, 28)
        month = self.choose(*MONTHS)
        year = r.randint(1850, 2035)
        if u < 0.30:
            return f"{day} {month} {year}"
        if u < 0.55:
            return f"{month} {day}, {year}"
        if u < 0.70:
            return f"{month} {year}"
        return str(year) if u < 0.85 else f"{year}-{r.randint(1, 12):02d}-{day:02d}"

    def number(self) -> str:
        """A number, with or without separators."""
        r = self.random
        u = self.random.random()
        if u < 0.40:
            return str(r.randint(2, 99))
        if u < 0.65:
            return str(r.randint(100, 9999))
        return f"{r.randint(1, 999)},{r.randint(0, 999):03d}" if u < 0.80 else f"{r.randint(0, 99)}.{r.randint(0, 99)}"

    def quantity(self) -> str:
        """A number with a unit or a noun."""
        return f"{self.number()} {self.choose(*UNITS) if self.chance(0.6) else plural(self.fresh(NOUN))}"

    def code(self) -> str:
        """Something that a machine reads: a path, a file, an option, an address, a version."""
        r = self.random
        u = self.random.random()
        if self.strange and self.chance(0.3):
            return "".join(r.choices(self.strange, k=r.randint(1, 4))).strip() or "x"
        a = self.fresh(NOUN)
        b = self.fresh(NOUN)
        if u < 0.20:
            return f"/{self.choose('usr', 'etc', 'var', 'home')}/{a}/{b}"
        if u < 0.40:
            return f"{a}.{self.choose('c', 'txt', 'py', 'h', 'conf', 'html')}"
        if u < 0.50:
            return f"--{a}"
        if u < 0.65:
            return f"{a}_{b}"
        if u < 0.75:
            return f"v{r.randint(0, 9)}.{r.randint(0, 20)}.{r.randint(0, 9)}"
        if u < 0.85:
            return f"{a}@{self.made_up().lower()}.{self.choose('org', 'com', 'net')}"
        return (
            f"https://www.{a}.{self.choose('org', 'com')}/{b}/"
            if u < 0.93
            else f"{self.choose(*'ABCDEFGH')}{r.randint(1, 999)}"
        )

    def symbol(self) -> str:
        """Punctuation, mark-up and other things that stand between words in real files."""
        r = self.random
        u = self.random.random()
        word = self.fresh(NOUN)
        if u < 0.30:
            return "".join(r.choices(SYMBOLS, k=self.choose(1, 1, 1, 2, 2, 3)))
        if u < 0.45:
            return f"<{self.made_up().lower()}@{word}.{self.choose('org', 'com', 'net', 'de')}>"
        if u < 0.55:
            return f"<https://{word}.{self.choose('org', 'com')}/{word}>"
        if u < 0.65 or not self.strange:
            forms = ("[%s]", "(%s)", "<%s>", "*%s*", "**%s**", "`%s`", "_%s_", "$%s", "%s()", "#%s", "~/%s", "'%s'")
            return self.choose(*forms) % word
        return "".join(r.choices(self.strange, k=r.randint(1, 3))).strip() or "*"
