"""docs/length.svg: time to first token and peak memory against the document's length.

Drawn from the newest record of scripts/prove.sh, or the one named:

scripts/lab.sh length [RECORD.json]
"""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

from lab import ROOT

COLOURS = {"recall": "#0b7a75", "memory": "#c8553d"}
WIDTH = 760
HEIGHT = 250
LEFT = 64
TOP = 46
GAP = 60
PANEL = (WIDTH - LEFT - GAP - 24) / 2


def points(record: dict, reading: str) -> list[tuple[int, float, float]]:
    """(tokens, first token in ms, peak memory in MB) by length."""
    rows = [r for r in record["lengths"] if r["reading"] == reading and r["task"] == "ask"]
    return sorted((r["document_tokens"], r["ttft_ms"], r["peak_rss_bytes"] / 1e6) for r in rows)


def ticks(top: float) -> list[float]:
    """Up to five round numbers from 0 to `top`."""
    step = 10 ** math.floor(math.log10(top / 2))
    step *= next(n for n in (1, 2, 5, 10) if top / (n * step) <= 5)
    return [n * step for n in range(int(top / step) + 1)]


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` along a side of a panel, and where its ticks stand."""

    low: float
    high: float
    ticks: dict[float, str]
    log: bool = False

    def along(self, value: float) -> float:
        """0 to 1"""
        low, high, value = map(math.log10, (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        return (value - low) / (high - low)


@dataclass(frozen=True)
class Panel:
    """A plot from `left` to `right` and `top` to `bottom`, its title above it."""

    left: float
    right: float
    top: float
    bottom: float
    title: str
    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point's place in pixels."""
        along = self.left + 12 + self.x.along(x) * (self.right - self.left - 24)
        return along, self.bottom - self.y.along(y) * (self.bottom - self.top)

    def frame(self) -> list[str]:
        """SVG: title, grid and the axes' numbers."""
        out = [f'<text x="{self.left}" y="{self.top - 16}" font-weight="600">{self.title}</text>']
        for value, name in self.y.ticks.items():
            y = self.at(self.x.low, value)[1]
            out.append(f'<line x1="{self.left}" y1="{y:.1f}" x2="{self.right:.1f}" y2="{y:.1f}" stroke="#8884" />')
            out.append(f'<text x="{self.left - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
        for value, name in self.x.ticks.items():
            anchor = "end" if self.x.along(value) > 0.9 else "middle"
            x = self.right if anchor == "end" else self.at(value, self.y.low)[0]
            out.append(f'<text x="{x:.1f}" y="{self.bottom + 18}" text-anchor="{anchor}">{name}</text>')
        return out

    def line(self, points: list[tuple[float, float]], colour: str, stroke: str = 'stroke-width="2.5"') -> list[str]:
        """SVG: a line with a dot at each point."""
        placed = [self.at(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        out = [f'<polyline points="{path}" fill="none" stroke="{colour}" {stroke} />']
        return out + [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}" />' for x, y in placed]

    def band(self, points: list[tuple[float, float, float]], colour: str) -> str:
        """(x, low, high)"""
        edge = [self.at(x, high) for x, _, high in points] + [self.at(x, low) for x, low, _ in reversed(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
        return f'<polygon points="{path}" fill="{colour}" fill-opacity="0.14" />'


def panel(x0: float, title: str, series: dict[str, list[tuple[int, float]]]) -> list[str]:
    """SVG: a panel of this picture; series: points by reading."""
    top = 1.25 * max(value for line in series.values() for _, value in line)
    x = Axis(1e4, 1e6, {1e4: "10,000", 1e5: "100,000", 1e6: "1,000,000 tokens"}, log=True)
    y = Axis(0, top, {value: f"{value:g}" for value in ticks(top)})
    one = Panel(x0, x0 + PANEL, TOP, HEIGHT - 40, title, x, y)
    return one.frame() + [text for reading, line in series.items() for text in one.line(line, COLOURS[reading])]


def svg(width: float, height: float, body: list[str]) -> str:
    """A picture's text."""
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#6b7280"'
    inside = "\n".join(body)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {style}>\n{inside}\n</svg>\n'


def draw(record: dict) -> str:
    """A record → the picture as SVG."""
    found = {reading: points(record, reading) for reading in COLOURS}
    body = panel(LEFT, "time to first token, ms", {r: [(t, first) for t, first, _ in p] for r, p in found.items()})
    peaks = {r: [(t, memory) for t, _, memory in p] for r, p in found.items()}
    body += panel(LEFT + PANEL + GAP, "peak memory of the whole process, MB", peaks)
    for index, (reading, colour) in enumerate(COLOURS.items()):
        x = WIDTH - 190 + index * 90
        body.append(f'<circle cx="{x}" cy="12" r="4" fill="{colour}" /><text x="{x + 9}" y="16">{reading}</text>')
    return svg(WIDTH, HEIGHT, body)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, help="the newest of prove.sh by default")
    named = parser.parse_args().records or sorted((ROOT / "docs/records").glob("*.json"), reverse=True)
    source, record = next((p, r) for p in named if "lengths" in (r := json.loads(p.read_text())))
    (ROOT / "docs/length.svg").write_text(draw(record))
    print(f"docs/length.svg from {source.name}")


if __name__ == "__main__":
    main()
