//! Words in the forms in which they are compared.

use unicode_normalization::UnicodeNormalization;

/// A word in small letters and its compatible form; typographic apostrophes are plain ones, and Romanian letters have the cedilla that stems know.
pub(crate) fn small(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let usual = |c| match c {
        '\u{2019}' => '\'',
        'ș' => 'ş',
        'ț' => 'ţ',
        c => c,
    };
    word.nfkc().flat_map(char::to_lowercase).map(usual).collect()
}

/// A word in small letters without its accents; a Greek sigma at its end is as any other.
pub(crate) fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let bare = |c| match c {
        'ı' => 'i',
        'ς' => 'σ',
        c => c,
    };
    word.nfkd().filter(|c| !is_accent(*c)).map(bare).collect()
}

/// Whether a letter is Latin, accents aside.
pub(crate) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Accents, and the vowel points of Hebrew and Arabic; the vowel signs of other scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}
