"""A chat template as the `prompt` of model.json.

    preset = pieces(chat, tokenizer, ends)      # prompt and ends; refuses what pieces cannot say; no command line

A phone renders no templates: here the template is rendered around marks and cut into pieces; then conversations are
encoded both ways and must give the same tokens. What renders and encodes is the caller's (checkpoint_prompt.py,
gguf/prompt.py). A session takes nothing back: of a model that thinks the thinking that its prompt closes at once
(Qwen3's `enable_thinking=False`) stays before each answer.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from lab.reference.prompt_template import SPACE, PromptTemplate, for_pieces, without_prefix_space

BEFORE = "{question} Answer in one short sentence.\n\n"
ASKED = "\n\n{question}"
SUMMARY = "\n\nSummarise the text above in a few sentences."
MARKS = [f"edge{n}infinite" for n in range(3)]  # plain words, so that no template trims or escapes them
DATE = "26 Jul 2024"  # Llama 3's own, in place of the day on which somebody exports
FIXED = {"enable_thinking": False, "date_string": DATE}  # what a template is told: answers begin at once
TODAY = "{% macro strftime_now(form) %}" + DATE + "{% endmacro %}"
ANSWER = "Fine."
NEXT = "And then?"
SAID = (
    "Hello!",
    "What is the capital of France?",
    "x",
    "two\n\nparagraphs\nand a line",
    "naïve 漢字 🐟",
    "tabs\tand  spaces",
    "1234567 + 89 = ?",
    "let's say \"don't\"",
)
EDGES = (" leading", "\nleading line", "trailing \n", "\x1cseparated\x1f")
TRIMS = ({}, {"trim": True}, {"trim_start": True})


class NoTemplate(ValueError):
    """The checkpoint has no chat template that pieces of text can stand for."""


@dataclass(frozen=True)
class Chat:
    """A checkpoint's template and tokenizer, whatever renders and encodes."""

    render: Callable[[list[dict]], str]  # messages → text, up to where the model answers; may fail in any way
    encode: Callable[[str], list[int]]  # text → tokens, special ones recognised and none added


def pieces(theirs: Chat, tokenizer: dict, ends: list[str]) -> dict:
    """The preset, out of a conversation around marks; tokenizer: tokenizer.json."""
    added = tokenizer["added_tokens"]
    scheme = without_prefix_space(tokenizer)[1]
    names = [t["content"] for t in added]
    every = scheme == "always"
    one = cut(render(theirs, MARKS[:1]), MARKS[:1])
    three = cut(render(theirs, MARKS), MARKS)
    (before, after) = one
    (first, between, second, last) = three
    if first != before or last != after:
        raise NoTemplate("the chat template's turns do not repeat, expected each to begin and end alike")
    if not before:
        raise NoTemplate("the chat template begins with what is said, expected some text before it")
    if name := re.search(r"\{(text|question)\}", "".join(three)):
        raise NoTemplate(f"the chat template says {name[0]}, which stands for what is said, expected other words")
    check_thinking(between, after)
    begins = [e for e in (*ends, *(t["content"] for t in added if t["special"])) if second.startswith(e)]
    if not begins:
        raise NoTemplate(f"no end token ends the turn: found {second[:20]!r} after an answer, expected one of {ends}")
    end = max(begins, key=len)

    def space(text: str, at_start: bool) -> str:
        return spaces(text, names, at_start, every)

    before, after, second = (eaten(part, added) for part in (before, after, second))
    start = space(before, scheme != "never")
    mark = before.endswith(tuple(names))
    user = space("{text}" + after, every and mark)
    later = space(second[len(end) :] + "{text}" + after, every)
    prompt = {
        "start": start,
        "before": space(BEFORE, every and mark),
        "ask": ASKED + space(after, False),
        "summarize": SUMMARY + space(after, False),
        "chat": {"start": start, "user": user} | ({"next": later} if later != user else {}),
    }
    made = {"prompt": prompt, "end": [end, *(e for e in ends if e != end)]}
    prompt_template = PromptTemplate(prompt, json.dumps(for_pieces(tokenizer, made)))
    answer = prompt_template.encode(space(ANSWER, every and after.endswith(tuple(names))))
    for trim in TRIMS:
        prompt_template.prompt = prompt | {"chat": prompt["chat"] | trim}
        wrong = differing(prompt_template, theirs, [*answer, prompt_template.special.token_to_id(end)])
        if not wrong:
            return made | {"prompt": prompt_template.prompt}
    raise NoTemplate(f"pieces give other tokens than the chat template, such as for {wrong[0]!r}")


def render(chat: Chat, said: list[str]) -> str:
    """What the template makes of a conversation, up to where the model answers."""
    roles = ["user", "assistant"] * len(said)
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    try:
        return chat.render(messages)
    except Exception as e:  # a template is somebody else's program: it may fail in any way
        raise NoTemplate(f"the chat template fails: {type(e).__name__}: {e}") from e


def conversation(chat: Chat, said: str) -> str:
    """Two turns as a session has them: the first prompt as it was, ANSWER, and what the template has after it."""
    return render(chat, [said]) + ANSWER + render(chat, [said, ANSWER, NEXT]).rpartition(ANSWER)[2]


def cut(text: str, marks: list[str]) -> list[str]:
    """A rendered conversation cut at its marks; raises NoTemplate where one does not stand there once."""
    parts = []
    rest = text
    for mark in marks:
        if rest.count(mark) != 1:
            raise NoTemplate(f"the chat template says what was said {rest.count(mark)} times, expected once")
        part, _, rest = rest.partition(mark)
        parts.append(part)
    return [*parts, rest]


def check_thinking(between: str, after: str) -> None:
    """Before an earlier answer must stand what stands before the next; white space and closed thinking may differ."""
    if "<think>" in after.rpartition("</think>")[2]:
        raise NoTemplate("the prompt ends in an open <think>: found reasoning where the answer begins, expected none")
    earlier, now = (re.sub(r"<think>\s*</think>\s*$", "", part).rstrip() for part in (between, after))
    if earlier != now:
        raise NoTemplate(f"found {between!r} before an answer of an earlier turn, expected {after!r} as in the prompt")


def eaten(text: str, added: list[dict]) -> str:
    """A text without the white space that added tokens in it take with them."""
    for t in added:
        left = rf"[{SPACE}]*" if t["lstrip"] else ""
        right = rf"[{SPACE}]*" if t["rstrip"] else ""
        if (left or right) and t["content"] in text:
            text = re.sub(left + re.escape(t["content"]) + right, lambda _, t=t: t["content"], text)
    return text


def spaces(text: str, added: list[str], at_start: bool, every: bool) -> str:
    """A space before the text, if `at_start`, and before each stretch of it after an added token, if `every`."""
    out = ""
    plain = not at_start
    while text:
        if token := max((s for s in added if text.startswith(s)), key=len, default=""):
            out = out + token
            text = text[len(token) :]
            plain = not every
        else:
            out = out + ("" if plain else " ") + text[0]
            text = text[1:]
            plain = True
    return out


def differing(prompt_template: PromptTemplate, theirs: Chat, answered: list[int]) -> list[str]:
    """What was said in conversations of two turns whose tokens differ."""
    wrong = []
    for said in (*SAID, *EDGES):
        whole = theirs.encode(conversation(theirs, said))
        start = prompt_template.encode(prompt_template.prompt["chat"]["start"])
        if start + prompt_template.turn(said, True) + answered + prompt_template.turn(NEXT, False) != whole:
            wrong.append(said)
    return wrong
