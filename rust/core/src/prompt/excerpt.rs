//! What is shown of a document: words that stand there, in document order, and the way back to their places.

use std::ops::Range;

use crate::answer::{Quote, Span};
use crate::error::Result;
use crate::index::UnitRecord;
use crate::text::source::TextSource;
use crate::text::span::{Utf16, utf16_length};
use crate::text::units::within;
use crate::text::whitespace::{trimmed, untrimmed};

/// Bytes between two stretches of a quote that are looked at.
const GAP: u64 = 16;

/// Words of the document, and where they stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excerpt {
    /// White space folded.
    pub text: String,
    parts: Vec<Part>,
}

/// A part of an excerpt: a unit's own words, or what it is read with.
#[derive(Debug, Clone)]
struct Part {
    /// Its bytes in the excerpt's text.
    shown: Range<usize>,
    spans: Vec<Span>,
    /// What stands in the spans.
    source: String,
}

impl Excerpt {
    /// Words in the text of a model's own: they stand nowhere.
    pub fn own(text: String) -> Self {
        Self { text, parts: Vec::new() }
    }

    /// One stretch of the document.
    pub fn of(source: &TextSource, span: Span) -> Result<Self> {
        let mut excerpt = Self::default();
        excerpt.add(vec![span], source.slice(span.start, span.end)?);
        Ok(excerpt)
    }

    /// Adds what stands in some stretches, unless it is there already.
    pub fn add(&mut self, spans: Vec<Span>, source: String) {
        if self.parts.iter().any(|part| part.spans == spans) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(&trimmed(&source));
        self.parts.push(Part { shown: start..self.text.len(), spans, source });
    }

    /// Adds the parts of another that are not there already.
    pub fn append(&mut self, other: &Self) {
        other.parts.iter().for_each(|part| self.add(part.spans.clone(), part.source.clone()));
    }

    /// Where in its text the last part begins.
    pub fn last(&self) -> usize {
        self.parts.last().map_or(0, |part| part.shown.start)
    }

    /// All stretches that it stands in.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        self.parts.iter().flat_map(|part| part.spans.iter().copied())
    }

    /// What of each part stands in some bytes of its text, as it stands in the document.
    pub fn quotes(&self, source: &TextSource, range: Range<usize>) -> Result<Vec<Vec<Quote>>> {
        let mut found = Vec::new();
        for part in &self.parts {
            let (start, end) = (range.start.max(part.shown.start), range.end.min(part.shown.end));
            if start < end {
                let (from, to) = (untrimmed(&part.source, start - part.shown.start), untrimmed(&part.source, end - part.shown.start));
                let spans = joined(source, within(&part.spans, &part.source, from, to))?;
                let quotes: Vec<Quote> = spans.into_iter().filter_map(|span| quote(source, span).transpose()).collect::<Result<_>>()?;
                found.extend((!quotes.is_empty()).then_some(quotes));
            }
        }
        Ok(found)
    }
}

/// Stretches with nothing between but white space or the hyphen at a line's end, as one.
fn joined(source: &TextSource, spans: Vec<Span>) -> Result<Vec<Span>> {
    let mut found: Vec<Span> = Vec::new();
    for span in spans {
        match found.last_mut() {
            Some(last) if last.end <= span.start && span.start - last.end <= GAP && joins(&source.slice(last.end, span.start)?) => {
                (last.end, last.end_utf16) = (span.end, span.end_utf16);
            }
            _ => found.push(span),
        }
    }
    Ok(found)
}

fn joins(gap: &str) -> bool {
    gap.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '\u{ad}' | '\u{2010}'))
}

/// What stands in a stretch, white space around it left out; none where there is nothing else.
fn quote(source: &TextSource, span: Span) -> Result<Option<Quote>> {
    let text = source.slice(span.start, span.end)?;
    let words = text.trim();
    let start = text.len() - text.trim_start().len();
    let span = Span::within(span.start, span.start_utf16, &text, start, start + words.len());
    Ok((!words.is_empty()).then(|| Quote::new(span, words.to_owned())))
}

/// The stretches and the text of a unit, of the text of its passage.
pub(crate) fn unit_text(unit: &UnitRecord, passage: &str, places: &mut Utf16) -> Option<(Vec<Span>, String)> {
    let mut text = String::new();
    for range in &unit.ranges {
        text.push_str(passage.get(range.clone())?);
    }
    Some((unit.ranges.iter().map(|range| places.span(passage, range.start, range.end)).collect(), text))
}

/// A sentence that was cut into units, as one unit.
pub(crate) fn uncut(parts: &[&UnitRecord], passage: &str) -> UnitRecord {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for range in parts.iter().flat_map(|part| &part.ranges) {
        match ranges.last_mut() {
            Some(last) if passage.get(last.end..range.start).is_some_and(|gap| gap.trim().is_empty()) => last.end = range.end,
            _ => ranges.push(range.clone()),
        }
    }
    UnitRecord { ranges, ..parts[0].clone() }
}

/// The stretches and texts that a unit is read with, outermost first.
pub(crate) fn context_texts(source: &TextSource, unit: &UnitRecord) -> Result<Vec<(Span, String)>> {
    let text = |place: &crate::index::Place| {
        let end = place.start.saturating_add(place.length).min(source.length());
        let text = source.slice(place.start.min(end), end)?;
        let end_utf16 = place.start_utf16 + utf16_length(&text);
        Ok((Span { start: place.start.min(end), end, start_utf16: place.start_utf16, end_utf16 }, text))
    };
    unit.context.iter().map(text).collect()
}
