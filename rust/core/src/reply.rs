//! An answer on its way: pulled with [`Reply::next`], at most one graph run a call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Coverage, Quote, Span, Usage, peak_rss_bytes, quotes_in};
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::graph::Cancel;
use crate::layout::Markers;
use crate::manifest::Reading;
use crate::reading::{Piece, Prompt, Task, plan};
use crate::sample;
use crate::session::Session;
use crate::tokens::TextStream;

/// Pieces that one prompt of a summary may cite.
const PIECES: usize = 6;

/// A run was made, or will be, and there is nothing to show yet.
const PAUSE: Event = Event::Progress { tokens_done: 0, tokens_total: 1, seconds_left: None };

/// How a question or a summary is answered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskOptions {
    /// Without it what the document was read for, or else the model's default for the task.
    pub reading: Option<Reading>,
    /// Most tokens of the answer; without it (and at most) the model's limit.
    pub max_tokens: Option<usize>,
}

/// What a reply gives, piece by piece.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// The prompt is being read.
    #[allow(missing_docs)]
    Progress { tokens_done: u64, tokens_total: u64, seconds_left: Option<f64> },
    /// More of the answer: whole characters.
    #[allow(missing_docs)]
    Text { delta: String },
    /// The answer is complete; nothing follows.
    #[allow(missing_docs)]
    Done { answer: Box<Answer> },
}

