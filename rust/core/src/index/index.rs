//! The index of a document: its passages and their terms, on disk, ranked by BM25.
//!
//! Postings gather in a bounded buffer; each full buffer is sorted and written as one run of a file without a name (postings.rs). A
//! passage is a record of 32 bytes in another (passage_records.rs), its units take some bytes each in a third (unit_records.rs). A question is answered run by run and window by window of passages, so
//! neither asking nor what is kept grows with the document; only the table of runs does, 24 bytes for about 1.5 million tokens. Disk: about a
//! byte a token of English, tested to stay below five (tests/bounds.rs).
//!
//! Own code, after weighing: tantivy 0.27 (BM25 on disk, the one to take for a collection) wants a folder of named files that it maps into memory,
//! 15 MB at least while it writes, and some 120 crates, where one file without a name has to do; bm25 2.3 and probly-search 2.0 hold
//! everything in memory. Words, folding and stems are unicode-segmentation's, unicode-normalization's and Snowball's by frostem.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::index::collection::Collection;
use crate::index::language::Language;
use crate::index::passage_records::{self, Headings, Passage, Records};
use crate::index::postings::{self, MOST_PASSAGES, Posting, Postings, Region, Run, damaged};
use crate::index::terms::Terms;
use crate::index::unit_records::{UnitRecord, UnitRecords};
use crate::text::span::Span;
use crate::text::units::{TextUnit, UnitKind, extent};

/// Postings held before a run is written: 4 MiB.
const BUFFER: usize = 1 << 19;
/// What a term counts in a posting: once in the text, in the innermost heading, in the one above it.
pub(super) const COUNTS: [u32; 3] = [2, 2, 1];
/// The same in what a unit is read with.
const CONTEXT: u32 = 1;
/// The same in the title that a document has on a shelf.
const TITLE: u32 = 1;

/// The index of one document: grows by [`Index::add`] until [`Index::finish`], then answers [`Index::best`] (search.rs).
#[derive(Debug)]
pub struct Index {
    pub(super) postings: Postings,
    pub(super) records: Records,
    units: UnitRecords,
    /// Those that the next passage stands under.
    headings: Headings,
    pub(super) language: Language,
    growth: Growth,
    title: String,
    /// What the terms of a question are weighed by, if not by this document alone.
    pub(super) collection: Option<Arc<dyn Collection>>,
    /// The headings of each passage that was added with them.
    paths: Vec<Vec<Span>>,
}

/// What is needed to add passages.
#[derive(Debug)]
enum Growth {
    /// Read in place from a saved state.
    Never,
    /// Nothing has been added since it was made or finished.
    Possible,
    /// With the terms of one passage, each with what it counts, kept for their memory.
    Growing(Terms, Vec<(u32, u32)>),
}

/// What is to be kept of an index beside the bytes that [`Index::write_to`] writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    runs: Vec<Run>,
    passages: u32,
    end: u64,
    headings: Headings,
    /// Bytes of the units.
    #[serde(default)]
    units: u64,
    /// ISO 639-1.
    #[serde(default)]
    language: String,
}

impl Stored {
    /// Bytes that [`Index::write_to`] wrote.
    pub fn bytes(&self) -> u64 {
        postings::bytes_of(&self.runs).saturating_add(passage_records::bytes_of(self.passages)).saturating_add(self.units)
    }

    fn check(&self, document: u64) -> Result<()> {
        let mut start = 0_u64;
        let mut first = None;
        for run in &self.runs {
            if run.start != start || run.bytes == 0 || first.map_or(run.first != 0, |f| run.first <= f) || run.first >= self.passages {
                return Err(damaged());
            }
            start = start.checked_add(run.bytes).ok_or_else(damaged)?;
            first = Some(run.first);
        }
        if self.passages > MOST_PASSAGES || self.end > document || !self.headings.consistent(self.passages) {
            return Err(damaged());
        }
        Ok(())
    }
}

