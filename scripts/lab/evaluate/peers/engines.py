"""One measurement is one process: this project's command line or the peer's program, timed and watched from outside.

    ours = Ours(program, folder, threads, work)
    reading = ours.read(document, "memory", 96)       # a Reading; the peer's has the same fields

Neither side runs anything before its clock starts, and both have the processors of the caller. Memory is sampled from
/proc/PID/status: RssAnon, and VmHWM, the peak (what wait4 tells counts this process's own memory before exec too).
Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.03  # seconds between two looks at a process's memory
PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
ANON = re.compile(rb"RssAnon:\s*(\d+) kB")


@dataclass
class Process:
    """What a process printed and what it took."""

    report: dict
    wall_ms: float
    cpu_ms: float
    peak_rss_bytes: int
    rss_anon_bytes: int


@dataclass
class Document:
    """A text in a file, a question to it, and both as the peer takes them: with the model's special tokens."""

    file: Path
    question: str
    prefix: Path
    suffix: Path


@dataclass
class Reading:
    """A document read and a question answered."""

    document_tokens: int
    ttft_ms: float  # tokenising and reading the document, reading the question, the first token of the answer
    decode_tokens_per_second: float | None  # of the tokens after the first
    decode_tokens: int
    tokens_a_run: float  # above 1: drafts were right
    opening_ms: float  # the process's whole time but for reading and answering
    process: Process


class Watch(threading.Thread):
    """Looks at a process's memory until it is stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.status = Path(f"/proc/{pid}/status")
        self.over = threading.Event()
        self.peak_bytes = 0
        self.anon_bytes = 0

    def run(self) -> None:
        """Looks until it is stopped."""
        while not self.over.wait(PAUSE):
            try:
                status = self.status.read_bytes()
            except OSError:
                return
            self.peak_bytes = max(self.peak_bytes, counted(PEAK, status))
            self.anon_bytes = max(self.anon_bytes, counted(ANON, status))


def counted(line: re.Pattern, status: bytes) -> int:
    """Bytes that a line of /proc/PID/status tells; 0 where it has none, of a process that is over."""
    found = line.search(status)
    return int(found[1]) * 1024 if found else 0


def watched(words: list[str], environment: dict[str, str]) -> Process:
    """Runs a program to its end; ends this one where it fails."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        started = time.monotonic()
        process = subprocess.Popen(words, stdout=said, stderr=complained, env={**os.environ, **environment})
        watch = Watch(process.pid)
        watch.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.kill()
            raise
        finally:
            watch.over.set()
        wall_ms = 1000 * (time.monotonic() - started)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            why = complained.read().decode(errors="replace")
            sys.exit(f"{Path(words[0]).name} ended with {process.returncode}: {why}")
        report, _ = json.JSONDecoder().raw_decode(said.read().decode())
    cpu_ms = 1000 * (used.ru_utime + used.ru_stime)
    return Process(report, wall_ms, cpu_ms, watch.peak_bytes, watch.anon_bytes)


class Ours:
    """This project's command line."""

    def __init__(self, program: Path, folder: Path, threads: int, work: Path) -> None:
        self.program = str(program)
        self.options = ["--model", str(folder), "--threads", str(threads), "--json"]
        self.environment = {"TMPDIR": str(work), "HOME": str(work)}

    def start(self, *words: str) -> Process:
        """Runs it with these words."""
        return watched([self.program, *words, *self.options], self.environment)

    def read(self, document: Document, reading: str, count: int) -> Reading:
        """Opens, reads and answers in at most `count` tokens."""
        words = ["ask", str(document.file), document.question, "--reading", reading]
        return our_reading(self.start(*words, "--max-output-tokens", str(count)))

    def save(self, document: Document, state: Path) -> Process:
        """Reads a document and saves it."""
        return self.start("read", str(document.file), "--save", str(state), "--reading", "memory")

    def resume(self, document: Document, state: Path) -> Process:
        """Opens, restores a saved document and says one token."""
        words = ["ask", str(document.file), document.question, "--state", str(state)]
        return self.start(*words, "--max-output-tokens", "1")


class Peer:
    """The peer's program (llama_cpp.cpp)."""

    def __init__(self, program: Path, gguf: Path, threads: int) -> None:
        self.words = [str(program), str(gguf), str(threads)]

    def start(self, *words: str | Path) -> Process:
        """Runs it with these words."""
        return watched([*self.words, *map(str, words)], {})

    def read(self, document: Document, count: int) -> Reading:
        """Opens, reads and says `count` tokens."""
        return peer_reading(self.start("read", document.prefix, document.suffix, str(count)))

    def save(self, document: Document, state: Path) -> Process:
        """Reads a document and saves it."""
        return self.start("read", document.prefix, document.suffix, "1", state)

    def resume(self, document: Document, state: Path) -> Process:
        """Opens, restores a saved document and says one token."""
        return self.start("resume", state, document.suffix, "1")


def our_reading(process: Process) -> Reading:
    """What the command line's `ask --json` says of one question."""
    usage = process.report["usage"]
    said = usage["generated_tokens"]
    speed = usage["decode_tokens_per_second"]
    ttft = usage["index_ms"] + usage["read_ms"] + usage["ttft_ms"]
    decode_ms = 1000 * (said - 1) / speed if speed else 0.0
    runs = max(1, usage["graph_runs"] - 1)  # the question is one, of two where a segment ends in it
    return Reading(
        usage["document_tokens"], ttft, speed, said, said / runs, process.wall_ms - ttft - decode_ms, process
    )


def peer_reading(process: Process) -> Reading:
    """What the peer's `read` says."""
    report = process.report
    said = len(report["said"])
    ttft = report["read_ms"] + report["first_ms"]
    decode_ms = report["decode_ms"]
    speed = 1000 * (said - 1) / decode_ms if said > 1 else None
    return Reading(report["document_tokens"], ttft, speed, said, 1.0, process.wall_ms - ttft - decode_ms, process)
