//! A plain session: what is said, what the model answers, and so on for any length. What leaves the window goes into the memory.
//!
//! ```no_run
//! # use edgeinfinite_core::{AnswerEvent, AskOptions, Model, OpenOptions};
//! # fn main() -> edgeinfinite_core::Result<()> {
//! let chat = Model::open("models/mine".as_ref(), &OpenOptions::default())?.chat()?;
//! let answer = chat.send("How are you?", AskOptions::default())?;
//! while let Some(event) = answer.next()? {
//!     if let AnswerEvent::TextDelta { delta } = event {
//!         print!("{delta}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, found_confidence};
use crate::error::{Error, Result};
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::output::Output;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::{AnswerKind, AskOptions, SummaryStyle};
use crate::generation::stats::Stats;
use crate::model::{Generator, Model};
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;

/// A conversation. Cheap to clone; clones are the same conversation.
#[derive(Debug, Clone)]
pub struct Chat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    generator: Arc<Generator>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    session: Session,
    /// Lives as long as the answer under way.
    turn: Weak<()>,
}

/// What was said, and the answer in the making. It works on a copy of the session, which becomes the chat's when the answer is complete: one that
/// was cancelled, failed or dropped leaves the chat as it was.
#[derive(Debug)]
struct Turn {
    chat: Arc<Shared>,
    text: String,
    /// The chat is busy while this lives.
    _busy: Arc<()>,
    /// None when the answer is complete.
    prompt: Option<PromptSession>,
    prompt_tokens: u64,
    /// What follows the answer in the session, once its text is complete.
    closing: Option<Vec<u32>>,
    output: Output,
    stats: Stats,
}

impl Model {
    /// Begins a conversation.
    ///
    /// # Errors
    /// `model.no_chat` when the model was not made for one; `model.no_generator` in a folder that holds a reader alone; `runtime.failed`.
    pub fn chat(&self) -> Result<Chat> {
        let generator = Arc::clone(self.generator()?);
        let state = State { session: generator.chat_session()?, turn: Weak::new() };
        Ok(Chat { shared: Arc::new(Shared { generator, state: Mutex::new(state) }) })
    }
}

impl Chat {
    /// Says something; the answer is pulled with [`AnswerStream::next`]. A text of any length: what does not fit the window goes into the memory.
    ///
    /// # Errors
    /// `call.busy` until the answer before is complete or dropped; `argument.question` for a text without words; `argument.options` for options of a
    /// document; `argument.sampling` for sampling out of range; `runtime.failed`.
    pub fn send(&self, text: &str, options: AskOptions) -> Result<AnswerStream> {
        let stats = Stats::new(Instant::now());
        check(&options)?;
        let generator = &self.shared.generator;
        let mut state = self.shared.state()?;
        let tokens = generator.template.turn(text, state.session.position() == 0, &generator.tokens)?;
        if state.turn.strong_count() > 0 {
            return Err(Error::new("call.busy", "the chat's answer before is not complete; pull it to its end, or drop it"));
        }
        let session = state.session.fork()?;
        let busy = Arc::new(());
        state.turn = Arc::downgrade(&busy);
        drop(state);
        let limit = options.token_limit(generator, None);
        let output = Output::new(AnswerKind::FreeForm, options.style, options.decoder(limit, generator));
        let prompt = PromptSession::new(generator, Some(session), &tokens, Vec::new())?;
        AnswerStream::new(Turn::new(Arc::clone(&self.shared), text.to_owned(), busy, prompt, output, stats))
    }

    /// A copy of the session as it stands: for tests against the reference.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    #[doc(hidden)]
    pub fn session(&self) -> Result<Session> {
        self.shared.state()?.session.fork()
    }
}

/// Refuses options that speak of a document.
fn check(options: &AskOptions) -> Result<()> {
    if options.reading.is_some()
        || options.recall_prompts.is_some()
        || options.verbatim
        || options.length.is_some()
        || options.focus.is_some()
        || options.instruction.is_some()
        || options.style != SummaryStyle::default()
    {
        let message = "found options of a document, expected max_output_tokens, prompt_lookup and sampling alone: a chat has none";
        return Err(Error::new("argument.options", message));
    }
    options.sampling.check()
}

impl Shared {
    fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this chat unusable"))
    }
}

impl Turn {
    fn new(chat: Arc<Shared>, text: String, busy: Arc<()>, prompt: PromptSession, output: Output, mut stats: Stats) -> Self {
        let (_, prompt_tokens) = prompt.progress();
        stats.add_prompt(prompt_tokens as usize);
        Self { chat, text, _busy: busy, prompt: Some(prompt), prompt_tokens, closing: None, output, stats }
    }

    /// The next words; None when the text is complete but for what the decoder kept back.
    fn decode(&mut self, cancel: &CancelToken) -> Result<Option<String>> {
        let Some(prompt) = self.prompt.as_mut().filter(|_| !self.output.decoder().full()) else { return Ok(None) };
        self.output.decoder().next(prompt.session(), &self.chat.generator, cancel)
    }

    /// The chat goes on from the answer's session.
    fn commit(&mut self, closing: &[u32]) -> Result<()> {
        let mut state = self.chat.state()?;
        state.turn = Weak::new();
        if let Some(mut prompt) = self.prompt.take() {
            prompt.feed(closing); // run with what is said next
            self.stats.add_run(prompt.graph_runs(), prompt.state_bytes());
            state.session = prompt.into_session();
            state.session.rest();
        }
        Ok(())
    }

    fn answer(&self) -> Result<Answer> {
        let chat_bytes = self.chat.state()?.session.bytes();
        Ok(Answer {
            question: Some(self.text.clone()),
            resolved_question: None,
            text: self.output.text().to_owned(),
            found: self.output.found(),
            confidence: self.output.confidence(),
            found_confidence: found_confidence(self.output.found(), self.output.confidence()),
            refusal: None,
            quotes: Vec::new(),
            short_answer: None,
            verdict: None,
            count: None,
            coverage: Vec::new(),
            usage: self.stats.usage(self.output.tokens(), self.output.tokens_per_second(), chat_bytes),
        })
    }

    fn text_event(&self, delta: String) -> AnswerEvent {
        if delta.is_empty() {
            AnswerEvent::Progress { tokens_done: self.prompt_tokens, tokens_total: self.prompt_tokens, seconds_left: None }
        } else {
            AnswerEvent::TextDelta { delta }
        }
    }
}

impl Generate for Turn {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        Ok(self.prompt.as_mut())
    }

    fn progress(&self) -> AnswerEvent {
        let (tokens_done, tokens_total) = self.prompt.as_ref().map_or((0, 0), PromptSession::progress);
        self.stats.progress(tokens_done, tokens_total)
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        if let Some(closing) = self.closing.clone() {
            self.commit(&closing)?;
            return Ok(AnswerEvent::Done { answer: Box::new(self.answer()?) });
        }
        if let Some(delta) = self.decode(cancel)? {
            return Ok(self.text_event(delta));
        }
        self.closing = Some(self.output.decoder().close(&self.chat.generator));
        let kept_back = self.output.decoder().finish(&self.chat.generator)?;
        Ok(self.text_event(kept_back))
    }

    fn record(&mut self, delta: &str) {
        self.output.push(delta);
        self.stats.text_shown();
    }
}
