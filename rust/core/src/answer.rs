//! What an answer is: text, quotes, coverage, numbers. One set of types for the command line, JNI and Kotlin.

use std::fmt;

use edgeinfinite_documents::Place;
use serde::{Serialize, Serializer};

pub use crate::text::span::Span;

/// A sentence of the document that an answer repeats or rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// The document of a shelf that it stands in, by its id; None where a single document was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub span: Span,
    /// As it stands there.
    pub text: String,
    /// The headings above it, outermost first.
    pub headings: Vec<String>,
    /// The page, slide, chapter or the like of the file that it begins on; as JSON `place` with kind and number, and `page`.
    #[serde(flatten, serialize_with = "with_page")]
    pub place: Place,
    /// Where it stands in the answer's text, or what of the answer's text rests on it; what no quote covers there is the model's own words alone.
    pub answer: Span,
    /// Whether the answer repeats it word for word, white space folded; else its words hold what the answer says in others.
    pub verbatim: bool,
}

impl Quote {
    /// One whose place in the answer and headings are not known yet.
    pub(crate) fn new(span: Span, text: String) -> Self {
        Self { document: None, span, text, headings: Vec::new(), place: Place::Whole, answer: Span::within(0, 0, "", 0, 0), verbatim: true }
    }
}

/// A passage of the document that matches what was searched for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    /// The document of a shelf that it stands in, by its id; None where a single document was searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub span: Span,
    /// As it stands there.
    pub text: String,
    /// The headings above it, outermost first; the one that it begins with is the last of them.
    pub headings: Vec<String>,
    /// What it is to be read with and does not hold, outermost first: the header of its table, the words that lead its list in.
    pub context: Vec<String>,
    /// The page, slide, chapter or the like of the file that its best sentence begins on; as JSON `place` with kind and number, and `page`.
    #[serde(flatten, serialize_with = "with_page")]
    pub place: Place,
    /// The sentence, row or item of it that matches best.
    pub sentence: Span,
    /// BM25 of that sentence and of the passage as a share of what was searched for: about 1 where one sentence holds every word; above 0.
    pub score: f64,
    /// The words searched for that stand in it, in its headings or in its context: as they were written, or where they were spelt nearly so as they stand there.
    pub words: Vec<String>,
    /// Where in it words stand that were searched for, in any form, ascending.
    pub matches: Vec<Span>,
}

/// A sentence of somebody's text about a document, and what of it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Where it stands in that text.
    #[serde(flatten)]
    pub span: Span,
    /// As it stands there.
    pub text: String,
    /// What it rests on.
    pub support: Support,
    /// What of the document it repeats or rests on, in its order; `answer` of each is a place in the given text. None where nothing supports it.
    pub quotes: Vec<Quote>,
}

/// What a statement about a document rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// It stands in the document word for word, case, white space and punctuation aside.
    Verbatim,
    /// One or two sentences of the document hold what it says, in other words.
    Reworded,
    /// A part of it stands in the document word for word; the rest is its own words.
    Partial,
    /// Nothing in the document: it is the text's own words.
    None,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verbatim => "verbatim",
            Self::Reworded => "reworded",
            Self::Partial => "partial",
            Self::None => "none",
        })
    }
}

/// `place`, and the page's number once more, which is asked for most.
fn with_page<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Counted {
        kind: &'static str,
        number: u32,
    }
    #[derive(Serialize)]
    struct Both {
        place: Option<Counted>,
        page: Option<u32>,
    }
    let counted = place.kind().zip(place.number()).map(|(kind, number)| Counted { kind, number });
    let page = if let Place::Page(number) = place { Some(*number) } else { None };
    Both { place: counted, page }.serialize(serializer)
}

/// What a document says to a question of yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Verdict {
    Yes,
    No,
    /// It speaks of it and decides for neither.
    Unclear,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unclear => "unclear",
        })
    }
}

/// What it rests on that a document does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The question is in another language than the document: what does not stand in both is not found.
    OtherLanguage,
    /// No word of the question stands in the document, nor one a letter away.
    NoWords,
    /// The model read what matches the question best, and found no answer in it; or nothing matches the question well.
    NoAnswer,
    /// The model answered in its own words, and no sentence that it read says so.
    Unsupported,
}

