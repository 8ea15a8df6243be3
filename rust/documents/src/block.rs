//! One block of a structured text: what it is, which bytes are its own, what it is to be read with.

use std::borrow::Cow;
use std::ops::Range;

use crate::place::Place;

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A heading; level 1 is the highest.
    #[allow(missing_docs)]
    Heading { level: u8 },
    /// Sentences.
    Paragraph,
    /// A question that the next block answers; the answer's lead is this block. A heading that asks stays a heading.
    Question,
    /// An item of a list or a numbered clause; depth 0 is the outermost. Its lead is the item or the line that it hangs on.
    #[allow(missing_docs)]
    Item { depth: u8 },
    /// The row of a table that names its columns. Ranges of the text form, one a column.
    #[allow(missing_docs)]
    Header { cells: Vec<Range<usize>> },
    /// A row of a table; its lead is the header, if the table has one. Ranges of the text form, one a column.
    #[allow(missing_docs)]
    Row { cells: Vec<Range<usize>> },
    /// One record of several: a log's line, an object of JSON, a line "label: value".
    #[allow(missing_docs)]
    Record { fields: Vec<Field> },
    /// A line or more of code or of preformatted text.
    Code,
    /// What one message quotes of another; depth 1 is the message before.
    #[allow(missing_docs)]
    Quoted { depth: u8 },
    /// What one speaker says: a chat's message, a part of minutes.
    #[allow(missing_docs)]
    Turn { speaker: Range<usize> },
    /// The line under or over a picture or a table.
    Caption,
    /// A page begins here. Empty, and may stand inside of the block before.
    PageBreak,
    /// A page's header or footer, a rule, a fence: part of the text form and of no sentence.
    Furniture,
}

/// A label and its value; ranges of the text form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Field {
    pub label: Range<usize>,
    pub value: Range<usize>,
}

/// One block of a structured text.
///
/// Every byte of the text form that is not white space belongs to exactly one piece of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// The bytes of the text form that it consists of, ascending; nearly always one. A paragraph over a page's end, beside another column or
    /// behind quote marks has several. Each keeps the white space after it, so joined with nothing between them they read as one.
    pub pieces: Vec<Range<usize>>,
    /// The nearest heading above, as the number of its block; of a heading, the next higher one.
    pub heading: Option<usize>,
    /// The earlier block that it is to be read with, by number: an item's lead-in or outer item, a row's header, an answer's question.
    pub lead: Option<usize>,
    /// Where it begins.
    pub place: Place,
}

impl Block {
    /// A block of one piece, under no heading yet.
    pub(crate) fn new(kind: Kind, range: Range<usize>) -> Self {
        Self { kind, pieces: vec![range], heading: None, lead: None, place: Place::Whole }
    }

    /// From its first byte to its last; others' pieces may lie between.
    pub fn range(&self) -> Range<usize> {
        let start = self.pieces.first().map_or(0, |piece| piece.start);
        start..self.pieces.last().map_or(start, |piece| piece.end)
    }

    /// Its own text, of the text form that it belongs to.
    pub fn text<'t>(&self, form: &'t str) -> Cow<'t, str> {
        match self.pieces.as_slice() {
            [] => Cow::Borrowed(""),
            [piece] => Cow::Borrowed(&form[piece.clone()]),
            pieces => Cow::Owned(pieces.iter().map(|piece| &form[piece.clone()]).collect()),
        }
    }

    /// Moves it by so many bytes and its references by so many blocks.
    pub(crate) fn shift(&mut self, bytes: usize, blocks: usize) {
        let moved = |range: &mut Range<usize>| *range = range.start + bytes..range.end + bytes;
        self.pieces.iter_mut().for_each(moved);
        match &mut self.kind {
            Kind::Header { cells } | Kind::Row { cells } => cells.iter_mut().for_each(moved),
            Kind::Record { fields } => fields.iter_mut().for_each(|field| {
                moved(&mut field.label);
                moved(&mut field.value);
            }),
            Kind::Turn { speaker } => moved(speaker),
            _ => {}
        }
        self.lead = self.lead.map(|lead| lead + blocks);
    }
}
