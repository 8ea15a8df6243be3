//! Values of a document by fields, one after another: each is asked as a question, and the one value of its type is read out of what was quoted.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::Serialize;

use crate::answer::{Answer, AnswerEvent, Quote, Span, Verdict};
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::generation::answer_stream::AnswerStream;
use crate::generation::answering::answering;
use crate::generation::request::AskOptions;
use crate::prompt::Near;
use crate::runtime::cancel_token::CancelToken;
use crate::text::whitespace::trimmed;
use crate::values::{Extracted, Field, FieldType, Missing, Reading, Value, check, read};

/// What a stream of fields gives, piece by piece.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldEvent {
    /// Fields behind and in all.
    #[allow(missing_docs)]
    Progress { fields_done: u64, fields_total: u64, seconds_left: Option<f64> },
    /// The next field's value, in the order in which they were asked for; nothing follows the last.
    #[allow(missing_docs)]
    Field { field: Box<Extracted> },
}

/// Fields on their way. It works on a copy of the document's state, as an answer does.
#[derive(Debug)]
pub struct FieldStream {
    document: Arc<Shared>,
    fields: Vec<Field>,
    state: Mutex<State>,
    begun: Instant,
    /// Of the field that is asked for now; kept here so that a cancel reaches it.
    cancel: CancelToken,
}

#[derive(Debug, Default)]
struct State {
    done: usize,
    answer: Option<AnswerStream>,
}

impl Document {
    /// Values by fields, each with the words that it stands in, or with why there is none; they are pulled with [`FieldStream::next`]. Each field is asked as a
    /// question; a free model is held to the document.
    ///
    /// # Errors
    /// `argument.fields` for no fields, more than 100, or names that are empty or not distinct; `argument.question` for a question that does not fit; `call.unread`;
    /// `model.no_generator` as [`Document::ask`]; `text.changed`; `io`.
    pub fn extract(&self, fields: Vec<Field>) -> Result<FieldStream> {
        check(&fields)?;
        for field in &fields {
            self.shared.model.check_question(&field.asks())?;
        }
        let stream = FieldStream {
            document: Arc::clone(&self.shared),
            fields,
            state: Mutex::default(),
            begun: Instant::now(),
            cancel: CancelToken::new()?,
        };
        let first = stream.ask(0)?; // what is refused at all is refused here
        stream.state.lock().map_err(|_| failed())?.answer = Some(first);
        Ok(stream)
    }
}

impl FieldStream {
    /// The next event, after at most one graph run; None after the last field.
    ///
    /// # Errors
    /// As [`AnswerStream::next`].
    pub fn next(&self) -> Result<Option<FieldEvent>> {
        self.cancel.check()?;
        let mut state = self.state.lock().map_err(|_| failed())?;
        if state.done == self.fields.len() {
            return Ok(None);
        }
        let done = state.done;
        let answer = match &mut state.answer {
            Some(answer) => answer,
            none => none.insert(self.ask(done)?),
        };
        let Some(AnswerEvent::Done { answer }) = answer.next_with(&self.cancel)? else { return Ok(Some(self.progress(done as u64))) };
        let field = self.extracted(&self.fields[done], *answer)?;
        *state = State { done: done + 1, answer: None };
        Ok(Some(FieldEvent::Field { field: Box::new(field) }))
    }

    /// Stops the call to [`FieldStream::next`] that is under way on another thread, or else the next one.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    fn ask(&self, number: usize) -> Result<AnswerStream> {
        let options = AskOptions { verbatim: self.document.model.is_free(), ..AskOptions::default() };
        AnswerStream::boxed(answering(&self.document, &self.fields[number].asks(), options, Near::default())?)
    }

    fn progress(&self, done: u64) -> FieldEvent {
        let total = self.fields.len() as u64;
        let seconds_left = (done > 0).then(|| self.begun.elapsed().as_secs_f64() * (total - done) as f64 / done as f64);
        FieldEvent::Progress { fields_done: done, fields_total: total, seconds_left }
    }

    fn extracted(&self, field: &Field, mut answer: Answer) -> Result<Extracted> {
        // The answer's text is not given: no place in it means anything.
        answer.quotes.iter_mut().for_each(|quote| quote.answer = Span::within(0, 0, "", 0, 0));
        let mut found = Extracted {
            name: field.name.clone(),
            kind: field.kind,
            question: field.asks(),
            value: None,
            missing: None,
            quotes: Vec::new(),
            words: None,
            found_confidence: answer.found_confidence,
        };
        if !answer.found {
            return Ok(Extracted { missing: Some(Missing::NotFound), ..found });
        }
        let language = self.document.state()?.index.language();
        if field.kind == FieldType::List && answer.count.is_some() {
            found.value = Some(Value::List(answer.quotes.iter().map(|quote| unmarked(&quote.text)).collect()));
            return Ok(Extracted { quotes: answer.quotes, ..found });
        }
        if field.kind == FieldType::Number
            && let Some(count) = answer.count
        {
            return Ok(Extracted { value: Some(Value::Number(count as f64)), quotes: answer.quotes, ..found });
        }
        let mut missing = Missing::NoValue;
        if let (FieldType::YesNo, Some(verdict)) = (field.kind, answer.verdict) {
            found.value = match verdict {
                Verdict::Yes => Some(Value::YesNo(true)),
                Verdict::No => Some(Value::YesNo(false)),
                Verdict::Unclear => None,
            };
        } else {
            let short = answer.short_answer.as_ref();
            // What a row or an item is read with is quoted before it: its own words are looked at first.
            let reads = answer.quotes.len().min(if short.is_some() { 1 } else { usize::MAX });
            let order: Vec<usize> = if short.is_some() { (0..reads).collect() } else { (0..reads).rev().collect() };
            for at in order {
                let quote = &answer.quotes[at];
                let start = |short: &&Quote| quote.span.start <= short.span.start && short.span.end <= quote.span.end;
                let range = |short: &Quote| ((short.span.start - quote.span.start) as usize, (short.span.end - quote.span.start) as usize);
                let reading = Reading { question: &found.question, language, quoted: &quote.text, short: short.filter(start).map(range) };
                match read(field.kind, reading) {
                    Ok((value, words)) => {
                        let span = Span::within(quote.span.start, quote.span.start_utf16, &quote.text, words.start, words.end);
                        found.words = Some(Quote { span, text: quote.text[words].to_owned(), ..quote.clone() });
                        found.value = Some(value);
                        found.quotes = vec![quote.clone()];
                        return Ok(found);
                    }
                    Err(Missing::NoValue) => {}
                    Err(why) => missing = why,
                }
            }
        }
        found.missing = found.value.is_none().then_some(missing);
        found.quotes = answer.quotes;
        Ok(found)
    }
}

/// An entry without the mark of a list.
fn unmarked(entry: &str) -> String {
    let bare = entry.trim_start_matches(['-', '*', '•', '–', ' ', '\t']);
    let numbered = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = numbered.strip_prefix(['.', ')']).filter(|rest| numbered.len() < bare.len() && rest.starts_with(' ')).unwrap_or(bare);
    trimmed(bare).into_owned()
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier defect made these fields unusable")
}
