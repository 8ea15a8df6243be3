//! An answer that a reader takes out of the document: sentences of the passages that match best, read together with the question, run by run.
//!
//! ```text
//!   candidates ─▶ runs ─▶ (more than one: the best of all, once more) ─▶ decision ─▶ quotes, short answer or verdict
//! ```

use std::sync::Arc;
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, CoverageKind, Quote, Span};
use crate::document::Shared;
use crate::error::Result;
use crate::generation::answer_stream::Generate;
use crate::generation::coverage::CoverageMap;
use crate::generation::prompt_session::PromptSession;
use crate::generation::refusal::refusal;
use crate::generation::request::{AskOptions, check_prompts, reading};
use crate::generation::stats::Stats;
use crate::manifest::Reading;
use crate::prompt::{Candidate, Candidates, Near, best_first};
use crate::reader::{Decision, Laid, Piece, Question, Reader, asks_yes_or_no, decide, fitting, lay_out};
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::encoder::EncoderOutput;
use crate::search::quotes::{headings, locate};
use crate::text::whitespace::untrimmed;

/// A candidate as a run takes it.
#[derive(Debug, Clone)]
struct Sentence {
    candidate: Candidate,
    piece: Piece,
    /// Relevance over *none*, once it was read.
    margin: f32,
}

/// What was decided, and over which sentences.
#[derive(Debug)]
struct Decided {
    decision: Decision,
    sentences: Vec<Sentence>,
}

/// What is done next.
#[derive(Debug)]
enum Phase {
    /// Sentences that were not read yet are read.
    Run,
    /// The text, if anything was found.
    Text(Option<Decided>),
    /// The answer.
    Done(Option<Decided>),
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Extraction {
    document: Arc<Shared>,
    reader: Arc<Reader>,
    question: String,
    tokens: Question,
    candidates: Candidates,
    /// Most runs; None goes on until something is found or the document ends.
    most: Option<usize>,
    made: usize,
    /// Not read yet, best first; None before the first batch.
    waiting: Option<Vec<Sentence>>,
    /// The best of those that were read, the best first.
    best: Vec<Sentence>,
    /// What was decided over the run made last.
    last: Option<Decided>,
    phase: Phase,
    text: String,
    coverage: CoverageMap,
    stats: Stats,
}

impl Extraction {
    /// None where the question is not the reader's: the folder has none, or the reading is no recall.
    pub fn new(document: &Arc<Shared>, question: &str, options: &AskOptions) -> Result<Option<Self>> {
        let stats = Stats::new(Instant::now());
        let reading = reading(document, options, true);
        let Some(reader) = document.model.reader().filter(|_| matches!(reading, Reading::Recall | Reading::RecallAll)) else {
            return Ok(None);
        };
        let most = check_prompts(&document.model, options, reading)?;
        options.sampling.check()?;
        document.source.unchanged()?;
        drop(document.read_state()?); // one that was not read is refused here
        Ok(Some(Self {
            tokens: reader.question(question)?,
            candidates: Candidates::new(question),
            question: question.to_owned(),
            document: Arc::clone(document),
            reader: Arc::clone(reader),
            most,
            made: 0,
            waiting: None,
            best: Vec::new(),
            last: None,
            phase: Phase::Run,
            text: String::new(),
            coverage: CoverageMap::default(),
            stats,
        }))
    }

    /// The same of a question that refers to an answer.
    pub fn near(self, near: Near) -> Self {
        Self { candidates: self.candidates.near(near), ..self }
    }

    /// The next run of sentences that were not read yet, and what follows it.
    fn advance(&mut self, cancel: &CancelToken) -> Result<Phase> {
        let group = if self.most == Some(self.made) { Vec::new() } else { self.next_group()? };
        if group.is_empty() {
            return self.last_run(cancel).map(Phase::Text);
        }
        let decided = self.run(group.clone(), cancel).inspect_err(|_| self.put_back(group))?;
        self.made += 1;
        let is_enough = self.most == Some(1) || (self.most.is_none() && decided.as_ref().is_some_and(|d| d.decision.is_found));
        if is_enough {
            return Ok(Phase::Text(decided));
        }
        let read = decided.iter().flat_map(|d| &d.sentences).cloned();
        self.best.extend(read);
        self.best.sort_by(|a, b| b.margin.total_cmp(&a.margin));
        self.best.truncate(self.reader.settings().scoring.last);
        self.last = decided;
        Ok(Phase::Run)
    }

