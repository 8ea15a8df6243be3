//! What reading a document has made so far, block by block: its index, its session, and the bounded state that a saved document keeps.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Instant;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::index::{Index, Language};
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;
use crate::text::extraction::Extracted;
use crate::text::source::TextSource;
use crate::text::span::Span;
use crate::text::tokenizer::TokenStream;
use crate::text::unit_stream::{Batch, UnitStream};
use crate::text::units::{TextUnit, UnitKind, tokenized};

/// Most tokens of a passage, and bytes from its start to its end.
const PASSAGE: usize = 128;
const PASSAGE_BYTES: u64 = 1 << 15;
/// Headings remembered, evenly spread when the document has more.
const LEADS: usize = 256;
/// Bytes of a token, where nothing better is known.
const TOKEN: u64 = 4;

/// How far the reading is.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Progress {
    pub tokens_done: u64,
    /// An estimate until the end.
    pub tokens_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// None until there is something to judge by.
    pub seconds_left: Option<f64>,
    /// Whether the text of a file is being extracted: bytes are then the file's, and tokens no more than a guess by them.
    pub extracting: bool,
}

impl Progress {
    /// Of a file whose text is being extracted.
    pub(crate) fn of_extraction(extracted: Extracted) -> Self {
        let Extracted { bytes_done, bytes_total, seconds } = extracted;
        let left = (seconds > 0.2 && bytes_done > 0).then(|| seconds * (bytes_total - bytes_done) as f64 / bytes_done as f64);
        Self {
            tokens_done: bytes_done / TOKEN,
            tokens_total: bytes_total / TOKEN,
            bytes_done,
            bytes_total,
            seconds_left: left,
            extracting: true,
        }
    }
}

/// A heading and the sentence after it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct SectionLead {
    pub heading: Span,
    pub sentence: Span,
}

/// A sentence or heading in the window of the memory reading.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct WindowSentence {
    /// Of a citing model.
    pub marker: Option<u32>,
    /// With the marker; none for a free model.
    pub tokens: Vec<u32>,
    pub span: Span,
    pub heading: bool,
    /// Position of its first token in the session, or of one before it.
    pub at: u64,
}

/// The small part of a state: bounded, whatever the document's length.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingState {
    /// Whether the document was read to its end.
    pub read: bool,
    /// Where the next batch begins; in the end the document's length.
    pub start: u64,
    pub start_utf16: u64,
    pub tokens: u64,
    pub index_ms: f64,
    pub read_ms: f64,
    pub seen: VecDeque<WindowSentence>,
    pub leads: Vec<SectionLead>,
    stream: TokenStream,
    /// Of version 1.
    #[serde(default, skip_serializing, rename = "fence")]
    _fence: IgnoredAny,
    /// Markers given to sentences and to headings.
    numbers: [usize; 2],
    heading: Option<Span>,
    /// One heading in so many is remembered.
    stride: usize,
    skipped: usize,
}

/// A document as far as it was read.
#[derive(Debug)]
pub(crate) struct DocumentState {
    pub marks: ReadingState,
    pub index: Index,
    /// Only for the memory reading.
    pub session: Option<Session>,
    /// Of the text up to `marks.start`, a byte order mark left out.
    pub hash: Sha256,
    units: UnitStream,
    /// When this reading began, and with how many tokens.
    started: Option<(Instant, u64)>,
}

impl DocumentState {
    /// Nothing read yet.
    pub fn new(source: &TextSource, session: Option<Session>, folder: Option<&Path>) -> Result<Self> {
        let marks = ReadingState { stride: 1, ..ReadingState::default() };
        Ok(Self::resumed(source, marks, Index::new(folder)?, session, Sha256::new()))
    }

    /// Goes on where `marks` say; `hash` is that of the text before.
    pub fn resumed(source: &TextSource, marks: ReadingState, index: Index, session: Option<Session>, hash: Sha256) -> Self {
        Self { marks, index, session, hash, units: UnitStream::new(source.clone()), started: None }
    }

    /// One graph run or one batch of units. Does nothing once the document is read.
    pub fn step(&mut self, source: &TextSource, model: &Model, cancel: &CancelToken) -> Result<Progress> {
        let clock = Instant::now();
        self.started.get_or_insert((clock, self.marks.tokens));
        let ran = match self.session.as_mut() {
            Some(session) => session.advance(cancel)?,
            None => false,
        };
        if !ran {
            match self.fresh_batch(cancel)? {
                Some(batch) => {
                    if self.index.passages() == 0 {
                        self.index.set_language(Language::of_document(source)?);
                    }
                    self.take(batch, model)?;
                }
                None => {
                    source.unchanged()?;
                    self.finish(model)?;
                }
            }
        }
        let spent = clock.elapsed().as_secs_f64() * 1000.0;
        *(if ran { &mut self.marks.read_ms } else { &mut self.marks.index_ms }) += spent;
        Ok(self.progress(source.length()))
    }

