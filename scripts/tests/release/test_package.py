"""Packages as written, and as checked: a library's bytes, and every rule broken once."""

import re
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab import ROOT
from lab.release import check_packages, package

CLASS = b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 55)


def library(folder: Path, alignment: int = 16384, name: str = "libedgeinfinite.so") -> Path:
    """As much of an ELF file as the checks of an APK read: a header and one LOAD segment."""
    head = bytearray(64)
    head[:4] = b"\x7fELF"
    struct.pack_into("<Q", head, 32, 64)
    struct.pack_into("<HH", head, 54, 56, 1)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(head) + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0, 0, alignment))
    return path


@pytest.fixture
def module(tmp_path) -> Path:
    """android/edgeinfinite-testing, built."""
    folder = tmp_path / "edgeinfinite-testing"
    folder.mkdir()
    for name in ("build.gradle.kts", "gradle.properties"):
        shutil.copy(ROOT / "android/edgeinfinite-testing" / name, folder)
    file = folder / "target/classes/dev/edgeinfinite/testing/Fake.class"
    file.parent.mkdir(parents=True)
    file.write_bytes(CLASS)
    return folder


@pytest.fixture
def aar(module, tmp_path) -> Path:
    package.aar(str(tmp_path / "testing.aar"), str(module))
    return tmp_path / "testing.aar"


def changed(path: Path, **entries: bytes | None) -> Path:
    """A copy with other entries; None takes one away. A name's dots and slashes are written __ and ___ here."""
    named = {name.replace("___", "/").replace("__", "."): data for name, data in entries.items()}
    with zipfile.ZipFile(path) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()} | named
    out = path.with_name("changed.aar")
    package.write(str(out), {name: data for name, data in whole.items() if data is not None})
    return out


def jar(tmp_path: Path, name: str, data: bytes) -> bytes:
    package.write(str(tmp_path / "classes.jar"), {name: data})
    return (tmp_path / "classes.jar").read_bytes()


def test_the_same_bytes_each_time(module, aar, tmp_path):
    (module / "target/classes/dev/edgeinfinite/testing/Fake.class").touch()
    package.aar(str(tmp_path / "again.aar"), str(module))
    assert (tmp_path / "again.aar").read_bytes() == aar.read_bytes()


def test_an_aar_as_packed_is_fine(aar):
    assert list(check_packages.aar(aar, "edgeinfinite-testing")) == []


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ('<uses-permission android:name="android.permission.INTERNET" />', "INTERNET"),
        ('<application><provider android:name="x" /></application>', "provider"),
        ('<application><service android:name="x" /></application>', "service"),
    ],
)
def test_a_manifest_that_asks_for_something(aar, element, named):
    with zipfile.ZipFile(aar) as archive:
        manifest = archive.read("AndroidManifest.xml").decode()
    broken = changed(aar, AndroidManifest__xml=manifest.replace("</manifest>", f"{element}</manifest>").encode())
    assert named in "".join(check_packages.aar(broken, "edgeinfinite-testing"))


def test_the_wrong_things_in_it(aar, tmp_path):
    def complaints(**entries: bytes | None) -> str:
        return "".join(check_packages.aar(changed(aar, **entries), "edgeinfinite-testing"))

    assert "R.txt" in complaints(R__txt=None)
    assert "jni/x86_64/libx.so" in complaints(jni___x86_64___libx__so=b"")
    stranger = jar(tmp_path, "com/example/Other.class", CLASS)
    assert "com/example/Other.class" in complaints(classes__jar=stranger)
    newer = jar(tmp_path, "dev/edgeinfinite/testing/Fake.class", CLASS[:6] + struct.pack(">H", 61))
    assert "bytecode 61" in complaints(classes__jar=newer)
    assert "more than 5 %" in "".join(check_packages.grown("edgeinfinite-testing.aar", 10**9))


def test_the_manifest_of_the_library_asks_for_nothing():
    text = package.manifest(ROOT / "android/edgeinfinite")
    assert list(check_packages.manifest(text, native=True)) == []
    assert list(check_packages.manifest(text.replace('required="false"', 'required="true"'), native=True))


@pytest.mark.parametrize("name", ["edgeinfinite", "edgeinfinite-testing"])
def test_poms(name, tmp_path):
    path = tmp_path / "made.pom"
    package.pom(str(path), str(ROOT / "android" / name))
    assert list(check_packages.pom(path, name)) == []
    text = path.read_text()
    for tag in ("url", "connection", "scope", "packaging"):
        path.write_text(text.replace(f"<{tag}>", f"<x{tag}>").replace(f"</{tag}>", f"</x{tag}>"))
        assert list(check_packages.pom(path, name)), tag


def test_an_apk_maps_its_libraries_where_they_lie(tmp_path):
    base = tmp_path / "base.apk"
    dex = tmp_path / "classes.dex"
    out = tmp_path / "out.apk"
    with zipfile.ZipFile(base, "w") as archive:
        archive.writestr("resources.arsc", b"table", zipfile.ZIP_STORED)
        archive.writestr("assets/a", b"odd", zipfile.ZIP_DEFLATED)
    dex.write_bytes(b"dex")
    libraries = [library(tmp_path / abi) for abi in check_packages.ABIS]
    package.apk(str(out), str(base), str(dex), *map(str, libraries))
    assert list(check_packages.misplaced(out)) == []

    small = library(tmp_path / "arm64-v8a", alignment=4096)
    package.apk(str(out), str(base), str(dex), str(small))
    assert "4096" in "".join(check_packages.misplaced(out))

    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lib/arm64-v8a/libedgeinfinite.so", libraries[1].read_bytes(), zipfile.ZIP_DEFLATED)
    assert "compressed" in "".join(check_packages.misplaced(out))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lib/arm64-v8a/libedgeinfinite.so", libraries[1].read_bytes(), zipfile.ZIP_STORED)
    assert "starts at" in "".join(check_packages.misplaced(out))


def test_a_dex_without_its_natives():
    natives = "".join(f"name : '{name}'\n" for name in ("open", "next"))
    head = "Class descriptor  : "
    dump = f"{head}'Ldev/edgeinfinite/internal/Native;'\n{natives}{head}'La/b;'\nname : 'close'\n"
    complaints = "\n".join(check_packages.dex(dump))
    assert "no native close" in complaints
    assert "no native open " not in complaints
    assert "no NativeException" in complaints


def test_an_empty_folder_is_no_dist(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "lab.release.check_packages", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "edgeinfinite-" in done.stderr
    assert "no APK" in done.stderr


def test_gradle_packs_of_the_models_what_maven_does():
    pattern = re.search('ignoreAssetsPattern = "(.*)"', (ROOT / "android/demo/build.gradle.kts").read_text())
    assert 'includes="demo/**" excludes="**/README.md"' in (ROOT / "android/demo/pom.xml").read_text()
    others = {folder.name for folder in (ROOT / "models").iterdir()} - {"demo"}
    assert set(pattern[1].split(":")) == {f"!{name}" for name in others}
