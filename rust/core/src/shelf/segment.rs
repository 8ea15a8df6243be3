//! Terms of many documents in a file: each with the documents that hold it, in how many of their passages and how much at most. Made out of the
//! documents, and made anew when it is damaged.
//!
//! Terms stand in blocks of about 4 KiB, ascending. A block is terms one after another: the step from the term before (the block's first one from 0), bytes of
//! its list, the list; a list is documents one after another: the step from the one before, passages, most. Numbers are LEB128. A table has the first term of
//! each block and where it begins; it is held in memory, 16 bytes for each 4 KiB. Documents are told by their place in the header's list of numbers.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::document::sealed::{Form, INCONSISTENT, PRELUDE, Sealing};
use crate::error::{Error, Result};
use crate::index::unit_records::{put, take};

const FORM: Form = Form {
    magic: b"EDGESEG\x1a",
    version: 1,
    expected: "the terms of a shelf",
    found: "the terms of a shelf",
    advice: "delete the file",
    damaged: "shelf.damaged",
    newer: "shelf.version",
};
/// Bytes from which on a block ends.
const BLOCK: usize = 1 << 12;
/// A header is no longer (bytes).
const HEADER: u64 = 1 << 28;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Ascending.
    documents: Vec<u64>,
    /// Bytes of all blocks; the table follows.
    blocks: u64,
}

/// A document that holds a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its place among the segment's documents.
    pub document: u32,
    pub passages: u32,
    pub most: u32,
}

/// A segment, open.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    /// Numbers of its documents, ascending.
    pub documents: Vec<u64>,
    /// The first term of each block, and where it begins.
    table: Vec<(u32, u64)>,
    end: u64,
    pub bytes: u64,
}

impl Segment {
    /// Opens a file and compares all of it with its checksum.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| Error::io(path.display(), &e);
        let damaged = || Error::new("shelf.damaged", format!("{}: {INCONSISTENT}", path.display()));
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let (_, header, end) = FORM.open(path, &file, bytes, HEADER)?;
        let Header { documents, blocks } = serde_json::from_slice(&header).map_err(|_| damaged())?;
        let at = PRELUDE.checked_add(blocks).filter(|at| *at <= end).ok_or_else(damaged)?;
        let mut table = vec![0; (end - at) as usize];
        file.read_exact_at(&mut table, at).map_err(failed)?;
        let entry = |bytes: &[u8]| {
            let number = |from: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[from + i]));
            (number(0) as u32, number(8))
        };
        let table: Vec<(u32, u64)> = table.chunks_exact(16).map(entry).collect();
        let ordered = table.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        if !ordered || table.last().is_some_and(|last| last.1 >= blocks) || documents.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(damaged());
        }
        Ok(Self { file, documents, table, end: blocks, bytes })
    }

    /// The documents that hold a term, ascending.
    pub fn list(&self, term: u32) -> Result<Vec<Listed>> {
        let Some(number) = self.table.partition_point(|block| block.0 <= term).checked_sub(1) else { return Ok(Vec::new()) };
        let block = self.block(number)?;
        let (mut rest, mut before) = (&block[..], 0);
        while let Some((found, list)) = next_term(&mut rest, before)? {
            if found >= term {
                return if found == term { decoded(list, self.documents.len()) } else { Ok(Vec::new()) };
            }
            before = found;
        }
        Ok(Vec::new())
    }

    /// All terms, ascending.
    pub fn walk(&self) -> Walk<'_> {
        Walk { segment: self, next: 0, block: Vec::new(), at: 0, before: 0 }
    }

    fn block(&self, number: usize) -> Result<Vec<u8>> {
        let start = self.table[number].1;
        let end = self.table.get(number + 1).map_or(self.end, |next| next.1);
        let mut block = vec![0; (end - start) as usize];
        self.file.read_exact_at(&mut block, PRELUDE + start).map_err(|e| Error::io("reading the terms of a shelf", &e))?;
        Ok(block)
    }
}

/// Goes through a segment block by block.
#[derive(Debug)]
pub(super) struct Walk<'s> {
    segment: &'s Segment,
    /// The block after the one that is held.
    next: usize,
    block: Vec<u8>,
    at: usize,
    before: u32,
}

