//! Amounts of money in a text.

use std::ops::Range;

use crate::index::Language;
use crate::values::number::numbers;

/// An amount and where it stands with its currency.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub range: Range<usize>,
    pub value: f64,
    /// The code of ISO 4217 where the sign or the word is of one currency, else as it is written.
    pub currency: String,
}

/// Signs and words of one currency.
const ONE: [(&str, &str); 26] = [
    ("€", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("pound sterling", "GBP"),
    ("pounds sterling", "GBP"),
    ("us$", "USD"),
    ("us dollars", "USD"),
    ("u.s. dollars", "USD"),
    ("swiss francs", "CHF"),
    ("norwegian kroner", "NOK"),
    ("swedish kronor", "SEK"),
    ("danish kroner", "DKK"),
    ("₹", "INR"),
    ("rupees", "INR"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₩", "KRW"),
    ("zł", "PLN"),
    ("zloty", "PLN"),
    ("złoty", "PLN"),
    ("kč", "CZK"),
    ("forint", "HUF"),
    ("yen", "JPY"),
    ("shekels", "ILS"),
    ("rand", "ZAR"),
]; // fmt: skip
/// Signs and words of several.
const SEVERAL: [&str; 18] = [
    "$", "¥", "kr", "fr", "fr.", "dollar", "dollars", "pound", "pounds", "franc", "francs", "crown", "crowns", "krone", "kroner", "kronor",
    "pesos", "coins",
]; // fmt: skip
const CODES: &str =
    " EUR USD GBP CHF NOK SEK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH JPY CNY HKD SGD KRW INR AUD NZD CAD MXN BRL ARS CLP ZAR ILS AED SAR ";

/// The amounts of a text, in their order: numbers with a currency's sign, code or name right before or after.
pub(super) fn amounts(text: &str, language: Language) -> Vec<Amount> {
    let mut found: Vec<Amount> = Vec::new();
    for number in numbers(text, language) {
        let from = found.last().map_or(0, |amount| amount.range.end).min(number.range.start);
        let after = after(&text[number.range.end..]);
        let before = before(&text[from..number.range.start]);
        let (range, currency) = match (after, before) {
            (Some((length, currency)), _) => (number.range.start..number.range.end + length, currency),
            (None, Some((length, currency))) => (number.range.start - length..number.range.end, currency),
            (None, None) => continue,
        };
        found.push(Amount { range, value: number.value, currency });
    }
    found
}

/// A currency at a text's beginning: bytes up to its end, and its name.
fn after(text: &str) -> Option<(usize, String)> {
    let rest = text.trim_start_matches([' ', '\u{a0}', '\u{202f}', '\n']);
    let skipped = text.len() - rest.len();
    let rest = rest.strip_prefix(",-").or_else(|| rest.strip_prefix(".-")).map_or(rest, str::trim_start);
    let skipped = skipped.max(text.len() - rest.len());
    let ends = |length: usize| !rest[length..].starts_with(char::is_alphanumeric) || !rest[..length].ends_with(char::is_alphabetic);
    let (length, name) = longest(
        |sign| {
            let same = rest.get(..sign.len()).is_some_and(|start| start.to_lowercase() == sign);
            (same && ends(sign.len())).then_some(sign.len())
        },
        |code| (rest.starts_with(code) && ends(code.len())).then_some(code.len()),
    )?;
    Some((skipped + length, name.unwrap_or_else(|| rest[..length].to_owned())))
}

/// A currency at a text's end: bytes from its beginning, and its name.
fn before(text: &str) -> Option<(usize, String)> {
    let rest = text.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    let skipped = text.len() - rest.len();
    let begins = |length: usize| {
        let (head, sign) = rest.split_at(rest.len() - length);
        !head.ends_with(char::is_alphanumeric) || !sign.starts_with(char::is_alphabetic)
    };
    let ends = |sign: &str| rest.len().checked_sub(sign.len()).and_then(|at| rest.get(at..)).is_some_and(|end| end.to_lowercase() == sign);
    let (length, name) = longest(
        |sign| (ends(sign) && begins(sign.len())).then_some(sign.len()),
        |code| (rest.ends_with(code) && begins(code.len())).then_some(code.len()),
    )?;
    Some((skipped + length, name.unwrap_or_else(|| rest[rest.len() - length..].to_owned())))
}

/// The longest sign, word or code that stands there: its bytes, and the code where it is of one currency.
fn longest(sign: impl Fn(&str) -> Option<usize>, code: impl Fn(&str) -> Option<usize>) -> Option<(usize, Option<String>)> {
    let one = ONE.iter().filter_map(|(name, code)| Some((sign(name)?, Some((*code).to_owned()))));
    let several = SEVERAL.iter().filter_map(|name| Some((sign(name)?, None)));
    let codes = CODES.split_whitespace().filter_map(|name| Some((code(name)?, Some(name.to_owned()))));
    one.chain(several).chain(codes).max_by_key(|(length, _)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_stands_before_or_after() {
        let of = |text: &str| {
            amounts(text, Language::ENGLISH)
                .iter()
                .map(|a| (a.value, a.currency.clone(), text[a.range.clone()].to_owned()))
                .collect::<Vec<_>>()
        };
        let one = |value: f64, currency: &str, text: &str| vec![(value, currency.to_owned(), text.to_owned())];
        assert_eq!(of("The rent is 840 euros a month."), one(840.0, "EUR", "840 euros"));
        assert_eq!(of("It costs €1,234.50 in all."), one(1234.5, "EUR", "€1,234.50"));
        assert_eq!(of("CHF 90 for each of 3 days"), one(90.0, "CHF", "CHF 90"));
        assert_eq!(of("a fee of forty crowns"), one(40.0, "crowns", "forty crowns"));
        assert_eq!(of("$5 for 12 frames"), one(5.0, "$", "$5"));
        assert_eq!(of("12 US dollars"), one(12.0, "USD", "12 US dollars"));
        assert!(of("12 roses, 3 europeans, room 4").is_empty());
        assert_eq!(of("£3 and £4").len(), 2);
    }
}
