//! What it rests on that nothing was found.

use crate::answer::Refusal;
use crate::document::Shared;
use crate::error::Result;
use crate::index::Language;

/// Of a question that the document does not answer; `by_words` when passages were chosen by the question's words.
pub(crate) fn refusal(document: &Shared, question: &str, by_words: bool) -> Result<Refusal> {
    if Language::differs(question, &document.source)? {
        return Ok(Refusal::OtherLanguage);
    }
    let is_unknown = by_words && document.state()?.index.query(question)?.is_unknown();
    Ok(if is_unknown { Refusal::NoWords } else { Refusal::NoAnswer })
}
