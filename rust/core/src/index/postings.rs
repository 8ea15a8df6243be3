//! Postings on disk: sorted runs in pages, read one at a time from any place.
//!
//! A posting is one number: term (32 bits), passage (26), count (6). A page of 4 KiB stands for itself: its first posting whole, how many of
//! the run's postings come before it, how many it holds, then what each next one differs in, about a byte and a half each. So a term is found by
//! binary search over pages without a directory, and a reader holds one page whatever the run's length. What comes from disk is checked.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Bytes of a page.
const PAGE: usize = 1 << 12;
/// Bytes copied at once.
const COPY: usize = 1 << 16;
/// First posting, postings before the page, postings in it.
const HEADER: usize = 8 + 4 + 2;
/// Most bytes of one posting after the first: passage, term, count.
const LARGEST: usize = 5 + 5 + 1;
const COUNT_BITS: u32 = 6;
const PASSAGE_BITS: u32 = 26;
/// Passages are numbered below this.
pub(crate) const MOST_PASSAGES: u32 = (1 << PASSAGE_BITS) - 1;
/// Counts are held to this.
const MOST_COUNT: u32 = (1 << COUNT_BITS) - 1;
/// The count that costs no byte of its own.
const USUAL: u32 = 2;

/// What the low two bits of a posting's first number say.
const COUNTED: u64 = 1;
const NEXT_TERM: u64 = 2;

/// A term in a passage; orders by term, then passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting(u64);

impl Posting {
    /// `passage` < [`MOST_PASSAGES`]; `count` is held to [`MOST_COUNT`].
    pub fn new(term: u32, passage: u32, count: u32) -> Self {
        Self(u64::from(term) << 32 | u64::from(passage) << COUNT_BITS | u64::from(count.min(MOST_COUNT)))
    }

    pub fn term(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub fn passage(self) -> u32 {
        self.0 as u32 >> COUNT_BITS
    }

    pub fn count(self) -> u32 {
        self.0 as u32 & MOST_COUNT
    }
}

/// Sorted postings in a file; runs follow each other and hold ever later passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Byte position in the region.
    pub start: u64,
    pub bytes: u64,
    pub postings: u32,
    /// The first passage that is in no earlier run.
    pub first: u32,
}

/// Hands sorted postings out page by page; gives the bytes of all pages. The last page is as short as it can be.
fn write_pages(postings: &[Posting], first: u32, mut page: impl FnMut(&[u8]) -> Result<()>) -> Result<u64> {
    let mut bytes = Vec::with_capacity(PAGE);
    let mut written = 0;
    let mut at = 0;
    while at < postings.len() {
        let from = at;
        bytes.clear();
        bytes.extend(postings[at].0.to_le_bytes());
        bytes.extend((at as u32).to_le_bytes());
        bytes.extend([0; 2]);
        at += 1;
        while at < postings.len() && bytes.len() + LARGEST <= PAGE {
            write_posting(&mut bytes, first, postings[at - 1], postings[at]);
            at += 1;
        }
        bytes[12..HEADER].copy_from_slice(&((at - from) as u16).to_le_bytes());
        if at < postings.len() {
            bytes.resize(PAGE, 0);
        }
        written += bytes.len() as u64;
        page(&bytes)?;
    }
    Ok(written)
}

/// `first`: the run's first passage.
fn write_posting(bytes: &mut Vec<u8>, first: u32, before: Posting, posting: Posting) {
    let next = before.term() != posting.term();
    let step = u64::from(posting.passage() - if next { first } else { before.passage() });
    let counted = posting.count() != USUAL;
    write_number(bytes, step << 2 | if next { NEXT_TERM } else { 0 } | u64::from(counted));
    if next {
        write_number(bytes, u64::from(posting.term() - before.term()));
    }
    if counted {
        bytes.push(posting.count() as u8);
    }
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A region of a file that holds runs.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub file: Arc<File>,
    /// Where it begins in the file.
    pub at: u64,
}

impl Region {
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(bytes, self.at + at).map_err(|e| Error::io("reading the index", &e))
    }

    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_all_at(bytes, self.at + at).map_err(|e| Error::io("writing the index", &e))
    }

    /// Hands its first `bytes` out, some at a time.
    pub fn copy(&self, bytes: u64, mut put: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut piece = vec![0; COPY.min(bytes as usize)];
        let mut at = 0;
        while at < bytes {
            let length = COPY.min((bytes - at) as usize);
            self.read(at, &mut piece[..length])?;
            put(&piece[..length])?;
            at += length as u64;
        }
        Ok(())
    }

    /// Copies the first `bytes` of another one.
    pub fn fill(&self, from: &Self, bytes: u64) -> Result<()> {
        let mut at = 0;
        from.copy(bytes, |piece| {
            self.write(at, piece)?;
            at += piece.len() as u64;
            Ok(())
        })
    }
}

/// The postings of a document: those on disk, and a bounded number that wait.
#[derive(Debug)]
pub(crate) struct Postings {
    pub region: Region,
    pub runs: Vec<Run>,
    /// The first passage that is in no run.
    pub first: u32,
    pub waiting: Vec<Posting>,
}

