//! A text's lines: every kind of line end, quote marks, form feeds.

use std::ops::Range;

/// A line, or a column's part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its words, without white space around them and quote marks before them.
    pub words: Range<usize>,
    /// Its words and all the white space after them, the line's end included.
    pub piece: Range<usize>,
    /// The quote marks before its words, or an empty range.
    pub marks: Range<usize>,
    /// Columns before its words.
    pub indent: usize,
    /// Quote marks before its words.
    pub quote: u8,
    /// Pages that begin before its words.
    pub feeds: u32,
    /// A page's header or footer.
    pub furniture: bool,
    /// It stands at the top of a column: a sentence may go on there.
    pub turned: bool,
    /// A part of a line: it stands in one of two columns.
    pub column: bool,
}

impl Line {
    pub fn is_blank(&self) -> bool {
        self.words.is_empty()
    }

    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.words.clone()]
    }

    /// Columns that its words take, the indent included.
    pub fn width(&self, text: &str) -> usize {
        self.indent + text[self.words.clone()].chars().count()
    }
}

/// Ends a line: LF, CR, CRLF, NEL, line and paragraph separators, vertical tab; a form feed as well.
fn is_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that are drawn as nothing, at the beginning of a line.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The end of a text's first so many bytes where it may be cut: after a blank line, else a line, else a word; all of it, if it is shorter.
pub(crate) fn cut(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let head = &text[..text.floor_char_boundary(most)];
    let blank = ["\n\n", "\r\n\r\n", "\r\r", "\u{2029}"].iter().filter_map(|end| head.rfind(end).map(|at| at + end.len())).max();
    let line = || head.rfind(is_end).map(|at| at + head[at..].chars().next().map_or(0, char::len_utf8));
    let word = || head.rfind(char::is_whitespace).map(|at| at + head[at..].chars().next().map_or(0, char::len_utf8));
    blank.filter(|at| *at > most / 2).or_else(line).filter(|at| *at > most / 4).or_else(word).filter(|at| *at > 0).unwrap_or(head.len())
}

/// The lines of a text in order.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let (mut at, mut feeds) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let length = rest.find(is_end).unwrap_or(rest.len());
        let end = at + length;
        let mut after = end;
        if let Some(c) = text[end..].chars().next() {
            after += c.len_utf8();
            if c == '\r' && text[after..].starts_with('\n') {
                after += 1;
            }
        }
        let mut line = line(text, at..end);
        line.piece.end = after;
        let feed = text[end..after].starts_with('\u{c}');
        // A form feed that only ends an empty line makes no line.
        if !(feed && line.is_blank() && line.quote == 0) {
            line.feeds = std::mem::take(&mut feeds);
            found.push(line);
        } else if let Some(last) = found.last_mut() {
            last.piece.end = after;
        }
        feeds += u32::from(feed);
        at = after;
    }
    found
}

fn line(text: &str, at: Range<usize>) -> Line {
    let mut rest = &text[at.clone()];
    let mut marks = at.start..at.start;
    let (mut indent, mut quote) = (0, 0);
    loop {
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
        indent += rest[..rest.len() - trimmed.len()].chars().map(|c| if c == '\t' { 4 } else { usize::from(!is_unseen(c)) }).sum::<usize>();
        rest = trimmed;
        // ">" of a quoted message; ">>>" of a Python session counts as three, as it would there.
        match rest.strip_prefix('>') {
            Some(more) if quote < 50 && indent < 4 + 2 * usize::from(quote) => {
                if quote == 0 {
                    marks.start = at.end - rest.len();
                }
                (rest, quote) = (more, quote + 1);
                marks.end = at.end - rest.len();
                indent = 0;
            }
            _ => break,
        }
    }
    let start = at.end - rest.len();
    let words = start..start + rest.trim_end().len();
    Line { piece: start..at.end, words, marks, indent, quote, feeds: 0, furniture: false, turned: false, column: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end() {
        for text in [
            "one\ntwo\n\nthree",
            "one\r\ntwo\r\n\r\nthree",
            "one\rtwo\r\rthree",
            "one\u{2028}two\u{2028}\u{2028}three",
            "one\u{85}two\u{85}\u{85}three",
        ] {
            let found: Vec<&str> = lines(text).iter().map(|line| &text[line.words.clone()]).collect();
            assert_eq!(found, ["one", "two", "", "three"], "{text:?}");
        }
    }

    #[test]
    fn quote_marks_are_no_words() {
        let text = "> > On Monday\n>> she wrote\n>\nyes > no\n\u{200e}> left";
        let found: Vec<_> = lines(text).iter().map(|line| (line.quote, line.text(text).to_string())).collect();
        let expected = [(2, "On Monday"), (2, "she wrote"), (1, ""), (0, "yes > no"), (1, "left")];
        assert_eq!(found, expected.map(|(quote, words)| (quote, words.to_string())));
    }

    #[test]
    fn pages_begin_at_form_feeds() {
        let text = "cost\n\u{c}about\n\n\u{c}\u{c}\nlast";
        let found: Vec<_> = lines(text).iter().map(|line| (line.feeds, line.text(text))).collect();
        assert_eq!(found, [(0, "cost"), (1, "about"), (0, ""), (2, ""), (0, "last")]);
    }
}
