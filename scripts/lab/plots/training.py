"""docs/learning.svg: what pretraining's logs say: the losses of its steps, and what held-out questions came to.

scripts/lab.sh training OUT/pretrain.log        (several, where a run went on from another)
"""

import argparse
import re
from pathlib import Path

from lab import ROOT
from lab.plots.length import Axis, Panel, svg, ticks

LOSSES = {"marker": "#0b7a75", "decision": "#b7860b", "words": "#c8553d"}
SHARES = {"pack natural": "#0b7a75", "pack absent": "#6b7280", "cited": "#b7860b", "carried": "#c8553d"}
WIDTH = 760
HEIGHT = 300
LEFT = 44
TOP = 74
GAP = 66
NAMES = {
    "marker": "find in a prompt", "decision": "cite, say or refuse", "words": "words said from memory",
    "pack natural": "natural, in packs", "pack absent": "nothing answers: refused",
    "cited": "cited in the window", "carried": "said from memory, whole",
}  # fmt: skip

Lines = dict[str, list[tuple[float, float]]]  # name -> (million tokens read, value)


def read(log: str) -> tuple[Lines, Lines]:
    """-> losses, shares of held-out questions, against million tokens."""
    losses: Lines = {}
    shares: Lines = {}
    read = 0.0
    for line in log.splitlines():
        if step := re.match(r"step .* ([\d.]+) M tokens .*?/s (.*)", line):
            read = float(step[1])
            for name, value in re.findall(r"(\w+) ([\d.]+)", step[2]):
                losses.setdefault(name, []).append((read, float(value)))
        elif "held out:" in line and "kept" in line:
            for name, value in re.findall(r"([a-z]+(?: [a-z]+)?) (\d+)%/\d+", line.partition("held out:")[2]):
                shares.setdefault(name, []).append((read, float(value)))
    return losses, shares


def draw(losses: Lines, shares: Lines) -> str:
    """Losses and shares over tokens → the picture as SVG."""
    last = max(read for read, _ in losses["marker"])
    x = Axis(0, last, {t: f"{t:g}" for t in ticks(last)})
    middle = LEFT + (WIDTH - LEFT - GAP - 24) / 2
    top = 2.5
    panels = [
        (Panel(LEFT, middle, TOP, HEIGHT - 40, "cross entropy, nats; million tokens along", x,
               Axis(0, top, {t: f"{t:g}" for t in ticks(top)})), losses, LOSSES),
        (Panel(middle + GAP, WIDTH - 24, TOP, HEIGHT - 40, "held-out questions answered right, %", x,
               Axis(0, 100, {t: f"{t:g}" for t in (0, 25, 50, 75, 100)})), shares, SHARES),
    ]  # fmt: skip
    body = []
    for panel, found, inks in panels:
        body += panel.frame()
        for row, (name, ink) in enumerate(inks.items()):
            inside = [(read, min(value, panel.y.high)) for read, value in found.get(name, ())]
            body += [mark for mark in panel.line(inside, ink) if mark.startswith("<polyline")]
            at = panel.left + 170 * (row % 2)
            line = 18 + 18 * (row // 2)
            body.append(f'<circle cx="{at + 4}" cy="{line - 4}" r="4" fill="{ink}" />')
            body.append(f'<text x="{at + 13}" y="{line}">{NAMES[name]}</text>')
    return svg(WIDTH, HEIGHT, body)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    logs = "\n".join(log.read_text() for log in parser.parse_args().logs)
    (ROOT / "docs/learning.svg").write_text(draw(*read(logs)))
    print("docs/learning.svg")


if __name__ == "__main__":
    main()
