//! What a sentence must hold to answer a follow-up that is a phrase alone: `And for families?`. Every sentence about its subject resembles the question in full,
//! so one answers that has a word of the phrase.

use crate::error::Result;
use crate::index::Index;
use crate::index::bm25::Weights;
use crate::prompt::near::Near;

/// The terms of the phrase; None of any other question, and where it has none.
#[derive(Debug)]
pub(crate) struct Demand(Option<Weights>);

impl Demand {
    /// Of a question that refers to an answer or not.
    pub fn of(near: &Near, index: &Index) -> Result<Self> {
        let query = near.phrase.as_deref().map(|phrase| index.query(phrase)).transpose()?;
        Ok(Self(query.map(|query| query.weights().clone()).filter(|weights| !weights.terms.is_empty())))
    }

    /// Whether any sentence may answer.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a sentence may answer; `above`: headings and what else it is read with, `before`: the sentence before, which may name what it speaks of.
    pub fn is_met(&self, sentence: &str, above: &str, before: &str) -> bool {
        self.0.as_ref().is_none_or(|phrase| [sentence, above, before].iter().any(|text| phrase.adds(text, "")))
    }
}
