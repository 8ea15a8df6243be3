//! Terms of a text: what the index stores of it and looks up in it.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Words that a question is made of rather than about.
const STOP: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
    "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "might", "must", "my", "of", "on", "or",
    "our", "shall", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your",
];

/// Calls `each` with the hash of every term: Unicode words in lower case without accents, English endings taken off; CJK in pairs.
pub(crate) fn for_each_term(text: &str, mut each: impl FnMut(u32)) {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut before: Option<char> = None;
    for word in text.unicode_words() {
        let first = word.chars().next().unwrap_or_default();
        if is_ideograph(first) {
            each(hash(first.encode_utf8(&mut [0; 4])));
            if let Some(last) = before {
                each(hash(&format!("{last}{first}")));
            }
            before = Some(first);
            continue;
        }
        before = None;
        if word.is_ascii() {
            let lower = word.to_ascii_lowercase();
            if STOP.binary_search(&lower.as_str()).is_err() {
                each(hash(&stemmer.stem(&lower)));
            }
        } else {
            each(hash(&word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect::<String>()));
        }
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// FNV-1a, 32 bits: the same on every machine.
fn hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP.is_sorted());
    }

    #[test]
    fn folds_case_accents_endings_and_pairs() {
        let all = |text: &str| {
            let mut terms = Vec::new();
            for_each_term(text, |t| terms.push(t));
            terms
        };
        assert_eq!(all("Copies COPY"), [all("copy")[0], all("copy")[0]]);
        assert_eq!(all("Café"), all("cafe"));
        assert_eq!(all("漢字").len(), 3);
        assert!(all("what is the").is_empty());
    }
}
