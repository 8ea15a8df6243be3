#!/usr/bin/env python3
"""What Android's loader, the 16 KB page rule and this SDK's promises ask of libedgeinfinite.so, read from its bytes.

    python3 android/native/check.py target/android/jniLibs/*/libedgeinfinite.so

The folder's name is the ABI. What may be imported stands in bionic.symbols, how big the library may be in sizes.
"""

import struct
import sys
from pathlib import Path

HERE = Path(__file__).parent
MACHINES = {"arm64-v8a": 183, "x86_64": 62}
PAGE = 0x4000
SOCKETS = set(
    """accept accept4 bind connect getaddrinfo gethostbyaddr gethostbyname getnameinfo getpeername getsockname
    getsockopt listen recv recvfrom recvmmsg recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socket
    socketpair""".split()
)

# ELF: types of segments and sections, tags of the dynamic section.
LOAD = 1
TLS = 7
RELRO = 0x6474E552
SYMTAB = 2
DYNAMIC = 6
DYNSYM = 11
NEEDED = 1
RPATH = 15
TEXTREL = 22
RUNPATH = 29
FLAGS = 30
RELR = 36
FLAG_TEXTREL = 4
WEAK = 2


def allowed():
    """Library → the names that it may be asked for."""
    names = {}
    for line in (HERE / "bionic.symbols").read_text().splitlines():
        if not line.startswith("#"):
            library, name = line.split()
            names.setdefault(library, set()).add(name)
    return names


def recorded():
    """ABI → size."""
    return {abi: int(size) for abi, size in (line.split() for line in (HERE / "sizes").read_text().splitlines())}


class Elf:
    """The parts of a 64-bit little-endian shared library that the rules speak of."""

    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", data, 16)[0] != 3:
            raise ValueError("not a shared library of 64 bits, little-endian")
        self.machine = struct.unpack_from("<H", data, 18)[0]
        segments_at, sections_at = struct.unpack_from("<QQ", data, 32)
        segments, sections, names = struct.unpack_from("<HxxHH", data, 56)
        # type, flags, offset, address, -, size in the file, size in memory, alignment
        self.segments = [struct.unpack_from("<IIQQQQQQ", data, segments_at + 56 * i) for i in range(segments)]
        # name, type, flags, address, offset, size, link
        table = [struct.unpack_from("<IIQQQQI", data, sections_at + 64 * i) for i in range(sections)]

        def text(section, at):
            start = table[section][4] + at
            return data[start : data.index(b"\0", start)].decode()

        def rows(kind, form):
            for section in table:
                if section[1] == kind:
                    for row in struct.iter_unpack(form, data[section[4] : section[4] + section[5]]):
                        yield section[6], row

        self.sections = [text(names, section[0]) for section in table]
        self.symbols_kept = any(section[1] == SYMTAB for section in table)
        dynamic = list(rows(DYNAMIC, "<qQ"))
        self.needed = [text(strings, value) for strings, (tag, value) in dynamic if tag == NEEDED]
        self.tags = dict(row for _, row in dynamic)
        symbols = [(text(strings, row[0]), row[1] >> 4, row[3]) for strings, row in rows(DYNSYM, "<IBBHQQ") if row[0]]
        self.exports = sorted(name for name, _, home in symbols if home)
        self.imports = sorted(name for name, binding, home in symbols if not home and binding != WEAK)
        self.wishes = sorted(name for name, binding, home in symbols if not home and binding == WEAK)  # may be missing


def complaints(elf, abi, size):
    """Every rule that is broken, a sentence each."""
    if elf.machine != MACHINES[abi]:
        yield f"its machine is {elf.machine}, expected {MACHINES[abi]} for {abi}"
    for _, flags, offset, address, *_, alignment in (s for s in elf.segments if s[0] == LOAD):
        if alignment % PAGE or (address - offset) % PAGE:
            yield f"the segment at {address:#x} is aligned to {alignment:#x}, expected {PAGE:#x} for pages of 16 KB"
        if flags & 3 == 3:
            yield f"the segment at {address:#x} is writable and executable"
    writable = [(s[3], s[3] + s[6]) for s in elf.segments if s[0] == LOAD and s[1] & 2]
    for end in (s[3] + s[6] for s in elf.segments if s[0] == RELRO):
        if any(first < -(-end // PAGE) * PAGE and last > end for first, last in writable):
            yield f"data stands behind {end:#x} in a page of 16 KB that the loader makes read-only (RELRO)"
    if any(s[0] == TLS for s in elf.segments):
        yield "it has thread-local storage of the ELF kind, which Android knows since API 29"
    if RELR in elf.tags:
        yield "it has packed relocations (RELR), which Android knows since API 30"
    if TEXTREL in elf.tags or elf.tags.get(FLAGS, 0) & FLAG_TEXTREL:
        yield "it has text relocations, which Android refuses"
    if RPATH in elf.tags or RUNPATH in elf.tags:
        yield "it names a path to search (RPATH, RUNPATH)"
    if elf.symbols_kept or any(name.startswith(".debug") for name in elf.sections):
        yield "it is not stripped"

    libraries = allowed()
    if strange := [name for name in elf.needed if name not in libraries]:
        yield f"it needs {', '.join(strange)}; Android's are {', '.join(libraries)}"
    known = set().union(*(libraries.get(name, ()) for name in elf.needed))
    if strange := [name for name in elf.imports if name not in known]:
        yield f"it imports {', '.join(strange)}, which bionic.symbols does not list for what it needs"
    if sockets := sorted(SOCKETS.intersection(elf.imports + elf.wishes)):
        yield f"it imports {', '.join(sockets)}: this SDK opens no connection"
    if strange := [name for name in elf.exports if name != "JNI_OnLoad" and not name.startswith("Java_")]:
        yield f"it exports {', '.join(strange)}; only JNI_OnLoad and Java_… may be seen"
    if "JNI_OnLoad" not in elf.exports:
        yield "it exports no JNI_OnLoad"

    expected = recorded().get(abi)
    if expected is None:
        yield f"it has {size:,} bytes, and android/native/sizes has no line for {abi}"
    elif size > expected * 1.05:
        yield f"it has {size:,} bytes, expected about {expected:,}: more than 5 % above android/native/sizes"


def check(path):
    """Prints what the library is; returns what is wrong with it."""
    abi = path.absolute().parent.name
    if abi not in MACHINES:
        return [f"its folder is named {abi}, expected {' or '.join(MACHINES)}"]
    try:
        data = path.read_bytes()
        elf = Elf(data)
        broken = list(complaints(elf, abi, len(data)))
    except (OSError, ValueError, struct.error, IndexError) as error:
        return [str(error)]
    if not broken:
        imports = f"{len(elf.imports)} imports from {', '.join(elf.needed)}"
        print(f"{abi}: {len(data):,} bytes, {imports}, {len(elf.exports)} exports")
    return broken


def main():
    """The command line; exits with 1 and what is broken."""
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        sys.exit(__doc__)
    broken = [f"{path}: {sentence}" for path in paths for sentence in check(path)]
    if broken:
        sys.exit("\n".join(broken))


if __name__ == "__main__":
    main()
