//! Files of a shelf that were changed or cut short: each is refused in a sentence that names it, or made anew; never is another answer given.

mod common;
mod shelf_common;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use common::open;
use edgeinfinite_core::{Error, Model, Passage, SearchOptions, ShelfDocument};
use shelf_common::{Random, add, all, replace};

static READER: LazyLock<Arc<Model>> = LazyLock::new(|| open("tiny-reader", None));
const QUESTIONS: [&str; 3] = ["kador lofen", "mirgat tenhol suljut", "the heron sleeps by the pond"];

/// What a shelf says: its list, and what it finds; or why it does not.
fn said(folder: &Path) -> Result<(Vec<ShelfDocument>, Vec<Vec<Passage>>), Error> {
    let shelf = READER.shelf(folder)?;
    let found = QUESTIONS.iter().map(|question| shelf.search(question, &all(), SearchOptions { limit: 100, offset: 0 }));
    Ok((shelf.list(&all())?, found.collect::<Result<_, _>>()?))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in files(from) {
        let to = folder.path().join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
    folder
}

/// A shelf with documents, of which some were replaced and removed, and terms on disk and in none.
fn shelf() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shelf = READER.shelf(folder.path()).unwrap();
    let mut random = Random(11);
    for number in 0..70 {
        add(&shelf, &format!("d{number}"), &random.text(60));
    }
    (0..4).for_each(|number| replace(&shelf, &format!("d{number}"), &random.text(60)));
    (10..14).for_each(|number| shelf.remove(&format!("d{number}")).unwrap());
    add(&shelf, "heron", "The heron sleeps by the pond.");
    folder
}

#[test]
fn what_is_changed_is_refused_or_made_anew() {
    let whole = shelf();
    let expected = said(whole.path()).unwrap();
    let mut random = Random(5);
    let mut refused: HashMap<&str, usize> = HashMap::new();
    let mut anew = 0;
    for path in files(whole.path()) {
        let name = path.strip_prefix(whole.path()).unwrap();
        let length = fs::metadata(&path).unwrap().len() as usize;
        let is_document = name.starts_with("documents");
        if length == 0 || is_document && random.below(6) > 0 {
            continue;
        }
        for _ in 0..if is_document { 3 } else { 40 } {
            let folder = copy(whole.path());
            let mut bytes = fs::read(&path).unwrap();
            let at = random.below(length);
            bytes[at] ^= 1 << random.below(8);
            fs::write(folder.path().join(name), bytes).unwrap();
            match said(folder.path()) {
                Ok(found) => {
                    assert_eq!(found, expected, "{} byte {at}", name.display());
                    anew += usize::from(name.starts_with("terms"));
                }
                Err(error) => {
                    assert!(["shelf.damaged", "shelf.version"].contains(&error.code()), "{} byte {at}: {error}", name.display());
                    assert!(error.message().contains(&*name.file_name().unwrap().to_string_lossy()), "{error}");
                    *refused.entry(error.code()).or_default() += 1;
                }
            }
        }
    }
    assert!(anew >= 40 && refused["shelf.damaged"] > 40, "{anew} {refused:?}");
}

#[test]
fn what_is_cut_short_or_gone_is_told() {
    let whole = shelf();
    let expected = said(whole.path()).unwrap();
    let mut random = Random(6);
    for path in files(whole.path()) {
        let name = path.strip_prefix(whole.path()).unwrap();
        let length = fs::metadata(&path).unwrap().len() as usize;
        let is_document = name.starts_with("documents");
        if length == 0 || is_document && random.below(8) > 0 {
            continue;
        }
        for cut in [None, Some(0), Some(random.below(length)), Some(length * 9 / 10)] {
            let folder = copy(whole.path());
            let changed = folder.path().join(name);
            match cut {
                None => fs::remove_file(&changed).unwrap(),
                Some(cut) => fs::write(&changed, &fs::read(&path).unwrap()[..cut]).unwrap(),
            }
            match said(folder.path()) {
                // A document that no question reads is not opened.
                Ok(found) => {
                    assert!(is_document || name.starts_with("terms"), "{} cut to {cut:?}", name.display());
                    assert_eq!(found, expected);
                }
                Err(error) => {
                    assert_eq!(error.code(), "shelf.damaged", "{}: {error}", name.display());
                    assert!(error.message().contains(&*name.file_name().unwrap().to_string_lossy()), "{error}");
                }
            }
        }
    }
}

/// The end of the catalogue: a change that was cut short did not happen, at every byte of it.
#[test]
fn a_change_that_was_cut_short_did_not_happen() {
    let whole = shelf();
    let before = said(whole.path()).unwrap();
    let catalogue = |folder: &Path| folder.join("catalogue");
    let length = fs::metadata(catalogue(whole.path())).unwrap().len() as usize;
    {
        let shelf = READER.shelf(whole.path()).unwrap();
        add(&shelf, "last", "The heron and the otter.");
    }
    let bytes = fs::read(catalogue(whole.path())).unwrap();
    for cut in (length..bytes.len()).step_by(7) {
        let folder = copy(whole.path());
        fs::write(catalogue(folder.path()), &bytes[..cut]).unwrap();
        assert_eq!(said(folder.path()).unwrap(), before, "cut at {cut} of {}", bytes.len());
        let again = READER.shelf(folder.path()).unwrap();
        add(&again, "last", "The heron and the otter.");
        assert_eq!(again.list(&all()).unwrap().len(), before.0.len() + 1);
    }
    // What a file system grew and did not write.
    let folder = copy(whole.path());
    let mut grown = bytes[..length].to_vec();
    grown.resize(bytes.len(), 0);
    fs::write(catalogue(folder.path()), grown).unwrap();
    assert_eq!(said(folder.path()).unwrap(), before);
}

/// A document that is damaged can be removed or replaced; until then only what would read it fails.
#[test]
fn the_others_are_not_touched() {
    let whole = shelf();
    let shelf = READER.shelf(whole.path()).unwrap();
    let listed = shelf.list(&all()).unwrap();
    drop(shelf);
    let newest = files(&whole.path().join("documents")).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    bytes[40] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let shelf = READER.shelf(whole.path()).unwrap();
    assert_eq!(shelf.list(&all()).unwrap(), listed);
    assert_eq!(shelf.search("heron", &all(), SearchOptions::default()).unwrap_err().code(), "shelf.damaged");
    let filter = shelf_common::only(&["d40", "d41", "d42"]);
    shelf.search(QUESTIONS[0], &filter, SearchOptions::default()).unwrap();
    replace(&shelf, "heron", "The heron sleeps by the pond.");
    assert_eq!(shelf.search("heron", &all(), SearchOptions::default()).unwrap()[0].document.as_deref(), Some("heron"));
    shelf.remove("heron").unwrap();
    assert!(shelf.search("heron", &all(), SearchOptions::default()).unwrap().is_empty());
}