impl Index {
    /// An empty index whose files lie in `folder` or the system's temporary one, without a name.
    ///
    /// # Errors
    /// `io` when no file can be made.
    pub fn new(folder: Option<&Path>) -> Result<Self> {
        let place = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        let failed = |e: std::io::Error| Error::io(format!("creating the index in {}", place.display()), &e);
        let open = || tempfile::tempfile_in(&place).map(|file| Region { file: Arc::new(file), at: 0 }).map_err(failed);
        let postings = Postings { region: open()?, runs: Vec::new(), first: 0, waiting: Vec::new() };
        let records = Records { region: open()?, count: 0, end: 0 };
        let units = UnitRecords { region: open()?, bytes: 0 };
        Ok(Self {
            postings,
            records,
            units,
            headings: Headings::default(),
            language: Language::default(),
            growth: Growth::Possible,
            title: String::new(),
            collection: None,
            paths: Vec::new(),
        })
    }

    /// The language of the document, by which terms are made.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Sets the language of a document nothing of which has been added.
    pub fn set_language(&mut self, language: Language) {
        self.language = language;
    }

    /// Sets the title that the passages added from now on stand under, above all headings.
    pub fn set_title(&mut self, title: &str) {
        title.clone_into(&mut self.title);
    }

    /// Weighs the terms of questions by more documents than this one.
    pub fn weigh_by(&mut self, collection: Arc<dyn Collection>) {
        self.collection = Some(collection);
    }

    /// Adds a passage of some document with the texts of the headings above it, outermost first, a heading that it begins with left out; `path` is where
    /// all of them stand, as [`Index::path`] gives them.
    ///
    /// # Errors
    /// As [`Index::add`].
    pub(crate) fn add_under(&mut self, units: &[TextUnit], above: &[String], path: Vec<Span>) -> Result<()> {
        self.headings = Headings::above(above, self.records.count, self.language);
        self.paths.push(path);
        self.add(units)
    }

    /// Adds the next passage: its units, which stand in less than 64 kB.
    ///
    /// # Errors
    /// `io` when the disk is full or the index is; `fault` on an index that is read in place.
    pub fn add(&mut self, units: &[TextUnit]) -> Result<()> {
        let Some(first) = units.first() else { return Ok(()) };
        let number = self.records.count;
        if number >= MOST_PASSAGES {
            return Err(Error::new("io", "the index is full: found more than 67 million passages"));
        }
        if matches!(self.growth, Growth::Possible) {
            self.growth = Growth::Growing(Terms::new(self.language), Vec::new());
        }
        let Growth::Growing(maker, terms) = &mut self.growth else {
            return Err(Error::new("fault", "an index that is read in place was added to"));
        };
        let heading = matches!(first.kind, UnitKind::Heading(_));
        let above = self.headings.enter(number, first, maker).filter(|above| *above < number);
        terms.clear();
        maker.for_each(&self.title, |term| terms.push((term, TITLE)));
        for (at, unit) in units.iter().enumerate() {
            maker.for_each(&unit.text, |term| terms.push((term, COUNTS[0])));
            if at == 0 || units[at - 1].context != unit.context {
                unit.context.iter().for_each(|part| maker.for_each(&part.text, |term| terms.push((term, CONTEXT))));
            }
        }
        // Its own heading stands in the text already.
        for (heading, count) in self.headings.innermost().zip(&COUNTS[1..]).skip(usize::from(heading)) {
            terms.extend(heading.iter().map(|term| (*term, *count)));
        }
        terms.sort_unstable();
        if self.postings.waiting.len() + terms.len() > BUFFER {
            self.postings.write_run(number)?;
        }
        for same in terms.chunk_by(|a, b| a.0 == b.0) {
            self.postings.waiting.push(Posting::new(same[0].0, number, same.iter().map(|t| t.1).sum()));
        }
        let whole = extent(units);
        let stored = self.units.add(whole.start, whole.start_utf16, units)?;
        self.records.add(whole, first, above, stored)
    }

    /// Writes what waits in the buffer; from now on the index can be asked.
    ///
    /// # Errors
    /// `io` when the disk is full.
    pub fn finish(&mut self) -> Result<()> {
        if !self.postings.waiting.is_empty() {
            self.postings.write_run(self.records.count)?;
            self.postings.waiting = Vec::new();
        }
        if matches!(self.growth, Growth::Growing(..)) {
            self.growth = Growth::Possible;
        }
        Ok(())
    }

    /// Passages added.
    pub fn passages(&self) -> u32 {
        self.records.count
    }

