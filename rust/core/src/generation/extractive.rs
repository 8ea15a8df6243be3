//! A summary of sentences that the document's own words choose: no graph is run.
//!
//! ```text
//!   survey, some passages a step ─▶ chosen sentences, a line each under their headings ─▶ summary
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::answer::{Answer, AnswerEvent, CoverageKind, Quote, Refusal, Span};
use crate::document::Shared;
use crate::error::{Error, Result};
use crate::generation::answer_stream::Generate;
use crate::generation::coverage::CoverageMap;
use crate::generation::prompt_session::PromptSession;
use crate::generation::refusal::refusal;
use crate::generation::request::{AskOptions, SummaryStyle, at_least_one, check_combination, reading};
use crate::generation::stats::Stats;
use crate::manifest::Reading;
use crate::prompt::excerpt::Excerpt;
use crate::prompt::focus::subject;
use crate::prompt::survey::{SummarySentence, Survey};
use crate::runtime::cancel_token::CancelToken;
use crate::search::quotes::{headings, locate};
use crate::text::whitespace::trimmed;

/// How well a sentence bears at least on a focus that the document speaks of.
const BEARS: f32 = 0.3;

/// What is done next.
#[derive(Debug)]
enum Phase {
    Survey(Box<Survey>),
    /// Sentences that are to be shown.
    Text(VecDeque<SummarySentence>),
    Done,
}

/// A summary in the making.
#[derive(Debug)]
pub(crate) struct Extractive {
    document: Arc<Shared>,
    focus: Option<String>,
    style: SummaryStyle,
    /// Tokens left; None without a limit.
    tokens_left: Option<usize>,
    tokens: usize,
    phase: Phase,
    text: String,
    quotes: Vec<Quote>,
    /// The headings that were shown last, outermost first.
    shown: Vec<Span>,
    refusal: Option<Refusal>,
    coverage: CoverageMap,
    stats: Stats,
}

impl Extractive {
    /// None where a model writes or chooses the summary: by another reading than recall, and in a free model's own words.
    pub fn new(document: &Arc<Shared>, options: &AskOptions) -> Result<Option<Self>> {
        let stats = Stats::new(Instant::now());
        let reading = reading(document, options, false);
        check_combination(&document.model, options, reading, false)?;
        let recalls = matches!(reading, Reading::Recall | Reading::RecallAll);
        let writes = document.model.is_free() && !options.verbatim;
        let focus = options.focus.as_deref().map(str::trim);
        if !recalls || writes {
            return match focus {
                Some(_) if writes && recalls => Err(unfocused("a summary in a model's own words; ask for it verbatim")),
                Some(_) => Err(unfocused("a summary by the reading memory or notes; read by recall")),
                None => Ok(None),
            };
        }
        document.source.unchanged()?;
        let survey = Phase::Survey(Box::new(Survey::new(document, focus, options.length)?));
        Ok(Some(Self::of(document, options, focus.map(str::to_owned), survey, stats)?))
    }

    /// Of sentences that were chosen already, in document order; or None of them where the document does not speak of what was asked for.
    pub fn told(
        document: &Arc<Shared>,
        options: &AskOptions,
        sentences: VecDeque<SummarySentence>,
        refusal: Option<Refusal>,
    ) -> Result<Self> {
        Ok(Self { refusal, ..Self::of(document, options, None, Phase::Text(sentences), Stats::new(Instant::now()))? })
    }

    fn of(document: &Arc<Shared>, options: &AskOptions, focus: Option<String>, phase: Phase, stats: Stats) -> Result<Self> {
        at_least_one("length", options.length)?;
        options.sampling.check()?;
        let generator = document.model.generator().ok();
        let limit = generator.map(|generator| options.token_limit(generator, generator.manifest().limits.summary));
        Ok(Self {
            phase,
            document: Arc::clone(document),
            focus,
            style: options.style,
            tokens_left: limit.or(options.max_output_tokens),
            tokens: 0,
            text: String::new(),
            quotes: Vec::new(),
            shown: Vec::new(),
            refusal: None,
            coverage: CoverageMap::default(),
            stats,
        })
    }

    /// What follows some more passages.
    fn look(&mut self) -> Result<Option<Phase>> {
        let Phase::Survey(survey) = &mut self.phase else { return Ok(None) };
        if survey.step(&self.document)? {
            return Ok(None);
        }
        let (chosen, relevance) = survey.chosen(&self.document)?;
        if let Some(focus) = &self.focus
            && !bears(&chosen, relevance)
        {
            self.refusal = Some(refusal(&self.document, &subject(focus), true)?);
            return Ok(Some(Phase::Done));
        }
        Ok(Some(Phase::Text(chosen.into())))
    }

