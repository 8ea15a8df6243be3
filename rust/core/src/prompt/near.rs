//! Where the answer before stands: what a follow-up asks for is often said beside it.

use crate::answer::Span;

/// Bytes after a quote, and before it, that count as beside it.
const AFTER: u64 = 400;
const BEFORE: u64 = 160;
/// What is added right after a quote and right before it, and for what was quoted itself: right most often on the texts of `scripts/lab.sh follow-ups` that are
/// seen, out of four strengths.
const MOST: [f32; 2] = [1.2, 0.6];
const TOLD: f32 = -0.5;

/// The quotes of the answer before, for a question that refers to it; none of any other question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Near {
    pub quotes: Vec<Span>,
    /// Whether the sentence that was quoted may well answer again, as it may where only the question words are others.
    pub again: bool,
    /// Where the question is a phrase alone, the phrase: `And for families?`.
    pub phrase: Option<String>,
}

impl Near {
    /// What is added to the score of a sentence where one is chosen, a share of what the question asks for: the more, the less far it stands after the quote, half of
    /// that before it; less than nothing for what was quoted just now. Whether any sentence answers is decided without it.
    pub fn lift(&self, sentence: Span) -> f32 {
        let of_quote = |quote: &Span| {
            if sentence.start < quote.end && quote.start < sentence.end {
                return if self.again { 0.0 } else { TOLD };
            }
            if sentence.start >= quote.end {
                return MOST[0] * (1.0 - (sentence.start - quote.end) as f32 / AFTER as f32).max(0.0);
            }
            MOST[1] * (1.0 - (quote.start - sentence.end) as f32 / BEFORE as f32).max(0.0)
        };
        self.quotes.first().map_or(0.0, of_quote)
    }
}
