//! How many sentences of a document hold each term, in a table of fixed size: what a summary weighs its sentences by.
//!
//! A term counts in a cell of each of two rows, and the smaller of the two is its count (a count-min sketch): never too few; too many for a term that
//! shares both cells. An English text of 5 MB has some 30,000 terms, each row 131,072 cells.

/// Cells of a row, as a power of two: both rows take 1 MiB.
const CELLS: u32 = 17;
/// Odd numbers that spread terms over the cells of each row.
const ROWS: [u32; 2] = [0x9e37_79b1, 0x85eb_ca77];

/// The counts.
#[derive(Debug)]
pub(crate) struct TermCounts {
    rows: [Vec<u32>; 2],
    sentences: u32,
}

impl TermCounts {
    /// Of no sentence yet.
    pub fn new() -> Self {
        Self { rows: [vec![0; 1 << CELLS], vec![0; 1 << CELLS]], sentences: 0 }
    }

    /// One more sentence, with its distinct terms.
    pub fn add(&mut self, terms: &[u32]) {
        self.sentences = self.sentences.saturating_add(1);
        for (row, factor) in self.rows.iter_mut().zip(ROWS) {
            for term in terms {
                let cell = &mut row[cell(*term, factor)];
                *cell = cell.saturating_add(1);
            }
        }
    }

    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| size_of_val(&row[..])).sum()
    }

    /// Sentences that were added.
    pub fn sentences(&self) -> u32 {
        self.sentences
    }

    /// Sentences that hold a term.
    pub fn count(&self, term: u32) -> u32 {
        let counts = self.rows.iter().zip(ROWS).map(|(row, factor)| row[cell(term, factor)]);
        counts.min().unwrap_or(0)
    }

    /// What tells a term apart from those of all sentences: the less, the more of them hold it.
    pub fn rarity(&self, term: u32) -> f32 {
        (1.0 + self.sentences as f32 / self.count(term).max(1) as f32).ln()
    }

    /// What a term says of the document's subject: more, the more sentences hold it, and less where all do; 0 of one that stands in a single sentence.
    pub fn centrality(&self, term: u32) -> f32 {
        (self.count(term).max(1) as f32).ln() * self.rarity(term)
    }
}

fn cell(term: u32, factor: u32) -> usize {
    (term.wrapping_mul(factor) >> (32 - CELLS)) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Never less than a plain count, and the same where there are few terms.
        #[test]
        fn counts_as_a_map_does(sentences in prop::collection::vec(prop::collection::btree_set(0_u32..400, 0..12), 0..60)) {
            let mut counts = TermCounts::new();
            let mut plain: HashMap<u32, u32> = HashMap::new();
            for sentence in &sentences {
                let terms: Vec<u32> = sentence.iter().map(|term| term.wrapping_mul(0x0100_0193)).collect();
                counts.add(&terms);
                terms.iter().for_each(|term| *plain.entry(*term).or_default() += 1);
            }
            prop_assert_eq!(counts.sentences() as usize, sentences.len());
            for (term, count) in plain {
                prop_assert_eq!(counts.count(term), count);
            }
        }
    }

    #[test]
    fn what_some_sentences_speak_of_is_central() {
        let mut counts = TermCounts::new();
        (0..100).for_each(|number| counts.add(&[1, 100 + number, if number % 5 == 0 { 2 } else { 3000 + number }]));
        assert!(counts.centrality(2) > counts.centrality(1), "what each holds says little");
        assert_eq!(counts.centrality(100), 0.0, "what one holds says nothing of the others");
        assert!(counts.rarity(100) > counts.rarity(2));
    }
}
