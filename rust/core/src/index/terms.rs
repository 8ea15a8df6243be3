//! Terms of a text: what the index stores of it and looks up in it.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::whitespace::visible;
use crate::text::word_memo::WordMemo;

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// Words that a question is made of rather than about.
const STOP: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
    "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "might", "must", "my", "of", "on", "or",
    "our", "shall", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your",
];

/// Terms of words met before, as a power of two: 256 KiB.
const RECENT: u32 = 13;

/// Makes terms of texts; remembers those of the words it met.
#[derive(Debug)]
pub struct Terms {
    recent: WordMemo<Option<u32>, 3>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { recent: WordMemo::new(RECENT) }
    }
}

impl Terms {
    /// As [`for_each_term`].
    pub fn for_each(&mut self, text: &str, each: impl FnMut(u32)) {
        for_each_with(text, each, |word| {
            self.recent.find(word).unwrap_or_else(|| {
                let term = term(word);
                self.recent.keep(word, term);
                term
            })
        });
    }
}

/// Calls `each` with every term of a text: Unicode words without case, accents and English endings, ideographs alone and in pairs.
pub fn for_each_term(text: &str, each: impl FnMut(u32)) {
    for_each_with(text, each, term);
}

fn for_each_with(text: &str, mut each: impl FnMut(u32), mut term: impl FnMut(&str) -> Option<u32>) {
    let mut before: Option<char> = None;
    let text = &visible(text);
    // No word goes on after a space; a piece in ASCII is cut the faster.
    for word in text.split([' ', '\n']).flat_map(UnicodeSegmentation::unicode_words).flat_map(names) {
        if !word.starts_with(is_ideograph) {
            before = None;
            term(word).into_iter().for_each(&mut each);
            continue;
        }
        for c in word.chars() {
            let mut bytes = [0; 8];
            let last = before.map_or(0, |last| last.encode_utf8(&mut bytes).len());
            let end = last + c.encode_utf8(&mut bytes[last..]).len();
            each(hash(&bytes[last..end]));
            if last > 0 {
                each(hash(&bytes[..end]));
            }
            before = Some(c);
        }
    }
}

/// The words of a name that is written as one: "Tomas.Quiroga", "disk_usage". Abbreviations and numbers stay whole.
fn names(word: &str) -> impl Iterator<Item = &str> {
    let joints = ['.', ':', '_'];
    let named = |part: &str| part.chars().nth(1).is_some() && part.chars().all(char::is_alphabetic);
    let several = word.contains(joints) && word.split(joints).all(named);
    word.split(move |c| several && joints.contains(&c))
}

/// The term of a word; none of a word that says nothing.
fn term(word: &str) -> Option<u32> {
    let mut plain = word.to_ascii_lowercase();
    if !plain.is_ascii() {
        let folded = plain.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase);
        plain = folded.map(|c| if c == '\u{2019}' { '\'' } else { c }).collect();
    }
    if plain.is_empty() {
        return None;
    }
    if !plain.is_ascii() {
        return Some(hash(plain.as_bytes()));
    }
    STOP.binary_search(&plain.as_str()).is_err().then(|| hash(STEMMER.stem(&plain).as_bytes()))
}

/// Accents, and the vowel points of Hebrew and Arabic; the vowel signs of other scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// FNV-1a, 32 bits: the same on every machine.
fn hash(word: &[u8]) -> u32 {
    word.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP.is_sorted());
    }

    fn all(text: &str) -> Vec<u32> {
        let mut terms = Vec::new();
        for_each_term(text, |t| terms.push(t));
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

    proptest! {
        /// Cut at spaces and remembered = the words of the whole text, one by one.
        #[test]
        fn terms_are_those_of_the_words(text in "([a-zA-Z]{0,4}[0-9'.,:;_\\-\u{301}\u{2019}\u{fe0f}é字カ한ا\t\r\n ]{0,3}){0,20}", any in "\\PC{0,40}") {
            let mut terms = Terms::default();
            for text in [&text, &any, &text] {
                let expected: Vec<u32> =
                    visible(text).unicode_words().flat_map(names).filter(|w| !w.starts_with(is_ideograph)).filter_map(|w| term(w.trim_start_matches(' '))).collect();
                let mut found = Vec::new();
                terms.for_each(text, |t| found.push(t));
                assert_eq!(found, all(text));
                if !text.contains(is_ideograph) {
                    assert_eq!(found, expected);
                }
            }
        }
    }
}
