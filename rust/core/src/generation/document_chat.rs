//! Questions to a document one after another, where a later one may leave out what the earlier ones said.
//!
//! ```no_run
//! # use edgeinfinite_core::{AnswerEvent, AskOptions, Document};
//! # fn main_of(document: &Document) -> edgeinfinite_core::Result<()> {
//! let chat = document.chat();
//! for question in ["When is the boiler serviced?", "And who pays for it?"] {
//!     let answer = chat.ask(question, AskOptions::default())?;
//!     while let Some(event) = answer.next()? {
//!         if let AnswerEvent::Done { answer } = event {
//!             println!("{} {}", answer.resolved_question.as_deref().unwrap_or(question), answer.text);
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A follow-up is put in full by rules over words (`follow_up`) before anything is looked for, and then asked as any question is: no graph runs for it, and
//! the model sees nothing of what was asked before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::answer::{AnswerEvent, Span};
use crate::document::{self, Document};
use crate::error::{Error, Result};
use crate::follow_up::{FollowUp, Turn, continued, follow_up};
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::generation::answering;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::AskOptions;
use crate::index::Language;
use crate::prompt::Near;
use crate::runtime::cancel_token::CancelToken;

/// Questions that are remembered, and quotes of each.
const TURNS: usize = 4;
const QUOTES: usize = 2;
/// Most bytes of a question that are remembered, and of a quote that are looked at.
const QUESTION: usize = 512;
const QUOTE: u64 = 1024;

/// Questions to one document in turn. Cheap to clone; clones are the same chat. What it remembers are the last four questions and where their quotes stand, in
/// memory alone: [`Document::save`] does not save it.
#[derive(Debug, Clone)]
pub struct DocumentChat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    document: Document,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: VecDeque<Asked>,
    /// Lives as long as the answer under way.
    turn: Weak<()>,
}

/// A question that was answered.
#[derive(Debug, Clone)]
struct Asked {
    /// As it was put to the document.
    question: String,
    quotes: Vec<Span>,
    short: Option<Span>,
}

/// A question of a chat on its way; the chat remembers it when its answer is complete.
#[derive(Debug)]
struct ChatTurn {
    chat: Arc<Shared>,
    /// The chat is busy while this lives.
    _busy: Arc<()>,
    question: String,
    resolved: Option<String>,
    answering: Box<dyn Generate>,
}

impl Document {
    /// Begins a chat: questions where a later one may refer to those before it and to their answers. It works with every model and runs no graph.
    pub fn chat(&self) -> DocumentChat {
        DocumentChat { shared: Arc::new(Shared { document: self.clone(), state: Mutex::default() }) }
    }
}

impl DocumentChat {
    /// Asks a question, as [`Document::ask`]; one that refers to those before it is put in full first, and [`Answer::resolved_question`](crate::Answer) says how.
    /// An answer that was cancelled, failed or dropped leaves the chat as it was.
    ///
    /// # Errors
    /// `call.busy` until the answer before is complete or dropped; else those of [`Document::ask`].
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<AnswerStream> {
        let mut state = self.shared.state()?;
        if state.turn.strong_count() > 0 {
            return Err(Error::new("call.busy", "the chat's answer before is not complete; pull it to its end, or drop it"));
        }
        let document = &self.shared.document.shared;
        let follow_up = self.shared.follow_up(question, &state)?;
        let quotes = state.asked.back().filter(|_| follow_up.refers).map(|asked| asked.quotes.clone()).unwrap_or_default();
        let near = || Near { quotes: quotes.clone(), again: follow_up.again };
        let (resolved, answering) = match follow_up.question.clone() {
            None => (None, answering(document, question, options, near())?),
            Some(resolved) => match answering(document, &resolved, options.clone(), near()) {
                // What is too long in full is asked as it is.
                Err(error) if error.code() == "argument.question" => (None, answering(document, question, options, near())?),
                made => (Some(resolved), made?),
            },
        };
        let busy = Arc::new(());
        state.turn = Arc::downgrade(&busy);
        drop(state);
        AnswerStream::boxed(Box::new(ChatTurn {
            chat: Arc::clone(&self.shared),
            _busy: busy,
            question: question.to_owned(),
            resolved,
            answering,
        }))
    }
}

impl Shared {
    fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this chat unusable"))
    }

    fn follow_up(&self, question: &str, state: &State) -> Result<FollowUp> {
        let document = &self.document.shared;
        let turns = state.asked.iter().map(|asked| asked.turn(document)).collect::<Result<Vec<_>>>()?;
        let read = document.read_state()?;
        let language = read.index.language();
        let holds = |word: &str| read.index.query(word).is_ok_and(|query| !query.is_unknown() && !query.weights().terms.is_empty());
        let is_english = language == Language::ENGLISH && language.of_other(question).is_none();
        Ok(if is_english { follow_up(question, &turns, &holds) } else { continued(question, &turns, &holds) })
    }

    /// What is remembered of an answer.
    fn remember(&self, asked: Asked) -> Result<()> {
        let mut state = self.state()?;
        state.turn = Weak::new();
        state.asked.push_back(asked);
        if state.asked.len() > TURNS {
            state.asked.pop_front();
        }
        Ok(())
    }
}

impl Asked {
    fn turn(&self, document: &document::Shared) -> Result<Turn> {
        let text = |span: &Span| document.source.slice(span.start, span.end.min(span.start + QUOTE));
        let quotes = self.quotes.iter().map(text).collect::<Result<Vec<_>>>()?;
        Ok(Turn { question: self.question.clone(), quotes, short: self.short.as_ref().map(text).transpose()? })
    }
}

impl Generate for ChatTurn {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        self.answering.prompt()
    }

    fn progress(&self) -> AnswerEvent {
        self.answering.progress()
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        let mut event = self.answering.step(cancel)?;
        if let AnswerEvent::Done { answer } = &mut event {
            let mut question = self.resolved.clone().unwrap_or_else(|| self.question.clone());
            question.truncate(question.floor_char_boundary(QUESTION));
            let quotes = answer.quotes.iter().take(QUOTES).map(|quote| quote.span).collect();
            let short = answer.short_answer.as_ref().map(|quote| quote.span);
            self.chat.remember(Asked { question, quotes, short })?;
            answer.question = Some(self.question.clone());
            answer.resolved_question = self.resolved.clone();
        }
        Ok(event)
    }

    fn record(&mut self, delta: &str) {
        self.answering.record(delta);
    }
}
