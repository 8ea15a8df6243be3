//! Prompt-lookup decoding: what followed the last tokens where they stood before is likely to follow again. Pure.
//!
//! A draft costs no run of its own: it rides in the run of the token chosen last, whose rows say at once how far it was right
//! ([`Session::verify`](crate::session::Session::verify)). A wrong one leaves no trace, so the answer is the same without it.

/// Tokens compared at most, the last one included.
const LONGEST: usize = 4;

/// Up to `most` tokens that may follow `seen` and then `last`: those after the longest match of the last four tokens, the most recent of
/// equals. Empty where nothing stands after a `last` in `seen`.
pub fn draft(seen: &[u32], last: u32, most: usize) -> &[u32] {
    let mut best = seen.len();
    let mut longest = 0;
    for at in (0..seen.len().saturating_sub(1)).rev().filter(|at| seen[*at] == last) {
        let before = seen[..at].iter().rev().zip(seen.iter().rev());
        let length = 1 + before.take(LONGEST - 1).take_while(|(a, b)| a == b).count();
        if length > longest {
            best = at + 1;
            longest = length;
            if length == LONGEST {
                break;
            }
        }
    }
    &seen[best..seen.len().min(best.saturating_add(most))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_match_wins_and_the_most_recent_of_equals() {
        assert_eq!(draft(&[1, 2, 3, 4, 9, 3, 5, 1, 2], 3, 2), [4, 9], "1 2 3 before, and a later 3 alone");
        assert_eq!(draft(&[7, 1, 7, 2, 6], 7, 8), [2, 6]);
        assert_eq!(draft(&[1, 2, 3, 4, 50, 60, 0, 2, 3, 4, 51, 1, 2, 3], 4, 1), [50]);
        assert_eq!(draft(&[8, 1, 2, 3, 4, 50, 9, 1, 2, 3, 4, 51, 8, 1, 2, 3], 4, 1), [51], "beyond four tokens nothing is compared");
        assert_eq!(draft(&[5, 5, 5], 5, 8), [5], "nothing follows the last one");
        assert!(draft(&[1, 2], 3, 8).is_empty() && draft(&[], 3, 8).is_empty() && draft(&[3], 3, 8).is_empty());
        assert!(draft(&[3, 4], 3, 0).is_empty());
    }
}
