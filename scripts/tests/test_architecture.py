"""The lab's folders import only those of the levels before them; no file grows past what a reader holds in mind."""

import ast
import re
import subprocess

import pytest

from lab import FOLDERS, LEVELS, ROOT

LONGEST = 400  # lines of a file
PACKAGE = ROOT / "scripts/lab"
ALONE = ("plots", "release")  # import no other folder
PYTHON = ("scripts", "android/native", "gradle/check")
NAMED = re.compile(r"(?<![\w./*$}-])([\w-][\w/.-]*\.(?:py|sh))\b")
WRITTEN = (".rs", ".kt", ".kts", ".py", ".sh", ".java")


def imported(source: str) -> set[str]:
    """The folders of the lab that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "found a relative import, expected the module's full name"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("lab.")} & set(FOLDERS)


def forbidden(folder: str, source: str) -> set[str]:
    """Those of them that a file in `folder` must not import."""
    level = next(number for number, folders in enumerate(LEVELS) if folder in folders)
    before = set() if folder in ALONE else {name for folders in LEVELS[:level] for name in folders}
    return imported(source) - before - {folder}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_lower_levels(folder):
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files
    upward = {str(f.relative_to(PACKAGE)): forbidden(folder, f.read_text("utf-8")) for f in files}
    assert not {name: found for name, found in upward.items() if found}


def test_every_folder_is_named():
    found = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found == set(FOLDERS)


@pytest.mark.parametrize(
    ("folder", "source", "found"),
    [
        ("train", "from lab.finder.losses import memory_loss", {"finder"}),
        ("train", "from lab.accelerators import qnn", {"accelerators"}),
        ("reference", "def f():\n    from lab import export", {"export"}),
        ("plots", "import lab.evaluate.score", {"evaluate"}),
        ("finder", "from lab.train.samples import BatchShape\nfrom lab import ROOT", set()),
    ],
)
def test_an_upward_import_is_found(folder, source, found):
    assert forbidden(folder, source) == found


def bundled(source: str) -> list[int]:
    """Lines on which a tuple assignment makes several statements one, where it should unpack one value."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Tuple)
    ]


def test_a_line_makes_one_statement():
    files = [path for folder in PYTHON for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {str(f.relative_to(ROOT)): bundled(f.read_text("utf-8")) for f in files}
    assert not {name: lines for name, lines in found.items() if lines}


def test_a_bundled_statement_is_found():
    assert bundled("a, b = 1, 2") == [1]
    assert bundled("x = 1\nself.a, b = c, d = 1, 2") == [2, 2]
    assert bundled("a, b = pair\n(c, d), e = f()\nkinds = 1, 2") == []


def test_no_file_is_too_long():
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    files = [ROOT / name for name in tracked.split("\0") if name.endswith(WRITTEN) and (ROOT / name).exists()]
    assert len(files) > 100
    lines = {str(file.relative_to(ROOT)): file.read_text("utf-8").count("\n") for file in files}
    assert not {name: count for name, count in lines.items() if count > LONGEST}


def test_files_that_are_named_exist():
    """Python files and shell scripts, wherever a document, a comment or an error names one."""
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    names = [name for name in tracked.split("\0") if name and (ROOT / name).exists()]
    readers = [name for name in names if name.endswith((*WRITTEN, ".md", ".yml", ".properties", ".toml", ".json"))]
    missing = {
        f"{reader}: {named}"
        for reader in readers
        if not reader.startswith("docs/records/2")
        for named in NAMED.findall((ROOT / reader).read_text("utf-8"))
        if not any(name == named or name.endswith(f"/{named}") for name in names)
    }
    assert not missing
