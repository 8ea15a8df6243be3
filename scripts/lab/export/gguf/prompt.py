"""A GGUF's chat template, ends, licence and origin as the preset of its model folder.

    preset = default_preset(file, tokenizer, positions=8192)      # tokenizer: tokenizer.json's text; no command line

The template is rendered by Jinja with what transformers gives it (tests hold the two against each other), in a
sandbox: it is somebody else's program.
"""

import hashlib
import json
from collections import Counter
from typing import Any

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from lab.export.chat_template import FIXED, TODAY, Chat, NoTemplate, pieces
from lab.export.gguf.gguf_file import GgufFile, Unreadable
from lab.export.preset import instruct_preset, licence_of

SPECIAL = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}  # → keys of a GGUF
ENDS = ("eot", "eos", "eom")  # keys of tokens that end a turn or a text
END_TEXTS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|end_of_text|>", "<|endoftext|>")


def default_preset(file: GgufFile, tokenizer: str, positions: int) -> dict:
    """The preset of an instruct model that answers in its own words; positions: how many its rotation holds for.

    Raises Refused where these are too few for any scenario, NoTemplate where the prompt cannot be said.
    """
    licence = licence_of(file.text("general.license", ""))
    return instruct_preset(prompt(file, tokenizer), tokenizer, positions, origin(file), licence)


def prompt(file: GgufFile, tokenizer: str) -> dict:
    """`prompt` and `end` as export.py's presets have them."""
    special = special_tokens(file)
    opened = Tokenizer.from_str(tokenizer)
    try:
        if "tokenizer.chat_template" not in file.metadata:
            raise NoTemplate("found no tokenizer.chat_template, expected one: a base model needs --preset")
        template = file.text("tokenizer.chat_template")
        chat = Chat(
            lambda messages: rendered(template, special, messages),
            lambda text: opened.encode(text, add_special_tokens=False).ids,
        )
        return pieces(chat, json.loads(tokenizer), end_tokens(file, opened))
    except NoTemplate as e:
        raise NoTemplate(f"{file.path}: {e}") from e


def special_tokens(file: GgufFile) -> dict[str, str]:
    """The tokens that templates call by name."""
    tokens = {name: token(file, key) for name, key in SPECIAL.items()}
    return {name: text for name, text in tokens.items() if text is not None}


def token(file: GgufFile, key: str) -> str | None:
    """The token of tokenizer.ggml.{key}_token_id."""
    whole = f"tokenizer.ggml.{key}_token_id"
    if whole not in file.metadata:
        return None
    tokens = file.texts("tokenizer.ggml.tokens")
    number = file.whole(whole)
    if number >= len(tokens):
        raise Unreadable(f"{file.path}: found {whole} {number}, expected one of {len(tokens)} tokens")
    return tokens[number]


def end_tokens(file: GgufFile, tokenizer: Tokenizer) -> list[str]:
    """Tokens that end a turn or a text: those that the file names, and control tokens that are known to."""
    special = {t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special}
    named = [token(file, key) for key in ENDS]
    return list(dict.fromkeys([*filter(None, named), *(text for text in END_TEXTS if text in special)]))


def origin(file: GgufFile) -> str:
    """What the model is and where it comes from, in a sentence."""
    name = file.text("general.name", file.path.stem)
    by = file.text("general.organization", file.text("general.author", ""))
    urls = [
        file.text(f"general.{key}", "") for key in ("source.repo_url", "source.url", "base_model.0.repo_url", "url")
    ]
    types = Counter(tensor.type for tensor in file.tensors.values() if len(tensor.shape) == 2)
    digest = hashlib.sha256(file.bytes_of).hexdigest()
    parts = [name, f"by {by}" if by else "", next(filter(None, urls), "")]
    kept = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
    return f"{' '.join(filter(None, parts))}: {file.path.name} ({kept}; SHA-256 {digest})"


# ── The template ────────────────────────────────────────────────────────────────────────────────────────────────────


class Generation(jinja2.ext.Extension):
    """`{% generation %}`, by which trainers find answers: what stands in it is said."""

    tags = frozenset({"generation"})

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        """The block's own nodes."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Namespace(jinja2.utils.Namespace):
    """A namespace that keeps out names with an underscore, which lead out of the sandbox."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        namespace, *rest = args
        attributes = dict(*rest, **kwargs)
        for name in attributes:
            check_name(name)
        jinja2.utils.Namespace.__init__(namespace, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        check_name(name)
        super().__setitem__(name, value)


def check_name(name: object) -> None:
    """Raises SecurityError for a name with an underscore before it."""
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(
            f"found the name {name!r} in a namespace, expected none with an underscore"
        )


def raise_exception(message: str) -> None:
    """What templates call to refuse a conversation."""
    raise jinja2.exceptions.TemplateError(message)


def to_json(value: object, ensure_ascii: bool = False, **how: Any) -> str:
    """The filter `tojson`, without the marks of HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **how)


def rendered(template: str, special: dict[str, str], messages: list[dict]) -> str:
    """A conversation up to where the model answers."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = to_json
    environment.globals |= {"raise_exception": raise_exception, "namespace": Namespace}
    given = {"tools": None, "documents": None, "add_generation_prompt": True} | special | FIXED
    return environment.from_string(TODAY + template).render(messages=messages, **given)
