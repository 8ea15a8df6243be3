//! A document block by block: never held whole, in pieces of some tens of kilobytes that end where a paragraph, a sentence or at least a word ends.

use crate::error::{Error, Result};
use crate::text::source::{BYTE_ORDER_MARK, READ, TextSource};
use crate::text::span::utf16_length;

/// A block is cut once this much text waits.
const BLOCK: usize = 1 << 15;
/// How far back from its end a block may be cut.
const TAIL: usize = 1 << 12;

/// A piece of a document with its place: bytes and UTF-16 units from the document's start.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Block {
    pub start: u64,
    pub start_utf16: u64,
    pub text: String,
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
    ///
    /// # Errors
    /// `text.utf8` with the offset of the first byte that is none; `text.changed`; `io`.
    pub fn advance(&mut self) -> Result<Option<Block>> {
        while self.waiting.len() < BLOCK && self.read < self.source.length() {
            self.fill()?;
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        let last = self.read == self.source.length() && self.waiting.len() <= BLOCK;
        let end = if last { self.waiting.len() } else { cut(&self.waiting, BLOCK) };
        let rest = self.waiting.split_off(end);
        let text = std::mem::replace(&mut self.waiting, rest);
        let block = Block { start: self.start, start_utf16: self.start_utf16, text };
        self.start += block.text.len() as u64;
        self.start_utf16 += utf16_length(&block.text);
        Ok(Some(block))
    }

    fn fill(&mut self) -> Result<()> {
        let length = READ.min((self.source.length() - self.read) as usize);
        let mut bytes = std::mem::take(&mut self.partial);
        let base = self.read - bytes.len() as u64;
        bytes.extend(self.source.read(self.read, length)?);
        self.read += length as u64;
        let valid = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(e) if e.error_len().is_none() && self.read < self.source.length() => e.valid_up_to(),
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
                self.start = 3;
                self.start_utf16 = 1;
            }
            _ => self.waiting.push_str(&text),
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(source: TextSource) -> Result<String> {
        let mut blocks = Blocks::new(source);
        let mut text = String::new();
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
    fn a_nul_is_text() {
        assert_eq!(whole(TextSource::text("a\0b").unwrap()).unwrap(), "a\0b");
    }
}
