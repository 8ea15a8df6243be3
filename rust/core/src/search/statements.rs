//! What of somebody's text about a document stands there: each of its sentences, word for word, in other words, in part or not at all.
//!
//! ```text
//!   text ─▶ sentences ─▶ each: the passages most like it ─▶ runs of words (verbatim, partial) ─▶ sentences that hold it (reworded) ─▶ quotes with places
//! ```

use std::ops::Range;

use crate::answer::{Quote, Span, Statement, Support};
use crate::document::{Document, Shared};
use crate::error::{Error, Result};
use crate::index::Language;
use crate::prompt::stretches;
use crate::search::agreement::agrees;
use crate::search::passages::check_words;
use crate::search::quotes::headings;
use crate::search::runs::{Run, Word, Words, words};
use crate::search::support::{Source, rests_on, sentences_in, terms};
use crate::text::sentences::{ends_statement, parts, sentences, trimmed};
use crate::text::span::Utf16;
use crate::text::units::UnitKind;

/// Most bytes of a text that is compared at once.
const MOST_BYTES: usize = 1 << 20;
/// Most bytes of a sentence: a longer one is taken in parts.
const SENTENCE: usize = 1 << 10;
/// Passages that a sentence is compared with.
const PASSAGES: usize = 12;
/// Least terms of a sentence that rests on others, where no question says what it is about.
const LEAST_TERMS: usize = 2;
/// Least terms of a run that is not the whole sentence: function words alone are in every text.
const LEAST_TERMS_OF_RUN: usize = 3;
/// Characters of a line from which on it may go on in the next one.
const WRAPPED: usize = 40;

/// A passage that a sentence is compared with.
struct Page {
    span: Span,
    text: String,
    /// Its sentences and headings.
    stretches: Vec<(Span, String)>,
    /// The headings above it.
    above: String,
    /// Where those of its units begin that are read with others: headings, the headers of tables, what leads a list in.
    leads: Vec<u64>,
}

impl Document {
    /// What of a text stands in the document, such as another model's answer: each sentence of it with its quotes; no graph runs. `question` is what the text answers, if
    /// it answers one: what a sentence takes from it has to stand nowhere else. An empty text has no sentences.
    ///
    /// It compares words. A sentence counts as reworded when one or two sentences of the document hold three quarters of its words, every number and name, and negate as it does;
    /// a text in another language than the document is its own words.
    ///
    /// # Errors
    /// `argument.text` for a text of more than 1,048,576 bytes; `argument.question` for a question without words or of more than 16,384 bytes; `call.unread` when
    /// the document is not read; `text.changed`; `io`; `cancelled` after [`Document::cancel`].
    pub fn quotes(&self, text: &str, question: Option<&str>) -> Result<Vec<Statement>> {
        if text.len() > MOST_BYTES {
            let message = format!("the text: found {} bytes, expected at most {MOST_BYTES}: give it part by part", text.len());
            return Err(Error::new("argument.text", message));
        }
        question.map(check_words).transpose()?;
        let document = &*self.shared;
        document.check_cancelled()?;
        document.source.unchanged()?;
        let language = document.read_state()?.index.language();
        let mut places = Utf16::default();
        let mut found = Vec::new();
        for range in sentences_of_text(text) {
            document.check_cancelled()?;
            let sentence = Sentence { text: &text[range.clone()], span: places.span(text, range.start, range.end), language };
            found.push(sentence.statement(document, question.unwrap_or_default())?);
        }
        Ok(found)
    }
}

/// A sentence of the given text.
struct Sentence<'t> {
    text: &'t str,
    span: Span,
    language: Language,
}

