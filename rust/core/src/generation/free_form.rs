//! A prompt that is answered in the model's own words.

use crate::error::Result;
use crate::generation::output::Output;
use crate::generation::prompt_session::PromptSession;
use crate::generation::step::Step;
use crate::model::Generator;
use crate::runtime::cancel_token::CancelToken;

/// Words decoded one after another.
#[derive(Debug)]
pub(crate) struct FreeForm {
    /// A citing model's words, which begin with a space as its sentences do; else a free model's.
    after_choice: bool,
}

impl FreeForm {
    /// A free model's words.
    pub fn of_free_model() -> Self {
        Self { after_choice: false }
    }

    /// A citing model's words, which it chose instead of a sentence.
    pub fn after_choice() -> Self {
        Self { after_choice: true }
    }

    pub fn is_after_choice(&self) -> bool {
        self.after_choice
    }

    /// The next words, after at most one graph run.
    pub fn step(&self, prompt: &mut PromptSession, generator: &Generator, output: &mut Output, cancel: &CancelToken) -> Result<Step> {
        let Some(mut delta) = output.decoder().next(prompt.session(), generator, cancel)? else { return Ok(Step::Ended) };
        if self.after_choice && output.text().is_empty() {
            delta = delta.trim_start().to_owned();
        }
        // A full answer needs no run for a token that nobody will see.
        Ok(if output.decoder().full() { Step::AnswerComplete(delta) } else { Step::Text(delta) })
    }
}
