"""PDFs that come in Debian's packages, with a few facts of each that a person looked up. Standard library only."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path

from lab.evaluate.files.maker import Maker
from lab.evaluate.files.programs import MissingProgramError
from lab.evaluate.files.texts import Fact, Text


def copied(text: Text, work: Path, path: Path, source: Path, package: str) -> None:
    """The file as its package has it."""
    if not source.exists():
        raise MissingProgramError(f"{source} (of {package})")
    path.write_bytes(gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes())


def maker(row: dict) -> Maker:
    """A Maker of a line of shipped.jsonl."""
    source = Path(row["path"])
    facts = tuple(Fact(f["question"], f["value"], f["sentence"], "sentence", 0) for f in row["facts"])
    file = f"debian-{source.name.removesuffix('.gz')}"
    make = partial(copied, source=source, package=row["package"])
    return Maker(file, row["package"], Text("en", "", (), facts), make, "page")


MAKERS = [maker(json.loads(line)) for line in (Path(__file__).parent / "shipped.jsonl").read_text("utf-8").splitlines()]
