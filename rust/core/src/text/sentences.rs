//! Sentences of a text, and where one that is too long is cut.
//!
//! The ends are those of Unicode (UAX 29), which knows the marks of all scripts; [`crate::text::abbreviations`] takes back those after a word that is
//! merely shortened.

use std::ops::Range;

use edgeinfinite_documents::struck_once;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::abbreviations::ends;

/// Bytes of a part of speech without marks.
const BREATH: usize = 160;

/// Words that go on with another clause.
const CONNECTIVES: &[&str] = &[
    "and",
    "so",
    "but",
    "then",
    "because",
    "or",
    "when",
    "while",
    "if",
    "next",
    "now",
    "after",
    "before",
    "which",
    "und",
    "aber",
    "dann",
    "weil",
    "denn",
    "oder",
    "wenn",
    "also",
    "danach",
    "et",
    "mais",
    "donc",
    "puis",
    "ou",
    "quand",
    "parce",
    "alors",
    "y",
    "pero",
    "entonces",
    "porque",
    "cuando",
    "luego",
    "ma",
    "quindi",
    "poi",
    "perché",
    "quando",
    "mas",
    "então",
    "depois",
    "maar",
    "dus",
    "toen",
    "och",
    "sedan",
    "og",
    "så",
    "ale",
    "potem",
    "bo",
    "и",
    "но",
    "потом",
    "потому",
    "когда",
];

/// The sentences of a text, without white space around them; a line's end within is a space like any other.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    // One byte for one byte, so that positions stay.
    let text = struck_once(text);
    let joined = if text.contains(is_line_end) { spaced(&text) } else { text.into_owned() };
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

/// A sentence, or the parts of about [`BREATH`] bytes of speech that somebody wrote down without marks: cut at the ends of lines where they
/// are its own, else before a word that goes on with another clause, else in even parts.
pub(crate) fn breaths(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut rest = range;
    if is_unmarked(&text[rest.clone()]) {
        let lines = has_lines(&text[rest.clone()]);
        while rest.len() > BREATH * 3 / 2 {
            let Some(at) = breath(&text[rest.clone()], lines) else { break };
            found.push(trimmed(text, rest.start..rest.start + at));
            rest = trimmed(text, rest.start + at..rest.end);
        }
    }
    found.push(rest);
    found
}

/// Words without a mark of punctuation among them or after them.
fn is_unmarked(text: &str) -> bool {
    let marks = |c: char| ".,;:!?…–—|。、，।۔؟".contains(c);
    let marked = || text.match_indices(marks).any(|(at, mark)| text[at + mark.len()..].chars().next().is_none_or(char::is_whitespace));
    let spaces = || text.chars().filter(|c| c.is_whitespace()).count();
    text.len() > BREATH * 3 / 2 && spaces() * 12 >= text.chars().count() && !marked()
}

/// Whether most lines end although the next word had room there.
fn has_lines(text: &str) -> bool {
    let lines: Vec<&str> = text.split(is_line_end).map(str::trim).filter(|line| !line.is_empty()).collect();
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let first = |line: &str| line.split_whitespace().next().map_or(0, |word| word.chars().count());
    let ended = lines.windows(2).filter(|pair| pair[0].chars().count() + 1 + first(pair[1]) <= widest).count();
    ended * 2 >= lines.len()
}

/// Where the first part of speech ends; at the end of a line if there are `lines` and one is near.
fn breath(text: &str, lines: bool) -> Option<usize> {
    let target = text.len() / text.len().div_ceil(BREATH);
    let bounds = text.match_indices(char::is_whitespace).filter(|(at, _)| (target / 2..=target * 3 / 2).contains(at));
    let bounds: Vec<(usize, bool)> = bounds.map(|(at, space)| (at, space.contains(is_line_end))).collect();
    let lines = lines && bounds.iter().any(|bound| bound.1);
    let score = |at: usize| {
        let word = text[at..].split_whitespace().next().unwrap_or_default().to_lowercase();
        let far = at.abs_diff(target) as f32 / target as f32;
        if CONNECTIVES.contains(&word.as_str()) { 1.0 - far } else { -far }
    };
    bounds.into_iter().filter(|bound| bound.1 || !lines).map(|(at, _)| at).max_by(|a, b| score(*a).total_cmp(&score(*b)))
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
    fn speech_without_marks_is_cut_where_it_breathes() {
        let speech = "we opened the old case and we found a nest behind the pendulum then we cleaned the wheels of the clock because the oil was hard ".repeat(4);
        let parts = breaths(&speech, trimmed(&speech, 0..speech.len()));
        assert!(parts.len() >= 3 && parts.iter().all(|part| (80..=240).contains(&part.len())), "{parts:?}");
        assert!(parts[1..].iter().all(|part| ["and", "then", "because"].contains(&speech[part.clone()].split(' ').next().unwrap())));
        let lines = "the bridge was built by farmers of the upper valley\nand the rail was green\n".repeat(5);
        let parts = breaths(&lines, trimmed(&lines, 0..lines.len()));
        assert!(parts.len() > 1 && parts.iter().all(|part| lines[part.clone()].ends_with(['y', 'n'])), "{parts:?}");
        let mut wrapped = String::new();
        for word in speech.split_whitespace() {
            let line = wrapped.rsplit('\n').next().map_or(0, str::len);
            wrapped.push(if line + word.len() > 40 { '\n' } else { ' ' });
            wrapped.push_str(word);
        }
        let wrapped = wrapped.trim();
        let parts = breaths(wrapped, 0..wrapped.len());
        assert!(
            parts[1..].iter().all(|part| ["and", "then", "because"].contains(&wrapped[part.clone()].split_whitespace().next().unwrap()))
        );
        let sentence = format!("{}in the end.", "we went on and on ".repeat(20));
        assert_eq!(breaths(&sentence, 0..sentence.len()).len(), 1);
        let long = "字".repeat(400);
        assert_eq!(breaths(&long, 0..long.len()).len(), 1);
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
