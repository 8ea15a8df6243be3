//! Why a passage matches: which words of a question stand in a text, and where.

use std::collections::HashMap;
use std::ops::Range;

use crate::index::terms::{Made, Part, for_each_part};
use crate::index::{Language, Query};
use crate::text::whitespace::{Visible, visible};

/// The words of a question, as the index of one document takes them.
pub(crate) struct QuestionWords<'q> {
    question: String,
    query: &'q Query,
    language: Language,
    /// Whether characters of a script without spaces are told by pairs: one alone says little where there are pairs.
    by_pairs: bool,
}

impl<'q> QuestionWords<'q> {
    /// Of a question, to a document in that language.
    pub fn new(question: &str, query: &'q Query, language: Language) -> Self {
        let question = visible(question).into_owned();
        let mut by_pairs = false;
        for_each_part(&question, language, |_, part| by_pairs |= part.made == Made::Pair);
        Self { question, query, language, by_pairs }
    }

    /// Where in a text words of the question stand, ascending: bytes.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let seen = Visible::of(text);
        let found = self.ranges(&seen.text, |term| self.query.holds(term));
        found.into_iter().map(|(_, range)| seen.range(range)).collect()
    }

    /// The words of the question that stand in some texts, each once: as the question has them, or where the texts spell them otherwise as they do.
    pub fn held(&self, texts: &[&str]) -> Vec<String> {
        let mut spelt: HashMap<u32, String> = HashMap::new();
        for text in texts {
            for_each_part(&visible(text), self.language, |term, part| {
                if self.query.holds(term) {
                    spelt.entry(term).or_insert_with(|| part.text.to_owned());
                }
            });
        }
        let mut words: Vec<String> = Vec::new();
        let mut add = |word: &str| {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        };
        let meant = |term| self.query.meant(term).filter(|meant| spelt.contains_key(meant));
        for (term, range) in self.ranges(&self.question, |term| meant(term).is_some()) {
            match meant(term).filter(|meant| *meant != term) {
                Some(other) => add(&spelt[&other]),
                None => add(&self.question[range]),
            }
        }
        words
    }

    /// The parts of a text whose terms are wanted, with the first term of each; pairs that overlap are one.
    fn ranges(&self, text: &str, wanted: impl Fn(u32) -> bool) -> Vec<(u32, Range<usize>)> {
        let mut found: Vec<(u32, Range<usize>)> = Vec::new();
        let tells = |part: Part<'_>| part.made != Made::Character || !self.by_pairs;
        for_each_part(text, self.language, |term, part| {
            if !tells(part) || !wanted(term) {
                return;
            }
            let range = part.start..part.start + part.text.len();
            match found.last_mut().filter(|last| part.made != Made::Word && last.1.end >= range.start) {
                Some(last) => last.1.end = range.end,
                None => found.push((term, range)),
            }
        });
        found
    }
}
