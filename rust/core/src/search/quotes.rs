//! What of an answer stands word for word in the document, and where. Pure but for [`headings`].

use crate::answer::{Quote, Span};
use crate::error::Result;
use crate::index::Index;
use crate::prompt;
use crate::text::source::TextSource;
use crate::text::units::sentences_of;
use crate::text::whitespace::visible;

/// The headings above a place of the document, outermost first.
pub(crate) fn headings(source: &TextSource, index: &Index, start: u64) -> Result<Vec<String>> {
    prompt::headings(source, index, &index.at(start)?)
}

/// Finds the quotes, which stand in their order, in the answer's text.
pub(crate) fn locate(quotes: &mut [Quote], text: &str) {
    let mut from = 0;
    for quote in quotes {
        let seen = visible(&quote.text);
        let joined = unhyphenated(&seen);
        let mut forms = [&*seen, &joined].into_iter().flat_map(|form| [(form, false), (form, true)]);
        let place = forms.find_map(|(form, bare)| find_folded(&text[from..], &form.split_whitespace().collect::<Vec<_>>(), bare));
        let Some((start, end)) = place else { continue };
        quote.answer = Span::within(0, 0, text, from + start, from + end);
        from += end;
    }
}

/// A text without the hyphens that part words over two lines: an answer has those words whole.
fn unhyphenated(text: &str) -> String {
    let mut joined = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        if joined.ends_with('-') {
            joined.pop();
        } else {
            joined.push(' ');
        }
        joined.push_str(line.trim());
    }
    joined
}

/// The sentences of `text` that stand verbatim in one of the passages, white space folded; of at least three words. At a passage's end a full
/// stop may be missing, there or in `text`.
pub(crate) fn quotes_in(text: &str, passages: &[(Span, String)]) -> Vec<Quote> {
    let mut quotes = Vec::new();
    for sentence in sentences_of(text) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        if words.len() < 3 {
            continue;
        }
        let stands = |bare: bool| {
            let mut places = passages.iter().filter_map(|(span, passage)| Some((span, passage, find_folded(passage, &words, bare)?)));
            places.find(|(_, passage, (_, end))| !bare || matches!(passage[*end..].trim_end(), "" | "."))
        };
        if let Some((span, passage, (start, end))) = stands(false).or_else(|| stands(true)) {
            let span = Span::within(span.start, span.start_utf16, passage, start, end);
            quotes.push(Quote::new(span, passage[start..end].to_owned()));
        }
    }
    quotes
}

/// Where `words` stand in `text` one after another with nothing but white space between; `bare` of a full stop at the end.
fn find_folded(text: &str, words: &[&str], bare: bool) -> Option<(usize, usize)> {
    let end = |word: &str| if bare && word.ends_with('.') { word.len() - 1 } else { word.len() };
    let at_words: Vec<(usize, &str)> = text.split_whitespace().map(|w| (w.as_ptr() as usize - text.as_ptr() as usize, w)).collect();
    let (last, before) = words.split_last()?;
    let is_last = |word: &str| word[..end(word)] == last[..end(last)];
    let mut runs = at_words.windows(words.len());
    let hit = runs.find(|run| run.iter().zip(before).all(|((_, a), b)| a == b) && is_last(run[before.len()].1))?;
    let (at, word) = hit[before.len()];
    Some((hit[0].0, at + end(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_across_line_ends() {
        let passage = "é It may\n  be copied freely. Not sold.".to_owned();
        let span = Span::within(100, 50, &passage, 0, passage.len());
        let quotes = quotes_in("It may be copied freely. But not so.", &[(span, passage)]);
        assert_eq!(quotes.len(), 1);
        assert_eq!(quotes[0].text, "It may\n  be copied freely.");
        assert_eq!((quotes[0].span.start, quotes[0].span.start_utf16), (103, 52));
    }

    #[test]
    fn words_that_a_hyphen_parts_over_two_lines_are_found_whole() {
        let source = "The muni-\n  cipality pays the co-\nowners.";
        let mut quotes = [Quote::new(Span::within(0, 0, source, 0, source.len()), source.to_owned())];
        locate(&mut quotes, "Yes.\nThe municipality pays the coowners.");
        assert_eq!((quotes[0].answer.start, quotes[0].answer.end), (5, 40));
    }

    #[test]
    fn a_final_full_stop_may_be_missing() {
        let quoted = |text: &str, passage: &str| {
            let span = Span::within(0, 0, passage, 0, passage.len());
            let mut quotes = quotes_in(text, &[(span, passage.to_owned())]);
            locate(&mut quotes, text);
            quotes.pop().map(|q| (q.text, q.answer.start..q.answer.end))
        };
        let code = Some(("Gate code: 48213".to_owned(), 0..16));
        assert_eq!(quoted("Gate code: 48213.", "- Gate code: 48213\n"), code);
        assert_eq!(quoted("Gate code: 48213", "- Gate code: 48213. "), code);
        assert_eq!(quoted("Gate code: 48213.", "Gate code: 48213 of old"), None, "the sentence goes on");
        assert_eq!(quoted("Gate code: 48213.", "Gate code: 48212."), None);
    }
}