    /// Of several runs the best sentences are read once more, together; a single one has decided already.
    fn last_run(&mut self, cancel: &CancelToken) -> Result<Option<Decided>> {
        if self.made < 2 {
            return Ok(self.last.take());
        }
        let (group, _) = self.take_fitting(self.best.clone());
        self.run(group, cancel)
    }

    /// Sentences of a run that failed or was cancelled wait again.
    fn put_back(&mut self, group: Vec<Sentence>) {
        let waiting = self.waiting.get_or_insert_default();
        waiting.extend(group);
        waiting.sort_by(|a, b| best_first(&a.candidate, &b.candidate));
    }

    /// The best sentences that were not read yet and fit into one run, in document order; none when there are none left.
    fn next_group(&mut self) -> Result<Vec<Sentence>> {
        loop {
            let looks_on = self.waiting.is_none() || self.most.is_none();
            let waiting = self.waiting.take().unwrap_or_default();
            if !waiting.is_empty() {
                let (group, rest) = self.take_fitting(waiting);
                // What fits no run is passed over.
                self.waiting = Some(if group.is_empty() { Vec::new() } else { rest });
                if !group.is_empty() {
                    return Ok(group);
                }
                continue;
            }
            self.waiting = Some(Vec::new());
            let batch = if looks_on { self.candidates.next(&self.document)? } else { Vec::new() };
            if batch.is_empty() {
                return Ok(Vec::new());
            }
            let read = |candidate: Candidate| {
                let piece = self.reader.piece(&candidate.text, &candidate.heading)?;
                Ok(Sentence { candidate, piece, margin: f32::NEG_INFINITY })
            };
            self.waiting = Some(batch.into_iter().map(read).collect::<Result<Vec<_>>>()?);
        }
    }

    /// Those of some sentences that fit into one run, the first ones first, in document order; and the others.
    fn take_fitting(&self, sentences: Vec<Sentence>) -> (Vec<Sentence>, Vec<Sentence>) {
        let pieces: Vec<&Piece> = sentences.iter().map(|s| &s.piece).collect();
        let order: Vec<usize> = (0..pieces.len()).collect();
        let chosen = fitting(&self.reader.settings().layout, &self.tokens, &pieces, &order);
        let mut group = Vec::new();
        let mut rest = Vec::new();
        for (number, sentence) in sentences.into_iter().enumerate() {
            (if chosen.contains(&number) { &mut group } else { &mut rest }).push(sentence);
        }
        group.sort_by_key(|s| s.candidate.span);
        (group, rest)
    }

    /// Reads some sentences together and decides over them.
    fn run(&mut self, mut group: Vec<Sentence>, cancel: &CancelToken) -> Result<Option<Decided>> {
        let settings = self.reader.settings();
        let laid = lay_out(&settings.layout, &self.tokens, group.iter().map(|s| &s.piece));
        group.truncate(laid.starts.len());
        let output = self.reader.run(&laid, cancel)?;
        self.stats.add_prompt(laid.input.tokens.len());
        self.stats.add_run(1, 0);
        for (sentence, relevance) in group.iter_mut().zip(&output.relevance) {
            sentence.margin = relevance - output.none;
            self.coverage.add(&self.document.source, sentence.candidate.span, CoverageKind::Recalled)?;
        }
        Ok(decided(&self.reader, &laid, group, &output))
    }

    /// The quoted sentences, a line each, best first; empty where nothing was found.
    fn text(decided: Option<&Decided>) -> String {
        let quoted = decided.iter().flat_map(|d| d.quoted()).map(|candidate| candidate.text.as_str());
        quoted.collect::<Vec<_>>().join("\n")
    }

