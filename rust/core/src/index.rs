//! BM25 over the passages of a document, on disk.
//!
//! Postings gather in a bounded buffer; each full buffer is sorted and written as one run of a file without a name ([`crate::postings`]). A
//! passage is a record of 24 bytes in another; headings are passages too, and each passage names the one it stands under. A question is answered
//! run by run and window by window of passages, so neither asking nor what is kept grows with the document; only the table of runs does,
//! 24 bytes for about 1.5 million tokens.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::passage::heading_level;
use crate::postings::{Cursor, MOST_PASSAGES, Posting, Region, Run, damaged, write_pages};
use crate::terms::for_each_term;
use crate::text::{Span, utf16_length};

/// Postings held before a run is written: 4 MiB.
const BUFFER: usize = 1 << 19;
/// Bytes of a passage's record.
const RECORD: usize = 24;
/// Passages scored at once.
const WINDOW: u32 = 4096;
/// Terms of a question that are looked for, the rarest of them.
const TERMS: usize = 64;
/// Headings that can stand above each other; one deeper takes the place of the innermost.
const DEPTH: usize = 6;
/// Terms kept of a heading.
const HEADING_TERMS: usize = 32;
/// What a term counts in a posting: once in the text, in the innermost heading, in the one above it.
const COUNTS: [u32; 3] = [2, 2, 1];
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Terms of a sentence on average: what BM25's length normalisation compares with.
const SENTENCE: f32 = 20.0;
/// A term in more than this share of many passages says nothing.
const COMMON: f32 = 0.5;
/// Bytes copied at once.
const COPY: usize = 1 << 16;

/// A stretch of the document with its place in bytes and UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Passage {
    /// Passages are numbered from 0 in document order.
    pub number: u32,
    pub start: u64,
    pub start_utf16: u64,
    /// Bytes.
    pub length: u32,
    /// Whether its first unit is a heading.
    pub heading: bool,
    /// Bytes and UTF-16 units of that heading.
    title: [u64; 2],
    /// The passage that begins with the heading it stands under.
    above: Option<u32>,
}

/// The place of a passage among those that match; the greater is the better: higher score, then earlier passage.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Rank {
    pub score: f32,
    pub passage: u32,
}

impl Eq for Rank {}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.passage.cmp(&self.passage))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

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

/// The index of one document: grows by [`Index::add`] until [`Index::finish`], then answers [`Index::best`].
#[derive(Debug)]
pub struct Index {
    postings: Region,
    passages: Region,
    /// Read in place from a saved state.
    fixed: bool,
    buffer: Vec<Posting>,
    runs: Vec<Run>,
    count: u32,
    /// The first passage that is in no run.
    first: u32,
    /// Where the last passage ends (bytes).
    end: u64,
    headings: Vec<Heading>,
    /// Terms of the passage being added, kept for its memory.
    terms: Vec<(u32, u32)>,
}

/// A heading that the next passage stands under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    level: u8,
    passage: u32,
    terms: Vec<u32>,
}

/// What is to be kept of an index beside the bytes that [`Index::write_to`] writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    runs: Vec<Run>,
    passages: u32,
    end: u64,
    headings: Vec<Heading>,
}

impl Stored {
    /// Bytes that [`Index::write_to`] wrote.
    pub fn bytes(&self) -> u64 {
        self.posting_bytes().saturating_add(u64::from(self.passages) * RECORD as u64)
    }

    fn posting_bytes(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.start.saturating_add(run.bytes))
    }

    fn check(&self, document: u64) -> Result<()> {
        let (mut start, mut first) = (0_u64, None);
        for run in &self.runs {
            if run.start != start || run.bytes == 0 || first.map_or(run.first != 0, |f| run.first <= f) || run.first >= self.passages {
                return Err(damaged());
            }
            (start, first) = (start.checked_add(run.bytes).ok_or_else(damaged)?, Some(run.first));
        }
        let nested = self.headings.windows(2).all(|pair| pair[0].level < pair[1].level && pair[0].passage < pair[1].passage);
        let known = self.headings.iter().all(|h| h.passage < self.passages && h.terms.len() <= HEADING_TERMS);
        if self.passages > MOST_PASSAGES || self.end > document || self.headings.len() > DEPTH || !nested || !known {
            return Err(damaged());
        }
        Ok(())
    }
}

impl Index {
    /// An empty index whose files lie in `folder` or the system's temporary one, without a name.
    pub fn new(folder: Option<&Path>) -> Result<Self> {
        let place = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        let failed = |e: std::io::Error| Error::io(format!("creating the index in {}", place.display()), &e);
        let open = || tempfile::tempfile_in(&place).map(|file| Region { file: Arc::new(file), at: 0 }).map_err(failed);
        Ok(Self {
            postings: open()?,
            passages: open()?,
            fixed: false,
            buffer: Vec::new(),
            runs: Vec::new(),
            count: 0,
            first: 0,
            end: 0,
            headings: Vec::new(),
            terms: Vec::new(),
        })
    }

