#!/usr/bin/env python3
"""Whether every name in bionic.symbols is one that Android 8 (API 26) gives to apps, on both ABIs, by AOSP's own maps.

    python3 android/native/maps.py libc.map.txt libdl.map.txt libm.map.txt liblog.map.txt

The first three are in AOSP's repository platform/bionic, the last in platform/system/logging. Run when the list grows.
"""

import re
import sys
from pathlib import Path

from check import allowed

API = 26
ARCHITECTURES = {"arm", "arm64", "riscv64", "x86", "x86_64"}
INTERNAL = {"apex", "llndk", "platform-only", "systemapi"}


def tags(comment):
    """The words behind a # of a map, with what they are set to."""
    return {tag: value for tag, _, value in (word.partition("=") for word in (comment or "").split())}


def old_enough(tags, architecture):
    """Whether what has these tags is in the oldest Android that the library runs on."""
    introduced = tags.get(f"introduced-{architecture}", tags.get("introduced", "0"))
    return introduced.isdigit() and int(introduced) <= API


def given(text, architecture):
    """The names that a map gives to apps of that architecture."""
    names = set()
    block = None
    for line in text.splitlines():
        if opening := re.match(r"(\w+) \{\s*(?:#(.*))?", line):
            private = opening[1].endswith(("_PRIVATE", "_PLATFORM", "_DEPRECATED"))
            block = None if private or not old_enough(tags(opening[2]), architecture) else tags(opening[2])
        elif block is not None and (entry := re.match(r"\s+(\w+);\s*(?:#(.*))?", line)):
            found = tags(entry[2])
            only = ARCHITECTURES.intersection(found) or {architecture}
            if architecture in only and not INTERNAL.intersection(found) and old_enough(found, architecture):
                names.add(entry[1])
    return names


def main():
    """The command line; exits with 1 and the names that no map gives."""
    maps = {Path(name).name.split(".")[0] + ".so": Path(name).read_text() for name in sys.argv[1:]}
    if not maps:
        sys.exit(__doc__)
    refused = [
        f"{library}: {name} is not for apps on {architecture} at API {API}"
        for library, names in allowed().items()
        for architecture in ("arm64", "x86_64")
        for name in sorted(names - given(maps.get(library, ""), architecture))
    ]
    if refused:
        sys.exit("\n".join(refused))
    print(f"all {sum(map(len, allowed().values()))} names are in the maps")


if __name__ == "__main__":
    main()
