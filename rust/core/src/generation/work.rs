//! What is wanted of an answer, and the answer in the making: the prompt whose turn it is, what came of those before, and the numbers. How a turn goes stands in
//! [`crate::cite`] and [`crate::free`].

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;

use crate::answer::{Answer, AnswerEvent, CoverageKind, Quote, Span, Usage, found_confidence, peak_rss_bytes, place, quotes_in};
use crate::decode::decoder::Decoder;
use crate::decode::sampling::Sampling;
use crate::document::Shared;
use crate::error::Result;
use crate::generation::coverage::Covered;
use crate::manifest::Reading;
use crate::prompt::plan::Plan;
use crate::prompt::{Next, Piece, Prompt, Task, alike, held, sources};
use crate::session::Session;
use crate::text::whitespace::trimmed;

/// A run was made, or will be, and there is nothing to show yet.
pub(crate) const PAUSE: AnswerEvent = AnswerEvent::Progress { tokens_done: 0, tokens_total: 1, seconds_left: None };

/// How a question or a summary is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskOptions {
    /// Without it what the document was read for, or else the model's default for the task.
    pub reading: Option<Reading>,
    /// Most prompts that recall looks for an answer in; without it what the model says.
    pub recall_prompts: Option<usize>,
    /// A free model's answer is held to the document: each line of it is a quote, and where the model says nothing, nothing was found. A citing
    /// model's answer is held to sentences; with this also where it would answer out of the memory in its own words.
    pub verbatim: bool,
    /// Most tokens of the answer; without it (and at most) the model's limit.
    pub max_output_tokens: Option<usize>,
    /// Most sentences of a citing model's summary, from all over the document; without it as many as the model cites.
    pub length: Option<usize>,
    /// The form of a citing model's summary.
    pub style: SummaryStyle,
    /// Free models draft tokens from what they read and check several in one run: the same answer, sooner. On unless switched off.
    pub prompt_lookup: bool,
    /// How the tokens of an answer in a model's own words are chosen. What is held to the document, and what is cited, is the likeliest each time.
    pub sampling: Sampling,
}

/// The form of a citing model's summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryStyle {
    /// Each sentence and each heading is a line.
    #[default]
    Bullets,
    /// One running text without headings.
    Paragraph,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self {
            reading: None,
            recall_prompts: None,
            verbatim: false,
            max_output_tokens: None,
            length: None,
            style: SummaryStyle::default(),
            prompt_lookup: true,
            sampling: Sampling::default(),
        }
    }
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Work {
    pub document: Arc<Shared>,
    pub task: Task,
    /// Most tokens of the answer.
    pub limit: usize,
    pub lookup: bool,
    pub sampling: Sampling,
    /// A free model's answer is held to the document.
    pub verbatim: bool,
    /// The token by which a citing model may choose to answer in its own words.
    pub own_words: Option<u32>,
    /// It chose to.
    pub said: bool,
    /// Sentences that a summary may still show.
    pub sentences: usize,
    /// Of a summary: running text without headings.
    pub paragraph: bool,
    pub plan: Plan,
    pub current: Option<Current>,
    /// The answer is complete but for its numbers: no prompt follows.
    pub ended: bool,
    pub finished: bool,
    /// The document's own session took part.
    pub memory: bool,
    pub begun: Instant,
    pub first_text: Option<Instant>,
    pub prompt_tokens: u64,
    pub cited_tokens: usize,
    pub runs: u64,
    pub state_bytes: u64,
    pub text: String,
    pub decoder: Decoder,
    pub found: bool,
    pub log_confidence: f64,
    pub decisions: u32,
    pub quotes: Vec<Quote>,
    /// What the quotes of an answer in the model's own words are looked for in.
    pub sources: Vec<(Span, String)>,
    /// A heading that was cited: shown with the sentence after it, or when there is nothing else to show.
    pub heading: Option<Piece>,
    /// What stood in the prompts so far, and how.
    pub covered: Covered,
}

/// The prompt whose turn it is.
#[derive(Debug)]
pub(crate) struct Current {
    pub session: Session,
    pub pieces: Vec<Piece>,
    /// Most pieces to cite.
    pub cites: usize,
    pub cited: usize,
    /// Sentences that this prompt may still show: its share of the summary's.
    pub sentences: usize,
    pub shown: bool,
    /// What a prompt that is not shown came to.
    pub note: Vec<Piece>,
    pub note_tokens: usize,
    /// The same of a free model, in its own words.
    pub words: Option<(Decoder, String)>,
    /// Tokens to run before the next choice.
    pub total: u64,
    pub runs_before: u64,
    /// Decoding freely, token by token.
    pub free: bool,
    /// In a prompt of its own, not after the whole document.
    pub recalled: bool,
}