    /// Where its last passage ends: bytes from the document's start.
    pub fn end(&self) -> u64 {
        self.records.end
    }

    /// Bytes on disk and in the buffer.
    pub fn bytes(&self) -> u64 {
        self.postings.bytes() + self.records.bytes() + self.units.bytes + size_of_val(&self.postings.waiting[..]) as u64
    }

    /// The passage of that number.
    ///
    /// # Errors
    /// `io` when the file cannot be read, `state.damaged` when what stands there can be no passage.
    pub fn passage(&self, number: u32) -> Result<Passage> {
        self.records.get(number)
    }

    /// The units of a passage, in order.
    ///
    /// # Errors
    /// As [`Index::passage`].
    pub fn units(&self, passage: &Passage) -> Result<Vec<UnitRecord>> {
        self.units.get(passage.units, passage.start, passage.start_utf16, passage.length)
    }

    /// The passage that holds the byte at `place`, or else the one before it.
    ///
    /// # Errors
    /// As [`Index::passage`].
    pub fn at(&self, place: u64) -> Result<Passage> {
        self.records.at(place)
    }

    /// The headings that a passage stands under, outermost first; a heading that it begins with is the last of them.
    ///
    /// # Errors
    /// As [`Index::passage`].
    pub fn path(&self, passage: &Passage) -> Result<Vec<Span>> {
        match self.paths.get(passage.number as usize) {
            Some(path) => Ok(path.clone()),
            None => self.records.path(passage),
        }
    }

    /// Writes the index's bytes: postings, passages, units. With what it gives back, [`Index::restore`] reads them again.
    ///
    /// # Errors
    /// `io` when the bytes cannot be read or written.
    pub fn write_to(&self, out: &mut impl Write) -> Result<Stored> {
        let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(|e| Error::io("writing the saved state", &e));
        let runs = self.postings.write_to(&mut put)?;
        self.records.region.copy(self.records.bytes(), &mut put)?;
        self.units.region.copy(self.units.bytes, put)?;
        let headings = self.headings.clone();
        let language = self.language.code().to_owned();
        Ok(Stored { runs, passages: self.records.count, end: self.records.end, headings, units: self.units.bytes, language })
    }

    /// An index whose bytes begin at `at` of a file, read in place, for a document of `document` bytes. It can be asked; to add to it, let it
    /// grow first.
    ///
    /// # Errors
    /// `state.damaged` when `stored` does not fit itself, the file or the document.
    pub fn restore(file: Arc<File>, at: u64, stored: Stored, document: u64) -> Result<Self> {
        stored.check(document)?;
        let length = file.metadata().map_err(|e| Error::io("looking at the saved state", &e))?.len();
        if at.checked_add(stored.bytes()).is_none_or(|end| end > length) {
            return Err(damaged());
        }
        let Stored { runs, passages: count, end, headings, units, language } = stored;
        let language = Language::by_code(&language).ok_or_else(damaged)?;
        let records_at = at + postings::bytes_of(&runs);
        let units_at = records_at + passage_records::bytes_of(count);
        let region = |at: u64| Region { file: Arc::clone(&file), at };
        let records = Records { region: region(records_at), count, end };
        let units = UnitRecords { region: region(units_at), bytes: units };
        let postings = Postings { region: region(at), runs, first: count, waiting: Vec::new() };
        let growth = Growth::Never;
        Ok(Self { postings, records, units, headings, language, growth, title: String::new(), collection: None, paths: Vec::new() })
    }

    /// The same index, copied to files of its own in `folder` or the system's temporary one, so that it can be added to.
    ///
    /// # Errors
    /// `io` when the files cannot be made.
    pub fn growing(mut self, folder: Option<&Path>) -> Result<Self> {
        let fresh = Self::new(folder)?;
        fresh.postings.region.fill(&self.postings.region, self.postings.bytes())?;
        fresh.records.region.fill(&self.records.region, self.records.bytes())?;
        fresh.units.region.fill(&self.units.region, self.units.bytes)?;
        self.postings.region = fresh.postings.region;
        self.records.region = fresh.records.region;
        self.units.region = fresh.units.region;
        self.growth = fresh.growth;
        Ok(self)
    }
}
