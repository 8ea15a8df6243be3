"""What can be told about an entity, and how people ask for it: one function a relation -> (sentence, questions).

Sentences come without capital letter and full stop. A question set is answered by its own relation's sentence only:
tails of a sentence (`Entity.tail`) never name dates, places, amounts or reasons, which are what the other relations
tell.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.corpus.entities import Entity
from lab.corpus.lexicon import ADJECTIVE, NOUN, gerund, plural

Relation = tuple[str, list[str]]


def definition(e: Entity) -> Relation:
    """What an entity is called or means."""
    p = e.prose
    c = e.choose
    x = e.name
    says = c("refers to", "shall mean", "is defined as", "means", "includes")
    sentence = c(
        f'"{x}" means {p.noun_phrase()} that {p.verb_phrase()}',
        f"{e.any} is {e.some()} that {p.verb_phrase()}",
        f'"{x.title()}" {says} {p.noun_phrase()}{e.tail(0.4)}',
        f'{c("to", "the")} "{x}" {c(says, "a thing is to", "something means to")} {e.some()}{e.tail(0.5)}',
        f"the term {x} {c('refers to', 'means', 'describes', 'covers')} {p.noun_phrase()}{e.tail(0.4)}",
        f'a "{x}" {c("is", "means", "is either")} {p.noun_phrase()} or {e.some()}{e.tail(0.4)}',
        f"{e.full} is {p.noun_phrase()}{e.tail(0.4)}",
        f"{e.some()} {c('is called', 'is known as', 'is referred to as')} {c(e.any, e.full)}{e.tail(0.3)}",
        f"{p.clause()}, {c('which is', 'and is')} called {c(e.any, e.full)}{e.tail(0.2)}",
        f'{p.clause()} ("{c(x, x.title())}"){e.tail(0.3)}',
    )
    return sentence, [
        f"What is {c(e.any, e.full, x)}",
        f"What is {e.any}",
        f"What does {c(x, e.full)} mean",
        f"What is meant by {x}",
        f"Define {x}",
        f"What is the {c('meaning', 'definition')} of {x}",
        f"What {c('do you call', 'is called')} {e.any}",
        f"Explain {e.full}",
        f"What are {plural(x)}",
        f"What {c('counts', 'qualifies')} as {e.any}",
    ]


def date(e: Entity) -> Relation:
    """When something happens to an entity."""
    p = e.prose
    c = e.choose
    v = e.verb
    day = e.prose.date()
    act = c("starts", "ends", "expires", "begins", "closes", "opens", "is due", "takes effect")
    sentence = c(
        f"{e.full} {e.be()} {e.done} on {day}",
        f"{e.full} {act} on {day}",
        f"on {day}, {p.noun_phrase(2)} {e.done} {e.full}",
        f"{e.full} is valid until {day}",
        f"{p.noun_phrase(2)} {e.done} {e.full} in {day}",
    )
    return sentence + e.tail(0.25), [
        f"When {c('was', 'is', 'will')} {e.full} {c(e.done, v, '')}",
        f"What is the date of {e.full}",
        f"Until when is {e.full} valid",
        f"When does {e.full} {c('start', 'end', 'expire', 'begin', 'take place', v)}",
        f"On what {c('date', 'day')} is {e.full} {e.done}",
        f"When {c('do', 'did', 'does')} they {v} {e.full}",
        f"In which year was {e.full} {e.done}",
    ]


def place(e: Entity) -> Relation:
    """Where an entity is."""
    p = e.prose
    c = e.choose
    where = c(p.place(), p.place(), f"the {p.noun()} of {p.place()}", f"room {p.random.randint(1, 400)}", p.code())
    held = c("located", "stored", "kept", "found", "held", "based", "situated", "available")
    sentence = c(
        f"{e.full} is {held} {c('in', 'at')} {where}",
        f"{e.full} takes place in {where}",
        f"you {c('can', 'may')} {c('find', 'obtain', 'get')} {e.full} {c('in', 'at')} {where}",
        f"{p.noun_phrase(2)} {e.done} {e.full} in {where}",
        f"in {where}, {e.full} {plural(e.other_verb)} {p.noun_phrase(2)}",
    )
    return sentence + e.tail(0.25), [
        f"Where is {e.full}",
        f"Where {c('can', 'may')} I {c('find', 'get', 'obtain', 'see')} {e.full}",
        f"Where does {e.full} take place",
        f"Where is {e.full} {c('located', 'kept', 'stored', 'held')}",
        f"In which {c('city', 'place', 'room', 'country')} is {e.full}",
    ]


def person(e: Entity) -> Relation:
    """Who does something to an entity, or answers for it."""
    p = e.prose
    c = e.choose
    v = e.verb
    who = e.prose.name()
    if e.chance(0.3):
        office = c("holder", "owner", "author", "office", "board", "committee", "manager", p.word(NOUN))
        who = f"the {p.word(NOUN)} {office}"
    role = c("responsible for", "in charge of", "the owner of", "the author of", "the head of")
    sentence = c(
        f"{who} {e.done} {e.full}",
        f"{e.full} {e.be()} {e.done} by {who}",
        f"{who} is {role} {e.full}",
        f"{who} may {v} {e.full}",
        f"only {who} {c('can', 'may', 'is allowed to')} {v} {e.full}",
        f"contact {who} about {e.full}",
        f"{who} {v}s {e.full}",
    )
    return sentence + e.tail(0.3), [
        f"Who {e.done} {e.full}",
        f"Who {c('may', 'can')} {v} {e.full}",
        f"Who is {c('responsible for', 'in charge of')} {e.full}",
        f"By whom was {e.full} {e.done}",
        f"Which person {e.done} {e.full}",
        f"Who owns {e.full}" if "owner" in sentence else f"Who {v}s {e.full}",
    ]


def amount(e: Entity) -> Relation:
    """How much, how many or how long."""
    c = e.choose
    much = e.prose.quantity()
    what = c(
        "price",
        "size",
        "length",
        "cost",
        "limit",
        "number",
        "weight",
        "speed",
        "age",
        "rate",
        "temperature",
        "height",
        "budget",
    )
    unit = much.split(" ", 1)[-1]
    sentence = c(
        f"the {what} of {e.full} is {much}",
        f"{e.full} {c('has', 'takes', 'needs', 'costs', 'contains', 'lasts', 'weighs')} {much}",
        f"{e.full} must be {e.done} {c('within', 'for at least', 'after')} {much}",
        f"there are {much} in {e.full}",
        f"you have {much} to {e.verb} {e.full}",
        f"{e.full} {e.be()} {c('valid', 'open', e.done)} for {c('', 'at least ', 'up to ')}{much}",
    )
    return sentence + e.tail(0.3), [
        f"What is the {what} of {e.full}"
        if what in sentence
        else f"How much {c('is', 'does')} {e.full}{c('', ' cost', ' take')}",
        f"How many {unit} {c('does', 'has', 'are in', 'for')} {e.full}{c('', ' have', ' need')}",
        f"How {c('much', 'long', 'big', 'many', 'often')} {c('is', 'does', 'has', 'must')} {e.full}"
        + c("", " take", " be " + e.done),
        f"How long must {e.full} be {c(e.done, 'valid')}",
        f"How many {unit} do I have to {e.verb} {e.full}",
    ]


def reason(e: Entity) -> Relation:
    """Why something is done."""
    p = e.prose
    c = e.choose
    v = e.verb
    why = f"{e.some()} {p.verb_phrase()}"
    sentence = c(
        f"{e.full} {e.be()} {e.done} because {why}",
        f"because {why}, {e.full} {c('must be', 'is', 'was')} {e.done}",
        f"the reason for {e.full} is that {why}",
        f"{e.full} {plural(v)} {p.noun_phrase(2)} in order to {e.other_verb} {p.noun_phrase(2)}",
    )
    return sentence, [
        f"Why {c('is', 'was')} {e.full} {e.done}",
        f"Why does {e.full} {v}",
        f"What is the reason for {e.full}",
        f"For what purpose {c('is', 'does')} {e.full} {v}",
        f"Why do we {v} {e.full}",
    ]


def permission(e: Entity) -> Relation:
    """What is allowed."""
    p = e.prose
    c = e.choose
    v = e.verb
    may = c(
        "may", "may not", "can", "cannot", "are allowed to", "are not allowed to", "are not required to", "are free to"
    )
    who = c("you", "you", "users", "members", "the licensee", "each " + p.word(NOUN), "no " + p.word(NOUN))
    sentence = f"{who} {may} {c('', '', v + ' or ', p.verb() + ', ')}{v} {e.ref()}{e.tail(0.7)}"
    if e.chance(0.2):
        sentence = f"{gerund(v)} {e.full} is {c('not ', '')}{c('allowed', 'permitted')}{e.tail(0.5)}"
    return sentence, [
        f"{c('May', 'Can')} I {v} {e.full}",
        f"Am I allowed to {v} {e.full}",
        f"Is it {c('allowed', 'permitted', 'possible')} to {v} {e.full}",
        f"Is {gerund(v)} {e.full} allowed",
        f"Who may {v} {e.full}",
        f"Do I {c('need', 'have')} to {v} {e.full}",
        f"Does it let me {v} {e.full}",
    ]


def obligation(e: Entity) -> Relation:
    """What must be done."""
    p = e.prose
    c = e.choose
    v = e.verb
    who = c("you", "you", "users", "all members", "the " + p.word(NOUN))
    sentence = f"{who} {c('must', 'must not', 'have to', 'shall', 'should', 'need to')} {v} {e.ref()}{e.tail(0.7)}"
    return sentence, [
        f"Do I have to {v} {e.full}",
        f"What must I {v}",
        f"What must I do with {e.full}",
        f"Must I {v} {e.full}",
        f"Who must {v} {e.full}",
        f"Should I {v} {e.full}",
        f"What do I need to {v}",
        f"Am I required to {v} {e.full}",
    ]


def condition(e: Entity) -> Relation:
    """What happens if."""
    p = e.prose
    c = e.choose
    v = e.verb
    case = c(
        f"you {v} {e.full}",
        f"{e.full} {plural(v)}",
        f"{e.full} is {e.done}",
        f"you do not {v} {e.full}",
        f"{e.full} fails to {v}",
        f"anyone {plural(v)} {e.full}",
    )
    then = f"{e.some()} {c('will', 'must', 'may', 'shall', 'can')} {p.verb()} {p.noun_phrase(2)}"
    sentence = c(
        f"{c('if', 'when', 'whenever', 'as soon as')} {case}, {then}", f"{then} {c('if', 'when', 'unless')} {case}"
    )
    if e.chance(0.25):
        case_itself = f"{c('any attempt to', 'failure to')} {v} {e.full}"
        sentence = f"{case_itself} {c('will', 'may', 'shall')} {p.verb()} {p.noun_phrase(2)}"
        case = f"you {v} {e.full}"
    return sentence, [
        f"What happens {c('if', 'when')} {case.replace('you ', 'I ') if e.chance(0.6) else case}",
        f"What if {case}",
        f"What should I do {c('if', 'when')} {case}",
        f"What happens {c('to', 'with')} {e.full}",
        f"What is the {c('result', 'consequence', 'effect')} {c('if', 'when')} {case}",
    ]


def means(e: Entity) -> Relation:
    """How something is done."""
    p = e.prose
    c = e.choose
    v = e.verb
    sentence = c(
        f"to {v} {e.full}, {p.verb()} {c(p.noun_phrase(1), p.code())}",
        f"{c('use', 'press', 'run', 'type', 'select', 'open')} {c(p.code(), p.noun_phrase(1))} to {v} {e.full}",
        f"you can {v} {e.full} by {gerund(p.verb())} {p.noun_phrase(1)}",
        f"{e.full} is {e.done} {c('with', 'by', 'through', 'using')} {p.noun_phrase(1)}",
    )
    return sentence + e.tail(0.3), [
        f"How {c('do', 'can', 'should')} I {v} {e.full}",
        f"How to {v} {e.full}",
        f"How is {e.full} {e.done}",
        f"What do I use to {v} {e.full}",
        f"What is the way to {v} {e.full}",
        f"How does one {v} {e.full}",
    ]


def existence(e: Entity) -> Relation:
    """Whether there is something with an entity."""
    p = e.prose
    c = e.choose
    thing = e.prose.noun()
    sentence = c(
        f"there is {c('no', 'a', 'one', 'some', 'always a')} {thing} {c('for', 'in', 'on', 'with')} {e.full}",
        f"{e.full} {c('comes with', 'has', 'provides', 'includes', 'contains')} {c('no', 'a', 'any', 'some')} {thing}",
        f"{e.full} {c('does not include', 'grants', 'does not grant', 'gives you')} {c('any', 'a', 'the')} {thing}",
        f"no {thing} {c('is', 'are')} {c('given', 'made', 'provided', 'granted', p.word(ADJECTIVE))} "
        f"{c('by', 'for', 'under')} {e.full}",
    )
    return sentence + e.tail(0.4), [
        f"Is there {c('any', 'a')} {thing} {c('for', 'in', 'with')} {e.full}",
        f"Does {e.full} {c('have', 'include', 'come with', 'give')} {c('a', 'any')} {thing}",
        f"What {thing} does {e.full} have",
        f"What about the {thing} of {e.full}",
        f"Which {thing} is in {e.full}",
    ]


def action(e: Entity) -> Relation:
    """What an entity does."""
    p = e.prose
    c = e.choose
    v = e.verb
    no = e.chance(0.3)
    thing = f"{c('the', 'a', 'any')} {p.noun()}"
    modal = c("does not", "will not", "shall not", "cannot") if no else c("will", "can", "shall")
    sentence = f"{e.full} {modal} {v} {thing}{e.tail(0.5)}"
    return sentence, [
        f"What does {e.full} {v}",
        f"{c('Does', 'Will', 'Can', 'May')} {e.full} {v} {thing}",
        f"{c('Who', 'What')} {plural(v)} {thing}",
        f"What can {e.full} do",
        f"Is {thing} {e.done} by {e.full}",
    ]


def quality(e: Entity) -> Relation:
    """How an entity is."""
    p = e.prose
    c = e.choose
    what = p.word(ADJECTIVE)
    thing = c(what, f"{c('a', 'the')} {what} {p.word(NOUN)}")
    sentence = f"{e.full} {c('is', 'is not', 'was', 'must be', 'shall be')} {thing}{e.tail(0.5)}"
    return sentence, [
        f"Is {e.full} {thing}",
        f"What is {what} here",
        f"Is {e.full} {thing} or not",
        f"Must {e.full} be {thing}",
        f"How {what} is {e.full}",
    ]


RELATIONS: dict[str, Callable[[Entity], Relation]] = {
    f.__name__: f
    for f in (
        definition,
        date,
        place,
        person,
        amount,
        reason,
        permission,
        obligation,
        condition,
        means,
        existence,
        action,
        quality,
    )
}
