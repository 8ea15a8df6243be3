"""The promises that take minutes to check, run through the command line as anyone would (scripts/prove.sh starts this).

python scripts/prove.py target/debug/edgeinfinite [--model DIR] [--longest 1000000] [--minutes 15] [--record]
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cli import ROOT, Cli, machine, record_head, write_record

FULL = 1_000_000
GROWTH_LIMIT = 16_000_000  # bytes of peak memory that a longer document may cost
INTERRUPT_LIMIT = 2.0  # seconds from Ctrl-C to the end of the process


def generated(work: Path, tokens: int) -> tuple[Path, str]:
    """A generated text of so many tokens, and a question about something near its middle."""
    text, facts = work / f"{tokens}.txt", work / f"{tokens}.json"
    command = [sys.executable, ROOT / "scripts/generate.py", "--tokens", str(tokens), "--seed", "7", "--facts", facts]
    with text.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)
    listed = json.loads(facts.read_text())
    return text, listed[len(listed) // 2]["question"]


def measure(cli: Cli, reading: str, task: list[str]) -> dict:
    answer, seconds, peak = cli.run(task[0], task[1], *task[2:], "--reading", reading)
    usage = answer["usage"]
    row = {"reading": reading, "task": task[0], "seconds": round(seconds, 2), "peak_rss_bytes_of_kernel": peak} | usage
    speed = usage["document_tokens"] / max(usage["index_ms"] + usage["read_ms"], 1) * 1000
    print(
        f"{usage['document_tokens']:>12,} {reading:8} {task[0]:10} {seconds:9.1f} s {speed:>10,.0f}"
        f" {usage['ttft_ms']:>8,.0f} ms {usage['state_bytes']:>11,} {usage['index_bytes']:>12,} {peak / 1e6:>8.1f} MB",
        flush=True,
    )
    return row


def lengths(cli: Cli, work: Path, longest: int, minutes: float) -> list[dict]:
    print(f"{'tokens':>12} reading  task         whole run   tokens/s first token       state        index     memory")
    rows = []
    sizes = sorted({10_000, min(100_000, longest), longest})
    texts = {size: generated(work, size) for size in sizes}
    for reading in ("recall", "memory"):
        speed = 0.0
        for size in sizes:
            if speed and size / speed > minutes * 60:
                print(f"{size:>12,} {reading:8} left out: it would take {size / speed / 60:.0f} minutes")
                continue
            text, question = texts[size]
            rows.append(measure(cli, reading, ["ask", str(text), question]))
            speed = size / rows[-1]["seconds"]
    for size in (sizes[0], sizes[-1]):
        rows.append(measure(cli, "recall", ["summarize", str(texts[size][0])]))
    return rows


def large_file(work: Path, size: int) -> Path:
    text, copies = work / f"{FULL}.txt", work / "large.txt"
    if not text.exists():
        generated(work, FULL)
    with copies.open("wb") as file:
        while file.tell() < size:
            with text.open("rb") as source:
                shutil.copyfileobj(source, file)
        file.truncate(size)
    return copies


def interrupt(cli: Cli, file: Path, reading: str, after: float) -> dict:
    """Ctrl-C after so many seconds: how soon it ends, with which code, and what it leaves."""
    words = ["ask", str(file), "What is this about?", "--reading", reading]
    with cli.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(after)
        if process.poll() is not None:
            sys.exit(f"reading {file.name} with {reading} was over before {after} s: nothing to interrupt")
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
    seconds = round(time.monotonic() - asked, 3)
    return {"reading": reading, "after_s": after, "seconds": seconds, "exit": code, "left": cli.left_behind()}


def bench(cli: Cli, reading: str) -> dict:
    """`edgeinfinite bench`: minimum, median and maximum of five runs a length."""
    result, _, _ = cli.run("bench", "--lengths", "512,2048,8192,32768", "--reading", reading)
    print(f"\nbench, {reading}:  tokens   tokens/s   first token, median of {result['runs']}")
    for row in result["lengths"]:
        speed, first = row["read_tokens_per_s"]["median"], row["ttft_ms"]["median"]
        print(f"{row['tokens']:>22,} {speed:>10,.0f} {first:>10,.1f} ms")
    return result


def checks(rows: list[dict], large: dict, interrupts: list[dict]) -> list[dict]:
    found = []

    def check(promise: str, value: str, holds: bool) -> None:
        found.append({"promise": promise, "found": value, "holds": holds})
        print(f"{'ok    ' if holds else 'BROKEN'} {promise}: {value}")

    print()
    for reading, task in sorted({(row["reading"], row["task"]) for row in rows}):
        group = [row for row in rows if (row["reading"], row["task"]) == (reading, task)]
        states = sorted({row["state_bytes"] for row in group})
        span = f"{task}, {reading}, {group[0]['document_tokens']:,} to {group[-1]['document_tokens']:,} tokens"
        check(f"{span}: state of one size", " / ".join(f"{state:,}" for state in states) + " bytes", len(states) == 1)
        growth = group[-1]["peak_rss_bytes_of_kernel"] - group[0]["peak_rss_bytes_of_kernel"]
        check(f"{span}: memory grows by at most 16 MB", f"{growth / 1e6:+.1f} MB", growth <= GROWTH_LIMIT)
    growth = large["peak_rss_bytes_of_kernel"] - rows[0]["peak_rss_bytes_of_kernel"]
    check("a file of 100 MB: memory grows by at most 16 MB", f"{growth / 1e6:+.1f} MB", growth <= GROWTH_LIMIT)
    for one in interrupts:
        value = f"{one['seconds']} s, exit {one['exit']}, left {one['left'] or 'nothing'}"
        holds = one["seconds"] <= INTERRUPT_LIMIT and one["exit"] != 0 and not one["left"]
        check(f"Ctrl-C while reading 100 MB, {one['reading']}: prompt and clean", value, holds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/prove.sh", description=__doc__.split("\n")[0])
    parser.add_argument("program", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help="a model folder; by default $EDGEINFINITE_MODEL, else models/demo")
    parser.add_argument("--longest", type=int, default=FULL, help="tokens of the longest generated text (%(default)s)")
    parser.add_argument("--minutes", type=float, default=15, help="leave out a longer run (%(default)s)")
    parser.add_argument("--record", action="store_true", help="write a record of shorter texts too")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="edgeinfinite-prove-") as folder:
        work = Path(folder)
        cli = Cli(options.program, options.model, work)
        rows = lengths(cli, work, options.longest, options.minutes)
        file = large_file(work, 100_000_000)
        large = measure(cli, "recall", ["ask", str(file), "What is this about?"])
        interrupts = [interrupt(cli, file, reading, after) for reading in ("recall", "memory") for after in (0.3, 3.0)]
        benches = [bench(cli, reading) for reading in ("recall", "memory")]
        found = checks(rows, large, interrupts)
        if options.longest >= FULL or options.record:
            here = machine()
            content = record_head(["scripts/prove.sh", *sys.argv[2:]], cli, began) | {
                "lengths": rows,
                "large_file": {**large, "interrupts": interrupts},
                "bench": benches,
                "checks": found,
            }
            record = write_record(f"{here['cpu']} {here['cores']} cores", content)
            print(f"\nwritten: {record.relative_to(ROOT)}")
    broken = sum(not one["holds"] for one in found)
    print(f"{len(found) - broken} passed, {broken} failed")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
