//! Sampling: the logits processors, and a choice that a seed fixes.
//!
//! Names, order and values are those of the logits processors in Hugging Face `transformers` (a table that these computed, in
//! tests/sampling.json, holds the two together): repetition penalty, no-repeat n-grams, temperature, top-k, top-p, min-p.

use std::collections::HashSet;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::decode::scoring::{greedy, log_probability};
use crate::error::{Error, Result};
use crate::manifest::Decoding;

/// How the tokens of a free answer are chosen. As it is by default: the likeliest each time, with the model's own guards against repetition.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    /// Logits are divided by it. 0: the likeliest token, and of the others here only the penalty, the n-grams and `stop` count.
    pub temperature: f32,
    /// Only so many of the likeliest tokens; 0: all.
    pub top_k: usize,
    /// Only the likeliest tokens that together have this probability; 1: all.
    pub top_p: f32,
    /// Only tokens at least this times as likely as the likeliest; 0: all.
    pub min_p: f32,
    /// Logits of tokens that were read or said lately (the window's) are divided by it where positive, else multiplied; 1: nothing changes.
    /// None: what the model says.
    pub repetition_penalty: Option<f32>,
    /// No run of so many tokens is said twice in an answer; what stands in the document may be said as often as it stands there. 0: any may be.
    /// None: what the model says.
    pub no_repeat_ngram_size: Option<usize>,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// Strings that end the answer; none of them becomes part of it.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: None,
            no_repeat_ngram_size: None,
            seed: 0,
            stop: Vec::new(),
        }
    }
}

impl Sampling {
    /// Refuses values that mean nothing.
    ///
    /// # Errors
    /// `argument.sampling`, with the number.
    pub fn check(&self) -> Result<()> {
        let wrong = |name: &str, found: f32, expected: &str| {
            Err(Error::new("argument.sampling", format!("{name}: found {found}, expected {expected}")))
        };
        if self.temperature != 0.0 && !(1e-3..=100.0).contains(&self.temperature) {
            return wrong("temperature", self.temperature, "0, or 0.001 to 100");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong("top_p", self.top_p, "more than 0, at most 1");
        }
        if !(0.0..=1.0).contains(&self.min_p) {
            return wrong("min_p", self.min_p, "0 to 1");
        }
        if let Some(penalty) = self.repetition_penalty.filter(|penalty| !(*penalty > 0.0 && *penalty <= 100.0)) {
            return wrong("repetition_penalty", penalty, "more than 0, at most 100");
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(Error::new("argument.sampling", "stop: found an empty string, expected text"));
        }
        Ok(())
    }

    /// With what a model says where this says nothing; its strings end an answer as well.
    pub(crate) fn with_defaults(&self, model: &Decoding) -> Self {
        Self {
            repetition_penalty: self.repetition_penalty.or(Some(model.repetition_penalty)),
            no_repeat_ngram_size: self.no_repeat_ngram_size.or(Some(model.no_repeat_ngram_size)),
            stop: [&self.stop[..], &model.stop].concat(),
            ..self.clone()
        }
    }

    fn penalty(&self) -> f32 {
        self.repetition_penalty.unwrap_or(1.0)
    }
}

/// The choices of one answer.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    rng: Rng,
    /// What the penalty is for.
    seen: HashSet<u32>,
    /// The answer's tokens.
    said: Vec<u32>,
}

impl Sampler {
    pub fn new(sampling: &Sampling) -> Self {
        Self { rng: Rng::with_seed(sampling.seed), sampling: sampling.clone(), seen: HashSet::new(), said: Vec::new() }
    }

    /// Tokens that count as read.
    pub fn read(&mut self, tokens: &[u32]) {
        if self.sampling.penalty() != 1.0 {
            self.seen.extend(tokens);
        }
    }

    /// Tokens that would say a run of the answer's tokens again.
    fn repeated(&self) -> Vec<u32> {
        let size = self.sampling.no_repeat_ngram_size.unwrap_or(0);
        let Some(begun) = size.checked_sub(1).and_then(|length| self.said.len().checked_sub(length)).map(|at| &self.said[at..]) else {
            return Vec::new();
        };
        self.said.windows(size).filter(|run| run.starts_with(begun)).map(|run| run[size - 1]).collect()
    }

