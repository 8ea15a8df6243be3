"""Checks what scripts/dist.sh wrote, from its bytes.

    scripts/lab.sh check-packages DIST

Of the AARs: what is in them, a manifest that asks for nothing, bytecode, the native libraries, size. Of the POMs: what
Maven Central asks for. Of sources and reference: that nothing public is missing. Of the APK: alignment, no permission,
the natives in the dex, size.
"""

import re
import struct
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as xml
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from lab import ROOT

MODULES = ("edgeinfinite", "edgeinfinite-testing")
ABIS = ("arm64-v8a", "x86_64")
PAGE = 16384  # of the newest phones
BYTECODE = 55  # Java 11
ANDROID = "{http://schemas.android.com/apk/res/android}"
POM = "{http://maven.apache.org/POM/4.0.0}"
# The app's own activity and what the library's manifest brings; no service, provider, receiver or permission.
ELEMENTS = "manifest uses-sdk application activity intent-filter action category data uses-native-library".split()


def grown(name: str, size: int) -> Iterator[str]:
    """A complaint where a file is more than 5 % above what android/sizes says."""
    sizes = dict(line.split() for line in (ROOT / "android/sizes").read_text().splitlines())
    if size > 1.05 * int(sizes[name]):
        yield f"{name} has {size:,} bytes, expected about {int(sizes[name]):,}: more than 5 % above android/sizes"


def catalog() -> dict[str, str]:
    """The versions of gradle/libs.versions.toml."""
    return tomllib.loads((ROOT / "gradle/libs.versions.toml").read_text())["versions"]


# ── AARs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def aar(path: Path, module: str) -> Iterator[str]:
    """Complaints about an AAR: its files, libraries, classes."""
    native = module == "edgeinfinite"
    libraries = [f"jni/{abi}/libedgeinfinite.so" for abi in ABIS] if native else []
    expected = {
        "AndroidManifest.xml",
        "classes.jar",
        "R.txt",
        *libraries,
        *(["proguard.txt", "NOTICES"] if native else []),
    }
    expected.add("META-INF/com/android/build/gradle/aar-metadata.properties")
    with zipfile.ZipFile(path) as archive:
        if archive.testzip():
            yield "it is damaged"
        if set(archive.namelist()) != expected:
            yield f"found {', '.join(sorted(set(archive.namelist()) ^ expected))} in it, or not"
            return
        yield from manifest(archive.read("AndroidManifest.xml").decode(), native)
        yield from classes(archive.read("classes.jar"))
        for library in libraries:
            with tempfile.TemporaryDirectory() as folder:
                file = archive.extract(library, folder)
                done = subprocess.run(
                    [sys.executable, ROOT / "android/native/check.py", file], capture_output=True, text=True
                )
                yield from done.stderr.splitlines() if done.returncode else []
        if native and archive.read("proguard.txt") != (ROOT / "android/edgeinfinite/consumer-rules.pro").read_bytes():
            yield "its rules for R8 are not consumer-rules.pro"
    yield from grown(f"{module}.aar", path.stat().st_size)


def manifest(text: str, native: bool) -> Iterator[str]:
    """minSdk, and nothing that is asked for."""
    found = [
        (e.tag, {key.removeprefix(ANDROID): value for key, value in e.attrib.items()})
        for e in xml.fromstring(text).iter()
    ]
    expected = [("uses-sdk", {"minSdkVersion": "26"})]
    if native:
        expected += [("application", {}), ("uses-native-library", {"name": "libcdsprpc.so", "required": "false"})]
    if found[1:] != expected:
        yield f"its manifest holds {found[1:]}, expected {expected}"


def classes(data: bytes) -> Iterator[str]:
    """Complaints about a jar of classes."""
    with zipfile.ZipFile(BytesIO(data)) as jar:
        for name in jar.namelist():
            if name.startswith("META-INF/") and name.endswith(".kotlin_module"):
                continue
            if not (name.startswith("dev/edgeinfinite/") and name.endswith(".class")):
                yield f"found {name} in classes.jar"
            elif (version := struct.unpack(">H", jar.read(name)[6:8])[0]) > BYTECODE:
                yield f"{name} has bytecode {version}, expected at most {BYTECODE}"


