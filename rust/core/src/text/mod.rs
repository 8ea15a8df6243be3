//! Text: where it comes from, its blocks, its tokens, its sentences and headings.

pub mod blocks;
mod encoding;
pub(crate) mod markup;
pub(crate) mod pretokenizer;
mod sentence;
pub mod source;
pub(crate) mod span;
pub mod tokenizer;
pub mod units;
pub mod whitespace;
pub(crate) mod word_memo;
