//! Which sentences of the document an answer in a model's own words rests on, by their words. Pure.

use std::collections::BTreeSet;

use crate::answer::{Quote, Span};
use crate::index::Language;
use crate::index::terms::for_each_term;
use crate::search::quotes::{locate, quotes_in};
use crate::text::units::sentences_of;

/// Share of what a sentence adds to the question that its quotes must hold.
const HELD: f64 = 0.75;
/// Share of all of its terms that they must hold.
const SHARED: f64 = 0.5;
/// Most sentences that one rests on together.
const TOGETHER: usize = 2;

/// A sentence of the document that was in sight.
pub(super) struct Source<'s> {
    pub span: Span,
    pub text: &'s str,
    terms: BTreeSet<u32>,
}

/// The quotes of a text in a model's own words, with their places in it: the sentences that it repeats, then those that the others rest on.
pub(crate) fn quotes_of_own_words(text: &str, question: Option<&str>, sources: &[(Span, String)], language: Language) -> Vec<Quote> {
    let mut quotes = quotes_in(text, sources);
    locate(&mut quotes, text);
    let others = supports(text, question.unwrap_or_default(), &quotes, sources, language);
    quotes.extend(others);
    quotes
}

/// For each sentence of `text` that none of `quoted` covers: the sentences of `sources` that hold what it says beyond the question, each with that
/// sentence as its place in the answer. None for a sentence that adds a number which they lack, or more words than a quarter of what it adds.
fn supports(text: &str, question: &str, quoted: &[Quote], sources: &[(Span, String)], language: Language) -> Vec<Quote> {
    let sources: Vec<Source> = sources.iter().flat_map(|(span, source)| sentences_in(*span, source, language)).collect();
    let asked = terms(question, language);
    let mut found = Vec::new();
    for (span, sentence) in sentences_in_text(text) {
        let told = |quote: &Quote| quote.answer.start < span.end && span.start < quote.answer.end;
        if quoted.iter().any(told) || sentence.ends_with(['?', '？', '؟']) {
            continue;
        }
        for at in rests_on(sentence, question, &asked, &sources, language) {
            let Source { span: place, text, .. } = &sources[at];
            found.push(Quote { answer: span, verbatim: false, ..Quote::new(*place, (*text).to_owned()) });
        }
    }
    found
}

/// The numbers of the sources that a sentence rests on, ascending; empty where it rests on none. `asked`: the terms of `question`.
pub(super) fn rests_on(sentence: &str, question: &str, asked: &BTreeSet<u32>, sources: &[Source], language: Language) -> Vec<usize> {
    let all = terms(sentence, language);
    let added: BTreeSet<u32> = all.difference(asked).copied().collect();
    let wanted = if added.is_empty() { &all } else { &added };
    if wanted.is_empty() {
        return Vec::new();
    }
    let (mut left, mut chosen) = (wanted.clone(), Vec::new());
    while chosen.len() < TOGETHER && !left.is_empty() {
        let holds = |source: &Source| (source.terms.intersection(&left).count(), source.terms.intersection(&all).count());
        let best = (0..sources.len()).filter(|at| !chosen.contains(at)).max_by_key(|at| (holds(&sources[*at]), usize::MAX - at));
        let Some(best) = best.filter(|at| holds(&sources[*at]).0 > 0) else { break };
        left.retain(|term| !sources[best].terms.contains(term));
        chosen.push(best);
        if held(&all, wanted, &chosen, sources) && numbers_stand(sentence, question, &chosen, sources) {
            chosen.sort_unstable();
            return chosen;
        }
    }
    Vec::new()
}

/// Whether sources hold enough of what a sentence adds, and of all that it says.
fn held(all: &BTreeSet<u32>, wanted: &BTreeSet<u32>, chosen: &[usize], sources: &[Source]) -> bool {
    let share = |of: &BTreeSet<u32>| {
        let count = of.iter().filter(|term| chosen.iter().any(|at| sources[*at].terms.contains(term))).count();
        count as f64 / of.len() as f64
    };
    share(wanted) >= HELD && share(all) >= SHARED
}

/// Whether each number of a sentence stands in the question or in a source.
fn numbers_stand(sentence: &str, question: &str, chosen: &[usize], sources: &[Source]) -> bool {
    let known: BTreeSet<&str> = numbers(question).chain(chosen.iter().flat_map(|at| numbers(sources[*at].text))).collect();
    numbers(sentence).all(|number| known.contains(number))
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !c.is_numeric() && !matches!(c, '.' | ','));
    let parts = runs.map(|run| run.trim_matches(['.', ','])).flat_map(|run| run.split(move |c| c == ',' && !is_number(run)));
    parts.filter(|part| !part.is_empty())
}

