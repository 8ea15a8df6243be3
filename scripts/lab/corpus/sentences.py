"""Sentences that nobody wrote: shapes of English filled with words drawn afresh, so that only the text itself tells
what is said.

    prose = Prose(seed=7)
    prose.new_topic()               # the words that the following sentences prefer
    prose.sentence()                # "The harbours of Belmor may not revise any ledger within 30 days."

A seed gives the same text on every machine. Standard library only.
"""

from __future__ import annotations

from lab.corpus.lexicon import ADJECTIVE, ADVERB, FUNCTION_WORDS, NOUN, VERB, Lexicon, capital, past, plural


class Prose(Lexicon):
    """Phrases, sentences and headings."""

    def new_topic(self) -> None:
        """The same, with no entities to be mentioned."""
        super().new_topic()
        self.entities: list[str] = []  # noun phrases that sentences mention now and then
        self.entity_rate = 0.0

    # -- phrases -------------------------------------------------------------------------------------------------------

    def noun_phrase(self, depth: int = 0) -> str:
        """A noun with what belongs to it; depth: how many phrases it already stands in."""
        if self.entities and self.chance(self.entity_rate):
            return self.choose(*self.entities)
        u = self.random.random()
        if u < 0.07:
            return self.name()
        if u < 0.10:
            return self.quantity()
        if u < 0.13:
            return self.code()
        if u < 0.15:
            return self.choose("you", "it", "they", "we", "this", "these")
        phrase = self.choose(
            "the",
            "a",
            "this",
            "any",
            "each",
            "the",
            "the",
            "your",
            "our",
            "all",
            "such",
            "its",
            "some",
            "no",
            "every",
            "",
        )
        if self.chance(0.35):
            phrase += " " + self.word(ADJECTIVE)
        phrase = f"{phrase} {self.noun()}".strip()
        if depth < 2 and self.chance(0.28):
            link = self.choose("of", "of", "for", "in", "from", "to", "with", "on", "by")
            phrase += f" {link} {self.noun_phrase(depth + 1)}"
        if depth < 1 and self.chance(0.05):
            inner = self.noun_phrase(2)
            phrase += self.choose(f' ("{capital(self.word(NOUN))}")', f" ({inner})", f", {inner},")
        if depth < 1 and self.chance(0.08):
            phrase += f", {self.noun_phrase(2)}{self.choose(' and ', ' or ', ', or ')}{self.noun_phrase(2)}"
        return phrase

    def verb_phrase(self) -> str:
        """A verb with its object."""
        u = self.random.random()
        verb = self.verb()
        if u < 0.22:
            return f"{past(verb)} {self.noun_phrase()}"
        if u < 0.42:
            modal = self.choose(
                "may", "must", "can", "will", "should", "shall", "may not", "cannot", "do not", "does not", "might"
            )
            return f"{modal} {verb} {self.noun_phrase()}"
        if u < 0.52:
            return f"{plural(verb)} {self.noun_phrase()}"
        if u < 0.64:
            be = self.choose("is", "are", "was", "were", "has been", "will be", "must be", "may be")
            return f"{be} {past(verb)} {self.choose('by', 'in', 'to', 'from', 'with', 'under')} {self.noun_phrase()}"
        if u < 0.74:
            return f"{self.choose('is', 'are', 'was')} {self.word(ADJECTIVE)}"
        if u < 0.82:
            return f"{self.choose('is', 'are')} {self.noun_phrase()}"
        if u < 0.90:
            last = f"{self.verb()}{self.choose(' and ', ' or ', ', or ')}{self.verb()}"
            return f"{self.choose('may', 'can', 'must', 'shall')} {verb}, {last} {self.noun_phrase()}"
        return (
            f"{plural(verb)} {self.word(ADVERB)} {self.choose('in', 'with', 'for', 'when', 'at')} {self.noun_phrase()}"
        )

    def clause(self) -> str:
        """A subject and what it does."""
        return f"{self.noun_phrase()} {self.verb_phrase()}"

    def circumstance(self) -> str:
        """When, where or why."""
        u = self.random.random()
        if u < 0.25:
            where = self.choose("in", "at", "under", "within", "during", "after", "before", "without", "for")
            return f"{where} {self.noun_phrase()}"
        if u < 0.40:
            return f"on {self.date()}"
        if u < 0.50:
            return f"in {self.place()}"
        if u < 0.60:
            return f"for {self.quantity()}"
        if u < 0.75:
            link = self.choose(
                "if", "when", "unless", "because", "although", "while", "until", "provided that", "so that", "where"
            )
            return f"{link} {self.clause()}"
        return f"to {self.verb()} {self.noun_phrase()}" if u < 0.85 else self.word(ADVERB)

    # -- sentences -----------------------------------------------------------------------------------------------------

    def plain(self) -> str:
        """A sentence of one to three clauses, without capital and full stop."""
        text = self.clause()
        if self.chance(0.5):
            text += " " + self.circumstance()
        if self.chance(0.18):
            text = f"{self.circumstance()}, {text}"
        if self.chance(0.15):
            text += self.choose(", and ", "; ", ", but ", " that ", ", which ") + self.clause()
        if self.chance(0.06):
            opening = self.choose(
                "However", "Therefore", "In addition", "For example", "Note that", "As a result", "In particular"
            )
            text = f"{opening}, {text}"
        return text

    def long(self) -> str:
        """Clause upon clause, as in contracts."""
        text = self.clause()
        for _ in range(self.random.randint(2, 5)):
            link = self.choose(
                ", and ",
                "; ",
                ", provided that ",
                ", or ",
                ", unless ",
                " which ",
                ": ",
                ", including ",
                " that ",
                " (but ",
            )
            text += link + self.choose(self.clause, self.circumstance, self.noun_phrase)()
        return text

    def salad(self) -> str:
        """Words in no grammar at all: what has to be matched is then words, not shapes."""
        length = self.choose(4, 6, 8, 10, 12, 15, 18, 22, 28, 36, 46, 56)
        odd = self.choose(0, 0, 0, 0.03, 0.12)
        function = self.choose(0.3, 0.45, 0.55)
        out: list[str] = []
        for i in range(length):
            u = self.random.random()
            if self.chance(function):
                out.append(self.choose(*(FUNCTION_WORDS[:40] if self.chance(0.7) else FUNCTION_WORDS)))
            elif self.entities and self.chance(self.entity_rate):
                out.append(self.choose(*self.entities))
            elif u < 0.50:
                out.append(self.noun())
            elif u < 0.86:
                out.append(self.word(VERB) if u < 0.60 else self.word(ADJECTIVE) if u < 0.78 else past(self.verb()))
            elif u < 0.95:
                out.append(self.name() if u < 0.89 else self.number() if u < 0.92 else self.code())
            else:
                out.append(self.word(ADVERB))
            if odd and self.chance(odd):
                out.append(self.symbol())
            if i < length - 1 and self.chance(0.07):
                out[-1] += self.choose(",", ",", ";", ":")
        return " ".join(out)

    def statement(self) -> str:
        """One thing said about one thing: the shapes that questions ask about."""
        shape = self.random.randrange(9)
        phrase = self.noun_phrase(1)
        verb = self.verb()
        if shape == 0:
            return f"the {self.noun()} of {phrase} {self.choose('is', 'was', 'will be', 'must be')} {self.quantity()}"
        if shape == 1:
            return f"{self.name()} {past(verb)} {phrase} on {self.date()} in {self.place()}"
        if shape == 2:
            return f"{phrase} was {past(verb)} by {self.name()}"
        if shape == 3:
            share = f"{self.quantity()} {self.choose('per', 'for', 'in', 'of')}"
            return f"{phrase} {plural(verb)} {share} {self.noun_phrase(2)}"
        if shape == 4:
            where = self.choose("takes place in", "is located in", "is stored at", "moved to", "was found in")
            return f"{phrase} {where} {self.place()}"
        if shape == 5:
            value = self.choose(self.quantity, self.name, self.date, self.code, self.noun_phrase)()
            return f"{self.noun()}{self.choose(':', ' -', ' =')} {value}"
        if shape == 6:
            when = self.choose(
                "starts on", "ends on", "was released on", "expires on", "is due by", "has been valid since"
            )
            return f"{phrase} {when} {self.date()}"
        if shape == 7:
            command = self.choose("use", "see", "run", "type", "edit", "contact", "visit", "set")
            return f"{command} {self.code()} {self.choose('to', 'for', 'if', 'before')} {verb} {phrase}"
        return f"{self.clause()} {self.choose('because', 'since', 'so that')} {self.clause()}"

    def sentence(self) -> str:
        """A whole sentence of any shape."""
        u = self.random.random()
        if u < 0.60:
            text = self.salad() if u < 0.26 else self.long() if u < 0.38 else self.plain()
        else:
            text = self.statement() if u < 0.94 else f"{self.noun()} {self.word(ADJECTIVE)} {self.noun()}"
        if self.chance(0.2):
            text = self.repeat_parts(text)
        return self.finish(text)

    def repeat_parts(self, text: str) -> str:
        """Says some words twice, as legal text does: one word back is then not enough to know where one is."""
        words = text.split(" ")
        for _ in range(self.random.randint(1, 3)):
            length = self.random.randint(1, 3)
            if len(words) > length + 3:
                start = self.random.randrange(len(words) - length)
                to = self.random.randrange(len(words))
                words[to:to] = words[start : start + length]
        return " ".join(words)

    def finish(self, text: str) -> str:
        """Capital letter, list mark, last sign."""
        r = self.random
        if self.chance(0.9):
            text = capital(text)
        if self.chance(0.04):
            text = text.upper()
        if self.chance(0.06):
            text = (
                self.choose(
                    "- ", "* ", f"{r.randint(1, 12)}. ", f"({self.choose(*'abcdefg')}) ", f"{self.choose(*'abcdefg')}) "
                )
                + text
            )
        u = r.random()
        return text + ("." if u < 0.85 else "" if u < 0.92 else ";" if u < 0.96 else ":" if u < 0.98 else "!")

    def heading(self, numbered: bool = True) -> str:
        """A heading, now and then numbered."""
        r = self.random
        text = " ".join(self.noun() for _ in range(r.randint(1, 4)))
        u = r.random()
        text = text.title() if u < 0.5 else text.capitalize() if u < 0.8 else text.upper() if u < 0.95 else text
        if numbered and self.chance(0.3):
            number = self.choose(
                f"{r.randint(1, 15)}. ", f"Section {r.randint(1, 15)}: ", "## ", f"{r.randint(1, 9)}.{r.randint(1, 9)} "
            )
            text = number + text
        return text
