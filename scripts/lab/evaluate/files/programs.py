"""Runs the programs that make files, and keeps count of those that are missing. Standard library only."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from contextlib import suppress
from functools import cache
from html import unescape
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

LONGEST = 180  # seconds of one program
PACKAGES = {  # of Debian, by their programs and fonts
    "soffice": "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui python3-uno",
    "chromium": "chromium",
    "wkhtmltopdf": "wkhtmltopdf",
    "pdflatex": "texlive-latex-base",
    "groff": "groff",
    "gs": "ghostscript",
    "qpdf": "qpdf",
    "pango-view": "pango1.0-tools",
    "rsvg-convert": "librsvg2-bin",
    "enscript": "enscript",
    "htmldoc": "htmldoc",
    "abiword": "abiword",
    "pandoc": "pandoc",
    "rst2html": "python3-docutils",
    "mpack": "mpack",
    "git": "git",
    "pdftotext": "poppler-utils",
    "DejaVu Serif": "fonts-dejavu-core",
    "WenQuanYi Micro Hei": "fonts-wqy-microhei",
}


class MissingProgramError(Exception):
    """A program that makes a file is not there."""


class FailedProgramError(Exception):
    """A program that makes a file ended with an error, or made nothing."""


def run(program: str, *words: str | Path, folder: Path, stdin: str | None = None) -> bytes:
    """What a program prints; its home is `folder`.

    Raises MissingProgramError where it is not installed, FailedProgramError where it ends with an error.
    """
    needed_program(program)
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "SOURCE_DATE_EPOCH": "1700000000"}
    try:
        done = subprocess.run(
            [program, *map(str, words)],
            cwd=folder,
            env=environment,
            input=stdin.encode() if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FailedProgramError(f"{program} took longer than {LONGEST} s") from error
    if done.returncode:
        raise FailedProgramError(
            f"{program} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}"
        )
    return done.stdout


def needed_program(program: str) -> None:
    """Raises MissingProgramError where a program is not installed."""
    if shutil.which(program) is None:
        raise MissingProgramError(program)


def needed_font(family: str) -> None:
    """Raises MissingProgramError where a font is not installed: programs would set a text in boxes, or leave it out."""
    if shutil.which("fc-list") and not subprocess.run(["fc-list", family], capture_output=True, check=True).stdout:
        raise MissingProgramError(family)


def needed(module: str) -> None:
    """Raises MissingProgramError where a Python package is not installed."""
    if importlib.util.find_spec(module) is None:
        raise MissingProgramError(f"Python's {module}")


@cache
def version(program: str) -> str:
    """The version of a program's Debian package, or of a Python package; empty where it is not known."""
    if program == "python":
        return sys.version.split()[0]
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(program)
    if shutil.which("dpkg-query") is None:
        return ""
    package = PACKAGES.get(program, program).split()[0]
    command = ["dpkg-query", "--show", "--showformat=${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def pages(file: Path) -> list[str]:
    """The text of a PDF's pages as poppler's pdftotext gives it, folded; empty where it cannot read the file."""
    try:
        told = run("pdftotext", "-enc", "UTF-8", file, "-", folder=file.parent).decode()
    except FailedProgramError:
        return []
    return [folded(page) for page in told.removesuffix("\f").split("\f")]


def chapters(file: Path) -> list[str]:
    """The text of an EPUB's chapters in the order of its spine, folded; the contents by themselves are none."""
    with zipfile.ZipFile(file) as book:
        container = ElementTree.fromstring(book.read("META-INF/container.xml"))
        package = next(part.get("full-path", "") for part in container.iter() if part.tag.endswith("}rootfile"))
        parts = list(ElementTree.fromstring(book.read(package)).iter())
        items = {part.get("id"): part for part in parts if part.tag.endswith("}item")}
        spine = [items[part.get("idref")] for part in parts if part.tag.endswith("}itemref")]
        names = [item.get("href", "") for item in spine if item.get("properties") != "nav"]
        pages = [book.read(str(PurePosixPath(package).parent / name)).decode() for name in names]
    return [folded(unescape(re.sub(r"<[^>]*>", "", page))) for page in pages]


def folded(text: str) -> str:
    """A text for comparing: words parted at a line's end joined, accents in their letters, single spaces."""
    text = re.sub(r"(?<=\w)[\u00ad\u2010-]\s*\n\s*(?=\w)", "", text)
    text = text.translate({0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xAD: None})
    return " ".join(unicodedata.normalize("NFC", text).split())
