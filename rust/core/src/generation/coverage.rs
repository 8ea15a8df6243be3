//! How every byte of a document took part in an answer.

use crate::answer::{Coverage, CoverageKind, Span};
use crate::error::Result;
use crate::text::source::TextSource;

/// A longer gap is not looked at: it counts as text (bytes).
const GAP: u64 = 4096;

/// Stretches that took part, gathered while an answer is made.
#[derive(Debug, Default)]
pub(crate) struct Covered {
    parts: Vec<(Span, CoverageKind)>,
}

impl Covered {
    /// One more stretch. What follows the one before with only white space between joins it, so a whole document is one part.
    pub fn add(&mut self, source: &TextSource, span: Span, kind: CoverageKind) -> Result<()> {
        match self.parts.last_mut() {
            Some((last, of)) if *of == kind && last.end <= span.start && white(source, last.end, span.start)? => {
                (last.end, last.end_utf16) = (span.end, span.end_utf16);
            }
            _ => self.parts.push((span, kind)),
        }
        Ok(())
    }

    /// Every byte of the document in order; what no stretch covers is `rest`, white space what stands before it.
    pub fn whole(mut self, source: &TextSource, end_utf16: u64, rest: CoverageKind) -> Result<Vec<Coverage>> {
        self.parts.sort_by_key(|(span, _)| *span);
        let whole = Span { start: 0, end: source.length(), start_utf16: 0, end_utf16 };
        let mut found: Vec<Coverage> = Vec::new();
        let (mut at, mut at_utf16) = (0, 0);
        for (span, kind) in self
            .parts
            .iter()
            .map(|(span, kind)| (*span, Some(*kind)))
            .chain([(Span { start: whole.end, start_utf16: end_utf16, ..whole }, None)])
        {
            if span.start > at {
                let gap = Span { start: at, end: span.start, start_utf16: at_utf16, end_utf16: span.start_utf16 };
                let beside = if white(source, gap.start, gap.end)? { found.last().map(|c| c.kind).or(kind) } else { None };
                push(&mut found, gap, beside.unwrap_or(rest));
                (at, at_utf16) = (gap.end, gap.end_utf16);
            }
            if let Some(kind) = kind
                && span.end > at
            {
                push(&mut found, Span { start: at, start_utf16: at_utf16, ..span }, kind);
                (at, at_utf16) = (span.end, span.end_utf16);
            }
        }
        Ok(found)
    }
}

fn push(found: &mut Vec<Coverage>, span: Span, kind: CoverageKind) {
    match found.last_mut() {
        Some(last) if last.kind == kind => (last.span.end, last.span.end_utf16) = (span.end, span.end_utf16),
        _ => found.push(Coverage { span, kind }),
    }
}

fn white(source: &TextSource, start: u64, end: u64) -> Result<bool> {
    Ok(end - start <= GAP && source.slice(start, end)?.trim_start_matches('\u{feff}').trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::units::units;

    proptest! {
        #[test]
        fn the_ranges_add_up_to_the_whole_text(
            text in "\u{feff}?([A-Za-zé字🙂#*0-9(]{1,12}[ .\n,;]{1,3}){1,60}",
            chosen in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12),
        ) {
            let source = TextSource::text(text.clone()).unwrap();
            let units = units(&text);
            let mut covered = Covered::default();
            let mut expected = Vec::new();
            for (index, exact) in chosen {
                let unit = index.get(&units);
                let kind = if exact { CoverageKind::Exact } else { CoverageKind::Recalled };
                let before = Span::within(0, 0, &text, 0, unit.start);
                covered.add(&source, Span::within(unit.start as u64, before.end_utf16, &text[unit.start..], 0, unit.end - unit.start), kind).unwrap();
                expected.push(*unit);
            }
            let total = text.encode_utf16().count() as u64;
            let ranges = covered.whole(&source, total, CoverageKind::Skipped).unwrap();
            let (mut at, mut at_utf16, mut before) = (0, 0, None);
            for range in &ranges {
                prop_assert_eq!((range.span.start, range.span.start_utf16), (at, at_utf16));
                prop_assert!(range.span.end > at && before != Some(range.kind));
                (at, at_utf16, before) = (range.span.end, range.span.end_utf16, Some(range.kind));
                prop_assert_eq!(text[..at as usize].encode_utf16().count() as u64, at_utf16);
            }
            prop_assert_eq!((at, at_utf16), (text.len() as u64, total));
            for unit in units {
                let range = ranges.iter().find(|r| r.span.end > unit.start as u64).unwrap();
                prop_assert!(range.span.end >= unit.end as u64, "a sentence is of one kind");
                prop_assert_eq!(range.kind == CoverageKind::Skipped, !expected.contains(&unit));
            }
        }
    }
}
