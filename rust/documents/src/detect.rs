//! Which format a document is of: by its first bytes, then by its name, then by how its text looks.

use crate::encoding::decoded;
use crate::error::{Error, Result};
use crate::plain::marks::is_stamped;

/// Bytes that a format is told from.
pub const HEAD: usize = 64 << 10;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Format {
    Plain,
    Markdown,
    Html,
    /// Values between commas, semicolons, tabs or bars.
    Csv,
    /// One value, or one a line.
    Json,
    Yaml,
    /// SubRip and WebVTT.
    Subtitles,
    /// Calendars and contacts: iCalendar and vCard.
    Cards,
    Rtf,
    /// One message.
    Mail,
    /// A mailbox of messages.
    Mailbox,
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    /// Text, spreadsheet and presentation of OpenDocument.
    OpenDocument,
    Epub,
}

/// The format by the end of a name.
const NAMES: &[(&str, Format)] = &[
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("mdown", Format::Markdown),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("xhtml", Format::Html),
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("tab", Format::Csv),
    ("json", Format::Json),
    ("jsonl", Format::Json),
    ("ndjson", Format::Json),
    ("geojson", Format::Json),
    ("yaml", Format::Yaml),
    ("yml", Format::Yaml),
    ("srt", Format::Subtitles),
    ("vtt", Format::Subtitles),
    ("ics", Format::Cards),
    ("ical", Format::Cards),
    ("vcf", Format::Cards),
    ("vcard", Format::Cards),
    ("eml", Format::Mail),
    ("mbox", Format::Mailbox),
    ("mbx", Format::Mailbox),
];

/// First bytes that name a format that is not read, and what to do.
const REFUSED: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ\0", "an xz archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"\x89PNG", "a picture: recognise its text first"),
    (b"\xff\xd8\xff", "a picture: recognise its text first"),
    (b"GIF8", "a picture: recognise its text first"),
    (b"II*\0", "a picture: recognise its text first"),
    (b"MM\0*", "a picture: recognise its text first"),
    (b"BM", "a picture or a binary file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"ID3", "a sound file: transcribe it first"),
    (b"OggS", "a sound file: transcribe it first"),
    (b"RIFF", "a sound, film or picture file"),
    (b"SQLite format 3", "a database"),
    (b"wOFF", "a font"),
    (b"%!PS", "PostScript: convert it to PDF first"),
];

/// What a compound file's streams are named, in UTF-16, and what to do with such a file.
const COMPOUND: &[(&str, &str, &str)] = &[
    ("EncryptedPackage", "document.encrypted", "an encrypted Office document: save it without a password"),
    ("WordDocument", "document.format", "a Word document of before 2007: save it as DOCX"),
    ("Workbook", "document.format", "an Excel workbook of before 2007: save it as XLSX"),
    ("PowerPoint Document", "document.format", "a presentation of before 2007: save it as PPTX"),
    ("__substg1.0", "document.format", "an Outlook message: save it as EML"),
];

impl Format {
    /// The format that a file's name says, if it says one; not for plain text, and not for formats whose first bytes name them.
    pub fn from_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
        NAMES.iter().find(|known| known.0 == ending).map(|known| known.1)
    }

    /// Whether the text form of such a document is its own text, byte for byte if it is UTF-8.
    pub fn is_verbatim(self) -> bool {
        matches!(self, Self::Plain | Self::Markdown | Self::Csv | Self::Yaml)
    }

    /// Whether it stands in a zip archive.
    pub(crate) fn is_zipped(self) -> bool {
        matches!(self, Self::Docx | Self::Pptx | Self::Xlsx | Self::OpenDocument | Self::Epub)
    }
}

/// The format that the first bytes of a document, up to [`HEAD`] of them, and its name say; none of a zip archive, whose entries tell more.
///
/// # Errors
/// `document.format` or `document.encrypted` when it is of a format that is not read.
pub fn detect(head: &[u8], name: Option<&str>) -> Result<Option<Format>> {
    Ok(match magic(head)? {
        Magic::Format(format) => Some(format),
        Magic::Zip => None,
        Magic::Text => Some(text_format(head, name)),
    })
}

/// What the first bytes say.
pub(crate) enum Magic {
    Format(Format),
    /// A zip archive; its entries tell more.
    Zip,
    /// No known mark: text, perhaps.
    Text,
}

