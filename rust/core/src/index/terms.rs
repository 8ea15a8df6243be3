//! Terms of a text: what the index stores of it and looks up in it.

use unicode_segmentation::UnicodeSegmentation;

use crate::index::folding::{plain, small};
use crate::index::language::Language;
use crate::text::whitespace::visible;
use crate::text::word_memo::WordMemo;

/// Terms of words met before, as a power of two: 256 KiB.
const RECENT: u32 = 13;

/// Makes terms of a document's texts; remembers those of the words it met.
#[derive(Debug)]
pub struct Terms {
    language: Language,
    recent: WordMemo<Option<u32>, 3>,
}

impl Terms {
    /// Of a document in that language.
    pub fn new(language: Language) -> Self {
        Self { language, recent: WordMemo::new(RECENT) }
    }

    /// As [`for_each_term`].
    pub fn for_each(&mut self, text: &str, mut each: impl FnMut(u32)) {
        let term = |word: &str| {
            self.recent.find(word).unwrap_or_else(|| {
                let term = term(word, self.language);
                self.recent.keep(word, term);
                term
            })
        };
        for_each_with(&visible(text), self.language, term, |term, _| each(term));
    }
}

/// Calls `each` with every term of a text: Unicode words without case, accents and the endings of the language; of scripts that are written without
/// spaces characters alone and in pairs, which on XQuAD finds more than cutting into words does (icu_segmenter 2.4).
pub fn for_each_term(text: &str, language: Language, mut each: impl FnMut(u32)) {
    for_each_word(text, language, |term, _| each(term));
}

/// The share of a text's terms that are characters, alone and in pairs, of a script without spaces; 0 to 1.
pub(crate) fn share_of_pairs(text: &str, language: Language) -> f32 {
    let (mut all, mut pairs) = (0_u32, 0_u32);
    for_each_word(text, language, |_, word| {
        all += 1;
        pairs += u32::from(word.is_empty());
    });
    pairs as f32 / all.max(1) as f32
}

/// The same with the word that each term was made of; empty where it is no word.
pub(crate) fn for_each_word(text: &str, language: Language, mut each: impl FnMut(u32, &str)) {
    for_each_part(&visible(text), language, |term, part| each(term, if part.made == Made::Word { part.text } else { "" }));
}

/// The same with the part of the text that each term was made of; `text` is visible.
pub(crate) fn for_each_part<'t>(text: &'t str, language: Language, each: impl FnMut(u32, Part<'t>)) {
    for_each_with(text, language, |word| term(word, language), each);
}

/// What a term is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Word,
    /// One of a script that is written without spaces.
    Character,
    /// Two of those, one after the other.
    Pair,
}

/// A part of a text that is a term.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'t> {
    pub text: &'t str,
    /// Bytes of the text before it.
    pub start: usize,
    pub made: Made,
}

fn for_each_with<'t>(text: &'t str, language: Language, mut term: impl FnMut(&str) -> Option<u32>, mut each: impl FnMut(u32, Part<'t>)) {
    let (mut pair, mut first, joined) = (String::new(), 0, language.joins_words());
    let start = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    // No word goes on after a space; a piece in ASCII is cut the faster.
    for word in text.split([' ', '\n']).flat_map(UnicodeSegmentation::unicode_words).flat_map(|word| names(word, joined)) {
        if !word.starts_with(is_spaceless) {
            pair.clear();
            term(word).into_iter().for_each(|term| each(term, Part { text: word, start: start(word), made: Made::Word }));
            continue;
        }
        for character in word.graphemes(true) {
            let at = start(character);
            each(hash(character.as_bytes()), Part { text: character, start: at, made: Made::Character });
            let before = pair.len();
            pair.push_str(character);
            if before > 0 {
                let both = &text[first..at + character.len()];
                each(hash(pair.as_bytes()), Part { text: both, start: first, made: Made::Pair });
            }
            pair.drain(..before);
            first = at;
        }
    }
}

/// The words of a name that is written as one: "Tomas.Quiroga", "disk_usage"; of words that an apostrophe joins, where the language joins such.
/// Abbreviations and numbers stay whole.
fn names(word: &str, joined: bool) -> impl Iterator<Item = &str> {
    let joints = ['.', ':', '_'];
    let apostrophes = ['\'', '\u{2019}'];
    let named = |part: &str| part.chars().nth(1).is_some() && part.chars().all(char::is_alphabetic);
    let several = word.contains(joints) && word.split(joints).all(named);
    let joined = joined && word.contains(apostrophes);
    word.split(move |c| several && joints.contains(&c) || joined && apostrophes.contains(&c)).filter(|part| !part.is_empty())
}

