//! Sentences of a text, and where one that is too long is cut.
//!
//! The ends are those of Unicode (UAX 29), which knows the marks of all scripts; [`crate::text::abbreviations`] takes back those after a word that is
//! merely shortened.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::abbreviations::ends;

/// The sentences of a text, without white space around them; a line's end within is a space like any other.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    // One byte for one byte, so that positions stay.
    let joined = if text.contains(is_line_end) { spaced(text) } else { text.to_owned() };
    let (mut found, mut start): (Vec<Range<usize>>, usize) = (Vec::new(), 0);
    for (at, sentence) in joined.split_sentence_bound_indices() {
        let end = at + sentence.len();
        let words = trimmed(&joined, start..end);
        let glued = sentence.ends_with(|c: char| c.is_ascii_graphic()); // "?" in an address
        if end < joined.len() && (glued || !(ends(&joined[words.clone()], &joined[end..]) && several(&joined[words.clone()]))) {
            continue;
        }
        match found.last_mut() {
            _ if words.is_empty() => {}
            Some(before) if !several(&joined[words.clone()]) => before.end = words.end,
            _ => found.push(words),
        }
        start = end;
    }
    found
}

/// Whether a text ends as a sentence does that states something.
pub(crate) fn ends_statement(text: &str) -> bool {
    text.trim_end_matches(['*', '_', '"', '”', ')']).ends_with(['.', '!', '…', '。', '！', '।', '۔', '။', '።'])
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn spaced(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for c in text.chars() {
        if is_line_end(c) { joined.extend(std::iter::repeat_n(' ', c.len_utf8())) } else { joined.push(c) }
    }
    joined
}

/// A range of a text without the white space around it.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let whole = &text[range.clone()];
    let start = range.start + whole.len() - whole.trim_start().len();
    start..start + whole.trim().len()
}

/// A word alone is no sentence, with a number before it neither.
fn several(words: &str) -> bool {
    words.unicode_words().filter(|word| word.contains(char::is_alphabetic)).nth(1).is_some()
}

/// The parts of at most about `most` bytes each that a range of a text is cut into.
pub(crate) fn parts(text: &str, range: Range<usize>, most: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut rest = trimmed(text, range);
    while rest.len() > most {
        let end = rest.start + clause(&text[rest.clone()], most);
        found.push(trimmed(text, rest.start..end));
        rest = trimmed(text, end..rest.end);
    }
    found.push(rest);
    found.retain(|part| !part.is_empty());
    found
}

/// Where a sentence that is too long is cut: after a clause if there is one in the second half, else after a word, else after what is read as one
/// character.
pub(crate) fn clause(text: &str, limit: usize) -> usize {
    let limit = text.floor_char_boundary(limit);
    let from = text.floor_char_boundary(limit / 2);
    let after = |mark: char| {
        let spaced = |at: &(usize, &str)| text[at.0 + mark.len_utf8()..].starts_with(char::is_whitespace);
        text[from..limit].rmatch_indices(mark).map(|(at, m)| (from + at, m)).find(spaced).map(|(at, _)| at + mark.len_utf8())
    };
    let wide = || {
        text[from..limit]
            .rfind(['。', '；', '，', '、', '،'])
            .map(|at| from + at)
            .map(|at| at + text[at..].chars().next().map_or(0, char::len_utf8))
    };
    let word = || text[from..limit].rfind(char::is_whitespace).map(|at| from + at);
    [after(';'), after(':'), after(',')].into_iter().flatten().next().or_else(wide).or_else(word).unwrap_or_else(|| cluster(text, limit))
}

/// The last place up to `limit` where no syllable is cut; the first one after it, if there is none before.
fn cluster(text: &str, limit: usize) -> usize {
    // Thai and Lao write some vowels before the consonant that they follow in speech.
    let leads = |at: usize| text[..at].ends_with(['เ', 'แ', 'โ', 'ใ', 'ไ', 'ເ', 'ແ', 'ໂ', 'ໃ', 'ໄ']);
    let bound = |at: &usize| *at > 0 && !leads(*at);
    let mut before = None;
    for (at, _) in text.grapheme_indices(true).chain([(text.len(), "")]) {
        if at > limit && before.is_some() {
            break;
        }
        before = Some(at).filter(bound).or(before);
        if at > limit && before.is_some() {
            break;
        }
    }
    before.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_word_alone_is_no_sentence() {
        assert_eq!(
            texts("Wait! The gate is closed. Why? Nobody knows. Never."),
            ["Wait! The gate is closed.", "Why? Nobody knows. Never."]
        );
        assert_eq!(
            texts("2. Waiver. To the greatest extent it is given up. It was so."),
            ["2. Waiver. To the greatest extent it is given up.", "It was so."]
        );
        assert_eq!(texts("Yes."), ["Yes."]);
        assert!(texts(" \n ").is_empty());
    }

    #[test]
    fn sentences_end_at_the_marks_of_their_script() {
        for (text, count) in [
            ("今日は晴れ。明日は雨。", 2),
            ("यह किताब है। वह कलम है।", 2),
            ("یہ کتاب ہے۔ وہ قلم ہے۔", 2),
            ("ဒါက စာအုပ် ဖြစ်တယ်။ ဒါက ကလောင် ဖြစ်တယ်။", 2),
            ("ይህ መጽሐፍ ነው። ያ ብዕር ነው።", 2),
            ("Der Bau endet am 29. Juli 2026. Danach wird er abgenommen.", 2),
            ("Mr. Ek met J. R. Osei at\nElm St. Dorn. They left.", 2),
            ("See http://a.org/?group=find for\nmore.", 1),
        ] {
            assert_eq!(texts(text).len(), count, "{:?}", texts(text));
        }
    }

    #[test]
    fn what_is_too_long_is_cut_where_nothing_is_torn() {
        let thai = "คณะกรรมการหมู่บ้านจะประชุมกันที่ศาลาวัดเพื่อพิจารณาเรื่องการซ่อมแซมสะพานไม้".repeat(4);
        for part in parts(&thai, 0..thai.len(), 120) {
            let first = thai[part.clone()].chars().next().unwrap();
            assert!(!matches!(first, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'), "{}", &thai[part.clone()]);
            assert!(part.len() <= 120);
        }
        let clauses = "one thing and another; ".repeat(40);
        assert!(parts(&clauses, 0..clauses.len(), 100).iter().all(|part| clauses[part.clone()].ends_with(';')));
        assert_eq!(parts("字字字", 0..9, 4), [0..3, 3..6, 6..9]);
        let family = "👨‍👩‍👧‍👦".repeat(3);
        assert_eq!(parts(&family, 0..family.len(), 10).len(), 3);
    }
}