/// How a stretch of the document took part in an answer. All of them together are the whole document, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// How.
    pub kind: CoverageKind,
}

/// The ways of taking part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CoverageKind {
    /// It stood in the window of the memory reading, word for word.
    Exact,
    /// It had gone into the memory.
    Absorbed,
    /// It stood in a prompt, word for word.
    Recalled,
    /// It was not used.
    Skipped,
}

/// What an answer cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Tokens of the document.
    pub document_tokens: u64,
    /// Tokens of this answer's prompts.
    pub prompt_tokens: u64,
    /// Tokens of this answer.
    pub generated_tokens: u64,
    /// Graph runs made for this answer.
    pub graph_runs: u64,
    /// Milliseconds spent splitting, tokenising and indexing the document.
    pub index_ms: f64,
    /// Milliseconds spent in graph runs over the document.
    pub read_ms: f64,
    /// Milliseconds from the question to the first piece of text.
    pub ttft_ms: f64,
    /// Tokens that the model chose one by one, a second; none when a citation is held to its sentence.
    pub decode_tokens_per_second: Option<f64>,
    /// Bytes of cache and memory: the document's and the answer's, as they are by then; the cache grows until the window is full.
    pub state_bytes: u64,
    /// Bytes of the index: on disk.
    pub index_bytes: u64,
    /// The process's peak resident memory (VmHWM).
    pub peak_rss_bytes: u64,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// None for a summary.
    pub question: Option<String>,
    /// The question in full, as it was put to the document, where a chat completed one that refers to those before it; None where it was asked as it is.
    pub resolved_question: Option<String>,
    /// The whole text.
    pub text: String,
    /// False when the document does not say.
    pub found: bool,
    /// Of what was decided, that it was found or that the document does not say: the probability of the decision, the model's and the words' (λ·BM25) together (citing models and readers), or of its tokens (geometric mean), 0 to 1;
    /// both multiplied where a citing model answers in its own words. 1 of a summary by recall that no model chose.
    pub confidence: f64,
    /// The probability that the document answers, 0 to 1: `confidence` when it was found, `1 - confidence` when not. To sort the answers of several
    /// documents by.
    pub found_confidence: f64,
    /// What a refusal rests on; None where something was found, of a summary without a focus and in a chat.
    pub refusal: Option<Refusal>,
    /// In the order of the text.
    pub quotes: Vec<Quote>,
    /// The words of the first quote that answer by themselves; None where nothing was found, of a question of yes or no, and without a reader.
    pub short_answer: Option<Quote>,
    /// What the document says to a question of yes or no; None where nothing was found, of other questions, and without a reader that tells it.
    pub verdict: Option<Verdict>,
    /// How many rows, records or items the question asks for, counted over the whole document; the first hundred of them, up to 64 KiB, are `quotes`. None where
    /// nothing was counted: of every other question, and where it is not sure what would be.
    pub count: Option<u64>,
    /// The whole document in order.
    pub coverage: Vec<Coverage>,
    /// What it cost.
    pub usage: Usage,
}

/// What an answer stream gives, piece by piece.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerEvent {
    /// The prompt is being read.
    #[allow(missing_docs)]
    Progress { tokens_done: u64, tokens_total: u64, seconds_left: Option<f64> },
    /// More of the answer: whole characters.
    #[allow(missing_docs)]
    TextDelta { delta: String },
    /// The answer is complete; nothing follows.
    #[allow(missing_docs)]
    Done { answer: Box<Answer> },
}

/// The probability that the document answers, of a decision's confidence.
pub(crate) fn found_confidence(found: bool, confidence: f64) -> f64 {
    if found { confidence } else { 1.0 - confidence }
}

/// VmHWM of this process, 0 where the system does not say.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_refusal_comes_last() {
        let mut answers = [(true, 0.25), (false, 0.875), (true, 0.75), (false, 0.5)];
        answers.sort_by(|a, b| found_confidence(b.0, b.1).total_cmp(&found_confidence(a.0, a.1)));
        assert_eq!(answers, [(true, 0.75), (false, 0.5), (true, 0.25), (false, 0.875)]);
    }
}
