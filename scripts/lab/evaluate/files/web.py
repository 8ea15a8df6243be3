"""Web pages and books."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lab.evaluate.files import markup
from lab.evaluate.files.maker import Maker
from lab.evaluate.files.office import pandoc, writer
from lab.evaluate.files.pdf import DE, EN, RU, WIDE, ZH
from lab.evaluate.files.programs import run
from lab.evaluate.files.texts import Text

NAVIGATION = '<nav><ul><li><a href="/">Home</a></li><li><a href="/press">Press office</a></li></ul></nav>'
COOKIES = '<div role="dialog" aria-label="cookies"><p>We use cookies for 47 partners.</p><button>Accept</button></div>'
SCRIPT = """
document.querySelectorAll('p').forEach(p => { const s = document.createElement('span'); s.textContent = p.textContent;
p.replaceChildren(s); });
"""


def encoded(text: Text, work: Path, path: Path, encoding: str) -> None:
    """As it is typed, in an older encoding that the page names."""
    page = markup.html(text).replace('charset="utf-8"', f'charset="{encoding}"')
    path.write_bytes(page.encode(encoding))


def surrounded(text: Text, work: Path, path: Path) -> None:
    """As it is typed, with what sites put around a text."""
    page = markup.html(text).replace("<body>", f"<body>{COOKIES}<header>{NAVIGATION}</header><main>")
    path.write_text(page.replace("</body>", f"</main><footer>{NAVIGATION}</footer></body>"))


def dumped(text: Text, work: Path, path: Path) -> None:
    """By Chromium: the page after its script has run."""
    (work / "text.html").write_text(markup.html(text).replace("</body>", f"<script>{SCRIPT}</script></body>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={work / 'profile'}", "--dump-dom"]
    path.write_bytes(run("chromium", *options, (work / "text.html").as_uri(), folder=work))


def docutils(text: Text, work: Path, path: Path) -> None:
    """By docutils."""
    path.write_bytes(run("rst2html", folder=work, stdin=markup.rst(text)))


MAKERS = [
    Maker("pandoc.html", "pandoc", EN[0], pandoc),
    Maker("libreoffice.html", "soffice", EN[12], writer),
    Maker("docutils.html", "rst2html", EN[3], docutils),
    Maker("chromium-dom.html", "chromium", EN[6], dumped),
    Maker("surrounded.html", "python", EN[13], surrounded),
    Maker("latin-1.html", "python", DE, partial(encoded, encoding="iso-8859-1")),
    Maker("windows-1251.html", "python", RU, partial(encoded, encoding="windows-1251")),
    Maker("gb18030.html", "python", ZH, partial(encoded, encoding="gb18030")),
    Maker("pandoc-2.epub", "pandoc", EN[9], lambda *at: pandoc(*at, "--to=epub2"), "chapter"),
    Maker("pandoc-3.epub", "pandoc", WIDE[0], lambda *at: pandoc(*at, "--to=epub3"), "chapter"),
    Maker("pandoc-russian.epub", "pandoc", RU, pandoc, "chapter"),
    Maker("pandoc-chinese.epub", "pandoc", ZH, pandoc, "chapter"),
    Maker("libreoffice.epub", "soffice", EN[0], writer, "chapter"),
    Maker("libreoffice-german.epub", "soffice", DE, writer, "chapter"),
]
