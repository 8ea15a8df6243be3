"""Scenarios around a default, and the table of what they cost."""

import json

from lab import ROOT
from lab.evaluate.sweep import around, in_scenario, resized, table
from lab.plots.sizes import draw

DEFAULT = {"segment": 128, "pinned": 16, "window": 512, "recall": 420, "threads": 2}


def test_one_size_changes_at_a_time_and_a_prompt_fits_its_window():
    axes = around(DEFAULT, 2)
    assert [one["threads"] for one in axes["threads"]] == [1, 2]
    assert [one["segment"] for one in axes["segment"]] == [32, 64, 128, 256, 512]
    for axis, some in axes.items():
        assert DEFAULT in some
        for one in some:
            assert one["recall"] < one["window"]
            changed = {key for key in DEFAULT if one[key] != DEFAULT[key]}
            assert changed <= {axis, *({"window", "recall"} if axis in ("window", "recall") else ())}
            assert one["window"] - one["recall"] >= min(92, one["window"] - 1)


def test_the_program_takes_such_scenarios(cli, tmp_path):
    some = {f"{axis}-{one[axis]}": one for axis, found in around(DEFAULT, 2).items() for one in found}
    asked = cli.asking(resized(ROOT / "models/finder", tmp_path / "model", some))
    report, _, _ = in_scenario(asked, "recall-105").run("bench", "--lengths", "300", "--runs", "1")
    assert report["lengths"][0]["tokens"] > 200
    scenarios = asked.run("inspect")[0]["scenarios"]
    assert {s["name"] for s in scenarios} >= set(some), json.dumps(scenarios)[:300]


def test_table_and_picture():
    rows = [
        {"axis": axis, "value": 2**n, "default": n == 6, "read_tokens_per_second": 1e4 * n, "ttft_ms": 9.5}
        | {"state_bytes": 6e6, "peak_rss_bytes": 7e7}
        | ({"right": {"right": n, "n": 8}} if axis == "recall" else {})
        for axis in ("segment", "window", "recall")
        for n in (5, 6, 7)
    ]
    lines = table(rows).splitlines()
    assert len(lines) == 11
    cells = ("recall", "64", "60,000 tokens/s", "9.5 ms", "75.0 % of 8", "6.0 MB", "70 MB")
    assert lines[9] == f"| {' | '.join(f'**{cell}**' for cell in cells)} |"
    assert draw(rows).count("<circle") == 4 * 3 + 4
