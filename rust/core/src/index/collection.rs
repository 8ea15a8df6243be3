//! What the terms of a question are weighed by: a document, or all documents of a shelf.

use std::fmt::Debug;

use crate::error::Result;

/// Passages that hold terms.
pub trait Collection: Debug + Send + Sync {
    /// How many passages hold each of some terms, which are sorted.
    ///
    /// # Errors
    /// `io` or `…damaged` by what the files hold.
    fn count(&self, terms: &[u32]) -> Result<Vec<u32>>;

    /// All passages.
    fn passages(&self) -> u32;
}