impl Sentence<'_> {
    fn statement(&self, document: &Shared, question: &str) -> Result<Statement> {
        let plain = without_references(self.text);
        let pages = pages(document, &plain)?;
        let words = words(&plain);
        let mut runs = Words::of(pages.iter().map(|page| page.text.as_str())).runs(&words);
        let said = |run: &Run| terms(&pages[run.text].text[run.range.clone()], self.language).len();
        runs.retain(|run| run.words.len() == words.len() || said(run) >= LEAST_TERMS_OF_RUN);
        let mut quotes = Vec::new();
        let repeated: usize = runs.iter().map(|run| run.words.len()).sum();
        let whole = !words.is_empty() && repeated == words.len();
        for run in &runs {
            let page = &pages[run.text];
            let range = if whole && runs.len() == 1 { with_end(&page.text, run.range.clone()) } else { run.range.clone() };
            let span = Span::within(page.span.start, page.span.start_utf16, &page.text, range.start, range.end);
            let answer = self.part(&words, run.words.clone());
            quotes.push(Quote { answer, ..Quote::new(span, page.text[range].to_owned()) });
        }
        let reworded = if whole { Vec::new() } else { self.reworded(&plain, question, &pages) };
        let support = match (whole, reworded.is_empty(), quotes.is_empty()) {
            (true, _, _) => Support::Verbatim,
            (_, false, _) => Support::Reworded,
            (_, _, false) => Support::Partial,
            _ => Support::None,
        };
        quotes.extend(reworded);
        for quote in &mut quotes {
            quote.place = document.source.place(quote.span.start)?;
            quote.headings = headings(&document.source, &document.read_state()?.index, quote.span.start)?;
        }
        Ok(Statement { span: self.span, text: self.text.to_owned(), support, quotes })
    }

    /// The place in the given text of some words of the sentence, with the marks that end it after the last one.
    fn part(&self, words: &[Word], run: Range<usize>) -> Span {
        let range = words[run.start].range.start..words[run.end - 1].range.end;
        let range = if run.end == words.len() { with_end(self.text, range) } else { range };
        Span::within(self.span.start, self.span.start_utf16, self.text, range.start, range.end)
    }

    /// The sentences of the document that hold what this one says in other words.
    fn reworded(&self, plain: &str, question: &str, pages: &[Page]) -> Vec<Quote> {
        let asked = terms(question, self.language);
        let is_short = question.is_empty() && terms(plain, self.language).len() < LEAST_TERMS;
        if is_short || plain.trim_end().ends_with(['?', '？', '؟']) {
            return Vec::new();
        }
        let mut sources: Vec<Source<'_>> = Vec::new();
        let mut above = Vec::new();
        for page in pages {
            for (span, text) in &page.stretches {
                sources.extend(sentences_in(*span, text, self.language));
                above.resize(sources.len(), page.above.as_str());
            }
        }
        let chosen = rests_on(plain, question, &asked, &sources, self.language);
        let texts: Vec<&str> = chosen.iter().map(|at| sources[*at].text).collect();
        let known: Vec<&str> = chosen.iter().map(|at| above[*at]).chain([question]).collect();
        // Two records, or an item and a sentence, speak of different things.
        let states = |at: &usize| ends_statement(sources[*at].text);
        let leads = |at: &usize| pages.iter().any(|page| page.leads.contains(&sources[*at].span.start));
        if chosen.len() > 1 && !chosen.iter().all(states) && !chosen.iter().any(leads) {
            return Vec::new();
        }
        if chosen.is_empty() || !agrees(plain, &texts, &known.join("\n"), self.language) {
            return Vec::new();
        }
        let quote =
            |at: &usize| Quote { answer: self.span, verbatim: false, ..Quote::new(sources[*at].span, sources[*at].text.to_owned()) };
        let mut quotes: Vec<Quote> = chosen.iter().map(quote).collect();
        quotes.sort_by_key(|quote| quote.span);
        quotes
    }
}

