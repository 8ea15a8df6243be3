//! Records of units on disk, a few bytes each: those of a passage stand together. What comes from disk is checked.
//!
//! A unit is a byte of flags, then its stretches, each as the gap to the one before and its length; then its context, if it has another one than the
//! unit before: of each part the way back from the passage's start, in bytes and beyond that in UTF-16 units, and its length. Numbers are LEB128, those
//! that may be negative in zigzag.

use std::ops::Range;

use crate::error::Result;
use crate::index::postings::{Region, damaged};
use crate::text::units::{TextUnit, UnitKind};

const KIND: u8 = 3;
const PART: u8 = 1 << 2;
/// It has the context of the unit before.
const SAME: u8 = 1 << 3;
/// A context follows.
const CONTEXT: u8 = 1 << 4;
/// It stands in several stretches.
const SEVERAL: u8 = 1 << 5;
/// It leans on its context.
const LEANS: u8 = 1 << 6;
/// Parts of a context.
const PARTS: u64 = 64;

/// A unit as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRecord {
    /// Bytes from the passage's start.
    pub ranges: Vec<Range<usize>>,
    #[allow(missing_docs)]
    pub kind: UnitKind,
    /// Whether it goes on with the sentence of the unit before.
    pub part: bool,
    #[allow(missing_docs)]
    pub context: Vec<Place>,
    /// Whether it cannot be understood without its context.
    pub leans: bool,
}

/// A stretch of the document: where it begins, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Place {
    pub start: u64,
    pub start_utf16: u64,
    pub length: u64,
}

/// The units of all passages.
#[derive(Debug)]
pub(crate) struct UnitRecords {
    pub region: Region,
    pub bytes: u64,
}

impl UnitRecords {
    /// Adds the units of a passage that begins there; gives where they stand and how many bytes they take.
    pub fn add(&mut self, start: u64, start_utf16: u64, units: &[TextUnit]) -> Result<(u64, u64)> {
        let bytes = encoded(start, start_utf16, units);
        let at = self.bytes;
        self.region.write(at, &bytes)?;
        self.bytes += bytes.len() as u64;
        Ok((at, bytes.len() as u64))
    }

    /// The units of a passage of so many bytes that begins there; `place` is what [`UnitRecords::add`] gave.
    pub fn get(&self, place: (u64, u64), start: u64, start_utf16: u64, length: u32) -> Result<Vec<UnitRecord>> {
        let (at, count) = place;
        if at.checked_add(count).is_none_or(|end| end > self.bytes) {
            return Err(damaged());
        }
        let mut bytes = vec![0; count as usize];
        self.region.read(at, &mut bytes)?;
        decoded(&bytes, start, start_utf16, length as usize).ok_or_else(damaged)
    }
}

fn encoded(start: u64, start_utf16: u64, units: &[TextUnit]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(units.len() * 4);
    let mut at = start;
    for (number, unit) in units.iter().enumerate() {
        let (kind, level) = match unit.kind {
            UnitKind::Said => (0, None),
            UnitKind::Heading(level) => (1, Some(level)),
            UnitKind::Lead => (2, None),
            UnitKind::Quoted => (3, None),
        };
        let same = number > 0 && units[number - 1].context == unit.context && !unit.context.is_empty();
        let own = !same && !unit.context.is_empty();
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        bytes.push(
            kind | flag(unit.part, PART)
                | flag(unit.leans, LEANS)
                | flag(same, SAME)
                | flag(own, CONTEXT)
                | flag(unit.spans.len() > 1, SEVERAL),
        );
        bytes.extend(level);
        if unit.spans.len() > 1 {
            put(&mut bytes, unit.spans.len() as u64);
        }
        for span in &unit.spans {
            put(&mut bytes, zigzag(span.start.wrapping_sub(at) as i64));
            put(&mut bytes, span.length() as u64);
            at = span.end;
        }
        if own {
            put(&mut bytes, unit.context.len() as u64);
            for part in unit.context.iter() {
                let (back, back_utf16) =
                    (start.wrapping_sub(part.span.start) as i64, start_utf16.wrapping_sub(part.span.start_utf16) as i64);
                put(&mut bytes, zigzag(back));
                put(&mut bytes, zigzag(back - back_utf16));
                put(&mut bytes, part.span.length() as u64);
            }
        }
    }
    bytes
}