impl Postings {
    /// Writes what waits as a run of the passages before `passages`.
    pub fn write_run(&mut self, passages: u32) -> Result<()> {
        let mut at = self.bytes();
        let run = write_run(&mut self.waiting, self.first, at, |page| {
            self.region.write(at, page)?;
            at += page.len() as u64;
            Ok(())
        })?;
        self.runs.push(run);
        self.first = passages;
        self.waiting.clear();
        Ok(())
    }

    /// Writes the bytes of all runs, and what waits as one more; gives them all.
    pub fn write_to(&self, mut put: impl FnMut(&[u8]) -> Result<()>) -> Result<Vec<Run>> {
        self.region.copy(self.bytes(), &mut put)?;
        let mut runs = self.runs.clone();
        if !self.waiting.is_empty() {
            runs.push(write_run(&mut self.waiting.clone(), self.first, self.bytes(), put)?);
        }
        Ok(runs)
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        bytes_of(&self.runs)
    }
}

/// Bytes of runs that follow each other.
pub(crate) fn bytes_of(runs: &[Run]) -> u64 {
    runs.last().map_or(0, |run| run.start.saturating_add(run.bytes))
}

fn write_run(postings: &mut [Posting], first: u32, start: u64, put: impl FnMut(&[u8]) -> Result<()>) -> Result<Run> {
    postings.sort_unstable();
    let bytes = write_pages(postings, first, put)?;
    Ok(Run { start, bytes, postings: postings.len() as u32, first })
}

/// Walks through a run's postings from any place on, holding one page.
#[derive(Debug)]
pub(crate) struct Cursor {
    run: Run,
    page: Vec<u8>,
    /// The page after the one that is held.
    next: u64,
    /// Where the next posting stands in the page.
    at: usize,
    /// Postings of the page after this one.
    left: u16,
    /// Postings of the run before this one.
    before: u32,
    posting: Option<Posting>,
}

impl Cursor {
    pub fn new(run: Run) -> Self {
        Self { run, page: Vec::new(), next: 0, at: 0, left: 0, before: 0, posting: None }
    }

    /// The posting it stands at, none at the end.
    pub fn posting(&self) -> Option<Posting> {
        self.posting
    }

    /// Postings of the run before that one.
    pub fn before(&self) -> u32 {
        self.before
    }

    /// Goes to the first posting of this term in this or a later passage, or to what comes after.
    pub fn seek(&mut self, region: &Region, term: u32, passage: u32) -> Result<()> {
        let wanted = Posting::new(term, passage, 0);
        let mut low = 0;
        let mut high = self.pages();
        while low < high {
            let middle = low.midpoint(high);
            let mut first = [0; 8];
            region.read(self.run.start + middle * PAGE as u64, &mut first)?;
            if u64::from_le_bytes(first) < wanted.0 { low = middle + 1 } else { high = middle }
        }
        self.next = low.saturating_sub(1);
        self.turn(region)?;
        while self.posting.is_some_and(|p| p < wanted) {
            self.advance(region)?;
        }
        Ok(())
    }

    /// Goes to the next posting.
    pub fn advance(&mut self, region: &Region) -> Result<()> {
        if self.left == 0 {
            return self.turn(region);
        }
        let Some(before) = self.posting else { return Ok(()) };
        let number = self.number()?;
        let step = u32::try_from(number >> 2).map_err(|_| damaged())?;
        let mut term = before.term();
        let mut from = before.passage();
        if number & NEXT_TERM > 0 {
            let step = u32::try_from(self.number()?).ok();
            term = step.and_then(|step| term.checked_add(step)).ok_or_else(damaged)?;
            from = self.run.first;
        }
        let count = if number & COUNTED > 0 { u32::from(self.byte()?) } else { USUAL };
        let passage = from.checked_add(step);
        let passage = passage.filter(|p| *p < MOST_PASSAGES).ok_or_else(damaged)?;
        let posting = Posting::new(term, passage, count);
        if posting <= before {
            return Err(damaged());
        }
        self.posting = Some(posting);
        self.left -= 1;
        self.before = self.before.saturating_add(1);
        Ok(())
    }

    /// Reads the next page and goes to its first posting.
    fn turn(&mut self, region: &Region) -> Result<()> {
        if self.next >= self.pages() {
            self.posting = None;
            self.left = 0;
            self.before = self.run.postings;
            return Ok(());
        }
        let start = self.next * PAGE as u64;
        self.page.resize(PAGE.min((self.run.bytes - start) as usize), 0);
        region.read(self.run.start + start, &mut self.page)?;
        let header = self.page.first_chunk::<HEADER>().ok_or_else(damaged)?;
        let first = Posting(u64::from_le_bytes(std::array::from_fn(|i| header[i])));
        let postings = u16::from_le_bytes([header[12], header[13]]);
        self.before = u32::from_le_bytes(std::array::from_fn(|i| header[8 + i]));
        if postings == 0 || first.passage() >= MOST_PASSAGES {
            return Err(damaged());
        }
        self.posting = Some(first);
        self.left = postings - 1;
        self.at = HEADER;
        self.next += 1;
        Ok(())
    }

    fn pages(&self) -> u64 {
        self.run.bytes.div_ceil(PAGE as u64)
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = self.page.get(self.at).copied().ok_or_else(damaged)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged())
    }
}

/// What is said when an index holds what no index can hold.
pub(crate) fn damaged() -> Error {
    Error::new("state.damaged", "the saved state is damaged: found an index that contradicts itself")
}
