"""Writes the table that holds rust/core/src/decode/sampling.rs to transformers' logits processors.

    python scripts/sampling.py            # writes rust/core/tests/sampling.json

A case: logits, tokens that were seen, a sampling, and the tokens that are left with their logits, in fp32. Seeds are
fixed; tests/test_families.py makes the table anew and compares.
"""

import itertools
import json
from pathlib import Path

import torch
from transformers.generation import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

TARGET = Path(__file__).parent.parent / "rust/core/tests/sampling.json"
TEMPERATURES, TOP_KS, TOP_PS, MIN_PS, PENALTIES = (1.0, 0.3, 1.7), (0, 1, 5), (1.0, 0.6, 0.05), (0.0, 0.2), (1.0, 1.3)
VOCABULARY = 24


def left(logits: torch.Tensor, seen: list[int], s: dict) -> list[tuple[int, float]]:
    """In the order in which generate() applies them."""
    processors = LogitsProcessorList()
    if s["repetition_penalty"] != 1:
        processors.append(RepetitionPenaltyLogitsProcessor(s["repetition_penalty"]))
    processors.append(TemperatureLogitsWarper(s["temperature"]))
    if s["top_k"]:
        processors.append(TopKLogitsWarper(s["top_k"]))
    if s["top_p"] < 1:
        processors.append(TopPLogitsWarper(s["top_p"]))
    if s["min_p"]:
        processors.append(MinPLogitsWarper(s["min_p"]))
    scores = processors(torch.tensor([seen]), logits[None].clone())[0]
    return [(i, round(float(v), 6)) for i, v in enumerate(scores) if torch.isfinite(v)]


def table() -> list[dict]:
    generator, cases = torch.Generator().manual_seed(1), []
    choices = itertools.product(TEMPERATURES, TOP_KS, TOP_PS, MIN_PS, PENALTIES)
    for temperature, top_k, top_p, min_p, penalty in choices:
        logits = (torch.randn(VOCABULARY, generator=generator) * 3).round(decimals=4)
        seen = torch.randint(VOCABULARY, (6,), generator=generator).tolist()
        sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
        sampling |= {"repetition_penalty": penalty}
        values = [round(v, 4) for v in logits.tolist()]
        remain = left(logits, seen, sampling)
        cases.append({"sampling": sampling, "seen": seen, "logits": values, "left": remain})
    return cases


def dumps(cases: list[dict]) -> str:
    return "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"


if __name__ == "__main__":
    TARGET.write_text(dumps(table()))
