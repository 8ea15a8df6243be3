"""Texts that nobody wrote, with questions: facts about things that share words, codes, what is not told; lists, tables,
questions and answers, mail and minutes.

    articles = generated(count=300, seed="reader")

The shapes of sentences in lab/corpus/reports.py are left out: what measures generalisation is not trained on. Standard
library only.
"""

from __future__ import annotations

from lab.corpus.lexicon import ADJECTIVE, NOUN, capital, plural
from lab.corpus.questions import Questions
from lab.reader.articles import Article, Question, found_in


def generated(count: int, seed: str) -> list[Article]:
    """`count` texts; everything follows from the seed."""
    return [article(Questions(f"{seed}/{number}")) for number in range(count)]


def article(write: Questions) -> Article:
    """A few parts of one text, each under a heading or none."""
    write.new_topic()
    text = Article("generated")
    title = write.heading(numbered=False) if write.chance(0.5) else ""
    parts = write.random.choices((facts, codes, table, items, answers, mail, minutes), (8, 2, 3, 3, 2, 2, 2), k=6)
    taken: set[str] = set()
    for part in parts:
        heading = write.heading() if write.chance(0.7) else ""
        part(write, text, " > ".join(filter(None, (title, heading))), taken)
    return text


def fresh(write: Questions, taken: set[str]) -> str:
    """The name of a thing that no other part speaks of, with its article."""
    for _ in range(20):
        name, start = write.entity()
        if name.lower() not in taken and " " in name:
            break
    taken.add(name.lower())
    return start + name


def ask(text: Article, question: str, sentence: int | None, value: str = "") -> None:
    """Adds a question; without a sentence nothing in the text answers."""
    place = found_in(value, text.sentences[sentence]) if value and sentence is not None else None
    gold = frozenset() if sentence is None else frozenset({sentence})
    text.questions.append(Question(question, gold, span=(sentence, *place) if place else None))


