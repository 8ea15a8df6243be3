//! Searching a shelf: passages in the order in which a document's search gives them, in batches by BM25 over all documents, and within a batch by their best sentence.

use std::sync::Arc;

use crate::answer::Passage;
use crate::error::Result;
use crate::prompt::retrieval::PASSAGES;
use crate::prompt::{best_first, candidates_of};
use crate::search::SearchOptions;
use crate::search::marks::QuestionWords;
use crate::search::passages::{check_words, passage};
use crate::shelf::entry::Filter;
use crate::shelf::gathered::titled;
use crate::shelf::ranking::{Hit, Queries, Ranking};
use crate::shelf::shelf::Shelf;
use crate::shelf::snapshot::Snapshot;

impl Shelf {
    /// The passages of the documents that pass a filter which match a text best, as [`Document::search`](crate::Document::search): each names its document, its
    /// headings begin with the title. None where no document passes. What is held grows with the offset, by some bytes a passage.
    ///
    /// # Errors
    /// `argument.question`, `argument.options`; `shelf.damaged`; `shelf.changed` when a document was removed meanwhile; `io`; `cancelled` after
    /// [`Shelf::cancel`].
    pub fn search(&self, text: &str, filter: &Filter, options: SearchOptions) -> Result<Vec<Passage>> {
        options.check()?;
        check_words(text)?;
        let shelf = &*self.shared;
        shelf.cancel.check()?;
        let snapshot = shelf.snapshot()?;
        let chosen = snapshot.chosen(filter);
        snapshot.check(&chosen)?;
        let SearchOptions { limit, offset } = options;
        let all = chosen.iter().map(|place| snapshot.documents[*place as usize].document.passages as usize).sum::<usize>();
        let most = offset.saturating_add(limit).min(all).next_multiple_of(PASSAGES);
        let queries = Arc::new(Queries::new(&snapshot, &chosen, text)?);
        let best = self.best(&snapshot, &queries, &chosen, most)?;
        let mut found = Vec::new();
        let mut first = offset % PASSAGES;
        for batch in best.chunks(PASSAGES).skip(offset / PASSAGES) {
            shelf.cancel.check()?;
            let mut sentences = Vec::with_capacity(batch.len());
            for Hit { place, found } in batch {
                let Some(query) = queries.of(snapshot.languages[*place as usize]) else { continue };
                let document = shelf.open(&snapshot.documents[*place as usize])?;
                let best = candidates_of(&document, found, "", query.weights())?.into_iter().min_by(best_first);
                sentences.extend(best.map(|best| (*place, *found, best)));
            }
            sentences.sort_by(|(one, _, a), (other, _, b)| b.score.total_cmp(&a.score).then(one.cmp(other)).then(a.span.cmp(&b.span)));
            for (place, of, best) in sentences.into_iter().skip(first).take(limit - found.len()) {
                let (entry, language) = (&snapshot.documents[place as usize], snapshot.languages[place as usize]);
                let Some(query) = queries.of(language) else { continue };
                let passage = passage(&*shelf.open(entry)?, &of, &best, &QuestionWords::new(text, query, language))?;
                let (document, headings) = (Some(entry.document.id.clone()), titled(&entry.document.title, passage.headings));
                found.push(Passage { document, headings, ..passage });
            }
            first = 0;
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// The passages that match best, before their sentences are looked at: id, number, score.
    ///
    /// # Errors
    /// As [`Shelf::search`].
    #[doc(hidden)]
    pub fn ranked(&self, text: &str, filter: &Filter, most: usize) -> Result<Vec<(String, u32, f32)>> {
        let snapshot = self.shared.snapshot()?;
        let chosen = snapshot.chosen(filter);
        let queries = Arc::new(Queries::new(&snapshot, &chosen, text)?);
        let id = |hit: &Hit| snapshot.documents[hit.place as usize].document.id.clone();
        let best = self.best(&snapshot, &queries, &chosen, most)?;
        Ok(best.iter().map(|hit| (id(hit), hit.found.passage.number, hit.found.score)).collect())
    }

    fn best(&self, snapshot: &Arc<Snapshot>, queries: &Arc<Queries>, chosen: &[u32], most: usize) -> Result<Vec<Hit>> {
        let mut ranking = Ranking::new(snapshot, Arc::clone(queries), chosen, most)?;
        while ranking.step(&self.shared)? {
            self.shared.cancel.check()?;
        }
        Ok(ranking.into_best())
    }

    /// Stops a search that is under way on another thread, or else the next one. Answers and additions have a stop of their own.
    pub fn cancel(&self) {
        self.shared.cancel.cancel();
    }
}
