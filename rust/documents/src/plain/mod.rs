//! Plain text: headings, lists with their lead-ins, tables, records, chats, quoted mail, pages and columns, told by how the lines look.
//!
//! The text form is the text itself. The steps, each in a file: lines; pages' headers and footers; columns; stanzas, which are runs of lines that
//! belong together; and of each stanza its blocks.

mod columns;
mod headings;
mod lines;
pub(crate) mod list;
pub(crate) mod marks;
mod overstrike;
mod pages;
mod pieces;
mod prose;
mod records;
mod stanza;
pub(crate) mod tables;

use crate::block::{Block, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::place::Place;
use crate::writer::Writer;

use lines::Line;
use prose::Reader;

pub(crate) use lines::cut;
#[cfg(feature = "pdf")]
pub(crate) use marks::ends_sentence;
pub use overstrike::struck_once;
#[cfg(feature = "pdf")]
pub(crate) use pages::{page_number, shape};
pub(crate) use stanza::looks_like_heading;

/// Bytes of a text that are looked at together; a longer one is cut after a blank line.
const PART: usize = 512 << 10;

/// What is known of a text when its next part is looked at.
#[derive(Debug, Default)]
pub(crate) struct State {
    edges: pages::Edges,
    /// The page, once a form feed was seen.
    page: u32,
    begun: bool,
}

impl State {
    /// Of a text inside of a document: its first line is no title.
    pub fn inside() -> Self {
        Self { begun: true, ..Self::default() }
    }
}

/// Reads a plain text of any length.
pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let (mut text, mut state) = (String::new(), State::default());
    loop {
        let more = source.append(&mut text, writer.budget())?;
        while text.len() >= 2 * PART || (!more && !text.is_empty()) {
            let end = if text.len() < 2 * PART { text.len() } else { lines::cut(&text, PART) };
            let found = blocks(&text[..end], &mut state);
            writer.part(&text[..end], found, None)?;
            writer.budget().check()?;
            text.drain(..end);
        }
        if !more {
            return Ok(());
        }
    }
}

/// The blocks of a text or of a part of it; ranges and leads count from the part's own beginning.
pub(crate) fn blocks(text: &str, state: &mut State) -> Vec<Block> {
    let text = &*struck_once(text);
    let mut lines = lines::lines(text);
    pages::mark(text, &mut lines, &mut state.edges);
    if state.page == 0 && lines.iter().any(|line| line.feeds > 0) {
        let mut found = vec![page_break(0, 1)];
        state.page = 1;
        found.extend(blocks_of(text, lines, state).into_iter().map(|mut block| {
            block.shift(0, 1);
            block
        }));
        return found;
    }
    blocks_of(text, lines, state)
}

/// The blocks of lines whose furniture and pages are known.
fn blocks_of(text: &str, lines: Vec<Line>, state: &mut State) -> Vec<Block> {
    let first = state.page;
    let extras = extras(&lines, state);
    let lines = columns::unfold(text, lines);
    let stanzas = stanza::stanzas(text, &lines);
    let found = Reader::new(text, &lines, !state.begun).read(&stanzas);
    state.begun |= !found.is_empty();
    placed(merged(found, extras), first)
}

/// A line that a producer tells of a page.
#[cfg(feature = "pdf")]
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub text: String,
    pub indent: usize,
    /// Whether it stands apart from the line before.
    pub apart: bool,
    /// Pages that begin before it.
    pub pages: u32,
    /// Whether it stands at the top of a column.
    pub turned: bool,
    pub furniture: bool,
}

/// The text of lines told page by page, the first of them on that page, and its blocks.
#[cfg(feature = "pdf")]
pub(crate) fn told(told: &[Told], page: u32) -> (String, Vec<Block>) {
    let (mut text, mut known) = (String::new(), Vec::with_capacity(told.len()));
    for line in told {
        if line.apart && !text.is_empty() {
            text.push('\n');
            known.push(None);
        }
        text.extend(std::iter::repeat_n(' ', line.indent));
        text.push_str(line.text.trim());
        text.push('\n');
        known.push(Some(line));
    }
    let mut lines = lines::lines(&text);
    for (line, known) in lines.iter_mut().zip(known) {
        if let Some(known) = known {
            line.feeds = known.pages;
            line.turned = known.turned;
            line.furniture = known.furniture;
        }
    }
    let mut state = State { page, ..State::inside() };
    let found = blocks_of(&text, lines, &mut state);
    text.truncate(text.trim_end().len());
    (text, found)
}

/// Furniture and the beginnings of pages, in order.
fn extras(lines: &[Line], state: &mut State) -> Vec<Block> {
    let mut found = Vec::new();
    for line in lines {
        if line.feeds > 0 {
            state.page += line.feeds;
            found.push(page_break(line.piece.start, state.page));
        }
        if line.furniture {
            found.push(Block::new(Kind::Furniture, line.words.clone()));
        }
    }
    found
}

fn page_break(at: usize, page: u32) -> Block {
    Block { place: Place::Page(page), ..Block::new(Kind::PageBreak, at..at) }
}

/// Puts extras between blocks by their first bytes, and lets leads follow.
pub(crate) fn merged(blocks: Vec<Block>, extras: Vec<Block>) -> Vec<Block> {
    if extras.is_empty() {
        return blocks;
    }
    let mut found = Vec::with_capacity(blocks.len() + extras.len());
    let mut moved = Vec::with_capacity(blocks.len());
    let mut extras = extras.into_iter().peekable();
    for mut block in blocks {
        while extras.peek().is_some_and(|extra| extra.range().start <= block.range().start) {
            found.extend(extras.next());
        }
        block.lead = block.lead.map(|lead| moved[lead]);
        moved.push(found.len());
        found.push(block);
    }
    found.extend(extras);
    found
}

/// Gives each block its page, of blocks that begin on that page; 0 if the text has none.
fn placed(mut blocks: Vec<Block>, first: u32) -> Vec<Block> {
    if first == 0 {
        return blocks;
    }
    let breaks: Vec<(usize, Place)> =
        blocks.iter().filter(|block| block.kind == Kind::PageBreak).map(|block| (block.range().start, block.place)).collect();
    for block in &mut blocks {
        let after = breaks.partition_point(|page| page.0 <= block.range().start);
        block.place = if after > 0 { breaks[after - 1].1 } else { Place::Page(first) };
    }
    blocks
}
