//! The language by whose endings and function words a document's terms are made.
//!
//! It is told by the share of words that are function words of each language, letter by letter: `und` is German, `și` Romanian. Of XQuAD's paragraphs in
//! the eight languages listed here 97 to 100 % are told rightly, of its questions 93 to 100 (whatlang 0.18: 100, and 89 to 100, with 250 kB of tables).
//! Function words are NLTK's by the crate stop-words, without what documents are about (build.rs); stems are Snowball's by the crate frostem.

use std::collections::HashSet;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::error::Result;
use crate::index::folding::{is_latin, plain, small};
use crate::text::source::TextSource;
use crate::text::whitespace::visible;

include!(concat!(env!("OUT_DIR"), "/function_words.rs"));

/// Words that an English question is made of rather than about: what English terms leave out, which is less than its list of function words.
const ENGLISH: &str = "a about am an and any are as at be been but by can could did do does for from had has have how i if in into is it its may me might \
must my of on or our shall should so some such than that the their them then there these they this those to was we were what when where which who \
whom whose why will with would you your";
/// The least share of a language's function words among a text's words, and how many of them there are; where no language has that, the text counts as
/// English.
const LEAST: (f32, usize) = (0.06, 3);
/// The same of a question that is in another language than the document: words that are not the document's language's too.
const LEAST_ASKED: (f32, usize) = (0.25, 2);
/// Bytes of a document that are looked at, in each of so many places.
const SAMPLE: u64 = 1 << 13;
const SAMPLES: u64 = 3;

/// A language with a stemmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

struct Known {
    code: &'static str,
    stemmer: Stemmer,
    /// By which it is told, as [`key`] makes them.
    told_by: HashSet<String>,
    /// Which are no terms, without accents.
    left_out: HashSet<String>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let english = std::iter::once("en");
    let others = FUNCTION_WORDS.iter().map(|(code, _)| *code).filter(|code| *code != "en");
    english.chain(others).chain(["hi"]).map(Known::new).collect()
});

impl Known {
    fn new(code: &'static str) -> Self {
        let list = FUNCTION_WORDS.iter().find(|(of, _)| *of == code).map_or("", |(_, list)| list);
        let left_out = if code == "en" { ENGLISH } else { list };
        Self {
            code,
            stemmer: Stemmer::new(algorithm(code)),
            told_by: list.split_whitespace().map(key).collect(),
            left_out: left_out.split_whitespace().map(|word| plain(&small(word))).collect(),
        }
    }
}

fn algorithm(code: &str) -> Algorithm {
    match code {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hi" => Algorithm::Hindi,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => Algorithm::English,
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

impl Language {
    /// What a text counts as that is told as none of the languages.
    pub const ENGLISH: Self = Self(0);

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..KNOWN.len()).map(Self)
    }

    /// The language of a code of ISO 639-1.
    pub fn by_code(code: &str) -> Option<Self> {
        KNOWN.iter().position(|known| known.code == code).map(Self)
    }

    /// Its code in ISO 639-1.
    pub fn code(self) -> &'static str {
        KNOWN[self.0].code
    }

    /// The language of a document, by what stands in a few places of it.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn of_document(source: &TextSource) -> Result<Self> {
        Ok(Self::of(&sample(source)?))
    }

    /// The language of a text.
    pub fn of(text: &str) -> Self {
        told(&keys(text)).unwrap_or_default()
    }

    /// Whether a question is in another language than the document: by its function words, or by its script.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn differs(question: &str, source: &TextSource) -> Result<bool> {
        let text = sample(source)?;
        let other = told(&keys(&text)).is_some_and(|document| document.of_other(question).is_some());
        Ok(other || !shares_script(question, &text))
    }

    /// The language of a question, where its function words say that it is another one than this: it has some that this has not, and none of those that only
    /// this has.
    pub(crate) fn of_other(self, question: &str) -> Option<Self> {
        let words = keys(question);
        let (language, share) = likeliest(&words);
        let [other, own] = [language, self].map(|language| &KNOWN[language.0].told_by);
        let only = words.iter().filter(|word| other.contains(*word) && !own.contains(*word)).collect::<HashSet<_>>().len();
        let is_own = words.iter().any(|word| own.contains(word) && !other.contains(word));
        (share >= LEAST_ASKED.0 && only >= LEAST_ASKED.1 && !is_own).then_some(language)
    }

    /// What is compared of a word in small letters: its stem, without accents.
    pub(crate) fn stem(self, small: &str) -> String {
        let stem = |word: &str| KNOWN[self.0].stemmer.stem(word).into_owned();
        // English has accents in foreign words alone, with or without.
        if self == Self::ENGLISH { stem(&plain(small)) } else { plain(&stem(small)) }
    }

    /// Whether a word without accents says nothing by itself.
    pub(crate) fn leaves_out(self, word: &str) -> bool {
        KNOWN[self.0].left_out.contains(word)
    }

    /// Whether words are written together with an apostrophe between: `l'église`, `Ankara'nın`.
    pub(crate) fn joins_words(self) -> bool {
        matches!(self.code(), "fr" | "it" | "tr")
    }

    /// The language by which a word of a text in this one is taken, in small letters: in Devanagari as Hindi, in ASCII between letters of another script as
    /// English.
    pub(crate) fn of_word(self, word: &str) -> Self {
        static HINDI: LazyLock<Language> = LazyLock::new(|| Language::by_code("hi").unwrap_or_default());
        if word.starts_with(|c| matches!(c, '\u{900}'..='\u{97f}')) {
            return *HINDI;
        }
        let is_latin = !matches!(self.code(), "ar" | "el" | "ru" | "ta");
        if is_latin || !word.is_ascii() { self } else { Self::ENGLISH }
    }
}

