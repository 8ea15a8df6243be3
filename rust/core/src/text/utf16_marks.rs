//! From UTF-16 units to bytes, in a text of any length.

use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::text::byte_source::ByteSource;

/// Bytes between two marks.
const STRIDE: u64 = 1 << 16;

/// How many UTF-16 units stand before every [`STRIDE`]th byte, counted as far as was asked for.
#[derive(Debug, Default)]
pub(crate) struct Utf16Marks {
    units: Mutex<Vec<u64>>,
}

impl Utf16Marks {
    /// The first byte of the character that holds a unit, and one past its last; the text's length when there are fewer units.
    pub fn character(&self, bytes: &ByteSource, unit: u64) -> Result<(u64, u64)> {
        let mut marks = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.is_empty() {
            marks.push(0);
        }
        while let Some(last) = marks.last().copied()
            && last <= unit
        {
            let part = part(bytes, marks.len() as u64 - 1)?;
            if part.is_empty() {
                return Ok((bytes.length, bytes.length));
            }
            marks.push(last + part.iter().map(|byte| units(*byte)).sum::<u64>());
        }
        let number = marks.partition_point(|mark| *mark <= unit) - 1;
        let mut before = marks[number];
        drop(marks);
        let start = number as u64 * STRIDE;
        for (at, byte) in part(bytes, number as u64)?.into_iter().enumerate() {
            before += units(byte);
            if before > unit {
                let at = start + at as u64;
                return Ok((at, at + length(byte)));
            }
        }
        Ok((bytes.length, bytes.length))
    }
}

fn part(bytes: &ByteSource, number: u64) -> Result<Vec<u8>> {
    let start = (number * STRIDE).min(bytes.length);
    bytes.read(start, STRIDE.min(bytes.length - start) as usize)
}

/// UTF-16 units of the character that begins with a byte; none for the bytes after the first.
fn units(byte: u8) -> u64 {
    u64::from(byte & 0xc0 != 0x80) + u64::from(byte >= 0xf0)
}

/// Bytes of the character that begins with a byte.
fn length(byte: u8) -> u64 {
    match byte {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found() {
        for text in ["", "a", "\u{feff}é字🙂", &"aé字🙂 ".repeat(30_000)] {
            let bytes = ByteSource::held(text.into());
            let marks = Utf16Marks::default();
            let mut unit = 0;
            let step = if text.len() > 1000 { 997 } else { 1 };
            for (number, (at, c)) in text.char_indices().enumerate() {
                for within in 0..c.len_utf16() as u64 {
                    if number % step == 0 {
                        assert_eq!(marks.character(&bytes, unit + within).unwrap(), (at as u64, (at + c.len_utf8()) as u64));
                    }
                }
                unit += c.len_utf16() as u64;
            }
            assert_eq!(marks.character(&bytes, unit).unwrap(), (bytes.length, bytes.length));
            assert_eq!(marks.character(&bytes, u64::MAX).unwrap(), (bytes.length, bytes.length));
        }
    }
}