# ── POM, sources, reference ─────────────────────────────────────────────────────────────────────────────────────────


def pom(path: Path, module: str) -> Iterator[str]:
    """Complaints about a POM: names, version, dependencies."""
    root = xml.parse(path).getroot()

    def text(where: str) -> str:
        return root.findtext("/".join(POM + step for step in where.split("/")), "")

    wanted = {
        "groupId": "dev.edgeinfinite",
        "artifactId": module,
        "version": catalog()["edgeinfinite"],
        "packaging": "aar",
    }
    yield from (f"{key} is {text(key)!r}, expected {value!r}" for key, value in wanted.items() if text(key) != value)
    needed = [
        "name",
        "description",
        "url",
        "licenses/license/name",
        "licenses/license/url",
        "developers/developer/name",
    ]
    yield from (f"there is no {key}" for key in [*needed, "scm/connection", "scm/url"] if not text(key))
    found = {
        (need.findtext(POM + "artifactId"), need.findtext(POM + "scope"), need.findtext(POM + "version"))
        for need in root.iter(POM + "dependency")
    }
    versions = catalog()
    expected = {("edgeinfinite", "compile", versions["edgeinfinite"])}
    if module == "edgeinfinite":
        expected = {
            ("kotlin-stdlib", "compile", versions["kotlin-stdlib"]),
            ("kotlinx-coroutines-core", "compile", versions["coroutines"]),
            ("onnxruntime-android", "runtime", versions["onnxruntime"]),
        }
    if found != expected:
        yield f"it depends on {sorted(found)}, expected {sorted(expected)}"


def sources(path: Path, module: str) -> Iterator[str]:
    """Complaints about a jar of sources."""
    source = ROOT / "android" / module / "src/main/kotlin"
    expected = {file.relative_to(source).as_posix() for file in source.rglob("*.kt")}
    found = set(zipfile.ZipFile(path).namelist())
    if found != expected:
        yield f"found {', '.join(sorted(found ^ expected))} in it, or not"


def reference(path: Path, module: str) -> Iterator[str]:
    """A page for each public class of the API's dump."""
    pages = set(zipfile.ZipFile(path).namelist())
    dump = (ROOT / f"android/{module}/api/{module}.api").read_text()
    names = re.findall(r"^public .*(?:class|interface) ([\w/]+)/(\w+(?:\$\w+)*) ", dump, re.M)
    if not names:
        yield f"found no class in {module}.api"
    for package, name in names:
        if name.endswith("Kt") or name in ("Models", "States") or "$Companion" in name or "$DefaultImpls" in name:
            continue  # functions of a file, which have pages of their own
        steps = [re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), step) for step in name.split("$")]
        page = f"{module}/{package.replace('/', '.')}/{'/'.join(steps)}/index.html"
        if page not in pages:
            yield f"{name} has no page {page}"


# ── The APK ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def says(*command: str) -> str:
    """A command's output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def alignments(library: bytes) -> list[int]:
    """Of an ELF file's LOAD segments."""
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    heads = [library[table + size * index :][:size] for index in range(count)]
    return [struct.unpack_from("<Q", head, 48)[0] for head in heads if struct.unpack_from("<I", head)[0] == 1]


