//! Asking an index: the passages that match a question best, run by run and window by window of passages.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::{Error, Result};
use crate::index::bm25::{Best, Rank, Weights, passage_part, term_weight};
use crate::index::collection::Collection;
use crate::index::folding::{plain, small};
use crate::index::index::Index;
use crate::index::language::Language;
use crate::index::misspelt::{accented, near};
use crate::index::passage_records::Passage;
use crate::index::postings::{Cursor, MOST_PASSAGES, Run, damaged};
use crate::index::terms::{for_each_word, term};

/// Passages scored at once.
const WINDOW: u32 = 4096;
/// Terms of a question that are looked for, the rarest of them.
const TERMS: usize = 64;
/// What a word of the index counts that is one edit away from a word of the question which the index has not.
const MISSPELT: f32 = 0.6;
/// Words of a question that are looked for in another spelling.
const RESPELT: usize = 16;
/// A term in more than this share of many passages says nothing.
const COMMON: f32 = 0.5;

/// A passage that matches a question.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Match {
    pub passage: Passage,
    pub score: f32,
}

impl Match {
    /// Where it stands; what [`Index::best`] goes on after.
    pub fn rank(&self) -> Rank {
        Rank { score: self.score, passage: self.passage.number }
    }
}

/// A question as the index of one document takes it.
#[derive(Debug, Clone)]
pub struct Query {
    /// Sorted by term.
    terms: Vec<QueryTerm>,
    weights: Weights,
    /// Passages of all that it is put to.
    total: u32,
}

impl Query {
    /// A question to documents in a language, its terms weighed by a collection.
    ///
    /// # Errors
    /// As [`Collection::count`].
    pub fn new(of: &dyn Collection, language: Language, question: &str) -> Result<Self> {
        let terms = query_terms(of, language, question)?;
        let total = of.passages();
        let weigh = |term: &QueryTerm| term_weight(term.found as f32, total as f32);
        let weights = Weights {
            terms: terms.iter().map(|term| (term.term, term.counts * weigh(term))).collect(),
            all: terms.iter().map(weigh).sum(),
            language,
        };
        Ok(Self { terms, weights, total })
    }

    /// The terms by which passages are ranked, sorted, and what each is worth: those that stand in the collection, the rarest of them.
    pub(crate) fn ranked_by(&self) -> Vec<(u32, f32)> {
        let total = self.total as f32;
        let common = |found: u32| self.total > 64 && found as f32 > total * COMMON;
        let held = self.terms.iter().copied().filter(|term| term.found > 0);
        let mut terms: Vec<QueryTerm> = held.clone().filter(|term| !common(term.found)).collect();
        if terms.is_empty() {
            terms = held.collect(); // common words are better than none
        }
        terms.sort_unstable_by_key(|term| (term.found, term.term));
        terms.truncate(TERMS);
        terms.sort_unstable_by_key(|term| term.term);
        terms.iter().map(|term| (term.term, term.counts * term_weight(term.found as f32, total))).collect()
    }

    /// What each term is worth in the document.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Whether it has terms and none of them, nor one that is spelt nearly so, stands in the document.
    pub fn is_unknown(&self) -> bool {
        !self.terms.is_empty() && self.terms.iter().all(|term| term.found == 0)
    }

    /// Whether a term of it, or one that is spelt nearly so, stands in the document.
    pub(crate) fn finds_any(&self) -> bool {
        self.terms.iter().any(|term| term.found > 0)
    }

    /// What is looked for in place of a term of the question; None of one that is left out.
    pub(crate) fn meant(&self, asked: u32) -> Option<u32> {
        self.terms.iter().find(|term| term.asked == asked).map(|term| term.term)
    }

    /// Whether a term is looked for.
    pub(crate) fn holds(&self, term: u32) -> bool {
        self.terms.binary_search_by_key(&term, |of| of.term).is_ok()
    }
}

/// A term of a question.
#[derive(Debug, Clone, Copy)]
struct QueryTerm {
    term: u32,
    /// As the question has it.
    asked: u32,
    /// Passages that hold it.
    found: u32,
    /// What it counts: less when its word is spelt in another way.
    counts: f32,
}

impl Index {
    /// A question, to be looked for in this document: in pages, and its sentences scored.
    ///
    /// # Errors
    /// `io` or `state.damaged` by what the file holds; `fault` before [`Index::finish`].
    pub fn query(&self, question: &str) -> Result<Query> {
        if !self.postings.waiting.is_empty() {
            return Err(Error::new("fault", "an index was asked before it was finished"));
        }
        match &self.collection {
            Some(collection) => Query::new(&**collection, self.language, question),
            None => Query::new(self, self.language, question),
        }
    }

    /// The `most` passages that match best, best first, of those that rank below `after`.
    ///
    /// # Errors
    /// `io` or `state.damaged` by what the file holds.
    pub fn best(&self, query: &Query, most: usize, after: Option<Rank>) -> Result<Vec<Match>> {
        self.search(query, most, after, false)
    }

    /// As [`Index::best`]; after the passages that match follow all others in document order, with score 0.
    ///
    /// # Errors
    /// As [`Index::best`].
    pub fn all(&self, query: &Query, most: usize, after: Option<Rank>) -> Result<Vec<Match>> {
        self.search(query, most, after, true)
    }

    fn search(&self, query: &Query, most: usize, after: Option<Rank>, all: bool) -> Result<Vec<Match>> {
        let mut best = Best { most, after, all, ranks: BinaryHeap::new() };
        if most > 0 {
            self.score(&query.ranked_by(), &mut best)?;
        }
        let mut ranks = best.ranks.into_vec();
        ranks.sort_unstable();
        ranks.into_iter().map(|Reverse(rank)| Ok(Match { passage: self.passage(rank.passage)?, score: rank.score })).collect()
    }

