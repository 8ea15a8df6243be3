//! A document's tables, records and lists, entry by entry, each with what it is named by. Holds a chunk, the last blocks' names and the open lists.

use std::collections::VecDeque;

use edgeinfinite_documents::{Block, Kind};

use crate::answer::Span;
use crate::error::Result;
use crate::text::source::TextSource;
use crate::text::span::{Utf16, utf16_length};
use crate::text::structure::{Chunk, Structure};

/// Blocks that are remembered to name others, and bytes of each.
const REMEMBERED: usize = 64;
const NAME: usize = 240;
/// Most columns that are looked at.
pub(super) const COLUMNS: usize = 32;

/// What a table, some records or a list are named by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub kind: Entries,
    pub heading: Option<String>,
    /// The words that lead it in; of a nested list the item that it hangs on.
    pub lead: Option<String>,
    /// Names of the columns of a table; those of records come with their entries.
    pub columns: Vec<String>,
    /// Of a list: whether its items are numbered.
    pub numbered: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Entries {
    #[default]
    Rows,
    Records,
    Items,
}

/// A row, a record or an item.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// Which table or list it is of, counted from 0 in their order.
    pub of: usize,
    pub span: Span,
    pub text: &'t str,
    /// The number of the column, and what stands there.
    pub cells: Vec<(usize, &'t str)>,
    pub columns: &'t [String],
}

