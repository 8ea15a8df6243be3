//! What a line's first characters say about it.

use std::ops::Range;

/// The mark of a list's item or of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes up to the item's words.
    pub length: usize,
    pub style: Style,
    /// What it counts: 3 of "3.", "c)" and "(iii)"; the last part of "2.3".
    pub number: u32,
}

/// Items of one list have marks of one style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Bullet(char),
    /// "1." and "1)", "(1)".
    Number(char),
    /// "1.1" of two parts, "1.1.1" of three.
    Decimal(u8),
    Letter(char),
    Roman(char),
    /// "§ 3", "Art. 5", "Section 2".
    Clause,
}

const BULLETS: &str = "-*+•–—‣◦▪▫■□●○·➢➤✓✔☐☑☒▶►※・";
const CLAUSES: [&str; 14] =
    ["§", "§§", "art.", "article", "artikel", "artículo", "artigo", "articolo", "section", "sec.", "clause", "paragraph", "статья", "ст."];

/// The mark that a line begins with, if words follow it.
pub(crate) fn item(words: &str) -> Option<Mark> {
    let (mark, rest) = words.split_once([' ', '\t', '\u{a0}'])?;
    let body = rest.trim_start();
    if body.is_empty() {
        return None;
    }
    let length = words.len() - body.len();
    let mut characters = mark.chars();
    if let (Some(first), None) = (characters.next(), characters.next())
        && BULLETS.contains(first)
    {
        let boxed = first == '*' && words.ends_with(" *"); // a line in a box of stars
        return (!boxed && !is_rule(words)).then_some(Mark { length, style: Style::Bullet(first), number: 0 });
    }
    numbered(mark, length).or_else(|| decimal(mark, body, length)).or_else(|| clause(mark, body, length))
}

/// "1.", "1)", "(1)", "a)", "(a)", "(iv)", "iv."
fn numbered(mark: &str, length: usize) -> Option<Mark> {
    let open = mark.starts_with(['(', '[']);
    let inner = mark.strip_prefix(['(', '[']).unwrap_or(mark);
    let close = inner.chars().last().filter(|c| matches!(c, '.' | ')' | ']' | ':' | '、' | '．' | '）'))?;
    let inner = inner.strip_suffix(close)?;
    if inner.is_empty() || (open && close == '.') || (close == ':' && !inner.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let kind = if open { '(' } else { close };
    if inner.len() <= 3 && inner.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Mark { length, style: Style::Number(kind), number: inner.parse().ok()? });
    }
    let lower = inner.to_ascii_lowercase();
    if lower.len() > 1 || lower == "i" || lower == "v" || lower == "x" {
        let number = roman(&lower)?;
        return (inner == lower || lower.len() > 1 || kind != '.').then_some(Mark { length, style: Style::Roman(kind), number });
    }
    // "A." is an initial as often as it is a mark.
    let letter = lower.chars().next().filter(char::is_ascii_lowercase)?;
    (kind != '.' && kind != ':').then_some(Mark { length, style: Style::Letter(kind), number: letter as u32 - 'a' as u32 + 1 })
}

/// "1.1", "3.2.1": several numbers, and words that begin as a clause does.
fn decimal(mark: &str, body: &str, length: usize) -> Option<Mark> {
    let parts: Vec<&str> = mark.strip_suffix(['.', ')']).unwrap_or(mark).split('.').collect();
    let counts = parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let begins = body.starts_with(|c: char| c.is_uppercase() || "\"“„«'‘([".contains(c) || (c.is_alphabetic() && !c.is_lowercase()));
    if !(2..=5).contains(&parts.len()) || !counts || !begins {
        return None;
    }
    let number = parts.last()?.parse().ok()?;
    Some(Mark { length, style: Style::Decimal(parts.len() as u8), number })
}

/// "§ 3 …", "Article 5 …".
fn clause(mark: &str, body: &str, length: usize) -> Option<Mark> {
    let name = mark.to_lowercase();
    let number = body.split([' ', '.', ':', ')', '\t']).next()?.parse().ok()?;
    CLAUSES.contains(&name.as_str()).then_some(Mark { length, style: Style::Clause, number })
}

fn roman(letters: &str) -> Option<u32> {
    let value = |c| {
        Some(match c {
            'i' => 1,
            'v' => 5,
            'x' => 10,
            'l' => 50,
            _ => return None,
        })
    };
    let values: Vec<u32> = letters.chars().map(value).collect::<Option<_>>()?;
    let total = values.iter().enumerate().fold(0_i64, |sum, (at, v)| {
        let less = values.get(at + 1).is_some_and(|next| next > v);
        sum + if less { -i64::from(*v) } else { i64::from(*v) }
    });
    (letters.len() <= 6 && total > 0).then_some(total as u32)
}

