"""What an answer costs, by length of the document: the table of README.md and docs/performance.md, and docs/length.svg.

All three come from one record of scripts/prove.sh: the newest of the model that ships in models/demo, or the one named.

    scripts/lab.sh performance                  prints the table
    scripts/lab.sh performance --write [RECORD.json]
"""

import argparse
import json
import re
import sys
from pathlib import Path

from lab import ROOT
from lab.plots.length import draw
from lab.plots.units import megabytes, seconds

RECORDS = ROOT / "docs/records"
DEMO = ROOT / "models/demo/model.json"
# Page → which lengths of each reading it shows, and where the records lie, seen from it.
PAGES = {
    "README.md": (slice(None, None, 2), "docs/records"),
    "docs/performance.md": (slice(None), "records"),
}
BLOCK = re.compile(r"(<!-- performance -->\n).*?(<!-- /performance -->)", re.DOTALL)
HEAD = """| document | reading | read in | first text after | state | index on disk | peak memory |
|---|---|---|---|---|---|---|"""


def shipped() -> tuple[str, str]:
    """Name and version of the model in models/demo."""
    manifest = json.loads(DEMO.read_text("utf-8"))
    return manifest["name"], manifest["version"]


def newest(model: tuple[str, str]) -> tuple[Path, dict]:
    """The newest record of scripts/prove.sh that was made with that model (name, version).

    Raises SystemExit where there is none.
    """
    for path in sorted(RECORDS.glob("*.json"), reverse=True):
        record = json.loads(path.read_text("utf-8"))
        if "lengths" in record and (record["model"]["name"], record["model"]["version"]) == model:
            return path, record
    sys.exit(f"docs/records: found no record of scripts/prove.sh with {model[0]} {model[1]}, expected one: run it")


def row(usage: dict) -> str:
    """One row of the table; `usage` is that of the command line, in tokens, bytes and milliseconds."""
    cells = (
        f"{usage['document_tokens']:,} tokens",
        f"`{usage['reading']}`",
        seconds(usage["index_ms"] + usage["read_ms"]),
        seconds(usage["ttft_ms"]),
        megabytes(usage["state_bytes"]),
        megabytes(usage["index_bytes"]),
        megabytes(usage["peak_rss_bytes"]),
    )
    return f"| {' | '.join(cells)} |"


def table(path: Path, record: dict, lengths: slice) -> str:
    """The rows of the questions asked, of each reading those `lengths` of all, and the line that names their source."""
    rows = []
    for reading in ("recall", "memory"):
        asked = [run for run in record["lengths"] if run["task"] == "ask" and run["reading"] == reading]
        rows += [row(run) for run in sorted(asked, key=lambda run: run["document_tokens"])[lengths]]
    machine = record["machine"]
    model = record["model"]
    source = (
        f"{model['name']} {model['version']}, `{record['command']}`, one run each on {machine['cpu']}, "
        f"{machine['cores']} cores: [record](RECORDS/{path.name})."
    )
    return "\n".join([HEAD, *rows, "", source, ""])


def page(place: str, path: Path, record: dict) -> str:
    """The text of the page `place` with the record's table between its marks.

    Raises SystemExit where the marks are missing.
    """
    lengths, records = PAGES[place]
    text = table(path, record, lengths).replace("(RECORDS/", f"({records}/")
    new, count = BLOCK.subn(lambda found: found[1] + text + found[2], (ROOT / place).read_text("utf-8"))
    if count != 1:
        sys.exit(f"{place}: found {count} blocks <!-- performance -->, expected one")
    return new


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path, help="the newest of the model that ships, by default")
    parser.add_argument("--write", action="store_true", help="into README.md, docs/performance.md and docs/length.svg")
    chosen = parser.parse_args()
    path, record = (chosen.record, json.loads(chosen.record.read_text("utf-8"))) if chosen.record else newest(shipped())
    if not chosen.write:
        print(table(path, record, slice(None)), end="")
        return
    for place in PAGES:
        (ROOT / place).write_text(page(place, path, record), "utf-8")
    (ROOT / "docs/length.svg").write_text(draw(record), "utf-8")


if __name__ == "__main__":
    main()
