//! The index of a document: its passages, their units, and BM25 over their terms.

pub mod bm25;
mod collection;
pub(crate) mod folding;
mod index;
pub(crate) mod language;
mod misspelt;
pub(crate) mod passage_records;
pub(crate) mod postings;
mod profile;
mod search;
pub(crate) mod term_counts;
pub(crate) mod terms;
pub(crate) mod unit_records;

pub use collection::Collection;
pub use index::{Index, Stored};
pub use language::Language;
pub use passage_records::Passage;
pub(crate) use profile::TermProfile;
pub use search::{Match, Query};
pub use unit_records::{Place, UnitRecord};
