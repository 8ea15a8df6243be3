//! Readings: plans of prompts. A plan is made without running a graph; [`crate::reply`] runs it.

use crate::answer::Span;
use crate::document::Shared;
use crate::error::{Error, Result};
use crate::index::{Passage, Weights};
use crate::manifest::Reading;
use crate::model::Model;
use crate::passage::{tokenized, units_of_passage};
use crate::session::Session;
use crate::text::{folded, trimmed};

/// Passages looked at for one question.
const PASSAGES: usize = 24;
/// Weight of its passage in a sentence's score.
const PASSAGE_WEIGHT: f32 = 0.3;
/// Most room left in a prompt for a free answer (tokens).
const ANSWER_ROOM: usize = 64;
/// Prompts of a summary.
const PARTS: usize = 3;

/// What is asked of a document.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Ask(String),
    Summarize,
}

/// A piece of the document in a prompt.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub span: Span,
    /// White space folded.
    pub text: String,
    pub heading: bool,
    /// BM25 against the question.
    pub score: f32,
    /// Citing models: the marker, and the tokens with it.
    pub marker: Option<u32>,
    pub tokens: Vec<u32>,
    /// Position of its first token in the session.
    pub at: u64,
}

/// One prompt: what is fed after the start, or after the document.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// The document's session for the memory reading; else a fresh one is made when the prompt's turn comes.
    pub session: Option<Session>,
    pub tokens: Vec<u32>,
    pub pieces: Vec<Piece>,
}

/// The prompts that answer a task.
pub(crate) fn plan(document: &Shared, task: &Task, reading: Reading) -> Result<Vec<Prompt>> {
    document.source.unchanged()?;
    let model = &document.model;
    let tail = match task {
        Task::Ask(question) => model.layout.ask(question, model.manifest().limits.question, &model.tokens)?,
        Task::Summarize => model.layout.summarize().to_vec(),
    };
    match (reading, task) {
        (Reading::Memory, _) => Ok(vec![memory(document, task, tail)?]),
        (Reading::Recall, Task::Ask(question)) => Ok(vec![recall(document, question, &tail)?]),
        (Reading::Recall, Task::Summarize) => overview(document, &tail),
    }
}

/// The document as it was read, then the task.
fn memory(document: &Shared, task: &Task, tail: Vec<u32>) -> Result<Prompt> {
    let state = document.read_state()?;
    let weights = match task {
        Task::Ask(question) => state.index.best(question, 0, None)?.1,
        Task::Summarize => Weights::default(),
    };
    let Some(session) = &state.session else {
        return Err(Error::new("state.unread", "the document was not read by the memory reading; open it with reading memory"));
    };
    let session = session.fork()?;
    let mut pieces = Vec::new();
    for seen in &state.seen {
        let text = document.source.slice(seen.span.start, seen.span.end)?;
        let score = if seen.heading { 0.0 } else { weights.score(&text) };
        let text = trimmed(&text).into_owned();
        pieces.push(Piece {
            span: seen.span,
            text,
            heading: seen.heading,
            score,
            marker: Some(seen.marker),
            tokens: seen.tokens.clone(),
            at: seen.at,
        });
    }
    Ok(Prompt { session: Some(session), tokens: tail, pieces })
}

/// The best sentences of the whole document in one prompt, in document order.
fn recall(document: &Shared, question: &str, tail: &[u32]) -> Result<Prompt> {
    let model = &document.model;
    let (matches, weights) = document.read_state()?.index.best(question, PASSAGES, None)?;
    let mut pieces = Vec::new();
    for found in matches {
        let lift = PASSAGE_WEIGHT * found.score;
        pieces.extend(sentences(document, found.passage, |text| weights.score(text) + lift)?);
    }
    if pieces.is_empty() {
        // No word of the question stands in the document: the model decides over what leads.
        pieces = spread(document, usize::from(u8::MAX))?;
    }
    pieces.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.cmp(&b.span)));
    let mut seen = std::collections::HashSet::new();
    pieces.retain(|p| seen.insert(p.text.clone()));
    let mut pack = Pack::new(model, tail.len());
    let mut chosen: Vec<Piece> = pieces.into_iter().filter(|p| pack.fits(p)).collect();
    if chosen.is_empty() {
        let message = format!(
            "found a question of {} tokens, which leaves no room for the document in a window of {}",
            tail.len(),
            model.sizes().window
        );
        return Err(Error::new("argument.question", message));
    }
    chosen.sort_by_key(|p| p.span);
    Ok(lay_out(model, chosen, tail))
}

