//! The index of a document: its passages, their units, and BM25 over their terms.

pub mod bm25;
mod index;
pub(crate) mod passage_records;
pub(crate) mod postings;
pub(crate) mod terms;
pub(crate) mod unit_records;

pub use index::{Index, Match, Passage, Stored};
pub use unit_records::{Place, UnitRecord};
