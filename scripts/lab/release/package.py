"""Writes what Google's build would write: AARs, their POMs, APKs. The same input gives the same bytes.

    scripts/lab.sh package aar OUT.aar MODULE [FILE…]    MODULE is a folder such as android/edgeinfinite, built by Maven
    scripts/lab.sh package pom OUT.pom MODULE            from the Gradle files, as Gradle's publishing plugin makes it
    scripts/lab.sh package jar OUT.jar FOLDER
    scripts/lab.sh package apk OUT.apk BASE.apk CLASSES.dex FILE…    BASE is what aapt2 links; not signed yet

A FILE is a library, abi/NAME.so, such as …/arm64-v8a/libedgeinfinite.so, or a notice. An APK stores a library at an
offset of 16 KiB, so that phones with pages of that size map it where it lies.
"""

import io
import re
import struct
import sys
import tomllib
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from lab import ROOT

PAGE = 16384
WHEN = (1981, 1, 1, 1, 1, 2)  # the time that Android's own tools write
FILLER = 0xD935  # an extra field that only aligns
METADATA = """aarFormatVersion=1.0
aarMetadataVersion=1.0
minCompileSdk=31
minCompileSdkExtension=0
minAndroidGradlePluginVersion=1.0.0
coreLibraryDesugaringEnabled=false
"""


def add(archive: zipfile.ZipFile, name: str, data: bytes, boundary: int = 0) -> None:
    """Compressed; or stored at an offset that `boundary` divides."""
    entry = zipfile.ZipInfo(name, WHEN)
    entry.external_attr = 0o644 << 16
    entry.create_system = 0
    entry.compress_type = zipfile.ZIP_STORED if boundary else zipfile.ZIP_DEFLATED
    if boundary:
        filler = -(archive.fp.tell() + 30 + len(name.encode()) + 6) % boundary
        entry.extra = struct.pack("<HHH", FILLER, 2 + filler, boundary) + bytes(filler)
    archive.writestr(entry, data, compresslevel=9)


def write(out: str, entries: dict[str, bytes]) -> None:
    """A zip of these files."""
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            add(archive, name, data)


def folder(path: Path) -> dict[str, bytes]:
    """Each file below it, by its path from there."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    if not files:
        sys.exit(f"{path}: found nothing in it")
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def placed(libraries: str, notices: str, files: tuple[str, ...]) -> dict[str, bytes]:
    """Each by its name in the archive: libraries below one folder and their ABI, everything else below another."""
    paths = [Path(file).absolute() for file in files]
    return {
        f"{libraries}{path.parent.name}/{path.name}"
        if path.suffix == ".so"
        else f"{notices}{path.name}": path.read_bytes()
        for path in paths
    }


def said(module: Path, key: str) -> str:
    """What build.gradle.kts sets `key` to."""
    return re.search(rf'\b{key} = "?([\w.]+)', (module / "build.gradle.kts").read_text())[1]


def manifest(module: Path) -> str:
    """The manifest of a library as Google's build merges it, with what build.gradle.kts says."""
    source = module / "src/main/AndroidManifest.xml"
    text = '<manifest xmlns:android="http://schemas.android.com/apk/res/android">\n</manifest>\n'
    if source.exists():
        text = source.read_text()
    uses = f'<uses-sdk android:minSdkVersion="{said(module, "minSdk")}" />'
    return re.sub(
        r"<manifest ([^>]*)>", rf'<manifest package="{said(module, "namespace")}" \1>\n    {uses}', text, count=1
    )


def aar(out: str, module: str, *files: str) -> None:
    """An AAR of a module that Maven built."""
    classes = io.BytesIO()
    write(classes, folder(Path(module, "target/classes")))
    rules = Path(module, "consumer-rules.pro")
    write(
        out,
        {"AndroidManifest.xml": manifest(Path(module)).encode(), "classes.jar": classes.getvalue(), "R.txt": b""}
        | ({"proguard.txt": rules.read_bytes()} if rules.exists() else {})
        | {"META-INF/com/android/build/gradle/aar-metadata.properties": METADATA.encode()}
        | placed("jni/", "", files),
    )


def properties(path: Path) -> dict[str, str]:
    """A properties file, by key."""
    return dict(
        line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")
    )


def dependencies(module: Path) -> list[tuple[str, str, str, str, str]]:
    """Group, name, version, scope and type of what build.gradle.kts names for those who use the library."""
    catalog = tomllib.loads((ROOT / "gradle/libs.versions.toml").read_text())
    found = []
    for kind, name in re.findall(
        r"^ {4}(api|implementation|runtimeOnly)\((.*)\)$", (module / "build.gradle.kts").read_text(), re.M
    ):
        scope = "compile" if kind == "api" else "runtime"
        if project := re.fullmatch(r'project\(":(.*)"\)', name):
            group = properties(ROOT / "gradle.properties")["GROUP"]
            found.append((group, project[1], catalog["versions"]["edgeinfinite"], scope, "aar"))
        else:
            library = catalog["libraries"][name.removeprefix("libs.").replace(".", "-")]
            group, artefact = library["module"].split(":")
            found.append((group, artefact, catalog["versions"][library["version"]["ref"]], scope, "jar"))
    return found


def pom(out: str, module: str) -> None:
    """A module's POM."""
    path = Path(module).resolve()
    value = {
        key: escape(text)
        for key, text in (properties(ROOT / "gradle.properties") | properties(path / "gradle.properties")).items()
    }
    version = tomllib.loads((ROOT / "gradle/libs.versions.toml").read_text())["versions"]["edgeinfinite"]
    needs = "".join(
        f"""
    <dependency>
      <groupId>{group}</groupId>
      <artifactId>{artefact}</artifactId>
      <version>{number}</version>{"<type>aar</type>" if kind == "aar" else ""}
      <scope>{scope}</scope>
    </dependency>"""
        for group, artefact, number, scope, kind in dependencies(path)
    )
    Path(out).write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{value["GROUP"]}</groupId>
  <artifactId>{path.name}</artifactId>
  <version>{version}</version>
  <packaging>aar</packaging>
  <name>{value["POM_NAME"]}</name>
  <description>{value["POM_DESCRIPTION"]}</description>
  <url>{value["POM_URL"]}</url>
  <licenses>
    <license>
      <name>{value["POM_LICENSE_NAME"]}</name>
      <url>{value["POM_LICENSE_URL"]}</url>
      <distribution>{value["POM_LICENSE_DIST"]}</distribution>
    </license>
  </licenses>
  <developers>
    <developer>
      <id>{value["POM_DEVELOPER_ID"]}</id>
      <name>{value["POM_DEVELOPER_NAME"]}</name>
    </developer>
  </developers>
  <scm>
    <connection>{value["POM_SCM_CONNECTION"]}</connection>
    <url>{value["POM_SCM_URL"]}</url>
  </scm>
  <dependencies>{needs}
  </dependencies>
</project>
""")


def jar(out: str, path: str) -> None:
    """A jar of a folder."""
    write(out, folder(Path(path)))


def apk(out: str, base: str, dex: str, *files: str) -> None:
    """An unsigned APK."""
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(out, "w") as archive:
        for entry in old.infolist():
            add(archive, entry.filename, old.read(entry), 4 if entry.compress_type == zipfile.ZIP_STORED else 0)
        add(archive, "classes.dex", Path(dex).read_bytes())
        for name, data in placed("lib/", "META-INF/", files).items():
            add(archive, name, data, PAGE if name.endswith(".so") else 0)


if __name__ == "__main__":
    commands = {"aar": aar, "pom": pom, "jar": jar, "apk": apk}
    if len(sys.argv) < 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
