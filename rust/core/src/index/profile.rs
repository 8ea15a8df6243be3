//! What a shelf keeps of a document's index: its terms, each with how many passages hold it and the most that one of them counts it.

use crate::error::Result;
use crate::index::index::Index;
use crate::index::postings::{Cursor, Posting};

/// A term of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TermProfile {
    pub term: u32,
    /// Passages that hold it.
    pub passages: u32,
    /// The most that one of them counts it: what [`passage_part`](crate::index::bm25::passage_part) takes.
    pub most: u32,
}

impl Index {
    /// Calls `each` with every term, ascending.
    ///
    /// # Errors
    /// `io` or `state.damaged` by what the file holds; those of `each`.
    pub(crate) fn profile(&self, mut each: impl FnMut(TermProfile) -> Result<()>) -> Result<()> {
        let region = &self.postings.region;
        let mut cursors = Vec::new();
        for run in &self.postings.runs {
            let mut cursor = Cursor::new(*run);
            cursor.seek(region, 0, 0)?;
            cursors.push(cursor);
        }
        while let Some(term) = cursors.iter().filter_map(Cursor::posting).map(Posting::term).min() {
            let mut profile = TermProfile { term, passages: 0, most: 0 };
            for cursor in &mut cursors {
                while let Some(posting) = cursor.posting().filter(|posting| posting.term() == term) {
                    profile.passages += 1;
                    profile.most = profile.most.max(posting.count());
                    cursor.advance(region)?;
                }
            }
            each(profile)?;
        }
        Ok(())
    }
}
