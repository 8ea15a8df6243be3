//! Sentences, headings and passages of a document.
//!
//! ```
//! let units = edgeinfinite_core::passage::units("# Parts\n\nOne is red. Two is\nblue.");
//! let text: Vec<_> = units.iter().map(|u| (u.heading, &"# Parts\n\nOne is red. Two is\nblue."[u.start..u.end])).collect();
//! assert_eq!(text, [(true, "# Parts"), (false, "One is red."), (false, "Two is\nblue.")]);
//! ```

use unicode_segmentation::UnicodeSegmentation;

use crate::error::Result;
use crate::text::folded;
use crate::tokens::Tokens;

/// A unit longer than this (bytes) is cut.
const LONG: usize = 480;
/// A line longer than this (bytes) is no heading.
const HEADING: usize = 90;

/// A sentence or a heading: byte positions in the text it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Unit {
    pub start: usize,
    pub end: usize,
    pub heading: bool,
}

/// The units of a text in order. White space between them belongs to none; all else belongs to exactly one. A heading is a line of its own with
/// a sentence or a heading of a deeper level after it.
pub fn units(text: &str) -> Vec<Unit> {
    let mut found = split(text, true);
    for at in 0..found.len() {
        let level = |unit: &Unit| heading_level(&text[unit.start..unit.end]);
        let leads = found.get(at + 1).is_some_and(|next| !next.heading || level(next) > level(&found[at]));
        found[at].heading &= leads;
    }
    found
}

/// The units of a passage: its first one is a heading or not, as it was when the document was read; all others are sentences.
pub fn units_of_passage(text: &str, heading: bool) -> Vec<Unit> {
    let mut found = split(text, false);
    if let Some(first) = found.first_mut() {
        first.heading = heading;
    }
    found
}

/// Units with their tokens as a citing model reads them, cut further where one takes more than `most` tokens.
pub fn tokenized(text: &str, units: Vec<Unit>, most: usize, tokens: &Tokens) -> Result<Vec<(Unit, Vec<u32>)>> {
    let mut found = Vec::with_capacity(units.len());
    let mut waiting: Vec<Unit> = units.into_iter().rev().collect();
    while let Some(unit) = waiting.pop() {
        let words = &text[unit.start..unit.end];
        let ids = tokens.encode(&folded(words))?;
        let middle = clause(words, words.len().div_ceil(2).max(1));
        if ids.len() <= most || middle == 0 || middle >= words.len() {
            found.push((unit, ids));
            continue;
        }
        let after = middle + words[middle..].len() - words[middle..].trim_start().len();
        waiting.push(Unit { start: unit.start + after, heading: false, ..unit });
        waiting.push(Unit { end: unit.start + words[..middle].trim_end().len(), heading: false, ..unit });
    }
    Ok(found)
}

fn split(text: &str, headings: bool) -> Vec<Unit> {
    let mut found = Vec::new();
    let mut paragraph: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let words = line.trim();
        let blank = words.is_empty();
        let opens = blank || starts_item(words) || words.starts_with('#');
        if opens && let Some((from, to)) = paragraph.take() {
            split_paragraph(text, from, to, headings, &mut found);
        }
        if !blank {
            paragraph = Some((paragraph.map_or(start, |p| p.0), end));
            if words.starts_with('#') {
                split_paragraph(text, start, end, headings, &mut found);
                paragraph = None;
            }
        }
    }
    if let Some((from, to)) = paragraph {
        split_paragraph(text, from, to, headings, &mut found);
    }
    found
}

fn split_paragraph(text: &str, from: usize, to: usize, headings: bool, found: &mut Vec<Unit>) {
    let paragraph = &text[from..to];
    if headings && is_heading(paragraph) {
        return push(text, from, to, true, found);
    }
    // A line end inside a paragraph is a space like any other; one byte for one byte, so that positions stay.
    let joined = paragraph.replace(['\n', '\r'], " ");
    let mut start = 0;
    for (at, sentence) in joined.split_sentence_bound_indices() {
        let end = at + sentence.len();
        if end < joined.len() && !ends_sentence(joined[start..end].trim_end()) {
            continue;
        }
        push(text, from + start, from + end, false, found);
        start = end;
    }
}

fn push(text: &str, start: usize, end: usize, heading: bool, found: &mut Vec<Unit>) {
    let whole = &text[start..end];
    let start = start + (whole.len() - whole.trim_start().len());
    let mut rest = whole.trim();
    let mut at = start;
    while !rest.is_empty() {
        let length = if rest.len() > LONG { clause(rest, LONG) } else { rest.len() };
        let piece = &rest[..length];
        if !piece.trim().is_empty() {
            found.push(Unit { start: at, end: at + piece.trim_end().len(), heading });
        }
        let next = rest[length..].trim_start();
        at += rest.len() - next.len();
        rest = next;
    }
}

