//! What documents with marks of their own share: paragraphs, headings, lists with their lead-ins and questions with their answers, as they come.

use crate::block::{Field, Kind};
use crate::error::Result;
use crate::grid::{Cell, Grid};
use crate::place::Place;
use crate::plain::marks::{asks, ends_sentence, label};
use crate::plain::{State, blocks, looks_like_heading};
use crate::writer::{PAGE_END, Writer};

/// A question is no longer than this (bytes).
const QUESTION: usize = 300;
/// A paragraph "label: value" is no longer than this (bytes).
const RECORD: usize = 160;

pub(crate) struct Flow<'f, 's, 'w> {
    pub writer: &'f mut Writer<'s, 'w>,
    /// The last block, if it leads in what follows.
    leads: Option<usize>,
    /// A question that waits for its answer.
    asked: Option<usize>,
    /// The open items by depth, and what the outermost hang on.
    items: Vec<Option<usize>>,
    list_lead: Option<usize>,
    /// The table that is being read, and its outer tables.
    tables: Vec<Grid>,
    /// Messages that this one quotes, outermost first.
    pub quoted: u8,
}

impl<'f, 's, 'w> Flow<'f, 's, 'w> {
    pub fn new(writer: &'f mut Writer<'s, 'w>) -> Self {
        Self { writer, leads: None, asked: None, items: Vec::new(), list_lead: None, tables: Vec::new(), quoted: 0 }
    }

