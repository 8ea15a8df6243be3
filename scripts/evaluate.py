"""Accuracy, time to first token and bytes by reading and length, through the shipped command line.

    python scripts/evaluate.py                       the whole table; half an hour on two quiet cores, most of it memory
    python scripts/evaluate.py --readings recall --lengths 512,8192 --questions 100
    python scripts/evaluate.py --short               a minute; ends with 1 below the floor
    python scripts/evaluate.py --write               also writes docs/records/ and the table in models/README.md

Generated documents (documents.py; seeds "evaluate/…", never trained on), each read once and then asked everything.
Counted are facts (is the quote the sentence that answers?), keys (which code opens …), what the document does not say
(is it refused?), and questions refused although the document says it. Every quote is held against the file's bytes.
`cost` asks the same kind of question of a short and a long document in turn. Needs cargo, no Python package.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cli import ROOT, Cli, Progress, built, commit, record_head, replace_between, write_record
from documents import ABSENT, FACTS, KEY, KINDS, make
from score import File, Share, same

LENGTHS = (512, 2048, 8192, 16_384, 65_536, 262_144)
READINGS = ("recall", "recall:4", "memory", "notes")
LONGEST = {"notes": 16_384}  # a question by notes runs the whole document
SURE_UP_TO, SURE, ENOUGH = 16_384, 400, 100  # questions of a sort: 400 up to 16,384 tokens, 100 beyond
COST = (10_240, 262_144)
COST_LIMIT = 1.3
SHORT = (512, 16_384)
FLOOR = {"fact": 0.6, "key": 0.8, "absent": 0.4}  # of the short form, by recall: well under what is measured


def summary(values: list[float]) -> dict:
    return {"n": len(values), "min": min(values), "median": statistics.median(values), "max": max(values)}


def measure(cli: Cli, work: Path, reading: str, length: int, questions: int, progress: Progress) -> dict:
    """One cell: documents of `length` tokens until each sort of question was asked `questions` times."""
    began, kinds, refused = time.monotonic(), {kind: Share() for kind in KINDS}, Share()
    usages, first, quotes, documents = [], [], 0, 0
    tasks: dict[str, Share] = {}
    while min((share.n for share in tasks.values()), default=0) < questions:
        document = make(length, f"evaluate/{length}/{documents}", *[min(50, questions)] * 3)
        documents += 1
        file = work / "document.txt"
        file.write_text(document.text)
        report, _, _ = cli.run("ask", str(file), *(a.question for a in document.asked), "--reading", reading)
        quotes += File(document.text.encode()).check(report["answers"])
        usages.append(report["usage"])
        for asked, answer in zip(document.asked, report["answers"], strict=True):
            first.append(answer["usage"]["ttft_ms"])
            said = answer["found"] and bool(answer["quotes"])
            if asked.sentence:
                kinds[asked.kind].add(said and same(answer["quotes"][0]["text"], asked.sentence))
                refused.add(not said)
            else:
                kinds[asked.kind].add(not said)
        tasks = {
            "fact": sum((kinds[kind] for kind in FACTS), Share()),
            "key": kinds[KEY],
            "absent": sum((kinds[kind] for kind in ABSENT), Share()),
        }
        parts = ", ".join(f"{name} {share}" for name, share in tasks.items())
        progress.say(f"{reading} {length:,}: {documents} documents, {parts}", False)
    progress.say(f"{reading} {length:,}: {documents} documents, {parts}, {statistics.median(first):.0f} ms", True)
    return {
        "reading": reading,
        "length": length,
        "commit": commit(),
        "documents": documents,
        "seeds": f"evaluate/{length}/0 to {documents - 1}",
        "document_tokens": statistics.median_low([u["document_tokens"] for u in usages]),
        "tasks": {name: share.json() for name, share in tasks.items()} | {"false_alarm": refused.json()},
        "kinds": {kind: share.json() for kind, share in kinds.items()},
        "quotes_checked": quotes,
        "ttft_ms": summary(first),
        "index_ms": statistics.median([u["index_ms"] for u in usages]),
        "read_ms": statistics.median([u["read_ms"] for u in usages]),
        "state_bytes": max(u["state_bytes"] for u in usages),
        "index_bytes": max(u["index_bytes"] for u in usages),
        "peak_rss_bytes": max(u["peak_rss_bytes"] for u in usages),
        "seconds": round(time.monotonic() - began, 1),
    }


def cost(cli: Cli, work: Path, reading: str, rounds: int, progress: Progress, lengths: tuple[int, int] = COST) -> dict:
    """Time to first token of one kind of question, a short and a long document in turn -> medians and their ratio."""
    files, questions, first = {}, {}, {length: [] for length in lengths}
    for length in lengths:
        document = make(length, f"evaluate/cost/{length}")
        files[length] = work / f"cost-{length}.txt"
        files[length].write_text(document.text)
        questions[length] = [a.question for a in document.asked if a.kind == FACTS[0]]
    for number in range(rounds):
        for length in lengths if number % 2 else reversed(lengths):
            some = [questions[length][(number * 5 + i) % len(questions[length])] for i in range(5)]
            report, _, _ = cli.run("ask", str(files[length]), *some, "--reading", reading)
            first[length] += [answer["usage"]["ttft_ms"] for answer in report["answers"]]
    medians = [statistics.median(first[length]) for length in lengths]
    ratio = medians[1] / medians[0]
    progress.say(f"cost of a question by {reading}: {medians[0]:.1f} ms, {medians[1]:.1f} ms, ratio {ratio:.2f}", True)
    return {
        "reading": reading,
        "rounds": rounds,
        "ttft_ms": {str(length): summary(first[length]) for length in lengths},
        "ratio_of_medians": round(ratio, 3),
    }


def size(count: float) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def table(record: dict) -> str:
    """Markdown: a line a cell."""
    columns = "reading|tokens|facts|keys|absent: refused|there: refused|first token, ms|read in|state|index|peak memory"
    lines = [f"| {columns.replace('|', ' | ')} |", "|---" * 11 + "|"]

    def share(counted: dict) -> str:
        return str(Share(counted["right"], counted["n"]))

    for row in record["rows"]:
        first, tasks = row["ttft_ms"], row["tasks"]
        cells = [row["reading"], f"{row['document_tokens']:,}"]
        cells += [share(tasks[name]) for name in ("fact", "key", "absent", "false_alarm")]
        cells.append(f"{first['median']:.0f} ({first['min']:.0f}–{first['max']:.0f})")
        cells.append(f"{(row['index_ms'] + row['read_ms']) / 1000:.2f} s")
        cells += [size(row[name]) for name in ("state_bytes", "index_bytes", "peak_rss_bytes")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def page(record: dict, path: Path) -> str:
    """What stands between the markers of models/README.md."""
    here = record["machine"]
    text = [
        f"`{record['command']}` on {here['cpu']}, {here['cores']} cores, commit {record['commit']}"
        f" ([record](../{path.relative_to(ROOT)}));"
        " shares with 95 % intervals (Wilson) and n; first token: median (least to"
        " most).",
        table(record),
    ]
    for one in record["cost"]:
        (short, a), (long, b) = one["ttft_ms"].items()
        text.append(
            f"A question by {one['reading']}, asked in turn of {int(short):,} and {int(long):,} tokens: median"
            f" {a['median']:.1f} and {b['median']:.1f} ms to the first token (n {a['n']} each), ratio"
            f" {one['ratio_of_medians']:.2f}."
        )
    return "\n\n".join(text)


def short(cli: Cli, work: Path, progress: Progress) -> tuple[list[dict], list[str]]:
    """-> rows of a minute's run, and what lies below the floor."""
    rows = [measure(cli, work, "recall", length, 40, progress) for length in SHORT]
    rows.append(measure(cli, work, "memory", SHORT[0], 12, progress))
    below = []
    for name, floor in FLOOR.items():
        share = sum((Share(r["tasks"][name]["right"], r["tasks"][name]["n"]) for r in rows[:-1]), Share())
        if share.right < floor * share.n:
            below.append(f"{name}: found {share}, expected {floor:.0%} or more")
    return rows, below


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/demo")
    parser.add_argument("--readings", default=",".join(READINGS), help="names with commas (%(default)s)")
    parser.add_argument("--lengths", default=",".join(map(str, LENGTHS)), help="tokens, with commas")
    parser.add_argument(
        "--questions", type=int, help=f"of each sort a cell ({SURE} up to {SURE_UP_TO:,}, then {ENOUGH})"
    )
    parser.add_argument("--rounds", type=int, default=20, help="of the cost by recall; 0: not measured (%(default)s)")
    parser.add_argument("--short", action="store_true", help="a minute's run, held against a floor")
    parser.add_argument("--write", action="store_true", help="write the record and the table")
    parser.add_argument("--go-on", type=Path, help="a record whose cells are kept and not measured again")
    args = parser.parse_args()
    began, progress = time.monotonic(), Progress()
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-evaluate-") as folder:
        work = Path(folder)
        cli = Cli(built(), args.model, work)
        if args.short:
            rows, below = short(cli, work, progress)
            print(table({"rows": rows}))
            sys.exit("\n".join(below) or None)
        kept = json.loads(args.go_on.read_text()) if args.go_on else {"rows": [], "cost": []}
        done = {(row["reading"], row["length"]) for row in kept["rows"]}
        for reading in args.readings.split(","):
            for length in map(int, args.lengths.split(",")):
                if (reading, length) in done or length > LONGEST.get(reading, length):
                    continue
                questions = args.questions or (SURE if length <= SURE_UP_TO else ENOUGH)
                kept["rows"].append(measure(cli, work, reading, length, questions, progress))
                save(args, cli, began, kept)
        if args.rounds and not kept["cost"]:
            kept["cost"].append(cost(cli, work, "recall", args.rounds, progress))
        record, path = save(args, cli, began, kept)
    print(table(record))
    if args.write:
        replace_between(ROOT / "models/README.md", f"evaluate {record['model']['name']}", page(record, path))
    dear = [one for one in record["cost"] if one["ratio_of_medians"] > COST_LIMIT]
    sys.exit(
        f"a question costs {dear[0]['ratio_of_medians']} times as much, expected {COST_LIMIT} at most" if dear else None
    )


def save(args: argparse.Namespace, cli: Cli, began: float, kept: dict) -> tuple[dict, Path | None]:
    """The record so far; written after every cell, so that a run cut short can go on."""
    words = [word for word in sys.argv[1:] if word not in ("--go-on", str(args.go_on))]
    record = record_head(["python", "scripts/evaluate.py", *words], cli, began) | kept
    return record, write_record(f"evaluate-{record['model']['name']}", record) if args.write else None


if __name__ == "__main__":
    main()
