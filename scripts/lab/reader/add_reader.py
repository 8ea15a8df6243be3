"""Copies a reader into a model folder that has a generator: by recall the reader finds what answers.

    scripts/lab.sh add-reader models/mine                          models/reader, as it ships
    scripts/lab.sh add-reader models/mine --reader ANOTHER

Standard library only. Where something fails, model.json and what it names are as they were.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from lab import ROOT
from lab.export.model_folder import dumps, entry

# What goes with weights that are another's, where it is there.
LICENCE = "LICENSE-base.txt"
# The files in a model folder.
FILES = {"graph": "reader.onnx", "settings": "reader.json", "tokenizer": "reader-tokenizer.json"}


def describe(folder: Path, about: dict) -> None:
    """Writes model.json with a reader's files among the folder's."""
    known = about.get("files", {})
    files = {name: entry(folder / name) for name in sorted({*known, *FILES.values()})}
    ends = {key: about[key] for key in about if key not in ("reader", "files")}
    part = folder / "model.json.part"
    part.write_text(dumps({**ends, "reader": FILES, "files": files}))
    part.replace(folder / "model.json")


def add(reader: Path, folder: Path) -> None:
    """Copies the files, with their base's licence, and names them; raises ValueError for a folder without a reader."""
    about = json.loads((folder / "model.json").read_text())
    theirs = json.loads((reader / "model.json").read_text())
    if "reader" not in theirs:
        raise ValueError(f"found no reader in {reader}, expected one")
    parts = {folder / f"{name}.part": reader / theirs["reader"][key] for key, name in FILES.items()}
    if (reader / LICENCE).exists():
        parts[folder / f"{LICENCE}.part"] = reader / LICENCE
    try:
        for part, source in parts.items():
            shutil.copyfile(source, part)
        for part in parts:
            part.replace(part.with_suffix(""))
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    describe(folder, about)


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reader", type=Path, default=ROOT / "models/reader", help="a folder that holds a reader")
    options = parser.parse_args()
    try:
        add(options.reader, options.folder)
    except (ValueError, OSError) as e:
        print(f"add-reader: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
