//! Text: where it comes from, its structure, its sentences and other units, its tokens.

mod abbreviations;
pub(crate) mod byte_source;
pub mod cutter;
mod encoding;
pub(crate) mod extraction;
pub(crate) mod number_words;
mod places;
pub(crate) mod pretokenizer;
pub(crate) mod sentences;
pub mod source;
pub mod span;
mod stored_blocks;
pub mod structure;
pub mod tokenizer;
pub mod unit_stream;
pub mod units;
mod utf16_marks;
pub mod whitespace;
pub(crate) mod word_memo;