fn decoded(mut bytes: &[u8], start: u64, start_utf16: u64, length: usize) -> Option<Vec<UnitRecord>> {
    let mut found: Vec<UnitRecord> = Vec::new();
    let mut at = 0_i64;
    while let Some((flags, rest)) = bytes.split_first() {
        bytes = rest;
        let kind = match flags & KIND {
            0 => UnitKind::Said,
            1 => UnitKind::Heading(u8::try_from(take(&mut bytes)?).ok()?),
            2 => UnitKind::Lead,
            _ => UnitKind::Quoted,
        };
        let several = if flags & SEVERAL == 0 { 1 } else { take(&mut bytes).filter(|several| *several > 1)? };
        let mut ranges = Vec::new();
        for _ in 0..several {
            let from = at.checked_add(signed(take(&mut bytes)?))?;
            let to = from.checked_add(i64::try_from(take(&mut bytes)?).ok()?)?;
            let range = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
            if range.is_empty() || range.end > length || ranges.last().is_some_and(|last: &Range<usize>| last.end > range.start) {
                return None;
            }
            ranges.push(range);
            at = to;
        }
        let mut context = Vec::new();
        if flags & SAME != 0 {
            context.clone_from(&found.last()?.context);
        } else if flags & CONTEXT != 0 {
            let parts = take(&mut bytes)?;
            if parts > PARTS {
                return None;
            }
            for _ in 0..parts {
                let back = signed(take(&mut bytes)?);
                let back_utf16 = back.checked_sub(signed(take(&mut bytes)?))?;
                let place = Place { start: before(start, back)?, start_utf16: before(start_utf16, back_utf16)?, length: take(&mut bytes)? };
                if place.length >> 16 != 0 {
                    return None;
                }
                context.push(place);
            }
        }
        found.push(UnitRecord { ranges, kind, part: flags & PART != 0, context, leans: flags & LEANS != 0 });
    }
    Some(found)
}

fn before(place: u64, back: i64) -> Option<u64> {
    place.checked_add_signed(back.checked_neg()?)
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn signed(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number that [`put`] wrote off the front of some bytes.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::span::Span;
    use crate::text::units::ContextPart;

    fn span(start: u64, length: u64) -> Span {
        Span { start, end: start + length, start_utf16: start / 2, end_utf16: (start + length) / 2 }
    }

    proptest! {
        #[test]
        fn what_was_put_is_taken(places in prop::collection::vec((0_u64..40, 1_u64..300, 0_u8..12, any::<bool>()), 1..30), start in 1_000_000_u64..1 << 40) {
            let mut at = start;
            let units: Vec<TextUnit> = places.iter().map(|(gap, length, kind, part)| {
                let mut spans = vec![span(at + gap, *length)];
                at += gap + length;
                if *kind == 11 {
                    spans.push(span(at + 3, 5));
                    at += 8;
                }
                let kinds = [UnitKind::Said, UnitKind::Heading(kind + 1), UnitKind::Lead, UnitKind::Quoted];
                let context: Vec<ContextPart> = (0..kind / 4).map(|n| ContextPart { span: span(start - 900 + u64::from(n), 20), text: "x".repeat(20) }).collect();
                TextUnit { spans, text: String::new(), kind: kinds[usize::from(kind % 4)], part: *part, context: context.into(), leans: kind % 3 == 0 }
            }).collect();
            let bytes = encoded(start, start / 2, &units);
            let found = decoded(&bytes, start, start / 2, (at - start) as usize).unwrap();
            prop_assert_eq!(found.len(), units.len());
            for (found, unit) in found.iter().zip(&units) {
                let ranges: Vec<Range<usize>> = unit.spans.iter().map(|s| (s.start - start) as usize..(s.end - start) as usize).collect();
                let context: Vec<Place> = unit.context.iter().map(|p| Place { start: p.span.start, start_utf16: p.span.start_utf16, length: 20 }).collect();
                prop_assert_eq!(found, &UnitRecord { ranges, kind: unit.kind, part: unit.part, context, leans: unit.leans });
            }
        }

        #[test]
        fn a_unit_of_no_part_is_refused(several in 0_u64..2, flags in any::<u8>()) {
            let mut bytes = vec![flags & !KIND | SEVERAL];
            put(&mut bytes, several);
            bytes.resize(bytes.len() + 20, 0);
            prop_assert!(decoded(&bytes, 1000, 900, 500).is_none());
        }

        #[test]
        fn whatever_stands_there_is_refused_or_inside(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for unit in decoded(&bytes, 1000, 900, 500).unwrap_or_default() {
                prop_assert!(unit.ranges.iter().all(|range| range.end <= 500) && !unit.ranges.is_empty());
            }
        }
    }
}