    /// The next token and its log-probability among all, nothing left out.
    pub fn choose(&mut self, logits: &[f32]) -> (u32, f64) {
        let (repeated, s) = (self.repeated(), &self.sampling);
        let (token, log_probability) = if s.temperature == 0.0 && s.penalty() == 1.0 && repeated.is_empty() {
            greedy(logits)
        } else {
            let left = left(logits, s, &self.seen, &repeated);
            let token = if s.temperature == 0.0 { left[0].0 } else { drawn(&left, self.rng.f64()) };
            (token, log_probability(logits, token))
        };
        self.read(&[token]);
        self.said.push(token);
        (token, log_probability)
    }
}

/// The tokens that may still be chosen with their logits as processed, in no order.
fn left(logits: &[f32], s: &Sampling, seen: &HashSet<u32>, repeated: &[u32]) -> Vec<(u32, f32)> {
    let warm = if s.temperature == 0.0 { 1.0 } else { s.temperature };
    let penalised = |(token, logit): (usize, &f32)| {
        let token = token as u32;
        let factor = if !seen.contains(&token) {
            1.0
        } else if *logit > 0.0 {
            s.penalty().recip()
        } else {
            s.penalty()
        };
        (token, logit * factor / warm)
    };
    let any = repeated.iter().collect::<HashSet<_>>().len() >= logits.len();
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let allowed = logits.iter().enumerate().map(penalised).filter(|(token, _)| any || !repeated.contains(token));
    if s.temperature == 0.0 {
        return allowed.min_by(order).into_iter().collect();
    }
    let mut left: Vec<(u32, f32)> = allowed.collect();
    if (1..left.len()).contains(&s.top_k) {
        let least = left.select_nth_unstable_by(s.top_k - 1, order).1.1;
        left.retain(|(_, logit)| *logit >= least); // equals of the last one stay too
    }
    let peak = peak(&left);
    let weight = |logit: f32| f64::from(logit - peak).exp();
    if s.top_p < 1.0 {
        left.sort_unstable_by(order);
        let total: f64 = left.iter().map(|(_, logit)| weight(*logit)).sum();
        let mut before = 0.0;
        let enough = left.iter().position(|(_, logit)| {
            let reached = before >= f64::from(s.top_p) * total;
            before += weight(*logit);
            reached
        });
        left.truncate(enough.unwrap_or(left.len()).max(1));
    }
    if s.min_p > 0.0 {
        left.retain(|(_, logit)| weight(*logit) >= f64::from(s.min_p));
    }
    left
}

fn peak(left: &[(u32, f32)]) -> f32 {
    left.iter().fold(f32::NEG_INFINITY, |peak, (_, logit)| peak.max(*logit))
}

