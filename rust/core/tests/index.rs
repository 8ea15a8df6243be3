//! The index against a scan of all passages; saved, damaged and restored; headings; bounds.

use edgeinfinite_core::TextSource;
use edgeinfinite_core::testing::{Index, Match, Passage, Rank, Stored, TextUnit, UnitKind, UnitStream};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use proptest::prelude::*;

/// A number that looks random.
fn mixed(number: usize) -> usize {
    let x = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as usize
}

/// Passages of words `w0` …, the lower the more frequent; no stemming, no stop words, no headings.
fn texts(passages: usize, words: usize) -> Vec<Vec<usize>> {
    (0..passages).map(|p| (0..words).map(|w| mixed(p * words + w) % (1 + mixed(p + w * 7) % 3000)).collect()).collect()
}

fn said(start: u64, text: &str) -> TextUnit {
    TextUnit::new(start, start, text, UnitKind::Said)
}

fn index(texts: &[Vec<usize>], finished: bool) -> Index {
    let mut index = Index::new(None).unwrap();
    let mut start = 0;
    for words in texts {
        let text: String = words.iter().map(|w| format!("w{w} ")).collect();
        index.add(&[said(start, &text)]).unwrap();
        start += text.len() as u64;
    }
    if finished {
        index.finish().unwrap();
    }
    index
}

fn best(index: &Index, question: &str, most: usize, after: Option<Rank>) -> Vec<Match> {
    index.best(&index.query(question).unwrap(), most, after).unwrap()
}

fn all(index: &Index, question: &str, most: usize, after: Option<Rank>) -> Vec<Match> {
    index.all(&index.query(question).unwrap(), most, after).unwrap()
}

/// What `Index::all` should give, by looking at every passage.
fn scan(texts: &[Vec<usize>], question: &[usize]) -> Vec<Rank> {
    let total = texts.len() as f32;
    let found: Vec<f32> = question.iter().map(|q| texts.iter().filter(|t| t.contains(q)).count() as f32).collect();
    let score = |words: &[usize]| -> f32 {
        let of_term = |(q, found): (&usize, &f32)| {
            let count = words.iter().filter(|w| *w == q).count() as f32;
            let weight = (1.0 + (total - found + 0.5) / (found + 0.5)).ln();
            if total > 64.0 && *found > total * 0.5 { 0.0 } else { weight * count * 2.2 / (count + 1.2) }
        };
        question.iter().zip(&found).map(of_term).sum()
    };
    let mut ranks: Vec<Rank> = texts.iter().enumerate().map(|(p, words)| Rank { score: score(words), passage: p as u32 }).collect();
    ranks.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    ranks
}

/// The same passages in the same order; sums of floats may differ in their last digit, and then so may the order of two.
fn same(found: &[Match], expected: &[Rank]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f.score - e.score).abs() <= 1e-4 * e.score, "{f:?} {e:?}");
        assert!(
            f.passage.number == e.passage || expected.iter().any(|e| e.passage == f.passage.number && (f.score - e.score).abs() < 1e-4)
        );
    }
}

fn ask(question: &[usize]) -> String {
    question.iter().map(|q| format!("w{q} ")).collect()
}

#[test]
fn finds_the_same_as_a_scan() {
    let texts = texts(20_000, 40);
    let index = index(&texts, true);
    assert!(index.bytes() > 20_000 * 32);
    for question in [vec![1700], vec![3, 900, 17, 2500], vec![0, 1, 2, 3], vec![999_999, 41], vec![999_999]] {
        let expected = scan(&texts, &question);
        let matching: Vec<Rank> = expected.iter().copied().filter(|r| r.score > 0.0).collect();
        same(&best(&index, &ask(&question), 30, None), &matching[..30.min(matching.len())]);
        same(&best(&index, &ask(&question), 50_000, None), &matching);
        same(&all(&index, &ask(&question), 50_000, None), &expected);
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = all(&index, &ask(&question), 3000, after);
            after = page.last().map(Match::rank);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        let whole = all(&index, &ask(&question), 50_000, None);
        assert!(paged.iter().map(Match::rank).eq(whole.iter().map(Match::rank)), "pages are the whole");
    }
}