    /// The text of one more sentence, with the headings above it that were not shown; empty where it says nothing more, or no more fits.
    fn tell(&mut self, sentence: &SummarySentence) -> Result<String> {
        let source = &self.document.source;
        let above = self.document.state()?.index.path(&sentence.passage)?;
        let mut parts = sentence.excerpt.quotes(source, 0..sentence.excerpt.text.len())?;
        let Some(own) = parts.pop().filter(|own| !self.tells(own)) else { return Ok(String::new()) };
        // What it is read with was told before where it stands before the last quote; a heading is told as one.
        let last = self.quotes.last().map_or(0, |last| last.span.end);
        parts.retain(|part| part.iter().all(|quote| quote.span.start >= last && !above.iter().any(|h| h.start == quote.span.start)));
        let mut told = Vec::new();
        if self.style == SummaryStyle::Bullets {
            for heading in self.headings(&above)?.into_iter().filter(|heading| !own.iter().any(|quote| quote.span.start == heading.start)) {
                told.extend(Excerpt::of(source, heading)?.quotes(source, 0..usize::MAX)?);
            }
        }
        told.extend(parts);
        told.push(own);
        told.sort_by_key(|part| part[0].span);
        let separator = if self.style == SummaryStyle::Paragraph { ' ' } else { '\n' };
        let mut delta = String::new();
        for part in &told {
            if !(self.text.is_empty() && delta.is_empty()) {
                delta.push(separator);
            }
            delta.push_str(&part.iter().map(|quote| trimmed(&quote.text)).collect::<Vec<_>>().join(" "));
        }
        let tokens = self.document.model.tokens().encode(&delta)?.len();
        if self.tokens_left.is_some_and(|left| tokens > left) && !self.text.is_empty() {
            return Ok(String::new());
        }
        self.tokens_left = self.tokens_left.map(|left| left.saturating_sub(tokens));
        self.tokens += tokens;
        self.shown = above;
        self.quotes.extend(told.into_iter().flatten());
        Ok(delta)
    }

    /// Of the headings above a sentence those that are shown before it: the document's title before the first one, the section's where it was not shown.
    fn headings(&self, above: &[Span]) -> Result<Vec<Span>> {
        let last = self.quotes.last().map_or(0, |last| last.span.end);
        let mut wanted: Vec<Span> = above.last().copied().into_iter().chain(above.first().copied()).collect();
        if self.quotes.is_empty() {
            let state = self.document.state()?;
            let opening = state.index.path(&state.index.passage(0)?)?;
            wanted.extend(opening.first());
        }
        wanted.retain(|heading| heading.start >= last && !self.shown.contains(heading));
        wanted.sort();
        wanted.dedup();
        Ok(wanted)
    }

    fn tells(&self, own: &[Quote]) -> bool {
        own.iter().all(|quote| self.quotes.iter().any(|told| told.span == quote.span))
    }

    fn answer(&mut self) -> Result<Answer> {
        let source = &self.document.source;
        let mut quotes = std::mem::take(&mut self.quotes);
        locate(&mut quotes, &self.text);
        let state = self.document.state()?;
        for quote in &mut quotes {
            quote.place = source.place(quote.span.start)?;
            quote.headings = headings(source, &state.index, quote.span.start)?;
            self.coverage.add(source, quote.span, CoverageKind::Recalled)?;
        }
        let found = self.refusal.is_none();
        let usage = self.stats.of_document(self.tokens, None, &state);
        Ok(Answer {
            question: None,
            resolved_question: None,
            text: self.text.clone(),
            found,
            confidence: 1.0, // no probability was weighed
            found_confidence: f64::from(u8::from(found)),
            refusal: self.refusal,
            quotes,
            short_answer: None,
            verdict: None,
            count: None,
            coverage: self.coverage.ranges(source, state.marks.start_utf16, CoverageKind::Skipped)?,
            usage,
        })
    }
}

/// Whether any of the sentences chosen for a focus bears on it; `relevance`: how well the best does.
pub(crate) fn bears<S>(chosen: &[S], relevance: f32) -> bool {
    !chosen.is_empty() && relevance >= BEARS
}

fn unfocused(found: &str) -> Error {
    Error::new("argument.options", format!("focus: found {found}, expected a summary of the document's sentences"))
}

impl Generate for Extractive {
    fn prompt(&mut self) -> Result<Option<&mut PromptSession>> {
        Ok(None)
    }

    fn progress(&self) -> AnswerEvent {
        let tokens = self.document.state().map_or(1, |state| state.marks.tokens);
        let done = if let Phase::Survey(survey) = &self.phase { survey.done() } else { 1.0 };
        self.stats.progress((done * tokens as f64) as u64, tokens)
    }

    fn step(&mut self, _: &CancelToken) -> Result<AnswerEvent> {
        match &mut self.phase {
            Phase::Survey(_) => {
                if let Some(next) = self.look()? {
                    self.phase = next;
                }
            }
            Phase::Text(waiting) => match waiting.pop_front() {
                Some(sentence) => {
                    let delta = self.tell(&sentence)?;
                    if !delta.is_empty() {
                        return Ok(AnswerEvent::TextDelta { delta });
                    }
                }
                None => self.phase = Phase::Done,
            },
            Phase::Done => return Ok(AnswerEvent::Done { answer: Box::new(self.answer()?) }),
        }
        Ok(self.progress())
    }

    fn record(&mut self, delta: &str) {
        self.text.push_str(delta);
        self.stats.text_shown();
    }
}
