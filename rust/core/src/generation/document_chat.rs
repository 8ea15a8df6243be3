//! Questions to a document, or to a shelf, one after another, where a later one may leave out what the earlier ones said.
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
//! the model sees nothing of what was asked before. On a shelf it is asked as [`Shelf::ask`](crate::Shelf::ask) does, and looked for beside the last quote too.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::answer::{AnswerEvent, Quote, Span};
use crate::document::{self, Document};
use crate::error::{Error, Result};
use crate::follow_up::{FollowUp, Turn, continued, follow_up};
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::answering::answering;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::AskOptions;
use crate::index::Language;
use crate::prompt::Near;
use crate::runtime::cancel_token::CancelToken;

/// Questions that are remembered, and quotes of each.
const TURNS: usize = 4;
const QUOTES: usize = 2;
/// Most bytes of a question that are remembered, and of a quote.
const QUESTION: usize = 512;
const QUOTE: usize = 1024;

/// Is told the language of what is asked, and what says whether a word stands there.
pub(crate) type WithWords<'w> = dyn FnMut(Language, &dyn Fn(&str) -> bool) + 'w;

/// What a chat asks.
pub(crate) trait Questioned: Debug + Send + Sync {
    /// What answers a question, looked for rather beside the quotes of the answer before.
    fn answering(&self, question: &str, options: AskOptions, before: &Before) -> Result<Box<dyn Generate>>;

    /// Calls `then`; the language is that of what is asked after a quote.
    fn words(&self, last: Option<&Quote>, then: &mut WithWords<'_>) -> Result<()>;
}

/// The answer that a question refers to; nothing for any other question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    pub quotes: Vec<Quote>,
    /// Whether the sentence that was quoted may well answer again.
    pub again: bool,
    /// Where the question is a phrase alone, the phrase.
    pub phrase: Option<String>,
}

/// Questions in turn to one document, or to the documents of a shelf. Cheap to clone; clones are the same chat. What it remembers are the last four questions and
/// their first quotes, in memory alone: [`Document::save`] does not save it.
#[derive(Debug, Clone)]
pub struct DocumentChat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    asked: Box<dyn Questioned>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: VecDeque<Asked>,
    /// Lives as long as the answer under way.
    turn: Weak<()>,
}

/// A question that was answered.
#[derive(Debug)]
struct Asked {
    /// As it was put to the document.
    question: String,
    quotes: Vec<Quote>,
    short: Option<String>,
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
        DocumentChat::of(self.shared.clone())
    }
}

impl DocumentChat {
    pub(crate) fn of(asked: impl Questioned + 'static) -> Self {
        Self { shared: Arc::new(Shared { asked: Box::new(asked), state: Mutex::default() }) }
    }

    /// Asks a question, as [`Document::ask`] or [`Shelf::ask`](crate::Shelf::ask); one that refers to those before it is put in full first, and
    /// [`Answer::resolved_question`](crate::Answer) says how. An answer that was cancelled, failed or dropped leaves the chat as it was.
    ///
    /// # Errors
    /// `call.busy` until the answer before is complete or dropped; else those of [`Document::ask`] or [`Shelf::ask`](crate::Shelf::ask).
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<AnswerStream> {
        let mut state = self.shared.state()?;
        if state.turn.strong_count() > 0 {
            return Err(Error::new("call.busy", "the chat's answer before is not complete; pull it to its end, or drop it"));
        }
        let asked = &self.shared.asked;
        let follow_up = self.shared.follow_up(question, &state)?;
        let quotes = state.asked.back().filter(|_| follow_up.refers).map(|asked| asked.quotes.clone()).unwrap_or_default();
        let FollowUp { again, phrase, .. } = follow_up;
        let before = Before { quotes, again, phrase };
        let (resolved, answering) = match follow_up.question {
            None => (None, asked.answering(question, options, &before)?),
            Some(resolved) => match asked.answering(&resolved, options.clone(), &before) {
                // What is too long in full is asked as it is.
                Err(error) if error.code() == "argument.question" => (None, asked.answering(question, options, &before)?),
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

impl Questioned for Arc<document::Shared> {
    fn answering(&self, question: &str, options: AskOptions, before: &Before) -> Result<Box<dyn Generate>> {
        answering(self, question, options, before.near(|quote| Some(quote.span)))
    }

    fn words(&self, _: Option<&Quote>, then: &mut WithWords<'_>) -> Result<()> {
        let read = self.read_state()?;
        let holds = |word: &str| read.index.query(word).is_ok_and(|query| query.finds_any());
        then(read.index.language(), &holds);
        Ok(())
    }
}

impl Before {
    /// Where the answer stood, by where each quote stands in what is asked now; None of one that stands there no more.
    pub fn near(&self, stands: impl Fn(&Quote) -> Option<Span>) -> Near {
        let quotes = self.quotes.iter().filter_map(stands).collect();
        Near { quotes, again: self.again, phrase: self.phrase.clone() }
    }
}

impl Shared {
    fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this chat unusable"))
    }

    fn follow_up(&self, question: &str, state: &State) -> Result<FollowUp> {
        let turns: Vec<Turn> = state.asked.iter().map(Asked::turn).collect();
        let last = state.asked.back().and_then(|asked| asked.quotes.first());
        let mut made = FollowUp::default();
        self.asked.words(last, &mut |language, holds| {
            let is_english = language == Language::ENGLISH && language.of_other(question).is_none();
            made = if is_english { follow_up(question, &turns, holds) } else { continued(question, &turns, holds) };
        })?;
        Ok(made)
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
    fn turn(&self) -> Turn {
        let quotes = self.quotes.iter().map(|quote| quote.text.clone()).collect();
        Turn { question: self.question.clone(), quotes, short: self.short.clone() }
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
            let question = self.resolved.as_ref().unwrap_or(&self.question);
            let quotes = answer.quotes.iter().take(QUOTES).map(|quote| Quote { text: cut(&quote.text, QUOTE), ..quote.clone() });
            let short = answer.short_answer.as_ref().map(|quote| cut(&quote.text, QUOTE));
            self.chat.remember(Asked { question: cut(question, QUESTION), quotes: quotes.collect(), short })?;
            answer.question = Some(self.question.clone());
            answer.resolved_question = self.resolved.clone();
        }
        Ok(event)
    }

    fn record(&mut self, delta: &str) {
        self.answering.record(delta);
    }
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}
