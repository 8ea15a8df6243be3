"""Compiles the Gradle files where Gradle cannot run: a misspelt property, a missing library or plugin is an error.

    python3 gradle/check/check.py

Downloads 220 MB the first time, so it is no part of scripts/test.sh. It types the scripts; what Gradle would do with
them it cannot say.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "target/gradle-check/src"
EXTENSIONS = {"android.application": "ApplicationExtension", "android.library": "LibraryExtension"}
IMPORTS = """
import check.*
import com.android.build.api.dsl.*
import org.gradle.api.*
import org.gradle.api.initialization.Settings
import org.gradle.api.initialization.resolve.RepositoriesMode
"""


def accessors(catalog: dict) -> str:
    """The object `libs`."""
    tree: dict = {"versions": {}}
    for name in catalog["libraries"]:
        *folders, leaf = name.split("-")
        at = tree
        for step in folders:
            at = at.setdefault(step, {})
        at[leaf] = "check.Library"
    for name in catalog["versions"]:
        if "-" not in name:
            tree["versions"][name] = "org.gradle.api.provider.Provider<String>"

    def written(name: str, branch: dict | str) -> str:
        if isinstance(branch, str):
            return f'val {name}: {branch} get() = error("compiled, not run")\n'
        return f"object {name} {{\n" + "".join(written(*item) for item in branch.items()) + "}\n"

    return written("libs", tree)


def script(path: Path, catalog: dict) -> str:
    """The Kotlin that a build script means."""
    text = path.read_text()
    for plugin in re.findall(r"alias\(libs\.plugins\.([\w.]+)\)", text):
        if plugin.replace(".", "-") not in catalog["plugins"]:
            sys.exit(f"{path}: found no plugin {plugin} in the catalog")
    used = [kind for kind in EXTENSIONS if f"alias(libs.plugins.{kind}) //" in text]
    body = re.sub(r"^plugins \{\n(.*\n)*?\}\n", "", text, flags=re.M)
    name = path.parent.name.replace("-", "_")
    if path.name == "settings.gradle.kts":
        return f"package check.settings\n{IMPORTS}fun Settings.script() {{\n{body}}}\n"
    if not used:
        return f"package check.root\nfun script() {{\n{body}}}\n"
    kind = EXTENSIONS[used[0]]
    head = f"package check.{name}\n{IMPORTS}class Here(android: {kind}) : BuildScript<{kind}>(android) {{\n"
    return f"{head}init {{\n{body}}}\n}}\n"


def main() -> None:
    """Writes the Gradle files as one Kotlin program and has it compiled."""
    catalog = tomllib.loads((ROOT / "gradle/libs.versions.toml").read_text())
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    files = {"libs.kt": "package check\n" + accessors(catalog), "Script.kt": (HERE / "Script.kt").read_text()}
    for path in [
        ROOT / "settings.gradle.kts",
        ROOT / "build.gradle.kts",
        *sorted(ROOT.glob("android/*/build.gradle.kts")),
    ]:
        files[f"{path.parent.name}-{path.stem}.kt"] = script(path, catalog)
    for name, text in files.items():
        (OUT / name).write_text(text)
    sys.exit(subprocess.run(["mvn", "-B", "-ntp", "-q", "-f", HERE / "pom.xml", "compile"]).returncode)


if __name__ == "__main__":
    main()
