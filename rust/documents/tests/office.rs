//! Documents that real programs wrote, and archives built here by hand.
#![cfg(feature = "office")]

mod common;

use std::io::{Cursor, Write};

use common::{block, outline, path, read};
use edgeinfinite_documents::{Kind, Options, Place, StructuredText, structured_text};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn fixture(name: &str) -> StructuredText {
    read(&std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap(), name)
}

/// An archive of entries.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn code(bytes: &[u8]) -> &'static str {
    structured_text(bytes, &Options::default()).unwrap_err().code()
}

#[test]
fn one_handbook_from_every_program() {
    for name in ["pandoc.docx", "libreoffice.docx", "pandoc.odt", "pandoc.epub", "pandoc.rtf", "libreoffice.rtf", "pandoc.html"] {
        let document = fixture(name);
        let lines = outline(&document);
        for expected in [
            "i0: - swim from the quay < Visitors must not:",
            "i1: - children neither < - swim from the quay",
            "row: Dinghy | 95 | 120 < Boat | Per day | Deposit",
            "i0: 2. Pay the deposit.",
            "p: The crane lifts boats of up to eleven tonnes. The harbour master is Jürgen Mähler.",
        ] {
            assert!(lines.contains(&expected.to_string()), "{name}: {lines:#?}");
        }
        let fires = block(&document, "- light fires");
        assert_eq!(path(&document, fires).last().unwrap(), "Mooring", "{name}");
        assert_eq!(path(&document, block(&document, "Dinghy | 95 | 120")).last().unwrap(), "Prices", "{name}");
        let fee = lines.iter().find(|line| line.contains("forty crowns")).unwrap();
        assert!(lines.iter().any(|line| line.contains("Nights are counted from noon.")), "{name}: the note");
        assert!(!fee.contains("nights.1"), "{name}: {fee}");
    }
    let chapters = fixture("pandoc.epub");
    assert_eq!(chapters.blocks[block(&chapters, "Crane")].place, Place::Chapter(3));
}

#[test]
fn sheets_with_dates_shares_and_times() {
    for name in ["openpyxl.xlsx", "libreoffice.ods"] {
        let document = fixture(name);
        let lines = outline(&document);
        assert!(
            lines.contains(&"row: 1 | Ola Nord | 2019-03-04 | 7% | 41200.5 < id | name | since | share | salary".to_string()),
            "{name}: {lines:#?}"
        );
        let blue = document.blocks.iter().position(|block| document.text[block.range()].starts_with("Blue")).unwrap();
        assert_eq!((document.blocks[blue].place, path(&document, blue)), (Place::Sheet(2), vec!["Rooms".to_string()]), "{name}");
        assert!(document.text_of(blue).contains("8:30"), "{name}");
    }
}

#[test]
fn a_word_document_by_hand() {
    let paragraph = |style: &str, text: &str| format!("<w:p><w:pPr>{style}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>");
    let number = |level: u32| format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"5\"/></w:numPr>");
    let body = [
        paragraph("<w:pStyle w:val=\"berschrift1\"/>", "Haftung"),
        paragraph(&number(0), "The Seller shall pay"),
        paragraph(&number(1), "half on signing"),
        paragraph(&number(1), "half on delivery"),
        paragraph(&number(0), "Either party may end this."),
        "<w:p><w:r><w:t xml:space=\"preserve\">The price is </w:t></w:r><w:del><w:r><w:delText>90</w:delText></w:r></w:del><w:ins><w:r><w:t>80 &amp; more</w:t></w:r></w:ins><w:r><w:lastRenderedPageBreak/><w:t> crowns.</w:t></w:r></w:p>".into(),
        "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:p><w:r><w:t>Day</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Open</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge w:val=\"restart\"/></w:tcPr><w:p><w:r><w:t>Monday</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>nine</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>noon</w:t></w:r></w:p></w:tc></w:tr></w:tbl>".into(),
        paragraph("<w:pStyle w:val=\"TOC1\"/>", "Haftung 7"),
    ]
    .concat();
    let styles = "<w:styles><w:style w:styleId=\"berschrift1\"><w:name w:val=\"heading 1\"/></w:style><w:style w:styleId=\"TOC1\"><w:name w:val=\"toc 1\"/></w:style></w:styles>";
    let numbers = "<w:numbering><w:abstractNum w:abstractNumId=\"2\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"3\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/></w:lvl><w:lvl w:ilvl=\"1\"><w:start w:val=\"1\"/><w:numFmt w:val=\"lowerLetter\"/><w:lvlText w:val=\"%1.%2)\"/></w:lvl></w:abstractNum><w:num w:numId=\"5\"><w:abstractNumId w:val=\"2\"/></w:num></w:numbering>";
    let bytes = archive(&[
        ("word/document.xml", &format!("<w:document><w:body>{body}</w:body></w:document>")),
        ("word/styles.xml", styles),
        ("word/numbering.xml", numbers),
    ]);
    let document = read(&bytes, "x.docx");
    let expected = [
        "h1: Haftung",
        "i0: 3. The Seller shall pay",
        "i1: 3.a) half on signing < 3. The Seller shall pay",
        "i1: 3.b) half on delivery < 3. The Seller shall pay",
        "i0: 4. Either party may end this.",
        "p: The price is 80 & more crowns.",
        "header: Day | Open",
        "row: Monday | nine < Day | Open",
        "row: Monday | noon < Day | Open",
    ];
    assert_eq!(outline(&document), expected);
    assert_eq!(document.blocks[block(&document, "Monday | noon")].place, Place::Page(2));
}

