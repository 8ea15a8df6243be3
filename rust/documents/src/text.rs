//! What a reading gives: a text form and blocks over it, handed on as they come or kept whole.

use std::io::Write;

use crate::block::{Block, Kind};
use crate::error::Result;

/// Takes the text form and the blocks as they come.
///
/// A block comes after all the text that it consists of, and blocks come in the order of their first bytes; a lead and a heading are earlier blocks.
pub trait Sink: Send {
    /// The next part of the text form.
    ///
    /// # Errors
    /// Whatever ends the reading.
    fn text(&mut self, text: &str) -> Result<()>;

    /// The next block.
    ///
    /// # Errors
    /// Whatever ends the reading.
    fn block(&mut self, block: Block) -> Result<()>;
}

/// A text form and its blocks, in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StructuredText {
    /// The text form: what is shown, and what every range counts in.
    pub text: String,
    /// The blocks over it.
    pub blocks: Vec<Block>,
}

impl StructuredText {
    /// The headings above a block, highest first, by number.
    pub fn headings(&self, block: usize) -> Vec<usize> {
        let mut above: Vec<usize> = std::iter::successors(self.blocks[block].heading, |&at| self.blocks[at].heading).collect();
        above.reverse();
        above
    }

    /// The blocks that a block is to be read with, outermost first, by number.
    pub fn leads(&self, block: usize) -> Vec<usize> {
        let mut leads: Vec<usize> = std::iter::successors(self.blocks[block].lead, |&at| self.blocks[at].lead).collect();
        leads.reverse();
        leads
    }

    /// The own text of a block.
    pub fn text_of(&self, block: usize) -> std::borrow::Cow<'_, str> {
        self.blocks[block].text(&self.text)
    }

    /// Where in the source a byte of the text form stands: the block that holds it, or the page that began inside of that block.
    pub fn place(&self, byte: usize) -> crate::Place {
        let after = self.blocks.partition_point(|block| block.range().start <= byte);
        self.blocks[..after].last().map_or_else(Default::default, |block| block.place)
    }
}

impl Sink for StructuredText {
    fn text(&mut self, text: &str) -> Result<()> {
        self.text.push_str(text);
        Ok(())
    }

    fn block(&mut self, block: Block) -> Result<()> {
        self.blocks.push(block);
        Ok(())
    }
}

/// Writes the text form to a file or a stream and hands each block to a function; holds neither.
pub struct Spool<W, F> {
    /// Where the text form goes.
    pub output: W,
    /// Where the blocks go.
    pub blocks: F,
}

impl<W: Write + Send, F: FnMut(Block) -> Result<()> + Send> Sink for Spool<W, F> {
    fn text(&mut self, text: &str) -> Result<()> {
        Ok(self.output.write_all(text.as_bytes())?)
    }

    fn block(&mut self, block: Block) -> Result<()> {
        (self.blocks)(block)
    }
}

impl Block {
    /// Whether its text is said: no furniture and no page's beginning.
    pub fn is_said(&self) -> bool {
        !matches!(self.kind, Kind::Furniture | Kind::PageBreak)
    }
}