    fn answer(&self, decided: Option<&Decided>) -> Result<Answer> {
        let found = decided.is_some_and(|d| d.decision.is_found);
        let probability = decided.map_or(0.0, |d| d.decision.found);
        let confidence = if found { probability } else { 1.0 - probability };
        let mut quotes = Vec::new();
        for candidate in decided.iter().flat_map(|d| d.quoted()) {
            quotes.push(self.quote(candidate.span)?);
        }
        locate(&mut quotes, &self.text);
        let judges = found && asks_yes_or_no(&self.question);
        let short_answer = match decided {
            Some(decided) if found && !judges => Some(self.short_answer(decided)?),
            _ => None,
        };
        let refusal = if found { None } else { Some(refusal(&self.document, &self.question, true)?) };
        let state = self.document.state()?;
        let usage = self.stats.of_document(0, None, &state);
        Ok(Answer {
            question: Some(self.question.clone()),
            resolved_question: None,
            text: self.text.clone(),
            found,
            confidence,
            found_confidence: probability,
            refusal,
            quotes,
            short_answer,
            verdict: decided.filter(|_| judges && self.reader.settings().scoring.verdict).map(|d| d.decision.verdict),
            count: None,
            coverage: self.coverage.ranges(&self.document.source, state.marks.start_utf16, CoverageKind::Skipped)?,
            usage,
        })
    }

    fn quote(&self, span: Span) -> Result<Quote> {
        let source = &self.document.source;
        let mut quote = Quote::new(span, source.slice(span.start, span.end)?);
        quote.place = source.place(span.start)?;
        quote.headings = headings(source, &self.document.state()?.index, span.start)?;
        Ok(quote)
    }

    /// The words of the best sentence, with which the text begins, that answer by themselves.
    fn short_answer(&self, decided: &Decided) -> Result<Quote> {
        let best = &decided.sentences[decided.decision.quotes[0]].candidate;
        let words = decided.decision.span.clone();
        let source = self.document.source.slice(best.span.start, best.span.end)?;
        let start = untrimmed(&source, words.start);
        let end = untrimmed(&source, words.end);
        let mut quote = self.quote(Span::within(best.span.start, best.span.start_utf16, &source, start, end))?;
        quote.answer = Span::within(0, 0, &self.text, words.start, words.end);
        Ok(quote)
    }
}

impl Decided {
    /// The sentences that are quoted, best first; none where nothing was found.
    fn quoted(&self) -> impl Iterator<Item = &Candidate> {
        let most = if self.decision.is_found { self.decision.quotes.len() } else { 0 };
        self.decision.quotes[..most].iter().map(|place| &self.sentences[*place].candidate)
    }
}

fn decided(reader: &Reader, laid: &Laid, sentences: Vec<Sentence>, output: &EncoderOutput) -> Option<Decided> {
    let pieces: Vec<&Piece> = sentences.iter().map(|s| &s.piece).collect();
    let by = |score: &dyn Fn(&Candidate) -> f32| {
        let bm25 = sentences.iter().map(|s| s.candidate.may_answer.then(|| f64::from(score(&s.candidate)))).collect::<Vec<_>>();
        decide(reader.settings().scoring, laid, &pieces, &bm25, output)
    };
    let mut decision = by(&|candidate| candidate.score)?;
    if sentences.iter().any(|s| s.candidate.lift != 0.0) {
        // Which sentences are quoted, of those beside the answer before; whether any answers was decided without.
        let chosen = by(&|candidate| candidate.score + candidate.lift)?;
        decision = Decision { found: decision.found, is_found: decision.is_found, ..chosen };
    }
    Some(Decided { decision, sentences })
}

impl Generate for Extraction {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        Ok(None)
    }

    fn progress(&self) -> AnswerEvent {
        let tokens = self.document.state().map_or(1, |state| state.marks.tokens);
        let done = match self.most {
            None => self.candidates.done() * tokens as f64,
            Some(most) => tokens as f64 * self.made as f64 / (most + usize::from(most > 1)) as f64,
        };
        self.stats.progress(done as u64, tokens)
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        if let Phase::Done(decided) = &self.phase {
            return Ok(AnswerEvent::Done { answer: Box::new(self.answer(decided.as_ref())?) });
        }
        let Phase::Text(decided) = &mut self.phase else {
            self.phase = self.advance(cancel)?;
            return Ok(self.progress());
        };
        let decided = decided.take();
        let delta = Self::text(decided.as_ref());
        self.phase = Phase::Done(decided);
        Ok(if delta.is_empty() { self.progress() } else { AnswerEvent::TextDelta { delta } })
    }

    fn record(&mut self, delta: &str) {
        self.text.push_str(delta);
        self.stats.text_shown();
    }
}
