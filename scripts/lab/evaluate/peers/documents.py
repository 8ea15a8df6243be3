"""Generated documents of exactly so many tokens of a model, and prompts cut out of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from lab.corpus.reports import Report
from lab.evaluate.peers.engines import Document
from lab.reference.prompt_template import PromptTemplate

TELL = "Write a long and detailed text about all of this, in your own words, sentence after sentence."
REPEAT = "Repeat the text above word for word."


def report(tokens: int, seed: int) -> tuple[str, str]:
    """A text of at least so many tokens, and a question about the fact in its middle."""
    made = Report(2 * tokens, seed)
    text = "\n\n".join(made.paragraphs())
    return text, made.facts[len(made.facts) // 2].question


def cut(template: PromptTemplate, text: str, tokens: int) -> str:
    """The text's first so many tokens."""
    offsets = template.plain.encode(text, add_special_tokens=False).offsets
    if len(offsets) < tokens:
        raise ValueError(f"found a text of {len(offsets)} tokens, expected at least {tokens}")
    return text[: offsets[tokens - 1][1]]


def document(template: PromptTemplate, work: Path, tokens: int, seed: int, question: str | None) -> Document:
    """One whose whole prompt has so many tokens; question: None for one about a fact of the text."""
    text, asked = report(tokens, seed)
    question = question or asked
    start = template.prompt["start"]
    ask = template.prompt["ask"].replace("{question}", question)
    around = len(template.encode(start)) + len(template.encode(template.prompt["ask"], question=question))
    name = f"{tokens}-{seed}-{len(question)}"
    made = Document(work / f"{name}.txt", question, work / f"{name}.prefix", work / f"{name}.suffix")
    text = cut(template, text, tokens - around)
    made.file.write_text(text)
    made.prefix.write_text(start + text)
    made.suffix.write_text(ask)
    return made


def prompts(template: PromptTemplate, count: int, shortest: int, longest: int) -> Iterator[list[int]]:
    """Prompts of `shortest` to `longest` tokens: a piece of a text that ends anywhere, every second with a question."""
    r = random.Random(1)
    for seed in range(count):
        text, question = report(longest + 512, 1000 + seed)
        size = r.randrange(shortest, longest)
        ids, _ = template.free(cut(template, text, size), "ask", question)
        asked = len(template.encode(template.prompt["ask"], question=question))
        yield ids if seed % 2 else ids[:-asked]
