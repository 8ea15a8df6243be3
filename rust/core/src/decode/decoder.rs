//! Free decoding: a model's own words. One call makes at most one graph run, which may give several tokens.

use std::time::Instant;

use crate::decode::constrained::{ConstrainedSpan, SpanConstraint};
use crate::decode::prompt_lookup;
use crate::decode::sampling::{Sampler, Sampling};
use crate::decode::stops::Stops;
use crate::error::Result;
use crate::model::Generator;
use crate::runtime::cancel_token::CancelToken;
use crate::session::{Session, VERIFY};
use crate::text::tokenizer::TextStream;

/// The words of one answer, which may go over several prompts.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Most tokens.
    limit: usize,
    generated: usize,
    stream: TextStream,
    sampler: Sampler,
    stops: Stops,
    /// Chosen, and not run yet.
    last: Option<u32>,
    /// The model ended the prompt's answer.
    ended: bool,
    /// The token that it ended it with.
    end: Option<u32>,
    /// What the prompt's answer is held to.
    constraint: Option<SpanConstraint>,
    prompt_lookup: bool,
    /// Most rows of the next run, drafts included: doubled while drafts are right to their end.
    rows: usize,
    log_confidence: f64,
    /// Tokens that were one of several.
    choices: u32,
    /// Seconds that all tokens but the first took.
    seconds: f64,
}

impl Decoder {
    /// One that stops after `limit` tokens; with `prompt_lookup` it drafts from what it read.
    pub fn new(limit: usize, prompt_lookup: bool, sampling: &Sampling) -> Self {
        Self {
            limit,
            generated: 0,
            stream: TextStream::default(),
            sampler: Sampler::new(sampling),
            stops: Stops::new(&sampling.stop),
            last: None,
            ended: false,
            end: None,
            constraint: None,
            prompt_lookup,
            rows: 2,
            log_confidence: 0.0,
            choices: 0,
            seconds: 0.0,
        }
    }

    /// The same that ends its words where one more sentence than these begins.
    pub fn ending_after(self, sentences: Option<usize>) -> Self {
        Self { stops: self.stops.after(sentences), ..self }
    }

    /// Whether the prompt's answer is held to something.
    pub fn is_constrained(&self) -> bool {
        self.constraint.is_some()
    }

    /// Holds the answer to the prompt.
    pub fn constrain(&mut self, constraint: SpanConstraint) {
        self.constraint = Some(constraint);
    }

    /// Text that became certain with the next tokens; None when the model ends the prompt's answer. The session holds the prompt and
    /// has run it. At most one graph run.
    pub fn next(&mut self, session: &mut Session, generator: &Generator, cancel: &CancelToken) -> Result<Option<String>> {
        if self.ended {
            return Ok(None);
        }
        let clock = Instant::now();
        let tokens = self.last.map(|last| self.with_draft(session, last));
        let ends = &generator.manifest().tokenizer.end;
        if tokens.is_none() {
            self.sampler.read(session.recent());
        }
        let mut chosen = Vec::new();
        let mut text = String::new();
        let mut ended = false;
        let mut end = None;
        let mut failed = None;
        let mut choose = |logits: &[f32]| {
            if ended {
                return None; // a string that ends the answer was in the token before
            }
            let choice = match &self.constraint {
                Some(constraint) => constraint.choose(logits, ends),
                None => Some(self.sampler.choose(logits)).map(|(token, log_p)| (token, Some(log_p))),
            };
            let Some((token, log_p)) = choice.filter(|(token, _)| !ends.contains(token)) else {
                ended = true;
                end = choice.map(|(token, _)| token);
                return None;
            };
            match &mut self.constraint {
                Some(constraint) => text.push_str(&constraint.take(token)),
                None => match self.stream.push(&generator.tokens, token) {
                    Ok(piece) => {
                        let (shown, stopped) = self.stops.push(&piece);
                        text.push_str(&shown);
                        ended = stopped;
                    }
                    Err(e) => (ended, failed) = (true, Some(e)),
                },
            }
            chosen.push((token, log_p));
            Some(token).filter(|_| !ended) // the one with the string in it is never run, drafted or not
        };
        match tokens {
            None => drop(choose(session.logits())),
            Some((tokens, rows)) => {
                session.verify(&tokens[..rows], cancel, choose)?; // a run that failed or was cancelled changed nothing
                self.adapt(rows, chosen.len());
            }
        }
        if let Some(e) = failed {
            return Err(e);
        }
        if self.generated > 0 && !chosen.is_empty() {
            self.seconds += clock.elapsed().as_secs_f64();
        }
        self.ended = ended;
        self.end = end;
        self.last = chosen.last().map(|(token, _)| *token).filter(|_| !ended);
        self.generated += chosen.len();
        for (_, log_p) in &chosen {
            self.choices += u32::from(log_p.is_some());
            self.log_confidence += log_p.unwrap_or_default();
        }
        Ok(if chosen.is_empty() { None } else { Some(text) })
    }

    /// The token chosen last and drafted ones, as many tokens as the number says: none, one, three, seven or fifteen are drafted, so that few
    /// row counts are bound.
    fn with_draft(&self, session: &Session, last: u32) -> ([u32; VERIFY], usize) {
        let left = self.limit.saturating_sub(self.generated).max(1);
        let most = if self.prompt_lookup { self.rows.min(1 + session.draft_room()).min(left) - 1 } else { 0 };
        let draft = match &self.constraint {
            Some(constraint) => constraint.draft(most),
            None => prompt_lookup::draft(session.recent(), last, most),
        };
        let rows = 1 << (1 + draft.len()).ilog2();
        let mut tokens = [last; VERIFY];
        tokens[1..rows].copy_from_slice(&draft[..rows - 1]);
        (tokens, rows)
    }

    fn adapt(&mut self, rows: usize, right: usize) {
        if rows > 1 {
            self.rows = if right == rows { (2 * self.rows).min(VERIFY) } else { 2 };
        }
    }

    /// What was kept back of the prompt's answer; the next prompt begins anew.
    pub fn finish(&mut self, generator: &Generator) -> Result<String> {
        self.last = None;
        self.ended = false;
        self.end = None;
        let rest = std::mem::take(&mut self.stream).finish(&generator.tokens)?;
        let (shown, stopped) = self.stops.push(&rest);
        Ok(if stopped { shown } else { shown + &self.stops.finish() })
    }

    /// What a session that goes on after the answer has still to run: the token chosen last, if the model did not end there, and an end.
    pub fn close(&self, generator: &Generator) -> Vec<u32> {
        self.last.into_iter().chain(self.end.or(generator.manifest().tokenizer.end.first().copied())).collect()
    }

    /// The prompt's answer is held no longer: the spans that it is made of.
    pub fn take_spans(&mut self) -> Vec<ConstrainedSpan> {
        self.constraint.take().map_or_else(Vec::new, SpanConstraint::finish)
    }

    /// A string that ends the answer came, or a sentence too many: there is no more of it in any prompt.
    pub fn stopped(&self) -> bool {
        self.stops.over()
    }

    /// The limit is reached.
    pub fn full(&self) -> bool {
        self.generated >= self.limit
    }

    /// Tokens chosen so far.
    pub fn generated(&self) -> usize {
        self.generated
    }

    /// The geometric mean of the probabilities of those tokens that were one of several, 0 when there are none.
    pub fn confidence(&self) -> f64 {
        if self.choices == 0 { 0.0 } else { (self.log_confidence / f64::from(self.choices)).exp() }
    }

    /// Tokens a second after the first one; None without a second one.
    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.generated > 1).then(|| (self.generated - 1) as f64 / self.seconds)
    }
}
