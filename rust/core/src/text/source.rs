//! Documents, read by position.
//!
//! A [`TextSource`] is never held whole: [`Blocks`] walks through it in pieces of some tens of kilobytes that end where a paragraph, a
//! sentence or at least a word ends.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Bytes read at once.
const READ: usize = 1 << 16;
/// Bytes that tell what a document is.
const HEAD: u64 = 4096;
/// A block is cut once this much text waits.
const BLOCK: usize = 1 << 15;
/// How far back from its end a block may be cut.
const TAIL: usize = 1 << 12;

/// A document: bytes that can be read at any position. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TextSource {
    bytes: Bytes,
    length: u64,
}

#[derive(Clone, Debug)]
enum Bytes {
    Held(Arc<[u8]>),
    /// With the time of its last change.
    Filed(Arc<File>, Option<SystemTime>),
}

impl TextSource {
    /// A text in memory.
    pub fn text(text: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes: Arc<[u8]> = text.into().into();
        Self { length: bytes.len() as u64, bytes: Bytes::Held(bytes) }.checked()
    }

    /// A file, which must stay as it is while it is in use.
    pub fn file(path: &Path) -> Result<Self> {
        let missing = |e: &std::io::Error| Error::new("text.missing", format!("{}: {e}", path.display()));
        let file = File::open(path).map_err(|e| missing(&e))?;
        let about = file.metadata().map_err(|e| missing(&e))?;
        if about.is_dir() {
            return Err(Error::new("text.missing", format!("{}: found a folder, expected a file", path.display())));
        }
        if !about.is_file() || about.len() == 0 {
            return Self::spool(file, None); // a pipe or a device cannot be read by position, and /proc states no lengths
        }
        Self { length: about.len(), bytes: Bytes::Filed(Arc::new(file), about.modified().ok()) }.checked()
    }

    /// Copies a stream into a private file that has no name and is gone with the process, in `folder` or the system's temporary one.
    pub fn spool(mut stream: impl Read, folder: Option<&Path>) -> Result<Self> {
        let failed = |e: std::io::Error| Error::io("copying a stream to a private file", &e);
        let mut file = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        }
        .map_err(failed)?;
        let mut head = Vec::new();
        stream.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
        recognised(&head)?; // before a stream without an end fills the disk
        let length = std::io::copy(&mut head.chain(stream), &mut file).map_err(failed)?;
        Self { length, bytes: Bytes::Filed(Arc::new(file), None) }.checked()
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The text between two byte positions, which must be ends of characters.
    pub fn slice(&self, start: u64, end: u64) -> Result<String> {
        let bytes = self.read(start, usize::try_from(end - start).unwrap_or(usize::MAX))?;
        String::from_utf8(bytes).map_err(|_| Error::new("text.changed", "the document changed while it was read"))
    }

    /// Up to `reach` bytes of text before `start` and after `end`, whole characters only.
    pub fn around(&self, start: u64, end: u64, reach: u64) -> Result<(String, String)> {
        let (from, to) = (start.saturating_sub(reach), (end + reach).min(self.length));
        let whole = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_matches('\u{fffd}').to_owned();
        Ok((whole(self.read(from, (start - from) as usize)?), whole(self.read(end, (to - end) as usize)?)))
    }

    /// The line that the byte at `place` stands in, from 1.
    pub fn line(&self, place: u64) -> Result<u64> {
        let (mut line, mut at) = (1, 0);
        while at < place {
            let bytes = self.read(at, READ.min((place - at) as usize))?;
            line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
            at += bytes.len() as u64;
        }
        Ok(line)
    }

    fn read(&self, start: u64, length: usize) -> Result<Vec<u8>> {
        match &self.bytes {
            Bytes::Held(bytes) => Ok(bytes[start as usize..start as usize + length].to_vec()),
            Bytes::Filed(file, _) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start).map_err(|e| match e.kind() {
                    std::io::ErrorKind::UnexpectedEof => {
                        Error::new("text.changed", format!("the document ended early, expected {} bytes", self.length))
                    }
                    _ => Error::io("reading the document", &e),
                })?;
                Ok(bytes)
            }
        }
    }

    /// Fails when the file was written to since it was opened.
    pub fn unchanged(&self) -> Result<()> {
        let Bytes::Filed(file, Some(modified)) = &self.bytes else { return Ok(()) };
        let about = file.metadata().map_err(|e| Error::io("looking at the document", &e))?;
        if about.len() == self.length && about.modified().ok() == Some(*modified) {
            return Ok(());
        }
        Err(Error::new("text.changed", "the document was written to while it was in use"))
    }

    /// Whether it is the file of that device and number.
    pub fn is(&self, device: u64, number: u64) -> bool {
        let Bytes::Filed(file, _) = &self.bytes else { return false };
        file.metadata().is_ok_and(|about| about.dev() == device && about.ino() == number)
    }

    /// SHA-256 of the text up to `end`, a byte order mark left out.
    pub fn hash(&self, end: u64) -> Result<Sha256> {
        let mut hash = Sha256::new();
        let mut at = if self.length >= 3 && self.read(0, 3)? == BYTE_ORDER_MARK.as_bytes() { 3 } else { 0 };
        while at < end {
            let length = READ.min((end - at) as usize);
            hash.update(self.read(at, length)?);
            at += length as u64;
        }
        Ok(hash)
    }

    fn checked(self) -> Result<Self> {
        if self.length == 0 {
            return Err(Error::new("text.empty", "the document is empty, expected text"));
        }
        recognised(&self.read(0, self.length.min(HEAD) as usize)?)?;
        Ok(self)
    }
}

