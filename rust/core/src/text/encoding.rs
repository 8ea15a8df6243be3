//! What is not UTF-8 text, by its first bytes.

use crate::error::{Error, Result};

/// Names what is not UTF-8 text by its first bytes; the rest is checked while it is read.
pub(crate) fn check_text(head: &[u8]) -> Result<()> {
    const UTF16: &str = "convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)";
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    let even = zeros(0);
    let odd = zeros(1);
    let control = head.iter().filter(|b| **b < 32 && !b"\x08\t\n\x0b\x0c\r\x1b\0".contains(b)).count();
    let (what, advice) = match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32", "convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("UTF-16", UTF16),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF file", "extract its text first (pdftotext)"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => ("a zip archive (docx, odt, epub and xlsx are such)", "extract its text first"),
        [b'{', b'\\', b'r', b't', b'f', ..] => ("an RTF file", "save it as plain text first"),
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', b'1'..=b'9', ..] => ("a gzip or bzip2 file", "unpack it first"),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => ("a picture", "give a text file"),
        // Most of one half of the bytes zero, little of the other: text in two bytes a character.
        _ if half >= 4 && odd * 2 > half && even * 8 < half => {
            ("UTF-16 without a byte order mark", "convert it to UTF-8 first (iconv -f UTF-16LE -t UTF-8)")
        }
        _ if half >= 4 && even * 2 > half && odd * 8 < half => {
            ("UTF-16 without a byte order mark", "convert it to UTF-8 first (iconv -f UTF-16BE -t UTF-8)")
        }
        _ if head.starts_with(b"\x7fELF")
            || head.starts_with(b"SQLite")
            || control * 10 > head.len()
            || (even + odd) * 10 > head.len().max(10) =>
        {
            ("a binary file", "give a text file")
        }
        _ => return Ok(()),
    };
    Err(Error::new("text.encoding", format!("found {what}, expected UTF-8 text: {advice}")))
}
