//! White space folded to single spaces, and the way back.

use std::borrow::Cow;

/// White space folded to single spaces, with one leading space: how a citing model reads a piece of text.
pub fn folded(text: &str) -> String {
    text.split_whitespace().flat_map(|word| [" ", word]).collect()
}

/// White space folded to single spaces, nothing around it.
pub fn trimmed(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_whitespace() && c != ' ';
    if text.trim() == text && !text.contains("  ") && !text.contains(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where a byte of [`trimmed`]`(text)` stands in the text: the first of a word, or the end of one.
pub fn untrimmed(text: &str, at: usize) -> usize {
    let mut folded = 0;
    for word in text.split_whitespace() {
        if at <= folded + word.len() {
            return (word.as_ptr() as usize - text.as_ptr() as usize) + (at - folded);
        }
        folded += word.len() + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
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
}
