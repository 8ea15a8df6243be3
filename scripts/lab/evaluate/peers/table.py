"""Rows of pairs → ratios, and the table made from them. Pure, standard library only."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class Row:
    """One line: a figure of both sides, pair by pair."""

    name: str
    unit: str  # ms, tokens/s, bytes
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)

    def add(self, ours: float | None, peer: float | None) -> None:
        """A pair; left out where a side has no figure."""
        if ours is not None and peer is not None:
            self.ours.append(ours)
            self.peer.append(peer)

    def ratios(self) -> list[float]:
        """How many times better this project is, pair by pair: above 1 it wins, below 1 the peer."""
        pairs = zip(self.ours, self.peer, strict=True)
        if self.unit == "tokens/s":
            return [ours / peer for ours, peer in pairs]
        return [peer / ours for ours, peer in pairs]

    def content(self) -> dict:
        """As the record has it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": [round(value, 3) for value in self.ours],
            "peer": [round(value, 3) for value in self.peer],
            "ratio": {name: round(value, 3) for name, value in spread(self.ratios()).items()},
        }


def spread(values: list[float]) -> dict[str, float]:
    """Minimum, median and maximum."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def figure(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "bytes":
        return f"{value / 1e6:.0f} MB"
    if unit == "tokens/s":
        return f"{value:.1f} tokens/s"
    if value < 999.5:
        return f"{value:.0f} ms"
    return f"{value / 1e3:.1f} s"


def times(value: float) -> str:
    """A ratio in three digits."""
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def table(rows: list[dict], peer: str) -> str:
    """Rows of a record → Markdown; medians of both sides, the ratio's median (least to most)."""
    lines = [
        f"| | this project | {peer} | times better | pairs |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ours = figure(statistics.median(row["ours"]), row["unit"])
        theirs = figure(statistics.median(row["peer"]), row["unit"])
        ratio = row["ratio"]
        median = times(ratio["median"])
        shown = f"**{median}**" if ratio["median"] >= 1 else median
        span = f" ({times(ratio['min'])}–{times(ratio['max'])})" if len(row["ours"]) > 1 else ""
        lines.append(f"| {row['name']} | {ours} | {theirs} | {shown}{span} | {len(row['ours'])} |")
    return "\n".join(lines)


def page(record: dict, peer: str, file: str | None) -> str:
    """What docs/performance.md shows of a record; file: its name."""
    machine = record["machine"]
    built = record["peer"]
    link = f" ([record](records/{file}))" if file else ""
    within = record["same"]["within_window"]
    beyond = record["same"]["beyond_window"]
    taken = spread(record["processors_taken_by_others"])
    drafts = (
        f"{name.partition(', ')[2]} {statistics.median(values):.2f}" for name, values in record["tokens_a_run"].items()
    )
    lines = (
        f"`{record['command']}` on {machine['cpu']}, {machine['cores']} cores, {record['threads']} threads, commit",
        f"{record['commit']}{link}. {record['model']['name']} on both sides; {peer} out of {built['package']},",
        f"{built['compiler']}. Medians; *times better* is the ratio's median (least to most), above 1 this project's,",
        f"below 1 {peer}'s. Other programs took {taken['median']:.0%} of the processors (median of all pairs;",
        f"{taken['min']:.0%} to {taken['max']:.0%}).",
        "",
        table(record["rows"], peer),
        "",
        f"The next token is the same after {said(within)} prompts of {lengths(within)} tokens.",
        f"Past the window of {record['window']:,} tokens this project attends to the window alone: the same after",
        f"{said(beyond)} prompts of {lengths(beyond)} tokens, and reading costs less because less is done.",
        f"Recall reads what it finds alone. Tokens a run, by drafts: {'; '.join(drafts)}.",
    )
    return "\n".join(lines)


def said(agreement: dict) -> str:
    """How often the next token is the same, and nats."""
    nats = agreement["nats_mean"]
    return f"{agreement['same_next_token']} of {agreement['prompts']} ({nats:.4f} nats)"


def lengths(agreement: dict) -> str:
    """From the shortest prompt to the longest."""
    return f"{agreement['shortest']:,} to {agreement['longest']:,}"