    /// A heading; level 1 is the highest.
    pub fn heading(&mut self, level: u8, text: &str) -> Result<()> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        self.end_list();
        (self.leads, self.asked) = (None, None);
        self.writer.say(Kind::Heading { level: level.clamp(1, 9) }, &one_line(text), None)?;
        Ok(())
    }

    /// A paragraph; lines in it may be records, items and so on. `strong` if all of it is bold.
    pub fn paragraph(&mut self, text: &str, strong: bool) -> Result<()> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if self.quoted > 0 {
            self.writer.say(Kind::Quoted { depth: self.quoted }, text, None)?;
            return Ok(());
        }
        if strong && looks_like_heading(text) {
            return self.heading(if self.writer.has_said() { 6 } else { 1 }, text);
        }
        let outer = self.items.iter().rev().flatten().next().copied();
        if text.contains('\n') {
            self.end_list();
            return self.lines(text);
        }
        let lead = self.asked.take().or(outer);
        let question = asks(text) && text.len() <= QUESTION;
        let kind = if question { Kind::Question } else { Kind::Paragraph };
        let fields =
            label(text).filter(|(_, value)| text.len() <= RECORD && !text.contains(PAGE_END) && !ends_sentence(&text[value.clone()]));
        let number = match fields {
            Some((label, value)) => {
                let start = self.writer.begin(true)?;
                self.writer.text(text)?;
                let field = Field { label: start + label.start..start + label.end, value: start + value.start..start + value.end };
                self.writer.end(Kind::Record { fields: vec![field] }, start, lead)?
            }
            None => self.writer.say(kind, text, lead)?,
        };
        self.asked = question.then_some(number);
        self.leads = (text.ends_with([':', '：', '—', '–']) || (!ends_sentence(text) && !text.ends_with(','))).then_some(number);
        Ok(())
    }

    /// A term or a summary: the next paragraph or item belongs to it.
    pub fn term(&mut self, text: &str) -> Result<()> {
        self.paragraph(&one_line(text), false)?;
        self.asked = self.writer.last_block();
        Ok(())
    }

    /// Text whose line ends mean something.
    pub fn lines(&mut self, text: &str) -> Result<()> {
        let (text, [before, after]) = self.writer.without_page_ends(text);
        self.writer.turn_pages(before)?;
        let found = blocks(&text, &mut State::inside());
        self.writer.begin(false)?;
        self.writer.part(&text, found, self.asked.take())?;
        self.leads = self.writer.last_block().filter(|_| text.ends_with(':'));
        self.writer.turn_pages(after)
    }

    /// Code or preformatted text.
    pub fn code(&mut self, text: &str) -> Result<()> {
        let text = text.trim_matches(['\n', '\r']).trim_end();
        if !text.trim().is_empty() {
            self.leads = None;
            self.writer.say(Kind::Code, text, None)?;
        }
        Ok(())
    }

    /// The line of a picture or a table.
    pub fn caption(&mut self, text: &str) -> Result<()> {
        let text = text.trim();
        if !text.is_empty() {
            let number = self.writer.say(Kind::Caption, text, None)?;
            match self.tables.last_mut() {
                Some(table) => table.caption(number),
                None => self.leads = Some(number),
            }
        }
        Ok(())
    }

    /// An item at a depth from 0 on; the mark stands before its words.
    pub fn item(&mut self, depth: usize, mark: &str, text: &str) -> Result<()> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if self.items.is_empty() {
            self.list_lead = self.leads;
        }
        self.items.truncate(depth);
        let asked = self.asked.take();
        let lead = self.items.iter().rev().flatten().next().copied().or(self.list_lead).or(asked);
        self.items.resize(depth, None);
        let start = self.writer.begin(true)?;
        if !mark.is_empty() {
            self.writer.text(mark)?;
            self.writer.text(" ")?;
        }
        self.writer.text(&one_line(text))?;
        let number = self.writer.end(Kind::Item { depth: depth.min(255) as u8 }, start, lead)?;
        self.items.push(Some(number));
        self.leads = None;
        self.asked = (asks(text) && text.len() <= QUESTION).then_some(number);
        Ok(())
    }

    /// No item is open any more: what follows belongs to none.
    pub fn end_list(&mut self) {
        self.items.clear();
        self.list_lead = None;
    }

    /// Items deeper than this are closed; 0 closes all.
    pub fn close_items(&mut self, depth: usize) {
        self.items.truncate(depth);
        if depth == 0 {
            self.end_list();
        }
    }

    /// A table begins; inside of another, that one goes on afterwards.
    pub fn begin_table(&mut self) -> Result<()> {
        if let Some(outer) = self.tables.last_mut() {
            outer.write(self.writer)?;
        }
        self.writer.budget().depth(self.tables.len())?;
        self.tables.push(Grid::new(self.leads.take()));
        Ok(())
    }

    /// A row of the open table; one cell alone is a paragraph.
    pub fn row(&mut self, cells: Vec<Cell>, header: bool) -> Result<()> {
        self.writer.budget().check()?;
        match self.tables.last_mut() {
            Some(table) => table.push(cells, header, self.writer),
            None => cells.iter().try_for_each(|cell| self.paragraph(&cell.text, false)),
        }
    }

    /// A row of the open table as a document lays it out: a cell alone holds paragraphs, each of several cells one line.
    pub fn row_or_paragraphs(&mut self, row: Vec<Cell>, header: bool) -> Result<()> {
        match row.as_slice() {
            [] => Ok(()),
            [only] => only.text.split('\n').try_for_each(|line| self.paragraph(line, false)),
            _ => self.row(row.into_iter().map(|cell| Cell { text: one_line(&cell.text), ..cell }).collect(), header),
        }
    }

    pub fn end_table(&mut self) -> Result<()> {
        match self.tables.pop() {
            Some(mut table) => table.write(self.writer),
            None => Ok(()),
        }
    }

    /// A page, a slide or the like begins.
    pub fn place(&mut self, place: Place) -> Result<()> {
        self.end_list();
        self.writer.turn_page(place)
    }

    /// A block of another kind.
    pub fn other(&mut self, kind: Kind, text: &str, lead: Option<usize>) -> Result<usize> {
        (self.leads, self.asked) = (None, None);
        self.writer.say(kind, text, lead)
    }
}

/// Text with each run of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Takes up a row of a table inside of a cell, as a line of it.
pub(crate) fn nest_row(cell: &mut Cell, row: &[Cell]) {
    let told: Vec<String> = row.iter().map(|cell| one_line(&cell.text)).collect();
    cell.text.push_str(&told.join(" | "));
    cell.text.push('\n');
}
