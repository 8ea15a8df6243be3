"""A checkpoint's chat template as the `prompt` of model.json.

    preset = chat.preset(folder)        # prompt and ends; refuses what pieces cannot say; no command line

A phone renders no templates: here the template is rendered around marks, by transformers, and cut into pieces; then
conversations are encoded both ways and must give the same tokens.
"""

import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from host import Layout, canonical

ASKED, SUMMARY = "\n\n{question}", "\n\nSummarise the text above in a few sentences."
MARKS = [f"edge{n}infinite" for n in range(3)]  # plain words, so that no template trims or escapes them
FIXED = {"enable_thinking": False, "date_string": "26 Jul 2024"}  # answers begin at once; Llama 3's own fixed date
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
SPELT = "<|im_end|> <eos></s><|eot_id|><end_of_turn><|end|>"  # no special token, coming from a person
EDGES = (" leading", "\nleading line", "trailing \n")


class NoTemplate(ValueError):
    """The checkpoint has no chat template that pieces of text can stand for."""


def preset(folder: Path) -> dict:
    """`prompt` and `end` as export.py's presets have them."""
    theirs = PreTrainedTokenizerFast.from_pretrained(folder)
    if not theirs.chat_template:
        raise NoTemplate(f"{folder}: found no chat template (tokenizer_config.json, chat_template.jinja), expected one")
    form, spaced = canonical(json.loads((folder / "tokenizer.json").read_text()))
    special = [t["content"] for t in form["added_tokens"] if t["special"]]
    ends = end_tokens(folder, theirs)
    before, after = cut(render(theirs, MARKS[:1]), MARKS[:1])
    first, between, second, last = cut(render(theirs, MARKS), MARKS)
    end = next((e for e in ends if second.startswith(e)), None)
    if end is None or first != before or last != after:
        raise NoTemplate(f"{folder}: the chat template's turns do not repeat, expected each to begin and end alike")
    space = (lambda text, at_special: spaces(text, special, at_special)) if spaced else (lambda text, _: text)
    user = space("{text}" + after, ends_special(before, special))
    later = space(second[len(end) :] + "{text}" + after, True)
    prompt = {
        "start": space(before, False),
        "ask": ASKED + space(after, False),
        "summarize": SUMMARY + space(after, False),
        "chat": {"start": space(before, False), "user": user} | ({"next": later} if later != user else {}),
    }
    for trim in (False, True):
        prompt["chat"] |= {"trim": True} if trim else {}
        wrong = differing(prompt, form, theirs, between == after)
        if not wrong:
            return {"prompt": prompt, "end": [end, *(e for e in ends if e != end)]}
    raise NoTemplate(f"{folder}: pieces give other tokens than the chat template, such as for {wrong[0]!r}")


def render(tokenizer: PreTrainedTokenizerFast, said: list[str], system: str | None = None) -> str:
    roles = ["user", "assistant"] * len(said)
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **FIXED)


def cut(text: str, marks: list[str]) -> list[str]:
    parts, rest = [], text
    for mark in marks:
        if rest.count(mark) != 1:
            raise NoTemplate(f"the chat template says what was said {rest.count(mark)} times, expected once")
        part, _, rest = rest.partition(mark)
        parts.append(part)
    return [*parts, rest]


def end_tokens(folder: Path, tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """Of generation_config.json or config.json, else of the tokenizer: as generate() would stop."""
    for name in ("generation_config.json", "config.json"):
        file = folder / name
        ids = json.loads(file.read_text()).get("eos_token_id") if file.exists() else None
        if ids is not None:
            return tokenizer.convert_ids_to_tokens(ids if isinstance(ids, list) else [ids])
    return [tokenizer.eos_token]


def ends_special(text: str, special: list[str]) -> bool:
    return any(text.endswith(s) for s in special)


def spaces(text: str, special: list[str], at_special: bool) -> str:
    """A space before every stretch of text that begins after a special token (or at the beginning, if `at_special`)."""
    out, plain = "", not at_special
    while text:
        if token := max((s for s in special if text.startswith(s)), key=len, default=""):
            out, text, plain = out + token, text[len(token) :], False
        else:
            out, text, plain = out + ("" if plain else " ") + text[0], text[1:], True
    return out


def differing(prompt: dict, form: dict, theirs: PreTrainedTokenizerFast, many: bool) -> list[str]:
    """What was said in conversations whose tokens differ; with `many`, of several turns."""
    layout, wrong = Layout(prompt, json.dumps(form)), []
    for said in (*SAID, *EDGES):
        talk = [said, "Fine.", "And then?"] if many else [said]
        whole = theirs.encode(render(theirs, talk), add_special_tokens=False)
        pieces = layout.encode(prompt["chat"]["start"]) + layout.turn(said, True)
        if many:
            end = whole[len(pieces) + len(layout.encode("{text}", text="Fine.")) :][:1]
            pieces += layout.encode("{text}", text="Fine.") + end + layout.turn("And then?", False)
        if pieces != whole:
            wrong.append(said)
    return wrong