impl Work {
    /// One that has not begun.
    pub fn new(document: Arc<Shared>, task: Task, plan: Plan, begun: Instant, options: &AskOptions) -> Self {
        let limit = options.max_output_tokens.unwrap_or(usize::MAX).min(document.model.manifest().limits.answer);
        let citing = document.model.layout.citing();
        Self {
            verbatim: options.verbatim && citing.is_none(),
            own_words: citing.and_then(|m| m.words).filter(|_| !options.verbatim),
            said: false,
            document,
            task,
            limit,
            lookup: options.prompt_lookup,
            sampling: options.sampling.clone(),
            sentences: options.length.unwrap_or(usize::MAX),
            paragraph: options.style == SummaryStyle::Paragraph,
            plan,
            current: None,
            ended: false,
            finished: false,
            memory: false,
            begun,
            first_text: None,
            prompt_tokens: 0,
            cited_tokens: 0,
            runs: 0,
            state_bytes: 0,
            text: String::new(),
            decoder: Decoder::new(limit, options.prompt_lookup, &options.sampling),
            found: true,
            log_confidence: 0.0,
            decisions: 0,
            quotes: Vec::new(),
            sources: Vec::new(),
            heading: None,
            covered: Covered::default(),
        }
    }

    /// The prompt's turn has come.
    pub fn begin(&mut self, prompt: Prompt) -> Result<()> {
        self.prompt_tokens += prompt.tokens.len() as u64;
        let recalled = prompt.session.is_none();
        self.memory |= !recalled;
        let mut session = prompt.session.map_or_else(|| self.document.model.session(), Ok)?;
        let runs_before = session.runs();
        session.feed(&prompt.tokens);
        let total = session.waiting() as u64;
        self.current = Some(Current {
            session,
            pieces: prompt.pieces,
            cites: prompt.cites,
            cited: 0,
            sentences: self.sentences.div_ceil(1 + self.plan.listed()),
            shown: prompt.shown,
            note: Vec::new(),
            note_tokens: prompt.note_tokens,
            words: None,
            total,
            runs_before,
            free: self.document.model.layout.citing().is_none(),
            recalled,
        });
        Ok(())
    }

    /// Begins the next prompt, if it is there already; false when there is none to come.
    pub fn go_on(&mut self, note: Vec<Piece>) -> Result<bool> {
        match self.plan.next(&self.document, note)? {
            Next::Prompt(prompt) => self.begin(*prompt)?,
            Next::Later => {}
            Next::End => self.ended = true,
        }
        Ok(!self.ended)
    }

    /// The end of one prompt: what stood in it is covered; gives its note.
    pub fn leave(&mut self) -> Result<Vec<Piece>> {
        let Some(current) = self.current.take() else { return Ok(Vec::new()) };
        let sight = current.session.window_start();
        for piece in current.pieces.iter().filter(|p| p.note.is_none()) {
            let kind = match (current.recalled, piece.at >= sight) {
                (true, _) => CoverageKind::Recalled,
                (false, true) => CoverageKind::Exact,
                (false, false) => self.document.model.left(),
            };
            self.covered.add(&self.document.source, piece.span, kind)?;
        }
        if current.shown && self.verbatim {
            self.quotes.extend(held(&self.document, &current.pieces, self.decoder.release())?);
        } else if current.shown && self.document.model.layout.citing().is_none() {
            self.sources.extend(sources(&self.document, &current.pieces)?);
        }
        self.runs += current.session.runs() - current.runs_before;
        self.state_bytes = current.session.bytes();
        Ok(current.note)
    }

    /// The end of one prompt that was shown; what a free model says to the next one begins on a line of its own.
    pub fn next_prompt(&mut self) -> Result<AnswerEvent> {
        self.leave()?;
        // A question is answered by the first prompt; one that is held to the document by the first prompt with something to quote.
        self.ended |= matches!(self.task, Task::Ask(_)) && !(self.verbatim && self.quotes.is_empty());
        self.ended |= self.decoder.stopped();
        if self.ended || !self.go_on(Vec::new())? {
            return self.finish();
        }
        let mut delta = self.decoder.finish(&self.document.model)?;
        if self.document.model.layout.citing().is_none() && !self.verbatim && !(self.text.is_empty() && delta.is_empty()) {
            delta.push('\n');
        }
        self.text.push_str(&delta);
        Ok(if delta.is_empty() { PAUSE } else { AnswerEvent::TextDelta { delta } })
    }

