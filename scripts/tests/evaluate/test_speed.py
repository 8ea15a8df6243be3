"""Ratios of speeds within one run of `bench`, held against those that scripts/prove.sh recorded last.

Half of a ratio is a fault, whatever the machine.
"""

import json
from pathlib import Path

import pytest

from lab import ROOT
from lab.evaluate.cli import RECORDS

LENGTHS = "512,8192"
SOONER = "first text by recall sooner than by memory"
EVEN = "reading by memory, a token of the long text to one of the short"


def ratios(bench: dict[str, list[dict]]) -> dict[str, float]:
    """`lengths` of `bench` by reading, short and long: ratios of medians, larger is better."""
    seconds = {
        reading: [
            row["tokens"] / row["read_tokens_per_second"]["median"] + row["ttft_ms"]["median"] / 1000 for row in lengths
        ]
        for reading, lengths in bench.items()
    }
    speed = [row["read_tokens_per_second"]["median"] for row in bench["memory"]]
    return {
        SOONER: seconds["memory"][1] / seconds["recall"][1],
        EVEN: speed[1] / speed[0],
    }


def folder(record: dict) -> Path:
    """Of the model that was measured."""
    return ROOT / "models" / record["model"]["name"]


@pytest.fixture(scope="module")
def newest() -> dict:
    """The newest record of a model that is a folder of models/."""
    records = (json.loads(path.read_text()) for path in RECORDS.glob("*.json"))
    return max((r for r in records if "bench" in r and folder(r).is_dir()), key=lambda r: r["date"])


def test_no_ratio_is_half_of_the_recorded_one(cli, newest):
    recorded = ratios({bench["reading"]: [bench["lengths"][0], bench["lengths"][2]] for bench in newest["bench"]})
    asked = cli.asking(folder(newest))
    measured = ratios({
        reading: asked.run("bench", "--lengths", LENGTHS, "--runs", "3", "--reading", reading)[0]["lengths"]
        for reading in ("recall", "memory")
    })  # fmt: skip
    for name, ratio in recorded.items():
        assert measured[name] > ratio / 2, f"{name}: found {measured[name]:.2f}, recorded {ratio:.2f}"


def test_a_slower_engine_is_seen():
    def row(tokens: int, speed: float, ttft: float) -> dict:
        return {"tokens": tokens, "read_tokens_per_second": {"median": speed}, "ttft_ms": {"median": ttft}}

    recall = [row(500, 100_000, 5), row(10_000, 1_000_000, 10)]
    memory = [row(500, 10_000, 5), row(10_000, 10_000, 5)]
    good = ratios({"recall": recall, "memory": memory})
    assert good == {SOONER: pytest.approx(1005 / 20), EVEN: pytest.approx(1.0)}
    slow_answers = ratios({"recall": [recall[0], row(10_000, 1_000_000, 90)], "memory": memory})
    assert slow_answers[SOONER] < good[SOONER] / 2
    slow_reading = ratios({"recall": recall, "memory": [memory[0], row(10_000, 4_000, 5)]})
    assert slow_reading[EVEN] == pytest.approx(0.4)
