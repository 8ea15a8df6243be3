//! Passages of several documents as one document: their text one after another under their headings, each document under its title, so that all that answers
//! out of a document answers out of a shelf. What is quoted of it is told as it stands in the documents.

use std::collections::HashMap;
use std::sync::Arc;

use crate::answer::{Answer, Quote, Span};
use crate::document::{self, DocumentState, ReadingState};
use crate::error::Result;
use crate::index::postings::damaged;
use crate::index::{Index, Language};
use crate::prompt::excerpt::{context_texts, unit_text};
use crate::search::quotes::headings;
use crate::shelf::shelf::Shared;
use crate::shelf::snapshot::Snapshot;
use crate::text::byte_source::ByteSource;
use crate::text::source::TextSource;
use crate::text::span::{Utf16, utf16_length};
use crate::text::units::{ContextPart, TextUnit};
use crate::text::whitespace::trimmed;

/// Bytes of a token, where nothing better is known.
const TOKEN: u64 = 4;

/// A passage: its document's place in the snapshot, and its number there.
pub(super) type PassageId = (u32, u32);

/// Passages as one document.
#[derive(Debug)]
pub(super) struct Gathered {
    pub document: Arc<document::Shared>,
    snapshot: Arc<Snapshot>,
    parts: Vec<Part>,
    passages: Vec<PassageId>,
}

/// A stretch of the gathered text, and the document and the place where it stands; None of a title.
#[derive(Debug)]
struct Part {
    span: Span,
    origin: Option<(u32, u64, u64)>,
}

/// What was told before: of a document a stretch by its first byte and length, or its title.
type Told = (u32, Option<(u64, usize)>);

/// The text so far.
#[derive(Debug, Default)]
struct GatheredText {
    text: String,
    utf16: u64,
    parts: Vec<Part>,
    told: HashMap<Told, Span>,
}

impl Gathered {
    /// Of passages, ascending, none twice; their terms are made as those of a language.
    pub fn new(shelf: &Shared, snapshot: &Arc<Snapshot>, passages: Vec<PassageId>, language: Language) -> Result<Self> {
        let mut index = Index::new(Some(&shelf.folder))?;
        index.set_language(language);
        index.weigh_by(snapshot.clone());
        let mut gathered = GatheredText::default();
        for (place, number) in &passages {
            let entry = &snapshot.documents[*place as usize];
            let document = shelf.open(entry)?;
            index.set_title(&entry.document.title);
            gathered.add(*place, &document, *number, &entry.document.title, &mut index)?;
        }
        index.finish()?;
        let GatheredText { text, utf16, parts, .. } = gathered;
        let bytes = text.len() as u64;
        let source = TextSource::kept(ByteSource::held(text.into_bytes()), Some(Vec::new()));
        let marks = ReadingState::finished(bytes, utf16, bytes / TOKEN);
        let state = DocumentState::resumed(&source, marks, index, None, sha2::Sha256::default());
        let document = Arc::new(document::Shared::finished(Arc::clone(&shelf.model), source, state));
        Ok(Self { document, snapshot: Arc::clone(snapshot), parts, passages })
    }

    /// Of all passages of one document, which stand in it as they are.
    pub fn whole(shelf: &Shared, snapshot: &Arc<Snapshot>, place: u32) -> Result<Self> {
        let document = shelf.open(&snapshot.documents[place as usize])?;
        let (end, end_utf16) = (document.source.length(), document.read_state()?.marks.start_utf16);
        let parts = vec![Part { span: Span { start: 0, end, start_utf16: 0, end_utf16 }, origin: Some((place, 0, 0)) }];
        Ok(Self { document, snapshot: Arc::clone(snapshot), parts, passages: Vec::new() })
    }

    /// The number in the gathered document of a passage.
    pub fn number(&self, passage: PassageId) -> Option<u32> {
        self.passages.binary_search(&passage).ok().map(|number| number as u32)
    }

    /// Tells an answer's quotes as they stand in the documents. What is quoted of a title is no quote; coverage says nothing of several documents.
    pub fn tell(&self, shelf: &Shared, answer: &mut Answer) -> Result<()> {
        let quotes = std::mem::take(&mut answer.quotes);
        answer.quotes = quotes.into_iter().filter_map(|quote| self.quote(shelf, quote).transpose()).collect::<Result<_>>()?;
        answer.short_answer = match answer.short_answer.take() {
            Some(quote) => self.quote(shelf, quote)?,
            None => None,
        };
        answer.coverage.clear();
        Ok(())
    }

    fn quote(&self, shelf: &Shared, quote: Quote) -> Result<Option<Quote>> {
        let Some((place, span)) = self.origin(quote.span) else { return Ok(None) };
        let entry = &self.snapshot.documents[place as usize];
        let document = shelf.open(entry)?;
        let above = headings(&document.source, &document.read_state()?.index, span.start)?;
        Ok(Some(Quote {
            document: Some(entry.document.id.clone()),
            span,
            place: document.source.place(span.start)?,
            headings: titled(&entry.document.title, above),
            ..quote
        }))
    }

    /// Where a stretch of a document stands in the gathered text, in bytes, as far as it was gathered; None where its start was not.
    pub fn stands(&self, place: u32, span: Span) -> Option<Span> {
        let moved = |part: &Part| {
            let (of, first, _) = part.origin?;
            let start = part.span.start + span.start.checked_sub(first).filter(|_| of == place)?;
            let end = part.span.end.min(start + span.end - span.start);
            (start < end).then_some(Span { start, end, ..part.span })
        };
        self.parts.iter().find_map(moved)
    }

