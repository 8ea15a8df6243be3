//! `reader.json`: how runs are laid out and answers chosen, and what the reference computes.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// The only format this version reads.
const FORMAT: u32 = 1;
/// No size is larger.
const MOST: usize = 1 << 14;

/// `reader.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the keys are documented in scripts/lab/reader/CONTRACT.md
pub struct ReaderSettings {
    pub format: u32,
    pub precision: String,
    /// The most that the graph may be off the reference's numbers, ÷ the largest.
    pub max_error: f64,
    pub encoder: EncoderSizes,
    pub layout: Layout,
    pub scoring: Scoring,
    pub self_test: SelfTest,
}

/// The encoder's sizes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct EncoderSizes {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    pub inner: usize,
    pub vocabulary: usize,
    pub parameters: u64,
}

/// Most tokens of a run and of its parts, and the marks between them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Layout {
    pub length: usize,
    pub sentences: usize,
    pub question: usize,
    pub sentence: usize,
    pub heading: usize,
    pub cls: u32,
    pub sep: u32,
}

/// What turns logits into an answer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// The weight of BM25 beside relevance.
    pub bm25: f64,
    /// The probability from which on something is found.
    pub found: f64,
    /// Sentences of the last run, where there is more than one.
    #[serde(rename = "final")]
    pub last: usize,
    /// Most tokens of a short answer.
    pub span: usize,
    /// Most sentences that are quoted.
    pub quotes: usize,
    /// How likely they are at least, ÷ the best.
    pub share: f64,
    /// Whether its verdicts are good enough to be told.
    #[serde(default = "told")]
    pub verdict: bool,
}

fn told() -> bool {
    true
}

/// What the fp32 reference computes of one run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SelfTest {
    pub tokens: Vec<i32>,
    pub types: Vec<i32>,
    pub segments: Vec<i32>,
    /// Of the run's sentences.
    pub relevance: Vec<f32>,
    pub none: f32,
    pub verdict: [f32; 3],
}

impl ReaderSettings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// `model.missing` when it cannot be read, `model.format` when it is of another form; the sentence names the key.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|e| Error::new("model.missing", format!("{}: {e}", path.display())))?;
        let wrong = |what: String| Error::new("model.format", format!("{}: {what}", path.display()));
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(|e| wrong(format!("not JSON: {e}")))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found == u64::from(FORMAT) => {}
            Some(found) => return Err(wrong(format!("found format {found}, expected {FORMAT}"))),
            None => return Err(wrong(format!("found no format number, expected \"format\": {FORMAT}"))),
        }
        let settings: Self = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
        settings.check().map_err(wrong)?;
        Ok(settings)
    }

    /// After this no number of the file reaches an allocation, an index or a division that it could break.
    fn check(&self) -> std::result::Result<(), String> {
        let Layout { length, sentences, question, sentence, heading, cls, sep } = self.layout;
        let sizes = [length, sentences, question, sentence, heading];
        if sizes.iter().any(|s| !(1..=MOST).contains(s)) || question + 2 >= length {
            return Err(format!("layout: found sizes {sizes:?}, expected 1 to {MOST}, and a question shorter than a run"));
        }
        let Scoring { bm25, found, last, span, quotes, share, .. } = self.scoring;
        let counts = [last, span, quotes];
        if counts.iter().any(|s| !(1..=MOST).contains(s)) {
            return Err(format!("scoring: found final, span and quotes {counts:?}, expected 1 to {MOST}"));
        }
        if !bm25.is_finite() || !(0.0..=1.0).contains(&found) || !(0.0..=1.0).contains(&share) || !(0.0..1e9).contains(&self.max_error) {
            return Err(
                "scoring, max_error: found a number out of range, expected found and share from 0 to 1, and all of them finite".into()
            );
        }
        let encoder = &self.encoder;
        let sizes = [encoder.layers, encoder.width, encoder.heads, encoder.inner];
        if sizes.iter().any(|s| !(1..=MOST).contains(s)) || !(1..=1 << 22).contains(&encoder.vocabulary) {
            return Err(format!("encoder: found sizes {sizes:?} and a vocabulary of {}, expected 1 to {MOST}", encoder.vocabulary));
        }
        let known = |token: u32| (token as usize) < encoder.vocabulary;
        if !known(cls) || !known(sep) {
            return Err(format!("layout: found marks {cls} and {sep}, expected less than the vocabulary's {}", encoder.vocabulary));
        }
        let test = &self.self_test;
        let count = test.tokens.len();
        let lengths = [test.types.len(), test.segments.len()];
        let inside = test.tokens.iter().all(|t| u32::try_from(*t).is_ok_and(known)) && test.types.iter().all(|t| (0..2).contains(t));
        if !(1..=length).contains(&count) || lengths != [count; 2] || !inside || !(1..=sentences).contains(&test.relevance.len()) {
            let relevance = test.relevance.len();
            return Err(format!(
                "self_test: found {count} tokens, {lengths:?} types and segments and {relevance} sentences, expected as many, tokens of the vocabulary and at most {sentences} sentences"
            ));
        }
        Ok(())
    }
}
