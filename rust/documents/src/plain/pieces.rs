//! Lines to pieces: joined over line ends, without quote marks and without the hyphens that only wrap a word.

use std::ops::Range;

use super::lines::Line;

/// The pieces of lines in order of reading.
pub(crate) fn pieces(text: &str, lines: &[&Line]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let hyphen = at.checked_sub(1).and_then(|before| hyphen(text, lines[before], line));
        match found.last_mut() {
            Some(last) if hyphen.is_some() => {
                last.end = hyphen.unwrap_or(last.end);
                found.push(line.piece.clone());
            }
            Some(last) if last.end <= line.piece.start && text[last.end..line.piece.start].trim().is_empty() => last.end = line.piece.end,
            _ => found.push(line.piece.clone()),
        }
    }
    if let (Some(piece), Some(line)) = (found.last_mut(), lines.last()) {
        piece.end = line.words.end;
    }
    found
}

/// Where the hyphen stands that parts a word over two lines: "muni-" and "cipality", not "pre-" and "and".
fn hyphen(text: &str, line: &Line, next: &Line) -> Option<usize> {
    const JOINING: [&str; 8] = ["and", "or", "und", "oder", "et", "ou", "y", "o"];
    let words = line.text(text);
    let mark = words.chars().next_back().filter(|c| matches!(c, '-' | '\u{ad}' | '\u{2010}'))?;
    let stem = &words[..words.len() - mark.len_utf8()];
    let after = next.text(text);
    let word = after.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let parted = stem.ends_with(char::is_lowercase) && after.starts_with(char::is_lowercase) && !JOINING.contains(&word);
    parted.then_some(line.words.start + stem.len())
}
