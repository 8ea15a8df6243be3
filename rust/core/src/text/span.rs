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
}

/// UTF-16 units of a text: one a character, two where UTF-8 takes four bytes.
pub fn utf16_length(text: &str) -> u64 {
    text.bytes().map(|b| u64::from(b & 0xc0 != 0x80) + u64::from(b >= 0xf0)).sum()
}
