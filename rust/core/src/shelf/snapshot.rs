//! A shelf as it is at one moment: its documents and where their terms stand. Later changes do not touch it.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::index::{Collection, Language};
use crate::shelf::entry::{Entry, Filter};
use crate::shelf::segment::{Listed, Segment};
use crate::shelf::segments::Recent;

/// Says of a document's place in a segment that it is gone.
const GONE: u32 = u32::MAX;

/// The documents, in the order in which they came, and their terms.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub documents: Vec<Arc<Entry>>,
    /// Of each of them.
    pub languages: Vec<Language>,
    /// With the place of each of the segment's documents in `documents`.
    segments: Vec<(Arc<Segment>, Vec<u32>)>,
    recent: (Arc<Recent>, Vec<u32>),
    passages: u32,
    /// Documents whose files were found damaged when the shelf was opened, by their place.
    broken: Vec<(u32, Error)>,
}

impl Snapshot {
    /// Of documents by number, the terms that are held of them, and those that are damaged.
    pub fn new(documents: Vec<Arc<Entry>>, (segments, recent): (Vec<Arc<Segment>>, Arc<Recent>), broken: &[(u64, Error)]) -> Self {
        let find = |number: u64| documents.binary_search_by_key(&number, |entry| entry.number);
        let places = |numbers: &[u64]| numbers.iter().map(|number| find(*number).map_or(GONE, |place| place as u32)).collect::<Vec<u32>>();
        let broken = broken.iter().filter_map(|(number, error)| Some((find(*number).ok()? as u32, error.clone()))).collect();
        let segments = segments.into_iter().map(|segment| (Arc::clone(&segment), places(&segment.documents))).collect();
        let recent = (Arc::clone(&recent), places(&recent.documents));
        let passages = documents.iter().fold(0_u32, |sum, entry| sum.saturating_add(entry.document.passages));
        let languages = documents.iter().map(|entry| entry.language()).collect();
        Self { segments, recent, passages, broken, languages, documents }
    }

    /// Calls `each` with every document that holds a term, by its place, in no order.
    pub fn for_each(&self, term: u32, mut each: impl FnMut(u32, Listed)) -> Result<()> {
        let mut call = |list: &[Listed], places: &[u32]| {
            for listed in list {
                let place = places[listed.document as usize];
                if place != GONE {
                    each(place, *listed);
                }
            }
        };
        for (segment, places) in &self.segments {
            call(&segment.list(term)?, places);
        }
        call(self.recent.0.list(term), &self.recent.1);
        Ok(())
    }

    /// The places of the documents that pass a filter, ascending.
    pub fn chosen(&self, filter: &Filter) -> Vec<u32> {
        let passes = |(_, entry): &(usize, &Arc<Entry>)| filter.passes(&entry.document);
        self.documents.iter().enumerate().filter(passes).map(|(place, _)| place as u32).collect()
    }

    /// Fails where one of some documents, told by their places, is damaged.
    pub fn check(&self, chosen: &[u32]) -> Result<()> {
        match self.broken.iter().find(|(place, _)| chosen.binary_search(place).is_ok()) {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Bytes on disk of the terms.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|(segment, _)| segment.bytes).sum()
    }
}

impl Collection for Snapshot {
    fn count(&self, terms: &[u32]) -> Result<Vec<u32>> {
        let count = |term: &u32| {
            let mut passages = 0_u32;
            self.for_each(*term, |_, listed| passages = passages.saturating_add(listed.passages))?;
            Ok(passages)
        };
        terms.iter().map(count).collect()
    }

    fn passages(&self) -> u32 {
        self.passages
    }
}