    /// Adds the next passage, at most 64 kB long, of which the first `heading` bytes are a heading (0: none).
    pub fn add(&mut self, start: u64, start_utf16: u64, text: &str, heading: usize) -> Result<()> {
        if self.fixed {
            return Err(Error::new("fault", "an index that is read in place was added to"));
        }
        if self.count >= MOST_PASSAGES {
            return Err(Error::new("io", "the index is full: found more than 67 million passages"));
        }
        let title = &text[..heading];
        if heading > 0 {
            self.enter(title);
        }
        let innermost = self.headings.last().filter(|_| heading > 0).map(|h| h.passage);
        let above = self.headings.iter().rev().find(|h| Some(h.passage) != innermost).map(|h| h.passage);
        let words = [
            pack(start, text.len() as u64)?,
            pack(start_utf16, heading as u64)?,
            pack(above.map_or(0, |a| u64::from(a) + 1), utf16_length(title))?,
        ];
        self.gather(text, innermost.is_some());
        if self.buffer.len() + self.terms.len() > BUFFER {
            self.write_run()?;
        }
        for same in self.terms.chunk_by(|a, b| a.0 == b.0) {
            self.buffer.push(Posting::new(same[0].0, self.count, same.iter().map(|t| t.1).sum()));
        }
        let record: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.passages.write(u64::from(self.count) * RECORD as u64, &record)?;
        self.count += 1;
        self.end = start + text.len() as u64;
        Ok(())
    }

    /// The next passage begins with a heading.
    fn enter(&mut self, title: &str) {
        let level = heading_level(title);
        self.headings.retain(|h| h.level < level);
        self.headings.truncate(DEPTH - 1);
        let mut terms = Vec::new();
        for_each_term(title, |term| terms.push(term));
        terms.truncate(HEADING_TERMS);
        self.headings.push(Heading { level, passage: self.count, terms });
    }

    /// The terms of a text and of the headings it stands under, sorted, each with what it counts; `led`: its own heading stands in it.
    fn gather(&mut self, text: &str, led: bool) {
        self.terms.clear();
        for_each_term(text, |term| self.terms.push((term, COUNTS[0])));
        for (heading, count) in self.headings.iter().rev().zip(&COUNTS[1..]).skip(usize::from(led)) {
            self.terms.extend(heading.terms.iter().map(|term| (*term, *count)));
        }
        self.terms.sort_unstable();
    }

    /// Writes what waits in the buffer; from now on the index can be asked.
    pub fn finish(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.write_run()?;
        (self.buffer, self.terms) = (Vec::new(), Vec::new());
        Ok(())
    }

    fn write_run(&mut self) -> Result<()> {
        self.buffer.sort_unstable();
        let start = self.posting_bytes();
        let mut at = start;
        let bytes = write_pages(&self.buffer, |page| {
            self.postings.write(at, page)?;
            at += page.len() as u64;
            Ok(())
        })?;
        self.runs.push(Run { start, bytes, postings: self.buffer.len() as u32, first: self.first });
        self.first = self.count;
        self.buffer.clear();
        Ok(())
    }

    /// Passages added.
    pub fn passages(&self) -> u32 {
        self.count
    }

    /// Where its last passage ends: bytes from the document's start.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes on disk and in the buffer.
    pub fn bytes(&self) -> u64 {
        self.posting_bytes() + u64::from(self.count) * RECORD as u64 + size_of_val(&self.buffer[..]) as u64
    }

