//! The one value of a type in what a document was quoted for.

use std::ops::Range;

use crate::index::Language;
use crate::index::terms::for_each_term;
use crate::text::whitespace::trimmed;
use crate::values::amount::amounts;
use crate::values::date::dates;
use crate::values::field::{FieldType, Missing, Value};
use crate::values::number::numbers;

/// Most parts of a list in a sentence, and words of each.
const PARTS: usize = 50;
const PART_WORDS: usize = 8;

/// What a value is read out of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'t> {
    pub question: &'t str,
    pub language: Language,
    /// The quoted text that answers.
    pub quoted: &'t str,
    /// Where in it a reader's short answer stands.
    pub short: Option<(usize, usize)>,
}

/// A value and where in the quoted text it stands.
type Found = (Range<usize>, Result<Value, Missing>);

/// The value of a type: the one in the short answer or else the one in the quoted text; of several the one in the only clause that holds the most of the
/// question's words.
///
/// # Errors
/// Why there is none.
pub(crate) fn read(kind: FieldType, reading: Reading) -> Result<(Value, Range<usize>), Missing> {
    let Reading { quoted, short, .. } = reading;
    let short = short.map(|(start, end)| start..end);
    match kind {
        FieldType::Text => {
            let range = short.unwrap_or_else(|| unlabelled(reading));
            Ok((Value::Text(trimmed(&quoted[range.clone()]).into_owned()), range))
        }
        FieldType::List => {
            let ranges = short.into_iter().chain([unlabelled(reading)]);
            let mut lists = ranges.filter_map(|range| Some((Value::List(list(&quoted[range.clone()])?), range)));
            lists.next().ok_or(Missing::NoValue)
        }
        _ => {
            let all = values(kind, quoted, reading.language);
            if let Some(short) = short {
                let within: Vec<&Found> = all.iter().filter(|(range, _)| range.start < short.end && short.start < range.end).collect();
                if let [one] = within.as_slice() {
                    return sure(one);
                }
            }
            one_of(&all, reading)
        }
    }
}

/// Every value of a type in a text.
fn values(kind: FieldType, text: &str, language: Language) -> Vec<Found> {
    match kind {
        FieldType::Number => {
            let dates = dates(text, language);
            let apart = |range: &Range<usize>| dates.iter().all(|date| range.end <= date.range.start || date.range.end <= range.start);
            let some = numbers(text, language).into_iter().filter(|number| apart(&number.range));
            some.map(|number| (number.range, Ok(Value::Number(number.value)))).collect()
        }
        FieldType::Amount => {
            let value = |value, currency| Ok(Value::Amount { amount: value, currency });
            amounts(text, language).into_iter().map(|amount| (amount.range, value(amount.value, amount.currency))).collect()
        }
        FieldType::Date => dates(text, language).into_iter().map(|date| (date.range, date.value.map(Value::Text))).collect(),
        FieldType::YesNo => said_yes_or_no(text),
        FieldType::Text | FieldType::List => Vec::new(),
    }
}

/// "Yes" and "no" where they are an answer by themselves: "Pets: no".
fn said_yes_or_no(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let range = start..start + word.len();
        let alone = |part: &str, at_end: bool| {
            let part = if at_end { part.trim_end() } else { part.trim_start() };
            let beside = if at_end { part.chars().next_back() } else { part.chars().next() };
            beside.is_none_or(|c| matches!(c, ':' | ';' | ',' | '|' | '.' | '"'))
        };
        let says = match word.to_lowercase().as_str() {
            "yes" | "true" => true,
            "no" | "false" => false,
            _ => continue,
        };
        if alone(&text[..range.start], true) && alone(&text[range.end..], false) {
            found.push((range, Ok(Value::YesNo(says))));
        }
    }
    found
}

fn sure((range, value): &Found) -> Result<(Value, Range<usize>), Missing> {
    value.clone().map(|value| (value, range.clone()))
}

/// The only value, or the only one in the clause that holds the most of the question's words.
fn one_of(all: &[Found], reading: Reading) -> Result<(Value, Range<usize>), Missing> {
    match all {
        [] => return Err(Missing::NoValue),
        [one] => return sure(one),
        [first, rest @ ..] if rest.iter().all(|(_, value)| *value == first.1) => return sure(first),
        _ => {}
    }
    let mut asked = Vec::new();
    for_each_term(reading.question, reading.language, |term| asked.push(term));
    let ranges: Vec<Range<usize>> = all.iter().map(|(range, _)| range.clone()).collect();
    let clauses = clauses(reading.quoted, &ranges);
    let score = |clause: &Range<usize>| {
        let mut held = Vec::new();
        for_each_term(&reading.quoted[clause.clone()], reading.language, |term| held.push(term));
        asked.iter().filter(|term| held.contains(term)).count()
    };
    let scored: Vec<(usize, &Range<usize>)> = clauses.iter().map(|clause| (score(clause), clause)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best > 0).ok_or(Missing::SeveralValues)?;
    let mut of_best = scored.iter().filter(|(score, _)| *score == best).map(|(_, clause)| *clause);
    let (Some(clause), None) = (of_best.next(), of_best.next()) else { return Err(Missing::SeveralValues) };
    let mut within = all.iter().filter(|(range, _)| clause.start <= range.start && range.end <= clause.end);
    match (within.next(), within.next()) {
        (Some(one), None) => sure(one),
        _ => Err(Missing::SeveralValues),
    }
}

