//! Numbers in a text, in the forms of its language.

use std::ops::Range;

use crate::index::Language;
use crate::text::number_words::{below_twenty, tens};

/// More digits than a double holds are no number but a mark of something.
const DIGITS: usize = 15;
/// Letters that may follow a number at once.
const UNITS: &str = " kg g mg t km m cm mm l ml dl h min s ms w kw kwh v a mb gb tb kb hz khz mhz ghz c f x bar pa ha ";
/// Words before which "one" is no number.
const PRONOUN: &str = " of may must can is who should shall has will another ";

/// A number and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub range: Range<usize>,
    pub value: f64,
}

/// The numbers of a text in digits, and in English words up to a hundred, in their order; not those of times, telephone numbers, ordinals, versions and names such
/// as A4.
pub(super) fn numbers(text: &str, language: Language) -> Vec<Number> {
    let mut found = in_digits(text, language);
    if language == Language::ENGLISH {
        found.extend(in_words(text));
    }
    found.sort_by_key(|number| number.range.start);
    for number in &mut found {
        multiply(number, text);
    }
    found
}

fn in_digits(text: &str, language: Language) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|place| at + place) {
        let end = run(text, start, language);
        at = end;
        if let Some(value) = whole(text, start..end).and_then(|_| value(&text[start..end], language)) {
            let before = &text[..start];
            let signed = before.strip_suffix(['-', '\u{2212}']).filter(|rest| !rest.ends_with(char::is_alphanumeric));
            let (from, value) = signed.map_or((start, value), |rest| (rest.len(), -value));
            found.push(Number { range: from..end, value });
        }
    }
    found
}

/// Where digits with separators between them end.
fn run(text: &str, start: usize, language: Language) -> usize {
    let mut end = start;
    loop {
        end += text[end..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - end);
        let mut rest = text[end..].chars();
        let Some(mark) = rest.next() else { return end };
        let digits = rest.as_str().bytes().take_while(u8::is_ascii_digit).count();
        let groups = matches!(mark, '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}') || mark == ' ' && decimal_comma(language);
        let joins = matches!(mark, '.' | ',') && digits > 0
            || groups && digits == 3 && end - start <= 3
            || groups && digits == 3 && text[start..end].contains(mark);
        if !joins {
            return end;
        }
        end += mark.len_utf8();
    }
}

/// Whether digits stand for a number by what is beside them.
fn whole(text: &str, range: Range<usize>) -> Option<()> {
    let before = &text[..range.start];
    let after = &text[range.end..];
    let last = before.chars().next_back();
    let joined = last.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '#' | '§' | ':' | '/' | '@'));
    let dashed = before.strip_suffix('-').is_some_and(|rest| rest.ends_with(char::is_alphanumeric));
    let section = before.trim_end().ends_with(['§', '№']);
    let next = after.chars().next();
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let goes_on = matches!(next, Some(':' | '/' | '-' | '_')) && digit(&after[1..]);
    let letters = after.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let is_unit = letters.is_empty() || UNITS.contains(&format!(" {} ", letters.to_lowercase()));
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_mark = line.trim().is_empty() && matches!(next, Some('.' | ')')) && after[1..].starts_with(' ');
    (!joined && !dashed && !section && !goes_on && is_unit && !is_mark).then_some(())
}

/// The number that digits with separators stand for.
fn value(digits: &str, language: Language) -> Option<f64> {
    if digits.bytes().filter(u8::is_ascii_digit).count() > DIGITS {
        return None;
    }
    let marks: Vec<char> = digits.chars().filter(|c| !c.is_ascii_digit()).collect();
    let Some(last) = marks.last().copied() else { return digits.parse().ok() };
    let (before, after) = digits.rsplit_once(last)?;
    let several = marks.iter().any(|mark| *mark != last);
    let is_decimal = match last {
        '.' | ',' if several => true,
        '.' | ',' if marks.len() > 1 => false,
        '.' | ',' if after.len() == 3 && before.len() <= 3 && before != "0" => (last == ',') == decimal_comma(language),
        '.' | ',' => true,
        _ => false,
    };
    let groups: Vec<&str> = (if is_decimal { before } else { digits }).split(|c: char| !c.is_ascii_digit()).collect();
    let inner: Vec<char> = (if is_decimal { before } else { digits }).chars().filter(|c| !c.is_ascii_digit()).collect();
    let grouped = groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    if !grouped || inner.windows(2).any(|pair| pair[0] != pair[1]) || is_decimal && inner.contains(&last) {
        return None;
    }
    let whole: String = groups.concat();
    (if is_decimal { format!("{whole}.{after}") } else { whole }).parse().ok()
}

