"""Ratios of speeds within one run of `bench`, held against those that scripts/prove.sh recorded last: a half of them is a fault, whatever the machine."""

import json

import pytest

from lab.evaluate.cli import RECORDS

SHORT, LONG = "512", "8192"


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
        "first text by recall sooner than by memory": seconds["memory"][1] / seconds["recall"][1],
        "reading by memory, a token of the long text to one of the short": speed[1] / speed[0],
    }


@pytest.fixture(scope="module")
def recorded() -> dict[str, float]:
    records = (json.loads(path.read_text()) for path in RECORDS.glob("*.json"))
    newest = max((r for r in records if "bench" in r), key=lambda r: r["date"])
    return ratios({bench["reading"]: [bench["lengths"][0], bench["lengths"][2]] for bench in newest["bench"]})


def test_no_ratio_is_half_of_the_recorded_one(cli, recorded):
    lengths = f"{SHORT},{LONG}"
    measured = ratios({
        reading: cli.run("bench", "--lengths", lengths, "--runs", "3", "--reading", reading)[0]["lengths"]
        for reading in ("recall", "memory")
    })  # fmt: skip
    for name, ratio in recorded.items():
        assert measured[name] > ratio / 2, f"{name}: found {measured[name]:.2f}, recorded {ratio:.2f}"


def test_a_slower_engine_is_seen():
    def row(tokens: int, speed: float, ttft: float) -> dict:
        return {"tokens": tokens, "read_tokens_per_second": {"median": speed}, "ttft_ms": {"median": ttft}}

    recall = [row(500, 100_000, 5), row(10_000, 1_000_000, 10)]
    good = ratios({"recall": recall, "memory": [row(500, 10_000, 5), row(10_000, 10_000, 5)]})
    slow = ratios({"recall": [recall[0], row(10_000, 1_000_000, 90)], "memory": [row(500, 10_000, 5), row(10_000, 4_000, 5)]})
    assert good == {name: pytest.approx(value) for name, value in zip(good, [1005 / 20, 1.0], strict=True)}
    assert slow["reading by memory, a token of the long text to one of the short"] == pytest.approx(0.4)
    assert ratios({"recall": [recall[0], row(10_000, 1_000_000, 90)], "memory": [row(500, 1, 1), row(10_000, 10_000, 5)]})[
        "first text by recall sooner than by memory"
    ] < good["first text by recall sooner than by memory"] / 2  # fmt: skip
