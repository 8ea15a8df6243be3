//! Words one edit away from another: what a misspelt word of a question may mean.

use crate::index::folding::plain;

/// Letters of the words that are edited: shorter ones have too many neighbours, longer ones are no words.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=24;
/// Letters by script; a word is edited with those of its own.
const ALPHABETS: [&str; 5] = [
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρσςτυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأإؤئپچژگکی",
]; // fmt: skip

/// The words that a word in small letters becomes by one edit after its first letter: a letter left out, put in or changed, or two in a row in
/// each other's place. None of short words, of numbers, and of words in letters of no listed script.
pub(crate) fn near(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let Some(alphabet) = ALPHABETS.iter().find(|alphabet| letters.iter().all(|c| alphabet.contains(*c))) else { return Vec::new() };
    if !LENGTHS.contains(&letters.len()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut add = |head: &[char], middle: &[char], tail: &[char]| found.push(head.iter().chain(middle).chain(tail).collect::<String>());
    for at in 1..=letters.len() {
        let (head, tail) = letters.split_at(at);
        if let [this, rest @ ..] = tail {
            add(head, &[], rest);
            if let [next, rest @ ..] = rest {
                add(head, &[*next, *this], rest);
            }
            alphabet.chars().for_each(|letter| add(head, &[letter], rest));
        }
        alphabet.chars().for_each(|letter| add(head, &[letter], tail));
    }
    found.retain(|other| other != word);
    found.sort_unstable();
    found.dedup();
    found
}

/// Letters with accents, by the letter that they are without.
const ACCENTED: [(char, &str); 15] = [
    ('a', "áàâäãåăą"),
    ('c', "çćč"),
    ('d', "đď"),
    ('e', "éèêëęě"),
    ('g', "ğ"),
    ('i', "íìîïı"),
    ('l', "ł"),
    ('n', "ñńň"),
    ('o', "óòôöõőø"),
    ('r', "ř"),
    ('s', "śşš"),
    ('t', "ţť"),
    ('u', "úùûüűů"),
    ('y', "ý"),
    ('z', "źżž"),
]; // fmt: skip

/// The words that a word in small letters becomes without its accents, or with one more.
pub(crate) fn accented(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let bare = plain(word);
    let mut found = if bare == word { Vec::new() } else { vec![bare] };
    for (at, letter) in letters.iter().enumerate().take(*LENGTHS.end()) {
        let others = ACCENTED.iter().find(|(plain, _)| plain == letter).map_or("", |(_, others)| others);
        found.extend(others.chars().map(|other| letters[..at].iter().chain([&other]).chain(&letters[at + 1..]).collect::<String>()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_after_the_first_letter() {
        let finds = |word: &str, other: &str| near(word).binary_search_by(|found| found.as_str().cmp(other)).is_ok();
        for (word, meant) in
            [("mayer", "mayor"), ("vilage", "village"), ("recieve", "receive"), ("deposiit", "deposit"), ("музеи", "музей")]
        {
            assert!(finds(word, meant), "{word}");
        }
        assert!(!finds("mayer", "layer") && !finds("mayer", "mayer") && !finds("mayer", "major"));
        assert!(near("hill").is_empty() && near("a1234").is_empty() && near("日本語日本").is_empty());
        assert!(near(&"acgt".repeat(5000)).is_empty(), "no word");
    }

    #[test]
    fn accents_that_were_left_out() {
        for (word, meant) in [("informacion", "información"), ("canción", "cancion"), ("gunes", "guneş"), ("senor", "señor")] {
            assert!(accented(word).iter().any(|found| found == meant), "{word}");
        }
        assert!(accented(&"a".repeat(5000)).len() < 1000);
    }

    #[test]
    fn as_many_as_the_letters_give() {
        // Of n letters, all unlike: n - 1 left out, n - 2 changed places, 25 (n - 1) changed, 26 n - (n - 1) put in; some of the last are alike.
        let found = near("bread");
        assert_eq!(found.len(), 4 + 3 + 25 * 4 + (26 * 5 - 4));
        assert!(found.iter().all(|word| word.starts_with('b')));
    }
}
