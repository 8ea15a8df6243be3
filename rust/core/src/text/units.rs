//! Sentences and headings of a document; a row of a table and a line of fenced code count as sentences.
//!
//! ```
//! let units = edgeinfinite_core::testing::units("# Parts\n\nOne is red. Two is\nblue.");
//! let text: Vec<_> = units.iter().map(|u| (u.heading, &"# Parts\n\nOne is red. Two is\nblue."[u.start..u.end])).collect();
//! assert_eq!(text, [(true, "# Parts"), (false, "One is red."), (false, "Two is\nblue.")]);
//! ```

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::error::Result;
use crate::text::markup::{heading_level, is_fence, is_heading, is_marked_heading, is_row, is_stars, starts_item};
use crate::text::sentence::{clause, ends_sentence, several};
use crate::text::tokenizer::Tokens;
use crate::text::whitespace::folded;

/// A unit longer than this (bytes) is cut.
const LONG: usize = 480;
/// A code fence that stays open for more lines than this was none.
const FENCE: u16 = 1000;

/// A sentence, a heading or a line of code: byte positions in the text it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TextUnit {
    pub start: usize,
    pub end: usize,
    pub heading: bool,
    /// In a code fence, its marks included.
    pub code: bool,
}

/// What a passage begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Ordinary text.
    Sentence,
    /// A heading of so many bytes.
    Heading(usize),
    /// A line in a code fence.
    Code,
}

impl TextUnit {
    /// What a passage that begins with it begins with.
    pub fn first(&self) -> First {
        match (self.heading, self.code) {
            (true, _) => First::Heading(self.end - self.start),
            (_, true) => First::Code,
            _ => First::Sentence,
        }
    }
}

/// Whether a code fence is open where a text is cut: lines that it may still go on for, 0 when it is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fence(u16);

/// The units of a text in order. White space between them belongs to none; all else belongs to exactly one. A heading is a line of its own with
/// a sentence or a heading of a deeper level after it.
pub fn units(text: &str) -> Vec<TextUnit> {
    units_after(text, &mut Fence::default())
}

/// As [`units`], of a text that comes in parts.
pub fn units_after(text: &str, fence: &mut Fence) -> Vec<TextUnit> {
    let mut found = split(text, true, fence);
    for at in 0..found.len() {
        let level = |unit: &TextUnit| heading_level(&text[unit.start..unit.end]);
        let leads = found.get(at + 1).is_some_and(|next| !next.heading || level(next) > level(&found[at]));
        found[at].heading &= leads;
    }
    found
}

/// The units of a passage: its first one is what it was when the document was read; none of the others is a heading.
pub fn units_of_passage(text: &str, first: First) -> Vec<TextUnit> {
    let inside = first == First::Code && !is_fence(text.lines().next().unwrap_or_default());
    let mut found = split(text, false, &mut Fence(if inside { FENCE } else { 0 }));
    if let (Some(unit), First::Heading(_)) = (found.first_mut(), first) {
        unit.heading = true;
    }
    found
}

/// Units with their tokens as a citing model reads them, cut further where one takes more than `most` tokens.
///
/// # Errors
/// `model.tokenizer` when the tokenizer fails.
pub fn tokenized(text: &str, units: Vec<TextUnit>, most: usize, tokens: &Tokens) -> Result<Vec<(TextUnit, Vec<u32>)>> {
    let mut found = Vec::with_capacity(units.len());
    let mut waiting: Vec<TextUnit> = units.into_iter().rev().collect();
    while let Some(unit) = waiting.pop() {
        let words = &text[unit.start..unit.end];
        let ids = tokens.encode(&folded(words))?;
        let middle = clause(words, words.len().div_ceil(2).max(1));
        if ids.len() <= most || middle == 0 || middle >= words.len() {
            found.push((unit, ids));
            continue;
        }
        let after = middle + words[middle..].len() - words[middle..].trim_start().len();
        waiting.push(TextUnit { start: unit.start + after, heading: false, ..unit });
        waiting.push(TextUnit { end: unit.start + words[..middle].trim_end().len(), heading: false, ..unit });
    }
    Ok(found)
}

