//! English words for numbers, in small letters.

const SMALL: &str =
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";

/// From zero to nineteen; None of any other word.
pub(crate) fn below_twenty(word: &str) -> Option<u8> {
    place(SMALL, word)
}

/// From twenty to ninety; None of any other word.
pub(crate) fn tens(word: &str) -> Option<u8> {
    place(TENS, word).map(|at| 10 * (at + 2))
}

fn place(words: &str, word: &str) -> Option<u8> {
    words.split(' ').zip(0..).find(|(one, _)| *one == word).map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbers() {
        assert_eq!(["zero", "nineteen", "twenty", ""].map(below_twenty), [Some(0), Some(19), None, None]);
        assert_eq!(["twenty", "ninety", "ten"].map(tens), [Some(20), Some(90), None]);
    }
}
