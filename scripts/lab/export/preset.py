"""What a checkpoint does not know and its model folder must say: prompt, sizes, readings, limits, licence.

preset = instruct_preset(found, tokenizer, 32768, "…", "MIT")      # or a file, such as finder/preset.json
"""

import json
import re

from lab.reference.prompt_template import PromptTemplate, for_pieces

SIZES = {"default": (128, 2048, 512), "short": (128, 512, 384)}  # segment, window, recall of the scenarios
BEARS = 0.25  # BM25 as a share of what a question asks for: a document with less says nothing of it
NGRAM = 8  # no run of so many tokens is said twice in an answer
SENTENCES = 3  # of an answer at most: the prompt wishes for one
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "llama3.2": "LicenseRef-llama3.2", "gemma": "LicenseRef-gemma"}


class Refused(ValueError):
    """The model folder would be wrong; nothing was written."""


def instruct_preset(found: dict, tokenizer: str, positions: int, description: str, licence: str) -> dict:
    """The preset of an instruct model that answers in its own words: its chat template, SIZES that fit.

    found: `prompt` and `end` out of its chat template; tokenizer: tokenizer.json's text; positions: how many its
    rotation was trained for. Raises Refused where these are too few for any scenario.
    """
    pieces = json.dumps(for_pieces(json.loads(tokenizer), found))
    start = PromptTemplate(found["prompt"], pieces).encode(found["prompt"]["start"])
    scenarios = scenarios_within(positions, pinned=-(-len(start) // 16) * 16)
    if not scenarios:
        raise Refused(f"its rotation holds for {positions} positions, too few for any of {', '.join(SIZES)}")
    return found | {
        "version": "1",
        "description": description,
        "licence": licence,
        "precisions": ["int8"],
        "citation": None,
        "scenarios": scenarios,
        "default_scenario": next(iter(scenarios)),
        "readings": {"ask": "recall", "summarize": "notes"},
        "scoring": {"bm25_weight": 0.0, "found_threshold": 0.0, "found_bm25": BEARS},
        "decoding": {"no_repeat_ngram_size": NGRAM},
        "limits": {"question": 512, "answer": 512, "ask": 128, "summary": 256, "sentences": SENTENCES},
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


def licence_of(name: str) -> str:
    """A licence as hubs name it, as an SPDX expression; "" is unknown."""
    name = name.strip("'\"").lower() or "unknown"
    return LICENCES.get(name, f"LicenseRef-{re.sub(r'[^a-z0-9.-]', '-', name)}")
