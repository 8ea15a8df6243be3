//! The one way from a producer to a sink: keeps positions, numbers blocks, puts each under its heading, asks the budget.

use std::borrow::Cow;
use std::ops::Range;

use crate::block::{Block, Kind};
use crate::error::Result;
use crate::limits::{Budget, ProgressUnit};
use crate::place::Place;
use crate::text::Sink;

/// Between two blocks of a text form that is written here.
const BETWEEN_BLOCKS: &str = "\n\n";
/// Between two cells of a row.
const BETWEEN_CELLS: &str = " | ";
/// Stands where a page ends in the words of a source that counts pages; XML 1.0 cannot hold it.
pub(crate) const PAGE_END: char = '\u{1}';

pub(crate) struct Writer<'s, 'w> {
    sink: &'s mut dyn Sink,
    budget: Budget<'w>,
    at: usize,
    blocks: usize,
    last: Option<usize>,
    headings: Vec<(u8, usize)>,
    /// Whether the block before goes close to one of its like.
    close: bool,
    said: bool,
    /// Where page ends stand that have no block yet; `None` of a source whose words hold none.
    turns: Option<Vec<usize>>,
    pub place: Place,
}

impl<'s, 'w> Writer<'s, 'w> {
    pub fn new(sink: &'s mut dyn Sink, budget: Budget<'w>) -> Self {
        Self {
            sink,
            budget,
            at: 0,
            blocks: 0,
            last: None,
            headings: Vec::new(),
            close: false,
            said: false,
            turns: None,
            place: Place::Whole,
        }
    }

