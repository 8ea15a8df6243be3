"""Generated documents for the memory: facts declared once, and a topic; all of them have left the window when asked.

    passkeys(16_384, "evaluate/passkey/0").queries[0]     "Which code opens the copper valve?", value "48213"
    topical(16_384, "evaluate/topic/0").queries[0]        "What is this text about?", value "sailing"

Filler is what documents.py writes, without its codes. A declared fact is a paragraph of its own, and no other
paragraph holds its value. Of a topical document every second paragraph is about the topic, the others about
something else, in shapes of sentences that no training has seen. The last TAIL tokens hold nothing of what is asked
for. The same seed gives the same bytes. Standard library only.
"""

from __future__ import annotations

import re
import textwrap
from itertools import cycle

from lab.corpus.documents import Document, Query, Writer, paragraphs, sections
from lab.corpus.lexicon import NOUN, topics

BYTES_PER_TOKEN = 3.25  # of the demo model's tokenizer on such text, about
TAIL = 800  # tokens: more than a window of 512 and the segment before it
HEADING = 80  # bytes at most
TOPIC = "topic"
DECLARED = {  # kind: (what the value is, sentence, question); the wordings that the training declares facts by
    "pass key": ("number", "The pass key is {value}.", "What is the pass key?"),
    "code": ("number", "The code that opens the {entity} is {value}.", "Which code opens the {entity}?"),
    "password": ("word", "The password of the {entity} is {value}.", "What is the password of the {entity}?"),
}
ONCE = "pass key"  # of these at most one a document
KEYS = 6  # facts a document
TOPIC_QUESTIONS = ("What is this text about?", "What is the topic?", "What does the text deal with?")
FRAMES = (
    "She put the {noun} beside the {noun} and wrote both into her list.",
    "No {noun} is worth more than the {noun} that comes with it.",
    "What the guests liked was the {noun}, not the {noun} or the {noun}.",
    "Every {noun} costs more than the {noun} of ten years ago.",
    "Between the {noun} and the {noun} there was hardly room to stand.",
    "Half went to a new {noun}, the rest to another {noun}.",
    "Without a {noun} there is no {noun}, my grandfather used to say.",
    "The second chapter tells how a {noun} differs from a {noun}.",
    "In the end not the {noun} but the {noun} decided the matter.",
    "Two pictures show a {noun}, a third one the {noun} behind it.",
    "He knew one {noun} from another in the dark, and any {noun} by its sound.",
    "Who has lost a {noun} may ask for a {noun} or a second {noun} instead.",
)


def passkeys(tokens: int, seed: str, keys: int = KEYS, tail: int = TAIL) -> Document:
    """Declared facts, spread evenly over all but the last `tail` tokens, with a question each."""
    write = Writer(seed)
    texts = filler(write, tokens)
    told = []
    held = "\n".join(texts)
    kinds = [ONCE] + [write.places.choose(*(kind for kind in DECLARED if kind != ONCE)) for _ in range(keys - 1)]
    write.random.shuffle(kinds)
    for kind in kinds:
        sort, sentence, question = DECLARED[kind]
        slots = {"entity": new_entity(write), "value": new_value(write, sort)}
        while re.search(rf"\b{slots['value']}\b", held, re.IGNORECASE):
            slots["value"] = new_value(write, sort)
        told.append(Query(kind, question.format_map(slots), sentence.format_map(slots), slots["value"]))
        held += f"\n{told[-1].sentence}"
    room = sum(map(size, texts)) - tail * BYTES_PER_TOKEN
    written = 0
    number = 0
    out = []
    for text in texts:
        while number < keys and written >= room * (number + 0.5) / keys:
            out.append(told[number].sentence)
            number += 1
        out.append(text)
        written += size(text)
    return Document("\n\n".join(out) + "\n", told)


def topical(tokens: int, seed: str) -> Document:
    """About one topic in every second paragraph but the last ones, with the question what it is about."""
    write = Writer(seed)
    names = list(topics())
    topic = write.places.choose(*names)
    others = [name for name in names if name != topic]
    write.random.shuffle(others)
    foreign = cycle(others)
    rest = (text for text in filler(write, tokens // 3) if len(text) > HEADING)
    out = []
    written = 0
    room = (tokens - TAIL) * BYTES_PER_TOKEN
    while written < tokens * BYTES_PER_TOKEN:
        text = about(write, topic) if len(out) % 2 and written < room else ""
        if text and written + size(text) > room:
            text = ""
        if not text and (len(out) % 4 or not (text := next(rest, ""))):
            text = about(write, next(foreign))
        out.append(text)
        written += size(text)
    question = write.places.choose(*TOPIC_QUESTIONS)
    return Document("\n\n".join(out) + "\n", [Query(TOPIC, question, value=topic)])


def filler(write: Writer, tokens: int) -> list[str]:
    """Headings and paragraphs."""
    return paragraphs(write, sections(write, tokens * BYTES_PER_TOKEN))


def size(text: str) -> int:
    """Bytes of a paragraph with the empty line after it."""
    return len(text.encode()) + 2


def about(write: Writer, topic: str) -> str:
    """A paragraph whose nouns are the topic's; its name does not occur."""
    r = write.random
    nouns = [word for word in topics()[topic] if word not in topic]
    sentences = [re.sub(r"\{noun\}", lambda _: r.choice(nouns), frame) for frame in r.sample(FRAMES, r.randint(3, 6))]
    text = re.sub(r"\b([Aa])(?= [aeiou])", r"\1n", " ".join(sentences))
    return textwrap.fill(text, 76) if r.random() < 0.5 else text


def new_entity(write: Writer) -> str:
    """Two words that name nothing else in the document."""
    while (name := write.things.entity()[0].lower()) in write.taken or name.count(" ") != 1:
        pass
    write.taken.add(name)
    return name


def new_value(write: Writer, sort: str) -> str:
    """A number of five digits, or a word."""
    r = write.random
    if sort == "number":
        return str(r.randint(10_000, 99_999))
    return write.things.fresh(NOUN) if r.random() < 0.7 else write.things.made_up().lower()