/// What comes in a walk.
#[derive(Debug)]
pub(super) enum Met<'t> {
    Begins(usize, &'t Named),
    Entry(Entry<'t>),
    /// The document's first heading, before anything under it.
    Title(&'t str),
    /// Words outside of tables and records, the items of lists among them.
    Prose(&'t str),
}

/// A block that may name others.
#[derive(Debug)]
struct Said {
    number: usize,
    text: String,
    heading: bool,
}

#[derive(Debug)]
struct OpenRows {
    of: usize,
    /// The header's number; the first label of records.
    header: Option<usize>,
    label: String,
    columns: Vec<String>,
}

#[derive(Debug)]
struct OpenList {
    of: usize,
    depth: u8,
    first: usize,
    last: String,
}

/// A walk through a document from its start.
#[derive(Debug)]
pub(super) struct Walk {
    structure: Structure,
    source: TextSource,
    /// Where the next chunk begins; None before the first.
    at: Option<(u64, u64)>,
    number: usize,
    begun: usize,
    titled: bool,
    said: VecDeque<Said>,
    headers: VecDeque<(usize, Vec<String>, Option<usize>)>,
    rows: Option<OpenRows>,
    /// Whether another block came after the last row.
    broken: bool,
    lists: Vec<OpenList>,
}

impl Walk {
    pub fn new(source: &TextSource) -> Self {
        Self {
            structure: Structure::new(source.clone()),
            source: source.clone(),
            at: None,
            number: 0,
            begun: 0,
            titled: false,
            said: VecDeque::new(),
            headers: VecDeque::new(),
            rows: None,
            broken: false,
            lists: Vec::new(),
        }
    }

    /// The next chunk of the document; whether there was one.
    pub fn advance(&mut self, meet: &mut dyn FnMut(Met)) -> Result<bool> {
        let Some(chunk) = self.structure.advance()? else { return Ok(false) };
        let at = match self.at {
            Some(at) => at,
            None => Structure::base(&self.source)?,
        };
        let mut places = Utf16::new(at.0, at.1);
        for block in &chunk.blocks {
            self.block(&chunk, block, &mut places, meet);
            self.number += 1;
        }
        self.at = Some((at.0 + chunk.text.len() as u64, at.1 + utf16_length(&chunk.text)));
        Ok(true)
    }

    /// Bytes of the document that are behind.
    pub fn done(&self) -> u64 {
        self.at.map_or(0, |at| at.0)
    }

    fn block(&mut self, chunk: &Chunk, block: &Block, places: &mut Utf16, meet: &mut dyn FnMut(Met)) {
        let range = block.range();
        let range = range.start - chunk.start..range.end - chunk.start;
        let text = chunk.text[range.clone()].trim_end();
        let mut span = || places.span(&chunk.text, range.start, range.start + text.len());
        let cell =
            |cell: &std::ops::Range<usize>| chunk.text.get(cell.start - chunk.start..cell.end - chunk.start).unwrap_or_default().trim();
        match &block.kind {
            Kind::PageBreak | Kind::Furniture | Kind::Caption => {}
            Kind::Header { cells } => {
                let columns = cells.iter().take(COLUMNS).map(|range| name(cell(range))).collect();
                self.headers.push_back((self.number, columns, block.lead));
                if self.headers.len() > REMEMBERED {
                    self.headers.pop_front();
                }
                self.broken = true;
                self.lists.clear();
            }
            Kind::Row { cells } => {
                let of = self.row(block, meet);
                let cells = cells.iter().take(COLUMNS).map(cell).enumerate().collect();
                let columns = self.rows.as_ref().map_or(&[][..], |rows| &rows.columns);
                meet(Met::Entry(Entry { of, span: span(), text, cells, columns }));
            }
            Kind::Record { fields } if !fields.is_empty() => {
                let labels: Vec<(&str, &str)> = fields.iter().take(COLUMNS).map(|field| (cell(&field.label), cell(&field.value))).collect();
                let of = self.record(block, labels[0].0, meet);
                let mut cells = Vec::with_capacity(labels.len());
                let mut none = Vec::new();
                let columns = self.rows.as_mut().map_or(&mut none, |rows| &mut rows.columns);
                for (label, value) in labels {
                    let at = columns.iter().position(|column| column == label).or_else(|| {
                        let new = (columns.len() < COLUMNS).then_some(columns.len());
                        columns.extend(new.map(|_| name(label)));
                        new
                    });
                    cells.extend(at.map(|at| (at, value)));
                }
                meet(Met::Entry(Entry { of, span: span(), text, cells, columns }));
            }
            Kind::Item { depth } => {
                let of = self.item(block, *depth, text, meet);
                meet(Met::Prose(text));
                meet(Met::Entry(Entry { of, span: span(), text, cells: Vec::new(), columns: &[] }));
            }
            kind => {
                self.broken = true;
                let inside = block.lead.is_some_and(|lead| self.lists.first().is_some_and(|list| lead >= list.first));
                if !inside {
                    self.lists.clear();
                }
                let heading = matches!(kind, Kind::Heading { .. });
                if heading && !self.titled {
                    self.titled = true;
                    meet(Met::Title(text));
                }
                meet(Met::Prose(text));
                self.remember(text, heading);
            }
        }
    }

    fn remember(&mut self, text: &str, heading: bool) {
        if self.said.len() == REMEMBERED {
            // Headings name what stands far below them: the oldest other goes first.
            let at = self.said.iter().position(|said| !said.heading).unwrap_or(0);
            self.said.remove(at);
        }
        self.said.push_back(Said { number: self.number, text: name(text), heading });
    }

    fn recall(&self, number: Option<usize>) -> Option<&Said> {
        number.and_then(|number| self.said.iter().rev().find(|said| said.number == number))
    }

    /// The heading and the lead of a block.
    fn names(&self, block: &Block, lead: Option<usize>) -> (Option<String>, Option<String>) {
        let heading = self.recall(block.heading).map(|said| said.text.clone());
        let lead = self.recall(lead).filter(|said| !said.heading).map(|said| last_sentence(&said.text));
        (heading, lead)
    }

    fn begin(&mut self, named: &Named, meet: &mut dyn FnMut(Met)) -> usize {
        meet(Met::Begins(self.begun, named));
        self.begun += 1;
        self.begun - 1
    }

    /// The table that a row is of.
    fn row(&mut self, block: &Block, meet: &mut dyn FnMut(Met)) -> usize {
        let header = self.headers.iter().rev().find(|header| Some(header.0) == block.lead).map(|header| header.0);
        if let Some(rows) = &self.rows
            && rows.label.is_empty()
            && rows.header == header
            && (header.is_some() || !self.broken)
        {
            return rows.of;
        }
        let (columns, lead) = match self.headers.iter().rev().find(|one| Some(one.0) == header) {
            Some((_, columns, lead)) => (columns.clone(), *lead),
            None => (Vec::new(), block.lead),
        };
        let (heading, lead) = self.names(block, lead);
        let of = self.begin(&Named { kind: Entries::Rows, heading, lead, columns: columns.clone(), numbered: false }, meet);
        self.rows = Some(OpenRows { of, header, label: String::new(), columns });
        self.broken = false;
        self.lists.clear();
        of
    }

    /// The records that one is of: those before it whose first label is the same.
    fn record(&mut self, block: &Block, label: &str, meet: &mut dyn FnMut(Met)) -> usize {
        let label = name(label);
        if let Some(rows) = &self.rows
            && !self.broken
            && rows.label == label
        {
            return rows.of;
        }
        let (heading, lead) = self.names(block, block.lead);
        let of = self.begin(&Named { kind: Entries::Records, heading, lead, ..Named::default() }, meet);
        self.rows = Some(OpenRows { of, header: None, label, columns: Vec::new() });
        self.broken = false;
        self.lists.clear();
        of
    }

    /// The list that an item is of.
    fn item(&mut self, block: &Block, depth: u8, text: &str, meet: &mut dyn FnMut(Met)) -> usize {
        self.broken = true;
        while self.lists.last().is_some_and(|list| list.depth > depth) {
            self.lists.pop();
        }
        if let Some(list) = self.lists.last_mut().filter(|list| list.depth == depth) {
            list.last = name(text);
            return list.of;
        }
        let (heading, lead) = self.names(block, block.lead);
        let lead = self.lists.last().map(|outer| outer.last.clone()).or(lead);
        let numbered = text.trim_start_matches('(').starts_with(|c: char| c.is_ascii_digit());
        let of = self.begin(&Named { kind: Entries::Items, heading, lead, columns: Vec::new(), numbered }, meet);
        self.lists.push(OpenList { of, depth, first: self.number, last: name(text) });
        of
    }
}

/// As much of a text as may be a name.
fn name(text: &str) -> String {
    let mut end = text.len().min(NAME);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim().to_owned()
}

/// What leads a list in stands at the end of its paragraph.
fn last_sentence(text: &str) -> String {
    crate::text::sentences::sentences(text).pop().map_or_else(String::new, |range| text[range].trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text's tables and lists are named by, and the entries of each.
    fn met(text: &str) -> (Vec<Named>, Vec<Vec<String>>) {
        let (mut named, mut entries) = (Vec::new(), Vec::<Vec<String>>::new());
        let mut walk = Walk::new(&TextSource::text(text).unwrap());
        while walk
            .advance(&mut |met| match met {
                Met::Begins(_, name) => {
                    named.push(name.clone());
                    entries.push(Vec::new());
                }
                Met::Entry(entry) => {
                    assert_eq!(&text[entry.span.start as usize..entry.span.end as usize], entry.text);
                    entries[entry.of].push(entry.text.to_owned());
                }
                Met::Title(_) | Met::Prose(_) => {}
            })
            .unwrap()
        {}
        (named, entries)
    }

    #[test]
    fn lists_and_tables_have_their_names() {
        let text = "# Club 🙂\n\n## Members\n\n- Anna\n  - chair\n- Ben\n\nBring these items:\n\n- oars\n- a hat\n\n## Boats\n\n| Boat | Seats |\n|---|---|\n| Tern | 1 |\n| Skua | 8 |\n";
        let (named, entries) = met(text);
        let names: Vec<_> = named.iter().map(|n| (n.heading.as_deref(), n.lead.as_deref(), n.columns.len())).collect();
        assert_eq!(
            names,
            [
                (Some("Members"), None, 0),
                (Some("Members"), Some("- Anna"), 0),
                (Some("Members"), Some("Bring these items:"), 0),
                (Some("Boats"), None, 2),
            ]
        );
        assert_eq!(entries[0], ["- Anna", "- Ben"]);
        assert_eq!(entries[3], ["| Tern | 1 |", "| Skua | 8 |"]);
    }

    #[test]
    fn rows_of_a_long_table_are_of_one_table() {
        let rows: String = (0..50_000).map(|row| format!("b{row},{},red\n", row % 7)).collect();
        let (named, entries) = met(&format!("boat,seats,colour\n{rows}"));
        assert_eq!((named.len(), entries[0].len(), named[0].columns.len()), (1, 50_000, 3));
    }
}
