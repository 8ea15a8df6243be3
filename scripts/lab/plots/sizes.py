"""docs/sizes.svg: what the sizes of a scenario cost and bring.

Drawn from the newest record of evaluate/sweep.py, or the one named:

scripts/lab.sh sizes [RECORD.json]
"""

import argparse
import json
import math
from pathlib import Path

from lab import ROOT
from lab.plots.length import Axis, Panel, svg, ticks

PICTURE = ROOT / "docs/sizes.svg"
PANELS = (  # size, what is drawn, its name, its unit's share
    ("segment", "read_tokens_per_second", "reads by memory, 1,000 tokens/s, by segment", 1e3),
    ("window", "read_tokens_per_second", "reads by memory, 1,000 tokens/s, by window", 1e3),
    ("window", "peak_rss_bytes", "peak memory, MB, by window", 1e6),
    ("recall", "ttft_ms", "first text by recall, ms, by recall budget", 1.0),
)
COLOUR = "#0b7a75"
WIDTH = 760
HEIGHT = 460
LEFT = 52
GAP = 68


def panel(rows: list[dict], number: int) -> list[str]:
    """SVG: one of four panels, two in a row; the default's dot is drawn larger."""
    axis, what, title, unit = PANELS[number]
    found = [row for row in rows if row["axis"] == axis]
    wide = (WIDTH - LEFT - GAP - 16) / 2
    left = LEFT + number % 2 * (wide + GAP)
    top = 44 + number // 2 * (HEIGHT / 2)
    values = [row["value"] for row in found]
    low, high = (math.log2(end) for end in (values[0], values[-1]))
    x = Axis(2 ** (low - 0.1), 2 ** (high + 0.1), {value: f"{value:,}" for value in values}, log=True)
    most = 1.15 * max(row[what] / unit for row in found)
    y = Axis(0, most, {tick: f"{tick:g}" for tick in ticks(most)})
    one = Panel(left, left + wide, top, top + HEIGHT / 2 - 86, title, x, y)
    body = one.frame() + one.line([(row["value"], row[what] / unit) for row in found], COLOUR)
    for row in found:
        if row["default"]:
            at = one.at(row["value"], row[what] / unit)
            body.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="6" fill="{COLOUR}" />')
    return body


def draw(rows: list[dict]) -> str:
    """A record's rows → the picture as SVG."""
    return svg(WIDTH, HEIGHT, [line for number in range(len(PANELS)) for line in panel(rows, number)])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path, help="the newest of sweep by default")
    named = parser.parse_args().record or max((ROOT / "docs/records").glob("*-sweep-*.json"))
    PICTURE.write_text(draw(json.loads(named.read_text())["rows"]))
    print(f"docs/sizes.svg from {named.name}")


if __name__ == "__main__":
    main()
