//! An answer on its way: pulled with [`AnswerStream::next`], at most one graph run a call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::answer::AnswerEvent;
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::generation::work::{AskOptions, PAUSE, Work};
use crate::manifest::Reading;
use crate::prompt::Task;
use crate::prompt::plan::Plan;
use crate::runtime::cancel_token::CancelToken;

/// A question under way. It works on a copy: replies of one document do not see each other.
#[derive(Debug)]
pub struct AnswerStream {
    cancel: CancelToken,
    work: Mutex<Work>,
}

impl Document {
    /// Asks a question; the reply is pulled with [`AnswerStream::next`].
    ///
    /// # Errors
    /// `argument.question`, `argument.options` or `argument.sampling` by what is passed; `call.unread` when the document is not read, or not for that
    /// reading; `text.changed`.
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<AnswerStream> {
        AnswerStream::new(&self.shared, Task::Ask(question.to_owned()), options)
    }

    /// Asks for a summary.
    ///
    /// # Errors
    /// As [`Document::ask`], but for the question.
    pub fn summarize(&self, options: AskOptions) -> Result<AnswerStream> {
        AnswerStream::new(&self.shared, Task::Summarize, options)
    }
}

impl AnswerStream {
    fn new(document: &Arc<Shared>, task: Task, options: AskOptions) -> Result<Self> {
        let begun = Instant::now();
        let manifest = document.model.manifest();
        let default = match task {
            Task::Ask(_) => manifest.readings.ask,
            Task::Summarize => manifest.readings.summarize,
        };
        let reading = options.reading.or(document.reading).unwrap_or(default);
        let prompts = (reading != Reading::RecallAll).then(|| options.recall_prompts.unwrap_or(manifest.limits.recall_prompts));
        for (name, number) in [("recall_prompts", prompts), ("length", options.length)] {
            if number == Some(0) {
                return Err(Error::new("argument.options", format!("{name}: found 0, expected at least 1")));
            }
        }
        options.sampling.check()?;
        let plan = Plan::new(document, &task, reading, prompts)?;
        let mut work = Work::new(Arc::clone(document), task, plan, begun, &options);
        work.go_on(Vec::new())?; // a question that does not fit is refused here
        Ok(Self { cancel: CancelToken::new()?, work: Mutex::new(work) })
    }

    /// The next piece, after at most one graph run; None after the last.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed` when a graph run fails; `text.changed`; `call.failed` after a defect.
    pub fn next(&self) -> Result<Option<AnswerEvent>> {
        self.cancel.check()?;
        let mut work = self.work.lock().map_err(|_| Error::new("call.failed", "an earlier defect made this reply unusable"))?;
        if work.finished {
            return Ok(None);
        }
        let event = work.advance(&self.cancel)?;
        if matches!(event, AnswerEvent::TextDelta { .. }) {
            work.first_text.get_or_insert_with(Instant::now);
        }
        Ok(Some(event))
    }

    /// Stops the call to [`AnswerStream::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Graph runs made so far.
    pub fn runs(&self) -> u64 {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.runs + work.current.as_ref().map_or(0, |c| c.session.runs() - c.runs_before)
    }
}

impl Work {
    /// One graph run, or the choice that follows it.
    fn advance(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        if self.current.is_none() && (self.ended || !self.go_on(Vec::new())?) {
            return self.finish();
        }
        let Some(current) = self.current.as_mut() else { return Ok(PAUSE) };
        current.session.flush(cancel)?;
        let waiting = current.session.waiting() as u64;
        if waiting > 0 {
            let done = current.total.saturating_sub(waiting) as f64 / current.total.max(1) as f64;
            return Ok(self.progress(done));
        }
        match (self.document.model.layout.citing().map(|m| m.none), current.free, current.shown) {
            (Some(none), false, _) => self.cite(none),
            (_, _, true) => self.choose(cancel),
            (_, _, false) => self.note(cancel),
        }
    }
}