/// The passages most like a sentence, the best first.
fn pages(document: &Shared, sentence: &str) -> Result<Vec<Page>> {
    let state = document.read_state()?;
    let matches = state.index.best(&state.index.query(sentence)?, PASSAGES, None)?;
    drop(state);
    let mut found = Vec::new();
    for passage in matches.into_iter().map(|of| of.passage) {
        let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
        let span = Span::within(passage.start, passage.start_utf16, &text, 0, text.len());
        let above = headings(&document.source, &document.read_state()?.index, passage.start)?.join("\n");
        let units = document.read_state()?.index.units(&passage)?.into_iter();
        let leads =
            units.filter(|unit| matches!(unit.kind, UnitKind::Heading(_) | UnitKind::Lead)).filter_map(|unit| unit.ranges.first().cloned());
        let leads = leads.map(|range| passage.start + range.start as u64).collect();
        found.push(Page { span, text, stretches: stretches(document, &passage)?, above, leads });
    }
    Ok(found)
}

/// The sentences of a text, without the marks of lists before them: bytes, ascending. A line that is full goes on in the next one.
fn sentences_of_text(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        let words = line.trim();
        let own = words.len() - without_list_mark(words).len();
        match blocks.last_mut().filter(|_| goes_on && own == 0 && !words.is_empty()) {
            Some(block) => block.end = start + line.len(),
            None => blocks.push(start..start + line.len()),
        }
        goes_on = words.chars().count() >= WRAPPED;
    }
    let mut found = Vec::new();
    for block in blocks {
        for sentence in sentences(&text[block.clone()]) {
            let range = block.start + sentence.start..block.start + sentence.end;
            let start = range.end - without_list_mark(&text[range.clone()]).len();
            found.extend(parts(text, start..range.end, SENTENCE));
        }
    }
    found
}

/// A line without what marks it as an item, a heading or a quotation of Markdown: "- ", "## ", "2. ".
fn without_list_mark(line: &str) -> &str {
    let mut rest = line;
    loop {
        let mark = rest.split_whitespace().next().unwrap_or_default();
        let numbered = mark.strip_suffix(['.', ')']).is_some_and(|number| number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit()));
        let bullet = !mark.is_empty() && mark.chars().all(|c| matches!(c, '-' | '*' | '+' | '•' | '–' | '—' | '#' | '>' | '|'));
        let after = rest.trim_start()[mark.len()..].trim_start();
        if after.is_empty() || !(bullet || numbered && !mark.starts_with(['.', ')'])) {
            return rest.trim_start();
        }
        rest = after;
    }
}

/// A sentence with spaces for its references to sources: "[2]", as many bytes.
fn without_references(sentence: &str) -> String {
    let mut text = sentence.to_owned();
    for (at, _) in sentence.match_indices('[') {
        let Some(length) = sentence[at..].find(']') else { break };
        let is_reference =
            sentence[at + 1..at + length].bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-')) && length > 1;
        if is_reference {
            text.replace_range(at..=at + length, &" ".repeat(length + 1));
        }
    }
    text
}

/// A stretch with the marks that end it, as a sentence has them.
fn with_end(text: &str, range: Range<usize>) -> Range<usize> {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '।' | '۔' | '"' | '”' | ')');
    let rest = &text[range.end..];
    let marks = rest.len() - rest.trim_start_matches(ends).len();
    trimmed(text, range.start..range.end + marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        sentences_of_text(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_are_those_of_an_answer() {
        let answer = "## Fees\n- The fee is 47 crowns. It is due\n2) **Deposit:** 900 crowns\n\nA line that was wrapped at the width of a screen,\nwhich goes on here. Is it so?\n";
        let expected = [
            "Fees",
            "The fee is 47 crowns.",
            "It is due",
            "**Deposit:** 900 crowns",
            "A line that was wrapped at the width of a screen,\nwhich goes on here.",
            "Is it so?",
        ];
        assert_eq!(texts(answer), expected);
        assert!(texts(" \n\n").is_empty() && texts("").is_empty());
        assert_eq!(texts("- "), ["-"]);
        let long = "word ".repeat(10_000);
        assert!(texts(&long).iter().all(|part| part.len() <= SENTENCE));
    }

    #[test]
    fn references_are_no_words() {
        assert_eq!(without_references("It is 47 [2, 3]. See [here] and [1][12]"), "It is 47       . See [here] and        ");
        assert_eq!(without_references("[] [1"), "[] [1");
    }
}
