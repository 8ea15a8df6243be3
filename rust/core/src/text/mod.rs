//! Text: where it comes from, its blocks, its tokens, its sentences and headings.

pub mod blocks;
mod byte_source;
mod encoding;
pub(crate) mod extraction;
pub(crate) mod markup;
mod places;
pub(crate) mod pretokenizer;
mod sentence;
pub mod source;
pub(crate) mod span;
pub mod tokenizer;
pub mod units;
mod utf16_marks;
pub mod whitespace;
pub(crate) mod word_memo;