/// The term of a word; none of a word that says nothing.
pub(crate) fn term(word: &str, language: Language) -> Option<u32> {
    let small = small(word);
    let language = language.of_word(&small);
    let whole = plain(&small);
    if whole.is_empty() || language.leaves_out(&whole) {
        return None;
    }
    let stem = language.stem(&small);
    Some(hash(if stem.is_empty() { &whole } else { &stem }.as_bytes()))
}

/// Characters of scripts that are written without spaces: ideographs, kana and hangul; Thai and Lao, Burmese, Khmer.
pub(crate) fn is_spaceless(c: char) -> bool {
    let east = matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    east || matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// FNV-1a, 32 bits: the same on every machine.
fn hash(word: &[u8]) -> u32 {
    word.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<u32> {
        let mut terms = Vec::new();
        for_each_term(text, Language::ENGLISH, |t| terms.push(t));
        terms
    }

    #[test]
    fn folds_case_accents_endings_and_pairs() {
        assert_eq!(all("Copies COPY"), [all("copy")[0], all("copy")[0]]);
        assert_eq!(all("Café CAFÉS"), all("cafe cafes"));
        assert_eq!(all("The licensor\u{2019}s \u{fb01}le"), all("licensor file"));
        assert!(all("what is the").is_empty());
        assert_eq!(all("user=Tomas.Quiroga disk_usage"), all("user Tomas Quiroga disk usage"));
        assert_eq!((all("e.g").len(), all("3.1.0").len()), (1, 1));
        assert_eq!(all("obser\u{ad}vatory"), all("observatory"));
        assert_eq!(all("漢字").len(), 3);
        assert_eq!(all("字")[0], all("漢字")[1]);
        assert_ne!(all("한국어"), all("한국말"), "every syllable counts");
    }

    /// Every form of a word is one term in its own language; function words are none.
    #[test]
    fn languages_have_their_own_endings() {
        let same = [
            ("de", "die Häuser", "des Hauses"),
            ("es", "canción", "las canciones"),
            ("ru", "книги", "в книгах"),
            ("tr", "evler", "evlerin"),
            ("ro", "cărțile", "cărților"),
            ("el", "δρόμος", "του δρόμου"),
            ("ar", "الكتاب", "كتاب"),
            ("fr", "chevaux", "aux cheval"),
            ("sv", "bilarna", "bilar"),
            ("it", "gatti", "il gatto"),
            ("ru", "readers", "reader"),
        ]; // fmt: skip
        for (code, one, other) in same {
            let language = Language::by_code(code).unwrap();
            let of = |text: &str| {
                let mut terms = Vec::new();
                for_each_term(text, language, |term| terms.push(term));
                terms
            };
            assert_eq!(of(one).len(), 1, "{code}: {one}");
            assert_eq!(of(one), of(other), "{code}: {one}, {other}");
        }
        assert_eq!(all("ประชุม").len(), 2 * "ประชุม".graphemes(true).count() - 1, "characters and pairs");
    }

    proptest! {
        /// In every language: no word is too much for a stemmer.
        #[test]
        fn any_word_has_a_term(word in "[a-zà-ſα-ωάέίόύώа-я\u{627}-\u{64a}\u{b85}-\u{bb9}']{1,14}|ίσαίσα|ισαισα|αντίθετα|\\PC{1,8}") {
            for language in Language::all() {
                for_each_term(&word, language, |_| {});
                for_each_term(&word.to_uppercase(), language, |_| {});
            }
        }

        /// Cut at spaces and remembered = the words of the whole text, one by one.
        #[test]
        fn terms_are_those_of_the_words(text in "([a-zA-Z]{0,4}[0-9'.,:;_\\-\u{301}\u{2019}\u{fe0f}é字カ한ا\t\r\n ]{0,3}){0,20}", any in "\\PC{0,40}") {
            let mut terms = Terms::new(Language::ENGLISH);
            for text in [&text, &any, &text] {
                let expected: Vec<u32> =
                    visible(text).unicode_words().flat_map(|w| names(w, false)).filter(|w| !w.starts_with(is_spaceless)).filter_map(|w| term(w.trim_start_matches(' '), Language::ENGLISH)).collect();
                let mut found = Vec::new();
                terms.for_each(text, |t| found.push(t));
                assert_eq!(found, all(text));
                if !text.contains(is_spaceless) {
                    assert_eq!(found, expected);
                }
            }
        }
    }
}