    /// The document and the stretch of it that stands in a stretch of the gathered text.
    fn origin(&self, span: Span) -> Option<(u32, Span)> {
        let part = self.parts.get(self.parts.partition_point(|part| part.span.start <= span.start).checked_sub(1)?)?;
        let (place, start, start_utf16) = part.origin?;
        let end = if span.end <= part.span.end { span } else { part.span };
        let moved = Span {
            start: start + span.start - part.span.start,
            end: start + end.end - part.span.start,
            start_utf16: start_utf16 + span.start_utf16 - part.span.start_utf16,
            end_utf16: start_utf16 + end.end_utf16 - part.span.start_utf16,
        };
        (moved.start < moved.end).then_some((place, moved))
    }
}

/// Headings with a document's title before them, unless they begin with it.
pub(super) fn titled(title: &str, mut headings: Vec<String>) -> Vec<String> {
    if headings.first().is_none_or(|first| !is_title(title, first)) {
        headings.insert(0, title.to_owned());
    }
    headings
}

fn is_title(title: &str, heading: &str) -> bool {
    trimmed(heading.trim_start_matches('#')).trim() == trimmed(title).trim()
}

impl GatheredText {
    /// Adds a passage of a document, to the index too.
    fn add(&mut self, place: u32, document: &document::Shared, number: u32, title: &str, index: &mut Index) -> Result<()> {
        let (passage, units, above) = {
            let state = document.read_state()?;
            let passage = state.index.passage(number)?;
            (passage, state.index.units(&passage)?, state.index.path(&passage)?)
        };
        let source = &document.source;
        let text = source.slice(passage.start, passage.start + u64::from(passage.length))?;
        let own = above.last().filter(|heading| heading.start == passage.start).copied();
        let (mut path, mut texts) = (Vec::new(), Vec::new());
        for heading in above.iter().take(above.len() - usize::from(own.is_some())) {
            texts.push(source.slice(heading.start, heading.end)?);
            path.push((*heading, texts[texts.len() - 1].clone()));
        }
        let first = path.first().map(|(_, text)| text.clone()).or(own.map(|own| source.slice(own.start, own.end)).transpose()?);
        let mut spans = Vec::new();
        if first.is_none_or(|first| !is_title(title, &first)) {
            spans.push(self.tell((place, None), title, None));
        }
        for (heading, text) in &path {
            spans.push(self.tell_stretch(place, *heading, text));
        }
        // What units are read with that stands in no gathered passage of theirs.
        let end = passage.start + u64::from(passage.length);
        let mut contexts = Vec::with_capacity(units.len());
        for unit in &units {
            contexts.push(context_texts(source, unit)?);
        }
        for (span, text) in contexts.iter().flatten().filter(|(span, _)| span.start < passage.start || span.end > end) {
            self.tell_stretch(place, *span, text);
        }
        let whole = self.append(&text, Some((place, passage.start, passage.start_utf16)));
        let moved = |span: Span| Span {
            start: whole.start + span.start - passage.start,
            end: whole.start + span.end - passage.start,
            start_utf16: whole.start_utf16 + span.start_utf16 - passage.start_utf16,
            end_utf16: whole.start_utf16 + span.end_utf16 - passage.start_utf16,
        };
        if let Some(own) = own {
            self.told.insert((place, Some((own.start, (own.end - own.start) as usize))), moved(own));
        }
        let mut places = Utf16::new(whole.start, whole.start_utf16);
        let mut made = Vec::with_capacity(units.len());
        for (unit, context) in units.iter().zip(contexts) {
            let (spans, own) = unit_text(unit, &text, &mut places).ok_or_else(damaged)?;
            let part = |(span, text): (Span, String)| {
                let inside = span.start >= passage.start && span.end <= end;
                ContextPart { span: if inside { moved(span) } else { self.told[&(place, Some((span.start, text.len())))] }, text }
            };
            let context = context.into_iter().map(part).collect::<Vec<_>>().into();
            made.push(TextUnit { spans, text: own, kind: unit.kind, part: unit.part, context, leans: unit.leans });
        }
        spans.extend(own.map(moved));
        index.add_under(&made, &texts, spans)
    }

    /// Where a stretch of a document stands, which is added unless it was.
    fn tell_stretch(&mut self, place: u32, span: Span, text: &str) -> Span {
        self.tell((place, Some((span.start, text.len()))), text, Some((place, span.start, span.start_utf16)))
    }

    fn tell(&mut self, key: Told, text: &str, origin: Option<(u32, u64, u64)>) -> Span {
        if let Some(span) = self.told.get(&key) {
            return *span;
        }
        let span = self.append(text, origin);
        self.told.insert(key, span);
        span
    }

    fn append(&mut self, text: &str, origin: Option<(u32, u64, u64)>) -> Span {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
            self.utf16 += 2;
        }
        let start = self.text.len() as u64;
        let start_utf16 = self.utf16;
        self.text.push_str(text);
        self.utf16 += utf16_length(text);
        let span = Span { start, end: self.text.len() as u64, start_utf16, end_utf16: self.utf16 };
        self.parts.push(Part { span, origin });
        span
    }
}
