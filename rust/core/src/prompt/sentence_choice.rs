//! Chooses the sentences of a summary out of a pool: one after another the one that adds most to those chosen before. What they say already counts less,
//! and so does a section that has been heard.

use std::collections::{HashMap, HashSet};

use crate::index::term_counts::TermCounts;
use crate::prompt::sentence_pool::PoolSentence;

/// What a term still counts each time that a chosen sentence holds it.
const TOLD: f32 = 0.7;
/// What a sentence counts for each of its section that was chosen before.
const HEARD: f32 = 0.7;
/// What of a sentence's worth is left when it says nothing new.
const KEPT: f32 = 0.3;
/// Most that its terms count, as a share of what those of the best sentences count.
const MOST: f32 = 1.3;
/// Parts of a document each of which is heard, and sentences from which on.
const PARTS: usize = 3;
const MANY: usize = 48;
/// With a focus: what relevance counts, what the rest does, and what share of the best one's relevance a sentence needs.
const RELEVANCE: f32 = 3.0;
const BESIDE: f32 = 0.3;
const SHARE: f32 = 0.25;

/// Places in the pool of at most `wanted` sentences, in document order. `usual`: what the terms of the document's best sentences count together;
/// `length`: its bytes.
pub(crate) fn choose(pool: &[PoolSentence], counts: &TermCounts, usual: f32, wanted: usize, length: u64) -> Vec<usize> {
    let best = pool.iter().map(|sentence| sentence.relevance).fold(0.0, f32::max);
    let mut open: Vec<usize> = (0..pool.len()).filter(|at| best == 0.0 || pool[*at].relevance >= SHARE * best.min(1.0)).collect();
    let parts = if open.len() >= MANY && best == 0.0 { PARTS.min(wanted) } else { 0 };
    let part = |at: usize| (u128::from(pool[at].start) * PARTS as u128 / u128::from(length.max(1))) as usize;
    let mut told: HashMap<u32, i32> = HashMap::new();
    let mut heard: HashMap<Option<u64>, i32> = HashMap::new();
    let mut said: HashSet<u64> = HashSet::new();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < wanted && !open.is_empty() {
        // The last places are for parts that nothing was chosen of.
        let silent: Vec<usize> = (0..parts).filter(|p| !chosen.iter().any(|at| part(*at) == *p)).collect();
        let needed: Vec<usize> = open.iter().copied().filter(|at| silent.contains(&part(*at))).collect();
        let is_due = !needed.is_empty() && wanted - chosen.len() <= silent.len();
        let from = if is_due { &needed } else { &open };
        let value = |at: usize| gain(&pool[at], counts, usual, &told, heard.get(&pool[at].section).copied().unwrap_or(0));
        let next = from.iter().copied().map(|at| (at, value(at))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((at, _)) = next else { break };
        open.retain(|other| *other != at);
        if !said.insert(pool[at].words) {
            continue;
        }
        pool[at].terms.iter().for_each(|term| *told.entry(*term).or_default() += 1);
        *heard.entry(pool[at].section).or_default() += 1;
        chosen.push(at);
    }
    chosen.sort_unstable();
    chosen
}

/// What a sentence adds, given how often its terms and its section were chosen.
fn gain(sentence: &PoolSentence, counts: &TermCounts, usual: f32, told: &HashMap<u32, i32>, heard: i32) -> f32 {
    let (mut central, mut whole, mut new) = (0.0, 0.0, 0.0);
    for term in &sentence.terms {
        let left = told.get(term).map_or(1.0, |times| TOLD.powi(*times));
        let rarity = counts.rarity(*term);
        central += left * counts.centrality(*term);
        whole += rarity;
        new += left * rarity;
    }
    let novelty = KEPT + (1.0 - KEPT) * if whole > 0.0 { new / whole } else { 0.0 };
    let own = (central / usual).min(MOST) + sentence.salience.worth * novelty;
    let gain = if sentence.relevance > 0.0 { RELEVANCE * sentence.relevance * novelty + BESIDE * own } else { own };
    if gain > 0.0 { gain / sentence.salience.cost * HEARD.powi(heard) } else { gain }
}

/// What the terms of a sentence count together, as a share of `usual`, before anything was chosen.
pub(crate) fn centrality(terms: &[u32], counts: &TermCounts, usual: f32) -> f32 {
    (terms.iter().map(|term| counts.centrality(*term)).sum::<f32>() / usual).min(MOST)
}

/// What the terms of the best twentieth of some sentences count at least, each given as what its terms count; above 0.
pub(crate) fn usual(mut central: Vec<f32>) -> f32 {
    central.sort_unstable_by(|a, b| b.total_cmp(a));
    central.get((central.len() / 20).max(1) - 1).copied().unwrap_or(0.0).max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::salience::Salience;

    fn sentence(at: u64, terms: &[u32]) -> PoolSentence {
        PoolSentence {
            document: 0,
            passage: 0,
            unit: 0,
            part: None,
            start: at * 100,
            section: Some(at / 10),
            words: u64::from(terms.iter().sum::<u32>()),
            terms: terms.to_vec(),
            salience: Salience { worth: 0.5, cost: 1.0 },
            relevance: 0.0,
            value: 0.0,
        }
    }

    fn chosen(pool: &[PoolSentence], wanted: usize) -> Vec<usize> {
        let mut counts = TermCounts::new();
        pool.iter().for_each(|sentence| counts.add(&sentence.terms));
        let central = pool.iter().map(|s| s.terms.iter().map(|t| counts.centrality(*t)).sum()).collect();
        choose(pool, &counts, usual(central), wanted, pool.last().map_or(1, |last| last.start + 100))
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let terms = [[1, 2, 3], [1, 2, 3], [1, 2, 4], [7, 8, 9], [7, 8, 5]];
        let pool: Vec<_> = terms.iter().enumerate().map(|(at, terms)| sentence(at as u64 * 10, terms)).collect();
        let two = chosen(&pool, 2);
        assert!(two[0] < 3 && two[1] >= 3, "one of each kind: {two:?}");
        assert_eq!(chosen(&pool, 5).len(), 4, "the second is the first, word for word");
    }

    #[test]
    fn each_part_of_a_long_text_is_heard() {
        // What is central stands in the first third.
        let pool: Vec<_> =
            (0..60_u32).map(|at| sentence(at.into(), &if at < 20 { [1, 2, 100 + at] } else { [200 + at, 300 + at, 400 + at] })).collect();
        let three = chosen(&pool, 3);
        assert_eq!(three.iter().map(|at| at / 20).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_focus_leaves_out_what_bears_little_on_it() {
        let mut pool: Vec<_> = (0..6_u32).map(|at| sentence(at.into(), &[1, at])).collect();
        pool[4].relevance = 0.6;
        pool[1].relevance = 0.5;
        pool[2].relevance = 0.1;
        pool[3].relevance = 0.14;
        assert_eq!(chosen(&pool, 5), [1, 4]);
    }
}
