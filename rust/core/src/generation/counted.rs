//! A question for a count or a list: counted where that is sure, or else answered as any other.

use std::sync::Arc;
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, CoverageKind, Quote, Span};
use crate::document::Shared;
use crate::error::Result;
use crate::generation::answer_stream::Generate;
use crate::generation::coverage::CoverageMap;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::{AskOptions, reading};
use crate::generation::stats::Stats;
use crate::listing::{Listed, Listing, Wanted, asked};
use crate::manifest::Reading;
use crate::runtime::cancel_token::CancelToken;
use crate::search::quotes::headings;
use crate::text::whitespace::trimmed;

/// What is to be counted for a question by recall; None of any other question.
pub(crate) fn counts(document: &Shared, question: &str, options: &AskOptions) -> Option<Listing> {
    let recalls = matches!(reading(document, options, true), Reading::Recall | Reading::RecallAll);
    asked(question).filter(|_| recalls && options.instruction.is_none()).map(|asked| Listing::new(asked, &document.source))
}

/// Whether a question by recall may be one for a count.
pub(crate) fn is_for_count(question: &str, options: &AskOptions) -> bool {
    options.instruction.is_none() && asked(question).is_some()
}

/// A count in the making, and the answer where it is none.
#[derive(Debug)]
pub(crate) struct Counted {
    document: Arc<Shared>,
    question: String,
    phase: Phase,
    /// What answers where nothing is counted.
    otherwise: Box<dyn Generate>,
    text: String,
    quotes: Vec<Quote>,
    stats: Stats,
}

#[derive(Debug)]
enum Phase {
    Look(Box<Listing>),
    Done(Listed),
    Otherwise,
}

impl Counted {
    pub fn new(document: &Arc<Shared>, question: &str, listing: Listing, otherwise: Box<dyn Generate>) -> Self {
        Self {
            document: Arc::clone(document),
            question: question.to_owned(),
            phase: Phase::Look(Box::new(listing)),
            otherwise,
            text: String::new(),
            quotes: Vec::new(),
            stats: Stats::new(Instant::now()),
        }
    }

    /// The whole text of a count: the number, where one was asked for, and a line of each entry that is given.
    fn tell(&mut self, listed: &Listed, wanted: Wanted) -> Result<String> {
        let mut text = if wanted == Wanted::Count { listed.count.to_string() } else { String::new() };
        let source = &self.document.source;
        for (span, entry) in &listed.entries {
            if !text.is_empty() {
                text.push('\n');
            }
            let start = text.len();
            text.push_str(&trimmed(entry));
            let mut quote = Quote::new(*span, entry.clone());
            quote.answer = Span::within(0, 0, &text, start, text.len());
            quote.place = source.place(span.start)?;
            quote.headings = headings(source, &self.document.state()?.index, span.start)?;
            self.quotes.push(quote);
        }
        Ok(text)
    }

    fn answer(&mut self, listed: &Listed) -> Result<Answer> {
        let source = &self.document.source;
        let state = self.document.state()?;
        let mut coverage = CoverageMap::default();
        coverage.add(source, listed.extent, CoverageKind::Recalled)?;
        let usage = self.stats.of_document(0, None, &state);
        Ok(Answer {
            question: Some(self.question.clone()),
            resolved_question: None,
            text: std::mem::take(&mut self.text),
            found: true,
            confidence: 1.0, // no probability was weighed
            found_confidence: 1.0,
            refusal: None,
            quotes: std::mem::take(&mut self.quotes),
            short_answer: None,
            verdict: None,
            count: Some(listed.count),
            coverage: coverage.ranges(source, state.marks.start_utf16, CoverageKind::Skipped)?,
            usage,
        })
    }
}

impl Generate for Counted {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        if matches!(self.phase, Phase::Otherwise) { self.otherwise.prompt() } else { Ok(None) }
    }

    fn progress(&self) -> AnswerEvent {
        let Phase::Look(listing) = &self.phase else { return self.otherwise.progress() };
        let tokens = self.document.state().map_or(1, |state| state.marks.tokens);
        self.stats.progress((listing.done() * tokens as f64) as u64, tokens)
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        let (listed, wanted) = match &mut self.phase {
            Phase::Otherwise => return self.otherwise.step(cancel),
            Phase::Done(listed) => {
                let listed = listed.clone();
                return Ok(AnswerEvent::Done { answer: Box::new(self.answer(&listed)?) });
            }
            Phase::Look(listing) => {
                if listing.step()? {
                    return Ok(self.progress());
                }
                (listing.take(), listing.wanted())
            }
        };
        let Some(listed) = listed else {
            self.phase = Phase::Otherwise;
            return Ok(self.otherwise.progress());
        };
        let delta = self.tell(&listed, wanted)?;
        self.phase = Phase::Done(listed);
        Ok(AnswerEvent::TextDelta { delta })
    }

    fn record(&mut self, delta: &str) {
        if matches!(self.phase, Phase::Otherwise) {
            return self.otherwise.record(delta);
        }
        self.text.push_str(delta);
        self.stats.text_shown();
    }
}
