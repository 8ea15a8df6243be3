"""A Hugging Face folder's chat template, tokenizer and ends, opened by transformers, as the preset of its model folder.

preset = default_preset(checkpoint, positions=32768)      # prompt, sizes, licence; no command line
"""

import json
import re
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from lab.export.chat_template import FIXED, TODAY, Chat, NoTemplate, pieces
from lab.export.preset import instruct_preset, licence_of


def default_preset(checkpoint: Path, positions: int) -> dict:
    """The preset of an instruct model that answers in its own words.

    checkpoint: a Hugging Face folder; positions: how many its rotation was trained for.
    Raises Refused where these are too few for any scenario, NoTemplate where the prompt cannot be said.
    """
    tokenizer = (checkpoint / "tokenizer.json").read_text()
    description = f"{checkpoint.resolve().name}, as its checkpoint has it"
    return instruct_preset(prompt(checkpoint), tokenizer, positions, description, licence(checkpoint))


def prompt(folder: Path) -> dict:
    """`prompt` and `end` as export.py's presets have them."""
    theirs = PreTrainedTokenizerFast.from_pretrained(folder)
    names = [name for name in ("chat_template.jinja", "tokenizer_config.json") if (folder / name).exists()]
    try:
        if not theirs.chat_template:
            raise NoTemplate("found no chat template (tokenizer_config.json, chat_template.jinja), expected one")
        return pieces(chat(theirs), json.loads((folder / "tokenizer.json").read_text()), end_tokens(folder, theirs))
    except NoTemplate as e:
        raise NoTemplate(f"{folder / names[0] if names else folder}: {e}") from e


def chat(theirs: PreTrainedTokenizerFast) -> Chat:
    """What transformers renders and encodes."""

    def render(messages: list[dict]) -> str:
        template = TODAY + theirs.get_chat_template()
        return theirs.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=True, **FIXED
        )

    return Chat(render, lambda text: theirs.encode(text, add_special_tokens=False))


def end_tokens(folder: Path, tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """Tokens that end a text, of generation_config.json, config.json and the tokenizer."""
    ids = []
    for name in ("generation_config.json", "config.json"):
        file = folder / name
        found = json.loads(file.read_text()).get("eos_token_id") if file.exists() else None
        ids += found if isinstance(found, list) else [found]
    ends = [tokenizer.convert_ids_to_tokens(i) for i in ids if isinstance(i, int) and 0 <= i < 2**32]
    return list(dict.fromkeys(end for end in [*ends, tokenizer.eos_token] if end))


def licence(checkpoint: Path) -> str:
    """What the checkpoint's README.md says at its head, as an SPDX expression."""
    card = checkpoint / "README.md"
    text = card.read_text("utf-8", "replace") if card.exists() else ""
    found = re.search(r"^license:\s*(\S+)", text, re.MULTILINE)
    return licence_of(found[1] if found else "")
