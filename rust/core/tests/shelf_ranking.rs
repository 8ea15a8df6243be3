//! The best passages of a shelf against a plain loop over all passages of all its documents, whatever was added, replaced and removed before.

mod common;
mod shelf_common;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use common::open;
use edgeinfinite_core::testing::{Collection, passage_scores, term_counts};
use edgeinfinite_core::{Document, Filter, Model, Result, SearchOptions, Shelf};
use shelf_common::{Random, add, all, only, replace};

static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-reader", None));
const VOCABULARY: usize = 300;

/// All documents, counted one by one; each term once.
#[derive(Debug)]
struct Plain {
    documents: Vec<(String, Document)>,
    passages: u32,
    counted: Mutex<HashMap<u32, u32>>,
}

impl Collection for Plain {
    fn count(&self, terms: &[u32]) -> Result<Vec<u32>> {
        let mut counted = self.counted.lock().unwrap();
        let missing: Vec<u32> = terms.iter().copied().filter(|term| !counted.contains_key(term)).collect();
        if !missing.is_empty() {
            for (_, document) in &self.documents {
                let counts = term_counts(document, &missing)?.0;
                missing.iter().zip(counts).for_each(|(term, count)| *counted.entry(*term).or_default() += count);
            }
        }
        Ok(terms.iter().map(|term| counted[term]).collect())
    }

    fn passages(&self) -> u32 {
        self.passages
    }
}

impl Plain {
    fn of(shelf: &Shelf) -> Self {
        let listed = shelf.list(&all()).unwrap();
        let documents: Vec<_> = listed.into_iter().map(|document| (document.id.clone(), shelf.document(&document.id).unwrap())).collect();
        let passages = documents.iter().map(|(_, document)| term_counts(document, &[]).unwrap().1).sum();
        Self { documents, passages, counted: Mutex::default() }
    }

    /// Every passage that matches: higher score, then the document that came first, then the earlier passage.
    fn ranked(&self, question: &str, filter: &Filter) -> Vec<(String, u32, f32)> {
        let mut found = Vec::new();
        for (place, (id, document)) in self.documents.iter().enumerate() {
            if filter.ids.as_ref().is_none_or(|ids| ids.contains(id)) {
                let scores = passage_scores(document, self, question).unwrap();
                found.extend(scores.into_iter().map(|(passage, score)| (place, id.clone(), passage, score)));
            }
        }
        found.sort_by(|a, b| b.3.total_cmp(&a.3).then(a.0.cmp(&b.0)).then(a.2.cmp(&b.2)));
        found.into_iter().map(|(_, id, passage, score)| (id, passage, score)).collect()
    }
}

fn compare(shelf: &Shelf, random: &mut Random, questions: usize) {
    let plain = Plain::of(shelf);
    for number in 0..questions {
        let mut words: Vec<String> = (0..1 + random.below(5)).map(|_| random.word(VOCABULARY)).collect();
        if number == 3 {
            words[0].insert(2, 'q'); // spelt in another way
        }
        let question = words.join(" ");
        let ids: Vec<&str> = plain.documents.iter().map(|(id, _)| id.as_str()).filter(|id| id.len() % 2 == 0).collect();
        for filter in [all(), only(&ids)] {
            let expected = plain.ranked(&question, &filter);
            for most in [1, 3, 24, 10_000] {
                let found = shelf.ranked(&question, &filter, most).unwrap();
                assert_eq!(found, expected[..most.min(expected.len())], "{question}, {most} of {}", expected.len());
            }
        }
    }
}

#[test]
fn the_best_passages_are_those_of_a_plain_loop() {
    for seed in 1..=3 {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Random(seed);
        let mut shelf = READER.shelf(folder.path()).unwrap();
        let mut ids: Vec<String> = Vec::new();
        for change in 0..60 {
            match random.below(if ids.len() < 3 { 1 } else { 4 }) {
                0 | 1 => {
                    let id = format!("d{}", random.below(1_000_000));
                    add(&shelf, &id, &random.text(VOCABULARY));
                    ids.push(id);
                }
                2 => replace(&shelf, &ids[random.below(ids.len())], &random.text(VOCABULARY)),
                _ => shelf.remove(&ids.swap_remove(random.below(ids.len()))).unwrap(),
            }
            if change % 15 == 14 {
                compare(&shelf, &mut random, 4);
            }
            if change % 30 == 29 {
                drop(shelf);
                shelf = READER.shelf(folder.path()).unwrap();
                compare(&shelf, &mut random, 3);
            }
        }
        // The terms of all documents are made anew out of them.
        drop(shelf);
        std::fs::remove_dir_all(folder.path().join("terms")).unwrap();
        compare(&READER.shelf(folder.path()).unwrap(), &mut random, 3);
    }
}

/// Enough that segments are written and merged.
#[test]
fn terms_are_merged_and_stay_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = READER.shelf(folder.path()).unwrap();
    let mut random = Random(7);
    let sentence = |random: &mut Random| (0..6).map(|_| random.word(VOCABULARY)).collect::<Vec<_>>().join(" ") + ".";
    for number in 0..540 {
        add(&shelf, &number.to_string(), &sentence(&mut random));
    }
    let segments = || std::fs::read_dir(folder.path().join("terms")).unwrap().count();
    assert_eq!(segments(), 1, "eight of 64 documents are one of 512");
    compare(&shelf, &mut random, 2);
    for number in 0..400 {
        shelf.remove(&number.to_string()).unwrap();
    }
    for number in 0..40 {
        replace(&shelf, &(400 + number).to_string(), &sentence(&mut random));
    }
    compare(&shelf, &mut random, 2);
    drop(shelf);
    let shelf = READER.shelf(folder.path()).unwrap();
    compare(&shelf, &mut random, 2);
    assert_eq!(std::fs::read_dir(folder.path().join("documents")).unwrap().count(), 140, "what is off the shelf is deleted");
}

#[test]
fn pages_of_a_search_are_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = READER.shelf(folder.path()).unwrap();
    let mut random = Random(3);
    (0..40).for_each(|number| add(&shelf, &number.to_string(), &random.text(VOCABULARY)));
    let question = [random.word(20), random.word(20), random.word(VOCABULARY)].join(" ");
    let page = |limit, offset| shelf.search(&question, &all(), SearchOptions { limit, offset }).unwrap();
    let whole: Vec<_> = (0..).map(|number| page(100, number * 100)).take_while(|page| !page.is_empty()).flatten().collect();
    assert!(whole.len() > 60, "{}", whole.len());
    for limit in [1, 7, 24, 50] {
        let pages: Vec<_> = (0..whole.len()).step_by(limit).flat_map(|offset| page(limit, offset)).collect();
        assert_eq!(pages, whole, "{limit}");
    }
    let mut ranked: Vec<_> = shelf.ranked(&question, &all(), 10_000).unwrap();
    assert_eq!(ranked.len(), whole.len());
    ranked.truncate(24);
    assert!(whole[..24].iter().all(|passage| ranked.iter().any(|(id, _, _)| Some(id) == passage.document.as_ref())));
}
