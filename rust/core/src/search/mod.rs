//! What of a document matches a text, and what of a text stands in the document, by words alone: no graph runs.

mod agreement;
pub(crate) mod marks;
pub(crate) mod passages;
pub(crate) mod quotes;
mod runs;
mod statements;
pub(crate) mod support;

pub use passages::SearchOptions;
