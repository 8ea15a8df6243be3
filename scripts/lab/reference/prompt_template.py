"""Prompt templates → tokens, piece by piece, as rust/core does it; tokenizer.json for prompts in pieces.

    prompt_template = PromptTemplate(manifest["prompt"], "models/tiny/tokenizer.json")
    tokens, pinned = prompt_template.free("The gate opens with 4711.", "ask", "What opens the gate?")

Neither PyTorch nor ONNX Runtime is needed.
"""

import copy
import json
import math
import re

from tokenizers import Tokenizer

MARKUP = r"</?(?:table|caption|thead|tbody|tfoot|tr|th|td|h[1-6]|blockquote|strong|em|b|i|u|sub|sup|code)>"  # Gemma's
SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")  # a tokenizer's `\s`


def without_prefix_space(tokenizer: dict) -> tuple[dict, str]:
    """tokenizer.json without the space that is put before text, and where that was: "never", "first" (before the whole
    text) or "always" (before every stretch between added tokens).

    What is encoded piece by piece must not begin anew with each piece; templates say that space instead."""
    parts = ("normalizer", "pre_tokenizer", "added_tokens")  # what changes; the vocabulary is large
    form = tokenizer | {name: copy.deepcopy(tokenizer[name]) for name in parts if name in tokenizer}
    scheme = "never"
    normalizer = form.get("normalizer") or {}
    parts = normalizer.get("normalizers", [normalizer])
    if any(p.get("type") == "Prepend" for p in parts):
        scheme = "always"
        rest = [p for p in parts if p.get("type") != "Prepend"]
        form["normalizer"] = {"type": "Sequence", "normalizers": rest} if len(rest) != 1 else rest[0]
    splitter = form.get("pre_tokenizer") or {}
    for part in splitter.get("pretokenizers", [splitter]):
        if part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never":
            scheme = part.get("prepend_scheme", "always")
            part["prepend_scheme"] = "never"
        if part.get("type") == "ByteLevel" and part.get("add_prefix_space"):
            scheme = "always"
            part["add_prefix_space"] = False
    return form, scheme


def for_pieces(tokenizer: dict, preset: dict, vocabulary: float = math.inf) -> dict:
    """tokenizer.json for prompts in pieces, and for text that nobody vouches for.

    Spaces before text and white space around added tokens are the templates' to say. Added tokens that control a model
    are special, so that text never becomes one. Those beyond the vocabulary are left out (Gemma 3 has one, of its
    pictures); ValueError where a token of the base vocabulary or of the preset's `prompt` and `end` is one of them."""
    form, _ = without_prefix_space(tokenizer)
    templates = [*preset["prompt"].values(), *(preset["prompt"].get("chat") or {}).values()]
    said = "\0".join(text for text in templates if isinstance(text, str))
    base = form["model"]["vocab"]  # of Unigram a list of [text, score]
    rows = base.items() if isinstance(base, dict) else ((text, i) for i, (text, _) in enumerate(base))
    used = [
        (t["content"], t["id"]) for t in form["added_tokens"] if t["content"] in said or t["content"] in preset["end"]
    ]
    for text, number in [*rows, *used]:
        if number >= vocabulary:
            raise ValueError(f"found token {text!r}, number {number}, but {vocabulary} rows of embedding")
    form["added_tokens"] = [t for t in form["added_tokens"] if t["id"] < vocabulary]
    for t in form["added_tokens"]:
        text = t["content"]
        looks = re.fullmatch("<.+>", text, re.DOTALL) and not re.fullmatch(MARKUP, text)
        mark = text in said and re.fullmatch(r"[^\w\s].*\w.*[^\w\s]", text, re.DOTALL)  # no word, no white space
        t["special"] = bool(t["special"] or looks or mark or text in preset["end"])
        t["lstrip"] = t["rstrip"] = False
    return form


def tokenizer_text(text: str, preset: dict, vocabulary: int) -> str:
    """tokenizer.json's text for prompts in pieces: the same where nothing in it changes."""
    own = json.loads(text)
    changed = for_pieces(own, preset, vocabulary)
    return text if changed == own else json.dumps(changed, ensure_ascii=False)


class PromptTemplate:
    """Templates → tokens: words of a template with special tokens recognised, what stands in for a name without."""

    def __init__(self, prompt: dict, tokenizer: str):
        """tokenizer: tokenizer.json, its path or its text."""
        opened = Tokenizer.from_str if tokenizer.lstrip().startswith("{") else Tokenizer.from_file
        self.prompt = prompt
        self.special = opened(tokenizer)
        self.plain = opened(tokenizer)
        self.plain.encode_special_tokens = True
        self.specials = [t.content for t in self.plain.get_added_tokens_decoder().values() if t.special]

    def encode(self, template: str, **values: str) -> list[int]:
        """What stands around a value, up to the next special token, is tokenised with it as one text."""
        tokens = []
        rest = template
        names = "|".join(values)
        while values and (found := re.search(rf"\{{({names})\}}", rest)):
            before = rest[: found.start()]
            after = rest[found.end() :]
            head = max((before.rfind(s) + len(s) for s in self.specials if s in before), default=0)
            tail = min((after.find(s) for s in self.specials if s in after), default=len(after))
            tokens += self.special.encode(before[:head], add_special_tokens=False).ids
            whole = before[head:] + values[found[1]] + after[:tail]
            tokens += self.plain.encode(whole, add_special_tokens=False).ids
            rest = after[tail:]
        return tokens + self.special.encode(rest, add_special_tokens=False).ids

    def lines(self, text: str, citation: dict | None) -> list[int]:
        """A text's tokens as its readings have them: lines of a citing model behind their markers."""
        if not citation:
            return self.encode("{text}", text=text)
        tokens = []
        for number, line in enumerate(line for line in text.split("\n") if line.strip()):
            template = self.prompt["sentence"].replace("{n}", str(number % len(citation["markers"]) + 1))
            tokens += self.encode(template, text=" " + " ".join(line.split()))
        return tokens

    def turn(self, text: str, first: bool) -> list[int]:
        """A turn of a chat: what is said, up to where the model answers."""
        chat = self.prompt["chat"]
        text = text.strip() if chat.get("trim") else text.lstrip(SPACE) if chat.get("trim_start") else text
        return self.encode(chat["user"] if first else chat.get("next", chat["user"]), text=text)

    def free(self, document: str, task: str, question: str = "") -> tuple[list[int], int]:
        """A free model's whole prompt and how many of its first tokens are pinned."""
        start = self.encode(self.prompt["start"])
        text = self.encode("{text}", text=document)
        return start + text + self.encode(self.prompt[task], question=question), len(start)
