//! Units of a document: sentences, headings, rows, records, lines of code, each with the context that it is to be read with.
//!
//! They are cut once, while the document is read, from the blocks of its structure.

use std::sync::Arc;

use crate::error::Result;
use crate::text::sentences::{clause, sentences};
use crate::text::span::{Span, utf16_length};
use crate::text::tokenizer::Tokens;
use crate::text::whitespace::folded;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// A sentence, a row, a record, a line.
    Said,
    /// A heading of that level; 1 is the highest.
    Heading(u8),
    /// It says nothing without what follows and is read with that: a question with its answer, a table's header.
    Lead,
    /// What a message quotes of another.
    Quoted,
}

/// A stretch that is read with a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ContextPart {
    pub span: Span,
    pub text: String,
}

/// What a unit is read with, outermost first.
pub type Context = Arc<[ContextPart]>;

/// A unit of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextUnit {
    /// Where it stands, ascending; nearly always one stretch.
    pub spans: Vec<Span>,
    /// The text of all of them, nothing between.
    pub text: String,
    #[allow(missing_docs)]
    pub kind: UnitKind,
    /// Whether it goes on with the sentence of the unit before, which was too long for a prompt.
    pub part: bool,
    #[allow(missing_docs)]
    pub context: Context,
    /// Whether it cannot be understood without its context, as an answer without its question; else that is only quoted with it.
    pub leans: bool,
}

impl TextUnit {
    /// One that stands in one stretch, without a context.
    pub fn new(start: u64, start_utf16: u64, text: impl Into<String>, kind: UnitKind) -> Self {
        let text = text.into();
        let span = Span::within(start, start_utf16, &text, 0, text.len());
        Self { spans: vec![span], text, kind, part: false, context: Context::default(), leans: false }
    }

    /// From its first byte to its last; others may lie between.
    pub fn extent(&self) -> Span {
        let (first, last) = (self.spans[0], self.spans[self.spans.len() - 1]);
        Span { end: last.end, end_utf16: last.end_utf16, ..first }
    }

    /// Its first bytes and the others, white space between left out.
    fn cut(&self, at: usize) -> [Self; 2] {
        let first = self.text[..at].trim_end().len();
        let second = self.text.len() - self.text[at..].trim_start().len();
        let part = |from: usize, to: usize, part: bool| Self {
            spans: within(&self.spans, &self.text, from, to),
            text: self.text[from..to].to_owned(),
            part,
            context: Arc::clone(&self.context),
            kind: self.kind,
            leans: self.leans,
        };
        [part(0, first, self.part), part(second, self.text.len(), true)]
    }
}

/// From the first byte of any of some units to the last; there is at least one.
pub(crate) fn extent(units: &[TextUnit]) -> Span {
    let mut whole = units[0].extent();
    for span in units.iter().flat_map(|unit| &unit.spans) {
        whole.start = whole.start.min(span.start);
        whole.start_utf16 = whole.start_utf16.min(span.start_utf16);
        whole.end = whole.end.max(span.end);
        whole.end_utf16 = whole.end_utf16.max(span.end_utf16);
    }
    whole
}

/// The stretches of some bytes of a text that stands in stretches.
pub(crate) fn within(spans: &[Span], text: &str, from: usize, to: usize) -> Vec<Span> {
    let (mut found, mut at) = (Vec::new(), 0);
    for span in spans {
        let (start, end) = (from.max(at), to.min(at + span.length()));
        if start < end {
            let start_utf16 = span.start_utf16 + utf16_length(&text[at..start]);
            let end_utf16 = start_utf16 + utf16_length(&text[start..end]);
            found.push(Span { start: span.start + (start - at) as u64, end: span.start + (end - at) as u64, start_utf16, end_utf16 });
        }
        at += span.length();
    }
    found
}

/// Units with their tokens as a citing model reads them, cut further where one takes more than `most` tokens.
///
/// # Errors
/// `model.tokenizer` when the tokenizer fails.
pub fn tokenized(units: Vec<TextUnit>, most: usize, tokens: &Tokens) -> Result<Vec<(TextUnit, Vec<u32>)>> {
    let mut found = Vec::with_capacity(units.len());
    let mut waiting: Vec<TextUnit> = units.into_iter().rev().collect();
    while let Some(unit) = waiting.pop() {
        let ids = tokens.encode(&folded(&unit.text))?;
        let middle = clause(&unit.text, unit.text.len().div_ceil(2).max(1));
        if ids.len() <= most || middle == 0 || middle >= unit.text.len() {
            found.push((unit, ids));
            continue;
        }
        let [first, second] = unit.cut(middle);
        waiting.push(second);
        waiting.push(first);
    }
    Ok(found)
}

/// The sentences of a text that is no document, each as it stands there.
pub fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| sentences(line).into_iter().map(move |range| &line[range]))
}
