//! Overstriking, by which manual pages are bold (`c`, backspace, `c`) or underlined (`_`, backspace, `c`).

use std::borrow::Cow;

/// A text of the same length in bytes with what is struck over drawn once: what overwrites stands first, and characters that are drawn as nothing fill up.
pub fn struck_once(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{8}') {
        return Cow::Borrowed(text);
    }
    let mut drawn = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(mut c) = characters.next() {
        let mut hidden = 0;
        while !(c.is_whitespace() || c == '\u{8}')
            && characters.peek() == Some(&'\u{8}')
            && let Some(over) = { characters.clone().nth(1).filter(|over| !over.is_whitespace() && *over != '\u{8}') }
        {
            characters.nth(1);
            hidden += c.len_utf8() + 1;
            c = over;
        }
        drawn.push(c);
        fill(&mut drawn, hidden);
    }
    Cow::Owned(drawn)
}

/// Adds so many bytes, none of them or at least two.
fn fill(drawn: &mut String, mut bytes: usize) {
    while bytes > 0 {
        let filler = if bytes % 2 == 1 { '\u{2060}' } else { '\u{61c}' };
        drawn.push(filler);
        bytes -= filler.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_same_bytes_and_is_drawn_the_same() {
        for (text, drawn) in [
            ("N\u{8}NA\u{8}AME", "NAME"),
            ("_\u{8}m_\u{8}in of it", "min of it"),
            ("é\u{8}é\u{8}éa", "éa"),
            ("字\u{8}字", "字"),
            ("plain", "plain"),
            ("\u{8}a\u{8}", "\u{8}a\u{8}"),
            ("a \u{8}b\u{8}\u{8}c", "a \u{8}b\u{8}\u{8}c"),
        ] {
            let found = struck_once(text);
            assert_eq!(found.len(), text.len());
            assert_eq!(found.replace(['\u{61c}', '\u{2060}'], ""), drawn);
        }
    }
}
