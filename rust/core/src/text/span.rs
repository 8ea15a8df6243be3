//! Stretches of a document, in bytes and in UTF-16 units.

use serde::{Deserialize, Serialize};

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

    /// Its bytes.
    pub fn length(&self) -> usize {
        (self.end - self.start) as usize
    }
}

/// UTF-16 units of a text: one a character, two where UTF-8 takes four bytes.
pub fn utf16_length(text: &str) -> u64 {
    text.bytes().map(|b| u64::from(b & 0xc0 != 0x80) + u64::from(b >= 0xf0)).sum()
}

/// From bytes of a text to places in the document: quick where one is near the one before.
#[derive(Debug, Default)]
pub struct Utf16 {
    /// Where the text begins in the document.
    base: (u64, u64),
    /// The last place, from the text's start.
    at: (usize, u64),
}

impl Utf16 {
    /// Of a text that begins there.
    pub fn new(start: u64, start_utf16: u64) -> Self {
        Self { base: (start, start_utf16), at: (0, 0) }
    }

    /// UTF-16 units of the document before a byte of the text.
    fn at(&mut self, text: &str, byte: usize) -> u64 {
        let units = match byte.checked_sub(self.at.0) {
            Some(_) => self.at.1 + utf16_length(&text[self.at.0..byte]),
            None => self.at.1 - utf16_length(&text[byte..self.at.0]),
        };
        self.at = (byte, units);
        self.base.1 + units
    }

    /// The stretch between two bytes of the text.
    pub fn span(&mut self, text: &str, start: usize, end: usize) -> Span {
        let start_utf16 = self.at(text, start);
        let end_utf16 = self.at(text, end);
        Span { start: self.base.0 + start as u64, end: self.base.0 + end as u64, start_utf16, end_utf16 }
    }
}
