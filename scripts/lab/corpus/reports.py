"""Writes a long plain-text document that nobody wrote before, with a few facts in it that can be asked for.

    scripts/lab.sh reports --tokens 100000 --seed 7 --facts facts.json > document.txt

A report on places that do not exist: a title, numbered sections with headings, paragraphs between empty lines (some
hard-wrapped). facts.json holds [{"question", "sentence", "answer"}]; each sentence stands in the document once, on
one line, among many that are like it. The same seed gives the same bytes. Standard library only; memory does not grow
with the length.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.corpus import seeds
from lab.corpus.lexicon import MONTHS, SYLLABLES, Lexicon, capital

BYTES_PER_TOKEN = 3.0  # of the demo model's tokenizer on such text, about
FACTS = 3

THINGS = (
    "archive|bridge|library|harbour|museum|school|laboratory|mill|railway station|observatory|theatre|hospital|"
    "lighthouse|market|garden|workshop|town hall|academy|canal|brewery|fire station|swimming pool|power station|"
    "post office|printing house|city wall"
).split("|")
SLOTS = {
    "side": "north south east west river harbour market station".split(),
    "body": "council|committee|board|city office|trust|assembly|guild|building office".split("|"),
    "role": "mayor|architect|engineer|librarian|treasurer|surveyor|keeper|director|inspector|secretary".split("|"),
    "work": "repaired|painted|extended|rebuilt|inspected|measured|closed for repairs|fitted with new windows".split(
        "|"
    ),
    "part": "roof|main hall|cellar|tower|entrance|east wing|courtyard|staircase|clock|gate|floor|kitchen".split("|"),
    "stuff": "oak|brick|slate|granite|steel|glass|copper|sandstone|concrete|pine".split("|"),
    "fault": "water came in during the winter storms|the timber had begun to rot|the old stove was no longer safe|"
    "two beams had cracked|the wiring dated from the first years|dust damaged the instruments|"
    "visitors had to wait in the rain".split("|"),
    "visitor": "visitors pupils members guests families volunteers travellers readers".split(),
    "item": "maps|letters|paintings|clocks|coins|drawings|registers|photographs|instruments|seeds|models|tools".split(
        "|"
    ),
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "season": "spring summer autumn winter".split(),
    "quality": "quiet narrow bright cold spacious plain handsome crowded modest sturdy".split(),
    "made": "founded designed restored opened painted".split(),
    "places": "rooms windows lamps books boats benches doors".split(),
    "event": "concert|lecture|winter fair|reading hour|open day|boat race|exhibition|flower market|public debate".split(
        "|"
    ),
}
LEADS = (
    "{Full} lies on the {side} side of the town, {n} kilometres from {place}.",
    "{Full} is a {quality} building of {stuff}, with a {part} of its own.",
    "{Full} is run by a {body} of {n} members.",
    "{Full} serves about {big} people in the towns around {place}.",
    "{Full} is best known for its collection of {item}.",
    "In summary, {full} is in good order, and no urgent work is needed.",
    "{Full} was the most visited place of the district in {year}.",
)
FRAMES = (
    "The {part} was {work} in {month} {year} by a firm from {place}.",
    "{Person}, who was {role} at that time, had asked for this in a letter of {date}.",
    "The {body} decided on {date} that the {part} should be {work}.",
    "The work took {n} weeks and cost {big} dollars.",
    "It was necessary because {fault}.",
    "Some of the {item} were moved to {place} and came back in the {season} of {year}.",
    "On the first {day} of every month there is a {event}, which {visitor} may attend free of charge.",
    "The {part} is made of {stuff} and is {n} metres long.",
    "A {quality} room beside the {part} holds {big} {item}.",
    "{Visitor} are asked to leave bags and umbrellas at the {part}.",
    "If the {part} is closed, {visitor} must use the door on the {side} side.",
    "Only the {role} may open the {part} after dark.",
    "{Person} left {big} dollars to the {body}, to be spent on the {part}.",
    "There is no lift, but the {part} can be reached by a ramp.",
    "In {year} the number of {visitor} fell to {big}, mostly because {fault}.",
    "The {event} of {year} was opened by {person} and lasted {n} days.",
    "A report by {person} says that the {part} is {quality} but safe.",
    "The {body} meets in the {part} on the last {day} of {month}.",
    "According to the {role}, the {item} were a gift from {person} of {place}.",
    "Nobody knows who made the {item}, although a note from {year} names {person}.",
    "{Person} may lend {item} to {visitor} for up to {n} days.",
    "Every {season} the {part} is cleaned and the {item} are counted.",
    "The old {part} was sold to {place} for {big} dollars.",
    "Since {year} the {body} has paid for heating, light and insurance.",
    "Children under {n} must be with an adult.",
    "The {role} keeps a list of {item}, and {visitor} may read it on request.",
    "Plans for a second {part} were given up in {year}.",
)


TOLD = (  # (sentence, question, answer): the shapes of facts, also told of other things, with other names
    ("{Full} was {made} by {person}.", "Who {made} {full}?", "{person}"),
    ("{Full} has {big} {places} in all.", "How many {places} does {full} have?", "{big} {places}"),
    ("The {item} of {full} are kept in {place}.", "Where are the {item} of {full} kept?", "{place}"),
    ("{Full} was opened to the public on {date}.", "When was {full} opened to the public?", "{date}"),
    ("A visit to {full} costs {n} dollars.", "How much does a visit to {full} cost?", "{n} dollars"),
)


@dataclass(frozen=True)
class Fact:
    """A question, the sentence that answers, and the words in it that do."""

    question: str
    sentence: str
    answer: str


class Section:
    """One thing in one town: what its sentences are filled with."""

    def __init__(self, prose: Lexicon, syllables: int = 3) -> None:
        self.prose = prose
        self.thing = prose.choose(*THINGS)
        self.syllables = syllables
        self.town = self.new_town()
        self.full = f"the {self.thing} of {self.town}"

    def new_town(self) -> str:
        """A place's name, made up."""
        return "".join(self.prose.random.choices(SYLLABLES, k=self.syllables)).capitalize()

    def person(self) -> str:
        """A person's name, made up."""
        first, last = ("".join(self.prose.random.choices(SYLLABLES, k=2)).capitalize() for _ in range(2))
        return f"{first} {last}"

    def values(self) -> dict[str, str]:
        """A value for every slot, drawn afresh."""
        r = self.prose.random
        year = r.randint(1871, 2019)
        slots = {name: self.prose.choose(*options) for name, options in SLOTS.items()}
        slots |= {
            "thing": self.thing, "full": self.full, "place": self.new_town(), "person": self.person(),
            "year": str(year), "month": self.prose.choose(*MONTHS),
            "date": f"{r.randint(1, 28)} {self.prose.choose(*MONTHS)} {year}",
            "n": str(r.randint(3, 48)), "big": str(r.randint(60, 980)),
        }  # fmt: skip
        return slots | {name.capitalize(): capital(value) for name, value in slots.items()}

    def say(self, frame: str) -> str:
        """A frame with the section's values in it."""
        return frame.format_map(self.values())

    def tell(self, shape: int) -> Fact:
        """A fact about the place; shape: which of TOLD."""
        sentence, question, answer = TOLD[shape % len(TOLD)]
        values = self.values()
        return Fact(*(frame.format_map(values) for frame in (question, sentence, answer)))


