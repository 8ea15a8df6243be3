//! How much a document may cost, and the budget that every producer asks before it spends.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How much a document may cost; beyond any of it the reading ends with `document.too_large`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the input.
    pub input_bytes: u64,
    /// Bytes of the text form.
    pub text_bytes: u64,
    /// Entries of an archive, objects of a PDF, messages of a mailbox.
    pub entries: u64,
    /// Depth of elements, lists, objects or messages in each other.
    pub nesting: usize,
    /// Bytes that a compressed input may unfold to, for each of its own; the first 32 MiB are free.
    pub expansion: u64,
    /// Time that the reading may take.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 512 << 20,
            text_bytes: 256 << 20,
            entries: 1 << 20,
            nesting: 200,
            expansion: 100,
            time: Duration::from_secs(300),
        }
    }
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub unit: ProgressUnit,
}

/// What [`Progress`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProgressUnit {
    Bytes,
    Pages,
    Entries,
}

/// Is told how far the reading is, many times a second; ends it by `ControlFlow::Break`.
pub type Watch<'w> = dyn FnMut(Progress) -> ControlFlow<()> + Send + 'w;

/// Bytes that an input may unfold to whatever its own size.
const FREE_EXPANSION: u64 = 32 << 20;

/// What is left of the limits.
pub(crate) struct Budget<'w> {
    pub limits: Limits,
    started: Instant,
    watch: &'w mut Watch<'w>,
    last: Progress,
    input: u64,
    expanded: u64,
    text: u64,
    entries: u64,
}

impl<'w> Budget<'w> {
    /// Fails if the input alone is too large.
    pub fn new(limits: Limits, input: u64, watch: &'w mut Watch<'w>) -> Result<Self> {
        if input > limits.input_bytes {
            return Err(Error::too_large(format!("found an input of {input} bytes, expected at most {}", limits.input_bytes)));
        }
        let last = Progress { done: 0, total: input, unit: ProgressUnit::Bytes };
        Ok(Self { limits, started: Instant::now(), watch, last, input, expanded: 0, text: 0, entries: 0 })
    }

    /// Reports how far the reading is.
    pub fn done(&mut self, done: u64, total: u64, unit: ProgressUnit) -> Result<()> {
        self.last = Progress { done, total, unit };
        self.check()
    }

    /// Whether the reading may go on: asks the watch and the clock.
    pub fn check(&mut self) -> Result<()> {
        if (self.watch)(self.last).is_break() {
            return Err(Error::new("cancelled", "the reading of the document was cancelled"));
        }
        let limit = self.limits.time;
        if self.started.elapsed() > limit {
            return Err(Error::too_large(format!("found a document that takes longer than {} s to read", limit.as_secs())));
        }
        Ok(())
    }

    /// What is left of the time.
    pub fn time_left(&self) -> Duration {
        self.limits.time.saturating_sub(self.started.elapsed())
    }

    /// Spends bytes of the text form.
    pub fn text(&mut self, bytes: usize) -> Result<()> {
        self.text += bytes as u64;
        if self.text > self.limits.text_bytes {
            return Err(Error::too_large(format!("found more than {} bytes of text, the limit", self.limits.text_bytes)));
        }
        Ok(())
    }

    /// Spends unfolded bytes of a compressed input.
    pub fn expand(&mut self, bytes: u64) -> Result<()> {
        self.expanded = self.expanded.saturating_add(bytes);
        let most = self.most_expanded();
        if self.expanded > most {
            let ratio = self.limits.expansion;
            return Err(Error::too_large(format!("found {} bytes that unfold to more than {most}, {ratio} to 1 at most", self.input)));
        }
        Ok(())
    }

    /// Bytes that may still be unfolded.
    pub fn expansion_left(&self) -> u64 {
        self.most_expanded().saturating_sub(self.expanded)
    }

    fn most_expanded(&self) -> u64 {
        FREE_EXPANSION.max(self.input.saturating_mul(self.limits.expansion))
    }

    /// Spends an entry.
    pub fn entry(&mut self) -> Result<()> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(Error::too_large(format!("found more than {} entries, the limit", self.limits.entries)));
        }
        Ok(())
    }

    /// Fails at a depth beyond the limit.
    pub fn depth(&self, depth: usize) -> Result<()> {
        if depth > self.limits.nesting {
            return Err(Error::too_large(format!("found more than {} levels of nesting, the limit", self.limits.nesting)));
        }
        Ok(())
    }
}
