//! Text: where it comes from, its tokens and its passages.

pub mod passage;
pub(crate) mod pretokenizer;
pub mod source;
pub(crate) mod token_memo;
pub mod tokenizer;
