"""What each precision of one GGUF costs and how fast it is: accuracy against transformers, speed pair by pair.

    scripts/lab.sh precisions MODEL.gguf FOLDER …                       folders of that file, held against the first
    scripts/lab.sh precisions MODEL.gguf FOLDER … --pairs 12 --write    also a record and the table in models/README.md
    scripts/lab.sh precisions MODEL.gguf FOLDER … --tokens 0            speeds alone

Accuracy is imported.py's: nats a token and the likeliest next token, over `--tokens` of the GNU GPL. Speed: in each
round every folder reads one document of `--length` tokens whole, and says one token in a process and `--said` in
another; another folder is first each time; what is compared are ratios within a round, to the first folder. One thread:
its CPU time is what a quiet machine takes, and hardly grows where others want the processors. A run of decoding is a
row, or a draft of some. Times by the clock, and what others took, are in the record.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lab import ROOT
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.imported import GPL, cost, exact, size_of
from lab.evaluate.next_tokens import pieces_of, read
from lab.evaluate.peers.documents import TELL, document
from lab.evaluate.peers.engines import Ours, Reading
from lab.evaluate.peers.quiet import Others
from lab.evaluate.peers.table import spread, times
from lab.reference.numpy_engine import ModelFolder

SHORT = 64  # tokens of the document that is read to know what opening takes
COLUMNS = {"opening_ms": "opening", "first_ms": "first token", "run_ms": "a run"}


def figures(opened: Reading, first: Reading, whole: Reading) -> dict[str, float]:
    """Of three processes: a token after SHORT tokens, a token after a document, many after it."""
    each = [reading.process.cpu_ms for reading in (opened, first, whole)]
    runs = (whole.decode_tokens - 1) / whole.tokens_a_run
    return {
        "opening_ms": each[0],
        "first_ms": each[1] - each[0],
        "run_ms": (each[2] - each[1]) / max(1.0, runs),
        "clock_first_ms": first.ttft_ms,
        "clock_tokens_per_second": whole.decode_tokens_per_second or 0.0,
        "peak_bytes": whole.process.peak_rss_bytes,
        "anon_bytes": whole.process.rss_anon_bytes,
    }


def accuracy(gguf: Path, folders: list[Path], tokens: int, progress: Progress) -> dict[str, dict]:
    """imported.Cost of each folder."""
    template = ModelFolder(folders[0]).prompt_template
    pieces = pieces_of(template.encode("{text}", text=GPL.read_text("utf-8"))[:tokens])
    want = np.concatenate(exact(gguf, pieces))
    found = {}
    for place in folders:
        folder = ModelFolder(place)
        got = np.concatenate([read(folder, piece) for piece in pieces])
        found[place.name] = asdict(cost(got, want))
        progress.say(f"{place.name}: {found[place.name]}", last=True)
    return found


def rounds(cli: Path, folders: list[Path], args: argparse.Namespace, work: Path, progress: Progress) -> dict:
    """Figures of every folder by round, and what others took."""
    template = ModelFolder(folders[0]).prompt_template
    engines = {place.name: Ours(cli, place, 1, work) for place in folders}
    found: dict[str, list[dict]] = {name: [] for name in engines}
    taken = []
    for number in range(args.pairs):
        asked = document(template, work, args.length, number, TELL)
        brief = document(template, work, SHORT, number, TELL)
        names = [*engines]
        turn = number % len(names)
        others = Others(0)
        for name in names[turn:] + names[:turn]:
            engine = engines[name]
            read = [engine.read(text, "memory", said) for text, said in ((brief, 1), (asked, 1), (asked, args.said))]
            others.own_ms += sum(reading.process.cpu_ms for reading in read)
            found[name].append(figures(*read))
        taken.append(round(others.share(), 3))
        progress.say(f"{number + 1} of {args.pairs} rounds", last=True)
    return {"figures": found, "processors_taken_by_others": taken}


def ratios(found: dict[str, list[dict]], name: str, key: str) -> dict[str, float]:
    """Of a figure to the first folder's in the same round: spread."""
    first = next(iter(found.values()))
    return spread([mine[key] / theirs[key] for mine, theirs in zip(found[name], first, strict=True)])


