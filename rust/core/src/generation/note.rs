//! A prompt of a free model that is not shown: what it writes, or quotes, is a note for a prompt to come.

use crate::answer::Span;
use crate::decode::decoder::Decoder;
use crate::decode::sampling::Sampling;
use crate::document::Shared;
use crate::error::Result;
use crate::generation::constrained::constraint;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::Request;
use crate::generation::step::Step;
use crate::prompt::excerpt::Excerpt;
use crate::prompt::{Evidence, constrained_quotes, source_texts};
use crate::runtime::cancel_token::CancelToken;
use crate::search::support::quotes_of_own_words;

/// The note so far.
#[derive(Debug)]
pub(crate) struct Note {
    /// Its tokens are the likeliest each time, whatever the answer's sampling.
    decoder: Decoder,
    text: String,
}

impl Note {
    /// A note of at most `limit` tokens.
    pub fn new(limit: usize, request: &Request) -> Self {
        let greedy = Sampling::default().with_defaults(&request.generator().manifest().decoding);
        Self { decoder: Decoder::new(limit, request.options().prompt_lookup, &greedy), text: String::new() }
    }

    /// Its next words, after at most one graph run.
    pub fn step(&mut self, prompt: &mut PromptSession, request: &Request, cancel: &CancelToken) -> Result<Step> {
        let generator = request.generator();
        if request.is_constrained() && !self.decoder.is_constrained() {
            self.decoder.constrain(constraint(prompt, generator)?);
        }
        let delta = self.decoder.next(prompt.session(), generator, cancel)?;
        let is_complete = delta.is_none() || self.decoder.full();
        self.text.push_str(&delta.unwrap_or_default());
        if !is_complete {
            return Ok(Step::NoteText);
        }
        self.text.push_str(&self.decoder.finish(generator)?);
        let note = if request.is_constrained() {
            self.quoted(prompt, request)?
        } else {
            self.free_form(prompt, request.document(), request.question())?
        };
        Ok(Step::Note(note))
    }

    /// The spans that were quoted, as pieces of the document.
    fn quoted(&mut self, prompt: &PromptSession, request: &Request) -> Result<Vec<Evidence>> {
        let document = request.document();
        let quotes = constrained_quotes(document, prompt.evidence(), self.decoder.take_spans())?;
        // Of each no more than was quoted: the notes of a level are to be shorter than what was read for them.
        quotes.into_iter().map(|quote| Evidence::new(&document.model, quote.span, Excerpt::of(&document.source, quote.span)?, 0)).collect()
    }

    /// The text as one piece that stands for all of the evidence; none where the model wrote nothing.
    fn free_form(&self, prompt: &PromptSession, document: &Shared, question: Option<&str>) -> Result<Vec<Evidence>> {
        let text = self.text.trim().to_owned();
        let (Some(first), Some(last), false) = (prompt.evidence().first(), prompt.evidence().last(), text.is_empty()) else {
            return Ok(Vec::new());
        };
        let span = Span { end: last.span.end, end_utf16: last.span.end_utf16, ..first.span };
        let sources = source_texts(document, prompt.evidence())?;
        let language = document.read_state()?.index.language();
        let quotes = quotes_of_own_words(&text, question, &sources, language);
        let note = Evidence::new(&document.model, span, Excerpt::own(text), 0)?;
        Ok(vec![Evidence { note: Some(quotes), ..note }])
    }
}
