//! An answer about a document: a plan of prompts, run one after another.

use std::sync::Arc;
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, Refusal, Span, found_confidence};
use crate::document::Shared;
use crate::error::Result;
use crate::generation::answer_stream::Generate;
use crate::generation::output::Output;
use crate::generation::prompt_run::PromptRun;
use crate::generation::prompt_session::PromptSession;
use crate::generation::refusal::{bears_not, refusal};
use crate::generation::request::{AnswerKind, AskOptions, Request};
use crate::generation::stats::Stats;
use crate::generation::step::Step;
use crate::index::Language;
use crate::index::terms::share_of_pairs;
use crate::prompt::plan::Plan;
use crate::prompt::{Evidence, Near, Next, Prompt, Task};
use crate::runtime::cancel_token::CancelToken;
use crate::search::quotes::headings;

/// A step was made, and there is nothing to show yet.
const NO_OUTPUT: AnswerEvent = AnswerEvent::Progress { tokens_done: 0, tokens_total: 1, seconds_left: None };

/// An answer in the making.
#[derive(Debug)]
pub(super) struct Generation {
    request: Request,
    plan: Plan,
    phase: Phase,
    output: Output,
    stats: Stats,
}

/// What is done next.
#[derive(Debug)]
enum Phase {
    /// The plan names the next prompt.
    Plan,
    /// The prompt is run and answered.
    Run(Box<PromptRun>),
    /// No prompt follows: the rest of the text, and the answer.
    Finish,
}

impl Generation {
    /// By the reading of the request, looked for rather beside what `near` names.
    pub fn new(document: &Arc<Shared>, task: Task, options: AskOptions, near: Near) -> Result<Self> {
        let request = Request::new(Arc::clone(document), task, options)?;
        let plan = request.plan(near)?;
        let mut generation = Self::of(request, plan);
        match generation.plan.next(generation.request.document(), Vec::new())? {
            Next::Prompt(prompt) => generation.begin_first(*prompt)?, // a question that does not fit is refused here
            Next::Later => {}
            Next::End => generation.phase = Phase::Finish,
        }
        Ok(generation)
    }

    /// Of sentences that were chosen for a question, the best first.
    pub fn of_sentences(document: &Arc<Shared>, question: &str, options: AskOptions, sentences: &[Span]) -> Result<Self> {
        let request = Request::new(Arc::clone(document), Task::Ask(question.to_owned()), options)?;
        let plan = request.plan_of(sentences)?;
        Ok(Self::of(request, plan))
    }

    fn of(request: Request, plan: Plan) -> Self {
        let decoder = request.decoder(request.token_limit()).ending_after(request.sentences_of_own_words());
        let output = Output::new(request.answer_kind(), request.options().style, decoder);
        Self { request, plan, phase: Phase::Plan, output, stats: Stats::new(Instant::now()) }
    }

    /// Begins the first prompt. A free model is not asked what not even the best of the retrieved sentences bears on.
    fn begin_first(&mut self, prompt: Prompt) -> Result<()> {
        let least = self.request.least_relevance();
        if let Some(question) = self.request.question().filter(|_| least > 0.0) {
            let best = prompt.pieces.iter().map(|piece| piece.score).fold(0.0, f32::max);
            let pairs = share_of_pairs(question, self.request.document().read_state()?.index.language());
            if let Some(probability) = bears_not(best, least, pairs) {
                self.output.refuse(probability.ln());
                self.phase = Phase::Finish;
                return Ok(());
            }
        }
        self.begin(prompt)
    }

    /// Begins the next prompt, given the note of the one before.
    fn next_prompt(&mut self, note: Vec<Evidence>) -> Result<()> {
        match self.plan.next(self.request.document(), note)? {
            Next::Prompt(prompt) => self.begin(*prompt)?,
            Next::Later => {}
            Next::End => self.phase = Phase::Finish,
        }
        Ok(())
    }

    /// Begins a prompt, with its share of the summary's sentences.
    fn begin(&mut self, prompt: Prompt) -> Result<()> {
        let sentences_left = self.request.sentence_limit().saturating_sub(self.output.cited_sentences());
        self.stats.add_prompt(prompt.tokens.len());
        let run = PromptRun::new(&self.request, prompt, sentences_left.div_ceil(1 + self.plan.listed()))?;
        self.phase = Phase::Run(Box::new(run));
        Ok(())
    }

