//! The best passages of many documents, exactly, with few of them opened: of each document the shelf knows how much each term counts in one passage at most,
//! so it knows what no passage of it can exceed. Documents are opened in the order of that bound, until the worst of the best passages reaches the next one.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::error::Result;
use crate::index::bm25::passage_part;
use crate::index::{Language, Match, Query};
use crate::shelf::shelf::Shared;
use crate::shelf::snapshot::Snapshot;

/// Documents that one step opens at most.
const STEP: usize = 16;

/// A passage of a shelf that matches a question; the greater is the better: higher score, then the earlier document, then the earlier passage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// The document's place in the snapshot.
    pub place: u32,
    pub found: Match,
}

impl PartialEq for Hit {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Hit {}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_place = other.place.cmp(&self.place).then(other.found.passage.number.cmp(&self.found.passage.number));
        self.found.score.total_cmp(&other.found.score).then(by_place)
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A question in the languages of a shelf's documents.
#[derive(Debug)]
pub(super) struct Queries(Vec<(Language, Query)>);

impl Queries {
    /// A question to some documents, told by their places.
    pub fn new(snapshot: &Snapshot, chosen: &[u32], question: &str) -> Result<Self> {
        let mut languages: Vec<Language> = Vec::new();
        for place in chosen {
            let language = snapshot.languages[*place as usize];
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        let query = |language| Ok((language, Query::new(snapshot, language, question)?));
        Ok(Self(languages.into_iter().map(query).collect::<Result<_>>()?))
    }

    /// The question in a language that one of the documents has.
    pub fn of(&self, language: Language) -> Option<&Query> {
        self.0.iter().find(|(of, _)| *of == language).map(|(_, query)| query)
    }
}

/// The best passages so far.
#[derive(Debug)]
pub(super) struct Ranking {
    snapshot: Arc<Snapshot>,
    queries: Arc<Queries>,
    most: usize,
    /// What no passage of a document exceeds, and the document's place: the best last.
    bounds: Vec<(f32, u32)>,
    best: BinaryHeap<Reverse<Hit>>,
}

impl Ranking {
    /// The `most` best passages of some documents, told by their places, which ascend.
    pub fn new(snapshot: &Arc<Snapshot>, queries: Arc<Queries>, chosen: &[u32], most: usize) -> Result<Self> {
        let mut sums = vec![0.0_f32; snapshot.documents.len()];
        for (language, query) in &queries.0 {
            // In the order in which an index adds them up, so that rounding leaves the bound one.
            for (term, weight) in query.ranked_by() {
                snapshot.for_each(term, |place, listed| {
                    if snapshot.languages[place as usize] == *language {
                        sums[place as usize] += weight * passage_part(listed.most);
                    }
                })?;
            }
        }
        let mut bounds: Vec<(f32, u32)> =
            chosen.iter().map(|place| (sums[*place as usize], *place)).filter(|(bound, _)| *bound > 0.0).collect();
        bounds.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        Ok(Self { snapshot: Arc::clone(snapshot), queries, most, bounds, best: BinaryHeap::new() })
    }

    /// Opens some more documents; false once no other can hold a better passage.
    pub fn step(&mut self, shelf: &Shared) -> Result<bool> {
        for _ in 0..STEP {
            let Some((bound, place)) = self.bounds.pop().filter(|next| self.can_be_better(*next)) else { return Ok(false) };
            debug_assert!(bound > 0.0);
            let entry = &self.snapshot.documents[place as usize];
            let document = shelf.open(entry)?;
            let Some(query) = self.queries.of(self.snapshot.languages[place as usize]) else { continue };
            let found = document.read_state()?.index.best(query, self.most, None)?;
            for found in found {
                let hit = Hit { place, found };
                if self.best.len() < self.most {
                    self.best.push(Reverse(hit));
                } else if self.best.peek().is_some_and(|worst| hit > worst.0) {
                    self.best.pop();
                    self.best.push(Reverse(hit));
                }
            }
        }
        Ok(true)
    }

    fn can_be_better(&self, (bound, place): (f32, u32)) -> bool {
        let Some(Reverse(worst)) = self.best.peek().filter(|_| self.best.len() >= self.most) else { return self.most > 0 };
        bound.total_cmp(&worst.found.score).then(worst.place.cmp(&place)).is_gt()
    }

    /// All of the best, the best first.
    pub fn into_best(self) -> Vec<Hit> {
        let mut best: Vec<Hit> = self.best.into_iter().map(|hit| hit.0).collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        best
    }
}
