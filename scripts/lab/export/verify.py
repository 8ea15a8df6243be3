"""A model folder held against the reference: logits through the whole segment loop, self-tests, what rounding cost.

errors = verify(folder, decoder)            # worst logits error by artefact; raises Refused
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from lab.export.preset import Refused
from lab.export.quantization_error import nats
from lab.reference.decoder import Decoder
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.prompt_template import PromptTemplate
from lab.reference.state import Sizes, State, read, run

LONG = 1024  # slots of a cache that a check takes the time to fill
SAMPLE = """\
The harbour office opens at seven. Boats longer than twelve metres must announce themselves by radio, channel 9.
A berth costs 14.50 a night; water and electricity are included, but showers are not.
Café Åse serves soup until 21:30 — 魚のスープ 🐟.
Whoever finds the key to the lighthouse is asked to bring it back to Mrs. Okonkwo before the first of November.
In 1987 the old pier was moved eighty metres to the north, because the current had begun to carry the sand away.
def total(items): return sum(i.price * i.count for i in items)   # not counting the deposit
"""


def sizes_of(scenario: dict) -> Sizes:
    """A scenario of model.json as the reference takes it."""
    return Sizes(scenario["segment"], scenario["pinned"], scenario["window"])


def verification_prompts(
    prompt_template: PromptTemplate, scenarios: dict, name: str
) -> Iterator[tuple[list[int], int]]:
    """(tokens, how many are pinned) to check a scenario by: less than a segment, exactly one, two that fill the memory.

    The last two not of caches that take long to fill, but for the smallest: all scenarios run the same graph.
    """
    sizes = scenarios[name]
    start = prompt_template.encode(prompt_template.prompt["start"])
    ask = prompt_template.encode(prompt_template.prompt["ask"], question=" Where is it?")
    text = prompt_template.encode("{text}", text=SAMPLE)
    slots = sizes["pinned"] + sizes["window"]
    smallest = min(s["pinned"] + s["window"] for s in scenarios.values())
    lengths = [sizes["segment"] // 2, sizes["segment"]]
    if slots <= max(smallest, LONG):
        lengths += [slots + 2 * sizes["segment"] + 5, 2 * slots + 13]
    for length in lengths:
        body = (text * (length // len(text) + 1))[: max(1, length - len(start) - len(ask))]
        yield start + body + ask, len(start)


def relative_error(got: np.ndarray, want: np.ndarray) -> float:
    """The largest difference of logits [..., V] ÷ the largest logit."""
    return float(np.abs(got - want).max() / np.abs(want).max())


@torch.no_grad()
def verify(folder: Path, decoder: Decoder) -> dict[str, float]:
    """Every artefact against the reference, through the whole segment loop and three decoded rows → file: worst error.

    Raises Refused where one is off by more than its max_error, or absorbs another number of tokens.
    """
    worst = {}
    for number, artefact in enumerate(json.loads((folder / "model.json").read_text())["artefacts"]):
        engine = ModelFolder(folder, number)  # one at a time: each holds its weights
        errors = [
            error
            for name in engine.manifest["scenarios"]
            for ids, pinned in verification_prompts(engine.prompt_template, engine.manifest["scenarios"], name)
            for error in prompt_errors(engine, decoder, name, ids, pinned)
        ]
        del engine
        worst[artefact["file"]] = max(errors)
        if not worst[artefact["file"]] <= artefact["max_error"]:
            raise Refused(f"{artefact['file']}: logits off by {max(errors):.2g}, allowed {artefact['max_error']:.2g}")
    return worst


def prompt_errors(engine: ModelFolder, decoder: Decoder, scenario: str, ids: list[int], pinned: int) -> list[float]:
    """Relative errors of the logits after a prompt's tokens `ids`, and after each of three more."""
    sizes = sizes_of(engine.manifest["scenarios"][scenario])
    session = Session(engine, scenario)
    want, state = read(decoder, torch.tensor(ids), pinned, sizes)  # [V]
    errors = [relative_error(session.read(ids, pinned), want.numpy())]
    for token in ids[pinned : pinned + 3]:
        want, state = run(decoder, state, torch.tensor([token]), sizes)  # [1, V]
        errors.append(relative_error(session.run([token]), want.numpy()))
    if session.absorbed != state.absorbed or not np.isfinite(errors[-1]):
        raise Refused(f"{engine.file}: {session.absorbed} tokens absorbed, not {state.absorbed}")
    return errors


@torch.no_grad()
def rounding_cost(folder: Path, number: int, decoder: Decoder) -> dict:
    """Of an artefact, over the tokens of a segment of the default scenario: `divergence`, nats a token from the
    reference's next tokens (Kullback-Leibler); `agreement`, how often the likeliest is the same; `tokens`, how many."""
    engine = ModelFolder(folder, number)
    name = engine.manifest["default_scenario"]
    sizes = sizes_of(engine.manifest["scenarios"][name])
    ids, pinned = list(verification_prompts(engine.prompt_template, engine.manifest["scenarios"], name))[1]
    session = Session(engine, name)
    state = State.empty(decoder)
    if pinned:
        session.run(ids[:pinned], True)
        _, state = run(decoder, state, torch.tensor(ids[:pinned]), sizes, True, ())
    got = torch.from_numpy(session.run(ids[pinned:], rows=list(range(len(ids) - pinned))))  # [n, V]
    want, _ = run(decoder, state, torch.tensor(ids[pinned:]), sizes)  # [n, V]
    divergence = nats(want, got).mean().item()
    agreement = (got.argmax(-1) == want.argmax(-1)).double().mean().item()
    return {
        "divergence": float(f"{max(0.0, divergence):.3g}"),
        "agreement": float(f"{agreement:.4g}"),
        "tokens": len(ids) - pinned,
    }


@torch.no_grad()
def self_tests(decoder: Decoder, prompt_template: PromptTemplate, scenarios: dict) -> list[dict]:
    """`self_test` of model.json: the reference's logits after the shortest and the third prompt of each scenario."""
    tests = []
    for name, scenario in scenarios.items():
        for ids, _ in list(verification_prompts(prompt_template, scenarios, name))[0:3:2]:
            logits, _ = read(decoder, torch.tensor(ids), scenario["pinned"], sizes_of(scenario))  # [V]
            spread = np.linspace(0, len(logits) - 1, 8).astype(int).tolist()
            indices = sorted({*logits.abs().topk(8).indices.tolist(), *logits.topk(2).indices.tolist(), *spread})
            values = [float(f"{value:.7g}") for value in logits[indices].tolist()]
            tests.append({"scenario": name, "tokens": ids, "indices": indices, "logits": values})
    return tests