/// `#` to `######`, then a space or nothing: the level.
pub(crate) fn heading(line: &str, indent: usize) -> Option<u8> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (indent < 4 && (1..=6).contains(&level) && (text.is_empty() || text.starts_with(char::is_whitespace))).then_some(level as u8)
}

/// Opens or closes a block of code.
pub(crate) fn is_fence(words: &str) -> bool {
    ["```", "~~~"].iter().any(|fence| words.strip_prefix(fence).is_some_and(|rest| !rest.trim_start_matches('`').contains('`')))
}

/// A line without a letter or a digit: a rule, a box's edge.
pub(crate) fn is_rule(words: &str) -> bool {
    let characters = words.chars().filter(|c| !c.is_whitespace()).count();
    characters >= 3 && words.chars().all(|c| c.is_whitespace() || "-=_*~+|:#.─━═—–•·".contains(c))
}

/// A line that begins with a date, a time, a level of importance or an address, as a log's lines do.
pub(crate) fn is_stamped(words: &str) -> bool {
    let head: &str = words.trim_start_matches(['[', '<', '(']);
    let first = head.split([' ', '\t', ']', ',', ')', 'T', '|']).next().unwrap_or_default();
    if is_date(first) || is_time(first) || is_address(first) {
        return true;
    }
    let mut parts = head.split_whitespace();
    match (parts.next(), parts.next(), parts.next()) {
        // "May  1 03:11:09 host …"
        (Some(month), Some(day), Some(time)) if is_month(month) => {
            day.len() <= 2 && day.bytes().all(|b| b.is_ascii_digit()) && is_time(time)
        }
        _ => false,
    }
}

/// 2024-05-01, 1/6/24, 19.10.2025, 2024/05/01, 20240501T031109.
fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.trim_end_matches([',', ':', ';']).split(['-', '/', '.']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    digits && matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4])
}

/// 03:11, 03:11:09, 03:11:09.120, 03:11:09Z.
fn is_time(word: &str) -> bool {
    let parts: Vec<&str> = word.trim_end_matches(['Z', ',', ':', ';', ']']).split(':').collect();
    let whole = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let second = |part: &str| part.split(['.', ',', '+', '-']).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    match parts.as_slice() {
        [hour, minute] => whole(hour) && minute.len() == 2 && whole(minute),
        [hour, minute, rest] => whole(hour) && whole(minute) && second(rest),
        _ => false,
    }
}

fn is_address(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| !part.is_empty() && part.parse::<u8>().is_ok())
}

fn is_month(word: &str) -> bool {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].contains(&word)
}

/// The end of a line's time stamp and what separates it from the rest: "[2024-06-01, 18:02:11] ", "1/6/24, 6:02 PM - ".
fn stamp_end(words: &str) -> Option<usize> {
    let mark = |c: char| matches!(c, '\u{200e}' | '\u{200f}');
    let open = words.trim_start_matches(mark);
    let end = if open.starts_with('[') {
        let close = open.find(']').filter(|at| *at <= 40)?;
        close + 1
    } else {
        // A date, a time, then a dash; or a time alone.
        let dash = [" - ", " – ", " — "].iter().filter_map(|dash| open.find(dash).map(|at| at + dash.len())).filter(|at| *at <= 32).min();
        dash.or_else(|| open.find(' ').filter(|at| is_time(&open[..*at])))?
    };
    let rest = open[end..].trim_start_matches(|c: char| c.is_whitespace() || mark(c));
    is_stamped(open).then(|| words.len() - rest.len())
}

/// A message of a chat with its time: the speaker's place in the line.
pub(crate) fn message(words: &str) -> Option<Range<usize>> {
    let start = stamp_end(words)?;
    let rest = &words[start..];
    let colon = rest.find(':').filter(|at| (1..=40).contains(at))?;
    let after = &rest[colon + 1..];
    (after.is_empty() || after.starts_with(char::is_whitespace)).then_some(start..start + colon)
}

/// "Label: value" or "Label : value", "Label ..... value", "Label = value": the label and the value, either of few words or more.
pub(crate) fn label(words: &str) -> Option<(Range<usize>, Range<usize>)> {
    let separators = [": ", ":\t", " : ", "：", " = ", "....", ":\u{a0}"];
    let (at, separator) = separators.iter().filter_map(|s| words.find(s).map(|at| (at, *s))).min()?;
    let label = words[..at].trim_end();
    let rest = &words[at + separator.len()..];
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '.');
    let short = label.chars().count() <= 40 && label.split_whitespace().count() <= 5;
    let said = label.contains(char::is_alphanumeric) && !label.contains(['.', ',', ';', '?', '!']) && !label.starts_with(['"', '“', '(']);
    let first = label.trim_start_matches(['*', '_', '-', ' ']).chars().next()?;
    let named = first.is_uppercase() || first.is_numeric() || !first.is_alphabetic() || !first.is_lowercase() || !label.contains(' ');
    (short && (said || label.ends_with('.') && label.len() <= 20) && named && !value.is_empty())
        .then(|| (0..label.len(), words.len() - value.len()..words.len()))
}

