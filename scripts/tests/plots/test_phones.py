"""The table of phones in docs/performance.md."""

import json

import pytest

from lab.plots import phones

POINT = {
    "document_tokens": 2000,
    "read_ms": 12.5,
    "ttft_ms": 140,
    "state_bytes": 6_200_000,
    "index_bytes": 4000,
    "peak_rss_bytes": 212_000_000,
    "found": True,
    "thermal_status": None,
}


def record(**changes) -> dict:
    longer = POINT | {"document_tokens": 512_000, "read_ms": 4200.0, "ttft_ms": 61_000.0, "found": False}
    middle = POINT | {"document_tokens": 32_000}
    return {
        "format": 1,
        "engine": "0.1.0",
        "model": {"name": "finder", "version": "0.2.0"},
        "execution": {"accelerator": "Npu", "precision": "a16w8", "threads": 2, "requested": ["Npu"], "skipped": []},
        "device": {"maker": "Maker", "model": "One|Two", "chip": "C 1"},
        "points": [longer, POINT, middle],
    } | changes


def test_the_shortest_and_the_longest_document():
    rows = phones.table({"a.json": phones.checked(record(), "a.json")}).splitlines()
    phone = "| Maker One/Two (C 1) | finder 0.2.0 | Npu, a16w8 |"
    assert rows[2:] == [
        f"{phone} 2,000 tokens | 12 ms | 140 ms | 6.2 MB | 212 MB |",
        f"{phone} 512,000 tokens | 4.2 s | 61.0 s, answer wrong | 6.2 MB | 212 MB |",
    ]


def test_no_phone_yet():
    assert "none has been measured yet" in phones.table({})


@pytest.mark.parametrize(
    "broken",
    [
        [],
        record(format=2),
        record(points=[]),
        record(device={}),
        record(model=None),
        record(execution={"accelerator": "Npu"}),
        record(points=[POINT | {"ttft_ms": "140"}]),
        record(points=[POINT | {"found": 1}]),
        record(points=[POINT | {"state_bytes": True}]),
    ],
)
def test_what_is_no_benchmark_is_refused_by_name(broken):
    with pytest.raises(SystemExit, match=r"a\.json: expected"):
        phones.checked(json.loads(json.dumps(broken)), "a.json")


def test_the_readme_has_a_place_for_it():
    found = phones.PLACE.findall((phones.ROOT / "docs/performance.md").read_text())
    assert len(found) == 1
