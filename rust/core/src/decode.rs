//! Free decoding: a model's own words. One call makes at most one graph run, which may give several tokens.

use std::time::Instant;

use crate::error::Result;
use crate::graph::Cancel;
use crate::lookup;
use crate::model::Model;
use crate::sample;
use crate::session::{Session, VERIFY};
use crate::tokens::TextStream;

/// The words of one answer, which may go over several prompts.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Most tokens.
    limit: usize,
    generated: usize,
    stream: TextStream,
    /// Chosen, and not run yet.
    last: Option<u32>,
    /// The token that ended the prompt's answer.
    end: Option<u32>,
    /// Rows of the next run, drafts included: doubled while drafts are right to their end. 1 is no lookup.
    rows: usize,
    log_confidence: f64,
    /// Seconds that all tokens but the first took.
    seconds: f64,
}

impl Decoder {
    /// One that stops after `limit` tokens; with `lookup` it drafts from what it read.
    pub fn new(limit: usize, lookup: bool) -> Self {
        let rows = if lookup { 2 } else { 1 };
        Self { limit, generated: 0, stream: TextStream::default(), last: None, end: None, rows, log_confidence: 0.0, seconds: 0.0 }
    }

    /// Text that became certain with the next tokens, greedy; None when the model ends the prompt's answer. The session holds the prompt and
    /// has run it. At most one graph run.
    pub fn next(&mut self, session: &mut Session, model: &Model, cancel: &Cancel) -> Result<Option<String>> {
        if self.end.is_some() {
            return Ok(None);
        }
        let clock = Instant::now();
        let (mut chosen, mut end) = (Vec::new(), None);
        let mut choose = |logits: &[f32]| {
            let (token, log_p) = sample::greedy(logits);
            if model.manifest().tokenizer.end.contains(&token) {
                end = Some(token);
                return None;
            }
            chosen.push((token, log_p));
            Some(token)
        };
        match self.last {
            None => drop(choose(session.logits())),
            Some(last) => {
                let tokens = self.with_draft(session, last);
                session.verify(&tokens, cancel, choose)?; // a run that failed or was cancelled changed nothing
                self.adapt(tokens.len(), chosen.len());
            }
        }
        if self.generated > 0 && !chosen.is_empty() {
            self.seconds += clock.elapsed().as_secs_f64();
        }
        self.end = end;
        self.last = if end.is_none() { chosen.last().map(|(token, _)| *token) } else { None };
        let mut text = String::new();
        for (token, log_p) in &chosen {
            self.log_confidence += log_p;
            self.generated += 1;
            text.push_str(&self.stream.push(&model.tokens, *token)?);
        }
        Ok(if chosen.is_empty() { None } else { Some(text) })
    }

    /// The token chosen last and drafted ones: one, three or seven, so that few row counts are bound.
    fn with_draft(&self, session: &Session, last: u32) -> Vec<u32> {
        let most = self.rows.min(1 + session.draft_room()).min(self.limit.saturating_sub(self.generated).max(1)) - 1;
        let draft = lookup::draft(session.recent(), last, most);
        let rows = 1 << (1 + draft.len()).ilog2();
        [&[last], &draft[..rows - 1]].concat()
    }

    fn adapt(&mut self, rows: usize, right: usize) {
        if rows > 1 {
            self.rows = if right == rows { (2 * self.rows).min(VERIFY) } else { 2 };
        }
    }

    /// What was held back of the prompt's answer; the next prompt begins anew.
    pub fn finish(&mut self, model: &Model) -> Result<String> {
        (self.last, self.end) = (None, None);
        std::mem::take(&mut self.stream).finish(&model.tokens)
    }

    /// The limit is reached.
    pub fn full(&self) -> bool {
        self.generated >= self.limit
    }

    /// Tokens chosen so far.
    pub fn generated(&self) -> usize {
        self.generated
    }

    /// The geometric mean of the tokens' probabilities, 0 when there are none.
    pub fn confidence(&self) -> f64 {
        if self.generated == 0 { 0.0 } else { (self.log_confidence / self.generated as f64).exp() }
    }

    /// Tokens a second after the first one; None without a second one.
    pub fn tokens_per_s(&self) -> Option<f64> {
        (self.generated > 1).then(|| (self.generated - 1) as f64 / self.seconds)
    }
}
