"""PDFs, by whichever programs people make them with."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab.evaluate.files import markup
from lab.evaluate.files.maker import Maker, converted
from lab.evaluate.files.programs import needed, run
from lab.evaluate.files.texts import Text

EN = [Text.of("en", 8, start) for start in range(14)]
DE = Text.of("de", 3)
RU = Text.of("ru", 3)
ZH = Text.of("zh", 3)
WIDE = [Text.of("en", 14, start) for start in (0, 5, 9)]
FURNITURE = "@page{size:A5;margin:18mm}"


def typst(text: Text, work: Path, path: Path, **options) -> None:
    """By typst, the compiler in Python's package."""
    needed("typst")
    import typst as compiler

    source = work / "text.typ"
    source.write_text(markup.typst(text, **options))
    compiler.compile(str(source), output=str(path))


def writer(text: Text, work: Path, path: Path, export: str = "", **options) -> None:
    """By LibreOffice Writer; `export`: options of its filter, in JSON."""
    source = work / "text.fodt"
    source.write_text(markup.opendocument(text, **options))
    converted(source, f"pdf:writer_pdf_Export:{export}" if export else "pdf", path)


def chromium(text: Text, work: Path, path: Path, style: str = "") -> None:
    """By Chromium's print."""
    source = work / "text.html"
    source.write_text(markup.html(text, style))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={work / 'profile'}"]
    run("chromium", *options, f"--print-to-pdf={path}", source.as_uri(), folder=work)


def wkhtmltopdf(text: Text, work: Path, path: Path) -> None:
    """By wkhtmltopdf, with a header and numbered pages."""
    source = work / "text.html"
    source.write_text(markup.html(text))
    edges = ["--header-left", markup.HEADER, "--footer-center", "[page] / [topage]"]
    run("wkhtmltopdf", "--quiet", "--page-size", "A5", *edges, source, path, folder=work)


def pdflatex(text: Text, work: Path, path: Path, options: str = "", packages: str = "") -> None:
    """By pdfTeX."""
    (work / "text.tex").write_text(markup.latex(text, options, packages))
    run("pdflatex", "-interaction=nonstopmode", "text.tex", folder=work)
    (work / "text.pdf").rename(path)


def groff(text: Text, work: Path, path: Path, columns: int = 1) -> None:
    """By groff; two columns by PostScript and Ghostscript."""
    source = markup.troff(text, columns)
    if columns == 1:
        path.write_bytes(run("groff", "-k", "-t", "-ms", "-Tpdf", folder=work, stdin=source))
    else:
        (work / "text.ps").write_bytes(run("groff", "-k", "-t", "-ms", "-Tps", folder=work, stdin=source))
        ghostscript(work / "text.ps", work, path)


def ghostscript(source: Path, work: Path, path: Path, *options: str, device: str = "pdfwrite") -> None:
    """By Ghostscript out of PostScript or another PDF."""
    run(
        "gs",
        "-q",
        "-dBATCH",
        "-dNOPAUSE",
        "-dSAFER",
        f"-sDEVICE={device}",
        *options,
        f"-sOutputFile={path}",
        source,
        folder=work,
    )


def enscript(text: Text, work: Path, path: Path, *options: str) -> None:
    """By enscript and Ghostscript, in letters of one width."""
    (work / "text.txt").write_text(
        run("fold", "-s", "-w", "72", folder=work, stdin=markup.plain(text)).decode(), "latin-1"
    )
    run("enscript", "--quiet", *options, "-p", "text.ps", "text.txt", folder=work)
    ghostscript(work / "text.ps", work, path)


def htmldoc(text: Text, work: Path, path: Path) -> None:
    """By htmldoc."""
    (work / "text.html").write_text(markup.html(text))
    run("htmldoc", "--quiet", "--webpage", "--size", "a4", "-f", path, "text.html", folder=work)


def abiword(text: Text, work: Path, path: Path) -> None:
    """By AbiWord, out of pandoc's RTF; in the format of the path."""
    run(
        "pandoc", "--standalone", "--from", "markdown", "--output", "text.rtf", folder=work, stdin=markup.markdown(text)
    )
    run("abiword", f"--to={path.suffix[1:]}", f"--to-name={path}", "text.rtf", folder=work)


def pango(text: Text, work: Path, path: Path) -> None:
    """By Pango and cairo, on one long page."""
    (work / "text.txt").write_text(markup.plain(text))
    run("pango-view", "--no-display", "--width=400", "--wrap=word", f"--output={path}", "text.txt", folder=work)


