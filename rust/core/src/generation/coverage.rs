//! How every byte of a document took part in an answer.

use crate::answer::{Coverage, CoverageKind, Span};
use crate::error::Result;
use crate::text::source::TextSource;

/// A longer gap is not looked at: it counts as text (bytes).
const GAP: u64 = 4096;

/// Parts of a document that took part, gathered while an answer is made.
#[derive(Debug, Default)]
pub(crate) struct CoverageMap {
    parts: Vec<Coverage>,
}

impl CoverageMap {
    /// One more part. What follows the one before with only white space between joins it, so a whole document is one part.
    pub fn add(&mut self, source: &TextSource, span: Span, kind: CoverageKind) -> Result<()> {
        match self.parts.last_mut() {
            Some(last) if last.kind == kind && last.span.end <= span.start && is_white(source, last.span.end, span.start)? => {
                extend(&mut last.span, span);
            }
            _ => self.parts.push(Coverage { span, kind }),
        }
        Ok(())
    }

    /// Every byte of the document in order; what no part covers is `rest`, white space what stands before it.
    pub fn ranges(&self, source: &TextSource, end_utf16: u64, rest: CoverageKind) -> Result<Vec<Coverage>> {
        let mut parts = self.parts.clone();
        parts.sort_by_key(|part| part.span);
        let mut ranges = Vec::new();
        for part in parts {
            fill(&mut ranges, source, (part.span.start, part.span.start_utf16), Some(part.kind), rest)?;
            push(&mut ranges, part.span, part.kind);
        }
        fill(&mut ranges, source, (source.length(), end_utf16), None, rest)?;
        Ok(ranges)
    }
}

/// Where the ranges end, in bytes and in UTF-16.
fn end(ranges: &[Coverage]) -> (u64, u64) {
    ranges.last().map_or((0, 0), |last| (last.span.end, last.span.end_utf16))
}

/// Covers the gap before `start`, if there is one: white space as what stands before it, or else as `next`.
fn fill(ranges: &mut Vec<Coverage>, source: &TextSource, start: (u64, u64), next: Option<CoverageKind>, rest: CoverageKind) -> Result<()> {
    let before = end(ranges);
    if start.0 > before.0 {
        let beside = ranges.last().map(|last| last.kind).or(next);
        let kind = if is_white(source, before.0, start.0)? { beside } else { None };
        push(ranges, Span { start: before.0, end: start.0, start_utf16: before.1, end_utf16: start.1 }, kind.unwrap_or(rest));
    }
    Ok(())
}

/// What of a part is not covered yet.
fn push(ranges: &mut Vec<Coverage>, part: Span, kind: CoverageKind) {
    let (start, start_utf16) = end(ranges);
    match ranges.last_mut() {
        _ if part.end <= start => {}
        Some(last) if last.kind == kind => extend(&mut last.span, part),
        _ => ranges.push(Coverage { span: Span { start, start_utf16, ..part }, kind }),
    }
}

fn extend(span: &mut Span, to: Span) {
    span.end = to.end;
    span.end_utf16 = to.end_utf16;
}

fn is_white(source: &TextSource, start: u64, end: u64) -> Result<bool> {
    Ok(end - start <= GAP && source.slice(start, end)?.trim_start_matches('\u{feff}').trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::unit_stream::UnitStream;
    use crate::text::units::TextUnit;

    proptest! {
        #[test]
        fn the_ranges_add_up_to_the_whole_text(
            text in "\u{feff}?x([A-Za-zé字🙂#*0-9(]{1,12}[ .\n,;]{1,3}){1,60}",
            chosen in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12),
        ) {
            let source = TextSource::text(text.clone()).unwrap();
            let mut stream = UnitStream::new(source.clone());
            let units: Vec<TextUnit> = std::iter::from_fn(|| stream.advance().unwrap()).flat_map(|batch| batch.units).collect();
            let mut covered = CoverageMap::default();
            let mut expected = Vec::new();
            for (index, exact) in chosen {
                let unit = index.get(&units);
                let kind = if exact { CoverageKind::Exact } else { CoverageKind::Recalled };
                for span in &unit.spans {
                    covered.add(&source, *span, kind).unwrap();
                    expected.push(*span);
                }
            }
            let total = text.encode_utf16().count() as u64;
            let ranges = covered.ranges(&source, total, CoverageKind::Skipped).unwrap();
            let (mut at, mut at_utf16, mut before) = (0, 0, None);
            for range in &ranges {
                prop_assert_eq!((range.span.start, range.span.start_utf16), (at, at_utf16));
                prop_assert!(range.span.end > at && before != Some(range.kind));
                (at, at_utf16, before) = (range.span.end, range.span.end_utf16, Some(range.kind));
                prop_assert_eq!(text[..at as usize].encode_utf16().count() as u64, at_utf16);
            }
            prop_assert_eq!((at, at_utf16), (text.len() as u64, total));
            for span in units.iter().flat_map(|unit| &unit.spans) {
                let range = ranges.iter().find(|r| r.span.end > span.start).unwrap();
                prop_assert!(range.span.end >= span.end, "a sentence is of one kind");
                prop_assert_eq!(range.kind == CoverageKind::Skipped, !expected.contains(span));
            }
        }
    }
}
