//! A text as it is matched and shown: white space folded to single spaces, without what is drawn as nothing; and the way back.

use std::borrow::Cow;
use std::ops::Range;

/// A text without what is drawn as nothing: soft hyphens, joiners, marks of direction, the escape sequences of terminals, overstriking.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    for (_, shown) in runs(text) {
        seen.push_str(shown);
    }
    Cow::Owned(seen)
}

/// [`visible`], and the way back from its bytes.
#[derive(Debug)]
pub(crate) struct Visible<'t> {
    pub text: Cow<'t, str>,
    /// Where each stretch between what is unseen begins: here, and in the text.
    runs: Vec<(usize, usize)>,
}

impl<'t> Visible<'t> {
    /// Of a text.
    pub fn of(text: &'t str) -> Self {
        if text.bytes().all(is_plain) {
            return Self { text: Cow::Borrowed(text), runs: Vec::new() };
        }
        let (mut seen, mut begun) = (String::with_capacity(text.len()), Vec::new());
        for (start, shown) in runs(text) {
            begun.push((seen.len(), start));
            seen.push_str(shown);
        }
        Self { text: Cow::Owned(seen), runs: begun }
    }

    /// Where a stretch that is not empty stands in the text.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        self.place(range.start)..self.place(range.end.saturating_sub(1)) + 1
    }

    fn place(&self, at: usize) -> usize {
        let run = self.runs.partition_point(|(shown, _)| *shown <= at).checked_sub(1).and_then(|number| self.runs.get(number));
        run.map_or(at, |(shown, start)| start + at - shown)
    }
}

/// White space folded to single spaces, with one leading space: how a citing model reads a piece of text.
pub fn folded(text: &str) -> String {
    visible(text).split_whitespace().flat_map(|word| [" ", word]).collect()
}

/// White space folded to single spaces, nothing around it; visible characters alone.
pub fn trimmed(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_whitespace() && c != ' ';
    if text.trim() == text && !text.contains("  ") && !text.contains(plain) && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible(text).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where a byte of [`trimmed`]`(text)` stands in the text: the first of a word, or the end of one.
pub fn untrimmed(text: &str, at: usize) -> usize {
    let (mut shown, mut gap) = (0, false);
    for (start, run) in runs(text) {
        let mut before = 0;
        for word in run.split_whitespace() {
            let from = word.as_ptr() as usize - run.as_ptr() as usize;
            if shown > 0 && (gap || from > before) {
                shown += 1;
            }
            if at <= shown + word.len() {
                return start + from + at.saturating_sub(shown);
            }
            shown += word.len();
            (before, gap) = (from + word.len(), false);
        }
        gap |= run.len() > before;
    }
    text.len()
}

/// A byte that begins nothing that is unseen: ASCII but for the escape and the backspace.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && byte != 0x1b && byte != 8
}

/// The parts of a text between what is unseen, each with its place.
fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            let mut before = None;
            for (from, c) in text[start..].char_indices() {
                let unseen = unseen(&text[start + from..], c, before);
                if unseen == 0 {
                    before = Some(c);
                    continue;
                }
                at = start + from + unseen;
                // What is struck over is drawn under what comes next.
                let kept = if c == '\u{8}' { from - before.map_or(0, char::len_utf8) } else { from };
                if kept > 0 {
                    return Some((start, &text[start..start + kept]));
                }
                break;
            }
            if at == start {
                at = text.len();
                return Some((start, &text[start..]));
            }
        }
        None
    })
}

/// Bytes that a text begins with and that are drawn as nothing.
fn unseen(text: &str, c: char, before: Option<char>) -> usize {
    match c {
        '\u{ad}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => c.len_utf8(),
        // Elsewhere they join emoji and letters.
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' if before.is_none_or(|c| c.is_ascii_alphanumeric()) => c.len_utf8(),
        '\u{8}' => 1,
        '\u{1b}' => escape(text),
        _ => 0,
    }
}

/// Bytes of the terminal's escape sequence that a text begins with.
fn escape(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let end = bytes[2..].iter().take(32).position(|b| (0x40..=0x7e).contains(b));
            end.map_or(1, |end| end + 3)
        }
        Some(b']') => {
            let end = bytes[2..].iter().take(256).position(|b| *b == 7 || *b == 0x1b);
            end.map_or(1, |end| end + if bytes[end + 2] == 7 { 3 } else { 2 })
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folded_places_lead_back() {
        let text = " été \t\n ici\u{a0}là  ";
        let plain = trimmed(text);
        let back = |start: usize, end: usize| (&plain[start..end], &text[untrimmed(text, start)..untrimmed(text, end)]);
        assert_eq!(back(0, 5), ("été", "été"));
        assert_eq!(back(6, 9), ("ici", "ici"));
        assert_eq!(back(2, 9), ("t\u{e9} ici", "t\u{e9} \t\n ici"));
        assert_eq!(back(10, plain.len()), ("là", "là"));
    }

    #[test]
    fn what_is_drawn_as_nothing_is_no_letter() {
        for text in [
            "obser\u{ad}vatory",
            "obser\u{200b}vatory",
            "obser\u{1b}[1mvatory",
            "obser\u{fe0f}vatory",
            "\u{200e}observatory",
            "o\u{8}obsx\u{8}ervatory",
        ] {
            assert_eq!(trimmed(text), "observatory", "{text:?}");
            assert_eq!(folded(text), " observatory");
            assert_eq!(untrimmed(text, 11), text.len());
        }
        assert_eq!(trimmed("👩\u{200d}🚀 می\u{200c}خواهم"), "👩\u{200d}🚀 می\u{200c}خواهم");
    }

    proptest! {
        #[test]
        fn what_is_visible_leads_back(text in "([a-cé字]{0,3}[ \n\u{ad}\u{200b}\u{8}\u{1b}]{0,2}(\u{1b}\\[1m)?){0,12}") {
            let seen = Visible::of(&text);
            prop_assert_eq!(&seen.text, &visible(&text));
            for (at, c) in seen.text.char_indices() {
                prop_assert_eq!(&text[seen.range(at..at + c.len_utf8())], c.to_string());
            }
        }

        /// Every word's first and last byte lead back to where it stands.
        #[test]
        fn words_lead_back(text in "([a-cé字]{0,3}[ \n\u{ad}\u{200b}\u{8}\u{1b}]{0,2}(\u{1b}\\[1m)?){0,12}") {
            let plain = trimmed(&text).into_owned();
            prop_assert_eq!(&plain, &visible(&text).split_whitespace().collect::<Vec<_>>().join(" "));
            for word in plain.split_whitespace() {
                let start = word.as_ptr() as usize - plain.as_ptr() as usize;
                let found = &text[untrimmed(&text, start)..untrimmed(&text, start + word.len())];
                prop_assert_eq!(visible(found).split_whitespace().collect::<String>(), word);
            }
        }
    }
}
