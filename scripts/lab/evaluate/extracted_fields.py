"""Values by fields through the shipped command line: amounts, dates, numbers, lists, yes or no, text.

    scripts/lab.sh extracted-fields --model models/finder models/reader --write
    scripts/lab.sh extracted-fields --model models/finder --show

extracted_fields/texts.jsonl holds documents of different kinds, extracted_fields/fields.jsonl fields with their right
values, null where the document gives none that is sure, all written by hand. Right is the same value: numbers and days
exactly, currencies as they are given, and a text that holds the right words. Each share comes with n and the interval
that holds it with 95 % (Wilson). `--write` puts the record into docs/records and the table into docs/performance.md.
`--show` prints what was not right.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from lab.evaluate.cli import ROOT, Cli, Progress, built, publish, record_head
from lab.evaluate.score import Share

DATA = Path(__file__).parent / "extracted_fields"
KEYS = ("right", "wrong", "null though it is there", "null where there is none")
HEAD = "| model | fields | " + " | ".join(KEYS) + " |\n" + "|---" * (2 + len(KEYS)) + "|"
ALL = "all"


def read(name: str) -> list[dict]:
    """The lines of a file of the set."""
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def is_right(field: dict, found: dict) -> bool:
    """Whether a field's value is the right one; a text and a list's entries have to hold the right words."""
    wanted = field["value"]
    value = found["value"]
    if wanted is None or value is None:
        return wanted is value
    if field["type"] == "text":
        return wanted.casefold() in value.casefold()
    if field["type"] == "list":
        return len(wanted) == len(value) and all(one in other for one, other in zip(wanted, value, strict=True))
    return wanted == value


def measures(some: list[tuple[dict, dict]]) -> dict[str, dict]:
    """The shares of some fields with what was found, each as in a record."""
    there = [(field, found) for field, found in some if field["value"] is not None]
    absent = [(field, found) for field, found in some if field["value"] is None]
    counted = (
        [is_right(*one) for one in some],
        [found["value"] is not None and not is_right(field, found) for field, found in some],
        [found["value"] is None for _, found in there],
        [found["value"] is None for _, found in absent],
    )
    return {key: Share(sum(right), len(right)).json() for key, right in zip(KEYS, counted, strict=True)}


def rows(models: dict[str, dict[str, dict]]) -> list[str]:
    """The rows of the table."""
    found = []
    for model, by_type in models.items():
        for kind, shares in by_type.items():
            cells = [str(Share.of(shares[key])) if shares[key]["n"] else "–" for key in KEYS]
            found.append(f"| {model} | {kind} | {' | '.join(cells)} |")
    return found


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, nargs="+", default=[ROOT / "models/finder", ROOT / "models/reader"])
    parser.add_argument("--show", action="store_true", help="print what was not right")
    parser.add_argument("--out", type=Path, help="record (JSON)")
    parser.add_argument("--write", action="store_true", help="write the record to docs/records, and the table")
    options = parser.parse_args()
    began = time.monotonic()
    texts = read("texts.jsonl")
    fields = read("fields.jsonl")
    models: dict[str, dict[str, dict]] = {}
    progress = Progress()
    with tempfile.TemporaryDirectory() as work:
        clis = [Cli(built(), model, Path(tempfile.mkdtemp(dir=work))) for model in options.model]
        for cli in clis:
            name = cli.run("inspect")[0]["name"]
            some: list[tuple[dict, dict]] = []
            for text in texts:
                own = "md" if text["text"].startswith("#") else "txt"
                file = Path(work) / f"{text['name']}.{own}"
                file.write_text(text["text"], "utf-8")
                wanted = [field for field in fields if field["text"] == text["name"]]
                schema = [{key: f[key] for key in ("name", "type", "question") if key in f} for f in wanted]
                (Path(work) / "fields.json").write_text(json.dumps(schema), "utf-8")
                report, _, _ = cli.run("extract", str(file), "--fields", str(Path(work) / "fields.json"))
                some += zip(wanted, report["fields"], strict=True)
                progress.say(f"{name}: {text['name']}", last=text is texts[-1])
            types = [ALL, *dict.fromkeys(field["type"] for field in fields)]
            models[name] = {kind: measures([one for one in some if kind in (ALL, one[0]["type"])]) for kind in types}
            print(name)
            for kind, shares in models[name].items():
                print(f"    {kind:8}", *(f"{key} {Share.of(value)};" for key, value in shares.items() if value["n"]))
            for field, found in some if options.show else []:
                if not is_right(field, found):
                    quote = " ".join(found["quotes"][0]["text"].split())[:60] if found["quotes"] else "–"
                    value = f"[{field['value']}] {found['value']} {found['missing']}"
                    print(f"  {field['text']:8} {found['question']}   {value}   {quote}")
        head = record_head(["scripts/lab.sh", "extracted-fields", *sys.argv[1:]], clis[0], began)
    record = head | {"texts": len(texts), "models": models}
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.write:
        publish(f"fields-{'-'.join(models)}", record, "fields", "\n".join([HEAD, *rows(models)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