impl Walk<'_> {
    /// The next term with its documents; None at the end.
    pub fn advance(&mut self) -> Result<Option<(u32, Vec<Listed>)>> {
        if self.at == self.block.len() {
            if self.next == self.segment.table.len() {
                return Ok(None);
            }
            self.block = self.segment.block(self.next)?;
            (self.next, self.at, self.before) = (self.next + 1, 0, 0);
        }
        let mut rest = &self.block[self.at..];
        let Some((term, list)) = next_term(&mut rest, self.before)? else { return Ok(None) };
        let list = decoded(list, self.segment.documents.len())?;
        self.at = self.block.len() - rest.len();
        self.before = term;
        Ok(Some((term, list)))
    }
}

fn damaged() -> Error {
    Error::new("shelf.damaged", "found terms of a shelf that contradict themselves")
}

/// The next term of a block and its list; None at the block's end.
fn next_term<'b>(rest: &mut &'b [u8], before: u32) -> Result<Option<(u32, &'b [u8])>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let step = take(rest).and_then(|step| u32::try_from(step).ok());
    let term = step.and_then(|step| before.checked_add(step)).ok_or_else(damaged)?;
    let bytes = take(rest).and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes <= rest.len()).ok_or_else(damaged)?;
    let (list, after) = rest.split_at(bytes);
    *rest = after;
    Ok(Some((term, list)))
}

fn decoded(mut list: &[u8], documents: usize) -> Result<Vec<Listed>> {
    let (mut found, mut next) = (Vec::new(), 0_u64);
    while !list.is_empty() {
        let mut number = || take(&mut list).filter(|number| *number <= u64::from(u32::MAX)).ok_or_else(damaged);
        let (step, passages, most) = (number()?, number()? as u32, number()? as u32);
        let document = next + step;
        if document >= documents as u64 {
            return Err(damaged());
        }
        found.push(Listed { document: document as u32, passages, most });
        next = document + 1;
    }
    Ok(found)
}

/// Writes a segment, term by term.
#[derive(Debug)]
pub(super) struct SegmentWriter<'f> {
    out: Sealing<&'f File>,
    table: Vec<(u32, u64)>,
    /// The block at hand and its last term.
    block: Vec<u8>,
    before: u32,
    list: Vec<u8>,
}

fn failed(error: std::io::Error) -> Error {
    Error::io("writing the terms of a shelf", &error)
}

impl<'f> SegmentWriter<'f> {
    /// Into an empty file.
    pub fn new(file: &'f File) -> Result<Self> {
        Ok(Self { out: Sealing::new(file).map_err(failed)?, table: Vec::new(), block: Vec::new(), before: 0, list: Vec::new() })
    }

    /// Adds a term greater than all before, with its documents, ascending.
    pub fn add(&mut self, term: u32, list: &[Listed]) -> Result<()> {
        if list.is_empty() {
            return Ok(());
        }
        if self.block.len() >= BLOCK {
            self.end_block()?;
        }
        if self.block.is_empty() {
            self.table.push((term, self.out.written()));
            self.before = 0;
        }
        self.list.clear();
        let mut next = 0;
        for listed in list {
            put(&mut self.list, u64::from(listed.document - next));
            put(&mut self.list, u64::from(listed.passages));
            put(&mut self.list, u64::from(listed.most));
            next = listed.document + 1;
        }
        put(&mut self.block, u64::from(term - self.before));
        put(&mut self.block, self.list.len() as u64);
        self.block.extend(&self.list);
        self.before = term;
        Ok(())
    }

    fn end_block(&mut self) -> Result<()> {
        self.out.write_all(&self.block).map_err(failed)?;
        self.block.clear();
        Ok(())
    }

    /// Writes the table, the header and the checksum.
    pub fn finish(mut self, documents: Vec<u64>) -> Result<()> {
        self.end_block()?;
        let blocks = self.out.written();
        for (term, start) in &self.table {
            let entry = [u64::from(*term).to_le_bytes(), start.to_le_bytes()].concat();
            self.out.write_all(&entry).map_err(failed)?;
        }
        let header = serde_json::to_vec(&Header { documents, blocks }).map_err(|e| Error::new("fault", e.to_string()))?;
        self.out.finish(&FORM, &header).map_err(failed)
    }
}
