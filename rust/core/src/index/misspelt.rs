//! Words one edit away from another: what a misspelt word of a question may mean.

/// Shorter words have too many neighbours.
const SHORTEST: usize = 5;
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
    if letters.len() < SHORTEST {
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
    }

    #[test]
    fn as_many_as_the_letters_give() {
        // Of n letters, all unlike: n - 1 left out, n - 2 changed places, 25 (n - 1) changed, 26 n - (n - 1) put in; some of the last are alike.
        let found = near("bread");
        assert_eq!(found.len(), 4 + 3 + 25 * 4 + (26 * 5 - 4));
        assert!(found.iter().all(|word| word.starts_with('b')));
    }
}
