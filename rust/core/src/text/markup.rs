//! Lines that mark how a text is built: code fences, headings, rows of tables, points of lists.

/// A line longer than this (bytes) is no heading.
const HEADING: usize = 90;

/// Opens or closes a block of code.
pub(crate) fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|rest| !rest.trim_start_matches('`').contains('`'))
}

/// `#` to `######`, then a space: a heading of Markdown. `#123: …` is none, and neither is what stands four spaces in.
pub(crate) fn is_marked_heading(line: &str) -> bool {
    let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
    let text = rest.trim_start_matches('#');
    indent.len() < 4 && (1..=6).contains(&(rest.len() - text.len())) && (text.is_empty() || text.starts_with(char::is_whitespace))
}

/// Stars alone: what parts scenes, and paragraphs in a box of stars.
pub(crate) fn is_stars(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|b| matches!(b, b'*' | b' '))
}

/// A row of a table: between bars.
pub(crate) fn is_row(line: &str) -> bool {
    line.len() > 2 && line.starts_with('|') && line.ends_with('|')
}

/// A point of a list: `-`, `*`, `+`, `•`, or a number or letter with `.` or `)`.
pub(crate) fn starts_item(line: &str) -> bool {
    let Some((mark, rest)) = line.split_once(' ') else {
        return false;
    };
    let inner = mark.trim_start_matches('(').trim_end_matches([')', '.']);
    let counted = mark.ends_with([')', '.']) && !inner.is_empty() && inner.len() <= 2;
    let counts = inner.chars().all(|c| c.is_ascii_digit()) || (mark.ends_with(')') && inner.chars().all(|c| c.is_ascii_lowercase()));
    let boxed = mark == "*" && line.ends_with(" *"); // a line in a box of stars
    !boxed && !rest.trim().is_empty() && (matches!(mark, "-" | "*" | "+" | "•") || (counted && counts))
}

/// A paragraph of one short line without a sentence's end, or one that is marked as a heading.
pub(crate) fn is_heading(paragraph: &str) -> bool {
    let line = paragraph.trim();
    if line.contains('\n') || line.len() > HEADING || !line.contains(|c: char| c.is_alphabetic()) {
        return false;
    }
    if is_marked_heading(line) {
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
