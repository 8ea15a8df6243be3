"""The prompts that the engine makes for a free model by recall, token for token (tests hold the two together).

    prompts = Prompts(about, tokenizer)               # model.json's keys `prompt` and `tokenizer`; tokenizer.json
    pieces = [prompts.piece(s) for s in sentences]
    prompt = prompts.ask("Who signed?", pieces)       # start · question and wish · sentences · question

rust/core/src/prompt/prompt.rs and rust/core/src/manifest/prompt_template.rs are the engine's part. PyTorch is not
needed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lab.reference.prompt_template import PromptTemplate

# Most room left in a prompt for an answer (tokens).
ANSWER_ROOM = 64


class Prompts:
    """A model's prompts as token ids."""

    def __init__(self, prompt: dict, tokenizer: str) -> None:
        """prompt: as in model.json; tokenizer: tokenizer.json, its path or its text."""
        self.prompt = prompt
        self.template = PromptTemplate(prompt, tokenizer)
        self.start = self.template.encode(prompt["start"])
        (self.asks, self.ends) = self.summary_parts()

    def summary_parts(self) -> tuple[str, str]:
        """`summarize` cut before the first special token: an instruction stands between."""
        summarize = self.prompt["summarize"]
        cut = min((summarize.find(s) for s in self.template.specials if s in summarize), default=len(summarize))
        return summarize[:cut], summarize[cut:]

    def piece(self, sentence: str) -> list[int]:
        """A sentence as a prompt tells it: white space folded, a space before it."""
        folded = "".join(f" {word}" for word in sentence.split())
        return self.template.plain.encode(folded, add_special_tokens=False).ids

    def answer(self, text: str) -> list[int]:
        """What a model says."""
        return self.template.plain.encode(text, add_special_tokens=False).ids

    def question(self, question: str) -> tuple[list[int], list[int]]:
        """What stands before the sentences and after them."""
        before = self.template.encode(self.prompt.get("before") or "", question=question)
        return before, self.template.encode(self.prompt["ask"], question=question)

    def summary(self, instruction: str = "") -> list[int]:
        """What asks for a summary, after the sentences."""
        if not instruction:
            return self.template.encode(self.prompt["summarize"])
        return self.template.encode(f"{self.asks}{{instruction}}{self.ends}", instruction=f" {instruction}")

    def ask(self, question: str, pieces: Iterable[list[int]]) -> list[int]:
        """A whole prompt of a question; pieces in document order."""
        before, after = self.question(question)
        return [*self.start, *before, *(token for piece in pieces for token in piece), *after]

    def summarize(self, pieces: Iterable[list[int]], instruction: str = "") -> list[int]:
        """A whole prompt of a summary."""
        return [*self.start, *(token for piece in pieces for token in piece), *self.summary(instruction)]


def room(scenario: dict, task_tokens: int) -> int:
    """Most tokens of sentences in a prompt whose task takes so many; scenario: as in model.json."""
    window = scenario["window"]
    return min(scenario["recall"], max(0, window - task_tokens - min(ANSWER_ROOM, window // 4)))


def fitting(pieces: Sequence[list[int]] | Mapping[int, list[int]], order: Iterable[int], left: int) -> list[int]:
    """The numbers of those pieces that fit, most wanted first in `order` → ascending. Each costs a token more."""
    chosen = []
    for number in order:
        cost = len(pieces[number]) + 1
        if cost <= left:
            chosen.append(number)
            left -= cost
    return sorted(chosen)
