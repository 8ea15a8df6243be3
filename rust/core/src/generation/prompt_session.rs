//! A session that runs a prompt, and the evidence in it.

use crate::answer::{CoverageKind, Span};
use crate::document::Shared;
use crate::error::Result;
use crate::generation::output::Output;
use crate::model::Generator;
use crate::prompt::Evidence;
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;

/// A session with a prompt in it.
#[derive(Debug)]
pub(crate) struct PromptSession {
    session: Session,
    /// Parts of the document in the prompt; none in a chat.
    evidence: Vec<Evidence>,
    /// All that the document says is in the prompt.
    whole: bool,
    /// It goes on from a session of before: the document's own, or a chat's.
    continued: bool,
    /// Tokens fed last.
    fed: u64,
    runs_before: u64,
}

impl PromptSession {
    /// A prompt after `before`, or in an empty session.
    pub fn new(generator: &Generator, before: Option<Session>, tokens: &[u32], evidence: Vec<Evidence>) -> Result<Self> {
        let continued = before.is_some();
        let session = before.map_or_else(|| generator.session(), Ok)?;
        let mut prompt = Self { runs_before: session.runs(), session, evidence, whole: false, continued, fed: 0 };
        prompt.feed(tokens);
        Ok(prompt)
    }

    /// The same prompt, told whether it holds all that the document says.
    pub fn holding_all(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// Tokens to run before anything is chosen again.
    pub fn feed(&mut self, tokens: &[u32]) {
        self.session.feed(tokens);
        self.fed = self.session.waiting() as u64;
    }

    /// Runs one segment of what waits; whether nothing waits any more.
    pub fn prefill(&mut self, cancel: &CancelToken) -> Result<bool> {
        self.session.flush(cancel)?;
        Ok(self.session.waiting() == 0)
    }

    /// Tokens run, of those fed last.
    pub fn progress(&self) -> (u64, u64) {
        (self.fed - self.session.waiting() as u64, self.fed)
    }

    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    pub fn into_session(self) -> Session {
        self.session
    }

    pub fn logits(&self) -> &[f32] {
        self.session.logits()
    }

    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Whether a piece of the evidence stands in the window, word for word.
    pub fn is_visible(&self, piece: &Evidence) -> bool {
        piece.at >= self.session.window_start()
    }

    /// The piece with that index, which is not offered again.
    pub fn take_evidence(&mut self, index: usize) -> Evidence {
        let piece = self.evidence[index].clone();
        self.evidence[index].marker = None;
        piece
    }

    /// Whether the document's memory holds more than the window shows.
    pub fn has_memory(&self) -> bool {
        self.continued && self.session.absorbed() > 0
    }

    /// The evidence that is the document's own words is covered.
    pub fn cover(&self, document: &Shared, output: &mut Output) -> Result<()> {
        if self.continued {
            output.set_used_memory();
        }
        if self.whole {
            let end_utf16 = document.read_state()?.marks.start_utf16;
            let all = Span { start: 0, end: document.source.length(), start_utf16: 0, end_utf16 };
            return output.add_coverage(&document.source, all, CoverageKind::Recalled);
        }
        for piece in self.evidence.iter().filter(|piece| piece.note.is_none()) {
            let kind = match (self.continued, self.is_visible(piece)) {
                (false, _) => CoverageKind::Recalled,
                (true, true) => CoverageKind::Exact,
                (true, false) => document.generator()?.evicted_as(),
            };
            for span in piece.shown.spans() {
                output.add_coverage(&document.source, span, kind)?;
            }
        }
        Ok(())
    }

    /// Graph runs made for the prompt.
    pub fn graph_runs(&self) -> u64 {
        self.session.runs() - self.runs_before
    }

    pub fn state_bytes(&self) -> u64 {
        self.session.bytes()
    }
}
