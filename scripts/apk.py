"""Writes and checks an APK, where Google's build is not there to do it.

    apk.py pack BASE.apk OUT.apk NAME=FILE …    BASE's entries, then these; .so files stored, at offsets of 16 KiB
    apk.py check APP.apk                        alignment, permissions asked for, natives that minifying has to keep

`pack` writes the same bytes for the same input. `check` reads what is packed, not what was meant to be.
"""

import struct
import subprocess
import sys
import zipfile

PAGE = 16384  # of the newest phones
WHEN = (1981, 1, 1, 1, 1, 2)  # the time that Android's own tools write
FILLER = 0xD935  # an extra field that only aligns
LOAD = 1
NATIVES = ("version", "useRuntime", "inspect", "open", "document", "step", "ask", "next", "cancel", "close")


def add(archive: zipfile.ZipFile, name: str, data: bytes, stored: bool) -> None:
    entry = zipfile.ZipInfo(name, WHEN)
    entry.external_attr = 0o644 << 16
    entry.create_system = 0
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    if stored:
        boundary = PAGE if name.endswith(".so") else 4
        filler = -(archive.fp.tell() + 30 + len(name.encode()) + 6) % boundary
        entry.extra = struct.pack("<HHH", FILLER, 2 + filler, boundary) + bytes(filler)
    archive.writestr(entry, data, compresslevel=9)


def pack(base: str, out: str, *more: str) -> None:
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            add(new, entry.filename, old.read(entry), entry.compress_type == zipfile.ZIP_STORED)
        for pair in more:
            name, file = pair.split("=", 1)
            with open(file, "rb") as data:
                add(new, name, data.read(), stored=name.endswith(".so"))


def segments(library: bytes) -> list[int]:
    """The alignments of an ELF file's LOAD segments."""
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    heads = [library[table + size * index :][:size] for index in range(count)]
    return [struct.unpack_from("<Q", head, 48)[0] for head in heads if struct.unpack_from("<I", head)[0] == LOAD]


def misaligned(path: str) -> list[str]:
    found = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            boundary = PAGE if entry.filename.endswith(".so") else 4
            if not entry.filename.endswith((".so", "resources.arsc")):
                continue
            archive.fp.seek(entry.header_offset + 26)
            offset = entry.header_offset + 30 + sum(struct.unpack("<HH", archive.fp.read(4)))
            if entry.compress_type != zipfile.ZIP_STORED or offset % boundary:
                found.append(f"{entry.filename} is compressed, or starts at {offset}")
            if entry.filename.endswith(".so") and min(segments(archive.read(entry))) < PAGE:
                found.append(f"{entry.filename} has segments of {segments(archive.read(entry))}")
    return found


def says(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(path: str) -> None:
    wrong = misaligned(path)
    wrong += [line for line in says("aapt", "dump", "permissions", path).splitlines() if "uses-permission" in line]
    dex = says("dexdump", path)
    natives = dex.split("Class descriptor  : 'Ldev/edgeinfinite/internal/Native;'", 1)[-1]
    natives = natives.split("Class descriptor", 1)[0]
    wrong += [f"no native {name} in the dex" for name in NATIVES if f"'{name}'" not in natives]
    if "Ldev/edgeinfinite/internal/NativeException;" not in dex:
        wrong.append("no NativeException in the dex")
    if wrong:
        sys.exit("\n".join([f"{path}:", *wrong]))


if __name__ == "__main__":
    commands = {"pack": pack, "check": check}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