/// A text cut at commas, semicolons, bars, lines, ends of sentences and "and", where no value is cut.
fn clauses(text: &str, values: &[Range<usize>]) -> Vec<Range<usize>> {
    let inside = |at: usize| values.iter().any(|range| range.contains(&at));
    let (mut found, mut start) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        let cuts = match c {
            ',' | ';' | '|' | '\n' | '(' | ')' => true,
            '.' => text[at + 1..].starts_with([' ', '\n']),
            ' ' => text[at..].starts_with(" and ") || text[at..].starts_with(" but ") || text[at..].starts_with(" while "),
            _ => false,
        };
        if cuts && !inside(at) {
            found.push(start..at);
            start = at;
        }
    }
    found.push(start..text.len());
    found
}

/// The quoted text without its mark and without a label that the question names: "Tenant: Ada Lund".
fn unlabelled(reading: Reading) -> Range<usize> {
    let text = reading.quoted;
    let start = text.len() - text.trim_start_matches(['-', '*', '•', '#', ' ', '\n', '\t']).len();
    let whole = start..text.trim_end().len().max(start);
    let Some(colon) = text[whole.clone()].find([':', '=']).map(|at| whole.start + at) else { return whole };
    let value = &text[colon + 1..whole.end];
    let label = &text[whole.start..colon];
    let (mut asked, mut labels) = (Vec::new(), Vec::new());
    for_each_term(reading.question, reading.language, |term| asked.push(term));
    for_each_term(label, reading.language, |term| labels.push(term));
    let is_label = !labels.is_empty() && label.split_whitespace().count() <= 5 && labels.iter().any(|term| asked.contains(term));
    if !is_label || value.trim().is_empty() || value.contains(['\n', ';']) {
        return whole;
    }
    colon + 1 + (value.len() - value.trim_start().len())..whole.end
}

/// The parts of "a, b and c".
fn list(text: &str) -> Option<Vec<String>> {
    let text = text.trim().trim_end_matches('.');
    let text = text.rsplit_once(": ").map_or(text, |(_, list)| list);
    let replaced = text.replace(", and ", ", ").replace(" and ", ", ").replace(" & ", ", ");
    let parts: Vec<String> =
        replaced.split([',', ';', '\n', '|']).map(|part| trimmed(part.trim_start_matches(['-', '*', '•', ' '])).into_owned()).collect();
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let is_list = (2..=PARTS).contains(&parts.len()) && parts.iter().all(|part| part.split(' ').count() <= PART_WORDS);
    is_list.then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: FieldType, question: &str, quoted: &str) -> Result<Value, Missing> {
        let reading = Reading { question, language: Language::ENGLISH, quoted, short: None };
        read(kind, reading).map(|(value, range)| {
            assert!(!quoted[range].is_empty());
            value
        })
    }

    fn text(text: &str) -> Result<Value, Missing> {
        Ok(Value::Text(text.into()))
    }

    #[test]
    fn the_clause_of_the_question_tells_one_of_several() {
        let rent = "The rent is 840 euros a month, and the deposit 2,520 euros.";
        let euros = |amount: f64| Ok(Value::Amount { amount, currency: "EUR".into() });
        assert_eq!(of(FieldType::Amount, "How much is the deposit?", rent), euros(2520.0));
        assert_eq!(of(FieldType::Amount, "How much is the rent?", rent), euros(840.0));
        assert_eq!(of(FieldType::Amount, "What is to be paid?", rent), Err(Missing::SeveralValues));
        assert_eq!(of(FieldType::Date, "When does it end?", "It begins on 1 May 2024 and ends on 3 June 2025."), text("2025-06-03"));
        assert_eq!(of(FieldType::Number, "How many seats?", "Built on 3 March 2024 with 12 seats."), Ok(Value::Number(12.0)));
        assert_eq!(of(FieldType::Number, "How many seats?", "It has seats."), Err(Missing::NoValue));
    }

    #[test]
    fn labels_and_marks_are_left_out_of_a_text() {
        assert_eq!(of(FieldType::Text, "Who is the tenant?", "- Tenant: Ada Lund"), text("Ada Lund"));
        assert_eq!(of(FieldType::Text, "Who is the owner?", "Note: Ada Lund owns it."), text("Note: Ada Lund owns it."));
        assert_eq!(of(FieldType::YesNo, "Are pets allowed?", "Pets: no"), Ok(Value::YesNo(false)));
        assert_eq!(of(FieldType::YesNo, "Are pets allowed?", "No pets are kept."), Err(Missing::NoValue));
    }

    #[test]
    fn a_list_stands_in_a_sentence() {
        let parts = |parts: &[&str]| Ok(Value::List(parts.iter().map(|part| (*part).to_owned()).collect()));
        assert_eq!(of(FieldType::List, "Who came?", "Present: Ada Lund, Ben Ode and Cy Park."), parts(&["Ada Lund", "Ben Ode", "Cy Park"]));
        assert_eq!(of(FieldType::List, "Who came?", "Nobody came."), Err(Missing::NoValue));
    }
}
