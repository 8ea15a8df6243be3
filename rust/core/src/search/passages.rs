//! Searching a document: its passages that match best, page by page.
//!
//! Passages come in the order in which an answer by recall reads them: in batches by BM25, and within a batch by their best sentence.

use serde::Deserialize;

use crate::answer::{Passage, Span};
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::index::{Match, Query};
use crate::prompt::excerpt::context_texts;
use crate::prompt::retrieval::PASSAGES;
use crate::prompt::{Candidate, best_first, candidates_of, headings};
use crate::search::marks::QuestionWords;
use crate::text::span::Utf16;
use crate::text::whitespace::trimmed;

/// Most passages of one page.
const MOST: usize = 100;
/// Most bytes of what is searched for.
const MOST_BYTES: usize = 1 << 14;
/// Passages that are passed over at once.
const PASSED: usize = PASSAGES * 128;

/// Which of the passages that match are wanted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchOptions {
    /// Most passages, 1 to 100; 10 unless said otherwise.
    pub limit: usize,
    /// Passages before them that are left out: the next page begins with the passages seen so far.
    pub offset: usize,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { limit: 10, offset: 0 }
    }
}

impl SearchOptions {
    /// Refuses what is out of range.
    pub(crate) fn check(&self) -> Result<()> {
        match self.limit {
            1..=MOST => Ok(()),
            limit => Err(Error::new("argument.options", format!("limit: found {limit}, expected 1 to {MOST}"))),
        }
    }
}

impl Document {
    /// The passages that match a text best, the best first; no graph runs. None where no word of the text stands in the document, nor one that is spelt nearly so.
    /// Pages of any size, one after the other, are one list. Memory does not grow with the document or the offset.
    ///
    /// # Errors
    /// `argument.question` for a text without words or of more than 16,384 bytes; `argument.options` for a limit out of range; `call.unread` when the document is not
    /// read; `text.changed`; `io`; `cancelled` after [`Document::cancel`].
    pub fn search(&self, text: &str, options: SearchOptions) -> Result<Vec<Passage>> {
        options.check()?;
        let SearchOptions { limit, offset } = options;
        check_words(text)?;
        let document = &*self.shared;
        document.check_cancelled()?;
        document.source.unchanged()?;
        let state = document.read_state()?;
        let (query, language) = (state.index.query(text)?, state.index.language());
        drop(state);
        let words = QuestionWords::new(text, &query, language);
        let (mut after, mut passed) = (None, offset - offset % PASSAGES);
        while passed > 0 {
            document.check_cancelled()?;
            let count = passed.min(PASSED);
            let matches = document.read_state()?.index.best(&query, count, after)?;
            if matches.len() < count {
                return Ok(Vec::new());
            }
            after = matches.last().map(Match::rank);
            passed -= count;
        }
        let (mut found, mut first) = (Vec::new(), offset % PASSAGES);
        while found.len() < limit {
            document.check_cancelled()?;
            let matches = document.read_state()?.index.best(&query, PASSAGES, after)?;
            after = matches.last().map(Match::rank).or(after);
            let is_last = matches.len() < PASSAGES;
            let batch = by_sentence(document, matches, &query)?;
            for (of, best) in batch.into_iter().skip(first).take(limit - found.len()) {
                found.push(passage(document, &of, &best, &words)?);
            }
            if is_last {
                break;
            }
            first = 0;
        }
        Ok(found)
    }
}

/// Refuses what is empty, or too long to be looked for.
pub(crate) fn check_words(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::new("argument.question", "the question is empty, expected some words"));
    }
    if text.len() > MOST_BYTES {
        let message = format!("the question: found {} bytes, expected at most {MOST_BYTES}", text.len());
        return Err(Error::new("argument.question", message));
    }
    Ok(())
}

/// Passages with the best sentence of each, in the order of those.
fn by_sentence(document: &Shared, matches: Vec<Match>, query: &Query) -> Result<Vec<(Match, Candidate)>> {
    let mut batch = Vec::with_capacity(matches.len());
    for found in matches {
        let best = candidates_of(document, &found, "", query.weights())?.into_iter().min_by(best_first);
        batch.extend(best.map(|best| (found, best)));
    }
    batch.sort_by(|(_, a), (_, b)| best_first(a, b));
    Ok(batch)
}

/// A passage that matches, with its best sentence.
pub(crate) fn passage(document: &Shared, of: &Match, best: &Candidate, words: &QuestionWords<'_>) -> Result<Passage> {
    let (source, at) = (&document.source, &of.passage);
    let end = at.start + u64::from(at.length);
    let text = source.slice(at.start, end)?;
    let state = document.read_state()?;
    let headings = headings(source, &state.index, at)?;
    let units = state.index.units(at)?;
    drop(state);
    let mut spans: Vec<Span> = Vec::new();
    let mut context: Vec<String> = Vec::new();
    for unit in &units {
        for (span, text) in context_texts(source, unit)? {
            let inside = at.start <= span.start && span.end <= end;
            let text = trimmed(text.trim_start_matches('#')).into_owned();
            if !inside && !spans.contains(&span) && !headings.contains(&text) {
                spans.push(span);
                context.push(text);
            }
        }
    }
    let texts: Vec<&str> = [&text].into_iter().chain(&headings).chain(&context).map(String::as_str).collect();
    let held = words.held(&texts);
    let mut places = Utf16::new(at.start, at.start_utf16);
    Ok(Passage {
        document: None,
        matches: words.places(&text).into_iter().map(|range| places.span(&text, range.start, range.end)).collect(),
        span: places.span(&text, 0, text.len()),
        words: held,
        place: source.place(best.span.start)?,
        sentence: best.span,
        score: f64::from(best.score),
        text,
        headings,
        context,
    })
}
