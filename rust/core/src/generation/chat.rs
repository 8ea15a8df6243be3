//! A plain session: what is said, what the model answers, and so on for any length. What leaves the window goes into the memory.
//!
//! ```no_run
//! # use edgeinfinite_core::{AskOptions, AnswerEvent, Model, OpenOptions};
//! # fn main() -> edgeinfinite_core::Result<()> {
//! let chat = Model::open("models/mine".as_ref(), &OpenOptions::default())?.chat()?;
//! let reply = chat.send("How are you?", AskOptions::default())?;
//! while let Some(event) = reply.next()? {
//!     if let AnswerEvent::TextDelta { delta } = event {
//!         print!("{delta}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, Usage, found_confidence, peak_rss_bytes};
use crate::decode::decoder::Decoder;
use crate::error::{Error, Result};
use crate::generation::work::{AskOptions, SummaryStyle};
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;

/// A conversation. Cheap to clone; clones are the same conversation.
#[derive(Debug, Clone)]
pub struct Chat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    model: Arc<Model>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    session: Session,
    /// Lives as long as the answer under way.
    sending: Weak<()>,
}

/// An answer of a chat on its way. It works on a copy, which becomes the chat's when the answer is complete: one that was cancelled, failed or
/// dropped leaves the chat as it was.
#[derive(Debug)]
pub struct ChatAnswerStream {
    chat: Arc<Shared>,
    text: String,
    cancel: CancelToken,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Work {
    /// None when the answer is complete.
    session: Option<Session>,
    /// The chat is busy while this lives.
    _sending: Arc<()>,
    decoder: Decoder,
    /// What follows the answer in the session, once the answer is complete.
    closing: Option<Vec<u32>>,
    text: String,
    /// Tokens of the turn, and of the end of the one before.
    total: u64,
    runs_before: u64,
    runs: u64,
    begun: Instant,
    first_text: Option<Instant>,
}

impl Model {
    /// Begins a conversation; [`crate::error::CODES`] `model.no_chat` when the model was not made for one.
    ///
    /// # Errors
    /// `model.no_chat`; `runtime.failed`.
    pub fn chat(self: &Arc<Self>) -> Result<Chat> {
        let state = State { session: self.chat_session()?, sending: Weak::new() };
        Ok(Chat { shared: Arc::new(Shared { model: Arc::clone(self), state: Mutex::new(state) }) })
    }
}

impl Chat {
    /// Says something; the answer is pulled with [`ChatAnswerStream::next`]. One at a time: `call.busy` until the answer before is complete or dropped. A
    /// text of any length: what does not fit the window goes into the memory. Options that speak of a document are refused.
    ///
    /// # Errors
    /// `argument.options`, `argument.sampling` or `argument.question` by what is passed; `call.busy` while an answer is under way; `runtime.failed`.
    pub fn send(&self, text: &str, options: AskOptions) -> Result<ChatAnswerStream> {
        let begun = Instant::now();
        if options.reading.is_some()
            || options.recall_prompts.is_some()
            || options.verbatim
            || options.length.is_some()
            || options.style != SummaryStyle::default()
        {
            return Err(Error::new(
                "argument.options",
                "found options of a document, expected max_output_tokens, prompt_lookup and sampling alone: a chat has none",
            ));
        }
        options.sampling.check()?;
        let model = &self.shared.model;
        let mut state = self.shared.state()?;
        let tokens = model.layout.turn(text, state.session.position() == 0, &model.tokens)?;
        if state.sending.strong_count() > 0 {
            return Err(Error::new("call.busy", "the chat's answer before is not complete; pull it to its end, or drop it"));
        }
        let mut session = state.session.fork()?;
        let sending = Arc::new(());
        state.sending = Arc::downgrade(&sending);
        drop(state);
        session.feed(&tokens);
        let limit = options.max_output_tokens.unwrap_or(usize::MAX).min(model.manifest().limits.answer);
        let work = Work {
            total: session.waiting() as u64,
            runs_before: session.runs(),
            session: Some(session),
            _sending: sending,
            decoder: Decoder::new(limit, options.prompt_lookup, &options.sampling),
            closing: None,
            text: String::new(),
            runs: 0,
            begun,
            first_text: None,
        };
        Ok(ChatAnswerStream { chat: Arc::clone(&self.shared), text: text.to_owned(), cancel: CancelToken::new()?, work: Mutex::new(work) })
    }

