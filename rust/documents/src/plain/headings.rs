//! Which lines are headings: by their marks, or by how they stand.

use super::marks::{self, Style, ends_sentence, item};
use super::prose::{Reader, Shape};
use super::stanza::{Stanza, looks_like_heading};
use crate::block::Block;

impl Reader<'_> {
    /// The level of a line that is a heading: by its marks, or by how it stands.
    pub fn marked_heading(&self, lines: &[usize], at: usize, shape: &Shape, next: Option<&Stanza>) -> Option<u8> {
        let line = &self.lines[lines[at]];
        let words = line.text(self.text);
        if let Some(level) = marks::heading(words, line.indent) {
            return (words.trim_start_matches('#').len() > 1).then_some(level);
        }
        if lines.len() == 1 {
            return self.heading_alone(words, next?);
        }
        let follows = self.words(*lines.get(at + 1)?);
        let before = at.checked_sub(1).map(|before| self.words(lines[before]));
        // A manual page's: capitals, and deeper lines under them.
        let deeper = self.lines[lines[at + 1]].indent >= line.indent + 3;
        if at == 0 && deeper && !words.contains(char::is_lowercase) && looks_like_heading(words) && item(words).is_none() {
            return Some(self.level(words));
        }
        let body = body(words);
        let settled =
            before.is_none_or(ends_sentence) && shape.on_purpose[at] && looks_like_heading(body) && body.split_whitespace().count() <= 8;
        if !settled || shape.records || shape.ragged {
            return None;
        }
        match item(words).map(|mark| (mark.style, mark.number)) {
            None if item(follows).is_some() || marks::label(words).is_some() => None,
            None => {
                let prose = follows.chars().count() * 2 >= words.chars().count() * 3 || ends_sentence(follows);
                let begins = follows.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || !c.is_lowercase());
                (prose && begins && words.contains(char::is_lowercase)).then(|| self.level(words))
            }
            Some((Style::Number(_), number)) => {
                let clause = item(follows).is_some_and(|mark| matches!(mark.style, Style::Decimal(_)));
                let own = follows.split('.').next().is_some_and(|first| first.parse() == Ok(number));
                let prose =
                    item(follows).is_none() && !follows.starts_with(char::is_lowercase) && self.lines[lines[at + 1]].indent <= line.indent;
                (clause && own || prose).then(|| self.level(words))
            }
            Some((Style::Decimal(_) | Style::Clause, _)) => {
                (item(follows).is_none() && !follows.starts_with(char::is_lowercase) && follows.chars().count() > words.chars().count())
                    .then(|| self.level(words))
            }
            Some(_) => None,
        }
    }

    /// The level of a line that stands alone, if something follows that it can be the heading of.
    fn heading_alone(&self, words: &str, next: &Stanza) -> Option<u8> {
        let follows = &self.lines[next.lines[0]];
        let after = follows.text(self.text);
        if follows.quote > 0 || self.is_attribution(next) {
            return None;
        }
        let bold = words.starts_with("**") && words.ends_with("**") && words.len() > 4 && words.len() <= 90;
        let mark = item(words);
        let body = body(words);
        let numbered = mark.is_some_and(|mark| !matches!(mark.style, Style::Bullet(_) | Style::Letter(_)));
        let plain = if numbered { body.strip_suffix('.').unwrap_or(body) } else { body };
        let year = words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit()) && (next.lines.len() > 1 || ends_sentence(after));
        if !(bold || year || looks_like_heading(plain) && (mark.is_none() || numbered)) {
            return None;
        }
        let same = |other: &str| item(other).is_some_and(|other| mark.is_some_and(|mark| mark.style == other.style));
        let leads = mark.is_none() && item(after).is_some() && (words.ends_with([':', ',']) || leads_in(words, after));
        if same(after) || leads || marks::label(words).is_some() && !bold {
            return None;
        }
        let level = self.level(words);
        // Of two lines of one level that follow each other, the first says nothing of what comes after.
        let alike = next.lines.len() == 1 && mark.is_none() && !bold && looks_like_heading(after) && item(after).is_none();
        (!alike || self.level(after) > level || self.is_title()).then_some(level)
    }

    /// Whether nothing stands before.
    fn is_title(&self) -> bool {
        self.first && !self.blocks.iter().any(Block::is_said)
    }

    fn is_attribution(&self, next: &Stanza) -> bool {
        let last = next.lines[next.lines.len() - 1];
        self.words(last).ends_with(':') && self.lines.get(last + 1).is_some_and(|line| line.quote > self.lines[last].quote)
    }

    /// How deep a heading without `#` stands: the title 1, by the parts of its number, others 2.
    fn level(&self, words: &str) -> u8 {
        match item(words).map(|mark| mark.style) {
            None if self.is_title() => 1,
            Some(Style::Decimal(parts)) => (parts + 1).min(6),
            _ if words.starts_with("**") => 3,
            _ => 2,
        }
    }

    /// A heading's words begin after its `#`.
    pub fn leave_out_marks(&mut self) {
        if let Some(piece) = self.blocks.last_mut().and_then(|block| block.pieces.first_mut()) {
            let words = &self.text[piece.clone()];
            let bare = words.trim_start_matches('#');
            if bare.len() < words.len() && bare.starts_with(char::is_whitespace) {
                piece.start = piece.end - bare.trim_start().len();
            }
        }
    }
}

/// A line without the mark that it begins with; "§ 3" and the like are words.
fn body(words: &str) -> &str {
    item(words).filter(|mark| mark.style != Style::Clause).map_or(words, |mark| &words[mark.length..])
}

/// A clause that its list goes on with: most of its words are lower case, and so is the item's first.
fn leads_in(words: &str, item_line: &str) -> bool {
    let body = body(item_line);
    let lower = words.split_whitespace().filter(|word| word.starts_with(char::is_lowercase)).count();
    body.starts_with(char::is_lowercase) && lower >= 2 && lower * 2 >= words.split_whitespace().count()
}

/// "=====" or "-----" under a line.
pub(crate) fn underline(words: &str) -> Option<u8> {
    let all = |mark: char| words.len() >= 3 && words.chars().all(|c| c == mark);
    all('=').then_some(1).or_else(|| all('-').then_some(2))
}
