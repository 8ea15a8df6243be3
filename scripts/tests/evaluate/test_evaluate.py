"""Evaluating: its options, and a minute of the real thing."""

from pathlib import Path

from lab.evaluate import evaluate, memory
from lab.evaluate.cli import Progress


def test_a_model_folder_may_have_a_label():
    assert evaluate.model("closed=/tmp/x") == ("closed", Path("/tmp/x"))
    assert evaluate.model("models/finder") == ("", Path("models/finder"))
    lengths = {task: set(wanted.questions) for task, wanted in memory.TASKS.items()}
    assert lengths["passkey"] == {2048, 16_384, 65_536, 1_048_576}
    for task in ("passkey", "single"):
        assert memory.TASKS[task].questions[65_536] >= 100
        assert memory.TASKS[task].questions[1_048_576] >= 40
    assert lengths["topic"] == {2048, 16_384, 65_536}


def test_seeds_are_named_once():
    assert evaluate.longest(["a/512/0 to 3", "a/1024/0 to 1", "a/512/0 to 9"]) == ["a/512/0 to 9", "a/1024/0 to 1"]


def test_a_minute_of_evaluating(cli, tmp_path):
    rows, carried, below = evaluate.short(cli, tmp_path, Progress())
    assert not below
    assert {(row["task"], row["reading"]) for row in carried} == {("passkey", "memory"), ("passkey", "recall")}
    assert all(row["quotes_checked"] for row in rows)
    assert evaluate.table({"rows": rows}).count("\n") == len(rows) + 1