fn split(text: &str, headings: bool, fence: &mut Fence) -> Vec<TextUnit> {
    let mut found = Vec::new();
    let mut paragraph: Option<(usize, usize)> = None;
    let mut opened: Option<usize> = None; // a fence's mark, which goes with the first line in it
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        let end = at + line.len();
        at = end;
        let words = line.trim();
        let blank = words.is_empty();
        if fence.0 > 0 {
            fence.0 -= 1;
            if is_fence(words) {
                fence.0 = if words.ends_with('`') { 0 } else { FENCE };
            }
            if !blank {
                push_line(text, opened.take().unwrap_or(start), end, UnitKind::Code, &mut found);
            }
            continue;
        }
        let alone = is_marked_heading(line) || is_row(words) || is_stars(words);
        let opens = blank || alone || is_fence(words) || starts_item(words);
        if opens && let Some((from, to)) = paragraph.take() {
            split_paragraph(text, from, to, headings, &mut found);
        }
        if is_fence(words) {
            *fence = Fence(FENCE);
            opened = Some(start);
        } else if is_row(words) {
            push_line(text, start, end, UnitKind::Row, &mut found);
        } else if alone {
            split_paragraph(text, start, end, headings, &mut found);
        } else if !blank {
            paragraph = Some((paragraph.map_or(start, |p| p.0), end));
        }
    }
    if let Some((from, to)) = paragraph {
        split_paragraph(text, from, to, headings, &mut found);
    }
    if let Some(start) = opened {
        push(text, start, text.len(), UnitKind::Code, &mut found);
    }
    found
}

