"""Writes an AAR, an APK or a jar where Google's build is not there to do it: the same bytes for the same input.

    pack.py aar OUT.aar MODULE CLASSES.jar [LIBRARY…]    MODULE is a folder with a build.gradle.kts, such as android/edgeinfinite
    pack.py apk OUT.apk BASE.apk CLASSES.dex LIBRARY…    BASE is what aapt2 links; not signed yet
    pack.py jar OUT.jar FOLDER

A LIBRARY is a file abi/NAME.so, such as …/arm64-v8a/libedgeinfinite.so. In an APK it is stored at an offset of 16 KiB, so that phones
with pages of that size map it where it lies.
"""

import re
import struct
import sys
import zipfile
from pathlib import Path

PAGE = 16384
WHEN = (1981, 1, 1, 1, 1, 2)  # the time that Android's own tools write
FILLER = 0xD935  # an extra field that only aligns
METADATA = """aarFormatVersion=1.0
aarMetadataVersion=1.0
minCompileSdk=1
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


def place(library: str) -> str:
    """abi/NAME.so"""
    path = Path(library).absolute()
    return f"{path.parent.name}/{path.name}"


def manifest(module: Path) -> str:
    """The manifest of a library's module as Google's build merges it, with what its build.gradle.kts says."""
    build = (module / "build.gradle.kts").read_text()
    namespace, least = (re.search(rf"\b{key} = \"?([\w.]+)", build)[1] for key in ("namespace", "minSdk"))
    source = module / "src/main/AndroidManifest.xml"
    text = '<manifest xmlns:android="http://schemas.android.com/apk/res/android">\n</manifest>\n'
    if source.exists():
        text = source.read_text()
    head = rf'<manifest package="{namespace}" \1>\n\n    <uses-sdk android:minSdkVersion="{least}" />'
    return re.sub(r"<manifest ([^>]*)>", head, text, count=1)


def aar(out: str, module: str, classes: str, *libraries: str) -> None:
    rules = Path(module, "consumer-rules.pro")
    entries = {"AndroidManifest.xml": manifest(Path(module)).encode(), "classes.jar": Path(classes).read_bytes(), "R.txt": b""}
    if rules.exists():
        entries["proguard.txt"] = rules.read_bytes()
    entries["META-INF/com/android/build/gradle/aar-metadata.properties"] = METADATA.encode()
    entries |= {f"jni/{place(library)}": Path(library).read_bytes() for library in libraries}
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            add(archive, name, data)


def apk(out: str, base: str, dex: str, *libraries: str) -> None:
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(out, "w") as archive:
        for entry in old.infolist():
            add(archive, entry.filename, old.read(entry), 4 if entry.compress_type == zipfile.ZIP_STORED else 0)
        add(archive, "classes.dex", Path(dex).read_bytes())
        for library in libraries:
            add(archive, f"lib/{place(library)}", Path(library).read_bytes(), PAGE)


def jar(out: str, folder: str) -> None:
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
    with zipfile.ZipFile(out, "w") as archive:
        for file in files:
            add(archive, file.relative_to(folder).as_posix(), file.read_bytes())


if __name__ == "__main__":
    commands = {"aar": aar, "apk": apk, "jar": jar}
    if len(sys.argv) < 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
