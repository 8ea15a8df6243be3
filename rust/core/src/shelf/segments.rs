//! The terms of all documents of a shelf: in segments, and of the documents that were added last in memory. Segments of about the same size are merged
//! when there are eight, so that a document is written a few times and a term is looked up in a few files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::index::TermProfile;
use crate::shelf::catalogue::{BESIDE, sync_folder};
use crate::shelf::segment::{Listed, Segment, SegmentWriter, Walk};

/// Documents and terms of theirs that are held in memory at most, but for a document that has more.
const DOCUMENTS: usize = 64;
const TERMS: usize = 1 << 16;
/// Segments of one size that are merged, as a power of two.
const MERGED: u32 = 3;
/// Their folder.
pub(super) const NAME: &str = "terms";

/// The terms of documents that no segment holds yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    /// Numbers, in the order in which they came: ascending.
    pub documents: Vec<u64>,
    /// With the places in that list.
    terms: BTreeMap<u32, Vec<Listed>>,
    count: usize,
}

impl Recent {
    /// The documents that hold a term, ascending.
    pub fn list(&self, term: u32) -> &[Listed] {
        self.terms.get(&term).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, number: u64, profile: &[TermProfile]) {
        let document = self.documents.len() as u32;
        self.documents.push(number);
        self.count += profile.len();
        for TermProfile { term, passages, most } in profile {
            self.terms.entry(*term).or_default().push(Listed { document, passages: *passages, most: *most });
        }
    }

    fn is_full(&self) -> bool {
        self.documents.len() >= DOCUMENTS || self.count >= TERMS
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    /// With the number of each, which is its file's name.
    segments: BTreeMap<u64, Arc<Segment>>,
    recent: Arc<Recent>,
}

impl Segments {
    /// Opens the segments of a shelf whose documents are `live`. One that is damaged, or whose documents others hold, is deleted.
    pub fn open(shelf: &Path, live: impl Fn(u64) -> bool) -> Result<Self> {
        let folder = shelf.join(NAME);
        let failed = |e: std::io::Error| Error::io(folder.display(), &e);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut files = BTreeMap::new();
        for file in folder.read_dir().map_err(failed)? {
            let path = file.map_err(failed)?.path();
            match path.file_name().and_then(|name| u64::from_str_radix(name.to_str()?, 16).ok()) {
                Some(number) => drop(files.insert(number, path)),
                None => std::fs::remove_file(&path).map_err(failed)?, // one that was being written
            }
        }
        let (mut segments, mut held) = (BTreeMap::new(), BTreeSet::<u64>::new());
        // What was merged is newer than what it was merged from.
        for (number, path) in files.into_iter().rev() {
            let opened = Segment::open(&path).inspect_err(|error| log::warn!("terms of a shelf are made anew: {error}")).ok();
            let wanted = opened.filter(|segment| {
                let mut own = segment.documents.iter().filter(|document| live(**document)).peekable();
                own.peek().is_some() && own.all(|document| !held.contains(document))
            });
            match wanted {
                Some(segment) => {
                    held.extend(&segment.documents);
                    segments.insert(number, Arc::new(segment));
                }
                None => std::fs::remove_file(&path).map_err(failed)?,
            }
        }
        Ok(Self { folder, segments, recent: Arc::default() })
    }

    /// Whether a document's terms are there.
    pub fn holds(&self, number: u64) -> bool {
        let in_segment = self.segments.values().any(|segment| segment.documents.binary_search(&number).is_ok());
        in_segment || self.recent.documents.contains(&number)
    }

    /// The segments, and the terms that are in none.
    pub fn parts(&self) -> (Vec<Arc<Segment>>, Arc<Recent>) {
        (self.segments.values().cloned().collect(), Arc::clone(&self.recent))
    }

    /// Adds the terms of a document whose number is greater than all before.
    pub fn add(&mut self, number: u64, profile: &[TermProfile], live: impl Fn(u64) -> bool) -> Result<()> {
        Arc::make_mut(&mut self.recent).add(number, profile);
        if self.recent.is_full() { self.write_recent(live) } else { Ok(()) }
    }

