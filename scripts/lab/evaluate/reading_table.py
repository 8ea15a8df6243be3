"""Tables of what readings bring and cost (readings.py): one a set, and two of the pass keys by length.

    page(record, sets)      Markdown

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable

from lab.evaluate.reading_sets import GENERATED, Set
from lab.evaluate.score import Share
from lab.plots.units import megabytes, seconds


def line(cells: Iterable[str]) -> str:
    """A row."""
    return f"| {' | '.join(cells)} |"


def head(*columns: str) -> list[str]:
    """The first two rows."""
    return [line(columns), "|---" * len(columns) + "|"]


def shown(score: dict | None) -> str:
    """A mean in percent, its interval and n; of one answer no bootstrap tells an interval."""
    if score is None:
        return "–"
    mean, low, high = score["mean"]
    if score["n"] == 1 and low == high:
        return f"{mean:.1f} of 1"
    return f"{mean:.1f} ({low:.0f}–{high:.0f}) of {score['n']}"


def costs(cell: dict) -> list[str]:
    """Bytes of the state, time to first token and time to read: the largest, and medians."""
    return [megabytes(cell["state_bytes"]), seconds(cell["ttft_ms"]["median"]), seconds(cell["read_ms"]["median"])]


def texts(cell: dict) -> str:
    """How many were read, and how many were too long."""
    return f"{cell['texts']}, {cell['left_out']} too long" if cell["left_out"] else str(cell["texts"])


def of_set(of: Set, cells: list[dict]) -> str:
    """A set of the papers: a row a reading."""
    kinds = list(of.kinds)
    rows = head("reading", *kinds, "refused", "texts", "tokens, median", "state", "TTFT", "read in")
    for cell in cells:
        if not cell["texts"]:
            rows.append(line([cell["reading"], *("–" for _ in kinds), "–", texts(cell), "–", "–", "–", "–"]))
            continue
        scores = [shown(cell["scores"].get(kind)) for kind in kinds]
        refused = f"{100 * cell['refused']['right'] / Share.of(cell['refused']).n:.0f} %"
        tokens = f"{cell['document_tokens']['median']:,.0f}"
        rows.append(line([cell["reading"], *scores, refused, texts(cell), tokens, *costs(cell)]))
    return "\n".join([f"*{of.title}*, {of.measure} in percent:\n", *rows])


def of_keys(by_set: dict[str, list[dict]]) -> list[str]:
    """Pass keys: a row a reading, a column a length; what was right, and what it cost."""
    lengths = [f"{int(name.removeprefix('keys-')):,}" for name in by_set]
    right = head("reading", *lengths)
    cost = head("reading", *lengths)
    for reading in dict.fromkeys(cell["reading"] for cells in by_set.values() for cell in cells):
        found = [next((c for c in cells if c["reading"] == reading), {"texts": 0}) for cells in by_set.values()]
        right.append(line([reading, *(shown(c["scores"]["key"]) if c["texts"] else "–" for c in found)]))
        cost.append(line([reading, *(", ".join(costs(c)) if c["texts"] else "–" for c in found)]))
    return [
        "\n".join(["*Pass keys by tokens of the text*, named in percent:\n", *right]),
        "\n".join(["*Pass keys*, state, TTFT, read in:\n", *cost]),
    ]


def page(record: dict, sets: dict[str, Set]) -> str:
    """Markdown: what ran beside it, then every table."""
    order = list(record["readings"])
    cells = sorted(record["cells"], key=lambda cell: order.index(cell["reading"]))
    by_set = {name: [cell for cell in cells if cell["set"] == of.title] for name, of in sets.items()}
    taken = [100 * cell["processors_taken_by_others"] for cells in by_set.values() for cell in cells]
    said = (
        "One thread each, as many readings at a time as there are cores; other programs took "
        f"{100 * record['processors_taken_by_others']:.0f} % of the processors "
        f"({min(taken):.0f} to {max(taken):.0f} % by set). A reading began nothing more of a set after "
        f"{record['seconds_a_set']:.0f} s, and the generator read no text of more than {record['longest']:,} tokens."
    )
    parts = [of_set(of, by_set[name]) for name, of in sets.items() if name not in GENERATED]
    keys = {name: cells for name, cells in by_set.items() if name in GENERATED}
    return "\n\n".join([said, *parts, *(of_keys(keys) if keys else [])])
