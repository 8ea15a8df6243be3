//! What reading a document has made so far, block by block: its index, its session, and the bounded state that a saved document keeps.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::index::Index;
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;
use crate::text::blocks::{Block, Blocks};
use crate::text::extraction::Extracted;
use crate::text::source::TextSource;
use crate::text::span::Span;
use crate::text::span::utf16_length;
use crate::text::tokenizer::TokenStream;
use crate::text::units::{Fence, First, tokenized, units_after};

/// Most tokens of a passage.
const PASSAGE: usize = 128;
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
    /// Where the next block begins; in the end the document's length.
    pub start: u64,
    pub start_utf16: u64,
    pub tokens: u64,
    pub index_ms: f64,
    pub read_ms: f64,
    pub seen: VecDeque<WindowSentence>,
    pub leads: Vec<SectionLead>,
    stream: TokenStream,
    fence: Fence,
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
    blocks: Blocks,
    /// When this reading began, and with how many tokens.
    started: Option<(Instant, u64)>,
}

impl DocumentState {
    /// Nothing read yet.
    pub fn new(source: &TextSource, session: Option<Session>, folder: Option<&Path>) -> Result<Self> {
        let marks = ReadingState { stride: 1, ..ReadingState::default() };
        Ok(Self { marks, index: Index::new(folder)?, session, hash: Sha256::new(), blocks: Blocks::new(source.clone()), started: None })
    }

    /// Goes on where `marks` say; `hash` is that of the text before.
    pub fn resumed(source: &TextSource, marks: ReadingState, index: Index, session: Option<Session>, hash: Sha256) -> Self {
        let blocks = Blocks::resumed(source.clone(), marks.start, marks.start_utf16);
        Self { marks, index, session, hash, blocks, started: None }
    }

    /// One graph run or one block. Does nothing once the document is read.
    pub fn step(&mut self, source: &TextSource, model: &Model, cancel: &CancelToken) -> Result<Progress> {
        let clock = Instant::now();
        self.started.get_or_insert((clock, self.marks.tokens));
        let ran = match self.session.as_mut() {
            Some(session) => session.advance(cancel)?,
            None => false,
        };
        if !ran {
            match self.blocks.advance()? {
                Some(block) => self.take(&block, model)?,
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

    fn take(&mut self, block: &Block, model: &Model) -> Result<()> {
        let marks = &mut self.marks;
        let citing = model.citing();
        let counted = citing.is_some() || self.session.is_none();
        let mut fed = 0;
        let mut passage: Option<(Span, usize, First)> = None; // with its tokens, and what it begins with
        let mut at = 0;
        let mut at_utf16 = block.start_utf16;
        for (unit, tokens) in tokenized(&block.text, units_after(&block.text, &mut marks.fence), model.piece_tokens(), model.tokens())? {
            at_utf16 += utf16_length(&block.text[at..unit.start]);
            at = unit.start;
            let span = Span::within(block.start + at as u64, at_utf16, &block.text[at..], 0, unit.end - at);
            marks.tokens += if counted { tokens.len() as u64 } else { 0 };
            if let Some((whole, count, first)) = passage
                && (unit.heading || count + tokens.len() > PASSAGE)
            {
                add(&mut self.index, block, whole, first)?;
                passage = None;
            }
            passage = Some(passage.map_or((span, tokens.len(), unit.first()), |(whole, count, first)| {
                (Span { end: span.end, end_utf16: span.end_utf16, ..whole }, count + tokens.len(), first)
            }));
            marks.note_lead(span, unit.heading);
            let Some(session) = &mut self.session else { continue };
            let at = session.position() + session.waiting() as u64;
            let (marker, tokens) = match citing {
                Some(markers) => {
                    let number = &mut marks.numbers[usize::from(unit.heading)];
                    let (marker, tokens) = markers.piece(unit.heading, *number, &tokens);
                    *number += 1;
                    marks.seen.retain(|s| s.marker != Some(marker));
                    session.feed(&tokens);
                    (Some(marker), tokens)
                }
                None => {
                    // One text, encoded as a whole: its last word may come with the next unit.
                    marks.tokens += feed(&mut marks.stream, session, model, &block.text[fed..unit.end])?;
                    fed = unit.end;
                    while marks.seen.front().is_some_and(|s| s.at < session.window_start()) {
                        marks.seen.pop_front();
                    }
                    (None, Vec::new())
                }
            };
            marks.seen.push_back(WindowSentence { marker, tokens, span, heading: unit.heading, at });
        }
        if let (None, Some(session)) = (citing, &mut self.session) {
            marks.tokens += feed(&mut marks.stream, session, model, &block.text[fed..])?;
        }
        passage.map_or(Ok(()), |(whole, _, first)| add(&mut self.index, block, whole, first))?;
        self.hash.update(&block.text);
        marks.start = block.start + block.text.len() as u64;
        marks.start_utf16 = block.start_utf16 + utf16_length(&block.text);
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
    /// Whether marks that were read from a file can be those of a text of that many bytes.
    pub fn fit(&self, model: &Model, bytes: u64) -> bool {
        let inside = |span: &Span| span.start <= span.end && span.end <= self.start && span.end_utf16 <= self.start_utf16;
        let vocabulary = model.generator().map_or(0, |generator| generator.manifest().base.vocabulary as u64);
        let seen = self.seen.iter().all(|s| inside(&s.span) && s.tokens.iter().chain(&s.marker).all(|t| u64::from(*t) < vocabulary));
        let leads = self.leads.len() < LEADS && self.leads.iter().all(|l| inside(&l.heading) && inside(&l.sentence));
        let place = self.start <= bytes && self.start_utf16 <= self.start && (!self.read || self.start == bytes);
        let counts = self.tokens <= 1 << 48 && self.numbers.iter().all(|n| *n <= 1 << 48) && (1..=1 << 48).contains(&self.stride);
        place && seen && leads && counts && self.skipped <= self.stride && self.heading.as_ref().is_none_or(inside)
    }

    /// Remembers headings with their first sentence; beyond [`LEADS`] every second one is dropped, then every fourth, and so on.
    fn note_lead(&mut self, span: Span, heading: bool) {
        if heading {
            self.heading = Some(span);
            return;
        }
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

fn add(index: &mut Index, block: &Block, span: Span, first: First) -> Result<()> {
    let text = &block.text[(span.start - block.start) as usize..(span.end - block.start) as usize];
    index.add(span.start, span.start_utf16, text, first)
}
