//! What a prompt is made of: pieces of the document, packed up to a budget, and the task after them.

use crate::answer::{Quote, Span};
use crate::decode::constrained::ConstrainedSpan;
use crate::document::Shared;
use crate::error::{Error, Result};
use crate::index::Passage;
use crate::model::Generator;
use crate::session::Session;
use crate::text::units::{TextUnit, tokenized, units_of_passage};
use crate::text::whitespace::{folded, trimmed, untrimmed};

/// Most room left in a prompt for a free answer (tokens).
pub(crate) const ANSWER_ROOM: usize = 64;
/// Passages that are looked at for the words of an answer out of the memory.
const ALIKE: usize = 8;

/// What is asked of a document.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Ask(String),
    Summarize,
}

/// A piece of the document in a prompt.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub span: Span,
    /// White space folded.
    pub text: String,
    pub heading: bool,
    /// BM25 against the question, as a share of what it asks for.
    pub score: f32,
    /// Citing models: the marker, until the piece was cited.
    pub marker: Option<u32>,
    /// As they stand in the prompt, the marker's included.
    pub tokens: Vec<u32>,
    /// Position of its first token in the session.
    pub at: u64,
    /// A note in a model's own words: what of it stands in the document. None for a piece of the document itself.
    pub note: Option<Vec<Quote>>,
}

/// One prompt: what is fed after the start, or after the document.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// The document's session for the memory reading; else a fresh one is made when the prompt's turn comes.
    pub session: Option<Session>,
    pub tokens: Vec<u32>,
    pub pieces: Vec<Evidence>,
    /// Most pieces that a citing model cites.
    pub cites: usize,
    /// Whether its answer is shown; else it is a note for a prompt to come.
    pub shown: bool,
    /// Most tokens of a free model's note: a prompt must hold several.
    pub note_tokens: usize,
}

impl Prompt {
    /// Pieces in document order, then the task.
    pub fn new(generator: &Generator, mut pieces: Vec<Evidence>, task_tokens: &[u32], cites: usize, shown: bool) -> Result<Self> {
        let start = generator.template.start().len();
        let mut tokens = Vec::new();
        let mut numbers = [0; 2];
        for piece in &mut pieces {
            if let Some(markers) = generator.template.citing() {
                let number = &mut numbers[usize::from(piece.heading)];
                let (marker, marked) = markers.piece(piece.heading, *number, &generator.tokens.encode(&folded(&piece.text))?);
                piece.marker = Some(marker);
                piece.tokens = marked;
                *number += 1;
            }
            piece.at = (start + tokens.len()) as u64;
            tokens.extend(&piece.tokens);
        }
        tokens.extend(task_tokens);
        let note_tokens = ANSWER_ROOM.min(PromptBudget::new(generator, task_tokens.len()).left / 4).max(1);
        Ok(Self { session: None, tokens, pieces, cites, shown, note_tokens })
    }
}

/// What a plan says is run next.
#[derive(Debug)]
pub(crate) enum Next {
    Prompt(Box<Prompt>),
    /// Nothing yet: it has looked at a bounded part of the document and is to be asked again.
    Later,
    End,
}

impl Next {
    pub fn prompt(prompt: Prompt) -> Self {
        Self::Prompt(Box::new(prompt))
    }
}

impl From<Option<Prompt>> for Next {
    fn from(prompt: Option<Prompt>) -> Self {
        prompt.map_or(Self::End, Self::prompt)
    }
}

/// Room in a prompt: tokens and markers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PromptBudget {
    pub left: usize,
    pub markers: [usize; 2],
}

impl PromptBudget {
    /// An empty prompt whose task takes `task_tokens` tokens.
    pub fn new(generator: &Generator, task_tokens: usize) -> Self {
        let sizes = generator.sizes();
        let answer = if generator.template.citing().is_some() { 0 } else { ANSWER_ROOM.min(sizes.window / 4) };
        let room = sizes.window.saturating_sub(task_tokens + answer);
        let markers = generator.template.citing().map_or([usize::MAX; 2], |m| [m.count(false), m.count(true)]);
        Self { left: sizes.recall.min(room), markers }
    }