/// A question under way. It works on a copy: replies of one document do not see each other.
#[derive(Debug)]
pub struct Reply {
    document: Arc<Shared>,
    task: Task,
    limit: usize,
    cancel: Cancel,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Work {
    prompts: VecDeque<Prompt>,
    current: Option<Current>,
    begun: Instant,
    first_text: Option<Instant>,
    chosen: u64,
    choosing: f64,
    generated: usize,
    prompt_tokens: u64,
    runs: u64,
    state_bytes: u64,
    text: String,
    stream: TextStream,
    found: bool,
    log_confidence: f64,
    decisions: u32,
    quotes: Vec<Quote>,
    /// A heading that was cited: shown with the sentence after it, or when there is nothing else to show.
    heading: Option<Piece>,
    /// What stood in the prompts so far, and how.
    covered: Vec<(Span, &'static str)>,
    finished: bool,
}

/// The prompt whose turn it is.
#[derive(Debug)]
struct Current {
    session: Session,
    pieces: Vec<Piece>,
    cited: usize,
    /// Tokens to run before the next choice.
    total: u64,
    runs_before: u64,
    /// Decoding freely, token by token.
    free: bool,
    /// In a prompt of its own, not after the whole document.
    recalled: bool,
}

impl Document {
    /// Asks a question; the reply is pulled with [`Reply::next`].
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<Reply> {
        Reply::new(&self.shared, Task::Ask(question.to_owned()), options)
    }

    /// Asks for a summary.
    pub fn summarize(&self, options: AskOptions) -> Result<Reply> {
        Reply::new(&self.shared, Task::Summarize, options)
    }
}

impl Reply {
    fn new(document: &Arc<Shared>, task: Task, options: AskOptions) -> Result<Self> {
        let begun = Instant::now();
        let manifest = document.model.manifest();
        let default = match task {
            Task::Ask(_) => manifest.readings.ask,
            Task::Summarize => manifest.readings.summarize,
        };
        let prompts: VecDeque<Prompt> = plan(document, &task, options.reading.or(document.reading).unwrap_or(default))?.into();
        let work = Work {
            prompt_tokens: prompts.iter().map(|p| p.tokens.len() as u64).sum(),
            prompts,
            current: None,
            begun,
            first_text: None,
            chosen: 0,
            choosing: 0.0,
            generated: 0,
            runs: 0,
            state_bytes: 0,
            text: String::new(),
            stream: TextStream::default(),
            found: true,
            log_confidence: 0.0,
            decisions: 0,
            quotes: Vec::new(),
            heading: None,
            covered: Vec::new(),
            finished: false,
        };
        let limit = options.max_tokens.unwrap_or(usize::MAX).min(manifest.limits.answer);
        Ok(Self { document: Arc::clone(document), task, limit, cancel: Cancel::new()?, work: Mutex::new(work) })
    }

    /// The next piece, after at most one graph run; None after the last.
    pub fn next(&self) -> Result<Option<Event>> {
        self.cancel.check()?;
        let mut work = self.work.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this reply unusable"))?;
        if work.finished {
            return Ok(None);
        }
        let event = self.advance(&mut work)?;
        if matches!(event, Event::Text { .. }) {
            work.first_text.get_or_insert_with(Instant::now);
        }
        Ok(Some(event))
    }

    /// Stops the call to [`Reply::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Graph runs made so far.
    pub fn runs(&self) -> u64 {
        let work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work.runs + work.current.as_ref().map_or(0, |c| c.session.runs() - c.runs_before)
    }

    fn advance(&self, work: &mut Work) -> Result<Event> {
        let model = &self.document.model;
        if work.current.is_none() {
            let Some(prompt) = work.prompts.pop_front() else {
                return self.finish(work);
            };
            let recalled = prompt.session.is_none();
            let mut session = match prompt.session {
                Some(session) => session,
                None => model.session()?,
            };
            let runs_before = session.runs();
            session.feed(&prompt.tokens);
            let total = session.waiting() as u64;
            work.current = Some(Current {
                session,
                pieces: prompt.pieces,
                cited: 0,
                total,
                runs_before,
                free: model.layout.citing().is_none(),
                recalled,
            });
        }
        let current = work.current.as_mut().ok_or_else(|| Error::new("fault", "no prompt"))?;
        let clock = Instant::now();
        current.session.flush(&self.cancel)?;
        let waiting = current.session.waiting() as u64;
        if waiting > 0 {
            let done = current.total.saturating_sub(waiting);
            let seconds_left = (done > 0).then(|| work.begun.elapsed().as_secs_f64() * waiting as f64 / done as f64);
            return Ok(Event::Progress { tokens_done: done, tokens_total: current.total, seconds_left });
        }
        match model.layout.citing() {
            Some(markers) if !current.free => self.cite(work, markers),
            _ => self.choose(work, clock),
        }
    }

    /// A citing model's answer: one of the pieces in sight, *not in the document*, or the end of a summary.
    fn cite(&self, work: &mut Work, markers: &Markers) -> Result<Event> {
        let asked = matches!(self.task, Task::Ask(_));
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        let manifest = self.document.model.manifest();
        let sight = current.session.window_start();
        let in_sight = |piece: &Piece| piece.at >= sight && !(asked && piece.heading);
        let pieces: Vec<(usize, u32, f32)> = // index, marker, BM25
            current.pieces.iter().enumerate().filter(|(_, p)| in_sight(p)).filter_map(|(at, p)| Some((at, p.marker?, p.score))).collect();
        let otherwise: &[u32] = match asked {
            true => &[markers.none],
            false if current.cited > 0 || pieces.is_empty() => &manifest.tokenizer.end,
            false => &[],
        };
        let (piece, log_p) = sample::cite(current.session.logits(), &pieces, otherwise, manifest.scoring, asked);
        work.log_confidence += log_p;
        work.decisions += 1;
        let Some(at) = piece else {
            if !asked {
                return self.next_prompt(work);
            }
            work.found = false;
            work.generated += 1;
            current.free = true; // it says so in its own words
            current.session.feed(&[markers.none]);
            current.total = 1;
            return Ok(PAUSE);
        };
        let piece = current.pieces[at].clone();
        current.pieces[at].marker = None; // never cited twice
        current.cited += 1;
        current.session.feed(&piece.tokens);
        current.total = current.session.waiting() as u64;
        let last = asked || current.cited == PIECES;
        work.generated += piece.tokens.len();
        let event = if piece.heading {
            work.heading = Some(piece);
            PAUSE
        } else {
            let heading = work.heading.take();
            self.show(work, heading.into_iter().chain([piece]))?
        };
        if work.generated >= self.limit {
            work.prompts.clear();
        }
        if last || work.generated >= self.limit {
            self.leave(work);
        }
        Ok(event)
    }

    /// Pieces become text of the answer, a line each, and quotes.
    fn show(&self, work: &mut Work, pieces: impl Iterator<Item = Piece>) -> Result<Event> {
        let mut delta = String::new();
        for piece in pieces {
            if !(work.text.is_empty() && delta.is_empty()) {
                delta.push('\n');
            }
            delta.push_str(&piece.text);
            let text = self.document.source.slice(piece.span.start, piece.span.end)?;
            work.quotes.push(Quote { span: piece.span, text });
        }
        work.text.push_str(&delta);
        Ok(Event::Text { delta })
    }

    /// A free model's next token, greedy.
    fn choose(&self, work: &mut Work, clock: Instant) -> Result<Event> {
        let model = &self.document.model;
        let Some(current) = work.current.as_mut() else { return self.finish(work) };
        let logits = current.session.logits();
        let (token, log_p) = sample::greedy(logits);
        if model.manifest().tokenizer.end.contains(&token) {
            return self.next_prompt(work);
        }
        if work.found {
            work.log_confidence += log_p;
            work.decisions += 1;
        }
        current.session.feed(&[token]);
        current.total = 1;
        if work.chosen > 0 {
            work.choosing += clock.elapsed().as_secs_f64();
        }
        work.chosen += 1;
        work.generated += 1;
        let mut delta = work.stream.push(&model.tokens, token)?;
        if work.text.is_empty() && model.layout.citing().is_some() {
            delta = delta.trim_start().to_owned(); // pieces of a citing model begin with a space
        }
        work.text.push_str(&delta);
        if work.generated >= self.limit {
            work.prompts.clear();
            self.leave(work); // no run for a token that nobody will see
        }
        if delta.is_empty() { Ok(PAUSE) } else { Ok(Event::Text { delta }) }
    }

    fn leave(&self, work: &mut Work) {
        if let Some(current) = work.current.take() {
            let sight = current.session.window_start();
            let kind = |p: &Piece| {
                if current.recalled {
                    "recalled"
                } else if p.at >= sight {
                    "exact"
                } else {
                    "absorbed"
                }
            };
            work.covered.extend(current.pieces.iter().map(|p| (p.span, kind(p))));
            work.runs += current.session.runs() - current.runs_before;
            work.state_bytes = current.session.bytes();
        }
    }

    /// The end of one prompt; what a free model says to the next one begins on a line of its own.
    fn next_prompt(&self, work: &mut Work) -> Result<Event> {
        self.leave(work);
        if work.prompts.is_empty() {
            return self.finish(work);
        }
        let mut delta = std::mem::take(&mut work.stream).finish(&self.document.model.tokens)?;
        if self.document.model.layout.citing().is_none() && !(work.text.is_empty() && delta.is_empty()) {
            delta.push('\n');
        }
        work.text.push_str(&delta);
        Ok(if delta.is_empty() { PAUSE } else { Event::Text { delta } })
    }

    fn finish(&self, work: &mut Work) -> Result<Event> {
        let rest = work.stream.finish(&self.document.model.tokens)?;
        work.stream = TextStream::default();
        if !rest.is_empty() {
            work.text.push_str(&rest);
            return Ok(Event::Text { delta: rest });
        }
        if let Some(heading) = work.heading.take().filter(|_| work.text.is_empty()) {
            return self.show(work, [heading].into_iter());
        }
        work.finished = true;
        let state = self.document.state()?;
        let document_bytes = state.session.as_ref().map_or(0, Session::bytes);
        let usage = Usage {
            document_tokens: state.marks.tokens,
            prompt_tokens: work.prompt_tokens,
            generated_tokens: work.generated as u64,
            graph_runs: work.runs,
            index_ms: state.marks.index_ms,
            read_ms: state.marks.read_ms,
            ttft_ms: work.first_text.unwrap_or_else(Instant::now).duration_since(work.begun).as_secs_f64() * 1000.0,
            decode_tokens_per_s: (work.chosen > 1).then(|| (work.chosen - 1) as f64 / work.choosing),
            state_bytes: document_bytes + work.state_bytes,
            index_bytes: state.index.bytes(),
            peak_rss_bytes: peak_rss_bytes(),
        };
        drop(state);
        if self.document.model.layout.citing().is_none() {
            // As they stand in the document, line ends and all: offsets count there.
            let raw = |(span, _): &(Span, _)| Ok((*span, self.document.source.slice(span.start, span.end)?));
            work.quotes = quotes_in(&work.text, &work.covered.iter().map(raw).collect::<Result<Vec<_>>>()?);
        }
        work.covered.sort_by_key(|(span, _)| span.start);
        let coverage = work.covered.iter().map(|(span, kind)| Coverage { start: span.start, end: span.end, kind }).collect();
        let question = match &self.task {
            Task::Ask(question) => Some(question.clone()),
            Task::Summarize => None,
        };
        let confidence = if work.decisions == 0 { 0.0 } else { (work.log_confidence / f64::from(work.decisions)).exp() };
        let answer = Answer {
            question,
            text: work.text.clone(),
            found: work.found,
            confidence,
            quotes: std::mem::take(&mut work.quotes),
            coverage,
            usage,
        };
        Ok(Event::Done { answer: Box::new(answer) })
    }
}
