//! The sentences of a document that a summary is chosen from: at most so many of each stretch, so that what is held does not grow with the document.

use std::collections::HashSet;
use std::ops::Range;

use crate::prompt::salience::Salience;

/// Stretches of a document, and sentences of each that are held at least.
const STRETCHES: usize = 64;
const EACH: usize = 8;
/// Most distinct terms of a sentence that count.
pub(crate) const TERMS: usize = 64;
/// Lines that are no sentences: shown where there are few others.
const LINES: usize = 12;
/// Texts remembered.
const MOST_KNOWN: usize = 1 << 14;

/// A sentence that a summary may hold.
#[derive(Debug, Clone)]
pub(crate) struct PoolSentence {
    /// Of several that are looked through, from 0.
    pub document: u32,
    /// The passage, and the number of the unit in it that holds the sentence or begins it.
    pub passage: u32,
    pub unit: usize,
    /// Where in the passage it stands, if it is a part of the unit; else the unit is meant.
    pub part: Option<Range<usize>>,
    /// Its first byte in the document; of several, as if they followed each other.
    pub start: u64,
    /// Where the heading stands that it is under.
    pub section: Option<u64>,
    /// Its words as a hash.
    pub words: u64,
    /// Distinct.
    pub terms: Vec<u32>,
    pub salience: Salience,
    /// How well it bears on the focus; 0 without one.
    pub relevance: f32,
    /// By what it is held against others of its stretch.
    pub value: f32,
}

/// The best sentences of each stretch.
#[derive(Debug)]
pub(crate) struct SentencePool {
    stretches: Vec<Vec<PoolSentence>>,
    each: usize,
    /// Bytes of the document.
    length: u64,
    lines: Vec<PoolSentence>,
}

impl SentencePool {
    /// Of a document of so many bytes, for a summary of at most that many sentences.
    pub fn new(length: u64, wanted: usize) -> Self {
        let each = EACH.max(wanted.saturating_mul(2).div_ceil(STRETCHES));
        Self { stretches: vec![Vec::new(); STRETCHES], each, length: length.max(1), lines: Vec::new() }
    }

    /// Takes a sentence, if it is among the best of its stretch.
    pub fn offer(&mut self, sentence: PoolSentence) {
        let at = (u128::from(sentence.start) * STRETCHES as u128 / u128::from(self.length)) as usize;
        let held = &mut self.stretches[at.min(STRETCHES - 1)];
        if held.len() < self.each {
            held.push(sentence);
            return;
        }
        let least = held.iter_mut().min_by(|a, b| a.value.total_cmp(&b.value).then(b.start.cmp(&a.start)));
        if let Some(least) = least.filter(|least| least.value < sentence.value) {
            *least = sentence;
        }
    }

    /// Takes a line that is no sentence, such as a heading with nothing under it.
    pub fn offer_line(&mut self, line: PoolSentence) {
        if self.lines.len() < LINES {
            self.lines.push(line);
        }
    }

    /// Sentences that are held.
    pub fn held(&self) -> usize {
        self.stretches.iter().map(Vec::len).sum()
    }

    /// Sentences that are held, and their bytes.
    pub fn held_bytes(&self) -> (usize, usize) {
        let own = |sentence: &PoolSentence| size_of::<PoolSentence>() + sentence.terms.capacity() * size_of::<u32>();
        (self.held(), self.stretches.iter().flatten().chain(&self.lines).map(own).sum())
    }

    /// Those sentences in document order; with the lines where there are fewer than `few`.
    pub fn into_sentences(mut self, few: usize) -> Vec<PoolSentence> {
        let lines = if self.held() < few { std::mem::take(&mut self.lines) } else { Vec::new() };
        let mut sentences: Vec<PoolSentence> = self.stretches.into_iter().flatten().chain(lines).collect();
        sentences.sort_by_key(|sentence| sentence.start);
        sentences
    }
}

/// Texts that were met, as hashes; the oldest are forgotten together.
#[derive(Debug, Default)]
pub(crate) struct Known(HashSet<u64>);

impl Known {
    /// Whether a text is met for the first time.
    pub fn is_new(&mut self, words: u64) -> bool {
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(words)
    }

    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(start: u64, value: f32) -> PoolSentence {
        let salience = Salience { worth: value, cost: 1.0 };
        PoolSentence {
            document: 0,
            passage: 0,
            unit: 0,
            part: None,
            start,
            section: None,
            words: start,
            terms: Vec::new(),
            salience,
            relevance: 0.0,
            value,
        }
    }

    #[test]
    fn holds_the_best_of_each_stretch_however_long_the_document() {
        let mut pool = SentencePool::new(6_400_000, 12);
        for start in (0..6_400_000).step_by(100) {
            pool.offer(sentence(start, (start / 100 % 97) as f32));
        }
        assert_eq!(pool.held(), STRETCHES * EACH);
        let sentences = pool.into_sentences(3);
        assert!(sentences.iter().all(|s| s.value >= 90.0), "the best");
        assert!(sentences.windows(2).all(|pair| pair[0].start < pair[1].start), "in order");
    }

    #[test]
    fn lines_are_told_where_there_is_little_else() {
        let mut pool = SentencePool::new(100, 12);
        pool.offer_line(sentence(3, 0.0));
        pool.offer(sentence(1, 0.0));
        assert_eq!(pool.into_sentences(3).len(), 2);
        let mut pool = SentencePool::new(100, 12);
        pool.offer_line(sentence(3, 0.0));
        (0..3).for_each(|start| pool.offer(sentence(start, 0.0)));
        assert_eq!(pool.into_sentences(3).len(), 3);
    }
}
