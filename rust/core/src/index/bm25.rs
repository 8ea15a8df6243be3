//! BM25: the weight of a term, the score of a sentence or a passage, and the best passages so far.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::index::language::Language;
use crate::index::terms::for_each_term;

const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Terms of a sentence on average: what BM25's length normalisation compares with.
const SENTENCE: f32 = 20.0;

/// The weight of a term that `found` of `total` passages hold: BM25's inverse document frequency.
pub(crate) fn term_weight(found: f32, total: f32) -> f32 {
    (1.0 + (total - found + 0.5) / (found + 0.5)).ln()
}

/// BM25 of a term that occurs `count` times in a text of `length` terms, before its weight.
pub(crate) fn saturated(count: f32, length: f32, average: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average))
}

/// The most that a term's count in a passage, doubled, says of the passage: the passage's own length needs a read; the average one serves to choose,
/// sentences are scored exactly later.
pub(crate) fn passage_part(doubled: u32) -> f32 {
    saturated(doubled as f32 / 2.0, 1.0, 1.0)
}

/// The place of a passage among those that match; the greater is the better: higher score, then earlier passage.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Rank {
    pub score: f32,
    pub passage: u32,
}

impl Eq for Rank {}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.passage.cmp(&self.passage))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The best passages so far.
pub(crate) struct Best {
    pub most: usize,
    pub after: Option<Rank>,
    pub all: bool,
    pub ranks: BinaryHeap<Reverse<Rank>>,
}

impl Best {
    /// Takes a passage that is among the best so far.
    pub fn offer(&mut self, rank: Rank) {
        if rank.score <= 0.0 && !self.all || self.after.is_some_and(|after| rank >= after) {
            return;
        }
        if self.full() {
            if self.ranks.peek().is_some_and(|worst| rank <= worst.0) {
                return;
            }
            self.ranks.pop();
        }
        self.ranks.push(Reverse(rank));
    }

    /// Whether as many as are wanted are there.
    pub fn full(&self) -> bool {
        self.ranks.len() >= self.most
    }
}

/// What each of a question's terms is worth in this document: scores single sentences.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    /// Sorted by term.
    pub(crate) terms: Vec<(u32, f32)>,
    /// What all terms together would be worth if each were spelt as in the document.
    pub(crate) all: f32,
    /// The document's.
    pub(crate) language: Language,
}

impl Weights {
    /// BM25 of one sentence as a share of what the question asks for: 1 when each of its terms stands in it once and it is of average length.
    /// So it means the same whatever the document's length. Terms of what it is read with count as often as `around` says of each.
    pub fn score(&self, sentence: &str, around: &[(&str, f32)]) -> f32 {
        let (mut counts, mut length) = (vec![0.0; self.terms.len()], 0.0);
        for_each_term(sentence, self.language, |term| {
            length += 1.0;
            self.find(term).into_iter().for_each(|at| counts[at] += 1.0);
        });
        for (text, count) in around {
            for_each_term(text, self.language, |term| self.find(term).into_iter().for_each(|at| counts[at] += count));
        }
        self.share(self.terms.iter().zip(counts).map(|((_, weight), count)| weight * saturated(count, length, SENTENCE)).sum())
    }

    /// Whether a text holds a term of the question that another one does not.
    pub fn adds(&self, text: &str, other: &str) -> bool {
        let mut held = vec![false; self.terms.len()];
        for_each_term(other, self.language, |term| self.find(term).into_iter().for_each(|at| held[at] = true));
        let mut adds = false;
        for_each_term(text, self.language, |term| adds |= self.find(term).is_some_and(|at| !held[at]));
        adds
    }

    fn find(&self, term: u32) -> Option<usize> {
        self.terms.binary_search_by_key(&term, |t| t.0).ok()
    }

    /// The same share of a passage's BM25.
    pub fn share(&self, bm25: f32) -> f32 {
        if self.all > 0.0 { bm25 / self.all } else { 0.0 }
    }
}
