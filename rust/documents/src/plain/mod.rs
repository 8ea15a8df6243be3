//! Plain text: headings, lists with their lead-ins, tables, records, chats, quoted mail, pages and columns, told by how the lines look.
//!
//! The text form is the text itself. The steps, each in a file: lines; pages' headers and footers; columns; stanzas, which are runs of lines that
//! belong together; and of each stanza its blocks.

mod columns;
mod headings;
mod lines;
pub(crate) mod list;
pub(crate) mod marks;
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
    let mut lines = lines::lines(text);
    pages::mark(text, &mut lines, &mut state.edges);
    let extras = extras(&lines, state);
    let lines = columns::unfold(text, lines);
    let stanzas = stanza::stanzas(text, &lines);
    let found = Reader::new(text, &lines, !state.begun).read(&stanzas);
    state.begun |= !found.is_empty();
    placed(merged(found, extras), state)
}

/// Furniture and the beginnings of pages, in order.
fn extras(lines: &[Line], state: &mut State) -> Vec<Block> {
    let mut found = Vec::new();
    if state.page == 0 && lines.iter().any(|line| line.feeds > 0) {
        state.page = 1;
        found.push(page_break(0, 1));
    }
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
fn merged(blocks: Vec<Block>, extras: Vec<Block>) -> Vec<Block> {
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

/// Gives each block its page.
fn placed(mut blocks: Vec<Block>, state: &State) -> Vec<Block> {
    let breaks: Vec<(usize, Place)> =
        blocks.iter().filter(|block| block.kind == Kind::PageBreak).map(|block| (block.range().start, block.place)).collect();
    if let Some(&(_, Place::Page(first))) = breaks.first() {
        for block in &mut blocks {
            let after = breaks.partition_point(|page| page.0 <= block.range().start);
            let page = if after > 0 { breaks[after - 1].1 } else { Place::Page(first.max(2) - 1) };
            block.place = page;
        }
    } else if state.page > 0 {
        blocks.iter_mut().for_each(|block| block.place = Place::Page(state.page));
    }
    blocks
}
