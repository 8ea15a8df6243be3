//! The one loop that every answer is pulled by, of a document and of a chat.

use std::fmt::Debug;
use std::sync::Mutex;

use crate::answer::AnswerEvent;
use crate::error::{Error, Result};
use crate::generation::prompt_session::PromptSession;
use crate::runtime::cancel_token::CancelToken;

/// What an answer stream drives: an answer in the making.
pub(crate) trait Generate: Debug + Send {
    /// The prompt to run; None when there is none, or none yet.
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>>;

    /// How far the prompt is run, or the whole document where the answer goes through it.
    fn progress(&self) -> AnswerEvent;

    /// What follows when nothing of the prompt waits; at most one graph run.
    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent>;

    /// Text that was shown becomes part of the answer.
    fn record(&mut self, delta: &str);
}

/// An answer on its way. It works on a copy: the answers of one document do not see each other, and a chat goes on only from a complete one.
#[derive(Debug)]
pub struct AnswerStream {
    cancel: CancelToken,
    /// None when the answer is complete.
    generation: Mutex<Option<Box<dyn Generate>>>,
}

impl AnswerStream {
    pub(super) fn new(generation: impl Generate + 'static) -> Result<Self> {
        Self::boxed(Box::new(generation))
    }

    pub(crate) fn boxed(generation: Box<dyn Generate>) -> Result<Self> {
        Ok(Self { cancel: CancelToken::new()?, generation: Mutex::new(Some(generation)) })
    }

    /// The next event, after at most one graph run; None after the last.
    ///
    /// # Errors
    /// `cancelled` after [`AnswerStream::cancel`]: the stream may be pulled on. `runtime.failed` when a graph run fails; `text.changed`; `call.failed`
    /// after a defect.
    pub fn next(&self) -> Result<Option<AnswerEvent>> {
        self.cancel.check()?;
        self.next_with(&self.cancel)
    }

    /// The same, stopped by another token than its own.
    pub(super) fn next_with(&self, cancel: &CancelToken) -> Result<Option<AnswerEvent>> {
        let mut slot = self.generation.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this answer unusable"))?;
        let Some(generation) = slot.as_mut() else { return Ok(None) };
        let event = advance(generation.as_mut(), cancel)?;
        match &event {
            AnswerEvent::Progress { .. } => {}
            AnswerEvent::TextDelta { delta } => generation.record(delta),
            AnswerEvent::Done { .. } => *slot = None,
        }
        Ok(Some(event))
    }

    /// Stops the call to [`AnswerStream::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

/// One graph run over the prompt, or what follows it.
fn advance(generation: &mut dyn Generate, cancel: &CancelToken) -> Result<AnswerEvent> {
    if let Some(prompt) = generation.prompt()?
        && !prompt.prefill(cancel)?
    {
        return Ok(generation.progress());
    }
    generation.step(cancel)
}
