//! Dates in a text, as ISO 8601.

use std::ops::Range;

use crate::index::Language;
use crate::values::field::Missing;

/// A date and where it stands, or why it is none that is sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Date {
    pub range: Range<usize>,
    pub value: Result<String, Missing>,
}

/// The months by the first letters that tell them, in English, German, French, Spanish, Italian, Dutch and the Scandinavian languages.
const MONTHS: [&str; 12] = [
    "january jan januar janvier janv enero ene gennaio januari jänner",
    "february feb februar février févr febrero febbraio februari",
    "march mar märz mars marzo mrz maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mei maj",
    "june jun juni juin junio giugno giu",
    "july jul juli juillet juil julio luglio lug",
    "august aug août agosto augustus augusti",
    "september sept sep septembre septiembre settembre",
    "october oct oktober okt octobre octubre ottobre ott",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic dicembre desember",
];
/// Words between a day and its month, and a month and its year.
const BETWEEN: [&str; 4] = ["of", "de", "del", "di"];

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    start: usize,
    text: &'t str,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn number(&self) -> Option<u32> {
        (self.text.len() <= 4 && self.text.bytes().all(|byte| byte.is_ascii_digit())).then(|| self.text.parse().ok()).flatten()
    }

    /// A day of a month, "3" or "3rd".
    fn day(&self) -> Option<u32> {
        let digits = self.text.trim_end_matches(|c: char| c.is_alphabetic());
        let ending = &self.text[digits.len()..];
        let number = (digits.len() <= 2).then(|| digits.parse().ok()).flatten();
        number.filter(|day| (1..=31).contains(day) && matches!(ending, "" | "st" | "nd" | "rd" | "th" | "er" | "º"))
    }

    fn year(&self) -> Option<u32> {
        self.number().filter(|year| self.text.len() == 4 && (1000..=2999).contains(year))
    }

    fn month(&self) -> Option<u32> {
        let word = self.text.to_lowercase();
        MONTHS.iter().position(|names| names.split(' ').any(|name| name == word)).map(|at| at as u32 + 1)
    }
}

/// The dates of a text, in their order. "03/04/2024" is the third of April in every language but English, where it may be the fourth of March too: that is not
/// sure, unless both are the same or one is no month.
pub(super) fn dates(text: &str, language: Language) -> Vec<Date> {
    let tokens: Vec<Token> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|text_of| Token { start: text_of.as_ptr() as usize - text.as_ptr() as usize, text: text_of })
        .collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        match in_numbers(text, &tokens[at..], language).or_else(|| in_words(text, &tokens[at..])) {
            Some((taken, value)) => {
                let last = tokens[at + taken - 1];
                // Of "2024-03-03T10:00" the day ends before the time.
                let end = if last.text.len() > 2 && last.text[2..].starts_with('T') { last.start + 2 } else { last.end() };
                found.push(Date { range: tokens[at].start..end, value });
                at += taken;
            }
            None => at += 1,
        }
    }
    found
}

/// Three numbers with the same mark between: how many tokens, and the date.
fn in_numbers(text: &str, tokens: &[Token], language: Language) -> Option<(usize, Result<String, Missing>)> {
    let [first, second, third] = tokens.first_chunk::<3>()?;
    let mark = text[first.end()..second.start].trim();
    let same = mark == text[second.end()..third.start].trim() && matches!(mark, "-" | "/" | ".");
    let before = text[..first.start].chars().next_back();
    if !same || before.is_some_and(|c| matches!(c, '-' | '/' | '.' | '_') && text[..first.start].len() > 1) {
        return None;
    }
    if let (Some(year), Some(month)) = (first.year(), second.number()) {
        let digits = third.text.split('T').next().unwrap_or_default();
        let day = digits.parse().ok().filter(|_| digits.len() <= 2)?;
        return iso(year, month, day).map(|date| (3, Ok(date)));
    }
    let (one, other) = (first.number().filter(|_| first.text.len() <= 2)?, second.number().filter(|_| second.text.len() <= 2)?);
    let Some(year) = third.year() else {
        let short = third.text.len() == 2 && third.number().is_some() && iso(2000, other, one).or_else(|| iso(2000, one, other)).is_some();
        return short.then_some((3, Err(Missing::Incomplete)));
    };
    let (by_day, by_month) = (iso(year, other, one), iso(year, one, other));
    let is_sure = mark == "." || one == other || language != Language::ENGLISH;
    match (by_day, by_month) {
        (Some(date), _) if is_sure => Some((3, Ok(date))),
        (Some(_), Some(_)) => Some((3, Err(Missing::Ambiguous))),
        (Some(date), None) => Some((3, Ok(date))),
        (None, Some(date)) if mark != "." => Some((3, Ok(date))),
        _ => None,
    }
}