/// "key=value" or "key = value", as settings and logs write it: where the key ends and where the value begins.
pub(crate) fn pair(words: &str) -> Option<(usize, usize)> {
    let at = words.find('=')?;
    let (key, rest) = (words[..at].trim_end(), &words[at + 1..]);
    let named = key.starts_with(|c: char| c.is_alphabetic() || c == '_') && key.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    (named && !rest.starts_with(['=', '>', '~'])).then(|| (key.len(), words.len() - rest.trim_start().len()))
}

/// "Q:", "Question 3:", "F:" before a question; "A:", "Antwort:" before an answer.
pub(crate) fn asks_or_answers(words: &str) -> Option<bool> {
    const ASKS: [&str; 12] = ["q", "question", "faq", "f", "frage", "pregunta", "p", "domanda", "d", "pergunta", "vraag", "вопрос"];
    const ANSWERS: [&str; 12] =
        ["a", "answer", "antwort", "réponse", "r", "respuesta", "risposta", "resposta", "antwoord", "svar", "ответ", "ans"];
    let plain = words.trim_start_matches(['*', '_', '#', ' ']);
    let name: String = plain.chars().take_while(|c| c.is_alphabetic()).collect();
    let rest = plain[name.len()..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let mut after = rest.chars();
    let mark = after.next().filter(|mark| [':', '.', ')', '：'].contains(mark))?;
    // A wide colon holds its own space.
    if name.is_empty() || (mark != '：' && !after.as_str().trim_start_matches(['*', '_']).starts_with([' ', '\t'])) {
        return None;
    }
    let name = name.to_lowercase();
    // "A." and "D." are initials and marks.
    if name.chars().count() == 1 && !rest.starts_with([':', '：']) {
        return None;
    }
    if ASKS.contains(&name.as_str()) && plain.trim_end_matches(['*', '_', ' ']).ends_with(['?', '？']) {
        return Some(true);
    }
    ANSWERS.contains(&name.as_str()).then_some(false)
}

/// Whether a text ends as a sentence does, marks of closing aside.
pub(crate) fn ends_sentence(words: &str) -> bool {
    let bare = words.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»', '*', '_', '“', '\u{61c}', '\u{2060}']);
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '॥', '۔', '؟', '။', '።', '։'])
}

/// Whether a text ends as a question does.
pub(crate) fn asks(words: &str) -> bool {
    words.trim_end_matches(['"', '”', '’', ')', '»', '*', '_', ' ']).ends_with(['?', '？', '؟', ';']) && !words.ends_with(';')
        || words.ends_with('\u{37e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_items() {
        let items = [
            "- a b",
            "• two",
            "1. Definitions",
            "12) x",
            "(a) fish",
            "a) fish",
            "(iv) frost",
            "iv. frost",
            "1.1 \"Goods\" means",
            "§ 3 Haftung",
            "[1] Berg",
        ];
        for line in items {
            assert!(item(line).is_some(), "{line}");
        }
        for line in ["1.5 million", "-5 degrees", "A. Smith", "---", "3.", "Mr. Ek", "2024. It", "civil law", "* * *"] {
            assert!(item(line).is_none(), "{line}");
        }
    }

    #[test]
    fn stamps_and_messages() {
        for line in [
            "2024-05-01 03:11:09 INFO",
            "[19/10/2025, 01:03:00] Rudi: x",
            "127.0.0.1 - - [10",
            "May  1 03:11:09 host",
            "06:10 weekdays",
            "2024-05-01T03:11:09Z x",
        ] {
            assert!(is_stamped(line), "{line}");
        }
        for line in ["12 eggs", "May I go", "1.5 litres", "3 February. The"] {
            assert!(!is_stamped(line), "{line}");
        }
        for (line, speaker) in [
            ("[2024-06-01, 18:02:11] Priya: who", "Priya"),
            ("1/6/24, 6:02 PM - Marek: I do", "Marek"),
            ("[19/10/2025, 01:02:19] \u{200e}Rudi: x", "Rudi"),
        ] {
            assert_eq!(message(line).map(|at| &line[at]), Some(speaker));
        }
    }

    #[test]
    fn labels() {
        for (line, expected) in [
            ("Invoice no: 2024-118", ("Invoice no", "2024-118")),
            ("VAT 19%: 58.90 EUR", ("VAT 19%", "58.90 EUR")),
            ("Total ........ 12.00", ("Total", "12.00")),
        ] {
            let (name, value) = label(line).unwrap();
            assert_eq!((&line[name], &line[value]), expected);
        }
        for line in ["We came, we saw: it was so", "the following are allowed: x", "http://a.org", "Note:"] {
            assert!(label(line).is_none(), "{line}");
        }
    }
}