/// The page on which some words stand.
fn page_of(document: &StructuredText, words: &str) -> Option<u32> {
    document.place(document.text.find(words).expect(words)).number()
}

fn word(body: &str, pages: Option<u32>) -> StructuredText {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let told = pages.map(|pages| format!("<Properties><Words>9</Words><Pages>{pages}</Pages></Properties>"));
    let mut entries = vec![("word/document.xml", document.as_str())];
    entries.extend(told.as_deref().map(|told| ("docProps/app.xml", told)));
    read(&archive(&entries), "x.docx")
}

#[test]
fn a_page_of_word_ends_where_word_let_it_end() {
    let run = |text: &str| format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    let turned = |text: &str| format!("<w:r><w:lastRenderedPageBreak/><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    let row = |cells: &[String]| {
        format!("<w:tr>{}</w:tr>", cells.iter().map(|cell| format!("<w:tc><w:p>{cell}</w:p></w:tc>")).collect::<String>())
    };
    let body = [
        format!("<w:p>{}{}</w:p>", run("The first mooring is free. The second costs "), turned("40 crowns. The third costs 60.")),
        "<w:p><w:r><w:lastRenderedPageBreak/></w:r></w:p>".into(),
        format!("<w:p>{}</w:p>", run("The crane is closed.")),
        format!("<w:tbl>{}{}</w:tbl>", row(&[run("Boat"), run("Fee")]), row(&[turned("Dinghy"), run("95")])),
        format!("<w:p>{}<w:br/>{}</w:p>", run("Phone 4711"), turned("Fax 4712")),
        format!("<w:p>{}</w:p>", run("The end.")),
        format!("<w:p>{}<w:br/>{}</w:p>", turned("Harbour office"), run("Quay 7")),
    ]
    .concat();
    for told in [Some(6), None] {
        let document = word(&body, told);
        let places = ["first mooring", "The third", "crane", "Boat", "Dinghy", "Phone", "The end", "Harbour office", "Quay 7"]
            .map(|words| page_of(&document, words));
        assert_eq!(places, [1, 2, 3, 3, 4, 4, 5, 6, 6].map(Some), "{told:?}");
        assert!(!document.text.contains('\u{1}'));
        assert!(document.text.contains("The second costs 40 crowns. The third"), "{}", document.text);
    }
    let stale = word(&body, Some(9));
    assert_eq!((page_of(&stale, "first"), page_of(&stale, "The end")), (None, None), "the breaks are not those of nine pages");
}

