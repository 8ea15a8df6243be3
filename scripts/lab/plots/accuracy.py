"""docs/accuracy.svg: what is answered right, and the time to first token, against the document's length.

Drawn from the newest records of evaluate/evaluate.py, with --memory and without, or the ones named:

scripts/lab.sh accuracy [RECORD.json …]
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from lab import ROOT
from lab.plots.length import COLOURS, Axis, Panel, svg

PICTURE = ROOT / "docs/accuracy.svg"
INKS = COLOURS | {"notes": "#b7860b"}
DASHED = 'stroke-width="2.5" stroke-dasharray="1 5" stroke-linecap="round"'
WIDTH = 760
HEIGHT = 330
LEFT = 44
TOP = 74
GAP = 66
POWERS = {1e3: "1,000", 1e4: "10,000", 1e5: "100,000", 1e6: "1,000,000"}
CARRIED = ("memory", "passkey")  # reading and task: drawn beside the facts

Series = dict[tuple[str, str], list[tuple[int, dict, float]]]  # (reading, what) -> (tokens, share, first token in ms)


def series(records: list[dict]) -> Series:
    """By length. A model that is named in the record is the first one named there."""
    found: Series = {}
    for row in (row for record in records for row in record.get("rows", ())):
        if "tasks" in row and row["reading"] in INKS:
            point = (row["document_tokens"], row["tasks"]["fact"], row["ttft_ms"]["median"])
            found.setdefault((row["reading"], "fact"), []).append(point)
    carried = [r for record in records for r in record.get("rows", ()) if (r["reading"], r.get("task")) == CARRIED]
    for row in (row for row in carried if row["model"] == carried[0]["model"]):
        found.setdefault(CARRIED, []).append((row["document_tokens"], row["right"], row["ttft_ms"]["median"]))
    order = sorted(found, key=lambda key: (key == CARRIED, ("recall", "notes", "memory").index(key[0])))
    return {key: sorted(found[key], key=lambda point: point[0]) for key in order}


def legend(found: Series) -> list[str]:
    """SVG: which line is which."""
    out = []
    x = LEFT
    for key in found:
        words = "memory, of what a text declares once" if key == CARRIED else key[0]
        out.append(f'<line x1="{x:.0f}" y1="18" x2="{x + 22:.0f}" y2="18" stroke="{INKS[key[0]]}" {stroke(key)} />')
        out.append(f'<circle cx="{x + 11:.0f}" cy="18" r="3.5" fill="{INKS[key[0]]}" />')
        out.append(f'<text x="{x + 30:.0f}" y="22">{words}</text>')
        x += 64 + 6.4 * len(words)
    return out


def stroke(key: tuple[str, str]) -> str:
    """SVG attributes of a line."""
    return DASHED if key == CARRIED else 'stroke-width="2.5"'


def waits(found: Series) -> Series:
    """A line a reading: where the memory's facts end, its declared codes go on."""
    out = {key: points for key, points in found.items() if key != CARRIED}
    facts = out.get((CARRIED[0], "fact"), [])
    further = [point for point in found.get(CARRIED, ()) if not facts or point[0] > 1.1 * facts[-1][0]]
    return out | ({(CARRIED[0], "fact"): facts + further} if facts + further else {})


def powers_of_ten(values: list[float]) -> Axis:
    """A log axis from one power to another, around the values."""
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    return Axis(10.0**low, 10.0**high, {10.0**n: f"{10.0**n:,.0f}" for n in range(low, high + 1)}, log=True)


def draw(records: list[dict]) -> str:
    """Records → the picture as SVG."""
    found = series(records)
    tokens = [point[0] for points in found.values() for point in points]
    high = max(1e5, 1.1 * max(tokens))
    x = Axis(min(400, *tokens), high, {power: name for power, name in POWERS.items() if power <= high}, log=True)
    percent = Axis(0, 100, {value: f"{value}" for value in (0, 25, 50, 75, 100)})
    slow = powers_of_ten([first for points in found.values() for *_, first in points])
    half = (WIDTH - LEFT - GAP - 16) / 2
    bottom = HEIGHT - 44
    right = Panel(LEFT, LEFT + half, TOP, bottom, "answered right, % (bands: 95 % intervals)", x, percent)
    wait = Panel(LEFT + half + GAP, WIDTH - 16, TOP, bottom, "time to first token, ms", x, slow)
    body = legend(found) + right.frame() + wait.frame()
    for key, points in found.items():
        body.append(right.band([(t, 100 * s["low"], 100 * s["high"]) for t, s, _ in points], INKS[key[0]]))
    for key, points in found.items():
        body += right.line([(t, 100 * s["right"] / s["n"]) for t, s, _ in points], INKS[key[0]], stroke(key))
    for key, points in waits(found).items():
        body += wait.line([(t, first) for t, _, first in points], INKS[key[0]], stroke(key))
    for one in (right, wait):
        middle = (one.left + one.right) / 2
        body.append(f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">tokens of the document</text>')
    return svg(WIDTH, HEIGHT, body)


def newest(name: str) -> list[Path]:
    """The newest records of a model, of either kind, where there are some."""
    folder = ROOT / "docs/records"
    kinds = (sorted(folder.glob(f"????-??-??-{kind}-{name}.json")) for kind in ("evaluate", "memory"))
    return [paths[-1] for paths in kinds if paths]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, help="the newest of the finder by default")
    paths = parser.parse_args().records or newest("finder")
    PICTURE.write_text(draw([json.loads(path.read_text()) for path in paths]))
    print(f"docs/accuracy.svg from {', '.join(path.name for path in paths)}")


if __name__ == "__main__":
    main()