def svg(text: Text, work: Path, path: Path) -> None:
    """By librsvg and cairo, each line of a drawing a text of its own."""
    told = run("fold", "-s", "-w", "80", folder=work, stdin=markup.plain(text)).decode().splitlines()
    lines = "".join(
        f'<text x="40" y="{40 + 14 * at}" font-size="10">{line.strip()}</text>' for at, line in enumerate(told)
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="{14 * len(told) + 80}">'
    (work / "text.svg").write_text(f"{head}{lines}</svg>")
    run("rsvg-convert", "--format=pdf", f"--output={path}", "text.svg", folder=work)


def type3(text: Text, work: Path, path: Path) -> None:
    """By matplotlib, whose letters are Type 3 drawings."""
    needed("matplotlib")
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    told = run("fold", "-s", "-w", "72", folder=work, stdin=markup.plain(text)).decode().splitlines()
    with PdfPages(path) as book:
        for start in range(0, len(told), 40):
            figure = Figure(figsize=(6, 8))
            figure.text(0.08, 0.94, "\n".join(told[start : start + 40]), va="top", fontsize=9)
            book.savefig(figure)


def reportlab(text: Text, work: Path, path: Path) -> None:
    """By reportlab, in two frames a page."""
    needed("reportlab")
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table

    styles = getSampleStyleSheet()
    story = [Paragraph(text.title, styles["Title"])]
    for section in text.sections:
        story.append(Paragraph(section.heading, styles["Heading2"]))
        story += [Paragraph(p, styles["BodyText"]) for p in (*section.paragraphs, section.lead, *section.items) if p]
        story += [Table(section.table)] if section.table else []
    frames = [Frame(30, 40, 170, 500), Frame(215, 40, 170, 500)]
    document = BaseDocTemplate(str(path), pagesize=A5)
    document.addPageTemplates([PageTemplate(frames=frames)])
    document.build(story)


def rewritten(text: Text, work: Path, path: Path, write: Callable[[Path, Path, Path], None]) -> None:
    """A PDF of Chromium's that another program writes anew: `write(source, work, path)`."""
    source = work / "source.pdf"
    chromium(text, work, source, FURNITURE)
    write(source, work, path)


def qpdf(source: Path, work: Path, path: Path, *options: str) -> None:
    """By qpdf, with its options."""
    run("qpdf", *options, source, path, folder=work)


def changed(source: Path, work: Path, path: Path, change: Callable[[bytes], bytes]) -> None:
    """Bytes changed by hand."""
    path.write_bytes(change(source.read_bytes()))


def outlined(source: Path, work: Path, path: Path) -> None:
    """Letters as drawings, by Ghostscript."""
    ghostscript(source, work, path, "-dNoOutputFonts")


def pictured(source: Path, work: Path, path: Path) -> None:
    """Pages as pictures, by Ghostscript."""
    ghostscript(source, work, path, "-r60", device="pdfimage8")


def cut(data: bytes) -> bytes:
    """The first twentieth of a file."""
    return data[: len(data) // 20]


def misplaced(data: bytes) -> bytes:
    """A mail program's line before the file, so that every offset in it is off."""
    return b"Content-Type: application/pdf\r\n\r\n" + data


def without_table(data: bytes) -> bytes:
    """No table of objects: each has to be looked for."""
    return re.sub(rb"startxref\s+\d+", b"startxref\n0", data).replace(b"\nxref\n", b"\nxxxx\n")


def half(data: bytes) -> bytes:
    """A stream of a font or a page in the midst is zeroed."""
    middle = data.index(b"stream", len(data) // 2) + 8
    return data[:middle] + zlib.compress(b"") + data[middle + 8 :]


def derived(file: str, program: str, start: int, write: Callable[[Path, Path, Path], None], refusal: str = "") -> Maker:
    """A Maker of `rewritten`."""
    return Maker(file, program, EN[start], partial(rewritten, write=write), "page", refusal)


def page(file: str, program: str, text: Text, make: Callable, refusal: str = "", **options) -> Maker:
    """A Maker of a PDF, with the options of its function."""
    return Maker(file, program, text, partial(make, **options), "page", refusal)


JUSTIFIED = f"{FURNITURE} p{{hyphens:auto;text-align:justify}}"
MAKERS = [
    page("typst-one-column.pdf", "typst", EN[0], typst),
    page("typst-two-columns.pdf", "typst", WIDE[0], typst, columns=2, hyphenate=True),
    page("typst-german.pdf", "typst", DE, typst, columns=2, hyphenate=True),
    page("typst-russian.pdf", "typst", RU, typst),
    page("typst-chinese.pdf", "typst", ZH, typst),
    page("libreoffice-one-column.pdf", "soffice", EN[12], writer),
    page("libreoffice-two-columns.pdf", "soffice", WIDE[1], writer, columns=2, hyphenate=True),
    page("libreoffice-german.pdf", "soffice", DE, writer, columns=2, hyphenate=True),
    page("libreoffice-russian.pdf", "soffice", RU, writer),
    page("libreoffice-chinese.pdf", "soffice", ZH, writer),
    page(
        "libreoffice-archive.pdf", "soffice", EN[2], writer, export='{"SelectPdfVersion":{"type":"long","value":"2"}}'
    ),
    page(
        "libreoffice-password.pdf",
        "soffice",
        EN[3],
        writer,
        "document.encrypted",
        export='{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"sesame"}}',
    ),
    page("chromium-one-column.pdf", "chromium", EN[4], chromium),
    page("chromium-two-columns.pdf", "chromium", WIDE[2], chromium, style=f"{JUSTIFIED} body{{columns:2}}"),
    page("chromium-german.pdf", "chromium", DE, chromium, style=JUSTIFIED),
    page("chromium-russian.pdf", "chromium", RU, chromium, style=f"{FURNITURE} body{{columns:2}}"),
    page("chromium-chinese.pdf", "chromium", ZH, chromium),
    page("wkhtmltopdf.pdf", "wkhtmltopdf", EN[6], wkhtmltopdf),
    page("wkhtmltopdf-russian.pdf", "wkhtmltopdf", RU, wkhtmltopdf),
    page("pdflatex-one-column.pdf", "pdflatex", EN[7], pdflatex),
    page("pdflatex-two-columns.pdf", "pdflatex", WIDE[0], pdflatex, options="twocolumn"),
    page("pdflatex-bitmaps.pdf", "pdflatex", EN[8], pdflatex, packages=r"\usepackage[T1]{fontenc}"),
    page("groff-one-column.pdf", "groff", EN[9], groff),
    page("groff-two-columns.pdf", "groff", WIDE[1], groff, columns=2),
    page("enscript.pdf", "enscript", EN[10], enscript),
    Maker("enscript-two-up.pdf", "enscript", WIDE[2], lambda *at: enscript(*at, "-2r", "--no-header"), "page"),
    page("htmldoc.pdf", "htmldoc", EN[11], htmldoc),
    page("abiword.pdf", "abiword", EN[1], abiword),
    page("pango.pdf", "pango-view", EN[2], pango),
    page("librsvg.pdf", "rsvg-convert", EN[5], svg),
    page("matplotlib-type3.pdf", "matplotlib", EN[13], type3),
    page("reportlab-two-columns.pdf", "reportlab", WIDE[1], reportlab),
    derived("ghostscript-small.pdf", "gs", 0, lambda *at: ghostscript(*at, "-dPDFSETTINGS=/screen")),
    derived("qpdf-turned.pdf", "qpdf", 3, lambda *at: qpdf(*at, "--rotate=+90")),
    derived("qpdf-upside-down.pdf", "qpdf", 6, lambda *at: qpdf(*at, "--rotate=180")),
    derived("qpdf-packed.pdf", "qpdf", 5, lambda *at: qpdf(*at, "--object-streams=generate", "--linearize")),
    derived("qpdf-owner-aes.pdf", "qpdf", 1, lambda *at: qpdf(*at, "--encrypt", "", "owner", "256", "--")),
    derived(
        "qpdf-owner-rc4.pdf",
        "qpdf",
        2,
        lambda *at: qpdf(*at, "--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"),
    ),
    derived(
        "qpdf-password.pdf",
        "qpdf",
        4,
        lambda *at: qpdf(*at, "--encrypt", "user", "owner", "256", "--"),
        "document.encrypted",
    ),
    derived("scanned.pdf", "gs", 7, pictured, "document.scanned"),
    derived("outlined.pdf", "gs", 8, outlined, "document.scanned"),
    derived("damaged-misplaced.pdf", "python", 9, partial(changed, change=misplaced)),
    derived("damaged-without-table.pdf", "python", 10, partial(changed, change=without_table)),
    derived("damaged-stream.pdf", "python", 11, partial(changed, change=half)),
    derived("damaged-cut.pdf", "python", 12, partial(changed, change=cut), "document.damaged"),
]