def shown(found: dict[str, list[dict]], name: str, key: str) -> str:
    """A ratio's median (least to most)."""
    ratio = ratios(found, name, key)
    return f"{times(ratio['median'])} ({times(ratio['min'])}–{times(ratio['max'])})"


def table(record: dict) -> str:
    """Markdown, a row a folder."""
    found = record["figures"]
    head = f"| folder | on disk | nats a token | same next token | {' | '.join(COLUMNS.values())} | peak memory |"
    lines = [head, "|---" * (5 + len(COLUMNS)) + "|"]
    for name, rows in found.items():
        cost = record["accuracy"].get(name)
        exact = f"{cost['nats']:.4f} | {cost['same']:.1%}" if cost else "| "
        cells = " | ".join(shown(found, name, key) for key in COLUMNS)
        peak = statistics.median(row["peak_bytes"] for row in rows)
        lines.append(f"| {name} | {record['bytes'][name] / 1e6:.0f} MB | {exact} | {cells} | {peak / 1e6:.0f} MB |")
    return "\n".join(lines)


def page(record: dict, file: str | None) -> str:
    """What models/README.md shows."""
    link = f" ([record](../docs/records/{file}))" if file else ""
    first = next(iter(record["figures"]))
    medians = {key: statistics.median(row[key] for row in record["figures"][first]) for key in COLUMNS}
    taken = spread(record["processors_taken_by_others"])
    tokens = next((cost["tokens"] for cost in record["accuracy"].values()), 0)
    told = (
        f"`{record['command']}` on {record['machine']['cpu']}, one thread, commit {record['commit']}{link}.",
        f"Accuracy over {tokens:,} tokens; CPU times as ratios to the first row within a round, median (least to most)",
        f"of {record['pairs']} rounds of {record['length']} tokens read and {record['said']} said. The first row took",
        f"{medians['opening_ms']:,.0f} ms to open and read {SHORT} tokens, {medians['first_ms']:,.0f} ms more to its",
        f"first token and {medians['run_ms']:.1f} ms a run (medians); other programs took {taken['median']:.0%} of the",
        f"processors ({taken['min']:.0%} to {taken['max']:.0%}).",
    )
    return "\n".join([*told, "", table(record)])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL.gguf")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--tokens", type=int, default=5000, help="that accuracy is measured on (%(default)s)")
    parser.add_argument("--accuracy", type=Path, metavar="RECORD", help="what was measured of it, out of a record")
    parser.add_argument("--pairs", type=int, default=12, help="rounds (%(default)s)")
    parser.add_argument("--length", type=int, default=512, help="tokens of a document (%(default)s)")
    parser.add_argument("--said", type=int, default=48, help="tokens of an answer (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write the record and the table")
    args = parser.parse_args()
    commit()
    began = time.monotonic()
    progress = Progress()
    found = json.loads(args.accuracy.read_text())["accuracy"] if args.accuracy else {}
    if args.tokens and not found:
        found = accuracy(args.source, args.folders, args.tokens, progress)
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-precisions-") as place:
        work = Path(place)
        cli = built()
        measured = rounds(cli, args.folders, args, work, progress)
        head = record_head(["scripts/lab.sh", "precisions", *sys.argv[1:]], Cli(cli, args.folders[0], work), began)
    sizes = {place.name: size_of(place) for place in args.folders}
    asked = {key: vars(args)[key] for key in ("pairs", "length", "said")}
    record = head | asked | {"bytes": sizes, "accuracy": found} | measured
    path = write_record(f"precisions-{record['model']['name']}", record) if args.write else None
    text = page(record, path.name if path else None)
    print(text)
    if args.write:
        replace_between(ROOT / "models/README.md", "precisions", text)


if __name__ == "__main__":
    main()