/// The language of a text that has enough of its function words.
fn told(words: &[String]) -> Option<Language> {
    let (language, share) = likeliest(words);
    let of_language = words.iter().filter(|word| KNOWN[language.0].told_by.contains(*word));
    (share >= LEAST.0 && of_language.collect::<HashSet<_>>().len() >= LEAST.1).then_some(language)
}

/// The language with the most function words in a text, and their share of its words; English before the others where it has as many.
fn likeliest(words: &[String]) -> (Language, f32) {
    let count = |language: Language| words.iter().filter(|word| KNOWN[language.0].told_by.contains(*word)).count();
    let counted = (0..KNOWN.len()).rev().map(|number| (Language(number), count(Language(number))));
    let (language, most) = counted.max_by_key(|(_, count)| *count).unwrap_or_default();
    (language, most as f32 / words.len().max(1) as f32)
}

/// A text's words, as languages are told by them.
fn keys(text: &str) -> Vec<String> {
    visible(text).unicode_words().map(key).collect()
}

/// Latin words with their accents, by which languages differ; others without, which are written or not.
fn key(word: &str) -> String {
    let small = small(word);
    if small.contains(is_latin) { small } else { plain(&small) }
}

/// Some of a document: from its beginning, its middle and its end.
fn sample(source: &TextSource) -> Result<String> {
    let room = source.length().saturating_sub(SAMPLE);
    let mut text = String::new();
    for number in 0..if room == 0 { 1 } else { SAMPLES } {
        let bytes = source.read(room * number / (SAMPLES - 1), SAMPLE.min(source.length()) as usize)?;
        text.push_str(&String::from_utf8_lossy(&bytes));
        text.push('\n');
    }
    Ok(text)
}

/// Whether a question has letters of the script that most of a text's letters are in, or either has no letters.
fn shares_script(question: &str, text: &str) -> bool {
    let mut counts = [0_u32; SCRIPTS.len()];
    scripts(text).for_each(|script| counts[script] += 1);
    let most = counts.iter().max().filter(|most| **most > 0).and_then(|most| counts.iter().position(|count| count == most));
    most.is_none_or(|most| scripts(question).next().is_none() || scripts(question).any(|script| script == most))
}

/// Where blocks of scripts begin: Latin, Greek, Cyrillic, those east of them; the last is that of ideographs and kana.
const SCRIPTS: [u32; 17] =
    [0, 0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0x980, 0xa00, 0xb80, 0xc00, 0xe00, 0x1000, 0x1100, 0x1200, 0x1780, 0x3040];

/// The script of each letter, as a place in [`SCRIPTS`].
fn scripts(text: &str) -> impl Iterator<Item = usize> {
    text.nfkc().filter(|c| c.is_alphabetic()).map(|c| match u32::from(c) {
        0x1e00..0x1f00 => 0,
        0x1f00..0x2000 => 1,
        0xac00..0xd800 => 13,
        0x3400.. => SCRIPTS.len() - 1,
        c => SCRIPTS.partition_point(|first| *first <= c) - 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A saved document holds terms: when what makes them changes, so does the version of what is saved, and this number.
    #[test]
    fn stems_and_lists_are_those_of_the_saved_version() {
        let mut words: Vec<&str> = FUNCTION_WORDS.iter().flat_map(|(_, list)| list.split_whitespace()).collect();
        words.extend(
            "houses cities running canciones Häuser книгами evlerin cărților βιβλίου الكتب किताबें kirjoissa könyvekben livros libri"
                .split(' '),
        );
        let mut sum = 0_u64;
        for (number, known) in KNOWN.iter().enumerate() {
            for word in &words {
                let small = small(word);
                let made = format!("{}{}{}", known.code, Language(number).stem(&small), Language(number).leaves_out(&plain(&small)));
                sum = made.bytes().fold(sum, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            }
        }
        assert_eq!(sum, 10_100_073_694_642_559_988, "the version in document/saved.rs counts these changes");
    }
}
