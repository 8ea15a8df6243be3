#!/usr/bin/env python3
"""Whether check.py refuses what it should: a good library, with one thing after the other broken in a copy.

python3 android/native/test_check.py target/android/jniLibs/arm64-v8a/libedgeinfinite.so
"""

import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import check

LIBRARY = Path(sys.argv.pop(1)) if len(sys.argv) > 1 else sys.exit(__doc__)
ABI = LIBRARY.absolute().parent.name
GOOD = LIBRARY.read_bytes()
SEGMENTS, SECTIONS = struct.unpack_from("<QQ", GOOD, 32)


def patched(at, form, value):
    data = bytearray(GOOD)
    struct.pack_into(form, data, at, value)
    return bytes(data)


def segment(kind):
    """Where the first program header of that type stands."""
    return SEGMENTS + 56 * next(i for i, s in enumerate(check.Elf(GOOD).segments) if s[0] == kind)


def renamed(old, new):
    old = f"\0{old}\0".encode()
    new = f"\0{new}\0".encode()
    assert (GOOD.count(old), len(old)) == (1, len(new)), old
    return GOOD.replace(old, new)


def run(path):
    done = subprocess.run([sys.executable, check.__file__, path], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


class Check(unittest.TestCase):
    def refused(self, data, sentence, abi=ABI):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, abi, "lib.so")
            path.parent.mkdir()
            path.write_bytes(data)
            code, said = run(path)
        assert code == 1
        assert sentence in said, said
        assert "Traceback" not in said

    def test_good(self):
        assert run(LIBRARY) == (0, "")

    def test_other_machine(self):
        other = next(abi for abi in check.MACHINES if abi != ABI)
        self.refused(GOOD, f"expected {check.MACHINES[other]} for {other}", other)

    def test_unknown_abi(self):
        self.refused(GOOD, "its folder is named mips, expected arm64-v8a or x86_64", "mips")

    def test_small_pages(self):
        self.refused(patched(segment(check.LOAD) + 48, "<Q", 0x1000), "aligned to 0x1000, expected 0x4000")

    def test_writable_code(self):
        self.refused(patched(segment(check.LOAD) + 4, "<I", 7), "writable and executable")

    def test_read_only_data(self):
        self.refused(patched(segment(check.RELRO) + 40, "<Q", 16), "that the loader makes read-only")

    def test_thread_local_storage(self):
        self.refused(patched(segment(0x6474E551), "<I", check.TLS), "thread-local storage")

    def test_not_stripped(self):
        self.refused(patched(SECTIONS + 64 + 4, "<I", check.SYMTAB), "not stripped")

    def test_library_of_others(self):
        self.refused(renamed("liblog.so", "libssl.so"), "it needs libssl.so; Android's are libc.so")

    def test_unknown_import(self):
        self.refused(renamed("memcmp", "memcpm"), "imports memcpm, which bionic.symbols does not list")

    def test_socket(self):
        self.refused(renamed("malloc", "socket"), "imports socket: this SDK opens no connection")

    def test_export(self):
        name = "Java_dev_edgeinfinite_internal_Native_version"
        self.refused(renamed(name, name.lower()), f"exports {name.lower()}; only")

    def test_no_entrance(self):
        self.refused(renamed("JNI_OnLoad", "Java_nLoad"), "exports no JNI_OnLoad")

    def test_size(self):
        grown = GOOD + bytes(check.recorded()[ABI] * 106 // 100 - len(GOOD))
        self.refused(grown, f"has {len(grown):,} bytes, expected about {check.recorded()[ABI]:,}")

    def test_cut(self):
        self.refused(GOOD[:4000], "lib.so: ")

    def test_text(self):
        self.refused(b"hello", "not a shared library of 64 bits")

    def test_missing(self):
        code, said = run(f"/nowhere/{ABI}/lib.so")
        assert code == 1
        assert "No such file" in said


if __name__ == "__main__":
    unittest.main()
