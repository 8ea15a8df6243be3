//! An answer in a language model's words, of the sentences that a reader chose.
//!
//! ```text
//!   reader ─┬─ nothing answers ─▶ refusal
//!           └─ sentences ─▶ language model ─┬─ words that rest on them ─▶ words, with quotes
//!                                           └─ words that do not ──────▶ the sentences themselves
//! ```

use std::sync::Arc;
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, Quote, Span, Usage};
use crate::document::Shared;
use crate::error::Result;
use crate::generation::answer_stream::Generate;
use crate::generation::extraction::Extraction;
use crate::generation::generation::Generation;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::AskOptions;
use crate::generation::stats::Stats;
use crate::index::Language;
use crate::runtime::cancel_token::CancelToken;

/// What is done next.
#[derive(Debug)]
enum Phase {
    /// The reader looks for sentences.
    Read,
    /// The language model words what the reader found.
    Word { read: Box<Answer>, generation: Box<Generation> },
    /// The text of the answer, and then the answer.
    Tell { answer: Box<Answer>, told: bool },
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Worded {
    document: Arc<Shared>,
    question: String,
    options: AskOptions,
    extraction: Extraction,
    phase: Phase,
    stats: Stats,
}

impl Worded {
    /// Of a question that a reader answers, and a free language model after it.
    pub fn new(document: &Arc<Shared>, question: &str, options: AskOptions, extraction: Extraction) -> Self {
        Self {
            document: Arc::clone(document),
            question: question.to_owned(),
            options,
            extraction,
            phase: Phase::Read,
            stats: Stats::new(Instant::now()),
        }
    }

    /// What follows the reader's answer. A question that is too long for the language model stays as it was answered.
    fn after_reading(&self, read: Box<Answer>) -> Result<Phase> {
        if !read.found {
            return Ok(Phase::Tell { answer: read, told: false });
        }
        let sentences: Vec<Span> = read.quotes.iter().map(|quote| quote.span).collect();
        match Generation::of_sentences(&self.document, &self.question, self.options.clone(), &sentences) {
            Ok(generation) => Ok(Phase::Word { read, generation: Box::new(generation) }),
            Err(error) if error.code() == "argument.question" => Ok(Phase::Tell { answer: read, told: false }),
            Err(error) => Err(error),
        }
    }
}

/// The reader's answer in the words of the language model, where these rest on sentences, or say in another language what was read; else as the reader gave it.
fn worded(read: Answer, words: Answer, is_other: bool) -> Answer {
    let usage = Usage {
        prompt_tokens: read.usage.prompt_tokens + words.usage.prompt_tokens,
        graph_runs: read.usage.graph_runs + words.usage.graph_runs,
        ..words.usage
    };
    let text = words.text;
    let part = |start, end| Span::within(0, 0, &text, start, end);
    let quotes: Vec<Quote> = match words.quotes.is_empty() {
        false => words.quotes,
        true if is_other => read.quotes.iter().map(|q| Quote { answer: part(0, text.len()), verbatim: false, ..q.clone() }).collect(),
        true => Vec::new(),
    };
    if !words.found || text.trim().is_empty() || quotes.is_empty() {
        return Answer { usage, ..read };
    }
    // Words that the text does not hold stand nowhere in it.
    let short_answer = read.short_answer.map(|quote| {
        let (start, length) = text.find(quote.text.trim()).map_or((0, 0), |start| (start, quote.text.trim().len()));
        Quote { answer: part(start, start + length), ..quote }
    });
    Answer { text, quotes, short_answer, usage, ..read }
}

impl Generate for Worded {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        match &mut self.phase {
            Phase::Word { generation, .. } => generation.prompt(),
            Phase::Read | Phase::Tell { .. } => Ok(None),
        }
    }

    fn progress(&self) -> AnswerEvent {
        match &self.phase {
            Phase::Read => self.extraction.progress(),
            Phase::Word { generation, .. } => generation.progress(),
            Phase::Tell { .. } => self.stats.progress(1, 1),
        }
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        let generate: &mut dyn Generate = match &mut self.phase {
            Phase::Read => &mut self.extraction,
            Phase::Word { generation, .. } => generation.as_mut(),
            Phase::Tell { answer, told } => {
                if !*told && !answer.text.is_empty() {
                    *told = true;
                    return Ok(AnswerEvent::TextDelta { delta: answer.text.clone() });
                }
                let usage = self.stats.timed(answer.usage.clone());
                return Ok(AnswerEvent::Done { answer: Box::new(Answer { usage, ..(**answer).clone() }) });
            }
        };
        match generate.step(cancel)? {
            // Words are shown once it is known what they rest on.
            AnswerEvent::TextDelta { delta } => generate.record(&delta),
            AnswerEvent::Done { answer } => {
                self.phase = match std::mem::replace(&mut self.phase, Phase::Read) {
                    Phase::Word { read, .. } => {
                        let is_other = self.options.instruction.is_some() && Language::differs(&answer.text, &self.document.source)?;
                        Phase::Tell { answer: Box::new(worded(*read, *answer, is_other)), told: false }
                    }
                    Phase::Read | Phase::Tell { .. } => self.after_reading(answer)?,
                };
            }
            AnswerEvent::Progress { .. } => {}
        }
        Ok(self.progress())
    }

    fn record(&mut self, _: &str) {
        self.stats.text_shown();
    }
}
