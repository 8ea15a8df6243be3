//! Records of passages on disk, 32 bytes each, read by number. A passage names the heading that it stands under by the number of the
//! passage that begins with it. What comes from disk is checked.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::index::language::Language;
use crate::index::postings::{Region, damaged};
use crate::index::terms::{Terms, for_each_term};
use crate::text::span::Span;
use crate::text::units::{TextUnit, UnitKind};

/// Bytes of a record.
const RECORD: u64 = 32;
/// Headings that can stand above each other; one deeper takes the place of the innermost.
const DEPTH: usize = 6;
/// Terms kept of a heading.
const TERMS: usize = 32;

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
    /// The heading that it begins with: bytes and UTF-16 units, none of them without one.
    heading: (u64, u64),
    /// Where its units stand in their file, and how many bytes they take.
    pub(crate) units: (u64, u64),
    /// The passage that begins with the heading it stands under.
    above: Option<u32>,
}

/// The passages of a document.
#[derive(Debug)]
pub(crate) struct Records {
    pub region: Region,
    pub count: u32,
    /// Where the last passage ends (bytes).
    pub end: u64,
}

impl Records {
    /// Adds the next passage; it stands under the heading of passage `above`, its units stand at `units`.
    pub fn add(&mut self, extent: Span, first: &TextUnit, above: Option<u32>, units: (u64, u64)) -> Result<()> {
        let heading =
            if let UnitKind::Heading(_) = first.kind { first.extent() } else { Span { end: 0, start: 0, start_utf16: 0, end_utf16: 0 } };
        let words = [
            pack(extent.start, extent.length() as u64)?,
            pack(extent.start_utf16, heading.length() as u64)?,
            pack(above.map_or(0, |a| u64::from(a) + 1), heading.end_utf16 - heading.start_utf16)?,
            pack(units.0, units.1)?,
        ];
        let record: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.region.write(self.bytes(), &record)?;
        self.count += 1;
        self.end = self.end.max(extent.end);
        Ok(())
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        bytes_of(self.count)
    }

    /// The passage of that number.
    pub fn get(&self, number: u32) -> Result<Passage> {
        let mut record = [0; RECORD as usize];
        self.region.read(bytes_of(number), &mut record)?;
        let word = |at: usize| unpack(u64::from_le_bytes(std::array::from_fn(|i| record[at * 8 + i])));
        let ((start, length), (start_utf16, heading), (above, heading_utf16), units) = (word(0), word(1), word(2), word(3));
        let above = above.checked_sub(1);
        let inside = start + length <= self.end && start_utf16 <= start && heading <= length && heading_utf16 <= heading;
        if !inside || above.is_some_and(|a| a >= u64::from(number)) {
            return Err(damaged());
        }
        let above = above.map(|a| a as u32);
        Ok(Passage { number, start, start_utf16, length: length as u32, heading: (heading, heading_utf16), units, above })
    }

    /// The passage that holds the byte at `place`, or else the one before it.
    pub fn at(&self, place: u64) -> Result<Passage> {
        let mut low = 0;
        let mut high = self.count;
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.get(middle)?.start <= place { low = middle } else { high = middle }
        }
        self.get(low)
    }

    /// The headings that a passage stands under, outermost first; a heading that it begins with is the last of them.
    pub fn path(&self, passage: &Passage) -> Result<Vec<Span>> {
        let mut path = Vec::new();
        let mut at = *passage;
        loop {
            if at.heading.0 > 0 {
                let (end, end_utf16) = (at.start + at.heading.0, at.start_utf16 + at.heading.1);
                path.push(Span { start: at.start, end, start_utf16: at.start_utf16, end_utf16 });
            }
            let Some(above) = at.above else { break };
            at = self.get(above)?;
            if at.heading.0 == 0 || path.len() >= DEPTH {
                return Err(damaged());
            }
        }
        path.reverse();
        Ok(path)
    }
}

/// Bytes of so many records.
pub(crate) fn bytes_of(count: u32) -> u64 {
    u64::from(count) * RECORD
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

/// The headings that the next passage stands under, outermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headings(Vec<Heading>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    level: u8,
    passage: u32,
    terms: Vec<u32>,
}

impl Headings {
    /// Passage `number` begins with this unit, whose terms `maker` makes; gives the passage whose heading it stands under.
    pub fn enter(&mut self, number: u32, first: &TextUnit, maker: &mut Terms) -> Option<u32> {
        let UnitKind::Heading(level) = first.kind else {
            return self.0.last().map(|h| h.passage);
        };
        self.0.retain(|h| h.level < level);
        self.0.truncate(DEPTH - 1);
        let above = self.0.last().map(|h| h.passage);
        let mut terms = Vec::new();
        maker.for_each(&first.text, |term| terms.push(term));
        terms.truncate(TERMS);
        self.0.push(Heading { level, passage: number, terms });
        above
    }

    /// Headings that stand above passage `number` but in no passage before it, outermost first.
    pub fn above(texts: &[String], number: u32, language: Language) -> Self {
        let heading = |text: &String| {
            let mut terms = Vec::new();
            for_each_term(text, language, |term| terms.push(term));
            terms.truncate(TERMS);
            Heading { level: 0, passage: number, terms }
        };
        Self(texts.iter().map(heading).collect())
    }

    /// The terms of each, innermost first.
    pub fn innermost(&self) -> impl Iterator<Item = &[u32]> {
        self.0.iter().rev().map(|h| &h.terms[..])
    }

    /// Whether so many passages can have these headings.
    pub fn consistent(&self, passages: u32) -> bool {
        let nested = self.0.windows(2).all(|pair| pair[0].level < pair[1].level && pair[0].passage < pair[1].passage);
        nested && self.0.len() <= DEPTH && self.0.iter().all(|h| h.passage < passages && h.terms.len() <= TERMS)
    }
}