def misplaced(path: Path) -> Iterator[str]:
    """Complaints about what an APK must store uncompressed and aligned."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.filename.endswith((".so", "resources.arsc")):
                continue
            library = entry.filename.endswith(".so")
            archive.fp.seek(entry.header_offset + 26)
            offset = entry.header_offset + 30 + sum(struct.unpack("<HH", archive.fp.read(4)))
            if entry.compress_type != zipfile.ZIP_STORED or offset % (PAGE if library else 4):
                yield f"{entry.filename} is compressed, or starts at {offset}"
            if library and (found := alignments(archive.read(entry))) and min(found) < PAGE:
                yield f"{entry.filename} has segments aligned to {min(found)}, expected {PAGE} for pages of 16 KB"


def apk(path: Path) -> Iterator[str]:
    """Complaints about an APK: its files, libraries, manifest, signature."""
    runtime = path.name == "demo.apk"
    with zipfile.ZipFile(path) as archive:
        found = {name for name in archive.namelist() if name.startswith("lib/")}
        sizes = {name: archive.getinfo(name).file_size for name in archive.namelist()}
    names = ("libedgeinfinite.so", "libonnxruntime.so") if runtime else ("libedgeinfinite.so",)
    expected = {f"lib/{abi}/{name}" for abi in ABIS for name in names}
    if found != expected:
        yield f"its libraries are {sorted(found)}, expected {sorted(expected)}"
    for name in ("classes.dex", "assets/handbook.md", "assets/demo/model.json", "META-INF/NOTICES"):
        if name not in sizes:
            yield f"found no {name}"
            return
    yield from misplaced(path)
    yield from (
        line for line in says("aapt", "dump", "permissions", str(path)).splitlines() if "uses-permission" in line
    )
    elements = re.findall(r"^ *E: ([\w-]+)", says("aapt", "dump", "xmltree", str(path), "AndroidManifest.xml"), re.M)
    yield from (f"its manifest holds <{name}>, or not" for name in sorted(set(elements) ^ set(ELEMENTS)))
    badging = says("aapt", "dump", "badging", str(path))
    for line in ("package: name='dev.edgeinfinite.demo'", "sdkVersion:'26'", "targetSdkVersion:'36'"):
        if line not in badging:
            yield f"aapt finds no {line}"
    if "application-debuggable" in badging:
        yield "it can be debugged"
    yield from dex(says("dexdump", str(path)))
    yield from grown("classes.dex", sizes["classes.dex"])
    if not runtime:
        yield from grown(path.name, path.stat().st_size)


def dex(dump: str) -> Iterator[str]:
    """What Rust finds by name is there under its name."""
    source = (ROOT / "android/edgeinfinite/src/main/kotlin/dev/edgeinfinite/internal/Native.kt").read_text()
    natives = re.findall(r"external fun (\w+)", source)
    if not natives:
        yield "found no natives in Native.kt"
    _, _, after = dump.partition("Class descriptor  : 'Ldev/edgeinfinite/internal/Native;'")
    body = after.split("Class descriptor", 1)[0]
    yield from (f"no native {name} in the dex" for name in natives if f"'{name}'" not in body)
    if "Class descriptor  : 'Ldev/edgeinfinite/internal/NativeException;'" not in dump:
        yield "no NativeException in the dex"


def everything(dist: Path) -> Iterator[tuple[Path, Iterator[str]]]:
    """Each file that is to be there, with the complaints about it."""
    version = catalog()["edgeinfinite"]
    for module in MODULES:
        stem = dist / f"maven/dev/edgeinfinite/{module}/{version}/{module}-{version}"
        yield stem.with_name(stem.name + ".aar"), aar(stem.with_name(stem.name + ".aar"), module)
        yield stem.with_name(stem.name + ".pom"), pom(stem.with_name(stem.name + ".pom"), module)
        yield stem.with_name(stem.name + "-sources.jar"), sources(stem.with_name(stem.name + "-sources.jar"), module)
        yield stem.with_name(stem.name + "-javadoc.jar"), reference(stem.with_name(stem.name + "-javadoc.jar"), module)
    for path in sorted(dist.glob("*.apk")):
        yield path, apk(path)


def main() -> None:
    """The command line; exits with 1 and the complaints."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    dist = Path(sys.argv[1])
    checks = list(everything(dist))
    expected = {path for path, _ in checks} | {dist / "SHA256SUMS"}
    wrong = [
        f"{path.relative_to(dist)}: nothing is known of it"
        for path in dist.rglob("*")
        if path.is_file() and path not in expected
    ]
    if len(list(dist.glob("*.apk"))) != 1:
        wrong.append("found no APK, or several")
    for path, complaints in checks:
        found = list(complaints) if path.is_file() else ["found no such file"]
        wrong += [f"{path.relative_to(dist)}: {sentence}" for sentence in found]
        if not found:
            print(f"{path.relative_to(dist)}: {path.stat().st_size:,} bytes")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
