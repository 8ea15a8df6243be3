//! What it rests on that nothing was found.

use crate::answer::Refusal;
use crate::document::Shared;
use crate::error::Result;
use crate::index::Language;

/// Of a question that the document does not answer.
pub(crate) fn refusal(document: &Shared, question: &str) -> Result<Refusal> {
    if Language::differs(question, &document.source)? {
        return Ok(Refusal::OtherLanguage);
    }
    let holds_any = document.state()?.index.holds_any(question)?;
    Ok(if holds_any { Refusal::NoAnswer } else { Refusal::NoWords })
}
