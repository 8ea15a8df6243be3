//! Runs of words that two texts have in common. Pure.
//!
//! A word is compared without the marks around it, in small letters; of a script without spaces each character is one.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::index::folding::small;
use crate::index::terms::is_spaceless;
use crate::text::whitespace::visible;

/// Words that are looked up together.
const SEED: usize = 3;
/// Places of the same words that are looked at.
const PLACES: usize = 16;
/// What a word weighs, and a character of a script without spaces.
const WEIGHTS: [usize; 2] = [2, 1];
/// Least weight of a run: five words; of one that is a whole sentence: three.
const LEAST: usize = 5 * WEIGHTS[0];
const LEAST_WHOLE: usize = 3 * WEIGHTS[0];

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    folded: String,
    /// Bytes of the text, the marks around it left out.
    pub range: Range<usize>,
    weight: usize,
}

/// The words of a text that is looked in.
pub(super) struct Words {
    /// Of each text.
    texts: Vec<Vec<Word>>,
    /// Where the same words stand: text and word.
    seeds: HashMap<u64, Vec<(usize, usize)>>,
}

/// Words that two texts have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Of the text that is compared.
    pub words: Range<usize>,
    /// The text that it stands in, and the bytes there, marks around left out.
    pub text: usize,
    pub range: Range<usize>,
}

impl Words {
    /// Of some texts, those to be preferred first.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let texts: Vec<Vec<Word>> = texts.map(words).collect();
        let mut seeds: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
        for (number, text) in texts.iter().enumerate() {
            for (at, group) in text.windows(SEED).enumerate() {
                let places = seeds.entry(key(group)).or_default();
                if places.len() < PLACES {
                    places.push((number, at));
                }
            }
        }
        Self { texts, seeds }
    }

    /// The runs of a sentence, in its order: each the longest from where it begins, of five words at least or the whole sentence.
    pub fn runs(&self, sentence: &[Word]) -> Vec<Run> {
        let mut found = Vec::new();
        let mut at = 0;
        while at + SEED <= sentence.len() {
            let longest = self.longest(sentence, at);
            let Some((count, text, first)) = longest else {
                at += 1;
                continue;
            };
            let weight: usize = sentence[at..at + count].iter().map(|word| word.weight).sum();
            if weight < if count == sentence.len() { LEAST_WHOLE } else { LEAST } {
                at += 1;
                continue;
            }
            let there = &self.texts[text][first..first + count];
            found.push(Run { words: at..at + count, text, range: there[0].range.start..there[count - 1].range.end });
            at += count;
        }
        found
    }

    /// The most words from `at` on that stand in a text one after another, the text, and the first word there.
    fn longest(&self, sentence: &[Word], at: usize) -> Option<(usize, usize, usize)> {
        let places = self.seeds.get(&key(&sentence[at..at + SEED]))?;
        let common = |text: usize, first: usize| {
            let pairs = sentence[at..].iter().zip(&self.texts[text][first..]);
            pairs.take_while(|(a, b)| a.folded == b.folded).count()
        };
        let mut best: Option<(usize, usize, usize)> = None;
        for (text, first) in places {
            let count = common(*text, *first);
            if count >= SEED && best.is_none_or(|best| count > best.0) {
                best = Some((count, *text, *first));
            }
        }
        best
    }
}

/// The words of a text; what is marks alone is none.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for part in text.split_whitespace() {
        let at = part.as_ptr() as usize - text.as_ptr() as usize;
        if part.contains(is_spaceless) {
            let characters = part.grapheme_indices(true).filter(|(_, c)| c.contains(char::is_alphanumeric));
            found.extend(characters.map(|(from, c)| word(c, at + from, WEIGHTS[1])));
            continue;
        }
        let start = part.len() - part.trim_start_matches(is_mark).len();
        let bare = part.trim_matches(is_mark);
        if bare.contains(char::is_alphanumeric) {
            found.push(word(bare, at + start, WEIGHTS[0]));
        }
    }
    found
}

fn word(text: &str, at: usize, weight: usize) -> Word {
    Word { folded: small(&visible(text)), range: at..at + text.len(), weight }
}

/// A mark that is no part of the word beside it: punctuation, quotation marks, Markdown. Signs of numbers and currencies are.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '(' | ')' | '[' | ']' | '{' | '}' | '*' | '_' | '`' | '#' | '|' | '>' | '<' | '~'
    ) || matches!(c, '\u{2016}'..='\u{2027}' | '\u{2039}' | '\u{203a}' | '«' | '»' | '¿' | '¡' | '،' | '؛' | '؟' | '۔' | '।')
}

/// FNV-1a, 64 bits.
fn key(words: &[Word]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.folded.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What two texts have in common, as each has it.
    fn common(sentence: &str, texts: &[&str]) -> Vec<(String, String)> {
        let (words, all) = (words(sentence), Words::of(texts.iter().copied()));
        let runs = all.runs(&words).into_iter();
        let said = |run: &Run| sentence[words[run.words.start].range.start..words[run.words.end - 1].range.end].to_owned();
        runs.map(|run| (said(&run), texts[run.text][run.range.clone()].to_owned())).collect()
    }

    #[test]
    fn runs_are_the_longest_and_marks_do_not_count() {
        let text = "The fee for a\n  fourth night is 47 crowns, paid at the kiosk. It is due.";
        let said = "As it says, **the fee for a fourth night is 47 crowns**, and paid by card.";
        let run = ("the fee for a fourth night is 47 crowns".to_owned(), "The fee for a\n  fourth night is 47 crowns".to_owned());
        assert_eq!(common(said, &["The fee for a week is 90.", text]), [run]);
        assert!(common("A fee for a fourth day is 48 crowns.", &[text]).is_empty());
        assert_eq!(common("It is due!", &[text]).len(), 1, "a whole sentence may be short");
        assert!(common("And it is due then.", &[text]).is_empty());
        assert!(common("is 47", &[text]).is_empty());
    }

    #[test]
    fn signs_are_part_of_numbers() {
        assert!(common("It fell to -5 degrees.", &["It fell to 5 degrees."]).is_empty());
        assert!(common("The fee is $47.", &["The fee is €47."]).is_empty());
        assert_eq!(common("The fee is (47).", &["The fee is 47;"]).len(), 1);
    }

    #[test]
    fn scripts_without_spaces_have_runs_of_characters() {
        let text = "北門の暗証番号は四七一一です。毎朝六時に開きます。";
        assert_eq!(common("資料によると、北門の暗証番号は四七一一です。", &[text])[0].1, "北門の暗証番号は四七一一です");
        assert!(common("北門は閉まっています。", &[text]).is_empty());
    }

    #[test]
    fn words_that_repeat_take_no_longer() {
        let many = "a ".repeat(30_000);
        let runs = Words::of([many.as_str()].into_iter()).runs(&words(&"a ".repeat(500)));
        assert_eq!(runs.len(), 1);
    }
}