    pub fn budget(&mut self) -> &mut Budget<'w> {
        &mut self.budget
    }

    pub fn done(&mut self, done: u64, total: u64, unit: ProgressUnit) -> Result<()> {
        self.budget.done(done, total, unit)
    }

    /// Bytes of the text form so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Number of the next block.
    pub fn next_block(&self) -> usize {
        self.blocks
    }

    /// Number of the last block that is no page's end.
    pub fn last_block(&self) -> Option<usize> {
        self.last
    }

    /// Whether any block says something.
    pub fn has_said(&self) -> bool {
        self.said
    }

    /// Pages are counted from here on: each [`PAGE_END`] in a text turns one.
    pub fn count_pages(&mut self) -> Result<()> {
        self.turns = Some(Vec::new());
        self.turn_page(Place::Page(1))
    }

    /// Text whose page ends cannot stand in it, without them; and how many there were before its first word, and after that.
    pub fn without_page_ends<'t>(&self, text: &'t str) -> (Cow<'t, str>, [usize; 2]) {
        match text.matches(PAGE_END).count() {
            ends if ends > 0 && self.turns.is_some() => {
                let before = text.chars().take_while(|c| *c == PAGE_END).count();
                (text.replace(PAGE_END, "").into(), [before, ends - before])
            }
            _ => (text.into(), [0; 2]),
        }
    }

    /// Writes text as it is; blocks over it follow.
    pub fn text(&mut self, text: &str) -> Result<()> {
        if self.turns.is_none() {
            return self.write(text);
        }
        let mut pages = text.split(PAGE_END);
        self.write(pages.next().unwrap_or_default())?;
        for page in pages {
            let at = self.at;
            self.turns.iter_mut().for_each(|turns| turns.push(at));
            self.write(page)?;
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.budget.text(text.len())?;
        self.at += text.len();
        self.sink.text(text)
    }

    /// Adds a block over text that is written; its ranges and its lead are the text form's.
    pub fn block(&mut self, block: Block) -> Result<usize> {
        let turns = self.turns.as_mut().map(std::mem::take).unwrap_or_default();
        let within = turns.partition_point(|at| *at <= block.range().start);
        self.turn_at(&turns[..within])?;
        let number = self.push(block)?;
        self.turn_at(&turns[within..])?;
        Ok(number)
    }

    /// Turns a page at each of these bytes.
    fn turn_at(&mut self, turns: &[usize]) -> Result<()> {
        for &at in turns {
            self.place = Place::Page(self.place.number().unwrap_or(0) + 1);
            self.push(Block::new(Kind::PageBreak, at..at))?;
        }
        Ok(())
    }

    fn push(&mut self, mut block: Block) -> Result<usize> {
        if block.place == Place::Whole {
            block.place = self.place;
        }
        if let Kind::Heading { level } = block.kind {
            while self.headings.last().is_some_and(|last| last.0 >= level) {
                self.headings.pop();
            }
        }
        if block.kind != Kind::PageBreak {
            block.heading = self.headings.last().map(|last| last.1);
        }
        if let Kind::Heading { level } = block.kind {
            self.headings.push((level, self.blocks));
        }
        self.said |= block.is_said();
        if block.kind != Kind::PageBreak {
            self.last = Some(self.blocks);
        }
        self.sink.block(block)?;
        self.blocks += 1;
        Ok(self.blocks - 1)
    }

    /// Writes text with its blocks: ranges count from the text's start, leads from its first block. The first block that is said and has no lead
    /// of its own gets this one.
    pub fn part(&mut self, text: &str, blocks: Vec<Block>, lead: Option<usize>) -> Result<()> {
        let (bytes, first) = (self.at, self.blocks);
        self.text(text)?;
        let mut lead = lead;
        for mut block in blocks {
            block.shift(bytes, first);
            if block.is_said() && block.lead.is_none() {
                block.lead = lead.take();
            }
            if let Place::Page(_) = block.place {
                self.place = block.place;
            }
            self.block(block)?;
        }
        Ok(())
    }

    /// Writes a block of its own.
    pub fn say(&mut self, kind: Kind, text: &str, lead: Option<usize>) -> Result<usize> {
        let start = self.begin(goes_close(&kind))?;
        self.text(text)?;
        self.end(kind, start, lead)
    }

    /// Begins a block of its own, close to the one before if that is of its like; [`Writer::text`] follows, then [`Writer::end`].
    pub fn begin(&mut self, close: bool) -> Result<usize> {
        self.budget.check()?;
        if self.at > 0 {
            self.text(if close && self.close { "\n" } else { BETWEEN_BLOCKS })?;
        }
        Ok(self.at)
    }

    /// Ends the block that began there.
    pub fn end(&mut self, kind: Kind, start: usize, lead: Option<usize>) -> Result<usize> {
        self.close = goes_close(&kind) || matches!(kind, Kind::Header { .. });
        self.block(Block { lead, ..Block::new(kind, start..self.at) })
    }

    /// Writes a table's row of its own: its cells side by side.
    pub fn row(&mut self, cells: &[String], header: bool, lead: Option<usize>) -> Result<usize> {
        let start = self.begin(!header)?;
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(cells.len());
        for (number, cell) in cells.iter().enumerate() {
            if number > 0 {
                self.text(BETWEEN_CELLS)?;
            }
            let from = self.at;
            self.text(cell)?;
            ranges.push(from..self.at);
        }
        let kind = if header { Kind::Header { cells: ranges } } else { Kind::Row { cells: ranges } };
        self.end(kind, start, lead)
    }

    /// As many pages end.
    pub fn turn_pages(&mut self, number: usize) -> Result<()> {
        self.turn_at(&vec![self.at; number])
    }

    /// A page, slide or the like begins.
    pub fn turn_page(&mut self, place: Place) -> Result<()> {
        self.place = place;
        self.block(Block::new(Kind::PageBreak, self.at..self.at))?;
        Ok(())
    }
}

/// Blocks that come one a line.
fn goes_close(kind: &Kind) -> bool {
    matches!(kind, Kind::Item { .. } | Kind::Row { .. } | Kind::Record { .. } | Kind::Turn { .. } | Kind::Code)
}
