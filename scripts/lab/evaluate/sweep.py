"""What each size of a scenario costs and brings, around the one that a model folder has by default.

    scripts/lab.sh sweep                     models/finder: segment, window, recall budget and threads, some ten minutes
    scripts/lab.sh sweep --model FOLDER      another model; of one that writes in its own words nothing is counted right
    scripts/lab.sh sweep --write             also writes docs/records/ and the table in docs/performance.md
    scripts/lab.sh sizes                     draws the newest record

One size changes at a time. Reading is that of `bench --reading memory` on 4,096 tokens, the first text that of `bench
--reading recall` on the same; right are answers to questions made by rule about real documents (real-documents --hard).
A larger recall budget is given the window that holds it. All sizes are measured in one run, in turn, round by round, so
that a slow minute of the machine falls on all of them; medians over rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from copy import copy
from pathlib import Path

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.questions.system_documents import documents
from lab.evaluate.real_documents import DocumentAsker, by_rule, total
from lab.export.model_folder import rescored

PAGE = ROOT / "docs/performance.md"
TOKENS = 4096
AXES = ("segment", "window", "recall", "threads")


def around(default: dict[str, int], cores: int) -> dict[str, list[dict[str, int]]]:
    """A scenario → by the size that changes, scenarios with it from a quarter of the default to four times that."""
    scenarios: dict[str, list[dict[str, int]]] = {"threads": [default | {"threads": n} for n in range(1, cores + 1)]}
    room = default["window"] - default["recall"]
    for axis in ("segment", "window", "recall"):
        sizes = sorted({max(16, int(default[axis] * times)) for times in (0.25, 0.5, 1, 2, 4)})
        scenarios[axis] = [default | {axis: size} for size in sizes]
    for one in scenarios["recall"]:
        one["window"] = max(one["window"], one["recall"] + room)
    for one in scenarios["window"]:
        one["recall"] = min(one["recall"], max(1, one["window"] - room))
    return {axis: scenarios[axis] for axis in AXES}


def resized(model: Path, folder: Path, scenarios: dict[str, dict[str, int]]) -> Path:
    """A model folder with these scenarios beside its own: the model's files by link, model.json of its own."""
    path = rescored(model, folder, {}) / "model.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"scenarios": manifest["scenarios"] | scenarios}))
    return path.parent


def in_scenario(cli: Cli, name: str) -> Cli:
    """The command line in a scenario of its model."""
    other = copy(cli)
    other.options = [*cli.options, "--scenario", name]
    return other


def measure(cli: Cli, names: list[str], rounds: int, progress: Progress) -> dict[str, dict]:
    """Scenario → medians of reading, first text, state and memory."""
    runs: dict[str, list[dict]] = {name: [] for name in names}
    for turn in range(rounds):
        for number, name in enumerate(names):
            one = in_scenario(cli, name)
            words = ["bench", "--lengths", str(TOKENS), "--runs", "1"]
            reading = one.run(*words, "--reading", "memory")[0]["lengths"][0]
            first = one.run(*words, "--reading", "recall")[0]["lengths"][0]
            runs[name].append({
                "read_tokens_per_second": reading["read_tokens_per_second"]["median"],
                "ttft_ms": first["ttft_ms"]["median"],
                "state_bytes": reading["state_bytes"],
                "peak_rss_bytes": reading["peak_rss_bytes"],
            })  # fmt: skip
            said = f"round {turn + 1} of {rounds}: {number + 1} of {len(names)} scenarios"
            progress.say(said, number + 1 == len(names))
    return {name: medians(some) for name, some in runs.items()}


def medians(runs: list[dict]) -> dict:
    """Of runs of the same keys."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def right(cli: Cli, work: Path, name: str, most: int) -> dict:
    """The share of questions that are answered rightly in a scenario."""
    asker = DocumentAsker(in_scenario(cli, name), work, "recall", passages=False)
    return total(by_rule(asker, documents(), "hard", most)).recall.json()


def table(rows: list[dict]) -> str:
    """Rows as a table in Markdown; the default's in bold."""
    columns = ("size", "value", "reads by memory", "first text by recall", "right by recall", "state", "peak memory")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for row in rows:
        share = row.get("right")
        cells = [
            row["axis"],
            f"{row['value']:,}",
            f"{row['read_tokens_per_second']:,.0f} tokens/s",
            f"{row['ttft_ms']:.1f} ms",
            f"{100 * share['right'] / share['n']:.1f} % of {share['n']}" if share else "",
            f"{row['state_bytes'] / 1e6:.1f} MB",
            f"{row['peak_rss_bytes'] / 1e6:.0f} MB",
        ]
        lines.append(f"| {' | '.join(f'**{cell}**' if row['default'] and cell else cell for cell in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/finder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=20, help="a document at most (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write the record, the table and the picture")
    args = parser.parse_args()
    began = time.monotonic()
    progress = Progress()
    commit()
    program = built()
    model = args.model or Path(os.environ["EDGEINFINITE_MODEL"])  # built() sees to that
    manifest = json.loads((model / "model.json").read_text())
    default = manifest["scenarios"][manifest["default_scenario"]]
    cores = len(os.sched_getaffinity(0))
    usual = default | {"threads": default["threads"] or cores}
    axes = around(usual, cores)
    scenarios = {f"{axis}-{one[axis]}": one for axis, some in axes.items() for one in some}
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-sweep-") as folder:
        work = Path(folder)
        cli = Cli(program, resized(model, work / "model", scenarios), work)
        found = measure(cli, list(scenarios), args.rounds, progress)
        rows = []
        for axis, some in axes.items():
            for one in some:
                name = f"{axis}-{one[axis]}"
                row = {"axis": axis, "value": one[axis], "default": one[axis] == usual[axis]} | found[name]
                if axis == "recall" and manifest["citation"]:
                    row["right"] = right(cli, work, name, args.questions)
                    progress.say(f"{name}: {row['right']['right']} of {row['right']['n']} right", True)
                rows.append(row)
        record = record_head(["scripts/lab.sh", "sweep", *sys.argv[1:]], cli, began)
    print(table(rows))
    if args.write:
        path = write_record(f"sweep-{record['model']['name']}", record | {"default": usual, "rows": rows})
        on = f"{record['machine']['cpu']}, {cores} cores"
        head = f"`{record['command']}` on {on} ([record](records/{path.name})); the default in bold:\n\n"
        replace_between(PAGE, "sweep", head + table(rows))


if __name__ == "__main__":
    main()
