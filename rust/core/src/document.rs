//! A document: read once in bounded steps, then asked any number of times.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::answer::Span;
use crate::error::{Error, Result};
use crate::graph::Cancel;
use crate::index::Index;
use crate::manifest::Reading;
use crate::model::Model;
use crate::passage::{tokenized, units};
use crate::session::Session;
use crate::text::{Block, Blocks, Source, utf16_length};
use crate::tokens::TokenStream;

/// Most tokens of a passage.
const PASSAGE: usize = 128;
/// Headings remembered, evenly spread when the document has more.
const LEADS: usize = 256;

/// How a document is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentOptions {
    /// What the document is read for and, unless a question says else, asked by; `memory` runs it through the graph. Without it whatever the
    /// model's default for each task needs.
    pub reading: Option<Reading>,
    /// A private folder for the index, which has no name in it; without it the system's temporary one.
    pub folder: Option<PathBuf>,
}

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
}

/// A document on a model. Cheap to clone; clones are the same document.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub model: Arc<Model>,
    pub source: Source,
    /// What the caller chose.
    pub reading: Option<Reading>,
    cancel: Cancel,
    state: Mutex<State>,
}

/// A heading and the sentence after it.
#[derive(Debug, Clone)]
pub(crate) struct Lead {
    pub heading: Span,
    pub sentence: Span,
}

/// A sentence or heading in the window of the memory reading.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub marker: u32,
    /// With the marker.
    pub tokens: Vec<u32>,
    pub span: Span,
    pub heading: bool,
    /// Position of its first token in the session.
    pub at: u64,
}

#[derive(Debug)]
pub(crate) struct State {
    blocks: Blocks,
    pub index: Index,
    /// Only for the memory reading.
    pub session: Option<Session>,
    stream: TokenStream,
    pub seen: VecDeque<Seen>,
    numbers: [usize; 2],
    heading: Option<Span>,
    pub leads: Vec<Lead>,
    stride: usize,
    skipped: usize,
    pub tokens: u64,
    pub read: bool,
    started: Option<Instant>,
    pub index_ms: f64,
    pub read_ms: f64,
}

impl Document {
    /// A document that has not been read yet.
    pub fn open(model: Arc<Model>, source: Source, options: DocumentOptions) -> Result<Self> {
        let defaults = model.manifest().readings;
        let needed = options.reading.map_or([defaults.ask, defaults.summarize], |reading| [reading; 2]);
        let session = if needed.contains(&Reading::Memory) { Some(model.session()?) } else { None };
        let state = State {
            blocks: Blocks::new(source.clone()),
            index: Index::new(options.folder.as_deref())?,
            session,
            stream: TokenStream::default(),
            seen: VecDeque::new(),
            numbers: [0; 2],
            heading: None,
            leads: Vec::new(),
            stride: 1,
            skipped: 0,
            tokens: 0,
            read: false,
            started: None,
            index_ms: 0.0,
            read_ms: 0.0,
        };
        Ok(Self { shared: Arc::new(Shared { model, source, reading: options.reading, cancel: Cancel::new()?, state: Mutex::new(state) }) })
    }

    /// Reads a bounded step: one graph run or some tens of kilobytes of text. None when the document is read.
    pub fn step(&self) -> Result<Option<Progress>> {
        self.shared.cancel.check()?;
        let mut state = self.shared.state()?;
        if state.read {
            return Ok(None);
        }
        let clock = Instant::now();
        state.started.get_or_insert(clock);
        let ran = match state.session.as_mut() {
            Some(session) => session.advance(&self.shared.cancel)?,
            None => false,
        };
        if !ran {
            match state.blocks.advance()? {
                Some(block) => state.take(&block, &self.shared.model)?,
                None => {
                    self.shared.source.unchanged()?;
                    state.finish(&self.shared.model)?;
                }
            }
        }
        let spent = clock.elapsed().as_secs_f64() * 1000.0;
        *(if ran { &mut state.read_ms } else { &mut state.index_ms }) += spent;
        Ok(Some(state.progress(self.shared.source.length())))
    }

    /// Stops a step that is under way on another thread, or else the next one; reading can go on afterwards.
    pub fn cancel(&self) {
        self.shared.cancel.cancel();
    }

    /// Graph runs made over the document so far.
    pub fn runs(&self) -> Result<u64> {
        Ok(self.shared.state()?.session.as_ref().map_or(0, Session::runs))
    }

    /// The session of the memory reading, as it stands: for tests against the reference.
    pub fn session(&self) -> Result<Option<Session>> {
        self.shared.state()?.session.as_ref().map(Session::fork).transpose()
    }
}

