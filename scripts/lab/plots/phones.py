"""The table of phones, out of what the demo app's benchmark shares (docs/on-a-phone.md).

scripts/lab.sh phones             prints it, from docs/records/phones/*.json
scripts/lab.sh phones --write     writes it into docs/performance.md
"""

import json
import re
import sys

from lab import ROOT
from lab.plots.units import megabytes, seconds

RECORDS = ROOT / "docs/records/phones"
HEAD = """| phone | model | runs on | document | read in | first token after | state | peak memory of the app |
|---|---|---|---|---|---|---|---|"""
EMPTY = "| *none has been measured yet: [on-a-phone.md](on-a-phone.md)* | | | | | | | |"
PLACE = re.compile(r"(<!-- phones -->\n).*?(<!-- /phones -->)", re.S)
POINT = {
    "document_tokens": int,
    "read_ms": float,
    "ttft_ms": float,
    "state_bytes": int,
    "index_bytes": int,
    "peak_rss_bytes": int,
    "found": bool,
}


def checked(record: dict, name: str) -> dict:
    """The record, when it is of the form that docs/on-a-phone.md tells."""

    def need(condition: bool, expected: str) -> None:
        if not condition:
            sys.exit(f"{name}: expected {expected}")

    need(isinstance(record, dict) and record.get("format") == 1, "a benchmark of format 1")
    need(
        isinstance(record.get("model"), dict) and {"name", "version"} <= set(record["model"]),
        "a model's name and version",
    )
    need(
        isinstance(record.get("execution"), dict) and {"accelerator", "precision"} <= set(record["execution"]),
        "an execution's accelerator and precision",
    )
    need(
        isinstance(record.get("device"), dict) and {"maker", "model"} <= set(record["device"]),
        "a device's maker and model",
    )
    points = record.get("points")
    need(isinstance(points, list) and len(points) > 0, "points")
    for point in points:
        for key, kind in POINT.items():
            found = point.get(key)
            right = isinstance(found, kind) and (kind is bool or not isinstance(found, bool))
            need(right or (kind is float and type(found) is int), f"{key} in each point, of type {kind.__name__}")
    return record


def row(record: dict, point: dict) -> str:
    """A phone's row in Markdown."""
    device = record["device"]
    model = record["model"]
    execution = record["execution"]
    phone = f"{device['maker']} {device['model']}" + (f" ({device['chip']})" if device.get("chip") else "")
    cells = [
        phone,
        f"{model['name']} {model['version']}",
        f"{execution['accelerator']}, {execution['precision']}",
        f"{point['document_tokens']:,} tokens",
        seconds(point["read_ms"]),
        seconds(point["ttft_ms"]) + ("" if point["found"] else ", answer wrong"),
        megabytes(point["state_bytes"]),
        megabytes(point["peak_rss_bytes"]),
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def table(records: dict[str, dict]) -> str:
    """The shortest and the longest document of each record, by the file's name."""
    rows = []
    for _, record in sorted(records.items()):
        points = sorted(record["points"], key=lambda point: point["document_tokens"])
        rows += [row(record, point) for point in (points[:1] + points[1:][-1:])]
    return "\n".join([HEAD, *(rows or [EMPTY])]) + "\n"


def main() -> None:
    """The command line."""
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit(__doc__)
    records = {}
    for file in sorted(RECORDS.glob("*.json")):
        try:
            records[file.name] = checked(json.loads(file.read_text()), file.name)
        except ValueError as error:
            sys.exit(f"{file.name}: no JSON: {error}")
    text = table(records)
    if not sys.argv[1:]:
        print(text, end="")
        return
    readme = ROOT / "docs/performance.md"
    new, count = PLACE.subn(lambda place: place[1] + text + place[2], readme.read_text())
    if count != 1:
        sys.exit("docs/performance.md: expected <!-- phones --> and <!-- /phones --> once")
    part = readme.with_suffix(".part")
    part.write_text(new)
    part.replace(readme)


if __name__ == "__main__":
    main()