fn split_paragraph(text: &str, from: usize, to: usize, headings: bool, found: &mut Vec<TextUnit>) {
    let paragraph = &text[from..to];
    if headings && is_heading(paragraph) {
        return push(text, from, to, UnitKind::Heading, found);
    }
    // A line end inside a paragraph is a space like any other; one byte for one byte, so that positions stay.
    let joined = paragraph.replace(['\n', '\r'], " ");
    let (mut start, mut before): (usize, Option<(usize, usize)>) = (0, None);
    for (at, sentence) in joined.split_sentence_bound_indices() {
        let end = at + sentence.len();
        let words = joined[start..end].trim();
        let glued = sentence.ends_with(|c: char| c.is_ascii_graphic()); // "?" in an address
        if end < joined.len() && (glued || !(ends_sentence(words) && several(words))) {
            continue;
        }
        if !several(words)
            && let Some(before) = before
        {
            found.truncate(before.1);
            start = before.0;
        }
        before = Some((start, found.len()));
        push(text, from + start, from + end, UnitKind::Sentence, found);
        start = end;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum UnitKind {
    Sentence,
    Heading,
    Row,
    Code,
}

/// A line as it stands; one without a letter or digit goes with the line before.
fn push_line(text: &str, start: usize, end: usize, kind: UnitKind, found: &mut Vec<TextUnit>) {
    let line = text[start..end].trim_end();
    let plain = !line.contains(char::is_alphanumeric);
    if plain
        && let Some(last) = found.last_mut()
        && (last.code == (kind == UnitKind::Code) && text[last.end..start].trim().is_empty() && end - last.start <= LONG)
        && (kind == UnitKind::Code || text[last.start..].starts_with('|'))
    {
        last.end = start + line.len();
        return;
    }
    push(text, start, end, kind, found);
}

fn push(text: &str, start: usize, end: usize, kind: UnitKind, found: &mut Vec<TextUnit>) {
    let whole = &text[start..end];
    let start = start + (whole.len() - whole.trim_start().len());
    let mut rest = whole.trim();
    let mut at = start;
    while !rest.is_empty() {
        let length = if rest.len() > LONG { clause(rest, LONG) } else { rest.len() };
        let piece = &rest[..length];
        if !piece.trim().is_empty() {
            let heading = kind == UnitKind::Heading;
            let code = kind == UnitKind::Code;
            found.push(TextUnit { start: at, end: at + piece.trim_end().len(), heading, code });
        }
        let next = rest[length..].trim_start();
        at += rest.len() - next.len();
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn wrapped_lines_stay_together_whatever_they_begin_with() {
        let text = "#26587: Fix a typo (it says -exec\nin the text).\n\n48. It is not treated unless the operator is\n    # or % or new.\n\nSee http://a.org/?group=find for\nmore. They name\n#1 first.\n";
        let expected = [
            (false, "#26587: Fix a typo (it says -exec\nin the text)."),
            (false, "48. It is not treated unless the operator is\n    # or % or new."),
            (false, "See http://a.org/?group=find for\nmore."),
            (false, "They name\n#1 first."),
        ];
        assert_eq!(texts(text), expected);
        let boxed = "*****************\n*               *\n*  It is given  *\n*  as it is.    *\n*               *\n*  More.  Yes.  *\n";
        let expected =
            ["*****************", "*               *", "*  It is given  *\n*  as it is.    *", "*               *", "*  More.  Yes.  *"];
        assert_eq!(texts(boxed).iter().map(|t| t.1).collect::<Vec<_>>(), expected);
        assert_eq!(
            texts("# One\n## Two\ntext\n####### seven\n#\n"),
            [(true, "# One"), (true, "## Two"), (false, "text\n####### seven"), (false, "#")]
        );
    }

    #[test]
    fn tables_and_code_are_read_line_by_line() {
        let text = "Prices\n\n| Thing | Price |\n|---|---|\n| Oak. Old. | 4 |\n\nUse it:\n```rust\n# Not a heading\nfn main() {\n\n    go(1);\n}\n```\nSo it goes.\n";
        let expected = [
            (false, "Prices"),
            (false, "| Thing | Price |\n|---|---|"),
            (false, "| Oak. Old. | 4 |"),
            (false, "Use it:"),
            (false, "```rust\n# Not a heading"),
            (false, "fn main() {"),
            (false, "    go(1);\n}\n```".trim_start()),
            (false, "So it goes."),
        ];
        let found = texts(text);
        assert_eq!(found[1..], expected[1..]);
        assert_eq!(found[0].1, expected[0].1);
        let marked = units(text);
        assert_eq!(marked.iter().filter(|u| u.code).count(), 3);

        // Cut anywhere into parts, and into passages that begin at any unit.
        let whole: Vec<&str> = found.iter().map(|t| t.1).collect();
        for line in text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        }) {
            let mut fence = Fence::default();
            let (first, second) = text.split_at(line);
            let mut parts: Vec<&str> = units_after(first, &mut fence).iter().map(|u| &first[u.start..u.end]).collect();
            parts.extend(units_after(second, &mut fence).iter().map(|u| &second[u.start..u.end]));
            assert_eq!(parts.concat().split_whitespace().collect::<String>(), whole.concat().split_whitespace().collect::<String>());
            assert!(parts.contains(&"fn main() {") && parts.contains(&"So it goes."), "{parts:?}");
        }
        for (number, unit) in marked.iter().enumerate() {
            let passage = &text[unit.start..];
            let again: Vec<&str> = units_of_passage(passage, unit.first()).iter().map(|u| &passage[u.start..u.end]).collect();
            assert_eq!(again, whole[number..]);
        }
    }

    #[test]
    fn a_fence_that_is_never_closed_was_none() {
        let text = format!("```\n{}# Late\n\nIt is prose. And more of it.\n", "x = 1\n".repeat(FENCE.into()));
        assert_eq!(texts(&text)[usize::from(FENCE)..], [(true, "# Late"), (false, "It is prose."), (false, "And more of it.")]);
        assert_eq!(texts("See ```this``` one. Not that."), [(false, "See ```this``` one."), (false, "Not that.")]);
    }

    #[test]
    fn a_word_alone_is_no_sentence() {
        let text = "Wait! The gate is closed. Why? Nobody knows. Never.\n\nYes.\n\n今日は晴れ。明日は雨。";
        let expected = ["Wait! The gate is closed.", "Why? Nobody knows. Never.", "Yes.", "今日は晴れ。", "明日は雨。"];
        assert_eq!(texts(text).iter().map(|t| t.1).collect::<Vec<_>>(), expected);
        let text = "2. Waiver. To the greatest extent it is given up. It was so in 1990.\n\n3.1. Fees. None are due.";
        let expected = ["2. Waiver. To the greatest extent it is given up.", "It was so in 1990.", "3.1. Fees. None are due."];
        assert_eq!(texts(text).iter().map(|t| t.1).collect::<Vec<_>>(), expected);
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
            check(text);
        }
    }

    /// Units follow each other, none is long, and together they are the text without white space.
    fn check(text: &str) {
        let found = units(text);
        let kept: String = found.iter().map(|u| &text[u.start..u.end]).collect();
        let bare = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(bare(&kept), bare(text));
        assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(found.iter().all(|u| u.end - u.start <= LONG + 3 && u.end > u.start), "{text:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_of_any_text(lines in "(#{0,2}[A-Za-z字.|`;1-]{0,6}( [a-z.!|]{0,8}){0,3}(```)?\n{0,2}){0,40}", times in 1_usize..30) {
            check(&lines);
            check(&lines.replace(' ', &"long ".repeat(times)));
        }
    }
}