def facts(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """What is told of a thing, or the same of several that share words, among sentences about other things."""
    alike = write.chance(0.4)
    if alike:
        told, absent = write.register(write.random.randint(2, 5))
    else:
        told, absent, _ = write.cluster(write.random.randint(2, 5), write.choose(0, 1, 3))
    write.random.shuffle(told)
    for one in told:
        number = text.add(one.sentence, heading)
        for question in write.random.sample(one.questions, min(2, len(one.questions))):
            ask(text, write.disturb(question), number)
    for question in write.random.sample(absent, min(3, len(absent))):
        ask(text, write.disturb(question), None)
    for _ in range(write.random.randint(0, 5)):
        text.add(write.sentence(), heading)


def codes(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """Numbers and codes of things whose names share words."""
    kinds = ("serial number", "PIN", "password", "order number", "part number", "invoice number", "room", "extension")
    kind = write.choose(*kinds)
    names = [fresh(write, taken) for _ in range(write.random.randint(2, 5))]
    for name in names:
        value = write.choose(
            str(write.random.randint(1000, 999999)),
            write.code(),
            f"{write.choose(*'ABCDEFG')}-{write.random.randint(10, 9999)}",
        )
        sentence = write.choose(
            f"The {kind} of {name} is {value}.",
            f"For {name} use {kind} {value}.",
            f"{capital(name)}: {kind} {value}",
            f"{value} is the {kind} of {name}.",
            f"You will find {name} under {kind} {value}.",
        )
        number = text.add(sentence, heading)
        question = write.choose(
            f"What is the {kind} of {name}",
            f"{kind} of {name}",
            f"Which {kind} does {name} have",
            f"What {kind} do I need for {name}",
        )
        ask(text, write.disturb(question), number, value)
        if write.chance(0.4):
            text.add(write.mention(name), heading)
    other = write.choose(*(k for k in kinds if k != kind))
    ask(text, write.disturb(f"What is the {other} of {write.choose(*names)}"), None)
    ask(text, write.disturb(f"What is the {kind} of {fresh(write, taken)}"), None)


def table(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """Rows under a header; a cell is asked for by its row's name and its column's."""
    makers = {
        "Price": write.quantity,
        "Date": write.date,
        "Place": write.place,
        "Owner": write.name,
        "Number": write.number,
        "Code": write.code,
        capital(write.noun()): write.quantity,
        "Contact": write.name,
        "Status": lambda: write.word(ADJECTIVE),
    }
    columns = write.random.sample(sorted(makers), write.random.randint(2, 4))
    first = write.choose("Name", "Item", capital(write.noun()))
    names = [
        capital(write.noun_phrase(2) if write.chance(0.3) else f"{write.word(ADJECTIVE)} {write.word(NOUN)}")
        for _ in range(write.random.randint(3, 8))
    ]
    bars = write.chance(0.7)

    def row(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |" if bars else ", ".join(cells)

    under = " > ".join(filter(None, (heading, row([first, *columns]))))
    for name in dict.fromkeys(names):
        cells = [makers[column]() for column in columns]
        number = text.add(row([name, *cells]), under)
        column, cell = write.choose(*zip(columns, cells, strict=True))
        question = write.choose(
            f"What is the {column.lower()} of {name}",
            f"{column} of {name}",
            f"Which {column.lower()} has {name}",
            f"What does the table give as {column.lower()} for {name}",
        )
        ask(text, write.disturb(question), number, cell)
    missing = write.choose(*(column for column in makers if column not in columns))
    ask(text, write.disturb(f"What is the {missing.lower()} of {names[0]}"), None)
    ask(text, write.disturb(f"What is the {columns[0].lower()} of {write.word(ADJECTIVE)} {write.word(NOUN)}"), None)


def items(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """Lists whose lead says what the items are: the lead is asked about, an item answers."""
    for _ in range(write.random.randint(1, 2)):
        thing = fresh(write, taken)
        lead, question = write.choose(
            (f"To {(verb := write.verb())} {thing} you need:", f"What do I need to {verb} {thing}"),
            (
                f"{capital(thing)} comes with the following {plural(part := write.word(NOUN))}:",
                f"Which {plural(part)} does {thing} come with",
            ),
            (f"Not allowed in {thing}:", f"What is not allowed in {thing}"),
            (f"Steps for {thing}:", f"What are the steps for {thing}"),
        )
        mark = write.choose("- ", "* ", "", "1")
        under = " > ".join(filter(None, (heading, lead)))
        told = [write.noun_phrase() if write.chance(0.6) else write.clause() for _ in range(write.random.randint(2, 5))]
        numbers = [text.add((f"{k}. " if mark == "1" else mark) + one, under) for k, one in enumerate(told, 1)]
        text.questions.append(Question(write.disturb(question), frozenset(numbers)))
        text.add(write.sentence(), heading)


def answers(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """Questions with the answer after each: the answer's sentence is wanted, and the question stands over it."""
    told, absent, _ = write.cluster(write.random.randint(2, 5), 0)
    for one in told:
        if not one.questions:
            continue
        asked = write.random.sample(one.questions, min(2, len(one.questions)))
        under = " > ".join(filter(None, (heading, asked[0] + "?")))
        number = text.add(one.sentence, under)
        ask(text, write.disturb(asked[-1]), number)
        if write.chance(0.3):
            text.add(write.sentence(), under)
    for question in write.random.sample(absent, min(1, len(absent))):
        ask(text, write.disturb(question), None)


def mail(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """A letter: who wrote it, when, about what, and what is told in it."""
    sender = write.name()
    receiver = write.name()
    date = write.date()
    thing = fresh(write, taken)
    under = " > ".join(filter(None, (heading, f"Subject: {thing}")))
    lines = {"From": sender, "To": receiver, "Date": date}
    numbers = {key: text.add(f"{key}: {value}", under) for key, value in lines.items()}
    text.add(write.choose(f"Dear {receiver.split()[0]},", f"Hello {receiver.split()[0]},"), under)
    told, absent, _ = write.cluster(write.random.randint(1, 3), 1)
    for one in told:
        number = text.add(one.sentence, under)
        for question in one.questions[:1]:
            ask(text, write.disturb(question), number)
    text.add(write.choose("Best regards,", "Kind regards,", "Yours,") + f" {sender}", under)
    key, question = write.choose(
        ("From", f"Who wrote about {thing}"),
        ("From", f"Who sent the mail about {thing}"),
        ("Date", f"When was the mail about {thing} sent"),
        ("To", f"Who was the mail about {thing} sent to"),
    )
    ask(text, write.disturb(question), numbers[key], lines[key])
    for question in absent[:1]:
        ask(text, write.disturb(question), None)


def minutes(write: Questions, text: Article, heading: str, taken: set[str]) -> None:
    """Who said what at a meeting."""
    people = [write.name() for _ in range(write.random.randint(2, 4))]
    date = write.date()
    under = " > ".join(filter(None, (heading, f"Minutes of {date}")))
    number = text.add("Present: " + ", ".join(people), under)
    ask(text, f"Who was present at the meeting of {date}?", number)
    told = [one for _ in range(2) for one in write.cluster(write.random.randint(1, 3), 1)[0]]
    for one in told:
        who = write.choose(*people)
        number = text.add(f"{who}: {one.sentence}", under)
        for question in one.questions[:1]:
            ask(text, write.disturb(question), number)
    thing = fresh(write, taken)
    who = write.choose(*people)
    number = text.add(
        write.choose(
            f"Action: {who} will {write.verb()} {thing} by {date}.", f"{who} agreed to {write.verb()} {thing}."
        ),
        under,
    )
    ask(text, write.disturb(f"Who will take care of {thing}"), number, who)
    ask(text, write.disturb(f"Who will take care of {fresh(write, taken)}"), None)
