"""The notices that libedgeinfinite.so owes: licence texts of every crate that is compiled into it, each text once.

    notices.py OUT

From cargo's metadata and the crates' own sources, as they were fetched to be compiled.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from lab import ROOT

TARGET = "aarch64-linux-android"
LINKED = {
    "Cargo.toml": "edgeinfinite-jni",
    "android/native/unwind/Cargo.toml": "edgeinfinite-unwind",
}  # the second where there is no NDK
FILES = re.compile(r"(?i)^(licen[cs]e|copying|notice|copyright)([-._].*)?$")
HEAD = """Third-party software in libedgeinfinite.so

The library is licensed under the Apache License 2.0. It holds Rust's standard library (MIT OR Apache-2.0) and the
software below, each under the licence named behind it; the texts of the licences follow. Where a licence leaves a
choice ("MIT OR Apache-2.0"), either may be taken.
"""


def shipped(manifest: str, name: str) -> dict[str, dict]:
    """Packages that are linked, by id: what `name` depends on to run, on Android: no macros, no tests.

    What a build script of the workspace takes, such as lists of words, is in the library too."""
    command = [
        "cargo",
        "metadata",
        "--locked",
        "--format-version=1",
        f"--filter-platform={TARGET}",
        f"--manifest-path={manifest}",
    ]
    environment = os.environ | {"RUSTC_BOOTSTRAP": "1"}  # the second manifest has what only a nightly cargo reads
    metadata = json.loads(subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    macros = {
        key for key, package in packages.items() if any("proc-macro" in target["kind"] for target in package["targets"])
    }
    todo = [key for key, package in packages.items() if package["name"] == name]
    if not todo:
        sys.exit(f"{manifest}: found no package {name}")
    seen = set(todo)
    while todo:
        package = todo.pop()
        kinds = (None,) if packages[package]["source"] else (None, "build")
        for need in nodes[package]["deps"]:
            linked = any(kind["kind"] in kinds for kind in need["dep_kinds"])
            if linked and need["pkg"] not in seen | macros:
                seen.add(need["pkg"])
                todo.append(need["pkg"])
    return {key: packages[key] for key in seen if packages[key]["source"]}


def main() -> None:
    """The command line."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = {}
    for manifest, name in LINKED.items():
        found |= shipped(manifest, name)
    packages = sorted(found.values(), key=lambda package: (package["name"], package["version"]))
    texts: dict[str, list[str]] = {}
    for package in packages:
        folder = Path(package["manifest_path"]).parent
        files = sorted(file for file in folder.iterdir() if file.is_file() and FILES.match(file.name))
        for file in files:
            text = "\n".join(line.rstrip() for line in file.read_text(errors="replace").strip().splitlines())
            texts.setdefault(text, []).append(f"{package['name']} {package['version']}")
        if not files and not package["license"]:
            sys.exit(f"{package['name']}: found neither a licence's text nor its name")
    rule = "─" * 100
    parts = [HEAD, "\n".join(f"{p['name']} {p['version']}: {p['license'] or 'see below'}" for p in packages)]
    parts += [
        f"{rule}\n{', '.join(dict.fromkeys(names))}:\n\n{text}"
        for text, names in sorted(texts.items(), key=lambda item: item[1])
    ]
    Path(sys.argv[1]).write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
