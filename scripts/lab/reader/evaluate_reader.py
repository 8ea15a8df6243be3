"""Measures a reader on the sets that it was not trained on, BM25 alone beside it.

    scripts/lab.sh evaluate-reader --data DATA --model ~/.cache/edgeinfinite/reader/run/reader.pt --out record.json
    scripts/lab.sh evaluate-reader --data DATA --model export/reader.onnx --most 300 --sets xquad covidqa

Each share comes with n and the interval that holds it with 95 % (Wilson). The record is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from lab.reader.measured import CASES, sampled
from lab.reader.measures import asked, measures
from lab.reader.models import model_of
from lab.reader.reading import Choice


def main() -> None:
    """Reads the command line, measures, writes the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint (.pt) or an exported graph (.onnx)")
    parser.add_argument("--sets", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--most", type=int, default=10_000, help="most questions of a set")
    parser.add_argument("--runs", type=int, default=1, help="most runs for a question, the last one not counted")
    parser.add_argument("--choice", type=json.loads, default={}, help='JSON: "bm25", "found"')
    parser.add_argument("--out", type=Path, help="record (JSON)")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    model, tokenizer = model_of(options.model, options.threads)
    choice = Choice(**options.choice)
    record = {"model": options.model.name, "runs": options.runs, "choice": asdict(choice), "sets": {}}
    for name in options.sets:
        began = time.perf_counter()
        seen = asked(model, sampled(CASES[name](options.data), options.most), tokenizer, options.runs)
        record["sets"][name] = measures(seen, choice)
        print(f"{name} ({time.perf_counter() - began:.0f} s)", flush=True)
        for measure, value in record["sets"][name].items():
            print(f"    {measure:46} {value['percent']:5.1f}  {value['interval']}  n {value['n']}", flush=True)
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
