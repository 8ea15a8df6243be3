"""A file from the network, by its hash; a download that was cut goes on where it was. The standard library only.

    scripts/lab.sh fetch URL FILE SHA256
    scripts/lab.sh fetch URL FILE SHA256 --member NAME MEMBER_SHA256 UNPACKED     and one file out of that archive

Exit status 1, with what was found and expected, where a hash is another; nothing stands at FILE or UNPACKED then.
"""

import argparse
import hashlib
import os
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

PIECE = 1 << 20  # bytes that are read at once
TRIES = 5  # times that a connection may break
PATIENCE = 60  # seconds without a byte
PARTIAL = 206  # status of an answer that goes on where it was asked to


class Other(ValueError):
    """The file is another than was asked for."""


def fetch(url: str, target: Path, digest: str, progress: Callable[[int, int], None] = lambda done, whole: None) -> None:
    """Downloads to `target`, unless it is there with that hash. Raises Other, and OSError where there is no network."""
    if target.exists() and sha256(target) == digest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for number in range(TRIES):
        try:
            if receive(url, part, progress):
                break
        except (TimeoutError, ConnectionError, urllib.error.URLError) as e:
            if number + 1 == TRIES or isinstance(e, urllib.error.HTTPError):
                raise
    taken(part, target, digest)


def receive(url: str, part: Path, progress: Callable[[int, int], None]) -> bool:
    """Goes on with `part` → whether all has come."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as e:
        if have and e.code == 416:  # nothing is left to ask for
            return True
        raise
    with answer, open(part, "ab" if answer.status == PARTIAL else "wb") as file:
        whole = file.tell() + int(answer.headers.get("Content-Length", 0))
        while piece := answer.read(PIECE):
            file.write(piece)
            progress(file.tell(), whole)
        return file.tell() >= whole


def unpack(archive: Path, member: str, target: Path, digest: str) -> None:
    """One file out of a zip archive, unless it is there with that hash. Raises Other."""
    if target.exists() and sha256(target) == digest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with zipfile.ZipFile(archive) as opened, opened.open(member) as source, part.open("wb") as file:
        while piece := source.read(PIECE):
            file.write(piece)
    taken(part, target, digest)


def taken(part: Path, target: Path, digest: str) -> None:
    """Puts what has come in its place; raises Other, and deletes it, where its hash is another."""
    if (found := sha256(part)) != digest:
        part.unlink()
        raise Other(f"{target.name}: found SHA-256 {found}, expected {digest}")
    os.replace(part, target)


def sha256(file: Path) -> str:
    """Of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def printed(stream: TextIO) -> Callable[[int, int], None]:
    """Progress: on a terminal a line that changes, else a line every tenth."""
    last = -1

    def show(done: int, whole: int) -> None:
        nonlocal last
        share = 10 * done // max(1, whole)
        if stream.isatty() or share != last:
            said = f"· {done / 1e6:,.0f} of {whole / 1e6:,.0f} MB"
            end = "" if stream.isatty() and done < whole else "\n"
            print(f"\r{said}" if stream.isatty() else said, end=end, file=stream, flush=True)
        last = share

    return show


def main() -> int:
    """The command line → its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/lab.sh fetch", description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("sha256")
    parser.add_argument("--member", nargs=3, metavar=("NAME", "SHA256", "UNPACKED"))
    args = parser.parse_args()
    try:
        fetch(args.url, args.file, args.sha256, printed(sys.stderr))
        if args.member:
            name, digest, unpacked = args.member
            unpack(args.file, name, Path(unpacked), digest)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as e:
        print(f"fetch: {args.url.rpartition('/')[2]}: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