/// The token at `chance` (0 … 1) of the weight of all.
fn drawn(left: &[(u32, f32)], chance: f64) -> u32 {
    let peak = peak(left);
    let weight = |logit: f32| f64::from(logit - peak).exp();
    let mut rest = chance * left.iter().map(|(_, logit)| weight(*logit)).sum::<f64>();
    let found = left.iter().find(|(_, logit)| {
        rest -= weight(*logit);
        rest < 0.0
    });
    found.unwrap_or(&left[left.len() - 1]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Case {
        sampling: Sampling,
        seen: Vec<u32>,
        /// The answer so far, whose runs are not to be said again.
        said: Vec<u32>,
        logits: Vec<f32>,
        /// Token and logit as `transformers` leaves them.
        left: Vec<(u32, f32)>,
    }

    #[test]
    fn what_is_left_is_what_transformers_leaves() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/sampling.json")).unwrap();
        assert!(cases.len() >= 40);
        for (number, case) in cases.iter().enumerate() {
            case.sampling.check().unwrap();
            let sampler = Sampler { said: case.said.clone(), ..Sampler::new(&case.sampling) };
            let mut found = left(&case.logits, &case.sampling, &case.seen.iter().copied().collect(), &sampler.repeated());
            found.sort_by_key(|(token, _)| *token);
            assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), case.left.iter().map(|f| f.0).collect::<Vec<_>>(), "case {number}");
            assert!(found.iter().zip(&case.left).all(|(a, b)| (a.1 - b.1).abs() <= 1e-5 * b.1.abs().max(1.0)), "case {number}");
        }
    }

    #[test]
    fn choices_come_as_often_as_they_are_likely_and_again_with_the_same_seed() {
        let logits = [0.0, 1.0, 2.0, -1.0, 0.5];
        let sampling = Sampling { temperature: 0.8, top_k: 3, seed: 7, ..Sampling::default() };
        let draw = |seed| {
            let mut sampler = Sampler::new(&Sampling { seed, ..sampling.clone() });
            (0..20_000).map(|_| sampler.choose(&logits).0).collect::<Vec<_>>()
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        let total: f64 = [1.0, 2.0, 0.5_f64].iter().map(|l| (l / 0.8).exp()).sum();
        for (token, logit) in [(1, 1.0), (2, 2.0), (4, 0.5_f64)] {
            let share = drawn.iter().filter(|t| **t == token).count() as f64 / drawn.len() as f64;
            assert!((share - (logit / 0.8).exp() / total).abs() < 0.015, "token {token}: {share}");
        }
        assert!(drawn.iter().all(|t| [1, 2, 4].contains(t)));
    }

    #[test]
    fn without_a_temperature_the_likeliest_is_chosen_after_the_penalty() {
        let mut sampler = Sampler::new(&Sampling { repetition_penalty: Some(2.0), ..Sampling::default() });
        assert_eq!([0; 4].map(|_| sampler.choose(&[3.0, 2.0, -0.1, 1.8]).0), [0, 1, 3, 0]);
    }

    #[test]
    fn no_run_is_said_twice() {
        let said = |size, logits: &[f32], tokens: usize| {
            let mut sampler = Sampler::new(&Sampling { no_repeat_ngram_size: Some(size), ..Sampling::default() });
            (0..tokens).map(|_| sampler.choose(logits).0).collect::<Vec<_>>()
        };
        assert_eq!(said(0, &[3.0, 2.0, 1.0], 4), [0; 4]);
        assert_eq!(said(2, &[3.0, 2.0, 1.0], 8), [0, 0, 1, 0, 2, 0, 0, 0], "where every token would, any may");
        let logits: Vec<f32> = (0..30_u8).rev().map(f32::from).collect();
        let long = said(3, &logits, 40);
        let runs: HashSet<&[u32]> = long.windows(3).collect();
        assert_eq!(runs.len(), 38, "{long:?}");
    }

    #[test]
    fn a_call_says_more_than_the_model() {
        let model = Decoding { repetition_penalty: 1.2, no_repeat_ngram_size: 8, stop: vec!["END".into()] };
        let call = Sampling { repetition_penalty: Some(1.0), stop: vec!["###".into()], ..Sampling::default() }.with_defaults(&model);
        assert_eq!((call.repetition_penalty, call.no_repeat_ngram_size, call.stop.len()), (Some(1.0), Some(8), 2));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (sampling, words) in [
            (Sampling { temperature: -1.0, ..Sampling::default() }, "temperature: found -1"),
            (Sampling { temperature: f32::NAN, ..Sampling::default() }, "temperature: found NaN"),
            (Sampling { temperature: 1e-38, ..Sampling::default() }, "temperature: found 0.000"),
            (Sampling { top_p: 0.0, ..Sampling::default() }, "top_p: found 0, expected more than 0"),
            (Sampling { min_p: 1.5, ..Sampling::default() }, "min_p: found 1.5"),
            (Sampling { repetition_penalty: Some(0.0), ..Sampling::default() }, "repetition_penalty: found 0"),
            (Sampling { stop: vec![String::new()], ..Sampling::default() }, "stop: found an empty string"),
        ] {
            let error = sampling.check().unwrap_err();
            assert!(error.code() == "argument.sampling" && error.message().starts_with(words), "{error}");
        }
    }
}
