//! From the index to pieces of a prompt: the units of a passage, what each of them is read with, and what stands around it.

use std::ops::Range;
use std::sync::Arc;

use crate::answer::Span;
use crate::document::Shared;
use crate::error::Result;
use crate::index::bm25::Weights;
use crate::index::postings::damaged;
use crate::index::{Index, Passage, UnitRecord};
use crate::prompt::evidence::{Evidence, Surroundings, hash, longest};
use crate::prompt::excerpt::{Excerpt, context_texts, uncut, unit_text};
use crate::text::source::TextSource;
use crate::text::span::Utf16;
use crate::text::units::UnitKind;
use crate::text::whitespace::trimmed;

/// Passages that are looked at for the words of an answer out of the memory.
const ALIKE: usize = 8;
/// Most bytes that are quoted of a list with the words that lead it in.
const LIST: usize = 600;
/// What a term counts in a sentence's score that stands in what it is read with or in the sentence before.
const CONTEXT: f32 = 0.7;
/// The same in the innermost heading, in the one above it.
const HEADINGS: [f32; 2] = [0.5, 0.25];

/// The sentences of a passage, and its heading first if `headings` are wanted or there is nothing else; each scored, `lift` added.
pub(crate) fn sentences(document: &Shared, passage: &Passage, headings: bool, weights: &Weights, lift: f32) -> Result<Vec<Evidence>> {
    let (units, path) = read(document, passage)?;
    let units = told(&units, headings);
    let nothing_said = !units.iter().any(|unit| said(unit));
    let mut reader = PassageReader::new(document, passage, path, weights)?;
    let mut found = Vec::with_capacity(units.len());
    for (at, unit) in units.iter().enumerate() {
        let mut piece = reader.piece(unit, &units[at..])?;
        piece.score += lift;
        piece.heading = headings && !nothing_said && is_heading(unit);
        found.push(piece);
    }
    Ok(found)
}

/// Whether a passage is nothing but a heading that the next one stands under: it answers nothing.
pub(super) fn only_leads(document: &Shared, passage: &Passage) -> Result<bool> {
    let state = document.state()?;
    if passage.number + 1 >= state.index.passages() || state.index.units(passage)?.iter().any(said) {
        return Ok(false);
    }
    let own = passage.start..passage.start + u64::from(passage.length);
    let next = state.index.passage(passage.number + 1)?;
    Ok(state.index.path(&next)?.iter().any(|heading| own.contains(&heading.start)))
}

/// The headings that a passage stands under, outermost first, without their marks.
pub(crate) fn headings(source: &TextSource, index: &Index, passage: &Passage) -> Result<Vec<String>> {
    let spans = index.path(passage)?;
    spans.into_iter().map(|span| Ok(trimmed(source.slice(span.start, span.end)?.trim_start_matches('#')).into_owned())).collect()
}

/// The units of a passage and the headings above it.
fn read(document: &Shared, passage: &Passage) -> Result<(Vec<UnitRecord>, Vec<Span>)> {
    let state = document.state()?;
    Ok((state.index.units(passage)?, state.index.path(passage)?))
}

/// Whether a unit can be an answer.
fn said(unit: &UnitRecord) -> bool {
    matches!(unit.kind, UnitKind::Said | UnitKind::Quoted)
}

/// Those of a passage's units that can be answers, and its heading if `headings` are wanted; all of them where none can.
pub(super) fn told(units: &[UnitRecord], headings: bool) -> Vec<&UnitRecord> {
    let nothing_said = !units.iter().any(said);
    units.iter().filter(|unit| said(unit) || nothing_said || (headings && is_heading(unit))).collect()
}

fn is_heading(unit: &UnitRecord) -> bool {
    matches!(unit.kind, UnitKind::Heading(_))
}

/// Reads the units of a passage one after another.
struct PassageReader<'d> {
    document: &'d Shared,
    start: u64,
    text: String,
    places: Utf16,
    /// The headings above, outermost first.
    path: Vec<(Span, String)>,
    weights: &'d Weights,
    /// The sentence before the next unit.
    before: Option<(Span, String)>,
    /// The whole of the sentence whose parts are being read.
    whole: Option<Arc<Excerpt>>,
}

impl<'d> PassageReader<'d> {
    fn new(document: &'d Shared, passage: &Passage, path: Vec<Span>, weights: &'d Weights) -> Result<Self> {
        let text = |span: Span| Ok((span, document.source.slice(span.start, span.end)?));
        Ok(Self {
            document,
            start: passage.start,
            text: document.source.slice(passage.start, passage.start + u64::from(passage.length))?,
            places: Utf16::new(passage.start, passage.start_utf16),
            path: path.into_iter().map(text).collect::<Result<_>>()?,
            weights,
            before: None,
            whole: None,
        })
    }

    /// A unit of the passage; `rest` begins with it.
    fn piece(&mut self, unit: &UnitRecord, rest: &[&UnitRecord]) -> Result<Evidence> {
        let (spans, own) = unit_text(unit, &self.text, &mut self.places).ok_or_else(damaged)?;
        let (context, span) = (context_texts(&self.document.source, unit)?, spans[0]);
        if !unit.part {
            self.whole = self.whole(rest, &context)?.map(Arc::new);
        }
        let said = (spans.len() == 1 && unit.kind == UnitKind::Said).then(|| (span, own.clone()));
        let before = std::mem::replace(&mut self.before, said);
        let told = if unit.leans { context.as_slice() } else { &[] };
        let read_with: Vec<(&str, f32)> = told.iter().map(|(_, text)| (text.as_str(), CONTEXT)).collect();
        let score = self.weights.score(&own, &read_with);
        let around = self.surroundings(span, &own, &read_with, before.filter(|_| context.is_empty()));
        let shown = excerpt(&context, spans, own);
        let from = if unit.leans { 0 } else { shown.last() };
        let model = &self.document.model;
        let mut piece = Evidence::new(model, span, shown, from)?;
        if piece.from == 0 && piece.tokens.len() > longest(model) {
            let own = piece.shown.last();
            piece = Evidence::new(model, span, piece.shown, own)?;
        }
        (piece.score, piece.around) = (score, around);
        piece.quoted = unit.kind == UnitKind::Quoted;
        piece.whole = self.whole.clone();
        piece.section = self.path.last().map(|(heading, _)| heading.start);
        Ok(piece)
    }

