"""Real documents, read where Debian keeps them: licences, manual pages, what packages say about themselves.

    documents()["GPL-3"]

They are read when they are asked about; never copied, never trained on. What a machine lacks is named on standard
error and left out: slim images keep neither manual pages nor the documents of packages. Standard library only.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

LICENCES = Path("/usr/share/common-licenses")
MANUALS = Path("/usr/share/man")
PACKAGES = Path("/usr/share/doc")
SHELF = {  # all from packages that every Debian 12 has
    "GPL-3": LICENCES / "GPL-3",
    "Apache-2.0": LICENCES / "Apache-2.0",
    "MPL-2.0": LICENCES / "MPL-2.0",
    "bash.1": MANUALS / "man1/bash.1.gz",
    "find.1": MANUALS / "man1/find.1.gz",
    "mount.8": MANUALS / "man8/mount.8.gz",
    "bash/COMPAT": PACKAGES / "bash/COMPAT.gz",
    "findutils/NEWS": PACKAGES / "findutils/NEWS.gz",
}
ESCAPES = {
    "\\-": "-",
    "\\ ": " ",
    "\\e": "\\",
    "\\|": "",
    "\\^": "",
    "\\&": "",
    "\\(bu": "•",
    "\\(aq": "'",
    "\\(cq": "’",
    "\\(oq": "‘",
    "\\(co": "©",
    "\\(lq": "“",
    "\\(rq": "”",
    "\\(em": "—",
    "\\(ga": "`",
    "\\(ha": "^",
    "\\(ti": "~",
}


def plain(page: str) -> str:
    """A manual page without its macros: headings and paragraphs between empty lines, line ends as they stand."""
    out = []
    skipping = ""
    for line in page.splitlines():
        if skipping:
            skipping = "" if line.startswith(skipping) else skipping
            continue
        line = re.sub(r'\\".*', "", line)
        if line.startswith((".de", ".ig")):
            skipping = ".."
        line = re.sub(r"^\.(if|ie) n\s+", "", line)
        macro, _, rest = line.partition(" ") if line.startswith((".", "'")) else ("", "", line)
        words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', rest)] if macro else []
        if macro in (".SH", ".SS"):
            out += ["", " ".join(words), ""]
        elif macro in (".BR", ".BI", ".IR", ".IB", ".RB", ".RI"):
            out.append("".join(words))
        elif macro in (".B", ".I", ".SM", ".FN") and words:
            out.append(" ".join(words))
        elif macro in (".P", ".PP", ".LP", ".TP", ".IP", ".HP", ".RS", ".RE", ".sp"):
            out += ["", *words[: macro == ".IP"]]
        elif not macro:
            out.append(line)
    text = re.sub(r"\\[hv]'[^']*'|\\m\[\w*\]|\\c$|\\\{\\?", "", "\n".join(out), flags=re.MULTILINE)
    text = re.sub(r"\\\*\(Aq", "'", text)
    text = re.sub(r"\\f(\[\w*\]|\(..|.)|\\s[-+]?\d|\\[*n](\(..|.)", "", text)
    text = re.sub(r"\\(\(..|.)", lambda found: ESCAPES.get(found[0], ""), text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in text.split("\n") if line == "" or line.strip()))


def read(file: Path) -> str:
    """A document's text; of a manual page without its markup."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()
    return plain(text) if MANUALS in file.parents else text


def documents(shelf: dict[str, Path] = SHELF) -> dict[str, str]:
    """Name -> text."""
    for name, file in shelf.items():
        if not file.exists():
            print(f"{name} is left out: {file} is not there", file=sys.stderr)
    return {name: read(file) for name, file in shelf.items() if file.exists()}
