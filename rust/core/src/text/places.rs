//! Where the bytes of a text form stand in their file: pages, slides, chapters.

use std::sync::{Mutex, PoisonError};

use edgeinfinite_documents::{Block, Place};

use crate::error::Result;
use crate::text::byte_source::ByteSource;

/// Bytes between two counts of form feeds.
const STRIDE: u64 = 1 << 16;
/// Ends a page of a text.
const FORM_FEED: u8 = 0xc;

/// The place of every byte of a text form.
#[derive(Debug)]
pub(crate) enum Places {
    /// As blocks tell it.
    Told(ToldPlaces),
    /// As a text's form feeds do.
    Paged(PageMarks),
}

/// One entry for each change, with the first byte that stands there; ascending.
#[derive(Debug, Default)]
pub(crate) struct ToldPlaces(Vec<(u64, Place)>);

/// How many form feeds stand before every [`STRIDE`]th byte and in the whole text, counted when the first page is asked for.
#[derive(Debug, Default)]
pub(crate) struct PageMarks(Mutex<Vec<u64>>);

impl Places {
    /// What blocks told; None of a text with pages of its own.
    pub fn told(&self) -> Option<&ToldPlaces> {
        if let Self::Told(told) = self { Some(told) } else { None }
    }

    /// The place that a byte of a text form stands at.
    pub fn at(&self, bytes: &ByteSource, byte: u64) -> Result<Place> {
        match self {
            Self::Told(told) => Ok(told.at(byte)),
            Self::Paged(marks) => marks.at(bytes, byte),
        }
    }
}

impl ToldPlaces {
    /// Takes the place of the next block; blocks come in the order of their first bytes.
    pub fn add(&mut self, block: &Block) {
        if self.0.last().map_or(Place::Whole, |last| last.1) != block.place {
            self.0.push((block.range().start as u64, block.place));
        }
    }

    /// Those that were told before, ascending.
    pub fn of(entries: Vec<(u64, Place)>) -> Self {
        Self(entries)
    }

    /// All of them.
    pub fn entries(&self) -> &[(u64, Place)] {
        &self.0
    }

    fn at(&self, byte: u64) -> Place {
        let after = self.0.partition_point(|start| start.0 <= byte);
        self.0[..after].last().map_or(Place::Whole, |start| start.1)
    }
}

impl PageMarks {
    /// The page of a byte, if the text has form feeds.
    fn at(&self, bytes: &ByteSource, byte: u64) -> Result<Place> {
        let number = byte.min(bytes.length) / STRIDE;
        let before = {
            let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if marks.is_empty() {
                *marks = counted(bytes)?;
            }
            if marks.last() == Some(&0) {
                return Ok(Place::Whole);
            }
            marks[number as usize]
        };
        let start = number * STRIDE;
        let within = feeds(&bytes.read(start, (byte.min(bytes.length) - start) as usize)?);
        Ok(Place::Page(u32::try_from(before + within + 1).unwrap_or(u32::MAX)))
    }
}

fn counted(bytes: &ByteSource) -> Result<Vec<u64>> {
    let (mut marks, mut at) = (vec![0], 0);
    while at < bytes.length {
        let length = STRIDE.min(bytes.length - at);
        marks.push(marks[marks.len() - 1] + feeds(&bytes.read(at, length as usize)?));
        at += length;
    }
    Ok(marks)
}

fn feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == FORM_FEED).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_at_each_form_feed() {
        let long = "é. ".repeat(60_000);
        for text in ["one", "one\u{c}two\u{c}\u{c}four", "\u{c}two", "one\u{c}", &format!("{long}\u{c}{long}\u{c}{long}")] {
            let bytes = ByteSource::held(text.into());
            let places = Places::Paged(PageMarks::default());
            for at in (0..=text.len()).filter(|at| text.len() < 100 || at % 997 == 0) {
                let page = text.as_bytes()[..at].iter().filter(|byte| **byte == FORM_FEED).count() as u32 + 1;
                let expected = if text.contains('\u{c}') { Place::Page(page) } else { Place::Whole };
                assert_eq!(places.at(&bytes, at as u64).unwrap(), expected);
            }
        }
    }
}