#[test]
fn words_of_every_passage_serve_where_there_are_no_others() {
    let texts: Vec<Vec<usize>> = (0..200).map(|p| vec![7, p + 100]).collect();
    let index = index(&texts, true);
    assert_eq!(best(&index, "w7", 10, None).len(), 10);
    let found = best(&index, "w7 w150", 10, None);
    assert_eq!(found.iter().map(|m| m.passage.number).collect::<Vec<_>>(), [50]);
}

fn saved(index: &Index, before: usize) -> (Arc<File>, Stored) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![0xa5; before]).unwrap();
    let stored = index.write_to(&mut file).unwrap();
    let stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
    (Arc::new(file), stored)
}

#[test]
fn a_restored_index_is_the_same_and_can_grow() {
    let texts = texts(16_000, 40);
    let whole = index(&texts, true);
    let ranks = |index: &Index| -> Vec<Rank> { all(index, "w5 w77 w1200", 20_000, None).iter().map(Match::rank).collect() };
    let (file, stored) = saved(&whole, 77);
    assert_eq!(file.metadata().unwrap().len(), 77 + stored.bytes());
    let mut restored = Index::restore(file, 77, stored, whole.end()).unwrap();
    assert_eq!((ranks(&restored), restored.bytes()), (ranks(&whole), whole.bytes()));
    assert_eq!(restored.add(&[said(0, "w1")]).unwrap_err().code(), "fault");

    for cut in [0, 1, 3000, 15_500] {
        let (file, stored) = saved(&index(&texts[..cut], false), 0);
        let length = texts[..cut].iter().flatten().map(|w| format!("w{w} ").len() as u64).sum();
        let mut grown = Index::restore(Arc::clone(&file), 0, stored, length).unwrap().growing(None).unwrap();
        let before = file.metadata().unwrap().len();
        let mut start = length;
        for words in &texts[cut..] {
            let text: String = words.iter().map(|w| format!("w{w} ")).collect();
            grown.add(&[said(start, &text)]).unwrap();
            start += text.len() as u64;
        }
        grown.finish().unwrap();
        assert_eq!(ranks(&grown), ranks(&whole), "cut at {cut}");
        assert_eq!(file.metadata().unwrap().len(), before, "the state's file stays as it was");
    }
}

const NESTED: &str = "# Manual\n\nIt is short.\n\n## Opening hours: nine to five\n\nEverybody is welcome. Bring a friend.\n\n## Terms\n\n\
    ### Disclaimer of warranty\n\nThe thing comes as it is. Nobody answers for it.\n\n### Price\n\nIt costs nothing.\n\n# Index\n\nAll of it.\n";

/// As a document does it: a passage begins at a heading or every second sentence.
fn indexed(text: &str) -> Index {
    let mut index = Index::new(None).unwrap();
    let mut stream = UnitStream::new(TextSource::text(text).unwrap());
    let mut passage: Vec<TextUnit> = Vec::new();
    while let Some(batch) = stream.advance().unwrap() {
        for unit in batch.units {
            if passage.len() == 2 || matches!(unit.kind, UnitKind::Heading(_)) {
                index.add(&passage).unwrap();
                passage.clear();
            }
            passage.push(unit);
        }
    }
    index.add(&passage).unwrap();
    index.finish().unwrap();
    index
}

fn path<'a>(index: &Index, text: &'a str, passage: &Passage) -> Vec<&'a str> {
    index.path(passage).unwrap().iter().map(|s| &text[s.start as usize..s.end as usize]).collect()
}

