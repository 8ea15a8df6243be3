//! What it rests on that nothing was found.

use crate::answer::Refusal;
use crate::document::Shared;
use crate::error::Result;
use crate::index::Language;

/// What a match counts in a language without spaces, whose pairs of characters match by chance more seldom.
const PAIRS: f32 = 0.4;

/// Whether the best of what was retrieved for a question bears on it: the probability that it does not, where not. `score`: BM25 of that as a share of
/// what the question asks for; `least`: the share from which on a document of words with spaces bears on it, 0: any does.
pub(crate) fn bears_not(score: f32, least: f32, pairs: f32) -> Option<f64> {
    let least = least * (1.0 - (1.0 - PAIRS) * pairs);
    (score < least).then(|| 1.0 - f64::from(score.max(0.0) / least) / 2.0)
}

/// Of a question that the document does not answer; `by_words` when passages were chosen by the question's words.
pub(crate) fn refusal(document: &Shared, question: &str, by_words: bool) -> Result<Refusal> {
    if Language::differs(question, &document.source)? {
        return Ok(Refusal::OtherLanguage);
    }
    let is_unknown = by_words && document.state()?.index.query(question)?.is_unknown();
    Ok(if is_unknown { Refusal::NoWords } else { Refusal::NoAnswer })
}
