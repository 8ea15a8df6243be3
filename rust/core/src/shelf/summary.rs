//! A summary of a shelf: sentences of its documents, looked through one after another as if they were one, and told under each document's title.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::answer::AnswerEvent;
use crate::document;
use crate::error::{Error, Result};
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::extractive::{Extractive, bears};
use crate::generation::prompt_session::PromptSession;
use crate::generation::refusal::refusal;
use crate::generation::request::{AskOptions, at_least_one, check_combination};
use crate::generation::stats::Stats;
use crate::index::{Language, Query};
use crate::prompt::focus::{Focus, subject};
use crate::prompt::survey::{Survey, told};
use crate::runtime::cancel_token::CancelToken;
use crate::shelf::asking::{Chosen, recall, tell_usage};
use crate::shelf::entry::Filter;
use crate::shelf::gathered::{Gathered, PassageId};
use crate::shelf::shelf::{Shared, Shelf};

/// A summary in the making.
#[derive(Debug)]
struct ShelfSummary {
    shelf: Arc<Shared>,
    chosen: Chosen,
    options: AskOptions,
    language: Language,
    begun: Instant,
    before: Duration,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Survey(Box<Looking>),
    Tell(Box<Gathered>, Box<Extractive>),
    Failed,
}

/// The documents are being looked through.
#[derive(Debug)]
struct Looking {
    survey: Survey,
    /// The next of the chosen ones, and the bytes of those before it.
    next: usize,
    before: u64,
    /// The one at hand.
    document: Option<Arc<document::Shared>>,
    length: u64,
    second: bool,
}

impl Shelf {
    /// Asks for a summary of the documents that pass a filter, as [`Document::summarize`](crate::Document::summarize) of one by recall: of their sentences,
    /// whatever the model, without a graph run. The time is a line in the bytes of the documents, memory is not.
    ///
    /// # Errors
    /// `shelf.empty` when no document passes; `argument.reading` for another reading than recall; `argument.options`; from the stream also `shelf.damaged`, and
    /// `shelf.changed` when a document was removed meanwhile.
    pub fn summarize(&self, filter: &Filter, options: AskOptions) -> Result<AnswerStream> {
        let begun = Instant::now();
        let shelf = Arc::clone(&self.shared);
        check_combination(&shelf.model, &options, recall(options.reading)?, false)?;
        if options.instruction.is_some() {
            let message = "instruction: found a summary of a shelf, expected a question, or a summary of a single document";
            return Err(Error::new("argument.options", message));
        }
        at_least_one("length", options.length)?;
        options.sampling.check()?;
        let focus = options.focus.as_deref().map(str::trim);
        let chosen = Chosen::new(&shelf, filter)?;
        let language = chosen.language();
        let focus = match focus {
            Some(focus) => Some(Focus::weighed(focus, &Query::new(&*chosen.snapshot, language, &subject(focus))?)),
            None => None,
        };
        let length = chosen.places.iter().map(|place| chosen.snapshot.documents[*place as usize].document.bytes).sum();
        let survey = Survey::of_several(language, focus, options.length, length);
        let looking = Looking { survey, next: 0, before: 0, document: None, length, second: false };
        let phase = Phase::Survey(Box::new(looking));
        AnswerStream::boxed(Box::new(ShelfSummary { shelf, chosen, options, language, begun, before: Duration::ZERO, phase }))
    }
}

impl Looking {
    /// Looks at some more passages; false once all were looked at twice.
    fn step(&mut self, shelf: &Shared, chosen: &Chosen) -> Result<bool> {
        if let Some(document) = &self.document {
            if !self.survey.look(document)? {
                self.document = None;
            }
            return Ok(true);
        }
        let Some(place) = chosen.places.get(self.next) else {
            (self.next, self.before, self.second) = (0, 0, true);
            return Ok(self.survey.begin_second_pass());
        };
        let entry = &chosen.snapshot.documents[*place as usize];
        let document = shelf.open(entry)?;
        self.survey.enter(*place, self.before, entry.document.passages);
        self.next += 1;
        self.before += entry.document.bytes;
        self.document = Some(document);
        Ok(true)
    }

    /// The share of the work that is done.
    fn done(&self) -> f64 {
        let pass = if self.second { self.length } else { 0 };
        (pass + self.before) as f64 / (2 * self.length.max(1)) as f64
    }
}

impl ShelfSummary {
    /// The sentences that were chosen, in a document of their passages.
    fn gather(&self, survey: &mut Survey) -> Result<Phase> {
        let (mut sentences, relevance) = survey.choose();
        let focus = self.options.focus.as_deref().map(str::trim);
        let is_refused = focus.is_some() && !bears(&sentences, relevance);
        if is_refused {
            sentences.clear();
        }
        let mut passages: Vec<PassageId> = sentences.iter().map(|sentence| (sentence.document, sentence.passage)).collect();
        if passages.is_empty() {
            passages = self.chosen.first(1);
        }
        passages.sort_unstable();
        passages.dedup();
        let gathered = Gathered::new(&self.shelf, &self.chosen.snapshot, passages, self.language)?;
        let refused = focus.filter(|_| is_refused).map(|focus| refusal(&gathered.document, &subject(focus), true)).transpose()?;
        let mut chosen = VecDeque::new();
        for mut sentence in sentences {
            let number = gathered.number((sentence.document, sentence.passage));
            sentence.passage = number.ok_or_else(|| Error::new("fault", "a chosen sentence stands in no gathered passage"))?;
            chosen.push_back(told(&gathered.document, &sentence)?);
        }
        let telling = Extractive::told(&gathered.document, &self.options, chosen, refused)?;
        Ok(Phase::Tell(Box::new(gathered), Box::new(telling)))
    }
}

impl Generate for ShelfSummary {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        Ok(None)
    }

    fn progress(&self) -> AnswerEvent {
        let done = if let Phase::Survey(looking) = &self.phase { looking.done() } else { 1.0 };
        let tokens = self.chosen.tokens;
        Stats::new(self.begun).progress((done * tokens as f64) as u64, tokens)
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        match &mut self.phase {
            Phase::Survey(looking) => {
                if !looking.step(&self.shelf, &self.chosen)? {
                    let Phase::Survey(mut looking) = std::mem::replace(&mut self.phase, Phase::Failed) else { return Err(failed()) };
                    self.phase = self.gather(&mut looking.survey)?;
                    self.before = self.begun.elapsed();
                }
                Ok(self.progress())
            }
            Phase::Tell(gathered, telling) => {
                let mut event = telling.step(cancel)?;
                if let AnswerEvent::Done { answer } = &mut event {
                    gathered.tell(&self.shelf, answer)?;
                    tell_usage(&mut answer.usage, &self.chosen, self.before);
                }
                Ok(event)
            }
            Phase::Failed => Err(failed()),
        }
    }

    fn record(&mut self, delta: &str) {
        if let Phase::Tell(_, telling) = &mut self.phase {
            telling.record(delta);
        }
    }
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier failure ended this summary")
}