    /// The next batch of which an earlier reading had not all: how a text is cut depends on all that stands before.
    fn fresh_batch(&mut self, cancel: &CancelToken) -> Result<Option<Batch>> {
        loop {
            match self.units.advance()? {
                Some(batch) if batch.end().0 <= self.marks.start => cancel.check()?,
                batch => return Ok(batch),
            }
        }
    }

    /// Indexes a batch and feeds it to the session, but for what an earlier reading had.
    fn take(&mut self, batch: Batch, model: &Model) -> Result<()> {
        let (end, end_utf16) = batch.end();
        let known = self.marks.start.saturating_sub(batch.start) as usize;
        let fresh = batch.text.get(known..).ok_or_else(|| Error::new("text.changed", "the document changed since it was read in part"))?;
        let from = batch.start + known as u64;
        let units = batch.units.into_iter().filter(|unit| known == 0 || unit.spans[0].start >= from).collect();
        let units = tokenized(units, model.piece_tokens(), model.tokens())?;
        let counted = model.citing().is_some() || self.session.is_none();
        self.marks.tokens += units.iter().map(|(_, tokens)| if counted { tokens.len() as u64 } else { 0 }).sum::<u64>();
        for (unit, _) in &units {
            self.marks.note_lead(unit.extent(), &unit.kind);
        }
        if let Some(session) = &mut self.session {
            self.marks.feed(&units, (from, fresh), session, model)?;
        }
        add(&mut self.index, units)?;
        self.hash.update(fresh);
        (self.marks.start, self.marks.start_utf16) = (end, end_utf16);
        Ok(())
    }

    fn finish(&mut self, model: &Model) -> Result<()> {
        if model.citing().is_none()
            && let Some(session) = &mut self.session
        {
            let tokens = self.marks.stream.finish(model.tokens())?;
            self.marks.tokens += tokens.len() as u64;
            session.feed(&tokens);
        }
        self.index.finish()?;
        if self.index.passages() == 0 {
            return Err(Error::new("text.empty", "the document holds nothing but white space, expected text"));
        }
        // What is left may still hold full segments; they are run step by step before the document counts as read.
        let full = self.session.as_ref().is_some_and(|s| s.is_segment_waiting());
        self.marks.read = !full;
        if let (false, Some(session)) = (full, &mut self.session) {
            session.rest();
        }
        Ok(())
    }

    /// How far it is, for a document of so many bytes.
    pub fn progress(&self, bytes_total: u64) -> Progress {
        let waiting = self.session.as_ref().map_or(0, |s| s.waiting() as u64);
        let bytes_done = if self.marks.read { bytes_total } else { self.marks.start };
        let tokens_done = self.marks.tokens.saturating_sub(if self.marks.read { 0 } else { waiting });
        let tokens_total = if bytes_done == bytes_total {
            self.marks.tokens
        } else {
            (self.marks.tokens as f64 * bytes_total as f64 / bytes_done.max(1) as f64) as u64
        };
        let seconds_left = self.started.and_then(|(when, before)| {
            let seconds = when.elapsed().as_secs_f64();
            let done = tokens_done.saturating_sub(before);
            (seconds > 0.2 && done > 0).then(|| seconds * tokens_total.saturating_sub(tokens_done) as f64 / done as f64)
        });
        Progress { tokens_done, tokens_total, bytes_done, bytes_total, seconds_left, extracting: false }
    }
}

impl ReadingState {
    /// Of a text that was read to its end by recall: its length in bytes and in UTF-16 units, and its tokens.
    pub fn finished(start: u64, start_utf16: u64, tokens: u64) -> Self {
        Self { read: true, start, start_utf16, tokens, stride: 1, ..Self::default() }
    }

    /// Whether marks that were read from a file can be those of a text of that many bytes.
    pub fn fit(&self, model: &Model, bytes: u64) -> bool {
        let inside = |span: &Span| {
            let ordered = span.start <= span.end && span.start_utf16 <= span.end_utf16;
            ordered && span.end <= self.start && span.end_utf16 <= self.start_utf16
        };
        let vocabulary = model.generator().map_or(0, |generator| generator.manifest().base.vocabulary as u64);
        let seen = self.seen.iter().all(|s| inside(&s.span) && s.tokens.iter().chain(&s.marker).all(|t| u64::from(*t) < vocabulary));
        let leads = self.leads.len() < LEADS && self.leads.iter().all(|l| inside(&l.heading) && inside(&l.sentence));
        let place = self.start <= bytes && self.start_utf16 <= self.start && (!self.read || self.start == bytes);
        let counts = self.tokens <= 1 << 48 && self.numbers.iter().all(|n| *n <= 1 << 48) && (1..=1 << 48).contains(&self.stride);
        place && seen && leads && counts && self.skipped <= self.stride && self.heading.as_ref().is_none_or(inside)
    }

