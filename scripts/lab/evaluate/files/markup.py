"""A text in the languages that programs read: HTML, Markdown, typst, LaTeX, troff, OpenDocument, reStructuredText.

Each function takes a Text and gives a string. Standard library only.
"""

from __future__ import annotations

from html import escape
from itertools import starmap

from lab.evaluate.files.texts import Section, Text

HEADER = "Port of Lindholm, edition 2023"
PAGE_SIZE = ("148mm", "210mm")  # A5: a text takes several pages
FONTS = {"en": "DejaVu Serif", "de": "DejaVu Serif", "ru": "DejaVu Serif", "zh": "WenQuanYi Micro Hei"}
COUNTRIES = {"en": "GB", "de": "DE", "ru": "RU", "zh": "CN"}
EDGE = '<style:header-footer-properties fo:min-height="8mm"/>'
LATEX = str.maketrans({"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "€": "Euro"})


def plain(text: Text) -> str:
    """Paragraphs between empty lines, headings alone in theirs; the text that every format is compared with."""
    blocks = [text.title]
    for section in text.sections:
        blocks += [section.heading, *section.paragraphs]
        blocks += ["\n".join([section.lead, *(f"- {item}" for item in section.items)])] if section.items else []
        blocks += ["\n".join(f"| {' | '.join(row)} |" for row in section.table)] if section.table else []
    return "\n\n".join(blocks) + "\n"


def markdown(text: Text) -> str:
    """Markdown as pandoc reads it."""
    blocks = [f"---\ntitle: {text.title}\nlang: {text.language}\n---"]
    for section in text.sections:
        blocks += [f"# {section.heading}", *section.paragraphs]
        blocks += [section.lead, "\n".join(f"- {item}" for item in section.items)] if section.items else []
        if section.table:
            rows = ["| " + " | ".join(row) + " |" for row in section.table]
            blocks.append("\n".join([rows[0], "|---" * len(section.table[0]) + "|", *rows[1:]]))
    return "\n\n".join(blocks) + "\n"


def rst(text: Text) -> str:
    """reStructuredText."""
    blocks = [f"{text.title}\n{'=' * 60}"]
    for section in text.sections:
        blocks += [f"{section.heading}\n{'-' * 60}", *section.paragraphs]
        blocks += [section.lead, "\n".join(f"* {item}" for item in section.items)] if section.items else []
        if section.table:
            rule = " ".join(["=" * 16] * len(section.table[0]))
            rows = [" ".join(f"{cell:16}" for cell in row) for row in section.table]
            blocks.append("\n".join([rule, rows[0], rule, *rows[1:], rule]))
    return "\n\n".join(blocks) + "\n"


def html(text: Text, style: str = "") -> str:
    """A page with a style sheet, a script and a navigation, which are no part of the text."""

    def body(section: Section) -> str:
        parts = [f"<h2>{escape(section.heading)}</h2>", *(f"<p>{escape(p)}</p>" for p in section.paragraphs)]
        if section.items:
            items = "".join(f"<li>{escape(item)}</li>" for item in section.items)
            parts.append(f"<p>{escape(section.lead)}</p><ul>{items}</ul>")
        if section.table:
            head, *rows = section.table
            cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            told = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            parts.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{told}</tbody></table>")
        return "\n".join(parts)

    base = f"body{{font-family:'{FONTS[text.language]}'}} td,th{{padding:0 1em;text-align:left}}"
    head = f'<meta charset="utf-8"><title>{escape(text.title)}</title><style>{base} {style}</style>'
    extra = '<script>var hours = "<p>closed</p>";</script>'
    sections = "\n".join(map(body, text.sections))
    return (
        f'<!doctype html>\n<html lang="{text.language}"><head>{head}{extra}</head>\n'
        f"<body><h1>{escape(text.title)}</h1>\n{sections}\n</body></html>\n"
    )


def typst(text: Text, columns: int = 1, hyphenate: bool = False) -> str:
    """typst, with a header and numbered pages."""

    def quoted(words: str) -> str:
        return '#"' + words.replace('"', '\\"') + '"'

    width, height = PAGE_SIZE
    split = str(hyphenate).lower()
    font = FONTS[text.language]
    lines = [
        f'#set page(width: {width}, height: {height}, columns: {columns}, numbering: "1", header: [{HEADER}])',
        f'#set text(lang: "{text.language}", size: 10pt, hyphenate: {split}, font: "{font}")',
        f"#set par(justify: {split})",
        f"#heading(level: 1)[{quoted(text.title)}]",
    ]
    for section in text.sections:
        lines += [f"#heading(level: 2)[{quoted(section.heading)}]", *map(quoted, section.paragraphs)]
        if section.items:
            lines += [quoted(section.lead), "\n".join(f"- {quoted(item)}" for item in section.items)]
        if section.table:
            cells = ", ".join(f"[{quoted(cell)}]" for row in section.table for cell in row)
            lines.append(f"#table(columns: {len(section.table[0])}, stroke: none, {cells})")
    return "\n\n".join(lines) + "\n"


def latex(text: Text, options: str = "", packages: str = "") -> str:
    """LaTeX with what every installation of it holds."""
    lines = [
        rf"\documentclass[a5paper,{options}]{{article}}",
        packages,
        r"\pagestyle{headings}\begin{document}",
        rf"\title{{{text.title}}}\author{{}}\date{{}}\maketitle",
    ]
    for section in text.sections:
        lines += [rf"\section{{{section.heading}}}", *(p.translate(LATEX) for p in section.paragraphs)]
        if section.items:
            items = "".join(rf"\item {item.translate(LATEX)} " for item in section.items)
            lines += [section.lead, rf"\begin{{itemize}}{items}\end{{itemize}}"]
        if section.table:
            rows = r" \\ ".join(" & ".join(row) for row in section.table)
            lines.append(rf"\begin{{tabular}}{{{'l' * len(section.table[0])}}}{rows}\end{{tabular}}")
    return "\n\n".join([*lines, r"\end{document}"]) + "\n"


def troff(text: Text, columns: int = 1) -> str:
    """troff with the macros of ms, and tbl for tables."""
    lines = [".TL", text.title, *([".2C"] if columns == 2 else [])]
    for section in text.sections:
        lines += [".SH", section.heading]
        for paragraph in section.paragraphs:
            lines += [".PP", paragraph]
        if section.items:
            lines += [".PP", section.lead, *(f".IP \\(bu 2\n{item}" for item in section.items)]
        if section.table:
            lines += [
                ".TS",
                " ".join("l" * len(section.table[0])) + ".",
                *("\t".join(row) for row in section.table),
                ".TE",
            ]
    return "\n".join(lines) + "\n"


def opendocument(text: Text, columns: int = 1, hyphenate: bool = False, breaks: int = 0) -> str:
    """A flat OpenDocument text for LibreOffice, with a header and numbered pages.

    `breaks`: so many sections begin a page together; 0: none does.
    """
    width, height = PAGE_SIZE
    names = "office text style table fo:xsl-fo-compatible".split()
    spaces = " ".join(
        f'xmlns:{name.partition(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{name.partition(":")[2] or name}:1.0"'
        for name in names
    )
    aligned = "justify" if hyphenate else "start"
    words = (
        f'<style:text-properties fo:font-family="{FONTS[text.language]}" fo:font-size="10pt" '
        f'fo:language="{text.language}" '
        f'fo:country="{COUNTRIES[text.language]}" fo:hyphenate="{str(hyphenate).lower()}" '
        f'fo:hyphenation-remain-char-count="2" fo:hyphenation-push-char-count="2"/>'
    )

    def style(name: str, size: int, level: int) -> str:
        return (
            f'<style:style style:name="{name}" style:family="paragraph" style:default-outline-level="{level}">'
            f'<style:paragraph-properties fo:margin-top="4mm" fo:margin-bottom="2mm" fo:keep-with-next="always"/>'
            f'<style:text-properties fo:font-size="{size}pt" fo:font-weight="bold"/></style:style>'
        )

    def body(number: int, section: Section) -> str:
        name = "Heading_20_2" if not breaks or number % breaks else "New_20_page"
        parts = [f'<text:h text:style-name="{name}" text:outline-level="2">{escape(section.heading)}</text:h>']
        parts += [f'<text:p text:style-name="Body">{escape(p)}</text:p>' for p in section.paragraphs]
        if section.items:
            items = "".join(
                f"<text:list-item><text:p>{escape(item)}</text:p></text:list-item>" for item in section.items
            )
            parts.append(f'<text:p text:style-name="Body">{escape(section.lead)}</text:p>')
            parts.append(f'<text:list text:style-name="Bullets">{items}</text:list>')
        if section.table:
            cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
            rows = [
                "<table:table-row>" + "".join(map(cell.format, row)) + "</table:table-row>" for row in section.table
            ]
            columns_of = f'<table:table-column table:number-columns-repeated="{len(section.table[0])}"/>'
            head = f"<table:table-header-rows>{rows[0]}</table:table-header-rows>"
            parts.append(f'<table:table table:name="Prices">{columns_of}{head}{"".join(rows[1:])}</table:table>')
        return "".join(parts)

    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.text"><office:styles>'
        f'<style:default-style style:family="paragraph">{words}</style:default-style>'
        f"{style('Heading_20_1', 18, 1)}{style('Heading_20_2', 13, 2)}"
        f'<style:style style:name="Body" style:family="paragraph">'
        f'<style:paragraph-properties fo:text-align="{aligned}" fo:margin-bottom="2mm"/></style:style>'
        f'<style:style style:name="New_20_page" style:family="paragraph" style:parent-style-name="Heading_20_2">'
        f'<style:paragraph-properties fo:break-before="page"/></style:style>'
        f'<text:list-style style:name="Bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>'
        f"</text:list-style></office:styles><office:automatic-styles>"
        f'<style:page-layout style:name="A5"><style:page-layout-properties fo:page-width="{width}" '
        f'fo:page-height="{height}" fo:margin="15mm"><style:columns fo:column-count="{columns}" fo:column-gap="6mm"/>'
        f"</style:page-layout-properties><style:header-style>{EDGE}</style:header-style>"
        f"<style:footer-style>{EDGE}</style:footer-style></style:page-layout></office:automatic-styles>"
        f'<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A5">'
        f"<style:header><text:p>{HEADER}</text:p></style:header><style:footer><text:p>Page <text:page-number/> of "
        f"<text:page-count/></text:p></style:footer></style:master-page>"
        f"</office:master-styles><office:body><office:text>"
        f'<text:h text:style-name="Heading_20_1" text:outline-level="1">{escape(text.title)}</text:h>'
        f"{''.join(starmap(body, enumerate(text.sections, 1)))}</office:text></office:body></office:document>\n"
    )