fn writer(styles: &str, body: &str, pages: Option<u32>) -> StructuredText {
    let content = format!(
        "<office:document-content><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    let meta = pages.map(|pages| format!("<office:meta><meta:document-statistic meta:page-count=\"{pages}\"/></office:meta>"));
    let mut entries = vec![("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content.as_str())];
    entries.extend(meta.as_deref().map(|meta| ("meta.xml", meta)));
    read(&archive(&entries), "x.odt")
}

#[test]
fn a_page_of_open_document_ends_where_its_writer_or_its_program_let_it_end() {
    let styles = "<style:style style:name=\"New\" style:master-page-name=\"Standard\"/>\
        <style:style style:name=\"P1\"><style:paragraph-properties fo:break-before=\"page\"/></style:style>\
        <style:style style:name=\"P2\" style:parent-style-name=\"P1\"/>\
        <style:style style:name=\"P3\" style:parent-style-name=\"P1\"><style:paragraph-properties fo:break-before=\"auto\" fo:break-after=\"page\"/></style:style>";
    let body = "<text:p text:style-name=\"New\">The first page.</text:p>\
        <text:p>The quay is <text:soft-page-break/>open. The kiosk is shut.</text:p>\
        <text:p text:style-name=\"P2\">The crane is third.</text:p>\
        <text:p text:style-name=\"P3\">The lamp is third as well.</text:p>\
        <text:p>The slip is fourth.</text:p>";
    let words = ["first page", "The quay", "The kiosk", "crane", "lamp", "slip"];
    for told in [Some(4), None] {
        let document = writer(styles, body, told);
        assert_eq!(words.map(|words| page_of(&document, words)), [1, 1, 2, 3, 3, 4].map(Some), "{told:?}");
    }
    let unknown = [None; 6];
    assert_eq!(words.map(|words| page_of(&writer(styles, body, Some(2)), words)), unknown, "not the breaks of two pages");
    let bare = body.replace("<text:soft-page-break/>", "");
    assert_eq!(words.map(|words| page_of(&writer(styles, &bare, None), words)), unknown, "the program may have let pages end anywhere");
    let by_hand = writer(styles, &bare, Some(3));
    assert_eq!(words.map(|words| page_of(&by_hand, words)), [1, 1, 1, 2, 2, 3].map(Some));
}

#[test]
fn a_presentation_by_hand() {
    let slide = "<p:sld><p:sp><p:ph type=\"title\"/><a:p><a:r><a:t>Harbour plan</a:t></a:r></a:p></p:sp><p:sp><p:ph idx=\"1\"/><a:p><a:r><a:t>The quay is 40 metres</a:t></a:r></a:p><a:p><a:pPr lvl=\"1\"/><a:r><a:t>of oak</a:t></a:r></a:p></p:sp><a:tbl><a:tr><a:tc><a:p><a:r><a:t>Item</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>Cost</a:t></a:r></a:p></a:tc></a:tr><a:tr><a:tc><a:p><a:r><a:t>Crane</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>90</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:sld>";
    let bytes = archive(&[
        ("ppt/presentation.xml", "<p:presentation><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId2\"/></p:sldIdLst></p:presentation>"),
        (
            "ppt/_rels/presentation.xml.rels",
            "<Relationships><Relationship Id=\"rId2\" Type=\"x/slide\" Target=\"slides/slide1.xml\"/></Relationships>",
        ),
        ("ppt/slides/slide1.xml", slide),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            "<Relationships><Relationship Id=\"r1\" Type=\"x/notesSlide\" Target=\"../notesSlides/n.xml\"/></Relationships>",
        ),
        (
            "ppt/notesSlides/n.xml",
            "<p:notes><p:sp><p:ph type=\"body\"/><a:p><a:r><a:t>Ask Ola about the crane.</a:t></a:r></a:p></p:sp></p:notes>",
        ),
    ]);
    let document = read(&bytes, "x.pptx");
    let expected = [
        "h1: Harbour plan",
        "i0: - The quay is 40 metres",
        "i1: - of oak < - The quay is 40 metres",
        "header: Item | Cost",
        "row: Crane | 90 < Item | Cost",
        "p: Ask Ola about the crane.",
    ];
    assert_eq!(outline(&document), expected);
    assert!(document.blocks.iter().filter(|block| block.kind != Kind::PageBreak).all(|block| block.place == Place::Slide(1)));
}

#[test]
fn archives_that_are_no_documents_are_named() {
    assert_eq!(code(&archive(&[("a.txt", "x")])), "document.format");
    assert_eq!(code(&archive(&[("content.xml", "<a/>"), ("META-INF/manifest.xml", "<manifest:encryption-data/>")])), "document.encrypted");
    assert_eq!(
        code(&archive(&[
            ("mimetype", "application/epub+zip"),
            ("META-INF/encryption.xml", "<EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes128-cbc\"/>")
        ])),
        "document.encrypted"
    );
    assert_eq!(code(&archive(&[("word/document.xml", "<w:document><w:body/></w:document>")])), "document.empty");
    assert_eq!(code(b"PK\x03\x04 cut short"), "document.damaged");
    let locked: Vec<u8> =
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".iter().copied().chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(code(&locked), "document.encrypted");
}

#[test]
fn what_unfolds_without_end_is_refused() {
    let bomb = format!("<w:document><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>", "a".repeat(200 << 20));
    let bytes = archive(&[("word/document.xml", &bomb)]);
    assert!(bytes.len() < 1 << 20);
    assert_eq!(code(&bytes), "document.too_large");
    let deep = format!("<w:document>{}", "<w:p>".repeat(100_000));
    assert_eq!(code(&archive(&[("word/document.xml", &deep)])), "document.too_large");
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><w:document><w:body><w:p><w:r><w:t>&c; The end.</w:t></w:r></w:p></w:body></w:document>";
    assert_eq!(outline(&read(&archive(&[("word/document.xml", laughs)]), "x.docx")), ["p: The end."]);
    let cells: String = (0..3)
        .map(|row| {
            format!("<row r=\"{}\"><c r=\"XFD{}\" t=\"str\"><v>x</v></c><c r=\"A1\" t=\"str\"><v>y</v></c></row>", row * 300_000 + 1, row)
        })
        .collect();
    let sheet = archive(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"S\" r:id=\"r\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"r\" Type=\"x/worksheet\" Target=\"s.xml\"/></Relationships>"),
        ("xl/s.xml", &format!("<worksheet><sheetData>{cells}</sheetData></worksheet>")),
    ]);
    assert!(read(&sheet, "x.xlsx").text.len() < 1000);
}