    /// Writes what is in memory as a segment, and merges as many as need be.
    fn write_recent(&mut self, live: impl Fn(u64) -> bool) -> Result<()> {
        let recent = Arc::clone(&self.recent);
        let (documents, places) = renumbered(&[&recent.documents], &live);
        self.write(documents, |writer| recent.terms.iter().try_for_each(|(term, list)| writer.add(*term, &moved(list, &places[0]))))?;
        self.recent = Arc::default();
        while let Some(alike) = self.alike(&live) {
            self.merge(&alike, &live)?;
        }
        Ok(())
    }

    /// Segments that are to be merged: eight of one size, or one most of whose documents are gone.
    fn alike(&self, live: &impl Fn(u64) -> bool) -> Option<Vec<u64>> {
        let mut sizes: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (number, segment) in &self.segments {
            let own = segment.documents.iter().filter(|document| live(**document)).count();
            if own * 2 < segment.documents.len() {
                return Some(vec![*number]);
            }
            sizes.entry(own.max(1).ilog2() / MERGED).or_default().push(*number);
        }
        sizes.into_values().find(|alike| alike.len() >= 1 << MERGED)
    }

    fn merge(&mut self, numbers: &[u64], live: &impl Fn(u64) -> bool) -> Result<()> {
        let from: Vec<Arc<Segment>> = numbers.iter().map(|number| Arc::clone(&self.segments[number])).collect();
        let (documents, places) = renumbered(&from.iter().map(|segment| &segment.documents[..]).collect::<Vec<_>>(), live);
        self.write(documents, |writer| {
            let mut walks: Vec<Walk<'_>> = from.iter().map(|segment| segment.walk()).collect();
            let mut heads = walks.iter_mut().map(Walk::advance).collect::<Result<Vec<_>>>()?;
            while let Some(term) = heads.iter().flatten().map(|(term, _)| *term).min() {
                let mut all = Vec::new();
                for ((head, walk), places) in heads.iter_mut().zip(&mut walks).zip(&places) {
                    if let Some((_, list)) = head.take_if(|head| head.0 == term) {
                        all.extend(moved(&list, places));
                        *head = walk.advance()?;
                    }
                }
                all.sort_unstable_by_key(|listed| listed.document);
                writer.add(term, &all)?;
            }
            Ok(())
        })?;
        for number in numbers {
            self.segments.remove(number);
            let _ = std::fs::remove_file(self.path(*number)); // else at the next opening
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:016x}"))
    }

    /// Writes a segment beside and renames it; one without documents is none.
    fn write(&mut self, documents: Vec<u64>, fill: impl FnOnce(&mut SegmentWriter<'_>) -> Result<()>) -> Result<()> {
        if documents.is_empty() {
            return Ok(());
        }
        let failed = |e: std::io::Error| Error::io(self.folder.display(), &e);
        let number = self.segments.keys().last().map_or(1, |last| last + 1);
        let beside = tempfile::Builder::new().prefix(BESIDE).tempfile_in(&self.folder).map_err(failed)?;
        let mut writer = SegmentWriter::new(beside.as_file())?;
        fill(&mut writer)?;
        writer.finish(documents)?;
        beside.as_file().sync_all().map_err(failed)?;
        let path = self.path(number);
        beside.persist(&path).map_err(|e| failed(e.error))?;
        sync_folder(&self.folder)?;
        self.segments.insert(number, Arc::new(Segment::open(&path)?));
        Ok(())
    }
}

/// The live documents of several lists, ascending, and the place there of each document of each list; none of one that is gone.
fn renumbered(lists: &[&[u64]], live: &impl Fn(u64) -> bool) -> (Vec<u64>, Vec<Vec<Option<u32>>>) {
    let mut all: Vec<u64> = lists.iter().copied().flatten().copied().filter(|document| live(*document)).collect();
    all.sort_unstable();
    let place = |document: &u64| if live(*document) { all.binary_search(document).ok().map(|place| place as u32) } else { None };
    let places = lists.iter().map(|list| list.iter().map(place).collect()).collect();
    (all, places)
}

/// A list by the places of [`renumbered`].
fn moved(list: &[Listed], places: &[Option<u32>]) -> Vec<Listed> {
    let listed = |listed: &Listed| Some(Listed { document: places[listed.document as usize]?, ..*listed });
    list.iter().filter_map(listed).collect()
}
