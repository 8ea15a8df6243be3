//! What answers a question about a document, and what summarises one.

use std::sync::Arc;

use crate::document::{Document, Shared};
use crate::error::Result;
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::counted::{Counted, counts};
use crate::generation::extraction::Extraction;
use crate::generation::extractive::Extractive;
use crate::generation::generation::Generation;
use crate::generation::request::{AskOptions, check_combination, reading};
use crate::generation::worded::Worded;
use crate::prompt::{Near, Task};

impl Document {
    /// Asks a question; the answer is pulled with [`AnswerStream::next`]. By recall a folder's reader answers, where it has one; a free language model beside it
    /// puts the answer in its words, unless it is to be verbatim.
    ///
    /// # Errors
    /// `argument.question` for a question that is empty or does not fit; `argument.options` or `argument.sampling` for options out of range, or a focus;
    /// `call.unread` when the document is not read, or not for that reading; `model.no_generator` by another reading than recall in a folder that holds a reader
    /// alone; `text.changed`; `runtime.failed`.
    pub fn ask(&self, question: &str, options: AskOptions) -> Result<AnswerStream> {
        AnswerStream::boxed(answering(&self.shared, question, options, Near::default())?)
    }

    /// Asks for a summary; it is pulled with [`AnswerStream::next`]. By recall it is made of the document's sentences, and no graph is run, save of a free
    /// model that is not to be verbatim.
    ///
    /// # Errors
    /// As [`Document::ask`], but for the question; `model.no_generator` by another reading than recall in a folder that holds a reader alone; `argument.options` for a focus of a summary that is not
    /// made of sentences; `argument.scenario` when the window leaves no room for the document.
    pub fn summarize(&self, options: AskOptions) -> Result<AnswerStream> {
        match Extractive::new(&self.shared, &options)? {
            Some(summary) => AnswerStream::new(summary),
            None => AnswerStream::new(Generation::new(&self.shared, Task::Summarize, options, Near::default())?),
        }
    }
}

/// What answers a question: a count where it asks for one, or else a model.
pub(crate) fn answering(document: &Arc<Shared>, question: &str, options: AskOptions, near: Near) -> Result<Box<dyn Generate>> {
    let counts = counts(document, question, &options);
    let otherwise = answering_by_model(document, question, options, near)?;
    Ok(match counts {
        Some(listing) => Box::new(Counted::new(document, question, listing, otherwise)),
        None => otherwise,
    })
}

/// What answers a question but by counting: the folder's reader, where it has one and the reading is recall, in a free language model's words unless it is to be
/// verbatim; or else the language model. By recall the answer is looked for rather beside what `near` names.
pub(crate) fn answering_by_model(document: &Arc<Shared>, question: &str, options: AskOptions, near: Near) -> Result<Box<dyn Generate>> {
    check_combination(&document.model, &options, reading(document, &options, true), true)?;
    let Some(extraction) = Extraction::new(document, question, &options)? else {
        return Ok(Box::new(Generation::new(document, Task::Ask(question.to_owned()), options, near)?));
    };
    let extraction = extraction.near(near);
    let is_worded = document.model.is_free() && !options.verbatim;
    Ok(if is_worded { Box::new(Worded::new(document, question, options, extraction)) } else { Box::new(extraction) })
}
