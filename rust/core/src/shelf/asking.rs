//! An answer out of a shelf: the best passages of all documents are gathered as one document, and that is asked as any is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::answer::{AnswerEvent, Quote, Span, Usage};
use crate::error::{Error, Result};
use crate::generation::answer_stream::{AnswerStream, Generate};
use crate::generation::answering::{answering, answering_by_model};
use crate::generation::counted::is_for_count;
use crate::generation::document_chat::Before;
use crate::generation::prompt_session::PromptSession;
use crate::generation::request::{AskOptions, check_combination, check_prompts};
use crate::index::Language;
use crate::manifest::Reading;
use crate::model::Model;
use crate::prompt::retrieval::{MOST_PASSAGES, PASSAGES};
use crate::runtime::cancel_token::CancelToken;
use crate::shelf::entry::Filter;
use crate::shelf::gathered::{Gathered, PassageId};
use crate::shelf::ranking::{Queries, Ranking};
use crate::shelf::shelf::{Shared, Shelf};
use crate::shelf::snapshot::Snapshot;

/// Most passages that are gathered where the answer is looked for everywhere.
const ALL: usize = 4096;

/// Some documents of a shelf at one moment.
#[derive(Debug)]
pub(super) struct Chosen {
    pub snapshot: Arc<Snapshot>,
    /// Their places, ascending; at least one.
    pub places: Vec<u32>,
    /// Of all of them together.
    pub tokens: u64,
}

/// An answer in the making.
#[derive(Debug)]
struct Asking {
    shelf: Arc<Shared>,
    chosen: Chosen,
    question: String,
    options: AskOptions,
    /// What a follow-up refers to.
    before: Before,
    begun: Instant,
    /// What ranking and gathering took.
    ranked: Duration,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Rank(Option<Ranking>),
    Answer(Box<Gathered>, Box<dyn Generate>),
}

impl Shelf {
    /// Asks a question to the documents that pass a filter; the answer is pulled with [`AnswerStream::next`]. It is looked for by recall among the best
    /// passages of all of them, weighed by all that the shelf holds; `recall:all` looks at the best 4,096. Each quote names its document, its headings begin with the title;
    /// [`Answer::coverage`](crate::Answer) is empty.
    ///
    /// # Errors
    /// `shelf.empty` when no document passes; `argument.reading` for another reading than recall; `argument.question`, `argument.options`; from the stream also
    /// `shelf.damaged`, and `shelf.changed` when a document was removed meanwhile.
    pub fn ask(&self, question: &str, filter: &Filter, options: AskOptions) -> Result<AnswerStream> {
        AnswerStream::boxed(asking(&self.shared, question, filter, options, Before::default())?)
    }
}

/// What answers a question, looked for rather beside the quotes of the answer before.
pub(super) fn asking(
    shelf: &Arc<Shared>,
    question: &str,
    filter: &Filter,
    options: AskOptions,
    before: Before,
) -> Result<Box<dyn Generate>> {
    let begun = Instant::now();
    let reading = recall(options.reading)?;
    check_combination(&shelf.model, &options, reading, true)?;
    options.sampling.check()?;
    shelf.model.check_question(question)?;
    let most = most_passages(&shelf.model, &options, reading)?;
    let chosen = Chosen::new(shelf, filter)?;
    let queries = Arc::new(Queries::new(&chosen.snapshot, &chosen.places, question)?);
    let ranking = Ranking::new(&chosen.snapshot, queries, &chosen.places, most)?;
    Ok(Box::new(Asking {
        shelf: Arc::clone(shelf),
        chosen,
        question: question.to_owned(),
        options: AskOptions { reading: Some(reading), ..options },
        before,
        begun,
        ranked: Duration::ZERO,
        phase: Phase::Rank(Some(ranking)),
    }))
}

impl Chosen {
    /// Those that pass a filter.
    pub fn new(shelf: &Shared, filter: &Filter) -> Result<Self> {
        let snapshot = shelf.snapshot()?;
        let places = snapshot.chosen(filter);
        if places.is_empty() {
            return Err(Error::new(
                "shelf.empty",
                format!("found {} documents on the shelf, expected one that passes the filter", snapshot.documents.len()),
            ));
        }
        snapshot.check(&places)?;
        let tokens = places.iter().map(|place| snapshot.documents[*place as usize].document.tokens).sum();
        Ok(Self { snapshot, places, tokens })
    }

    /// Their first passages, at most so many.
    pub fn first(&self, most: usize) -> Vec<PassageId> {
        let passages = |place: &u32| {
            (0..self.snapshot.documents[*place as usize].document.passages).map({
                let place = *place;
                move |number| (place, number)
            })
        };
        self.places.iter().flat_map(passages).take(most).collect()
    }

    /// The place in the snapshot of the document that a quote stands in; None where it is not among the chosen ones.
    pub fn place(&self, quote: &Quote) -> Option<u32> {
        let is_its = |place: &&u32| Some(&self.snapshot.documents[**place as usize].document.id) == quote.document.as_ref();
        self.places.iter().find(is_its).copied()
    }

    /// The language of most of the text.
    pub fn language(&self) -> Language {
        let mut languages: Vec<(Language, u64)> = Vec::new();
        for place in &self.places {
            let own = self.snapshot.languages[*place as usize];
            let length = self.snapshot.documents[*place as usize].document.bytes;
            match languages.iter_mut().find(|(language, _)| *language == own) {
                Some((_, bytes)) => *bytes += length,
                None => languages.push((own, length)),
            }
        }
        languages.into_iter().max_by_key(|(_, bytes)| *bytes).map_or(Language::default(), |(language, _)| language)
    }
}

