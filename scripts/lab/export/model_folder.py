"""A model folder as it is written, and copies of one with other scoring; no command line."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPORT = "quantizing.json"  # what rounding cost by matrix: not the model's


def dumps(about: dict) -> str:
    """One line a key, or one a value where the value is a dictionary or a list of dictionaries."""
    lines = []
    for key, value in about.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict) and len(text) > 100:
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
            text = "{\n" + inner + "\n }"
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n" + ",\n".join("  " + json.dumps(v, ensure_ascii=False) for v in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def entry(file: Path) -> dict:
    """What `files` says of a file."""
    with file.open("rb") as opened:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """An empty folder to write into, which takes target's place at the end; after an exception target is as it was."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as place:
        folder = Path(place) / "new"
        folder.mkdir()
        yield folder
        if target.exists():
            target.rename(Path(place) / "old")
        folder.rename(target)


@contextmanager
def rewritten(source: Path, target: Path, about: dict, without: str) -> Iterator[Path]:
    """A folder with source's files but those whose names begin with `without`, to write more into. At the end it gets
    `about` as model.json, with every file in it, and takes target's place; after an exception target is as it was."""
    with replaced(target) as folder:
        for name in about["files"]:
            if not name.startswith(without):
                shutil.copyfile(source / name, folder / name)
        yield folder
        about["files"] = {file.name: entry(file) for file in sorted(folder.iterdir())}
        (folder / "model.json").write_text(dumps(about))


def print_folder(folder: Path, errors: dict[str, float]) -> None:
    """What was written, file by file, and what rounding cost; errors: of logits, by artefact."""
    costs = {a["file"]: a.get("cost") for a in json.loads((folder / "model.json").read_text())["artefacts"]}
    for file in sorted(set(folder.iterdir()) - {folder / REPORT}):
        said = f"logits within {errors[file.name]:.2g}" if file.name in errors else ""
        if cost := costs.get(file.name):
            said += (
                f", {cost['divergence']:.2g} nats a token, same next token {cost['agreement']:.1%} of {cost['tokens']}"
            )
        print(f"{file.stat().st_size:>10,} {file.name:16} {said}")


def rescored(model: Path, folder: Path, scoring: dict[str, float]) -> Path:
    """A model folder with these numbers of `scoring`: the model's files by link, model.json of its own."""
    folder.mkdir(exist_ok=True)
    for file in model.iterdir():
        if file.name != "model.json" and not (folder / file.name).exists():
            os.symlink(file.resolve(), folder / file.name)
    (folder / "model.json").write_text(scored((model / "model.json").read_text(), scoring))
    return folder


def scored(text: str, scoring: dict[str, float]) -> str:
    """model.json with these numbers of `scoring`, all else as it stands."""

    def changed(found: re.Match) -> str:
        return found[1] + json.dumps(json.loads(found[2]) | scoring)

    text, times = re.subn(r'("scoring": )(\{[^{}]*\})', changed, text)
    if times != 1:
        sys.exit(f"model.json names its scoring {times} times, expected once")
    return text
