//! What a sentence must hold to answer: the kind of value that the question asks for, and of a follow-up the words that it says anew. Of a question of its own a
//! sentence without them counts less; of a follow-up it cannot answer, since every sentence about the subject looks like an answer to the question in full.

use crate::error::Result;
use crate::index::Index;
use crate::index::bm25::Weights;
use crate::prompt::near::Near;
use crate::prompt::value_kind::ValueKind;

/// What is taken off the score of a sentence without such a value, a share of what the question asks for. Of 0, 0.2 and 0.5 the best on the half of the open
/// sets of `scripts/lab.sh people-questions` that is not measured.
const LACKS: f32 = 0.2;

/// What answers to a question must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demand {
    kind: Option<ValueKind>,
    /// The terms of the phrase that a follow-up is; None of any other question, and where it has none.
    phrase: Option<Weights>,
    is_strict: bool,
}

impl Demand {
    /// Of a question to a document, which refers to an answer or not.
    pub fn of(question: &str, near: &Near, index: &Index) -> Result<Self> {
        let phrase = near.phrase.as_deref().map(|phrase| index.query(phrase)).transpose()?;
        let phrase = phrase.map(|query| query.weights().clone()).filter(|weights| !weights.terms.is_empty());
        Ok(Self { kind: ValueKind::asked(question), phrase, is_strict: near.refers })
    }

    /// What is added to a sentence's score, and whether it can be an answer at all; `above`: headings and what else it is read with, `before`: the sentence before,
    /// which may name what it speaks of.
    pub fn of_sentence(&self, sentence: &str, above: &str, before: &str) -> (f32, bool) {
        let has_value = self.kind.is_none_or(|kind| [sentence, above].iter().any(|text| kind.is_in(text)));
        let has_words = self.phrase.as_ref().is_none_or(|phrase| [sentence, above, before].iter().any(|text| phrase.holds_any(text)));
        (if has_value { 0.0 } else { -LACKS }, !self.is_strict || has_value && has_words)
    }
}