/// Where a sentence that is too long is cut: after a clause if there is one in the second half, else after a word, else a character.
fn clause(text: &str, limit: usize) -> usize {
    let limit = text.ceil_char_boundary(limit);
    let from = text.floor_char_boundary(limit / 2);
    let after = |mark: char| {
        let spaced = |at: &(usize, &str)| text[at.0 + mark.len_utf8()..].starts_with(char::is_whitespace);
        text[from..limit].rmatch_indices(mark).map(|(at, m)| (from + at, m)).find(spaced).map(|(at, _)| at + mark.len_utf8())
    };
    let word = text[from..limit].rfind(char::is_whitespace).map(|at| from + at);
    [after(';'), after(':'), after(','), word].into_iter().flatten().next().unwrap_or(limit)
}

/// A sentence does not end after an initial, a list number or a common abbreviation.
fn ends_sentence(sentence: &str) -> bool {
    const ABBREVIATIONS: [&str; 22] = [
        "mr", "mrs", "ms", "dr", "st", "prof", "vs", "etc", "e.g", "i.e", "cf", "no", "sec", "fig", "al", "inc", "ltd", "co", "corp", "jr",
        "sr", "u.s",
    ];
    let Some(stem) = sentence.strip_suffix('.') else {
        return true;
    };
    let word = stem.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let number = word == stem && word.len() <= 4 && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    !(initial || number || ABBREVIATIONS.contains(&word.to_lowercase().as_str()))
}

fn starts_item(line: &str) -> bool {
    let Some((mark, rest)) = line.split_once(' ') else {
        return false;
    };
    let inner = mark.trim_start_matches('(').trim_end_matches([')', '.']);
    let counted = mark.ends_with([')', '.']) && !inner.is_empty() && inner.len() <= 2;
    let counts = inner.chars().all(|c| c.is_ascii_digit()) || (mark.ends_with(')') && inner.chars().all(|c| c.is_ascii_lowercase()));
    !rest.trim().is_empty() && (matches!(mark, "-" | "*" | "+" | "•") || (counted && counts))
}

/// A paragraph of one short line without a sentence's end, or one that begins with `#`.
fn is_heading(paragraph: &str) -> bool {
    let line = paragraph.trim();
    if line.contains('\n') || line.len() > HEADING || !line.contains(|c: char| c.is_alphabetic()) {
        return false;
    }
    if line.starts_with('#') {
        return true;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let numbered = words[0].ends_with('.') && words[0].starts_with(|c: char| c.is_ascii_digit()) && words.len() <= 12;
    let body = if numbered { line.strip_suffix('.').unwrap_or(line) } else { line };
    let open = !body.ends_with(['.', ',', ';', ':', '!', '?', '"', '”', ')', '>']);
    let named = words[usize::from(numbered && words.len() > 1)].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    open && named && words.len() <= 12 && !body.contains(". ") || (numbered && open && named)
}

/// How deep a heading stands, from 1: the number of its `#`, or of the parts of its number (`1.2.3`), at most 6.
pub fn heading_level(heading: &str) -> u8 {
    let mark = heading.split_whitespace().next().unwrap_or_default();
    let number = mark.trim_end_matches([')', '.', ':']);
    let parts = number.split('.').take_while(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let depth = if mark.starts_with('#') { mark.len() - mark.trim_start_matches('#').len() } else { parts.count() };
    depth.clamp(1, 6) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(bool, &str)> {
        units(text).iter().map(|u| (u.heading, &text[u.start..u.end])).collect()
    }

    #[test]
    fn paragraphs_lists_and_headings() {
        let text = "Preamble\n\nThe licence is free.  It may\nbe copied. See Mr. Smith.\n- one thing\n- two things\n\n  4. Conveying Verbatim Copies.\n\n(a) first; (b) x\n";
        assert_eq!(
            texts(text),
            [
                (true, "Preamble"),
                (false, "The licence is free."),
                (false, "It may\nbe copied."),
                (false, "See Mr. Smith."),
                (false, "- one thing"),
                (false, "- two things"),
                (true, "4. Conveying Verbatim Copies."),
                (false, "(a) first; (b) x"),
            ]
        );
    }

    #[test]
    fn nothing_but_white_space_is_lost() {
        let clauses = "one thing and another; ".repeat(40);
        assert!(texts(&clauses).iter().all(|t| t.1.ends_with(';')));
        assert_eq!(
            texts("Part One\n\nChapter 2\n\nIt begins.\n\nThe End"),
            [(false, "Part One"), (true, "Chapter 2"), (false, "It begins."), (false, "The End")]
        );
        for text in ["", " \n ", "x", &"word ".repeat(400), &"字".repeat(900), "a. b. c.\r\n\r\nD e. F", "🙂🙂. 🙂"] {
            let kept: String = texts(text).iter().map(|t| t.1).collect();
            let bare = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&kept), bare(text));
            assert!(units(text).iter().all(|u| u.end - u.start <= LONG + 3 && u.end > u.start));
        }
    }
}