    /// Takes all of the pieces or none.
    pub fn fits_all(&mut self, pieces: &[Evidence]) -> bool {
        let before = *self;
        let all = pieces.iter().all(|p| self.fits(p));
        if !all {
            *self = before;
        }
        all
    }

    /// Takes a piece if there is room.
    pub fn fits(&mut self, piece: &Evidence) -> bool {
        let cost = piece.tokens.len() + 1;
        let markers = &mut self.markers[usize::from(piece.heading)];
        if cost > self.left || *markers == 0 {
            return false;
        }
        self.left -= cost;
        *markers -= 1;
        true
    }
}

/// A question of so many tokens was asked that no sentence fits beside it.
pub(crate) fn question_too_long(generator: &Generator, task_tokens: usize) -> Error {
    let window = generator.sizes().window;
    let message = format!("found a question of {task_tokens} tokens, which leaves no room for the document in a window of {window}");
    Error::new("argument.question", message)
}

/// The sentences of a passage, and its heading first if `headings` are wanted or there is nothing else.
pub(crate) fn sentences(document: &Shared, passage: Passage, headings: bool, score: impl Fn(&str) -> f32) -> Result<Vec<Evidence>> {
    let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
    let units = tokenized(&text, units_of_passage(&text, passage.first), document.model.piece_tokens(), document.model.tokens())?;
    let only_headings = units.iter().all(|(unit, _)| unit.heading);
    let found = units.into_iter().filter(|(unit, _)| headings || !unit.heading || only_headings);
    Ok(found
        .map(|(unit, tokens)| {
            let words = &text[unit.start..unit.end];
            let span = Span::within(passage.start, passage.start_utf16, &text, unit.start, unit.end);
            Evidence {
                span,
                text: trimmed(words).into_owned(),
                heading: headings && unit.heading && !only_headings,
                score: score(words),
                marker: None,
                tokens,
                at: 0,
                note: None,
            }
        })
        .collect())
}

/// The sentences and headings of the passages that are most like a text, as they stand in the document.
pub(crate) fn most_similar(document: &Shared, text: &str) -> Result<Vec<(Span, String)>> {
    let (matches, _) = document.read_state()?.index.best(text, ALIKE, None)?;
    let mut found = Vec::new();
    for passage in matches.into_iter().map(|m| m.passage) {
        let text = document.source.slice(passage.start, passage.start + u64::from(passage.length))?;
        let place = |unit: &TextUnit| Span::within(passage.start, passage.start_utf16, &text, unit.start, unit.end);
        found.extend(units_of_passage(&text, passage.first).iter().map(|unit| (place(unit), text[unit.start..unit.end].to_owned())));
    }
    Ok(found)
}

/// A piece of the document by its place.
pub(crate) fn evidence_at(document: &Shared, span: Span, heading: bool) -> Result<Evidence> {
    let text = trimmed(&document.source.slice(span.start, span.end)?).into_owned();
    let tokens = document.model.tokens().encode(&folded(&text))?;
    Ok(Evidence { span, text, heading, score: 0.0, marker: None, tokens, at: 0, note: None })
}

/// The pieces as they stand in the document, line ends and all: offsets count there.
pub(crate) fn source_texts(document: &Shared, pieces: &[Evidence]) -> Result<Vec<(Span, String)>> {
    let mut found = Vec::new();
    for piece in pieces {
        match &piece.note {
            Some(quotes) => found.extend(quotes.iter().map(|q| (q.span, q.text.clone()))),
            None => found.push((piece.span, document.source.slice(piece.span.start, piece.span.end)?)),
        }
    }
    Ok(found)
}

/// The spans of a held answer, as they stand in the document.
pub(crate) fn constrained_quotes(document: &Shared, pieces: &[Evidence], cuts: Vec<ConstrainedSpan>) -> Result<Vec<Quote>> {
    let quote = |cut: ConstrainedSpan| {
        let span = pieces[cut.piece].span;
        let text = document.source.slice(span.start, span.end)?;
        let start = untrimmed(&text, cut.start);
        let end = untrimmed(&text, cut.end);
        let span = Span::within(span.start, span.start_utf16, &text, start, end);
        Ok(Quote::new(span, text[start..end].to_owned()))
    };
    cuts.into_iter().map(quote).collect()
}