/// Names what is not UTF-8 text by its first bytes; the rest is checked while it is read.
fn recognised(head: &[u8]) -> Result<()> {
    const UTF16: &str = "convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)";
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    let control = head.iter().filter(|b| **b < 32 && !b"\t\n\x0b\x0c\r\x1b\0".contains(b)).count();
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

/// A piece of a document with its place: bytes and UTF-16 units from the document's start.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Block {
    pub start: u64,
    pub start_utf16: u64,
    pub text: String,
}

/// A stretch of the document: end-exclusive, in bytes and in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[allow(missing_docs)]
pub struct Span {
    pub start: u64,
    pub end: u64,
    pub start_utf16: u64,
    pub end_utf16: u64,
}

impl Span {
    /// The stretch of `text[start..end]`, where `text` begins at (`at`, `at_utf16`) of the document.
    pub fn within(at: u64, at_utf16: u64, text: &str, start: usize, end: usize) -> Self {
        let start_utf16 = at_utf16 + utf16_length(&text[..start]);
        let end_utf16 = start_utf16 + utf16_length(&text[start..end]);
        Self { start: at + start as u64, end: at + end as u64, start_utf16, end_utf16 }
    }
}

/// Walks through a document block by block; together the blocks are the whole text (a byte order mark is skipped).
#[derive(Debug)]
pub struct Blocks {
    source: TextSource,
    read: u64,
    start: u64,
    start_utf16: u64,
    waiting: String,
    /// The first bytes of a character whose rest has not been read.
    partial: Vec<u8>,
}

impl Blocks {
    /// From the document's start.
    pub fn new(source: TextSource) -> Self {
        Self::resumed(source, 0, 0)
    }

    /// From where a block began.
    pub fn resumed(source: TextSource, start: u64, start_utf16: u64) -> Self {
        Self { source, read: start, start, start_utf16, waiting: String::new(), partial: Vec::new() }
    }

    /// Bytes handed out so far.
    pub fn done(&self) -> u64 {
        self.start
    }

    /// The next block, `None` at the end of the document.
    pub fn advance(&mut self) -> Result<Option<Block>> {
        while self.waiting.len() < BLOCK && self.read < self.source.length {
            self.fill()?;
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        let last = self.read == self.source.length && self.waiting.len() <= BLOCK;
        let end = if last { self.waiting.len() } else { cut(&self.waiting, BLOCK) };
        let rest = self.waiting.split_off(end);
        let text = std::mem::replace(&mut self.waiting, rest);
        let block = Block { start: self.start, start_utf16: self.start_utf16, text };
        self.start += block.text.len() as u64;
        self.start_utf16 += utf16_length(&block.text);
        Ok(Some(block))
    }

    fn fill(&mut self) -> Result<()> {
        let length = READ.min((self.source.length - self.read) as usize);
        let mut bytes = std::mem::take(&mut self.partial);
        let base = self.read - bytes.len() as u64;
        bytes.extend(self.source.read(self.read, length)?);
        self.read += length as u64;
        let valid = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(e) if e.error_len().is_none() && self.read < self.source.length => e.valid_up_to(),
            Err(e) => {
                let at = base + e.valid_up_to() as u64;
                let found = bytes[e.valid_up_to()];
                return Err(Error::new("text.utf8", format!("found byte 0x{found:02x} at byte offset {at}, expected UTF-8 text")));
            }
        };
        self.partial = bytes.split_off(valid);
        let text = String::from_utf8(bytes).map_err(|_| Error::new("fault", "text checked as UTF-8 was not"))?;
        match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if base == 0 => {
                self.waiting.push_str(rest);
                (self.start, self.start_utf16) = (3, 1);
            }
            _ => self.waiting.push_str(&text),
        }
        Ok(())
    }
}

/// UTF-16 units of a text: one a character, two where UTF-8 takes four bytes.
pub fn utf16_length(text: &str) -> u64 {
    text.bytes().map(|b| u64::from(b & 0xc0 != 0x80) + u64::from(b >= 0xf0)).sum()
}