    /// A copy of the session as it stands: for tests against the reference.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn session(&self) -> Result<Session> {
        self.shared.state()?.session.fork()
    }
}

impl Shared {
    fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this chat unusable"))
    }
}

impl ChatAnswerStream {
    /// The next piece, after at most one graph run; None after the last.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed` when a graph run fails; `call.failed` after a defect.
    pub fn next(&self) -> Result<Option<AnswerEvent>> {
        self.cancel.check()?;
        let mut work = self.work.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this answer unusable"))?;
        let work = &mut *work;
        let Some(session) = &mut work.session else { return Ok(None) };
        session.flush(&self.cancel)?;
        let event = if session.waiting() > 0 {
            let (total, done) = (work.total, work.total - session.waiting() as u64);
            let seconds_left = work.begun.elapsed().as_secs_f64() * (total - done) as f64 / done as f64;
            AnswerEvent::Progress { tokens_done: done, tokens_total: total, seconds_left: Some(seconds_left) }
        } else {
            self.answer(work)?
        };
        if let AnswerEvent::TextDelta { delta } = &event {
            work.text.push_str(delta);
            work.first_text.get_or_insert_with(Instant::now);
        }
        Ok(Some(event))
    }

    /// Stops the call to [`ChatAnswerStream::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Graph runs made so far.
    pub fn runs(&self) -> u64 {
        let work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work.session.as_ref().map_or(work.runs, |session| session.runs() - work.runs_before)
    }

    /// What the model says next, and in the end that it is all.
    fn answer(&self, work: &mut Work) -> Result<AnswerEvent> {
        let model = &self.chat.model;
        let Some(session) = &mut work.session else { return Err(Error::new("fault", "the answer was complete before")) };
        if work.closing.is_none() {
            let more = if work.decoder.full() { None } else { work.decoder.next(session, model, &self.cancel)? };
            let delta = match more {
                Some(delta) => delta,
                None => {
                    work.closing = Some(work.decoder.close(model));
                    work.decoder.finish(model)?
                }
            };
            return Ok(match delta.is_empty() {
                true => AnswerEvent::Progress { tokens_done: work.total, tokens_total: work.total, seconds_left: None },
                false => AnswerEvent::TextDelta { delta },
            });
        }
        session.feed(&work.closing.take().unwrap_or_default()); // run with what is said next
        work.runs = session.runs() - work.runs_before;
        let state_bytes = 2 * session.bytes();
        let mut state = self.chat.state()?;
        state.sending = Weak::new();
        if let Some(mut session) = work.session.take() {
            session.rest();
            state.session = session;
        }
        drop(state);
        let usage = Usage {
            prompt_tokens: work.total,
            generated_tokens: work.decoder.generated() as u64,
            graph_runs: work.runs,
            ttft_ms: work.first_text.unwrap_or_else(Instant::now).duration_since(work.begun).as_secs_f64() * 1000.0,
            decode_tokens_per_second: work.decoder.tokens_per_second(),
            state_bytes,
            peak_rss_bytes: peak_rss_bytes(),
            ..Usage::default()
        };
        let answer = Answer {
            question: Some(self.text.clone()),
            text: work.text.clone(),
            found: true,
            found_confidence: found_confidence(true, work.decoder.confidence()),
            confidence: work.decoder.confidence(),
            quotes: Vec::new(),
            coverage: Vec::new(),
            usage,
        };
        Ok(AnswerEvent::Done { answer: Box::new(answer) })
    }
}
