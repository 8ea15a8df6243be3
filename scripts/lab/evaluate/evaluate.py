"""Accuracy, time to first token and bytes by reading and length, through the shipped command line.

    scripts/lab.sh evaluate                       the whole table; half an hour on two quiet cores, most of it memory
    scripts/lab.sh evaluate --readings recall --lengths 512,8192 --questions 100
    scripts/lab.sh evaluate --memory              what the memory carries, recall beside it; 90 minutes a model
    scripts/lab.sh evaluate --memory --model trained=DIR --model closed=DIR
    scripts/lab.sh evaluate --short               a minute; ends with 1 below the floor
    scripts/lab.sh evaluate --write               also writes docs/records/, the tables in models/ and the plot

Generated documents (corpus/documents.py; seeds "evaluate/…", never trained on), each read once and then asked
everything. Counted are facts (is the quote the sentence that answers?), keys (which code opens …), what the document
does not say (is it refused?), and questions refused although the document says it. Every quote is held against the
file's bytes. `cost` asks the same kind of question of a short and a long document in turn. --memory asks for what was
declared once and has left the window, and for the topic (memory.py). Needs cargo, no Python package.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from lab import ROOT
from lab.corpus import seeds
from lab.corpus.documents import ABSENT, FACTS, KEY, KINDS, make_document
from lab.evaluate import memory
from lab.evaluate.cli import Cli, Progress, built, commit, record_head, replace_between, write_record
from lab.evaluate.score import File, Share, said, same, summary
from lab.plots import accuracy

LENGTHS = (512, 2048, 8192, 16_384, 65_536, 262_144)
READINGS = ("recall", "recall:4", "memory", "notes")
LONGEST = {"notes": 16_384}  # a question by notes runs the whole document
SURE_UP_TO = 16_384  # tokens of a document by recall
SURE = 400  # questions of a sort up to there
ENOUGH = 100  # and beyond
COST = (10_240, 262_144)
COST_LIMIT = 1.3
SHORT = (512, 16_384)
FLOOR = {"fact": 0.6, "key": 0.8, "absent": 0.4}  # of the short form, by recall: well under what is measured
FLOOR_CARRIED = {"passkey": 0.15}  # of the short form, by memory
SHORT_CARRIED = (2048, 24)  # tokens, questions


def measure_cell(cli: Cli, work: Path, reading: str, length: int, questions: int, progress: Progress) -> dict:
    """One cell: documents of `length` tokens until each sort of question was asked `questions` times."""
    began = time.monotonic()
    kinds = {kind: Share() for kind in KINDS}
    refused = Share()
    usages = []
    first = []
    quotes = 0
    documents = 0
    tasks: dict[str, Share] = {}
    while min((share.n for share in tasks.values()), default=0) < questions:
        document = make_document(length, f"{seeds.EVALUATE}/{length}/{documents}", *[min(50, questions)] * 3)
        documents += 1
        file = work / "document.txt"
        file.write_text(document.text)
        report, _, _ = cli.run("ask", str(file), *(a.question for a in document.queries), "--reading", reading)
        quotes += File(document.text.encode()).check(report["answers"])
        usages.append(report["usage"])
        for query, answer in zip(document.queries, report["answers"], strict=True):
            first.append(answer["usage"]["ttft_ms"])
            told = said(answer)
            if query.sentence:
                kinds[query.kind].add(bool(told) and same(told, query.sentence))
                refused.add(not told)
            else:
                kinds[query.kind].add(not told)
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
        "seeds": f"{seeds.EVALUATE}/{length}/0 to {documents - 1}",
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
    files = {}
    questions = {}
    first = {length: [] for length in lengths}
    for length in lengths:
        document = make_document(length, f"{seeds.EVALUATE}/cost/{length}")
        files[length] = work / f"cost-{length}.txt"
        files[length].write_text(document.text)
        questions[length] = [a.question for a in document.queries if a.kind == FACTS[0]]
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
    """Bytes, readable."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def table(record: dict) -> str:
    """Markdown: a line a cell."""
    columns = "reading|tokens|facts|keys|absent: refused|there: refused|first token, ms|read in|state|index|peak memory"
    lines = [f"| {columns.replace('|', ' | ')} |", "|---" * 11 + "|"]

    for row in record["rows"]:
        first = row["ttft_ms"]
        tasks = row["tasks"]
        cells = [row["reading"], f"{row['document_tokens']:,}"]
        cells += [str(Share.of(tasks[name])) for name in ("fact", "key", "absent", "false_alarm")]
        cells.append(f"{first['median']:.0f} ({first['min']:.0f}–{first['max']:.0f})")
        cells.append(f"{(row['index_ms'] + row['read_ms']) / 1000:.2f} s")
        cells += [size(row[name]) for name in ("state_bytes", "index_bytes", "peak_rss_bytes")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def heading(record: dict, path: Path, words: str) -> str:
    """What stands above a table: the command, the machine, the record."""
    here = record["machine"]
    return (
        f"`{record['command']}` on {here['cpu']}, {here['cores']} cores, commit {record['commit']}"
        f" ([record]({path.relative_to(ROOT / 'docs')})); {words}"
    )


def page(record: dict, path: Path) -> str:
    """What stands between the markers of docs/performance.md."""
    words = "shares with 95 % intervals (Wilson) and n; first token: median (least to most)."
    text = [heading(record, path, words), table(record)]
    for one in record["cost"]:
        (short, a), (long, b) = one["ttft_ms"].items()
        text.append(
            f"A question by {one['reading']}, asked in turn of {int(short):,} and {int(long):,} tokens: median"
            f" {a['median']:.1f} and {b['median']:.1f} ms to the first token (n {a['n']} each), ratio"
            f" {one['ratio_of_medians']:.2f}."
        )
    return "\n\n".join(text)


def longest(seeds: Iterable[str]) -> list[str]:
    """Of `a/512/0 to 9` and `a/512/0 to 3` the first."""
    last: dict[str, int] = {}
    for text in seeds:
        start, _, end = text.partition(" to ")
        last[start] = max(int(end), last.get(start, 0))
    return [f"{start} to {end}" for start, end in last.items()]


def plot(name: str) -> None:
    """docs/accuracy.svg and what stands below it in the model's own page."""
    paths = accuracy.newest(name)
    records = [json.loads(path.read_text()) for path in paths]
    accuracy.PICTURE.write_text(accuracy.draw(records))
    lines = ["![Answers that are right, and the time to the first token, by length](../../docs/accuracy.svg)", ""]
    for record, path in zip(records, paths, strict=True):
        here = record["machine"]
        seeds = "; ".join(longest(row["seeds"] for row in record["rows"]))
        lines.append(
            f"- [{path.name}](../../{path.relative_to(ROOT)}): `{record['command']}`, {here['cpu']}, {here['cores']}"
            f" cores, commit {record['commit']}, seeds {seeds}"
        )
    replace_between(ROOT / "models/finder/README.md", f"plot {name}", "\n".join(lines))


def short(cli: Cli, work: Path, progress: Progress) -> tuple[list[dict], list[dict], list[str]]:
    """-> rows of a minute's run, rows of what the memory carried, and what lies below the floor."""
    rows = [measure_cell(cli, work, "recall", length, 40, progress) for length in SHORT]
    rows.append(measure_cell(cli, work, "memory", SHORT[0], 12, progress))
    carried = [row for task in FLOOR_CARRIED for row in memory.measure(cli, work, task, *SHORT_CARRIED, progress)]
    found = {name: sum((Share.of(r["tasks"][name]) for r in rows[:-1]), Share()) for name in FLOOR}
    found |= {row["task"]: Share.of(row["right"]) for row in carried if row["reading"] == "memory"}
    floors = FLOOR | FLOOR_CARRIED
    below = [name for name, share in found.items() if share.right < floors[name] * share.n]
    return rows, carried, [f"{name}: found {found[name]}, expected {floors[name]:.0%} or more" for name in below]


def model(text: str) -> tuple[str, Path]:
    """LABEL=FOLDER, or FOLDER alone, which is then without a label."""
    label, _, folder = text.rpartition("=")
    return label, Path(folder)


def main() -> None:
    """The command line; exits with 1 where --short is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=model, action="append", metavar="[LABEL=]FOLDER",
                        help="by default $EDGEINFINITE_MODEL, else models/finder; several with --memory")  # fmt: skip
    parser.add_argument("--readings", default=",".join(READINGS), help="names with commas (%(default)s)")
    parser.add_argument("--lengths", help=f"tokens, with commas ({','.join(map(str, LENGTHS))})")
    parser.add_argument(
        "--questions", type=int, help=f"of each sort a cell ({SURE} by recall and up to {SURE_UP_TO:,}, else {ENOUGH})"
    )
    parser.add_argument("--rounds", type=int, default=20, help="of the cost by recall; 0: not measured (%(default)s)")
    parser.add_argument("--memory", action="store_true", help="what the memory carries, recall beside it")
    parser.add_argument("--tasks", default=",".join(memory.TASKS), help="of --memory, with commas (%(default)s)")
    parser.add_argument("--short", action="store_true", help="a minute's run, held against a floor")
    parser.add_argument("--write", action="store_true", help="write the record, the table and the plot")
    parser.add_argument("--go-on", type=Path, help="a record whose cells are kept and not measured again")
    args = parser.parse_args()
    models = args.model or [("", None)]
    if not args.memory and len(models) > 1:
        parser.error("several models are measured with --memory only")
    args.tasks = args.tasks.split(",")
    if strange := sorted({*args.tasks} - {*memory.TASKS}):
        parser.error(f"--tasks: found {', '.join(strange)}, expected some of {', '.join(memory.TASKS)}")
    args.lengths = [int(length) for length in args.lengths.split(",")] if args.lengths else None
    began = time.monotonic()
    progress = Progress()
    commit()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-evaluate-") as folder:
        works = [Path(folder) / str(number) for number in range(len(models))]
        for work in works:
            work.mkdir()
        clis = [Cli(built(), path, work) for (_, path), work in zip(models, works, strict=True)]
        if args.short:
            rows, carried, below = short(clis[0], works[0], progress)
            print(f"{table({'rows': rows})}\n\n{memory.table(carried)}")
            sys.exit("\n".join(below) or None)
        kept = json.loads(args.go_on.read_text()) if args.go_on else {"rows": []}
        if args.memory:
            labels = [label for label, _ in models]
            sys.exit(remembered(args, dict(zip(labels, zip(clis, works, strict=True), strict=True)), began, kept))
        sys.exit(by_reading(args, clis[0], works[0], began, kept))


def by_reading(args: argparse.Namespace, cli: Cli, work: Path, began: float, kept: dict) -> str | None:
    """-> what is wrong, if anything is."""
    progress = Progress()
    done = {(row["reading"], row["length"]) for row in kept["rows"]}
    kept.setdefault("cost", [])
    for reading in args.readings.split(","):
        for length in args.lengths or LENGTHS:
            if (reading, length) in done or length > LONGEST.get(reading, length):
                continue
            sure = length <= SURE_UP_TO or reading.startswith("recall")
            questions = args.questions or (SURE if sure else ENOUGH)
            kept["rows"].append(measure_cell(cli, work, reading, length, questions, progress))
            save(args, cli, began, kept)
    if args.rounds and not kept["cost"]:
        kept["cost"].append(cost(cli, work, "recall", args.rounds, progress))
    record, path = save(args, cli, began, kept)
    print(table(record))
    if args.write:
        replace_between(ROOT / "docs/performance.md", f"evaluate {record['model']['name']}", page(record, path))
        plot(record["model"]["name"])
    dear = [one["ratio_of_medians"] for one in record["cost"] if one["ratio_of_medians"] > COST_LIMIT]
    return f"a question costs {dear[0]} times as much, expected {COST_LIMIT} at most" if dear else None


def remembered(args: argparse.Namespace, models: dict[str, tuple[Cli, Path]], began: float, kept: dict) -> None:
    """Of each model by label; the first is the one whose page it is."""
    progress = Progress()
    done = {(row["model"], row["task"], row["length"]) for row in kept["rows"]}
    first = next(iter(models.values()))[0]
    kept["models"] = kept.get("models", {}) | {l: cli.run("inspect")[0]["name"] for l, (cli, _) in models.items()}
    for label, (cli, work) in models.items():
        for task in args.tasks:
            wanted = memory.TASKS[task]
            for length in args.lengths or wanted.questions:
                if (label, task, length) not in done:
                    questions = args.questions or wanted.questions.get(length, ENOUGH)
                    kept["rows"] += memory.measure(cli, work, task, length, questions, progress, label)
                    save(args, first, began, kept)
    record, path = save(args, first, began, kept)
    print(memory.table(record["rows"]))
    if args.write:
        words = "answers that name the value, with 95 % intervals (Wilson) and n; read in: once, by memory."
        text = f"{heading(record, path, words)}\n\n{memory.table(record['rows'])}"
        replace_between(ROOT / "docs/performance.md", f"evaluate memory {record['model']['name']}", text)
        plot(record["model"]["name"])


def save(args: argparse.Namespace, cli: Cli, began: float, kept: dict) -> tuple[dict, Path | None]:
    """The record so far; written after every cell, so that a run cut short, or another of other cells, can go on."""
    words = [word for word in sys.argv[1:] if word not in ("--go-on", str(args.go_on))]
    record = record_head(["scripts/lab.sh", "evaluate", *words], cli, began)
    commands = kept.get("command", record["command"]).split("; ")
    commands += [record["command"]] if record["command"] not in commands else []
    record |= kept | {"command": "; ".join(commands)}
    kind = "memory" if args.memory else "evaluate"
    return record, write_record(f"{kind}-{record['model']['name']}", record) if args.write else None


if __name__ == "__main__":
    main()
