//! One error for the whole engine: a stable code for programs, a sentence for people.
//!
//! A sentence says what was found and what was expected. It never holds text of a document or of a question.
//! `docs/errors.md` is generated from [`CODES`] (`edgeinfinite errors`), and a test compares the two.

use std::fmt;

/// Whose fault it was; decides which exception a binding throws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The caller passed something that cannot be used.
    Argument,
    /// The call came at the wrong time: after `close`, or before something was read.
    State,
    /// A file, a model folder or the machine is not as it has to be.
    World,
    /// The call was cancelled on request.
    Cancelled,
    /// A defect in this library.
    Fault,
}

/// Every code with its kind and meaning.
pub const CODES: &[(&str, Kind, &str)] = &[
    ("argument.question", Kind::Argument, "the question is empty or longer than the model's limit"),
    ("argument.reading", Kind::Argument, "no reading of that name"),
    ("argument.scenario", Kind::Argument, "the model has no scenario of that name"),
    ("argument.accelerator", Kind::Argument, "no accelerator of that name"),
    ("argument.sampling", Kind::Argument, "a number of the sampling that means nothing"),
    ("argument.options", Kind::Argument, "options that are not of the expected form"),
    (
        "argument.fields",
        Kind::Argument,
        "no fields, too many, one of an unknown type, or a name that is empty or not the only one of its kind",
    ),
    ("argument.text", Kind::Argument, "a text to be compared with the document is longer than what is compared at once"),
    ("argument.range", Kind::Argument, "a range of the text that ends before it begins, or is too long to be given at once"),
    ("argument.id", Kind::Argument, "the id, the title or the metadata of a document for a shelf is empty or too long"),
    ("call.closed", Kind::State, "the object was closed"),
    ("call.unread", Kind::State, "the document has not been read to its end, or not by that reading"),
    ("call.busy", Kind::State, "the object is at work on another call and does one at a time"),
    ("call.failed", Kind::State, "an earlier failure made this object unusable"),
    ("model.missing", Kind::World, "the model folder or one of its files is not there"),
    ("model.format", Kind::World, "model.json is not of the form that this version reads"),
    ("model.hash", Kind::World, "a file of the model folder is not the one that model.json names"),
    ("model.graph", Kind::World, "the graph does not load or has other inputs than model.json says"),
    ("model.tokenizer", Kind::World, "tokenizer.json cannot be read or lacks a token"),
    ("model.no_chat", Kind::World, "the model cannot chat: it has no template for a turn"),
    (
        "model.no_generator",
        Kind::World,
        "the model folder holds a reader alone: it answers questions and summarises by recall, and cannot chat, or read by memory or notes",
    ),
    ("model.self_test", Kind::World, "the graph computes something else than the reference on this machine"),
    ("engine.missing", Kind::World, "the engine's native library is not there or not for this processor's ABI"),
    ("runtime.missing", Kind::World, "ONNX Runtime's library is not there or too old"),
    ("runtime.failed", Kind::World, "ONNX Runtime reported an error"),
    ("text.missing", Kind::World, "the document is not there or cannot be opened"),
    ("text.empty", Kind::World, "the document holds no text"),
    ("text.encoding", Kind::World, "the document is not UTF-8 text but something that could be named"),
    ("text.utf8", Kind::World, "a byte sequence of the document is not UTF-8"),
    ("text.changed", Kind::World, "the document changed while it was read"),
    ("document.format", Kind::World, "the document is of a format that is not read, or of none"),
    ("document.encrypted", Kind::World, "the document is encrypted and asks for a password"),
    ("document.scanned", Kind::World, "the document holds pictures of text and no text"),
    ("document.damaged", Kind::World, "the document is cut short or not formed as its format demands"),
    ("document.too_large", Kind::World, "the document exceeds a limit of bytes, entries, nesting, expansion or time"),
    ("state.missing", Kind::World, "the saved document is not there or cannot be opened"),
    ("state.damaged", Kind::World, "the saved document is cut short or changed, or no saved document at all"),
    ("state.version", Kind::World, "the saved document was written by a newer version"),
    ("state.model", Kind::World, "the saved document was made with another model, or other sizes of it"),
    ("state.document", Kind::World, "the saved document is that of another text"),
    ("state.unfinished", Kind::World, "the saved document was not read to its end"),
    ("shelf.exists", Kind::Argument, "a document of that id is on the shelf"),
    ("shelf.unknown", Kind::Argument, "no document of that id is on the shelf"),
    ("shelf.empty", Kind::Argument, "no document of the shelf passes the filter"),
    ("shelf.locked", Kind::World, "another process has the shelf open, or this one has already"),
    ("shelf.missing", Kind::World, "the folder is no shelf, or cannot be made"),
    ("shelf.damaged", Kind::World, "a file of the shelf is cut short or changed, or not there"),
    ("shelf.version", Kind::World, "the shelf was written by a newer version"),
    ("shelf.changed", Kind::World, "a document was removed or replaced while it was read"),
    ("io", Kind::World, "a file could not be read or written"),
    ("cancelled", Kind::Cancelled, "the call was cancelled"),
    ("fault", Kind::Fault, "a defect in this library"),
];

/// What went wrong.
#[derive(Debug, Clone)]
pub struct Error {
    code: &'static str,
    message: String,
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of one of [`CODES`].
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.iter().any(|c| c.0 == code), "{code} is not in CODES");
        Self { code, message: message.into() }
    }

    /// The stable code, such as `model.hash`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence alone, without the code.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whose fault it was.
    pub fn kind(&self) -> Kind {
        CODES.iter().find(|c| c.0 == self.code).map_or(Kind::Fault, |c| c.1)
    }

    /// An `io` error on the named thing.
    pub(crate) fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new("io", format!("{what}: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<ort::Error> for Error {
    fn from(error: ort::Error) -> Self {
        let text = error.to_string();
        if text.contains("terminate flag") {
            return Self::new("cancelled", "the run was cancelled");
        }
        Self::new("runtime.failed", format!("ONNX Runtime: {text}"))
    }
}
