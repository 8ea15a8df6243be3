"""docs/length.svg: time to first token and peak memory against the document's length.

Drawn from the newest record of scripts/prove.sh, or the one named:

python3 scripts/picture.py [RECORD.json]
"""

import argparse
import json
import math
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLOURS = {"recall": "#0b7a75", "memory": "#c8553d"}
WIDTH, HEIGHT, LEFT, TOP, GAP = 760, 250, 64, 46, 60
PANEL = (WIDTH - LEFT - GAP - 24) / 2


def points(record: dict, reading: str) -> list[tuple[int, float, float]]:
    """(tokens, first token in ms, peak memory in MB) by length."""
    rows = [r for r in record["lengths"] if r["reading"] == reading and r["task"] == "ask"]
    return sorted((r["document_tokens"], r["ttft_ms"], r["peak_rss_bytes"] / 1e6) for r in rows)


def ticks(top: float) -> list[float]:
    step = 10 ** math.floor(math.log10(top / 2))
    step *= next(n for n in (1, 2, 5, 10) if top / (n * step) <= 5)
    return [n * step for n in range(int(top / step) + 1)]


def panel(x0: float, title: str, series: dict[str, list[tuple[int, float]]]) -> list[str]:
    top = 1.25 * max(value for line in series.values() for _, value in line)
    low, high = 4, 6  # powers of ten of the tokens
    bottom = HEIGHT - 40

    def at(tokens: float, value: float) -> tuple[float, float]:
        along = (math.log10(tokens) - low) / (high - low)
        return x0 + 12 + along * (PANEL - 24), bottom - value / top * (bottom - TOP)

    out = [f'<text x="{x0}" y="{TOP - 16}" font-weight="600">{title}</text>']
    for value in ticks(top):
        y = at(10**low, value)[1]
        out.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + PANEL:.1f}" y2="{y:.1f}" stroke="#8884" />')
        out.append(f'<text x="{x0 - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for power, name in ((4, "10,000"), (5, "100,000"), (6, "1,000,000 tokens")):
        anchor = "end" if power == high else "middle"
        x = at(10**power, 0)[0] + (12 if power == high else 0)
        out.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="{anchor}">{name}</text>')
    for reading, line in series.items():
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*p) for p in line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[reading]}" stroke-width="2.5" />')
        for x, y in (at(*p) for p in line):
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{COLOURS[reading]}" />')
    return out


def draw(record: dict) -> str:
    found = {reading: points(record, reading) for reading in COLOURS}
    body = panel(LEFT, "time to first token, ms", {r: [(t, first) for t, first, _ in p] for r, p in found.items()})
    peaks = {r: [(t, memory) for t, _, memory in p] for r, p in found.items()}
    body += panel(LEFT + PANEL + GAP, "peak memory of the whole process, MB", peaks)
    for index, (reading, colour) in enumerate(COLOURS.items()):
        x = WIDTH - 190 + index * 90
        body.append(f'<circle cx="{x}" cy="12" r="4" fill="{colour}" /><text x="{x + 9}" y="16">{reading}</text>')
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#6b7280"'
    inside = "\n".join(body)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>\n{inside}\n</svg>\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, help="the newest of prove.sh by default")
    named = parser.parse_args().records or sorted((ROOT / "docs/records").glob("*.json"), reverse=True)
    source, record = next((p, r) for p in named if "lengths" in (r := json.loads(p.read_text())))
    (ROOT / "docs/length.svg").write_text(draw(record))
    print(f"docs/length.svg from {source.name}")


if __name__ == "__main__":
    main()
