//! Free decoding: a model's own words, one token a graph run.

use std::time::Instant;

use crate::error::Result;
use crate::graph::Cancel;
use crate::model::Model;
use crate::sample;
use crate::session::Session;
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
    log_confidence: f64,
    /// Seconds that all tokens but the first took.
    seconds: f64,
}

impl Decoder {
    /// One that stops after `limit` tokens.
    pub fn new(limit: usize) -> Self {
        Self { limit, generated: 0, stream: TextStream::default(), last: None, log_confidence: 0.0, seconds: 0.0 }
    }

    /// Text that became certain with one more token, greedy; None when the model ends the prompt's answer. The session holds the prompt and has
    /// run it. At most one graph run.
    pub fn next(&mut self, session: &mut Session, model: &Model, cancel: &Cancel) -> Result<Option<String>> {
        let clock = Instant::now();
        if let Some(last) = self.last.take() {
            session.feed(&[last]);
            session.flush(cancel)?;
        }
        let (token, log_p) = sample::greedy(session.logits());
        if model.manifest().tokenizer.end.contains(&token) {
            return Ok(None);
        }
        if self.generated > 0 {
            self.seconds += clock.elapsed().as_secs_f64();
        }
        self.log_confidence += log_p;
        self.generated += 1;
        self.last = Some(token);
        Ok(Some(self.stream.push(&model.tokens, token)?))
    }

    /// What was held back of the prompt's answer; the next prompt begins anew.
    pub fn finish(&mut self, model: &Model) -> Result<String> {
        self.last = None;
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