/// Headings and the sentences after them, from all over the document, in up to [`PARTS`] prompts.
fn overview(document: &Shared, tail: &[u32]) -> Result<Vec<Prompt>> {
    let model = &document.model;
    let leads = document.read_state()?.leads.clone();
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    if leads.len() >= PARTS {
        for lead in leads {
            let pieces = [(lead.heading, true), (lead.sentence, false)];
            let pieces = pieces.into_iter().map(|(span, heading)| piece(document, span, heading)).collect::<Result<_>>()?;
            groups.push(pieces);
        }
    } else {
        groups = spread(document, 128)?.into_iter().map(|p| vec![p]).collect();
    }
    // Evenly spaced groups, as many as there are tokens and markers for, cut into parts in document order.
    let whole = Pack::new(model, tail.len());
    let cost = |groups: &[Vec<Piece>]| groups.iter().flatten().map(|p| p.tokens.len() + 1).sum::<usize>();
    let headings = usize::from(groups.iter().flatten().any(|p| p.heading));
    let by_markers = whole.markers[headings].saturating_mul(PARTS);
    let by_tokens = groups.len() * whole.left * PARTS / cost(&groups).max(1);
    let wanted = groups.len().min(by_markers).min(by_tokens.max(1));
    let kept: Vec<Vec<Piece>> = (0..wanted).map(|i| groups[i * groups.len() / wanted].clone()).collect();
    let parts = if cost(&kept) <= whole.left && kept.len() <= whole.markers[headings] { 1 } else { PARTS.min(wanted) };
    let mut prompts = Vec::new();
    for part in 0..parts {
        let mut pack = Pack::new(model, tail.len());
        let of_part = &kept[part * wanted / parts..(part + 1) * wanted / parts];
        let fitting = of_part.iter().filter(|group| pack.fits_all(group)).flatten().cloned().collect::<Vec<_>>();
        if !fitting.is_empty() {
            prompts.push(lay_out(model, fitting, tail));
        }
    }
    if prompts.is_empty() {
        let message = format!("a window of {} tokens leaves no room for the document; choose a larger scenario", model.sizes().window);
        return Err(Error::new("argument.scenario", message));
    }
    Ok(prompts)
}

/// The first sentences of up to `most` evenly spaced passages.
fn spread(document: &Shared, most: usize) -> Result<Vec<Piece>> {
    let state = document.read_state()?;
    let count = state.index.passages() as usize;
    let numbers: Vec<usize> = (0..count.min(most)).map(|i| i * count / count.min(most)).collect();
    let passages = numbers.into_iter().map(|n| state.index.passage(n as u32)).collect::<Result<Vec<_>>>()?;
    drop(state);
    let firsts = passages.into_iter().map(|p| Ok(sentences(document, p, |_| 0.0)?.into_iter().next()));
    Ok(firsts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn sentences(document: &Shared, passage: Passage, score: impl Fn(&str) -> f32) -> Result<Vec<Piece>> {
    let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
    let units = tokenized(&text, units_of_passage(&text, passage.heading), document.model.piece_tokens(), &document.model.tokens)?;
    let only_headings = units.iter().all(|(unit, _)| unit.heading);
    let found = units.into_iter().filter(|(unit, _)| !unit.heading || only_headings);
    Ok(found
        .map(|(unit, tokens)| {
            let words = &text[unit.start..unit.end];
            let span = Span::within(passage.start, passage.start_utf16, &text, unit.start, unit.end);
            Piece { span, text: trimmed(words).into_owned(), heading: false, score: score(words), marker: None, tokens, at: 0 }
        })
        .collect())
}

fn piece(document: &Shared, span: Span, heading: bool) -> Result<Piece> {
    let text = trimmed(&document.source.slice(span.start, span.end)?).into_owned();
    let tokens = document.model.tokens.encode(&folded(&text))?;
    Ok(Piece { span, text, heading, score: 0.0, marker: None, tokens, at: 0 })
}

/// Room in a prompt: tokens and markers.
#[derive(Clone, Copy)]
struct Pack {
    left: usize,
    markers: [usize; 2],
}

impl Pack {
    fn new(model: &Model, tail: usize) -> Self {
        let sizes = model.sizes();
        let answer = if model.layout.citing().is_some() { 0 } else { ANSWER_ROOM.min(sizes.window / 4) };
        let room = sizes.window.saturating_sub(tail + answer);
        let markers = model.layout.citing().map_or([usize::MAX; 2], |m| [m.count(false), m.count(true)]);
        Self { left: sizes.recall.min(room), markers }
    }

    /// Takes all of the pieces or none.
    fn fits_all(&mut self, pieces: &[Piece]) -> bool {
        let before = *self;
        let all = pieces.iter().all(|p| self.fits(p));
        if !all {
            *self = before;
        }
        all
    }

    fn fits(&mut self, piece: &Piece) -> bool {
        let (cost, markers) = (piece.tokens.len() + 1, &mut self.markers[usize::from(piece.heading)]);
        if cost > self.left || *markers == 0 {
            return false;
        }
        self.left -= cost;
        *markers -= 1;
        true
    }
}

fn lay_out(model: &Model, mut pieces: Vec<Piece>, tail: &[u32]) -> Prompt {
    let start = model.layout.start().len();
    let (mut tokens, mut numbers) = (Vec::new(), [0; 2]);
    for piece in &mut pieces {
        if let Some(markers) = model.layout.citing() {
            let number = &mut numbers[usize::from(piece.heading)];
            let (marker, marked) = markers.piece(piece.heading, *number, &piece.tokens);
            (piece.marker, piece.tokens) = (Some(marker), marked);
            *number += 1;
        }
        piece.at = (start + tokens.len()) as u64;
        tokens.extend(&piece.tokens);
    }
    tokens.extend(tail);
    Prompt { session: None, tokens, pieces }
}