/// The format that the first bytes name.
pub(crate) fn magic(head: &[u8]) -> Result<Magic> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Magic::Zip);
    }
    if head.starts_with(b"{\\rtf") {
        return Ok(Magic::Format(Format::Rtf));
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(compound(head));
    }
    // A PDF's mark may stand a little later, but no other mark stands first then.
    let refused = REFUSED.iter().find(|known| head.starts_with(known.0) && (known.0.len() > 2 || is_binary(head)));
    if let Some((_, what)) = refused {
        return Err(Error::new("document.format", format!("found {what}")));
    }
    if head[..head.len().min(1024)].windows(5).any(|five| five == b"%PDF-") {
        return Ok(Magic::Format(Format::Pdf));
    }
    if crate::encoding::marked(head).is_none() && crate::encoding::wide(head).is_none() && is_binary(head) {
        return Err(Error::new("document.format", "found a binary file of an unknown kind, expected a document or a text"));
    }
    Ok(Magic::Text)
}

fn compound(head: &[u8]) -> Error {
    let holds = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        head.windows(wide.len()).any(|part| part == wide)
    };
    let found = COMPOUND.iter().find(|known| holds(known.0));
    let (code, what) = found.map_or(("document.format", "an old Office document: save it in today's format"), |known| (known.1, known.2));
    Error::new(code, format!("found {what}"))
}

/// More control characters than a text has.
fn is_binary(head: &[u8]) -> bool {
    let odd = |byte: &&u8| matches!(byte, 0..=7 | 0xe..=0x1a | 0x1c..=0x1f) && **byte != 8;
    let nuls = head.iter().filter(|byte| **byte == 0).count();
    let others = head.iter().filter(odd).count() - nuls;
    // Text in a legacy encoding has no control characters; text in UTF-8 may have some.
    let share = if std::str::from_utf8(&head[..head.len().saturating_sub(4)]).is_ok() { 10 } else { 100 };
    nuls * 4 > head.len() || others * share > head.len()
}

/// The format of a text, by its name and by how it looks.
pub(crate) fn text_format(head: &[u8], name: Option<&str>) -> Format {
    let text = decoded(head, None);
    let named = name.and_then(Format::from_name);
    match named {
        // What is called a list of values and is none, and so on, is read as what it is.
        Some(Format::Csv) if crate::csv::delimiter(&text, true).is_none() => Format::Plain,
        Some(Format::Mail) if is_mailbox(&text) => Format::Mailbox,
        // Markdown knows line feeds alone.
        Some(Format::Markdown) if !text.contains('\n') && text.contains(['\r', '\u{2028}']) => Format::Plain,
        Some(format) => format,
        None => by_content(&text),
    }
}

fn by_content(text: &str) -> Format {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let lower: String = start.chars().take(2000).collect::<String>().to_lowercase();
    let begins = |marks: &[&str]| marks.iter().any(|mark| lower.starts_with(mark));
    if begins(&["<!doctype html", "<html", "<head", "<body"]) || (begins(&["<?xml", "<!--"]) && lower.contains("<html")) {
        return Format::Html;
    }
    if begins(&["begin:vcalendar", "begin:vcard", "begin:vevent"]) {
        return Format::Cards;
    }
    if begins(&["webvtt"]) || is_subrip(start) {
        return Format::Subtitles;
    }
    if is_mailbox(text) {
        return Format::Mailbox;
    }
    if is_message(start) {
        return Format::Mail;
    }
    if is_json(start) {
        return Format::Json;
    }
    if !start.lines().take(5).any(is_stamped) && crate::csv::delimiter(text, false).is_some() {
        return Format::Csv;
    }
    if crate::yaml::is_yaml(text) {
        return Format::Yaml;
    }
    if is_markdown(text) { Format::Markdown } else { Format::Plain }
}

/// A number alone, then two times with an arrow.
fn is_subrip(text: &str) -> bool {
    let mut lines = text.lines();
    let number = lines.next().is_some_and(|line| !line.trim().is_empty() && line.trim().bytes().all(|b| b.is_ascii_digit()));
    number && lines.next().is_some_and(|line| line.contains(" --> "))
}

/// "From ", an address, a date; then a header.
fn is_mailbox(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let year =
        first.split_whitespace().next_back().is_some_and(|word| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit() || b == b'+'));
    first.starts_with("From ") && (year || first.contains(':')) && lines.next().is_some_and(|line| header(line).is_some())
}

