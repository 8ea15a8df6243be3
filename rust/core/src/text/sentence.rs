//! Where a sentence ends, and where one that is too long is cut.

use unicode_segmentation::UnicodeSegmentation;

/// A word alone is no sentence, with a number before it neither.
pub(crate) fn several(words: &str) -> bool {
    words.unicode_words().filter(|word| word.contains(char::is_alphabetic)).nth(1).is_some()
}

/// Where a sentence that is too long is cut: after a clause if there is one in the second half, else after a word, else a character.
pub(crate) fn clause(text: &str, limit: usize) -> usize {
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
pub(crate) fn ends_sentence(sentence: &str) -> bool {
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
