"""The promises that take minutes to check, run through the command line as anyone would (scripts/prove.sh starts this).

scripts/lab.sh endurance target/debug/edgeinfinite [--model DIR] [--longest 1000000] [--minutes 15] [--record]
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

from lab import ROOT
from lab.evaluate.cli import Cli, machine, record_head, write_record

FULL = 1_000_000
GROWTH_LIMIT = 16_000_000  # bytes of peak memory that a longer document may cost
INTERRUPT_LIMIT = 2.0  # seconds from Ctrl-C to the end of the process


def generated(work: Path, tokens: int) -> tuple[Path, str]:
    """A generated text of so many tokens, and a question about something near its middle."""
    text = work / f"{tokens}.txt"
    facts = work / f"{tokens}.json"
    command = [sys.executable, "-m", "lab.corpus.reports", "--tokens", str(tokens), "--seed", "7", "--facts", facts]
    with text.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)
    listed = json.loads(facts.read_text())
    return text, listed[len(listed) // 2]["question"]


def measure(cli: Cli, reading: str, task: list[str]) -> dict:
    """Runs a task once, prints and returns its row."""
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
    """Asks and summarises texts of growing length by each reading → rows; leaves out what would take longer."""
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
    """A text file of so many bytes."""
    text = work / f"{FULL}.txt"
    copies = work / "large.txt"
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


def kill(cli: Cli, file: Path, question: str, after: list[float]) -> dict:
    """kill -9 while reading, so many seconds after it begins or goes on; then it is read to its end."""
    state = file.with_suffix(".state")
    words = ["read", str(file), "--save", str(state), "--reading", "memory"]
    for seconds in after:
        with cli.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(seconds)
            if process.poll() is not None:
                sys.exit(f"reading {file.name} was over before {seconds} s: nothing to kill")
            process.kill()
    saved, seconds, _ = cli.run(*words)
    restored, restoring, peak = cli.run("ask", str(file), question, "--state", str(state))
    whole, reading, _ = cli.run("ask", str(file), question, "--reading", "memory")
    same = all(
        restored["answers"][0][key] == whole["answers"][0][key] for key in ("text", "quotes", "coverage", "found")
    )
    row = {
        "killed_after_s": after,
        "document_tokens": saved["document_tokens"],
        "not_read_again": saved["resumed_at"],
        "seconds_to_the_end": round(seconds, 2),
        "state_file_bytes": saved["bytes"],
        "ask_restored_s": round(restoring, 3),
        "ask_read_s": round(reading, 2),
        "peak_rss_bytes_of_kernel": peak,
        "same_answer": same,
    }
    print(f"\nkill -9 after {' and '.join(map(str, after))} s: {json.dumps(row)}")
    return row


def states(cli: Cli, work: Path, sizes: list[int]) -> list[dict]:
    """What a saved document weighs, and how soon it answers."""
    rows = []
    for size in sizes:
        text, question = generated(work, size)
        state = text.with_suffix(".recall")
        saved, _, _ = cli.run("read", str(text), "--save", str(state), "--reading", "recall")
        answer, seconds, peak = cli.run("ask", str(text), question, "--state", str(state))
        usage = answer["usage"]
        rows.append(
            {
                "document_tokens": saved["document_tokens"],
                "state_file_bytes": saved["bytes"],
                "index_bytes": usage["index_bytes"],
                "text_bytes": text.stat().st_size,
                "whole_run_s": round(seconds, 3),
                "ttft_ms": usage["ttft_ms"],
                "peak_rss_bytes_of_kernel": peak,
            }
        )
        print(f"saved, recall: {json.dumps(rows[-1])}")
    return rows


def bench(cli: Cli, reading: str) -> dict:
    """`edgeinfinite bench`: minimum, median and maximum of five runs a length."""
    result, _, _ = cli.run("bench", "--lengths", "512,2048,8192,32768", "--reading", reading)
    print(f"\nbench, {reading}:  tokens   tokens/s   first token, median of {result['runs']}")
    for row in result["lengths"]:
        speed = row["read_tokens_per_second"]["median"]
        first = row["ttft_ms"]["median"]
        print(f"{row['tokens']:>22,} {speed:>10,.0f} {first:>10,.1f} ms")
    return result


def state_limit(cli: Cli) -> int:
    """Bytes that the states of a document and of a question take at most, as `inspect` says."""
    about = cli.run("inspect")[0]
    (state,) = [s["state_bytes"] for s in about["scenarios"] if s["name"] == about["default_scenario"]]
    return 2 * state


def checks(
    rows: list[dict], most: int, large: dict, interrupts: list[dict], killed: dict, saved: list[dict]
) -> list[dict]:
    """Each promise, what was found and whether it holds; printed too. most: as state_limit has it."""
    found = []

    def check(promise: str, value: str, holds: bool) -> None:
        found.append({"promise": promise, "found": value, "holds": holds})
        print(f"{'ok    ' if holds else 'BROKEN'} {promise}: {value}")

    print()
    for reading, task in sorted({(row["reading"], row["task"]) for row in rows}):
        group = [row for row in rows if (row["reading"], row["task"]) == (reading, task)]
        states = sorted({row["state_bytes"] for row in group})
        span = f"{task}, {reading}, {group[0]['document_tokens']:,} to {group[-1]['document_tokens']:,} tokens"
        value = " / ".join(f"{state:,}" for state in states) + " bytes"
        check(f"{span}: state of at most {most:,} bytes", value, states[-1] <= most)
        growth = group[-1]["peak_rss_bytes_of_kernel"] - group[0]["peak_rss_bytes_of_kernel"]
        check(f"{span}: memory grows by at most 16 MB", f"{growth / 1e6:+.1f} MB", growth <= GROWTH_LIMIT)
    growth = large["peak_rss_bytes_of_kernel"] - rows[0]["peak_rss_bytes_of_kernel"]
    check("a file of 100 MB: memory grows by at most 16 MB", f"{growth / 1e6:+.1f} MB", growth <= GROWTH_LIMIT)
    value = f"{killed['not_read_again']:,} of {killed['document_tokens']:,} tokens were not read again"
    check("kill -9, twice, while reading: it goes on where it was", value, killed["not_read_again"] > 0)
    check(
        "kill -9, twice, while reading: the same answer as without", str(killed["same_answer"]), killed["same_answer"]
    )
    longest = saved[-1]
    share = longest["state_file_bytes"] / longest["document_tokens"]
    check("saved by recall: at most 5 bytes a token", f"{share:.1f} bytes a token", share <= 5)
    for one in interrupts:
        value = f"{one['seconds']} s, exit {one['exit']}, left {one['left'] or 'nothing'}"
        holds = one["seconds"] <= INTERRUPT_LIMIT and one["exit"] != 0 and not one["left"]
        check(f"Ctrl-C while reading 100 MB, {one['reading']}: prompt and clean", value, holds)
    return found


def main() -> None:
    """The command line; exits with 1 where a promise is broken."""
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
        file, question = generated(work, FULL // 2)
        killed = kill(cli, file, question, [13.0, 12.0])
        saved = states(cli, work, sorted({10_000, options.longest}))
        benches = [bench(cli, reading) for reading in ("recall", "memory")]
        found = checks(rows, state_limit(cli), large, interrupts, killed, saved)
        if options.longest >= FULL or options.record:
            here = machine()
            content = record_head(["scripts/prove.sh", *sys.argv[2:]], cli, began) | {
                "lengths": rows,
                "large_file": {**large, "interrupts": interrupts},
                "killed": killed,
                "saved": saved,
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
