//! From logits to a choice: greedy decoding, and a citing model's choice among evidence. Pure; any finite logits give one.

use crate::manifest::Scoring;

/// The token with the highest logit, the first of equals, and its log-probability.
pub fn greedy(logits: &[f32]) -> (u32, f64) {
    let start = (0, f32::NEG_INFINITY);
    let (token, _) = logits.iter().enumerate().fold(start, |best, (i, l)| if *l > best.1 { (i as u32, *l) } else { best });
    (token, log_probability(logits, token))
}

/// The log-probability of a token among all.
pub fn log_probability(logits: &[f32], token: u32) -> f64 {
    let peak = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - peak).exp()).sum();
    f64::from(logits[token as usize] - peak) - sum.ln()
}

/// The piece to cite among the `pieces` in sight (number, marker, share of BM25) and the tokens that mean none of them, and the log-probability of
/// that decision. Whether any is cited: the markers together must be as likely as the likeliest of `otherwise`, times e to the threshold less μ times
/// the best piece's BM25, where there is a `threshold`. Which one is the highest log p(marker) + λ·BM25. The decision's probability is that of citing
/// or not, times the piece's share of the scores' exponentials.
pub fn cite(logits: &[f32], pieces: &[(usize, u32, f32)], otherwise: &[u32], scoring: Scoring, threshold: bool) -> (Option<usize>, f64) {
    let tokens = pieces.iter().map(|p| p.1).chain(otherwise.iter().copied());
    let total = log_sum(tokens.map(|t| f64::from(logits[t as usize])));
    let log_p = |token: u32| f64::from(logits[token as usize]) - total;
    let scores: Vec<f64> = pieces.iter().map(|p| log_p(p.1) + f64::from(scoring.bm25_weight * p.2)).collect();
    let Some(best) = (0..pieces.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])) else { return (None, 0.0) };
    let found = pieces.iter().map(|p| scoring.found_bm25 * p.2).fold(0.0, f32::max);
    let bar = if threshold { f64::from(scoring.found_threshold - found) } else { 0.0 };
    let none = otherwise.iter().map(|t| log_p(*t) + bar).max_by(f64::total_cmp).unwrap_or(f64::NEG_INFINITY);
    let some = log_sum(pieces.iter().map(|p| log_p(p.1)));
    let all = log_sum([some, none].into_iter());
    if some < none { (None, none - all) } else { (Some(pieces[best].0), some - all + scores[best] - log_sum(scores.iter().copied())) }
}

/// Whether a citing model answers in its own words, which the token `words` begins, and the log-probability of that decision: it does when it
/// prefers them to each of the `others`, the markers of the pieces in sight and none of them. BM25 lifts sentences and has no say in it.
pub fn own_words(logits: &[f32], words: u32, others: impl Iterator<Item = u32> + Clone) -> (bool, f64) {
    let own = f64::from(logits[words as usize]);
    let mut others = others.map(|t| f64::from(logits[t as usize]));
    let rest = log_sum(others.clone());
    let all = log_sum([own, rest].into_iter());
    if others.all(|other| own > other) { (true, own - all) } else { (false, rest - all) }
}

/// ln Σ exp.
fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let peak = values.clone().fold(f64::NEG_INFINITY, f64::max);
    peak + values.map(|v| (v - peak).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORING: Scoring = Scoring { bm25_weight: 0.5, found_threshold: -1.0, found_bm25: 0.0 };

    #[test]
    fn the_first_of_equals_is_chosen() {
        let (token, log_p) = greedy(&[1.0, 3.0, 3.0, 0.0]);
        assert_eq!(token, 1);
        assert!((log_p.exp() - 1.0 / (2.0 + (-2_f64).exp() + (-3_f64).exp())).abs() < 1e-9);
    }

    #[test]
    fn bm25_decides_between_likely_pieces_and_never_for_an_unlikely_one() {
        let logits = [0.0, 2.0, 2.1, -9.0];
        let pieces = [(7, 1, 1.0), (8, 2, 0.0)];
        assert_eq!(cite(&logits, &pieces, &[0], SCORING, true).0, Some(7));
        assert_eq!(cite(&logits, &[(7, 3, 90.0)], &[0], SCORING, true).0, None, "which one is no matter of whether");
        let shared = Scoring { found_bm25: 0.1, ..SCORING };
        assert_eq!(cite(&logits, &[(7, 3, 90.0)], &[0], shared, true).0, Some(7), "so much of the question stands in it");
        assert_eq!(cite(&logits, &[(7, 3, 70.0)], &[0], shared, true).0, None);
        assert_eq!(cite(&logits, &[(7, 3, 70.0), (8, 3, 90.0)], &[0], shared, true).0, Some(8));
        assert_eq!(cite(&logits, &[], &[0], SCORING, true), (None, 0.0));
        let unsure = [(7, 0, 0.0)];
        let (none, log_p) = cite(&[-0.5, -0.6], &unsure, &[1], Scoring { found_threshold: 0.2, ..SCORING }, true);
        assert!(none.is_none() && (log_p + (1.0 + (-0.1_f64).exp()).ln()).abs() < 1e-3, "the probability is that of the decision made");
        let (sure, log_p) = cite(&logits, &pieces[..1], &[0], SCORING, true);
        assert!(sure.is_some() && (log_p + (1.0 + (-3.0_f64).exp()).ln()).abs() < 1e-3, "{log_p}");
        let (both, log_p) = cite(&logits, &pieces, &[0], SCORING, true);
        let some = 2.0_f64.exp() + 2.1_f64.exp();
        let share = some / (some + (-1.0_f64).exp()) * 2.5_f64.exp() / (2.5_f64.exp() + 2.1_f64.exp());
        assert!(both == Some(7) && (log_p.exp() - share).abs() < 1e-3, "BM25 counts in which one: {log_p}");
        assert_eq!(cite(&[-0.5, -0.6], &unsure, &[1], SCORING, false).0, Some(7));
    }

    #[test]
    fn own_words_are_chosen_where_they_are_likelier_than_any_other_choice() {
        let decide = |logits: &[f32]| own_words(logits, 0, 1..logits.len() as u32);
        let near = |log_p: f64, share: f64| (log_p.exp() - share).abs() < 1e-6;
        let ln = f32::ln;
        let (own, log_p) = decide(&[ln(4.0), ln(3.0), ln(3.0)]);
        assert!(own && near(log_p, 0.4), "though the others together are likelier");
        let (own, log_p) = decide(&[ln(3.0), ln(4.0), ln(3.0)]);
        assert!(!own && near(log_p, 0.7), "what is left to the others");
        assert!(!decide(&[1.0, 1.0]).0, "equals are decided for the document");
        assert!(decide(&[-80.0, -90.0]).0 && !decide(&[-1000.0, 0.0]).0);
    }
}