    fn posting_bytes(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.start + run.bytes)
    }

    /// The passage of that number.
    pub fn passage(&self, number: u32) -> Result<Passage> {
        let mut record = [0; RECORD];
        self.passages.read(u64::from(number) * RECORD as u64, &mut record)?;
        let word = |at: usize| unpack(u64::from_le_bytes(std::array::from_fn(|i| record[at * 8 + i])));
        let ((start, length), (start_utf16, title), (above, title_utf16)) = (word(0), word(1), word(2));
        let above = above.checked_sub(1).map(|a| u32::try_from(a).unwrap_or(u32::MAX));
        if start + length > self.end || start_utf16 > start || title > length || title_utf16 > title || above.is_some_and(|a| a >= number) {
            return Err(damaged());
        }
        Ok(Passage { number, start, start_utf16, length: length as u32, heading: title > 0, title: [title, title_utf16], above })
    }

    /// The passage that holds the byte at `place`, or else the one before it.
    pub fn at(&self, place: u64) -> Result<Passage> {
        let (mut low, mut high) = (0, self.count);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.passage(middle)?.start <= place { low = middle } else { high = middle }
        }
        self.passage(low)
    }

    /// The headings that a passage stands under, outermost first; a heading that it begins with is the last of them.
    pub fn path(&self, passage: &Passage) -> Result<Vec<Span>> {
        let (mut path, mut at) = (Vec::new(), *passage);
        loop {
            if at.heading {
                let (end, end_utf16) = (at.start + at.title[0], at.start_utf16 + at.title[1]);
                path.push(Span { start: at.start, end, start_utf16: at.start_utf16, end_utf16 });
            }
            let Some(above) = at.above else { break };
            at = self.passage(above)?;
            if !at.heading || path.len() >= DEPTH {
                return Err(damaged());
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The `most` passages that match best, best first, of those that rank below `after`; and the weight of each of the question's terms.
    pub fn best(&self, question: &str, most: usize, after: Option<Rank>) -> Result<(Vec<Match>, Weights)> {
        self.search(question, most, after, false)
    }

    /// As [`Index::best`]; after the passages that match follow all others in document order, with score 0.
    pub fn all(&self, question: &str, most: usize, after: Option<Rank>) -> Result<(Vec<Match>, Weights)> {
        self.search(question, most, after, true)
    }

    fn search(&self, question: &str, most: usize, after: Option<Rank>, all: bool) -> Result<(Vec<Match>, Weights)> {
        if !self.buffer.is_empty() {
            return Err(Error::new("fault", "an index was asked before it was finished"));
        }
        let found = self.occurrences(question)?;
        let total = self.count as f32;
        let weigh = |found: f32| (1.0 + (total - found + 0.5) / (found + 0.5)).ln();
        let weights = Weights { terms: found.iter().map(|(term, found)| (*term, weigh(*found as f32))).collect() };
        let common = |found: u32| self.count > 64 && found as f32 > total * COMMON;
        let mut terms: Vec<(u32, u32)> = found.iter().copied().filter(|(_, found)| *found > 0 && !common(*found)).collect();
        if terms.is_empty() {
            terms = found.into_iter().filter(|(_, found)| *found > 0).collect(); // common words are better than none
        }
        terms.sort_unstable_by_key(|(term, found)| (*found, *term));
        terms.truncate(TERMS);
        terms.sort_unstable();
        let terms: Vec<(u32, f32)> = terms.into_iter().map(|(term, found)| (term, weigh(found as f32))).collect();
        let mut best = Best { most, after, all, ranks: BinaryHeap::new() };
        if most > 0 {
            self.score(&terms, &mut best)?;
        }
        let mut ranks = best.ranks.into_vec();
        ranks.sort_unstable();
        let matches = ranks.into_iter().map(|Reverse(rank)| Ok(Match { passage: self.passage(rank.passage)?, score: rank.score }));
        Ok((matches.collect::<Result<_>>()?, weights))
    }

    /// The distinct terms of a question, sorted, each with the number of passages that hold it.
    fn occurrences(&self, question: &str) -> Result<Vec<(u32, u32)>> {
        let mut terms = Vec::new();
        for_each_term(question, |term| terms.push((term, 0_u32)));
        terms.sort_unstable();
        terms.dedup();
        for run in &self.runs {
            let mut cursor = Cursor::new(*run);
            for (term, found) in &mut terms {
                cursor.seek(&self.postings, *term, 0)?;
                let before = cursor.before();
                cursor.seek(&self.postings, *term, MOST_PASSAGES)?;
                *found = found.saturating_add(cursor.before().saturating_sub(before));
            }
        }
        Ok(terms)
    }

    /// Offers every passage with its score, window by window in document order.
    fn score(&self, terms: &[(u32, f32)], best: &mut Best) -> Result<()> {
        let from = best.after.filter(|after| after.score <= 0.0).map_or(0, |after| after.passage.saturating_add(1));
        let mut scores = vec![0.0; WINDOW.min(self.count) as usize];
        let none = [Run { start: 0, bytes: 0, postings: 0, first: 0 }];
        let runs = if self.runs.is_empty() { &none } else { &self.runs[..] };
        for (number, run) in runs.iter().enumerate() {
            let end = runs.get(number + 1).map_or(self.count, |next| next.first);
            let mut base = run.first.max(from);
            let mut cursors = Vec::new();
            for (term, weight) in terms.iter().filter(|_| base < end) {
                let mut cursor = Cursor::new(*run);
                cursor.seek(&self.postings, *term, base)?;
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
            // The passage's own length needs a read; the average one serves to choose, sentences are scored exactly later.
            *score += weight * saturated(posting.count() as f32 / COUNTS[0] as f32, 1.0, 1.0);
            cursor.advance(&self.postings)?;
        }
        Ok(())
    }

    /// Writes the index's bytes: postings, then passages. With what it gives back, [`Index::restore`] reads them again.
    pub fn write_to(&self, out: &mut impl Write) -> Result<Stored> {
        let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(|e| Error::io("writing the saved state", &e));
        copy(&self.postings, self.posting_bytes(), &mut put)?;
        let mut runs = self.runs.clone();
        if !self.buffer.is_empty() {
            let mut waiting = self.buffer.clone();
            waiting.sort_unstable();
            let bytes = write_pages(&waiting, &mut put)?;
            runs.push(Run { start: self.posting_bytes(), bytes, postings: waiting.len() as u32, first: self.first });
        }
        copy(&self.passages, u64::from(self.count) * RECORD as u64, &mut put)?;
        Ok(Stored { runs, passages: self.count, end: self.end, headings: self.headings.clone() })
    }

    /// An index whose bytes begin at `at` of a file, read in place, for a document of `document` bytes. It can be asked; to add to it, let it
    /// grow first.
    pub fn restore(file: Arc<File>, at: u64, stored: Stored, document: u64) -> Result<Self> {
        stored.check(document)?;
        let length = file.metadata().map_err(|e| Error::io("looking at the saved state", &e))?.len();
        if at.checked_add(stored.bytes()).is_none_or(|end| end > length) {
            return Err(damaged());
        }
        let passages = Region { file: Arc::clone(&file), at: at + stored.posting_bytes() };
        let Stored { runs, passages: count, end, headings } = stored;
        let postings = Region { file, at };
        let (buffer, terms) = (Vec::new(), Vec::new());
        Ok(Self { postings, passages, fixed: true, buffer, runs, count, first: count, end, headings, terms })
    }

    /// The same index, copied to files of its own in `folder` or the system's temporary one, so that it can be added to.
    pub fn growing(self, folder: Option<&Path>) -> Result<Self> {
        let fresh = Self::new(folder)?;
        for (from, to, bytes) in [
            (&self.postings, &fresh.postings, self.posting_bytes()),
            (&self.passages, &fresh.passages, u64::from(self.count) * RECORD as u64),
        ] {
            let mut at = 0;
            copy(from, bytes, &mut |bytes| {
                to.write(at, bytes)?;
                at += bytes.len() as u64;
                Ok(())
            })?;
        }
        Ok(Self { postings: fresh.postings, passages: fresh.passages, fixed: false, ..self })
    }
}

/// The best passages so far.
struct Best {
    most: usize,
    after: Option<Rank>,
    all: bool,
    ranks: BinaryHeap<Reverse<Rank>>,
}

impl Best {
    fn offer(&mut self, rank: Rank) {
        if rank.score <= 0.0 && !self.all || self.after.is_some_and(|after| rank >= after) {
            return;
        }
        if self.full() {
            if self.ranks.peek().is_some_and(|worst| rank <= worst.0) {
                return;
            }
            self.ranks.pop();
        }
        self.ranks.push(Reverse(rank));
    }

    fn full(&self) -> bool {
        self.ranks.len() >= self.most
    }
}

/// 48 bits and 16 bits in one number.
fn pack(large: u64, small: u64) -> Result<u64> {
    if large >> 48 != 0 || small >> 16 != 0 {
        return Err(Error::new("fault", format!("found a passage of {small} bytes at {large}, expected less than 2^16 below 2^48")));
    }
    Ok(large | small << 48)
}

fn unpack(number: u64) -> (u64, u64) {
    (number & ((1 << 48) - 1), number >> 48)
}

fn copy(region: &Region, bytes: u64, put: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let (mut piece, mut at) = (vec![0; COPY.min(bytes as usize)], 0);
    while at < bytes {
        let length = COPY.min((bytes - at) as usize);
        region.read(at, &mut piece[..length])?;
        put(&piece[..length])?;
        at += length as u64;
    }
    Ok(())
}

fn saturated(count: f32, length: f32, average: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average))
}

/// What each of a question's terms is worth in this document: scores single sentences.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    /// Sorted by term.
    terms: Vec<(u32, f32)>,
}

impl Weights {
    /// BM25 of one sentence.
    pub fn score(&self, sentence: &str) -> f32 {
        let (mut counts, mut length) = (vec![0.0; self.terms.len()], 0.0);
        for_each_term(sentence, |term| {
            length += 1.0;
            if let Ok(at) = self.terms.binary_search_by_key(&term, |t| t.0) {
                counts[at] += 1.0;
            }
        });
        self.terms.iter().zip(counts).map(|((_, weight), count)| weight * saturated(count, length, SENTENCE)).sum()
    }
}