/// Whether commas belong to a number, as in 1,200 and 12,50; in a record's line they stand between two.
fn is_number(run: &str) -> bool {
    let mut groups = run.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let thousands = first.len() <= 3 && rest.iter().all(|group| group.split('.').next().is_some_and(|digits| digits.len() == 3));
    thousands || rest.len() == 1 && !run.contains('.')
}

pub(super) fn terms(text: &str, language: Language) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for_each_term(text, language, |term| {
        found.insert(term);
    });
    found
}

fn sentences_in_text(text: &str) -> impl Iterator<Item = (Span, &str)> {
    sentences_of(text).filter(|sentence| !sentence.trim().is_empty()).map(move |sentence| {
        let sentence = sentence.trim();
        let start = sentence.as_ptr() as usize - text.as_ptr() as usize;
        (Span::within(0, 0, text, start, start + sentence.len()), sentence)
    })
}

/// The sentences of a stretch of the document; it is one where a sentence goes over a line's end.
pub(super) fn sentences_in(span: Span, text: &str, language: Language) -> Vec<Source<'_>> {
    let ranges = crate::text::sentences::sentences(text);
    let source = |range: std::ops::Range<usize>| {
        let range = crate::text::sentences::trimmed(text, range);
        let place = Span::within(span.start, span.start_utf16, text, range.start, range.end);
        Source { span: place, text: &text[range.clone()], terms: terms(&text[range], language) }
    };
    ranges.into_iter().map(source).filter(|source| !source.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: [&str; 4] = [
        "The Panthers defense gave up just 308 points, ranking sixth in the league.",
        "Kawann Short led the team in sacks with 11.",
        "The fee for a fourth night\nat the north quay is 47 crowns.",
        "It is paid at the kiosk beside the slipway.",
    ];

    fn rests(question: &str, answer: &str) -> Vec<String> {
        let mut at = 100;
        let sources: Vec<(Span, String)> = DOCUMENT
            .iter()
            .map(|text| {
                let span = Span::within(at, at, text, 0, text.len());
                at += text.len() as u64 + 1;
                (span, (*text).to_owned())
            })
            .collect();
        let language = Language::of("the of and is at in a for it to was"); // English
        let found = supports(answer, question, &[], &sources, language);
        for quote in &found {
            assert!(!quote.verbatim && answer.get(quote.answer.start as usize..quote.answer.end as usize).is_some());
            let stands = |(span, text): &(Span, String)| {
                let from = quote.span.start.checked_sub(span.start).and_then(|from| text.get(from as usize..));
                from.is_some_and(|rest| rest.starts_with(&quote.text))
            };
            assert!(sources.iter().any(stands));
        }
        found.into_iter().map(|quote| quote.text).collect()
    }

    #[test]
    fn what_an_answer_adds_stands_in_its_quote() {
        let points = "How many points did the Panthers defense surrender?";
        assert_eq!(rests(points, "The Panthers defense surrendered 308 points."), [DOCUMENT[0]]);
        assert!(rests(points, "The Panthers defense surrendered 11 points.").is_empty(), "the number stands elsewhere");
        assert!(rests(points, "The Panthers are a football team from Carolina.").is_empty());
        assert!(rests("What is the capital of France?", "The capital of France is Paris.").is_empty());
        assert!(rests("Who led the team in sacks?", "Who led the team in sacks?").is_empty(), "it says the question again");
    }

    #[test]
    fn commas_stand_in_numbers_and_between_them() {
        let all = |text: &str| numbers(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(all("Ek,\"Mill Road 9\",555-0102,12.00."), ["9", "555", "0102", "12.00"]);
        assert_eq!(all("1,200.50 or 12,50 or 3,5, and 1.250,00"), ["1,200.50", "12,50", "3,5", "1.250", "00"]);
    }

    #[test]
    fn each_sentence_rests_on_its_own_and_some_on_two() {
        let question = "What does a fourth night cost, and where?";
        let answer = "A fourth night costs 47 crowns. The kiosk is beside the slipway. I hope this helps you today!";
        assert_eq!(rests(question, answer), [DOCUMENT[2], DOCUMENT[3]]);
        assert_eq!(rests(question, "It is 47 crowns, paid at the kiosk."), [DOCUMENT[2], DOCUMENT[3]]);
    }
}
