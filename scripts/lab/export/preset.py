"""What a checkpoint does not know and its model folder must say: prompt, sizes, readings, limits, licence.

preset = default_preset(checkpoint, positions=32768)      # or a file, such as finder/preset.json
"""

import json
import re
from pathlib import Path

from lab.reference.prompt_template import PromptTemplate, for_pieces

SIZES = {"default": (128, 2048, 1536), "short": (128, 512, 384)}  # segment, window, recall of the scenarios
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "llama3.2": "LicenseRef-llama3.2", "gemma": "LicenseRef-gemma"}


class Refused(ValueError):
    """The model folder would be wrong; nothing was written."""


def default_preset(checkpoint: Path, positions: int) -> dict:
    """The preset of an instruct model that answers in its own words: its chat template, SIZES that fit.

    checkpoint: a Hugging Face folder; positions: how many its rotation was trained for.
    Raises Refused where these are too few for any scenario, chat_template.NoTemplate where the prompt cannot be said.
    """
    from lab.export import chat_template  # with transformers, which a preset from a file does not need

    found = chat_template.preset(checkpoint)
    tokenizer = for_pieces(json.loads((checkpoint / "tokenizer.json").read_text()), found)
    start = PromptTemplate(found["prompt"], json.dumps(tokenizer)).encode(found["prompt"]["start"])
    scenarios = scenarios_within(positions, pinned=-(-len(start) // 16) * 16)
    if not scenarios:
        raise Refused(f"its rotation holds for {positions} positions, too few for any of {', '.join(SIZES)}")
    return found | {
        "version": "1",
        "description": f"{checkpoint.resolve().name}, as its checkpoint has it",
        "licence": licence(checkpoint),
        "precisions": ["int8"],
        "citation": None,
        "scenarios": scenarios,
        "default_scenario": next(iter(scenarios)),
        "readings": {"ask": "recall", "summarize": "notes"},
        "scoring": {"bm25_weight": 0.0, "found_threshold": 0.0},
        "limits": {"question": 512, "answer": 512},
    }


def scenarios_within(positions: int, pinned: int) -> dict[str, dict[str, int]]:
    """Name → sizes of those of SIZES that look no farther back than a model was trained to look."""
    scenarios = {}
    for name, (segment, most, recall) in SIZES.items():
        window = min(most, (positions - pinned - segment) // segment * segment)
        if window >= segment:
            sizes = {"segment": segment, "pinned": pinned, "window": window}
            scenarios[name] = sizes | {"recall": min(recall, window - segment), "threads": 0}
    return scenarios


def licence(checkpoint: Path) -> str:
    """What the checkpoint's README.md says at its head, as an SPDX expression."""
    card = checkpoint / "README.md"
    text = card.read_text("utf-8", "replace") if card.exists() else ""
    found = re.search(r"^license:\s*(\S+)", text, re.MULTILINE)
    name = found[1].strip("'\"").lower() if found else "unknown"
    return LICENCES.get(name, f"LicenseRef-{re.sub(r'[^a-z0-9.-]', '-', name)}")