    /// Offers every passage with its score, window by window in document order.
    fn score(&self, terms: &[(u32, f32)], best: &mut Best) -> Result<()> {
        let from = best.after.filter(|after| after.score <= 0.0).map_or(0, |after| after.passage.saturating_add(1));
        let mut scores = vec![0.0; WINDOW.min(self.records.count) as usize];
        let none = [Run { start: 0, bytes: 0, postings: 0, first: 0 }];
        let runs = if self.postings.runs.is_empty() { &none } else { &self.postings.runs[..] };
        for (number, run) in runs.iter().enumerate() {
            let end = runs.get(number + 1).map_or(self.records.count, |next| next.first);
            let mut base = run.first.max(from);
            let mut cursors = Vec::new();
            for (term, weight) in terms.iter().filter(|_| base < end) {
                let mut cursor = Cursor::new(*run);
                cursor.seek(&self.postings.region, *term, base)?;
                cursors.push((*term, *weight, cursor));
            }
            while base < end {
                let window = &mut scores[..(end - base).min(WINDOW) as usize];
                window.fill(0.0);
                for (term, weight, cursor) in &mut cursors {
                    self.score_window(cursor, *term, *weight, base, window)?;
                }
                for (passage, score) in (base..).zip(&*window) {
                    best.offer(Rank { score: *score, passage });
                }
                base += window.len() as u32;
                if from > 0 && best.full() {
                    return Ok(()); // what matches is used up, and the others come in document order
                }
            }
        }
        Ok(())
    }

    fn score_window(&self, cursor: &mut Cursor, term: u32, weight: f32, base: u32, window: &mut [f32]) -> Result<()> {
        while let Some(posting) = cursor.posting()
            && posting.term() == term
        {
            let slot = posting.passage().checked_sub(base).ok_or_else(damaged)?;
            let Some(score) = window.get_mut(slot as usize) else { break };
            *score += weight * passage_part(posting.count());
            cursor.advance(&self.postings.region)?;
        }
        Ok(())
    }
}

impl Collection for Index {
    fn count(&self, terms: &[u32]) -> Result<Vec<u32>> {
        let mut counts = vec![0_u32; terms.len()];
        for run in &self.postings.runs {
            let mut cursor = Cursor::new(*run);
            for (term, found) in terms.iter().zip(&mut counts) {
                cursor.seek(&self.postings.region, *term, 0)?;
                if cursor.posting().is_none_or(|posting| posting.term() != *term) {
                    continue;
                }
                let before = cursor.before();
                cursor.seek(&self.postings.region, *term, MOST_PASSAGES)?;
                *found = found.saturating_add(cursor.before().saturating_sub(before));
            }
        }
        Ok(counts)
    }

    fn passages(&self) -> u32 {
        self.records.count
    }
}

/// The distinct terms of a question, sorted. For a word that no passage holds stands one that is spelt nearly so, if there is any. Of a question in another
/// language or script stand those that some passage holds, such as names and numbers, as long as there is one.
fn query_terms(of: &dyn Collection, language: Language, question: &str) -> Result<Vec<QueryTerm>> {
    let mut words: Vec<(u32, String)> = Vec::new();
    for_each_word(question, language, |term, word| words.push((term, word.to_owned())));
    let other = language.of_other(question);
    if let Some(other) = other {
        words.retain(|(_, word)| !other.leaves_out(&plain(&small(word))));
    }
    words.sort_unstable();
    words.dedup_by_key(|(term, _)| *term);
    let held = of.count(&words.iter().map(|(term, _)| *term).collect::<Vec<_>>())?;
    let is_held = held.iter().any(|found| *found > 0);
    let mut characters = words.iter().zip(&held).filter(|((_, word), _)| word.is_empty()).map(|(_, found)| *found);
    let is_other_script = is_held && characters.clone().next().is_some() && characters.all(|found| found == 0);
    let (mut terms, mut looked) = (Vec::new(), 0);
    for ((term, word), found) in words.into_iter().zip(held) {
        if found == 0 && is_held && (other.is_some() || is_other_script && word.is_empty()) {
            continue;
        }
        let as_asked = QueryTerm { term, asked: term, found, counts: 1.0 };
        let looks_on = found == 0 && !word.is_empty() && looked < RESPELT;
        looked += usize::from(looks_on);
        terms.push(if looks_on { respelt(of, language, term, &word)?.unwrap_or(as_asked) } else { as_asked });
    }
    terms.sort_by(|a, b| a.term.cmp(&b.term).then(b.counts.total_cmp(&a.counts)));
    terms.dedup_by_key(|term| term.term);
    Ok(terms)
}

/// What a word that no passage holds may mean: the same with other accents, or the commonest of those that are one edit away.
fn respelt(of: &dyn Collection, language: Language, asked: u32, word: &str) -> Result<Option<QueryTerm>> {
    let small = small(word);
    for (others, counts) in [(accented(&small), 1.0), (near(&plain(&small)), MISSPELT)] {
        let mut terms: Vec<u32> = others.iter().filter_map(|other| term(other, language)).collect();
        terms.sort_unstable();
        terms.dedup();
        let held = of.count(&terms)?;
        let commonest = terms.into_iter().zip(held).filter(|(_, found)| *found > 0).max_by_key(|(_, found)| *found);
        if let Some((term, found)) = commonest {
            return Ok(Some(QueryTerm { term, asked, found, counts }));
        }
    }
    Ok(None)
}