class Report:
    """The paragraphs of one document; `facts` stand in it, evenly spread."""

    def __init__(self, tokens: int, seed: int) -> None:
        self.prose = Lexicon(f"{seeds.REPORT}/{seed}")
        self.size = tokens * BYTES_PER_TOKEN
        asked = Lexicon(f"{seeds.REPORT_FACTS}/{seed}")
        first = asked.random.randrange(len(TOLD))
        # towns of five syllables: no other section is about the same place
        self.asked = [Section(asked, 5) for _ in range(FACTS)]
        self.facts = [section.tell(first + i) for i, section in enumerate(self.asked)]

    def paragraphs(self) -> Iterator[str]:
        """The report, paragraph by paragraph, the facts spread over it."""
        due = [self.size * (i + 0.5) / FACTS for i in range(FACTS)]
        written = number = placed = 0
        yield f"Report on the places of interest in the district of {Section(self.prose).town}"
        while written < self.size or placed < FACTS:
            number += 1
            fact = self.facts[placed] if placed < FACTS and written >= due[placed] else None
            section = self.asked[placed] if fact else Section(self.prose)
            placed += fact is not None
            for text in self.section(section, number, fact):
                written += len(text.encode()) + 2
                yield text
                if written >= self.size and not fact:
                    break

    def section(self, section: Section, number: int, fact: Fact | None) -> Iterator[str]:
        """A heading and two to five paragraphs; the fact, or something of its kind, within the first."""
        r = self.prose.random
        yield f"{number}. {capital(section.full)}"
        frames = r.sample(FRAMES, r.randint(8, 20))
        told = fact.sentence if fact else section.tell(r.randrange(len(TOLD))).sentence
        sentences = [section.say(self.prose.choose(*LEADS)), section.say(frames[0]), told]
        for frame in frames[1:]:
            if len(sentences) > r.randint(3, 7):
                yield self.paragraph(sentences, wrap=told not in sentences)
                sentences = []
            sentences.append(section.say(frame))
        yield self.paragraph(sentences, wrap=told not in sentences)

    def paragraph(self, sentences: list[str], wrap: bool) -> str:
        """Sentences as one text; wrap: in lines, every second time."""
        text = " ".join(sentences)
        return textwrap.fill(text, 76) if wrap and self.prose.chance(0.5) else text


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--facts", type=Path, help="where to write the facts, as JSON")
    args = parser.parse_args()
    report = Report(args.tokens, args.seed)
    for number, text in enumerate(report.paragraphs()):
        sys.stdout.write(("\n" if number else "") + text + "\n")
    if args.facts:
        args.facts.write_text(json.dumps([asdict(fact) for fact in report.facts], indent=1) + "\n")


if __name__ == "__main__":
    main()
