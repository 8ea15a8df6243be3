//! What went wrong: a stable code for programs, a sentence for people.
//!
//! A sentence says what was found and what was expected. It never holds text of a document.

use std::fmt;

/// Every code with its meaning.
pub const CODES: &[(&str, &str)] = &[
    ("document.format", "the document is of a format that is not read, or of none"),
    ("document.encrypted", "the document is encrypted and asks for a password"),
    ("document.scanned", "the document holds pictures of text and no text"),
    ("document.damaged", "the document is cut short or not formed as its format demands"),
    ("document.too_large", "the document exceeds a limit of bytes, entries, nesting, expansion or time"),
    ("document.empty", "the document holds no text"),
    ("io", "the input could not be read or the output could not be written"),
    ("cancelled", "the call was cancelled"),
];

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    message: String,
}

/// This crate's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of one of [`CODES`].
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.iter().any(|known| known.0 == code), "{code} is not in CODES");
        Self { code, message: message.into() }
    }

    /// The stable code, such as `document.encrypted`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence, without the code.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Of a document that is not formed as its format demands.
    pub(crate) fn damaged(message: impl Into<String>) -> Self {
        Self::new("document.damaged", message)
    }

    /// Of a document that exceeds a limit.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new("document.too_large", message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new("io", error.to_string())
    }
}
