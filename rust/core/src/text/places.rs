//! Where the bytes of a text form stand in their file: pages, slides, chapters.

use edgeinfinite_documents::{Block, Place};

/// The place of every byte of a text form: one entry for each change.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// With the first byte of each, ascending.
    starts: Vec<(u64, Place)>,
}

impl Places {
    /// Takes the place of the next block; blocks come in the order of their first bytes.
    pub fn add(&mut self, block: &Block) {
        if self.starts.last().map_or(Place::Whole, |last| last.1) != block.place {
            self.starts.push((block.range().start as u64, block.place));
        }
    }

    /// The place that a byte stands at.
    pub fn at(&self, byte: u64) -> Place {
        let after = self.starts.partition_point(|start| start.0 <= byte);
        self.starts[..after].last().map_or(Place::Whole, |start| start.1)
    }
}