    /// Of this prompt, or of the whole document where the plan goes through it.
    pub fn progress(&self, of_prompt: f64) -> AnswerEvent {
        let whole = self.plan.done();
        let done = whole.unwrap_or(of_prompt);
        let total = match (whole, &self.current) {
            (None, Some(current)) => current.total,
            _ => self.document.state().map_or(1, |s| s.marks.tokens),
        };
        let seconds_left = (done > 0.0).then(|| self.begun.elapsed().as_secs_f64() * (1.0 - done) / done);
        AnswerEvent::Progress { tokens_done: (done * total as f64) as u64, tokens_total: total, seconds_left }
    }

    /// Pieces become text of the answer, a line each, and quotes.
    pub fn show(&mut self, pieces: impl Iterator<Item = Piece>) -> Result<AnswerEvent> {
        let mut delta = String::new();
        for piece in pieces {
            if !(self.text.is_empty() && delta.is_empty()) {
                delta.push(if self.paragraph { ' ' } else { '\n' });
            }
            delta.push_str(&piece.text);
            let text = self.document.source.slice(piece.span.start, piece.span.end)?;
            self.quotes.push(Quote::new(piece.span, text));
        }
        self.text.push_str(&delta);
        Ok(AnswerEvent::TextDelta { delta })
    }

    pub fn finish(&mut self) -> Result<AnswerEvent> {
        let rest = self.decoder.finish(&self.document.model)?;
        if !rest.is_empty() {
            self.text.push_str(&rest);
            return Ok(AnswerEvent::TextDelta { delta: rest });
        }
        if let Some(heading) = self.heading.take().filter(|_| self.text.is_empty()) {
            return self.show([heading].into_iter());
        }
        if self.said {
            self.found = !self.text.is_empty();
            self.sources = alike(&self.document, &self.text)?; // nothing in sight bears witness to the memory
        }
        let source = &self.document.source;
        if self.verbatim {
            self.found = !self.quotes.is_empty();
        } else if self.said || self.document.model.layout.citing().is_none() {
            self.quotes = quotes_in(&self.text, &self.sources);
        }
        place(&mut self.quotes, &self.text);
        let state = self.document.state()?;
        for quote in &mut self.quotes {
            for span in state.index.path(&state.index.at(quote.span.start)?)? {
                let heading = source.slice(span.start, span.end)?;
                quote.headings.push(trimmed(heading.trim_start_matches('#')).into_owned());
            }
        }
        let document_bytes = state.session.as_ref().map_or(0, Session::bytes);
        let usage = Usage {
            document_tokens: state.marks.tokens,
            prompt_tokens: self.prompt_tokens,
            generated_tokens: (self.cited_tokens + self.decoder.generated()) as u64,
            graph_runs: self.runs,
            index_ms: state.marks.index_ms,
            read_ms: state.marks.read_ms,
            ttft_ms: self.first_text.unwrap_or_else(Instant::now).duration_since(self.begun).as_secs_f64() * 1000.0,
            decode_tokens_per_second: self.decoder.tokens_per_second(),
            state_bytes: document_bytes + self.state_bytes,
            index_bytes: state.index.bytes(),
            peak_rss_bytes: peak_rss_bytes(),
        };
        let rest = if self.memory { self.document.model.left() } else { CoverageKind::Skipped };
        let coverage = std::mem::take(&mut self.covered).whole(source, state.marks.start_utf16, rest)?;
        drop(state);
        let question = match &self.task {
            Task::Ask(question) => Some(question.clone()),
            Task::Summarize => None,
        };
        let decided = if self.decisions == 0 { 1.0 } else { (self.log_confidence / f64::from(self.decisions)).exp() };
        let words = if self.decisions == 0 || self.said { self.decoder.confidence() } else { 1.0 };
        let answer = Answer {
            question,
            text: self.text.clone(),
            found: self.found,
            found_confidence: found_confidence(self.found, decided * words),
            confidence: decided * words,
            quotes: std::mem::take(&mut self.quotes),
            coverage,
            usage,
        };
        self.finished = true;
        Ok(AnswerEvent::Done { answer: Box::new(answer) })
    }
}
