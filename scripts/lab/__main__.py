"""Finds a command of the lab: for scripts/lab.sh, by any Python 3.11, with the standard library only.

    python -m lab             lists the commands
    python -m lab NAME        prints the command's module and the group of pyproject.toml that it needs, or none

A command is a module that can be run: evaluate/real_documents.py is `evaluate.real-documents`, or `real-documents` for
short. Of two with the same short name the one in the earlier folder has it: ssft is train.ssft.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from lab import FOLDERS

PACKAGE = Path(__file__).parent
GROUPS = ("files", "graphs", "gguf", "npu", "lab")  # of pyproject.toml, from the smallest to the largest


@cache
def tree(file: Path) -> ast.Module:
    """A file's syntax tree, parsed once."""
    return ast.parse(file.read_text("utf-8"))


def commands() -> dict[str, Path]:
    """Full name → file of each command, folder by folder in their order."""
    return {
        f"{folder}.{file.stem.replace('_', '-')}": file
        for folder in FOLDERS
        for file in sorted((PACKAGE / folder).glob("*.py"))
        if '\nif __name__ == "__main__":\n' in file.read_text("utf-8")
    }


def named(name: str) -> Path | None:
    """The file of a command, by its full or its short name."""
    return next((file for full, file in commands().items() if name in (full, full.partition(".")[2])), None)


def imports(file: Path) -> Iterator[str]:
    """The full names of the modules that a file names, wherever in it."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(file: Path) -> set[str]:
    """The packages from outside that a file imports, itself or through files of the lab."""
    seen: set[Path] = set()
    waiting = [file]
    outside: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for name in imports(here):
            path = PACKAGE.parent / (name.replace(".", "/") + ".py")
            if name.split(".")[0] != PACKAGE.name:
                outside.add(name.split(".")[0])
            elif path.exists():
                waiting.append(path)
    return outside - sys.stdlib_module_names


def held(group: str) -> set[str]:
    """The packages of a group of pyproject.toml, as they are imported."""
    groups = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    pins = [pin for pin in groups[group] if isinstance(pin, str)]
    included = [pin["include-group"] for pin in groups[group] if isinstance(pin, dict)]
    return {pin.split("==")[0].replace("-", "_") for pin in pins}.union(*map(held, included))


def group_of(file: Path) -> str:
    """The first of GROUPS that holds what a file imports, none where it imports nothing from outside.

    What no group names comes along with something that one does, such as ml_dtypes with onnx.
    """
    needed = packages(file)
    if not needed:
        return "none"
    named = needed & set().union(*map(held, GROUPS))
    return next(group for group in GROUPS if named <= held(group) or group == GROUPS[-1])


def main() -> None:
    """Lists the commands, or prints the module and the group of the one that is named."""
    if len(sys.argv) == 1:
        print("usage: scripts/lab.sh NAME [ARGUMENTS…]     (NAME --help says more)")
        for folder, some in groupby(commands().items(), key=lambda item: item[0].partition(".")[0]):
            print(f"\n{folder}")
            for full, file in some:
                short = full.partition(".")[2]
                name = short if named(short) == file else full
                print(f"  {name:16} {ast.get_docstring(tree(file)).splitlines()[0]}")
        return
    file = named(sys.argv[1])
    if file is None:
        raise SystemExit(f"edgeinfinite: found no command {sys.argv[1]}, expected one that scripts/lab.sh lists")
    module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    print(module, group_of(file))


if __name__ == "__main__":
    main()