#[test]
fn a_passage_knows_its_headings_and_is_found_by_them() {
    let text = NESTED.replace("Bring a friend.", "Bring a friend. Wear a hat. Take your time.");
    let index = indexed(&text);
    let first = |question: &str| best(&index, question, 1, None)[0].passage;
    let of = |p: &Passage| &text[p.start as usize..p.start as usize + p.length as usize];
    let warranty = first("Is there a warranty?");
    assert_eq!(path(&index, &text, &warranty), ["Manual", "Terms", "Disclaimer of warranty"]);
    let found = best(&index, "Is there a warranty?", 9, None);
    assert!(found.iter().any(|m| of(&m.passage).contains("Nobody answers")), "the section's second passage too");
    assert!(of(&first("opening hours")).contains("nine to five"), "an answer that stands only in a heading");
    assert_eq!(path(&index, &text, &first("hat")), ["Manual", "Opening hours: nine to five"]);
    assert_eq!(path(&index, &text, &first("cost")), ["Manual", "Terms", "Price"]);
    assert_eq!(path(&index, &text, &first("all index")), ["Index"]);
    let found = best(&index, "terms", 9, None);
    assert_eq!(of(&found[0].passage), "Terms");
    assert!(found.len() >= 3 && found[0].score > found[1].score, "the heading above counts, but less");

    let (file, stored) = saved(&index, 3);
    let restored = Index::restore(file, 3, stored, text.len() as u64).unwrap();
    for number in 0..index.passages() {
        let passage = index.passage(number).unwrap();
        assert_eq!(restored.passage(number).unwrap(), passage);
        assert_eq!(restored.path(&passage).unwrap(), index.path(&passage).unwrap());
        assert_eq!(restored.units(&passage).unwrap(), index.units(&passage).unwrap());
    }
}

#[test]
fn deep_headings_have_paths_of_bounded_depth() {
    let text: String = (0..40).map(|i| format!("{} Part {i}\n\nIt says w{i}.\n\n", "#".repeat(i % 9 + 1))).collect();
    let index = indexed(&text);
    for number in 0..index.passages() {
        assert!(index.path(&index.passage(number).unwrap()).unwrap().len() <= 6);
    }
}

/// Uses whatever can be restored in every way there is.
fn use_all(bytes: &[u8], stored: &str, length: u64) -> Result<(), edgeinfinite_core::Error> {
    let Ok(stored) = serde_json::from_str(stored) else { return Ok(()) };
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let index = Index::restore(Arc::new(file), 0, stored, length)?;
    for (question, after) in [("w1 w2 manual terms", None), ("price", Some(Rank { score: 0.0, passage: 3 }))] {
        for found in index.all(&index.query(question)?, 100, after)? {
            assert!(found.passage.start + u64::from(found.passage.length) <= length);
            index.path(&found.passage)?;
            for unit in index.units(&found.passage)? {
                assert!(unit.ranges.iter().all(|range| range.end <= found.passage.length as usize));
            }
        }
    }
    let mut grown = index.growing(None)?;
    grown.add(&[TextUnit::new(length, length, "w3 again", UnitKind::Heading(1))])?;
    grown.finish()?;
    grown.query("again").map(|_| ())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a file holds: an error with its code, never a panic, never a passage outside the document.
    #[test]
    fn a_damaged_index_is_refused(spots in prop::collection::vec((0_usize..1 << 20, any::<u8>()), 1..6), cut in prop::option::of(0_usize..1 << 20), digits in prop::collection::vec((0_usize..1 << 16, b'0'..=b'9'), 0..4)) {
        let text = NESTED.repeat(9);
        let mut file = tempfile::tempfile().unwrap();
        let index = indexed(&text);
        let stored = index.write_to(&mut file).unwrap();
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, 0).unwrap();
        for (at, byte) in spots {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |c| c % bytes.len()));
        let mut stored = serde_json::to_vec(&stored).unwrap();
        for (at, digit) in digits {
            let at = at % stored.len();
            if stored[at].is_ascii_digit() {
                stored[at] = digit;
            }
        }
        if let Err(error) = use_all(&bytes, &String::from_utf8(stored).unwrap(), text.len() as u64) {
            prop_assert_eq!(error.code(), "state.damaged");
        }
    }
}
