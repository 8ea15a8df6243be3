"""A model folder held against a reference: logits through the whole segment loop, self-tests, what rounding cost.

    errors = verify(folder, streams)            # worst logits error by artefact; raises Refused

The reference gives a new stream by a scenario's name: of the decoder (state.DecoderStream), or of an fp32 graph
(numpy_engine.Session). No PyTorch is needed.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from lab.export.preset import Refused
from lab.reference.numpy_engine import ModelFolder, Session
from lab.reference.prompt_template import PromptTemplate


class Stream(Protocol):
    """What a reference keeps of one stream of tokens."""

    absorbed: int  # tokens that its memory has taken in

    def read(self, ids: list[int], pinned: int) -> np.ndarray:
        """The stream's next tokens by segments → logits [V] after the last."""

    def run(self, ids: list[int], pin: bool = False, rows: list[int] | None = None) -> np.ndarray:
        """One run → logits [R, V] of `rows`, None: the last."""


Streams = Callable[[str], Stream]  # by a scenario's name
LONG = 1024  # slots of a cache that a check takes the time to fill
SAMPLE = """\
The harbour office opens at seven. Boats longer than twelve metres must announce themselves by radio, channel 9.
A berth costs 14.50 a night; water and electricity are included, but showers are not.
Café Åse serves soup until 21:30 — 魚のスープ 🐟.
Whoever finds the key to the lighthouse is asked to bring it back to Mrs. Okonkwo before the first of November.
In 1987 the old pier was moved eighty metres to the north, because the current had begun to carry the sand away.
def total(items): return sum(i.price * i.count for i in items)   # not counting the deposit
"""


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


def verify(folder: Path, streams: Streams) -> dict[str, float]:
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
            for error in prompt_errors(Session(engine, name), streams(name), ids, pinned)
        ]
        del engine
        worst[artefact["file"]] = max(errors)
        if not worst[artefact["file"]] <= artefact["max_error"]:
            raise Refused(f"{artefact['file']}: logits off by {max(errors):.2g}, allowed {artefact['max_error']:.2g}")
    return worst


def prompt_errors(session: Session, reference: Stream, ids: list[int], pinned: int) -> list[float]:
    """Relative errors of the logits after a prompt's tokens `ids`, and after each of three more."""
    errors = [relative_error(session.read(ids, pinned), reference.read(ids, pinned))]
    for token in ids[pinned : pinned + 3]:
        errors.append(relative_error(session.run([token]), reference.run([token])))
    if session.absorbed != reference.absorbed or not np.isfinite(errors[-1]):
        raise Refused(f"{session.model.file}: {session.absorbed} tokens absorbed, not {reference.absorbed}")
    return errors


def nats(want: np.ndarray, got: np.ndarray) -> np.ndarray:
    """Logits [n, V] twice → how far the second's chances are from the first's (Kullback-Leibler), [n] float64."""
    lost = []
    for one, other in zip(want, got, strict=True):  # row by row: all of a large vocabulary takes much memory
        likelier = log_chances(one)
        lost.append((np.exp(likelier) * (likelier - log_chances(other))).sum())
    return np.array(lost)


def log_chances(logits: np.ndarray) -> np.ndarray:
    """Logits [..., V] → log of the chances, [..., V] float64."""
    shifted = logits - logits.max(-1, keepdims=True).astype(np.float64)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def rounding_cost(folder: Path, number: int, streams: Streams) -> dict:
    """Of an artefact, over the tokens of a segment of the default scenario: `divergence`, nats a token from the
    reference's next tokens (Kullback-Leibler); `agreement`, how often the likeliest is the same; `tokens`, how many."""
    engine = ModelFolder(folder, number)
    name = engine.manifest["default_scenario"]
    ids, pinned = list(verification_prompts(engine.prompt_template, engine.manifest["scenarios"], name))[1]
    rows = list(range(len(ids) - pinned))
    both = []
    for stream in (streams(name), Session(engine, name)):
        if pinned:
            stream.run(ids[:pinned], True)
        both.append(stream.run(ids[pinned:], rows=rows))  # [n, V]
    want, got = both
    agreement = (got.argmax(-1) == want.argmax(-1)).mean()
    return {
        "divergence": float(f"{max(0.0, nats(want, got).mean()):.3g}"),
        "agreement": float(f"{agreement:.4g}"),
        "tokens": len(rows),
    }


def state_errors(folder: Path, streams: Streams, manifest: dict, stated: dict, errors: dict[str, float]) -> None:
    """Into each artefact: what rounding cost; max_error, unless the preset states it: twice what was found, for other
    machines."""
    for number, artefact in enumerate(manifest["artefacts"]):
        error = errors[artefact["file"]]
        if artefact["precision"] != "fp32":
            artefact["cost"] = {"error": float(f"{error:.3g}")} | rounding_cost(folder, number, streams)
        if artefact["precision"] not in stated:
            artefact["max_error"] = float(f"{min(artefact['max_error'], 2 * error):.2g}")


def self_tests(streams: Streams, prompt_template: PromptTemplate, scenarios: dict) -> list[dict]:
    """`self_test` of model.json: the reference's logits after the shortest and the third prompt of each scenario."""
    tests = []
    for name, scenario in scenarios.items():
        for ids, _ in list(verification_prompts(prompt_template, scenarios, name))[0:3:2]:
            logits = streams(name).read(ids, scenario["pinned"])  # [V]
            spread = np.linspace(0, len(logits) - 1, 8).astype(int).tolist()
            indices = sorted({*largest(np.abs(logits), 8), *largest(logits, 2), *spread})
            values = [float(f"{value:.7g}") for value in logits[indices].tolist()]
            tests.append({"scenario": name, "tokens": ids, "indices": indices, "logits": values})
    return tests


def largest(values: np.ndarray, count: int) -> list[int]:
    """Indices of the largest of [n]."""
    return np.argsort(-values, kind="stable")[:count].tolist()