/// Where to cut a text at most `limit` bytes long: after a blank line, a sentence, a word, at least a character.
fn cut(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    let limit = text.floor_char_boundary(limit).max(text.chars().next().map_or(0, char::len_utf8));
    let from = text.floor_char_boundary(limit.saturating_sub(TAIL));
    let tail = &text[from..limit];
    let after = |pattern: &str| tail.rfind(pattern).map(|at| from + at + pattern.len());
    let ends = [after("\n\n"), after("\r\n\r\n"), after(".\n"), after(". "), after("\n"), after(" ")];
    ends.into_iter().flatten().find(|end| *end > 0).unwrap_or(limit)
}

/// White space folded to single spaces, with one leading space: how a citing model reads a piece of text.
pub fn folded(text: &str) -> String {
    text.split_whitespace().flat_map(|word| [" ", word]).collect()
}

/// White space folded to single spaces, nothing around it.
pub fn trimmed(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_whitespace() && c != ' ';
    if text.trim() == text && !text.contains("  ") && !text.contains(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where a byte of [`trimmed`]`(text)` stands in the text: the first of a word, or the end of one.
pub fn untrimmed(text: &str, at: usize) -> usize {
    let mut folded = 0;
    for word in text.split_whitespace() {
        if at <= folded + word.len() {
            return (word.as_ptr() as usize - text.as_ptr() as usize) + (at - folded);
        }
        folded += word.len() + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(source: TextSource) -> Result<String> {
        let (mut blocks, mut text) = (Blocks::new(source), String::new());
        let mut units = 0;
        while let Some(block) = blocks.advance()? {
            assert_eq!(block.start_utf16, units);
            assert!(!block.text.is_empty() && block.text.len() <= BLOCK);
            units += utf16_length(&block.text);
            text.push_str(&block.text);
        }
        Ok(text)
    }

    #[test]
    fn blocks_are_the_whole_text() {
        for text in ["a", "x\n\ny", &"été 🙂 字. ".repeat(20_000), &"x".repeat(200_000), &"字".repeat(50_000)] {
            assert_eq!(whole(TextSource::text(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn what_is_not_text_is_named() {
        let cases: [(&[u8], &str, &str); 14] = [
            (b"", "text.empty", "empty"),
            (b"%PDF-1.7", "text.encoding", "PDF"),
            (b"PK\x03\x04", "text.encoding", "zip"),
            (b"\xff\xfeh\0", "text.encoding", "UTF-16"),
            (b"h\0e\0l\0l\0o\0w\0", "text.encoding", "UTF-16"),
            (b"\x7fELF\x02\x01\x01", "text.encoding", "binary"),
            (b"\x1f\x8b\x08", "text.encoding", "gzip"),
            (b"\0h\0e\0l\0l\0o", "text.encoding", "UTF-16BE"),
            (b"\xff\xfe\0\0h\0\0\0", "text.encoding", "UTF-32"),
            (b"{\\rtf1 x", "text.encoding", "RTF"),
            (b"\x89PNG\r\n", "text.encoding", "picture"),
            (&[0; 200], "text.encoding", "binary"),
            (b"abc\xffdef", "text.utf8", "byte offset 3"),
            (b"abc\xe2\x82", "text.utf8", "byte offset 3"),
        ];
        for (bytes, code, word) in cases {
            let error = TextSource::text(bytes).and_then(whole).unwrap_err();
            assert_eq!(error.code(), code);
            assert!(error.message().contains(word), "{error}");
        }
        let mut late = "字".repeat(100_000).into_bytes();
        late[210_001] = b'x';
        assert!(TextSource::text(late).and_then(whole).unwrap_err().message().contains("byte offset 210000"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped_but_counted() {
        let mut blocks = Blocks::new(TextSource::text("\u{feff}hi").unwrap());
        let block = blocks.advance().unwrap().unwrap();
        assert_eq!((block.start, block.start_utf16, block.text.as_str()), (3, 1, "hi"));
    }

    #[test]
    fn folded_places_lead_back() {
        let text = " été \t\n ici\u{a0}là  ";
        let plain = trimmed(text);
        let back = |start: usize, end: usize| (&plain[start..end], &text[untrimmed(text, start)..untrimmed(text, end)]);
        assert_eq!(back(0, 5), ("été", "été"));
        assert_eq!(back(6, 9), ("ici", "ici"));
        assert_eq!(back(2, 9), ("t\u{e9} ici", "t\u{e9} \t\n ici"));
        assert_eq!(back(10, plain.len()), ("là", "là"));
    }

    #[test]
    fn a_nul_is_text() {
        assert_eq!(whole(TextSource::text("a\0b").unwrap()).unwrap(), "a\0b");
    }
}