    /// Ends the prompt under way.
    fn end_run(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.phase, Phase::Plan) {
            Phase::Run(run) => run.finish(&self.request, &mut self.output, &mut self.stats),
            Phase::Plan | Phase::Finish => Ok(()),
        }
    }

    /// What follows a step.
    fn apply(&mut self, step: Step) -> Result<AnswerEvent> {
        match step {
            Step::Text(delta) => Ok(text_event(delta)),
            Step::PromptComplete(delta) => {
                self.end_run()?;
                Ok(text_event(delta))
            }
            Step::AnswerComplete(delta) => {
                self.end_run()?;
                self.phase = Phase::Finish;
                Ok(text_event(delta))
            }
            Step::Ended => self.end_of_text(),
            Step::NoteText => Ok(self.progress()),
            Step::Note(note) => {
                self.end_run()?;
                self.next_prompt(note)?;
                Ok(self.progress())
            }
            Step::OwnWords(token) => Ok(self.begin_own_words(AnswerKind::Memory, token)),
            Step::NotFound(token) => self.not_found(token),
        }
    }

    /// A free model ended its text, or a citing one its own words: another prompt follows unless the answer is there.
    fn end_of_text(&mut self) -> Result<AnswerEvent> {
        self.end_run()?;
        if self.is_answered() {
            self.phase = Phase::Finish;
        } else {
            self.next_prompt(Vec::new())?;
        }
        if matches!(self.phase, Phase::Finish) {
            return self.finish();
        }
        let mut delta = self.output.decoder().finish(self.request.generator())?;
        let is_empty = self.output.text().is_empty() && delta.is_empty();
        if self.output.kind() == AnswerKind::FreeForm && !is_empty {
            delta.push('\n'); // the next prompt's text is a line of its own
        }
        Ok(text_event(delta))
    }

    /// A question is answered by the first prompt; one that is held to the document by the first prompt with something to quote. A string that ends
    /// the answer ends it in all prompts.
    fn is_answered(&mut self) -> bool {
        let looks_on = self.output.kind() == AnswerKind::Constrained && !self.output.has_quotes();
        (self.request.is_question() && !looks_on) || self.output.decoder().stopped()
    }

    /// A citing model looks on in the next prompt, and after the last one says in its own words that it found nothing.
    fn not_found(&mut self, token: u32) -> Result<AnswerEvent> {
        match self.plan.next(self.request.document(), Vec::new())? {
            Next::Prompt(prompt) => {
                self.end_run()?;
                self.begin(*prompt)?;
                Ok(self.progress())
            }
            Next::Later => Ok(NO_OUTPUT), // the same choice is made again
            Next::End => Ok(self.begin_own_words(AnswerKind::Refusal, token)),
        }
    }

    /// The rest of the answer is a citing model's own words, which `token` begins.
    fn begin_own_words(&mut self, kind: AnswerKind, token: u32) -> AnswerEvent {
        let limit = self.request.token_limit().saturating_sub(1);
        self.output.begin_own_words(kind, self.request.decoder(limit));
        if let Phase::Run(run) = &mut self.phase {
            run.begin_own_words(token);
        }
        NO_OUTPUT
    }

    /// The rest of the text, and then the answer.
    fn finish(&mut self) -> Result<AnswerEvent> {
        let delta = self.output.remaining_text(self.request.generator(), &self.request.document().source)?;
        if !delta.is_empty() {
            return Ok(AnswerEvent::TextDelta { delta });
        }
        Ok(AnswerEvent::Done { answer: Box::new(self.answer()?) })
    }

    fn answer(&self) -> Result<Answer> {
        let document = self.request.document();
        let mut quotes = self.output.quotes(document, self.request.question())?;
        // No sentence says in its words what is answered in another language, as an instruction may ask for.
        let is_other = self.request.instruction().is_some() && Language::differs(self.output.text(), &document.source)?;
        let looks = self.output.kind() == AnswerKind::FreeForm && self.request.looks_for_support() && !is_other;
        let unsupported = looks && quotes.is_empty();
        let found = self.output.found() && !unsupported;
        let refused = self.request.question().filter(|_| !found);
        let refusal = match refused {
            Some(_) if unsupported => Some(Refusal::Unsupported),
            Some(question) => Some(refusal(document, question, self.request.retrieves())?),
            None => None,
        };
        let state = document.state()?;
        for quote in &mut quotes {
            quote.place = document.source.place(quote.span.start)?;
            quote.headings = headings(&document.source, &state.index, quote.span.start)?;
        }
        let usage = self.stats.of_document(self.output.tokens(), self.output.tokens_per_second(), &state);
        Ok(Answer {
            question: self.request.question().map(str::to_owned),
            resolved_question: None,
            text: self.output.text().to_owned(),
            found,
            confidence: self.output.confidence(),
            found_confidence: found_confidence(found, self.output.confidence()),
            refusal,
            quotes,
            short_answer: None,
            verdict: None,
            count: None,
            coverage: self.output.coverage(document, state.marks.start_utf16)?,
            usage,
        })
    }

    fn document_tokens(&self) -> u64 {
        self.request.document().state().map_or(1, |state| state.marks.tokens)
    }
}

impl Generate for Generation {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        if matches!(self.phase, Phase::Plan) {
            self.next_prompt(Vec::new())?;
        }
        Ok(match &mut self.phase {
            Phase::Run(run) => Some(run.prompt_mut()),
            Phase::Plan | Phase::Finish => None,
        })
    }

    fn progress(&self) -> AnswerEvent {
        let (tokens_done, tokens_total) = match (self.plan.done(), &self.phase) {
            (None, Phase::Run(run)) => run.prompt().progress(),
            (share, _) => {
                let tokens = self.document_tokens();
                ((share.unwrap_or(0.0) * tokens as f64) as u64, tokens)
            }
        };
        self.stats.progress(tokens_done, tokens_total)
    }

    fn step(&mut self, cancel: &CancelToken) -> Result<AnswerEvent> {
        match &mut self.phase {
            Phase::Plan => Ok(NO_OUTPUT), // a plan looks at a bounded part of the document at a time
            Phase::Run(run) => {
                let step = run.step(&self.request, &mut self.output, cancel)?;
                self.apply(step)
            }
            Phase::Finish => self.finish(),
        }
    }

    fn record(&mut self, delta: &str) {
        self.output.push(delta);
        self.stats.text_shown();
    }
}

fn text_event(delta: String) -> AnswerEvent {
    if delta.is_empty() { NO_OUTPUT } else { AnswerEvent::TextDelta { delta } }
}
