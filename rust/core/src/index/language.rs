//! The language by whose endings and function words a document's terms are made.
//!
//! It is told by the share of words that are function words of each language: of XQuAD's paragraphs in the eight languages listed here 97 to 100 %
//! are told rightly, of its questions 93 to 100 (whatlang 0.18: 100, and 89 to 100, with 250 kB of tables). Function words are those of the crate
//! stop-words (NLTK's), folded into the library by build.rs; stems are rust-stemmers'.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::error::Result;
use crate::text::source::TextSource;
use crate::text::whitespace::visible;

include!(concat!(env!("OUT_DIR"), "/function_words.rs"));

/// Words that an English question is made of rather than about.
const ENGLISH: &str = "a about am an and any are as at be been but by can could did do does for from had has have how i if in into is it its may me might \
must my of on or our shall should so some such than that the their them then there these they this those to was we were what when where which who \
whom whose why will with would you your";
/// The least share of a language's function words among a text's words, and how many of them there are; where no language has that, the text counts as
/// English.
const LEAST: (f32, usize) = (0.06, 3);
/// The same of a question, which is short.
const LEAST_ASKED: (f32, usize) = (0.25, 2);
/// Bytes of a document that are looked at, in each of so many places.
const SAMPLE: u64 = 1 << 13;
const SAMPLES: u64 = 3;

/// A language with a stemmer and a list of function words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

struct Known {
    code: &'static str,
    stemmer: Stemmer,
    /// Folded and sorted.
    function_words: Vec<String>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lists = std::iter::once(("en", ENGLISH)).chain(FUNCTION_WORDS.iter().copied());
    let known = lists.map(|(code, list)| {
        let mut function_words: Vec<String> = list.split_whitespace().map(|word| plain(&small(word))).collect();
        function_words.sort_unstable();
        function_words.dedup();
        Known { code, stemmer: Stemmer::create(algorithm(code)), function_words }
    });
    known.collect()
});

fn algorithm(code: &str) -> Algorithm {
    match code {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
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

impl Language {
    /// What a text counts as that is in none of the languages.
    pub const ENGLISH: Self = Self(0);

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
        let (language, share, count) = likeliest(text);
        if share >= LEAST.0 && count >= LEAST.1 { language } else { Self::ENGLISH }
    }

    /// Whether a question is in another language than the document: by its function words, or by its script.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn differs(question: &str, source: &TextSource) -> Result<bool> {
        let text = sample(source)?;
        let (document, share, count) = likeliest(&text);
        let told = share >= LEAST.0 && count >= LEAST.1;
        let other = told && document.is_other(question);
        Ok(other || script(question).zip(script(&text)).is_some_and(|(asked, told)| asked != told))
    }

    /// Whether a question is in another language by its function words.
    pub(crate) fn is_other(self, question: &str) -> bool {
        let (language, share, count) = likeliest(question);
        let clear = share >= LEAST_ASKED.0 && count >= LEAST_ASKED.1;
        clear && language != self && share >= 2.0 * self.share(question)
    }

    /// The stem of a word in small letters.
    pub(crate) fn stem(self, word: &str) -> Cow<'_, str> {
        KNOWN[self.0].stemmer.stem(word)
    }

    /// Whether a word, folded, says nothing by itself.
    pub(crate) fn is_function_word(self, word: &str) -> bool {
        KNOWN[self.0].function_words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }

    /// The language by which a word of a text in this one is taken: words in ASCII between letters of another script are English.
    pub(crate) fn of_word(self, word: &str) -> Self {
        let latin = !matches!(self.code(), "ar" | "el" | "ru" | "ta");
        if latin || !word.is_ascii() { self } else { Self::ENGLISH }
    }

    /// The share of its function words among a text's words.
    fn share(self, text: &str) -> f32 {
        let words = words(text);
        let count = words.iter().filter(|word| self.is_function_word(word)).count();
        count as f32 / words.len().max(1) as f32
    }
}

/// A text's words, in small letters and folded.
fn words(text: &str) -> Vec<String> {
    visible(text).unicode_words().map(|word| plain(&small(word))).collect()
}

/// A word in small letters and its compatible form.
pub(crate) fn small(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkc().flat_map(char::to_lowercase).map(|c| if c == '\u{2019}' { '\'' } else { c }).collect()
}

/// A word in small letters without its accents.
pub(crate) fn plain(word: &str) -> String {
    if word.is_ascii() {
        word.to_owned()
    } else {
        word.nfkd().filter(|c| !is_accent(*c)).map(|c| if c == 'ı' { 'i' } else { c }).collect()
    }
}

/// Accents, and the vowel points of Hebrew and Arabic; the vowel signs of other scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// The language with the most function words in a text, their share of its words, and how many different ones there are.
fn likeliest(text: &str) -> (Language, f32, usize) {
    let words = words(text);
    let held = |language: Language| words.iter().filter(move |word| language.is_function_word(word));
    // English before the others where it has as many.
    let language = (0..KNOWN.len()).rev().map(Language).max_by_key(|language| held(*language).count()).unwrap_or_default();
    let different = held(language).collect::<HashSet<_>>().len();
    (language, held(language).count() as f32 / words.len().max(1) as f32, different)
}

/// Some of a document: from its beginning, its middle and its end.
fn sample(source: &TextSource) -> Result<String> {
    let mut text = String::new();
    for number in 0..SAMPLES {
        let room = source.length().saturating_sub(SAMPLE);
        let bytes = source.read(room * number / (SAMPLES - 1), SAMPLE.min(source.length()) as usize)?;
        text.push_str(&String::from_utf8_lossy(&bytes));
        text.push('\n');
        if room == 0 {
            break;
        }
    }
    Ok(text)
}

/// The script of most of a text's letters, as the first of its block: Latin, Greek, Cyrillic, those east of them; None without letters.
fn script(text: &str) -> Option<u32> {
    const SCRIPTS: [u32; 17] =
        [0, 0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0x980, 0xa00, 0xb80, 0xc00, 0xe00, 0x1000, 0x1100, 0x1200, 0x1780, 0x3040];
    let mut counts = [0_u32; SCRIPTS.len()];
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        let number = match u32::from(c) {
            0x1e00..0x1f00 => 0,
            0x1f00..0x2000 => 1,
            0xac00..0xd800 => 13,
            0x3400.. => 16,
            c => SCRIPTS.partition_point(|first| *first <= c) - 1,
        };
        counts[number] += 1;
    }
    let most = counts.iter().max().filter(|most| **most > 0)?;
    counts.iter().position(|count| count == most).map(|number| SCRIPTS[number])
}