/// A header's name.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(':')?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')).then_some(name)
}

/// Headers up to a blank line, of which some are written by mail programs alone.
fn is_message(text: &str) -> bool {
    const SENT: [&str; 7] = ["received", "return-path", "message-id", "mime-version", "content-type", "delivered-to", "dkim-signature"];
    let mut sent = 0;
    for line in text.lines().take(200) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        match header(line) {
            None => return false,
            Some(name) => sent += usize::from(SENT.contains(&name.to_lowercase().as_str())),
        }
    }
    sent >= 2
}

/// An object or an array, or the first line is one.
fn is_json(text: &str) -> bool {
    let body = text.trim_start();
    let object = body.strip_prefix('{').map(str::trim_start).is_some_and(|rest| rest.starts_with(['"', '}']));
    let array = body
        .strip_prefix('[')
        .map(str::trim_start)
        .is_some_and(|rest| rest.starts_with(['{', '[', '"', ']']) || rest.starts_with(|c: char| c.is_ascii_digit()));
    // "[2024-06-01] Priya: …" and "[1] Berg" are no arrays.
    object || (array && !body.lines().next().is_some_and(|line| line.contains("] ") && !line.contains('"')))
}

/// Marks of Markdown of two kinds, or headings with links or fences.
fn is_markdown(text: &str) -> bool {
    let (mut headings, mut fences, mut links, mut tables, mut bold) = (0, 0, 0, 0, 0);
    for line in text.lines() {
        let words = line.trim();
        headings += usize::from(crate::plain::marks::heading(line.trim_end(), 0).is_some());
        fences += usize::from(words.starts_with("```"));
        links += usize::from(words.contains("](") && words.contains('['));
        tables += usize::from(words.starts_with('|') && words.contains("--"));
        bold += usize::from(words.matches("**").count() >= 2);
    }
    [headings > 0, fences > 1, links > 0, tables > 0, bold > 0].iter().filter(|held| **held).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_content() {
        let cases = [
            ("<!DOCTYPE html><p>x", Format::Html),
            ("<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">", Format::Html),
            ("BEGIN:VCARD\nFN:x", Format::Cards),
            ("1\n00:00:01,000 --> 00:00:02,000\nx", Format::Subtitles),
            ("WEBVTT\n\n00:01.000 --> 00:02.000\nx", Format::Subtitles),
            ("From a@b.org Thu Mar 14 16:20:11 2024\nFrom: a@b.org\n\nx", Format::Mailbox),
            ("Received: from x\n by y\nMessage-ID: <1@x>\nSubject: x\n\nx", Format::Mail),
            ("From: Ruth\nSubject: Roof\n\nThey come.", Format::Plain),
            ("[{\"a\": 1}]", Format::Json),
            ("{\"a\": 1}\n{\"a\": 2}\n", Format::Json),
            ("[2024-06-01, 18:02:11] Priya: who\n[2024-06-01, 18:02:11] Priya: x\n", Format::Plain),
            ("city,inhabitants,mayor\nLund,94703,Sara Ek\nEspoo,305274,Jukka Maki\n", Format::Csv),
            ("id\tname\n1\tx\n2\ty\n", Format::Csv),
            ("server:\n  port: 81\n  host: heron\n", Format::Yaml),
            ("Bring:\n- a tent\n- some rope\n\nPrice: 40\nPlace: Lund\n", Format::Plain),
            ("# Title\n\nSee [this](http://a.org).\n", Format::Markdown),
            ("We came, saw, and won.\nThey came, saw, and lost.\nNobody came, saw, or won.\n", Format::Plain),
        ];
        for (text, format) in cases {
            assert_eq!(text_format(text.as_bytes(), None), format, "{text}");
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (bytes, code, word) in [
            (b"\x1f\x8b\x08".as_slice(), "document.format", "gzip"),
            (b"\x89PNG\r\n", "document.format", "picture"),
            (b"\x7fELF\x02\x01\x01", "document.format", "program"),
            (&[0; 200], "document.format", "binary"),
        ] {
            let error = magic(bytes).err().unwrap();
            assert_eq!(error.code(), code);
            assert!(error.message().contains(word), "{error}");
        }
        assert!(matches!(magic(b"BMW builds cars."), Ok(Magic::Text)));
        assert!(matches!(magic(b"junk\n%PDF-1.7"), Ok(Magic::Format(Format::Pdf))));
    }
}
