"""Word processors' files, slides and workbooks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lab.evaluate.files import markup
from lab.evaluate.files.maker import Maker, converted
from lab.evaluate.files.pdf import DE, EN, RU, WIDE, ZH, abiword
from lab.evaluate.files.programs import needed, needed_program, run
from lab.evaluate.files.texts import Text


def writer(text: Text, work: Path, path: Path, **options) -> None:
    """By LibreOffice Writer, in the format of the path."""
    (work / "text.fodt").write_text(markup.opendocument(text, **options))
    converted(work / "text.fodt", path.suffix[1:], path)


def laid_out(text: Text, work: Path, path: Path, **options) -> None:
    """By LibreOffice Writer after it has laid out every page, as when a person saves what is on the screen."""
    (work / "text.fodt").write_text(markup.opendocument(text, **options))
    needed_program("soffice")
    script = Path(__file__).with_name("lay_out.py")
    run("/usr/bin/python3", script, work / "text.fodt", work / "made", work / "profile", folder=work)
    (work / "made").rename(path)


def pandoc(text: Text, work: Path, path: Path, *options: str) -> None:
    """By pandoc, in the format of the path."""
    run(
        "pandoc",
        "--standalone",
        *options,
        "--from",
        "markdown",
        "--output",
        path,
        folder=work,
        stdin=markup.markdown(text),
    )


def python_docx(text: Text, work: Path, path: Path) -> None:
    """By python-docx."""
    needed("docx")
    from docx import Document

    document = Document()
    document.add_heading(text.title, 0)
    for section in text.sections:
        document.add_heading(section.heading, 1)
        for paragraph in (*section.paragraphs, section.lead):
            document.add_paragraph(paragraph)
        for item in section.items:
            document.add_paragraph(item, "List Bullet")
        if section.table:
            table = document.add_table(0, len(section.table[0]))
            for row in section.table:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
    document.save(path)


def openpyxl(text: Text, work: Path, path: Path) -> None:
    """By openpyxl: a sheet for each section, each paragraph in a cell."""
    needed("openpyxl")
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for section in text.sections:
        sheet = book.create_sheet(section.heading)
        for words in (*section.paragraphs, section.lead, *section.items):
            if words:
                sheet.append([words])
        for row in section.table:
            sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    book.save(path)


def slides(text: Text, work: Path, path: Path) -> None:
    """By pandoc: a slide for each section, the title's aside."""
    source = markup.markdown(text).partition("---\n\n")[2]
    run("pandoc", "--standalone", "--slide-level=1", "--from", "markdown", "--output", path, folder=work, stdin=source)


def calc_or_impress(text: Text, work: Path, path: Path) -> None:
    """By LibreOffice, out of the workbook or the slides of another program."""
    source = work / ("text.xlsx" if path.suffix == ".ods" else "text.pptx")
    (openpyxl if path.suffix == ".ods" else slides)(text, work, source)
    converted(source, path.suffix[1:], path)


def again(text: Text, work: Path, path: Path) -> None:
    """By LibreOffice, out of pandoc's file of the same format."""
    source = work / f"text{path.suffix}"
    pandoc(text, work, source)
    converted(source, path.suffix[1:], path)


MAKERS = [
    Maker("libreoffice.docx", "soffice", EN[0], writer),
    Maker("libreoffice-two-columns.docx", "soffice", WIDE[1], partial(writer, columns=2, hyphenate=True)),
    Maker("libreoffice-russian.docx", "soffice", RU, writer),
    Maker("pandoc.docx", "pandoc", EN[12], pandoc),
    Maker("pandoc-chinese.docx", "pandoc", ZH, pandoc),
    Maker("libreoffice-after-pandoc.docx", "soffice", EN[6], again),
    Maker("python-docx.docx", "python-docx", EN[13], python_docx),
    Maker("libreoffice.odt", "soffice", EN[3], writer),
    Maker("libreoffice-two-columns.odt", "soffice", WIDE[2], partial(writer, columns=2)),
    Maker("libreoffice-german.odt", "soffice", DE, writer),
    Maker("libreoffice-laid-out.odt", "soffice", WIDE[0], laid_out, "page"),
    Maker("libreoffice-laid-out-breaks.odt", "soffice", WIDE[1], partial(laid_out, breaks=3), "page"),
    Maker("libreoffice-laid-out-columns.odt", "soffice", WIDE[2], partial(laid_out, columns=2), "page"),
    Maker("pandoc.odt", "pandoc", EN[11], pandoc),
    Maker("abiword.odt", "abiword", EN[9], abiword),
    Maker("libreoffice.rtf", "soffice", EN[10], writer),
    Maker("libreoffice-russian.rtf", "soffice", RU, writer),
    Maker("pandoc.rtf", "pandoc", EN[5], pandoc),
    Maker("abiword.docx", "abiword", EN[12], abiword),
    Maker("pandoc.pptx", "pandoc", EN[4], slides, "slide"),
    Maker("libreoffice.odp", "soffice", EN[8], calc_or_impress, "slide"),
    Maker("openpyxl.xlsx", "openpyxl", EN[12], openpyxl, "sheet"),
    Maker("libreoffice.ods", "soffice", EN[13], calc_or_impress, "sheet"),
]