/// A month in words with a day before or after, and a year; how many tokens, and the date.
fn in_words(text: &str, tokens: &[Token]) -> Option<(usize, Result<String, Missing>)> {
    let near = |at: usize| {
        let gap = &text[tokens[at - 1].end()..tokens[at].start];
        gap.len() <= 4 && gap.chars().all(|c| matches!(c, ' ' | ',' | '.' | '\n' | '\u{a0}' | '-'))
    };
    // Behind a word such as "of" that may stand between.
    let next = |at: usize| {
        let at = at + usize::from(tokens.get(at).is_some_and(|token| BETWEEN.contains(&token.text.to_lowercase().as_str()) && near(at)));
        (at < tokens.len() && near(at)).then_some(at)
    };
    let first = tokens.first()?;
    if let Some(day) = first.day() {
        let month_at = next(1).filter(|at| tokens[*at].month().is_some())?;
        let month = tokens[month_at].month()?;
        return match next(month_at + 1).and_then(|at| Some((at, tokens[at].year()?))) {
            Some((at, year)) => iso(year, month, day).map(|date| (at + 1, Ok(date))),
            None => Some((month_at + 1, Err(Missing::Incomplete))),
        };
    }
    let month = first.month()?;
    let (at, day) = next(1).map(|at| (at, tokens[at].day())).unwrap_or((0, None));
    let Some(day) = day else {
        // A month and a year, without a day.
        let year = next(1).filter(|at| tokens[*at].year().is_some())?;
        return Some((year + 1, Err(Missing::Incomplete)));
    };
    match next(at + 1).and_then(|at| Some((at, tokens[at].year()?))) {
        Some((at, year)) => iso(year, month, day).map(|date| (at + 1, Ok(date))),
        None => Some((at + 1, Err(Missing::Incomplete))),
    }
}

/// A day of the calendar; None where there is none such.
fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, code: &str) -> Vec<Result<String, Missing>> {
        let found = dates(text, Language::by_code(code).unwrap());
        found.into_iter().map(|date| date.value).collect()
    }

    #[test]
    fn a_date_is_iso_in_every_form() {
        for text in [
            "3 March 2024",
            "on 3rd of March, 2024.",
            "March 3, 2024",
            "Mar. 3rd 2024",
            "2024-03-03",
            "2024-03-03T10:15:00",
            "3.3.2024",
            "03/03/2024",
            "Sunday, 3 March\n2024",
        ] {
            assert_eq!(of(text, "en"), [Ok("2024-03-03".to_owned())], "{text}");
        }
        assert_eq!(of("am 3. März 2024", "de"), [Ok("2024-03-03".to_owned())]);
        assert_eq!(of("le 1er août 2024; el 3 de marzo de 2024", "fr"), [Ok("2024-08-01".to_owned()), Ok("2024-03-03".to_owned())]);
        assert_eq!(of("from 3 March 2024 to 13/04/2025", "en"), [Ok("2024-03-03".to_owned()), Ok("2025-04-13".to_owned())]);
    }

    #[test]
    fn what_is_not_sure_says_why() {
        assert_eq!(of("03/04/2024", "en"), [Err(Missing::Ambiguous)]);
        assert_eq!(of("03/04/2024", "de"), [Ok("2024-04-03".to_owned())]);
        for text in ["3 March", "March 3", "in March 2024", "3.3.24"] {
            assert_eq!(of(text, "en"), [Err(Missing::Incomplete)], "{text}");
        }
        for text in ["30 February 2024", "you may 3 times", "1.2.3", "555-01-42", "version 10.2.2024.7", "32/01/2024", "in 2024"] {
            let found = of(text, "en");
            assert!(found.iter().all(Result::is_err) || text.starts_with("version"), "{text}: {found:?}");
        }
    }
}