    /// What stands around a unit with words of the question that it lacks.
    fn surroundings(&self, span: Span, own: &str, read_with: &[(&str, f32)], before: Option<(Span, String)>) -> Surroundings {
        let adds = |text: &str| self.weights.adds(text, own) && !read_with.iter().any(|(known, _)| !self.weights.adds(text, known));
        let before = before.filter(|(_, text)| adds(text) && self.weights.adds(own, text));
        let above = self.path.iter().filter(|(heading, _)| *heading != span);
        let headings = above.clone().filter(|(_, text)| adds(text)).map(|(_, text)| trimmed(text)).collect::<Vec<_>>().join(" ");
        let mut counted = read_with.to_vec();
        counted.extend(before.iter().map(|(_, text)| (text.as_str(), CONTEXT)));
        counted.extend(above.rev().zip(HEADINGS).map(|((_, text), count)| (text.as_str(), count)));
        let score = self.weights.score(own, &counted);
        let gain = score - self.weights.score(own, read_with);
        Surroundings { words: hash(&own.chars().filter(|c| !c.is_ascii_digit()).collect::<String>()), score, gain, headings, before }
    }

    /// The whole of what begins with a unit: of a sentence that was cut, of a list that it leads in.
    fn whole(&mut self, units: &[&UnitRecord], context: &[(Span, String)]) -> Result<Option<Excerpt>> {
        let parts = 1 + units[1..].iter().take_while(|next| next.part).count();
        let led = |unit: &&&UnitRecord| {
            unit.context.last().is_some_and(|last| units[0].ranges.last().is_some_and(|own| last.start == self.start + own.start as u64))
        };
        let items: Vec<&&UnitRecord> = units[parts..].iter().take_while(led).collect();
        if parts == 1 && items.is_empty() {
            return Ok(None);
        }
        let (spans, text) = unit_text(&uncut(&units[..parts], &self.text), &self.text, &mut self.places).ok_or_else(damaged)?;
        let mut whole = excerpt(context, spans, text);
        for item in items {
            let (spans, text) = unit_text(item, &self.text, &mut self.places).ok_or_else(damaged)?;
            if whole.text.len() + text.len() > LIST {
                break;
            }
            whole.add(spans, text);
        }
        Ok(Some(whole))
    }
}

fn excerpt(context: &[(Span, String)], spans: Vec<Span>, own: String) -> Excerpt {
    let mut shown = Excerpt::default();
    context.iter().for_each(|(span, text)| shown.add(vec![*span], text.clone()));
    shown.add(spans, own);
    shown
}

/// The sentences and headings of the passages that are most like a text, as they stand in the document: those that were cut are whole again.
pub(crate) fn most_similar(document: &Shared, text: &str) -> Result<Vec<(Span, String)>> {
    let matches = {
        let state = document.read_state()?;
        state.index.best(&state.index.query(text)?, ALIKE, None)?
    };
    let mut found = Vec::new();
    for passage in matches.into_iter().map(|m| m.passage) {
        found.extend(stretches(document, &passage)?);
    }
    Ok(found)
}

/// The sentences and headings of a passage, as they stand in the document: those that were cut are whole again.
pub(crate) fn stretches(document: &Shared, passage: &Passage) -> Result<Vec<(Span, String)>> {
    let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
    let mut places = Utf16::new(passage.start, passage.start_utf16);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for unit in document.read_state()?.index.units(passage)? {
        let (Some(first), Some(last)) = (unit.ranges.first(), unit.ranges.last()) else { continue };
        match ranges.last_mut().filter(|_| unit.part) {
            Some(begun) => begun.end = last.end,
            None => ranges.push(first.start..last.end),
        }
    }
    let mut found = Vec::new();
    for range in ranges {
        let words = text.get(range.clone()).ok_or_else(damaged)?.to_owned();
        found.push((places.span(&text, range.start, range.end), words));
    }
    Ok(found)
}

/// A piece of the document by its place: the unit that stands there, read alone, or whatever does.
pub(crate) fn evidence_at(document: &Shared, span: Span, heading: bool) -> Result<Evidence> {
    let passage = document.state()?.index.at(span.start)?;
    let (units, path) = read(document, &passage)?;
    let units = told(&units, true);
    let begins = |unit: &&UnitRecord| unit.ranges.first().is_some_and(|range| passage.start + range.start as u64 == span.start);
    if let Some(at) = units.iter().position(begins) {
        // A part is told with the whole of its sentence, which begins before it.
        let first = units[..=at].iter().rposition(|unit| !unit.part).unwrap_or(at);
        let weights = Weights::default();
        let mut reader = PassageReader::new(document, &passage, path, &weights)?;
        for at in first..=at {
            let piece = reader.piece(units[at], &units[at..])?;
            if piece.span == span {
                return Ok(Evidence { heading, ..piece });
            }
        }
    }
    let piece = Evidence::new(&document.model, span, Excerpt::of(&document.source, span)?, 0)?;
    Ok(Evidence { heading, ..piece })
}
