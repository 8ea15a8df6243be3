"""The shipped command line, run as anyone would run it; progress, records and the tables made from them.

    with tempfile.TemporaryDirectory() as work:
        answer, seconds, peak = Cli(built(), None, Path(work)).run("ask", "report.txt", "Who signed?")

Standard library only.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from copy import copy
from functools import cache
from pathlib import Path

from lab import ROOT

RECORDS = ROOT / "docs/records"


def built() -> Path:
    """$EDGEINFINITE_CLI ($ORT_DYLIB_PATH names its library), or else the program of this clone, built when needed.

    Where nothing else is said ($EDGEINFINITE_MODEL) it asks models/finder.
    """
    os.environ.setdefault("EDGEINFINITE_MODEL", str(ROOT / "models/finder"))
    if named := os.environ.get("EDGEINFINITE_CLI"):
        return Path(named)
    script = 'source "$0"; command_line; printf "%s\\n%s\\n" "$cli" "$ORT_DYLIB_PATH"'
    command = ["bash", "-euc", script, ROOT / "scripts/env.sh"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if said.returncode:
        sys.exit("the command line could not be built; what failed stands above")
    program, runtime = said.stdout.split()
    os.environ |= {"ORT_DYLIB_PATH": runtime, "ORT_DISABLE_TELEMETRY": "1"}
    return Path(program)


def script(*words: str) -> Path:
    """The last line that a script of scripts/ prints, a path; ends the program where the script fails."""
    said = subprocess.run([ROOT / "scripts" / words[0], *words[1:]], stdout=subprocess.PIPE, text=True, check=False)
    if said.returncode:
        sys.exit(f"scripts/{' '.join(words)} failed; what it said stands above")
    return Path(said.stdout.split("\n")[-2])


class Cli:
    """The program under test, with a home and a temporary folder of its own, so that what it leaves behind is seen."""

    def __init__(self, program: Path, model: Path | None, work: Path) -> None:
        self.program = str(program)
        self.options = ["--model", str(model)] if model else []
        self.own = work / "own"
        self.own.mkdir()

    def asking(self, model: Path) -> Cli:
        """The same with another model folder."""
        other = copy(self)
        other.options = ["--model", str(model)]
        return other

    def start(self, *words: str, **pipes) -> subprocess.Popen:
        """Starts the program with these words; pipes: as for subprocess.Popen."""
        environment = {**os.environ, "TMPDIR": str(self.own), "HOME": str(self.own)}
        return subprocess.Popen([self.program, *words, *self.options], env=environment, **pipes)

    def run(self, *words: str) -> tuple[dict, float, int]:
        """The JSON it prints, the seconds it took, and its peak memory as the kernel counts it."""
        started = time.monotonic()
        with (
            tempfile.TemporaryFile() as said,
            self.start(*words, "--json", stdout=subprocess.PIPE, stderr=said) as process,
        ):
            text = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                said.seek(0)
                command = " ".join(words[:2])
                sys.exit(f"edgeinfinite {command} … ended with {process.returncode}: {said.read().decode()}")
        report, _ = json.JSONDecoder().raw_decode(text.decode())  # a vendor's library may print after it
        return report, time.monotonic() - started, used.ru_maxrss * 1024

    def left_behind(self) -> list[str]:
        """Names of what stands in the program's own folder."""
        return sorted(path.name for path in self.own.iterdir())


class Progress:
    """One line on standard error, rewritten where that is a terminal."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.live = sys.stderr.isatty()

    def say(self, text: str, last: bool) -> None:
        """A line of progress; last: one that stays."""
        if self.live or last:
            end = "\n" if last else ""
            sys.stderr.write(f"{chr(13) if self.live else ''}{time.monotonic() - self.began:6.0f} s  {text:<100}{end}")
            sys.stderr.flush()


def machine() -> dict:
    """What a record says of this machine."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu[1].strip() if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": int(memory[1]) * 1024,
        "system": f"{platform.system()} {platform.machine()}",
    }


@cache
def commit() -> str:
    """Of the clone, with + where files differ; as it was at the first call, before a record is written."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def record_head(command: list[str], cli: Cli, began: float) -> dict:
    """How every record of the command line begins; `began` is time.monotonic() at the start."""
    model, _, _ = cli.run("inspect")
    return head(command, model, began)


def head(command: list[str], model: dict, began: float) -> dict:
    """How every record begins; model: what is said of it."""
    return {
        "command": " ".join(command),
        "commit": commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began),
        "machine": machine(),
        "model": {key: model[key] for key in ("name", "version", "parameters", "folder_bytes")},
    }


def write_record(name: str, content: dict) -> Path:
    """docs/records/<date>-<name>.json; name in lower case with dashes."""
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    path = RECORDS / f"{datetime.date.today()}-{name}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def publish(name: str, record: dict, place: str, table: str, told: str = "95 % intervals (Wilson) and n.") -> None:
    """Writes a record, and its table at that place of docs/performance.md; `told`: what its numbers come with."""
    path = write_record(name, record)
    on = f"{record['machine']['cpu']}, commit {record['commit']} ([record](records/{path.name}))"
    said = f"`{record['command']}` on {on}; {told}\n\n"
    replace_between(ROOT / "docs/performance.md", place, said + table)


def replace_between(path: Path, name: str, text: str) -> None:
    """Puts `text` between `<!-- name -->` and `<!-- /name -->`."""
    whole = path.read_text()
    before, opening, rest = whole.partition(f"<!-- {name} -->\n")
    _, closing, after = rest.partition(f"<!-- /{name} -->")
    if not (opening and closing):
        sys.exit(f"{path} has no lines <!-- {name} --> and <!-- /{name} -->")
    path.write_text(f"{before}{opening}{text}\n{closing}{after}")