/// Completes what an answer out of gathered passages cost: the documents' tokens, the terms' bytes, and the time before.
pub(super) fn tell_usage(usage: &mut Usage, chosen: &Chosen, before: Duration) {
    usage.document_tokens = chosen.tokens;
    usage.index_bytes = chosen.snapshot.bytes();
    usage.ttft_ms += before.as_secs_f64() * 1000.0;
}

/// By what a shelf is read: recall unless asked otherwise; readings that take a document from its start to its end are refused.
pub(super) fn recall(reading: Option<Reading>) -> Result<Reading> {
    match reading {
        None => Ok(Reading::Recall),
        Some(reading @ (Reading::Recall | Reading::RecallAll)) => Ok(reading),
        Some(Reading::Memory) => {
            Err(Error::new("argument.reading", "found the reading memory, expected recall: a shelf is read by it alone"))
        }
        Some(Reading::Notes) => {
            Err(Error::new("argument.reading", "found the reading notes, expected recall: a shelf is read by it alone"))
        }
    }
}

/// As many passages as recall looks at in a document with these options.
fn most_passages(model: &Model, options: &AskOptions, reading: Reading) -> Result<usize> {
    let Some(prompts) = check_prompts(model, options, reading)? else { return Ok(ALL) };
    let (mut most, mut passages) = (0, PASSAGES);
    for _ in 0..prompts {
        most += passages;
        passages = (passages * 2).min(MOST_PASSAGES);
        if most >= ALL {
            return Ok(ALL);
        }
    }
    Ok(most)
}

impl Asking {
    /// The best passages as one document, and what answers out of it.
    fn gather(&self, ranking: Ranking) -> Result<Phase> {
        let told = self.told()?;
        let near = |gathered: &Gathered| {
            self.before.near(|quote| told.filter(|(_, span)| *span == quote.span).and_then(|(place, span)| gathered.stands(place, span)))
        };
        // Entries are counted in a whole document alone, never in the passages of several.
        if let [place] = self.chosen.places[..]
            && is_for_count(&self.question, &self.options)
        {
            let whole = Gathered::whole(&self.shelf, &self.chosen.snapshot, place)?;
            let answering = answering(&whole.document, &self.question, self.options.clone(), near(&whole))?;
            return Ok(Phase::Answer(Box::new(whole), answering));
        }
        let best = ranking.into_best();
        let first = best.first().map_or(self.chosen.places[0], |hit| hit.place);
        let language = self.chosen.snapshot.languages[first as usize];
        let few = self.chosen.first(MOST_PASSAGES + 1);
        let mut passages: Vec<PassageId> = match best.is_empty() {
            // Of few passages all, as of a short document; of none that match, the first.
            _ if few.len() <= MOST_PASSAGES => few,
            true => few.into_iter().take(PASSAGES).collect(),
            false => best.iter().map(|hit| (hit.place, hit.found.passage.number)).collect(),
        };
        passages.extend(self.beside(told)?);
        passages.sort_unstable();
        passages.dedup();
        let gathered = Gathered::new(&self.shelf, &self.chosen.snapshot, passages, language)?;
        let answering = answering_by_model(&gathered.document, &self.question, self.options.clone(), near(&gathered))?;
        Ok(Phase::Answer(Box::new(gathered), answering))
    }

    /// Where the first quote of the answer before stands: the document's place, and the stretch of it. None where that is not among the chosen documents, or has another
    /// text by now.
    fn told(&self) -> Result<Option<(u32, Span)>> {
        let Some((quote, place)) = self.before.quotes.first().and_then(|quote| Some((quote, self.chosen.place(quote)?))) else {
            return Ok(None);
        };
        let document = self.shelf.open(&self.chosen.snapshot.documents[place as usize])?;
        let is_there = quote.span.end <= document.source.length()
            && document.source.slice(quote.span.start, quote.span.end).is_ok_and(|text| text.starts_with(&quote.text));
        Ok(is_there.then_some((place, quote.span)))
    }

    /// The passage of the answer before, and the next one of its document.
    fn beside(&self, told: Option<(u32, Span)>) -> Result<Vec<PassageId>> {
        let Some((place, span)) = told else { return Ok(Vec::new()) };
        let entry = &self.chosen.snapshot.documents[place as usize];
        let number = self.shelf.open(entry)?.read_state()?.index.at(span.start)?.number;
        Ok((number..entry.document.passages.min(number + 2)).map(|number| (place, number)).collect())
    }
}

impl Generate for Asking {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        match &mut self.phase {
            Phase::Rank(_) => Ok(None),
            Phase::Answer(_, answering) => answering.prompt(),
        }
    }

    fn progress(&self) -> AnswerEvent {
        match &self.phase {
            Phase::Rank(_) => AnswerEvent::Progress { tokens_done: 0, tokens_total: 1, seconds_left: None },
            Phase::Answer(_, answering) => answering.progress(),
        }
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        match &mut self.phase {
            Phase::Rank(slot) => {
                let ranking = slot.as_mut().ok_or_else(|| Error::new("call.failed", "an earlier failure ended this answer"))?;
                if !ranking.step(&self.shelf)?
                    && let Some(ranking) = slot.take()
                {
                    self.phase = self.gather(ranking)?;
                    self.ranked = self.begun.elapsed();
                }
                Ok(self.progress())
            }
            Phase::Answer(gathered, answering) => {
                let mut event = answering.step(cancel)?;
                if let AnswerEvent::Done { answer } = &mut event {
                    gathered.tell(&self.shelf, answer)?;
                    tell_usage(&mut answer.usage, &self.chosen, self.ranked);
                }
                Ok(event)
            }
        }
    }

    fn record(&mut self, delta: &str) {
        if let Phase::Answer(_, answering) = &mut self.phase {
            answering.record(delta);
        }
    }
}
