//! From logits to an answer: which sentences are quoted, whether any answers, the short answer and the verdict. Pure.

use std::ops::Range;

use crate::answer::Verdict;
use crate::reader::layout::{Laid, Piece};
use crate::reader::settings::Scoring;
use crate::runtime::encoder::EncoderOutput;

/// In the order of the graph's output.
const VERDICTS: [Verdict; 3] = [Verdict::Yes, Verdict::No, Verdict::Unclear];
/// What a question of yes or no begins with.
const ASKS: &[&str] = &[
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "must", "shall", "should", "was", "were", "will",
    "would",
];

/// What was decided over one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Places in the run of the sentences that are quoted, best first.
    pub quotes: Vec<usize>,
    /// The probability that any sentence answers.
    pub found: f64,
    /// Whether that is enough.
    pub is_found: bool,
    /// Where the short answer stands in the best sentence's text (bytes).
    pub span: Range<usize>,
    /// What all the sentences say to a question of yes or no.
    pub verdict: Verdict,
}

/// Decides over a run of pieces with their BM25, None of one that cannot answer; None where there is no sentence in it.
pub fn decide(scoring: Scoring, laid: &Laid, pieces: &[&Piece], bm25: &[Option<f64>], output: &EncoderOutput) -> Option<Decision> {
    let count = laid.starts.len();
    let none = f64::from(output.none);
    let logit = |(relevance, bm25): (&f32, &Option<f64>)| bm25.map_or(f64::NEG_INFINITY, |b| f64::from(*relevance) + scoring.bm25 * b);
    let logits: Vec<f64> = output.relevance.iter().take(count).zip(bm25).map(logit).collect();
    let peak = logits.iter().copied().fold(none, f64::max);
    let total: f64 = (none - peak).exp() + logits.iter().map(|l| (l - peak).exp()).sum::<f64>();
    let probabilities: Vec<f64> = logits.iter().map(|l| (l - peak).exp() / total).collect();
    let mut ranked: Vec<usize> = (0..probabilities.len()).collect();
    ranked.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let best = *ranked.first()?;
    let least = scoring.share * probabilities[best];
    let quotes = ranked.into_iter().filter(|i| probabilities[*i] >= least).take(scoring.quotes).collect();
    let found = 1.0 - (none - peak).exp() / total;
    let mut verdict = 0;
    for number in 1..VERDICTS.len() {
        if output.verdict[number] > output.verdict[verdict] {
            verdict = number;
        }
    }
    let span = span(scoring.span, laid.starts[best], pieces[best], output);
    Some(Decision { quotes, found, is_found: found >= scoring.found, span, verdict: VERDICTS[verdict] })
}

/// The short answer in a sentence whose first token is `start`: the pair of tokens with the largest sum, the first of equals.
fn span(most: usize, start: usize, piece: &Piece, output: &EncoderOutput) -> Range<usize> {
    let count = piece.sentence.len();
    let mut best = (f32::NEG_INFINITY, 0, 0);
    for first in 0..count {
        for last in first..count.min(first + most) {
            let sum = output.begin[start + first] + output.end[start + last];
            if sum > best.0 {
                best = (sum, first, last);
            }
        }
    }
    let (_, first, last) = best;
    piece.places[first].start..piece.places[last].end
}

/// Whether a question asks for yes or no: by its first word, negated or not.
pub fn asks_yes_or_no(question: &str) -> bool {
    let first = question.split_whitespace().next().unwrap_or_default().to_lowercase().replace('\u{2019}', "'");
    let first = first.trim_matches(|c: char| !c.is_alphanumeric());
    ASKS.contains(&first.strip_suffix("n't").unwrap_or(first)) || matches!(first, "can't" | "won't" | "shan't")
}
