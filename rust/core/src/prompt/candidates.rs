//! What a reader reads: the sentences of the passages that match a question best, with the headings that they stand under.

use std::cmp::Ordering;

use crate::answer::Span;
use crate::document::Shared;
use crate::error::Result;
use crate::index::bm25::{Rank, Weights};
use crate::index::postings::damaged;
use crate::index::{Match, Query};
use crate::prompt::demand::Demand;
use crate::prompt::excerpt::context_texts;
use crate::prompt::near::Near;
use crate::prompt::pieces::{headings, only_leads, told};
use crate::prompt::retrieval::{PASSAGE_WEIGHT, PASSAGES};
use crate::text::span::Utf16;
use crate::text::whitespace::trimmed;

/// Between the headings of a path.
const ABOVE: &str = " > ";

/// A sentence that may answer.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub span: Span,
    /// White space folded.
    pub text: String,
    /// The headings above it, outermost first, and what else it is read with, as one text.
    pub heading: String,
    /// BM25 against the question, its own and its passage's, as a share of what it asks for.
    pub score: f32,
    /// What is added to it where a sentence is chosen.
    pub lift: f32,
    /// Whether it holds what an answer must.
    pub may_answer: bool,
}

/// The sentences of a document by how well they match a question, one batch of passages after another.
#[derive(Debug)]
pub(crate) struct Candidates {
    question: String,
    near: Near,
    /// None before the first batch.
    asked: Option<(Query, Demand)>,
    /// The passage ranked last so far; None before the first batch.
    after: Option<Rank>,
    /// Passages looked at, and of all.
    seen: (u32, u32),
}

impl Candidates {
    /// Of a question.
    pub fn new(question: &str) -> Self {
        Self { question: question.to_owned(), near: Near::default(), asked: None, after: None, seen: (0, 0) }
    }

    /// The same of a question that refers to an answer.
    pub fn near(self, near: Near) -> Self {
        Self { near, ..self }
    }

    /// The sentences of the best passages, best first; where no word of the question is found, those of the document's first ones. Asked again, those
    /// of the next best, and after all that match of the others in document order; none in the end.
    pub fn next(&mut self, document: &Shared) -> Result<Vec<Candidate>> {
        let state = document.read_state()?;
        let asked = match self.asked.take() {
            Some(asked) => asked,
            None => (state.index.query(&self.question)?, Demand::of(&self.near, &state.index)?),
        };
        let (query, demand) = self.asked.insert(asked);
        let matches = state.index.all(query, PASSAGES, self.after)?;
        let matching = self.after.is_none() && matches.first().is_some_and(|best| best.score > 0.0);
        let matches: Vec<Match> = matches.into_iter().filter(|found| !matching || found.score > 0.0).collect();
        let headings = matches.iter().map(|found| headings(&document.source, &state.index, &found.passage));
        let headings = headings.collect::<Result<Vec<_>>>()?;
        self.seen = (self.seen.0 + matches.len() as u32, state.index.passages());
        drop(state);
        self.after = matches.last().map(Match::rank).or(self.after);
        let mut candidates = Vec::new();
        for (found, headings) in matches.iter().zip(headings) {
            let mut before = String::new();
            let sentences = candidates_of(document, found, &headings.join(ABOVE), query.weights())?;
            if sentences.len() == 1 && only_leads(document, &found.passage)? {
                continue;
            }
            for mut candidate in sentences {
                candidate.may_answer = demand.is_met(&candidate.text, &candidate.heading, &before);
                candidate.lift = self.near.lift(candidate.span);
                before.clone_from(&candidate.text);
                candidates.push(candidate);
            }
        }
        candidates.sort_by(best_first);
        Ok(candidates)
    }

    /// The share of the document's passages that was looked at.
    pub fn done(&self) -> f64 {
        f64::from(self.seen.0) / f64::from(self.seen.1.max(1))
    }
}

/// Higher score, then earlier in the document.
pub(crate) fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    (b.score + b.lift).total_cmp(&(a.score + a.lift)).then(a.span.cmp(&b.span))
}

/// The sentences of a passage, or else its heading, as they stand in the document: whole, for only a generator's prompts take them in parts.
pub(crate) fn candidates_of(document: &Shared, found: &Match, heading: &str, weights: &Weights) -> Result<Vec<Candidate>> {
    let (lift, passage) = (PASSAGE_WEIGHT * weights.share(found.score), &found.passage);
    let units = document.read_state()?.index.units(passage)?;
    let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
    let mut places = Utf16::new(passage.start, passage.start_utf16);
    let mut candidates = Vec::new();
    for sentence in told(&units, false).chunk_by(|_, next| next.part) {
        let (first, last) = (&sentence[0].ranges[0], &sentence[sentence.len() - 1].ranges);
        let (start, end) = (first.start, last[last.len() - 1].end);
        let words = text.get(start..end).ok_or_else(damaged)?;
        let context = context_texts(&document.source, sentence[0])?;
        let above = std::iter::once(heading).chain(context.iter().map(|(_, text)| text.as_str())).map(trimmed);
        candidates.push(Candidate {
            span: places.span(&text, start, end),
            text: trimmed(words).into_owned(),
            heading: above.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(ABOVE),
            score: weights.score(words, &[]) + lift,
            lift: 0.0,
            may_answer: true,
        });
    }
    Ok(candidates)
}