impl Shared {
    /// The state of a document that nothing has broken.
    pub fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Error::new("state.failed", "an earlier defect made this document unusable"))
    }

    /// The state of a document that has been read to its end.
    pub fn read_state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.state()?;
        if state.read { Ok(state) } else { Err(Error::new("state.unread", "the document has not been read to its end")) }
    }
}

impl State {
    fn take(&mut self, block: &Block, model: &Model) -> Result<()> {
        let citing = model.layout.citing();
        if citing.is_none()
            && let Some(session) = &mut self.session
        {
            let tokens = self.stream.push(&model.tokens, &block.text)?;
            self.tokens += tokens.len() as u64;
            session.feed(&tokens);
        }
        let counted = citing.is_some() || self.session.is_none();
        let mut passage: Option<(Span, usize, usize)> = None; // with its tokens, and the bytes of the heading it begins with
        let (mut at, mut at_utf16) = (0, block.start_utf16);
        for (unit, tokens) in tokenized(&block.text, units(&block.text), model.piece_tokens(), &model.tokens)? {
            at_utf16 += utf16_length(&block.text[at..unit.start]);
            at = unit.start;
            let span = Span::within(block.start + at as u64, at_utf16, &block.text[at..], 0, unit.end - at);
            self.tokens += if counted { tokens.len() as u64 } else { 0 };
            if let Some((whole, count, heading)) = passage
                && (unit.heading || count + tokens.len() > PASSAGE)
            {
                self.add(block, whole, heading)?;
                passage = None;
            }
            let heading = if unit.heading { unit.end - unit.start } else { 0 };
            passage = Some(passage.map_or((span, tokens.len(), heading), |(whole, count, heading)| {
                (Span { end: span.end, end_utf16: span.end_utf16, ..whole }, count + tokens.len(), heading)
            }));
            self.note_lead(span, unit.heading);
            if let (Some(markers), Some(session)) = (citing, &mut self.session) {
                let number = &mut self.numbers[usize::from(unit.heading)];
                let (marker, tokens) = markers.piece(unit.heading, *number, &tokens);
                *number += 1;
                let at = session.position() + session.waiting() as u64;
                session.feed(&tokens);
                self.seen.retain(|s| s.marker != marker);
                self.seen.push_back(Seen { marker, tokens, span, heading: unit.heading, at });
            }
        }
        passage.map_or(Ok(()), |(whole, _, heading)| self.add(block, whole, heading))
    }

    fn add(&mut self, block: &Block, span: Span, heading: usize) -> Result<()> {
        let text = &block.text[(span.start - block.start) as usize..(span.end - block.start) as usize];
        self.index.add(span.start, span.start_utf16, text, heading)
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
        self.leads.push(Lead { heading, sentence: span });
        if self.leads.len() == LEADS {
            let mut number = 0;
            self.leads.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.stride *= 2;
        }
    }

    fn finish(&mut self, model: &Model) -> Result<()> {
        if model.layout.citing().is_none()
            && let Some(session) = &mut self.session
        {
            let tokens = self.stream.finish(&model.tokens)?;
            self.tokens += tokens.len() as u64;
            session.feed(&tokens);
        }
        // What is left may still hold full segments; they are run step by step before the document counts as read.
        let full = self.session.as_ref().is_some_and(|s| s.waiting() >= model.sizes().segment);
        self.read = !full;
        self.index.finish()?;
        if self.index.passages() == 0 {
            return Err(Error::new("text.empty", "the document holds nothing but white space, expected text"));
        }
        Ok(())
    }

    fn progress(&self, bytes_total: u64) -> Progress {
        let waiting = self.session.as_ref().map_or(0, |s| s.waiting() as u64);
        let bytes_done = if self.read { bytes_total } else { self.blocks.done() };
        let tokens_done = self.tokens.saturating_sub(if self.read { 0 } else { waiting });
        let tokens_total = if bytes_done == bytes_total {
            self.tokens
        } else {
            (self.tokens as f64 * bytes_total as f64 / bytes_done.max(1) as f64) as u64
        };
        let elapsed = self.started.map(|s| s.elapsed().as_secs_f64()).filter(|s| *s > 0.2 && tokens_done > 0);
        let seconds_left = elapsed.map(|s| s * tokens_total.saturating_sub(tokens_done) as f64 / tokens_done as f64);
        Progress { tokens_done, tokens_total, bytes_done, bytes_total, seconds_left }
    }
}