/// Whether a comma parts the decimals.
fn decimal_comma(language: Language) -> bool {
    !matches!(language.code(), "en" | "hi" | "ta")
}

fn in_words(text: &str) -> Vec<Number> {
    let words: Vec<(usize, &str)> = parts(text).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (taken, value) = word_number(&words[at..]);
        if taken == 0 {
            at += 1;
            continue;
        }
        let next = words.get(at + taken).map_or("", |word| word.1).to_lowercase();
        let before = at.checked_sub(1).map_or("", |at| words[at].1).to_lowercase();
        let pronoun = value == 1.0
            && taken == 1
            && (PRONOUN.contains(&format!(" {next} ")) || matches!(before.as_str(), "no" | "this" | "that" | "each"));
        let (last, word) = words[at + taken - 1];
        if !pronoun {
            found.push(Number { range: words[at].0..last + word.len(), value });
        }
        at += taken;
    }
    found
}

/// The words of a text, cut at hyphens, with their places.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// How many words stand for a number, and which.
fn word_number(words: &[(usize, &str)]) -> (usize, f64) {
    let word = |at: usize| words.get(at).map_or(String::new(), |word| word.1.to_lowercase());
    let unit = |word: &str| below_twenty(word).map(f64::from);
    let first = word(0);
    let second = word(1);
    if second == "hundred" && (first == "a" || first == "one") {
        return (2, 100.0);
    }
    if let Some(tens) = tens(&first).map(f64::from) {
        return match unit(&second) {
            Some(unit) if (1.0..10.0).contains(&unit) && words[1].0 == words[0].0 + words[0].1.len() + 1 => (2, tens + unit),
            _ => (1, tens),
        };
    }
    unit(&first).map_or((0, 0.0), |unit| (1, unit))
}

/// A number with "million" after it.
fn multiply(number: &mut Number, text: &str) {
    let after = &text[number.range.end..];
    let word = after.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let times = match word.to_lowercase().as_str() {
        "hundred" => 1e2,
        "thousand" => 1e3,
        "million" | "millions" => 1e6,
        "billion" | "billions" => 1e9,
        _ => return,
    };
    number.value *= times;
    number.range.end += after.len() - after.trim_start().len() + word.len();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, code: &str) -> Vec<f64> {
        numbers(text, Language::by_code(code).unwrap()).iter().map(|number| number.value).collect()
    }

    #[test]
    fn separators_are_those_of_the_language() {
        assert_eq!(of("1,234.50 and 1.234,50", "en"), [1234.5, 1234.5]);
        assert_eq!(of("1,234 and 1.234", "en"), [1234.0, 1.234]);
        assert_eq!(of("1,234 und 1.234", "de"), [1.234, 1234.0]);
        assert_eq!(of("3,5 or 0.125 or 1'234'567.8", "en"), [3.5, 0.125, 1_234_567.8]);
        assert_eq!(of("1 234 567,5 kr", "sv"), [1_234_567.5]);
        assert_eq!(of("room 3 200 euros", "en"), [3.0, 200.0]);
        assert_eq!(of("-4 degrees, 2.5 million, 12 %", "en"), [-4.0, 2.5e6, 12.0]);
        assert_eq!(of("1,23,456 1.2.3 12,34.5", "en"), [0.0; 0]);
    }

    #[test]
    fn what_only_looks_like_a_number_is_none() {
        for text in ["14:30", "555-0142", "the 3rd", "A4", "§ 3", "1/2", "1. Rent", "no one", "one of them", "1234567890123456", "v2"] {
            assert_eq!(of(text, "en"), [0.0; 0], "{text}");
        }
        assert_eq!(of("5kg, 230 V, 85°", "en"), [5.0, 230.0, 85.0]);
    }

    #[test]
    fn words_count_up_to_a_hundred() {
        assert_eq!(of("forty crowns, twenty-one days, a hundred, three", "en"), [40.0, 21.0, 100.0, 3.0]);
        assert_eq!(of("three thousand", "en"), [3000.0]);
        let found = numbers("within twenty-one days", Language::ENGLISH);
        assert_eq!(&"within twenty-one days"[found[0].range.clone()], "twenty-one");
    }
}