    /// Feeds a session: a citing model units with their markers; a free model the text, which begins at a byte of the document.
    fn feed(&mut self, units: &[(TextUnit, Vec<u32>)], (start, text): (u64, &str), session: &mut Session, model: &Model) -> Result<()> {
        let mut fed = 0;
        for (unit, tokens) in units {
            let at = session.position() + session.waiting() as u64;
            let (heading, span) = (matches!(unit.kind, UnitKind::Heading(_)), unit.extent());
            let Some(markers) = model.citing() else {
                // One text, encoded as a whole: its last word may come with the next unit.
                let end = (span.end.saturating_sub(start) as usize).clamp(fed, text.len());
                self.tokens += feed(&mut self.stream, session, model, &text[fed..end])?;
                fed = end;
                while self.seen.front().is_some_and(|s| s.at < session.window_start()) {
                    self.seen.pop_front();
                }
                self.seen.push_back(WindowSentence { marker: None, tokens: Vec::new(), span, heading, at });
                continue;
            };
            let number = &mut self.numbers[usize::from(heading)];
            let (marker, tokens) = markers.piece(heading, *number, tokens);
            *number += 1;
            self.seen.retain(|s| s.marker != Some(marker));
            session.feed(&tokens);
            self.seen.push_back(WindowSentence { marker: Some(marker), tokens, span, heading, at });
        }
        if model.citing().is_none() {
            self.tokens += feed(&mut self.stream, session, model, &text[fed..])?;
        }
        Ok(())
    }

    /// Remembers headings with their first sentence; beyond [`LEADS`] every second one is dropped, then every fourth, and so on.
    fn note_lead(&mut self, span: Span, kind: &UnitKind) {
        match kind {
            UnitKind::Heading(_) => self.heading = Some(span),
            UnitKind::Said => self.note_sentence(span),
            UnitKind::Lead | UnitKind::Quoted => {}
        }
    }

    fn note_sentence(&mut self, span: Span) {
        let Some(heading) = self.heading.take() else { return };
        self.skipped += 1;
        if self.skipped < self.stride {
            return;
        }
        self.skipped = 0;
        self.leads.push(SectionLead { heading, sentence: span });
        if self.leads.len() == LEADS {
            let mut number = 0;
            self.leads.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.stride *= 2;
        }
    }
}

/// Feeds a free model; gives the number of tokens.
fn feed(stream: &mut TokenStream, session: &mut Session, model: &Model, text: &str) -> Result<u64> {
    let tokens = stream.push(model.tokens(), text)?;
    session.feed(&tokens);
    Ok(tokens.len() as u64)
}

/// Adds units as passages: one begins at a heading, and where the one before is full; a sentence stands in one.
fn add(index: &mut Index, units: Vec<(TextUnit, Vec<u32>)>) -> Result<()> {
    let (mut passage, mut count): (Vec<TextUnit>, usize) = (Vec::new(), 0);
    for (unit, tokens) in units {
        let heading = matches!(unit.kind, UnitKind::Heading(_));
        let far = passage.first().is_some_and(|first| unit.extent().end.abs_diff(first.spans[0].start) > PASSAGE_BYTES);
        if heading || far || (count + tokens.len() > PASSAGE && !unit.part) {
            index.add(&passage)?;
            passage.clear();
            count = 0;
        }
        count += tokens.len();
        passage.push(unit);
    }
    index.add(&passage)
}

/// The index of a document up to a byte, made anew: for a state of a version whose index is no longer read.
pub(crate) fn reindexed(source: &TextSource, model: &Model, until: u64, read: bool, folder: Option<&Path>) -> Result<Index> {
    let (mut index, mut stream) = (Index::new(folder)?, UnitStream::new(source.clone()));
    index.set_language(Language::of_document(source)?);
    while let Some(batch) = stream.advance()? {
        let units: Vec<TextUnit> = batch.units.into_iter().filter(|unit| unit.spans[0].start < until).collect();
        if units.is_empty() && batch.start >= until {
            break;
        }
        add(&mut index, tokenized(units, model.piece_tokens(), model.tokens())?)?;
    }
    if read {
        index.finish()?;
    }
    Ok(index)
}
