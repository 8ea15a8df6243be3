//! A prompt that a free model answers in words held to the document: whole spans of the evidence.

use crate::decode::constrained::SpanConstraint;
use crate::error::Result;
use crate::generation::output::Output;
use crate::generation::prompt_session::PromptSession;
use crate::generation::step::Step;
use crate::model::Generator;
use crate::prompt::Evidence;
use crate::runtime::cancel_token::CancelToken;
use crate::text::whitespace::folded;

/// Spans decoded one after another, a line each.
#[derive(Debug, Default)]
pub(crate) struct Constrained {
    has_text: bool,
}

impl Constrained {
    /// The next words, after at most one graph run.
    pub fn step(&mut self, prompt: &mut PromptSession, generator: &Generator, output: &mut Output, cancel: &CancelToken) -> Result<Step> {
        if !output.decoder().is_constrained() {
            output.decoder().constrain(constraint(prompt, generator)?);
        }
        let Some(mut delta) = output.decoder().next(prompt.session(), generator, cancel)? else { return Ok(Step::Ended) };
        if !self.has_text && !delta.is_empty() {
            self.has_text = true;
            if !output.text().is_empty() {
                delta.insert(0, '\n'); // after the spans of the prompts before
            }
        }
        Ok(if output.decoder().full() { Step::AnswerComplete(delta) } else { Step::Text(delta) })
    }
}

/// What a free model may quote: the evidence in the window, as far as it is the document's own words.
pub(crate) fn constraint(prompt: &PromptSession, generator: &Generator) -> Result<SpanConstraint> {
    let tokens = |piece: &Evidence| match prompt.is_visible(piece) && piece.note.is_none() {
        true => generator.tokens.encode(&folded(piece.text())),
        false => Ok(Vec::new()),
    };
    let pieces = prompt.evidence().iter().map(|piece| Ok((tokens(piece)?, piece.text().to_owned()))).collect::<Result<Vec<_>>>()?;
    SpanConstraint::new(pieces, &generator.tokens)
}
