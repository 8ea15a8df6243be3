//! A document: its reading state, in memory and saved.

mod document;
pub(crate) mod reading_state;
pub(crate) mod saved;
pub(crate) mod sealed;

pub(crate) use document::Shared;
pub use document::{Document, DocumentOptions};
pub(crate) use reading_state::{DocumentState, Progress, ReadingState};
