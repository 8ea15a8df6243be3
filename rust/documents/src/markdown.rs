//! Markdown: its own blocks, over its own text.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::block::{Block, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::plain::marks::{asks, ends_sentence};
use crate::plain::{State, blocks, cut};
use crate::writer::Writer;

/// Bytes of a text that are parsed together; a longer one is cut after a blank line.
const PART: usize = 4 << 20;

/// Reads a Markdown text of any length.
pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let mut text = String::new();
    loop {
        let more = source.append(&mut text, writer.budget())?;
        while text.len() >= 2 * PART || (!more && !text.is_empty()) {
            let end = if text.len() < 2 * PART { text.len() } else { cut(&text, PART) };
            let found = Walk::new(&text[..end]).read();
            writer.part(&text[..end], found, None)?;
            writer.budget().check()?;
            text.drain(..end);
        }
        if !more {
            return Ok(());
        }
    }
}

/// An item whose words have not all been seen.
struct Item {
    /// Where its words begin, its mark included; none once they are told.
    start: Option<usize>,
    block: Option<usize>,
    lead: Option<usize>,
}

struct Walk<'t> {
    text: &'t str,
    blocks: Vec<Block>,
    items: Vec<Item>,
    /// The lead of each open list.
    lists: Vec<Option<usize>>,
    /// Where the words of the open block begin and end.
    words: Option<Range<usize>>,
    header: Option<usize>,
    table_lead: Option<usize>,
    cells: Vec<Range<usize>>,
    quotes: usize,
    cell: bool,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        let (blocks, items, lists, cells) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { text, blocks, items, lists, words: None, header: None, table_lead: None, cells, quotes: 0, cell: false }
    }

    fn read(mut self) -> Vec<Block> {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        for (event, range) in Parser::new_ext(self.text, options).into_offset_iter() {
            self.event(event, range);
        }
        self.join_answers();
        self.blocks
    }

    fn event(&mut self, event: Event, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Rule => {
                self.end_item_words();
                self.push(Kind::Furniture, range, None);
            }
            Event::Html(_) | Event::Text(_) | Event::Code(_) | Event::InlineHtml(_) | Event::SoftBreak | Event::HardBreak => {
                self.extend(range)
            }
            Event::TaskListMarker(_) => self.extend(range),
            _ => self.extend(range),
        }
    }

    fn extend(&mut self, range: Range<usize>) {
        match &mut self.words {
            Some(words) => words.end = words.end.max(range.end),
            None => self.words = Some(range),
        }
    }

    fn start(&mut self, tag: Tag, range: Range<usize>) {
        match tag {
            Tag::Paragraph => self.words = None,
            Tag::Heading { .. } => {
                self.end_item_words();
                self.words = None;
            }
            Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) => {
                self.end_item_words();
                self.words = None;
            }
            Tag::BlockQuote(_) => {
                self.end_item_words();
                self.quotes += 1;
            }
            Tag::List(_) => {
                self.end_item_words();
                let lead = self.items.last().and_then(|item| item.block).or_else(|| self.leading());
                self.lists.push(lead);
            }
            Tag::Item => {
                let lead = self.lists.last().copied().flatten();
                self.items.push(Item { start: Some(range.start), block: None, lead });
                self.words = None;
            }
            Tag::Table(_) => {
                self.end_item_words();
                self.header = None;
                self.table_lead = self.leading();
            }
            Tag::TableHead | Tag::TableRow => self.cells.clear(),
            Tag::TableCell => {
                self.words = None;
                self.cell = true;
            }
            // Links, emphasis and the like: their marks belong to the words.
            _ => self.extend(range),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => {
                let words = self.words.take();
                match self.items.last().map(|item| item.start) {
                    Some(Some(_)) => {
                        self.words = words;
                        self.end_item_words();
                    }
                    inside => self.paragraph(trim(self.text, range), inside.is_some()),
                }
            }
            TagEnd::Heading(level) => {
                let words = self.words.take().map(|words| trim(self.text, words));
                if let Some(words) = words.filter(|words| !words.is_empty()) {
                    let end = words.end;
                    self.push(Kind::Heading { level: depth(level) }, words, None);
                    let under = trim(self.text, end..range.end);
                    if self.text[under.clone()].starts_with(['=', '-']) {
                        self.push(Kind::Furniture, under, None);
                    }
                }
            }
            TagEnd::CodeBlock => self.code(range),
            TagEnd::HtmlBlock => {
                self.words = None;
                self.push(Kind::Paragraph, trim(self.text, range), None);
            }
            TagEnd::MetadataBlock(_) => {
                let words = self.words.take();
                if let Some(words) = words {
                    self.lines(words);
                }
            }
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => {
                self.end_item_words();
                self.items.pop();
            }
            TagEnd::TableCell => {
                self.cell = false;
                let words = self.words.take().unwrap_or(range.start..range.start);
                self.cells.push(trim(self.text, words));
            }
            TagEnd::TableHead => {
                let cells = std::mem::take(&mut self.cells);
                let head = trim(self.text, range);
                let end = head.end;
                self.header = Some(self.push(Kind::Header { cells }, head, self.table_lead));
                let rule = self.text[end..].trim_start();
                let start = self.text.len() - rule.len();
                let length = rule.find(['\n', '\r']).unwrap_or(rule.len());
                self.push(Kind::Furniture, trim(self.text, start..start + length), None);
            }
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                self.push(Kind::Row { cells }, trim(self.text, range), self.header);
            }
            TagEnd::Table => self.words = None,
            _ => {}
        }
    }

    fn push(&mut self, kind: Kind, range: Range<usize>, lead: Option<usize>) -> usize {
        if !range.is_empty() || kind == Kind::PageBreak {
            self.blocks.push(Block { lead, ..Block::new(kind, range) });
        }
        self.blocks.len().saturating_sub(1)
    }

    /// The words of the innermost item end here, if they have not before.
    fn end_item_words(&mut self) {
        let depth = self.lists.len().saturating_sub(1).min(255) as u8;
        let Some(item) = self.items.last_mut() else {
            self.words = None;
            return;
        };
        let Some(start) = item.start.take() else {
            return;
        };
        let Some(words) = self.words.take().filter(|words| words.end > start) else {
            return;
        };
        let (lead, range) = (item.lead, trim(self.text, start..words.end));
        let number = self.push(Kind::Item { depth }, range, lead);
        if let Some(item) = self.items.last_mut() {
            item.block = Some(number);
        }
    }

    /// The last block, if it leads in a list or a table.
    fn leading(&self) -> Option<usize> {
        let last = self.blocks.len().checked_sub(1)?;
        let words = self.text[self.blocks[last].range()].trim_end_matches(['*', '_']);
        (self.blocks[last].kind == Kind::Paragraph && (words.ends_with(':') || !ends_sentence(words))).then_some(last)
    }

    /// A paragraph: sentences, or lines that each say something.
    fn paragraph(&mut self, range: Range<usize>, in_item: bool) {
        let outer = self.items.last().and_then(|item| item.block).filter(|_| in_item);
        if self.quotes == 0 && self.text[range.clone()].contains(['\n', '\r']) {
            let first = self.blocks.len();
            self.lines(range);
            if let (Some(block), Some(outer)) = (self.blocks.get_mut(first), outer) {
                block.lead = block.lead.or(Some(outer));
            }
        } else if self.quotes > 0 {
            self.unmarked(range);
        } else {
            self.push(Kind::Paragraph, range, outer);
        }
    }

    /// Lines that may be records, questions with answers and so on.
    fn lines(&mut self, range: Range<usize>) {
        let first = self.blocks.len();
        let found = blocks(&self.text[range.clone()], &mut State::inside());
        self.blocks.extend(found.into_iter().map(|mut block| {
            block.shift(range.start, first);
            block
        }));
    }

    /// A block quotation, without the marks before its lines.
    fn unmarked(&mut self, range: Range<usize>) {
        let mut pieces = Vec::new();
        let mut at = range.start;
        for line in self.text[range].split_inclusive('\n') {
            let words = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
            pieces.push(at + line.len() - words.len()..at + line.len());
            at += line.len();
        }
        pieces.retain(|piece| !piece.is_empty());
        if let Some(last) = pieces.last_mut() {
            *last = trim(self.text, last.clone());
            self.blocks.push(Block { pieces, ..Block::new(Kind::Paragraph, 0..0) });
        }
    }

    fn code(&mut self, range: Range<usize>) {
        self.words = None;
        let whole = trim(self.text, range);
        let text = &self.text[whole.clone()];
        if !text.starts_with(["```", "~~~"][usize::from(text.starts_with('~'))]) {
            self.push(Kind::Code, whole, None);
            return;
        }
        let open = text.find('\n').unwrap_or(text.len());
        let close = text.rfind('\n').filter(|at| *at >= open && text[*at..].trim().starts_with(&text[..3])).unwrap_or(text.len());
        self.push(Kind::Furniture, trim(self.text, whole.start..whole.start + open), None);
        self.push(Kind::Code, trim(self.text, whole.start + open..whole.start + close.max(open)), None);
        self.push(Kind::Furniture, trim(self.text, whole.start + close..whole.end), None);
    }

    /// A paragraph that asks leads the one after it.
    fn join_answers(&mut self) {
        for at in 1..self.blocks.len() {
            let question = &self.blocks[at - 1];
            let words = question.text(self.text);
            let one = words.len() <= 300 && !words.trim_end_matches(['?', '？', '*', '_']).contains('?');
            if !asks(&words) || !one || !matches!(question.kind, Kind::Paragraph | Kind::Item { .. }) {
                continue;
            }
            let answer = &self.blocks[at];
            if answer.lead.is_none() && matches!(answer.kind, Kind::Paragraph | Kind::Item { .. }) && !asks(&answer.text(self.text)) {
                self.blocks[at].lead = Some(at - 1);
                if self.blocks[at - 1].kind == Kind::Paragraph {
                    self.blocks[at - 1].kind = Kind::Question;
                }
            }
        }
    }
}

fn depth(level: HeadingLevel) -> u8 {
    level as u8
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    crate::plain::tables::trimmed(text, range)
}
