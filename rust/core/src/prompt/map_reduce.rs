//! The reading *notes*: the whole document, one full prompt after another, a note of each; the notes are read the same way until they fit one
//! prompt. At most one prompt of notes waits on each level, so what is held grows with the logarithm of the document.

use std::collections::VecDeque;

use crate::document::Shared;
use crate::error::{Error, Result};
use crate::index::bm25::Weights;
use crate::manifest::prompt_template::TaskTokens;
use crate::prompt::retrieval::PIECES;
use crate::prompt::{Evidence, Prompt, PromptBudget, Task, question_too_long, sentences};

/// Pieces of a prompt that a citing model may keep as its note; of a question at most one.
const KEPT: usize = 3;

/// A document on its way through notes.
#[derive(Debug)]
pub(crate) struct Notes {
    task_tokens: TaskTokens,
    /// The same of the last prompt, whose answer is shown.
    last_tokens: TaskTokens,
    weights: Weights,
    /// None for a summary, which wants headings too.
    asked: bool,
    /// The next passage.
    next: u32,
    passages: u32,
    /// Of the passage before, what did not fit.
    waiting: VecDeque<Evidence>,
    /// Level 0 holds notes of the document, level 1 notes of those, and so on; what stands higher comes earlier in the document.
    levels: Vec<Vec<Evidence>>,
    /// Where the note of the prompt under way goes; None after the last prompt.
    level: Option<usize>,
}

impl Notes {
    /// From the document's start.
    pub fn new(document: &Shared, task: &Task, task_tokens: TaskTokens, last_tokens: TaskTokens) -> Result<Self> {
        let state = document.read_state()?;
        let (asked, weights) = match task {
            Task::Ask(question) => (true, state.index.query(question)?.weights().clone()),
            Task::Summarize => (false, Weights::default()),
        };
        if asked && PromptBudget::new(document.generator()?, task_tokens.count()).left <= document.generator()?.piece_tokens() {
            return Err(question_too_long(document.generator()?, task_tokens.count())); // now, not at the first long sentence
        }
        let passages = state.index.passages();
        Ok(Self {
            task_tokens,
            last_tokens,
            weights,
            asked,
            next: 0,
            passages,
            waiting: VecDeque::new(),
            levels: vec![Vec::new()],
            level: Some(0),
        })
    }

    /// The next prompt, given the note of the one before; None after the last, or when nothing was noted.
    pub fn next(&mut self, document: &Shared, note: Vec<Evidence>) -> Result<Option<Prompt>> {
        let Some(level) = self.level else { return Ok(None) };
        for piece in note {
            let told = |other: &Evidence| !self.asked && !piece.heading && other.words() == piece.words();
            if !self.levels[level].iter().any(told) {
                self.levels[level].push(piece);
            }
        }
        for level in 0..self.levels.len() {
            if let Some(full) = self.full(document, level)? {
                if level + 1 == self.levels.len() {
                    self.levels.push(Vec::new());
                }
                return self.prompt(document, full, level + 1);
            }
        }
        let pieces = self.fill(document)?;
        if !pieces.is_empty() {
            return self.prompt(document, pieces, 0);
        }
        // The document has ended: the notes of all levels are one list, which goes on being shortened until it fits.
        let all: Vec<Evidence> = self.levels.drain(..).rev().flatten().collect();
        let mut pack = PromptBudget::new(document.generator()?, self.last_tokens.count());
        if pack.fits_all(&all) {
            self.level = None;
            let cites = if self.asked { 1 } else { PIECES };
            return if all.is_empty() {
                Ok(None)
            } else {
                Prompt::new(document.generator()?, all, &self.last_tokens, cites, true).map(Some)
            };
        }
        self.levels = vec![all];
        self.level = Some(0);
        self.next(document, Vec::new())
    }

    /// Passages read so far, of all.
    pub fn progress(&self) -> (u32, u32) {
        (self.next, self.passages)
    }

    /// The first notes of a level, as many as fit a prompt, if there are more than fit.
    fn full(&mut self, document: &Shared, level: usize) -> Result<Option<Vec<Evidence>>> {
        let mut pack = PromptBudget::new(document.generator()?, self.task_tokens.count());
        let notes = &mut self.levels[level];
        let fitting = notes.iter().take_while(|p| pack.fits(p)).count();
        if fitting == notes.len() {
            return Ok(None);
        }
        if fitting < 2 {
            let window = document.generator()?.sizes().window;
            let message = format!("a window of {window} tokens does not hold two notes; choose a larger scenario");
            return Err(Error::new("argument.scenario", message));
        }
        Ok(Some(notes.drain(..fitting).collect()))
    }

    /// As much of the document as fits.
    fn fill(&mut self, document: &Shared) -> Result<Vec<Evidence>> {
        let mut pack = PromptBudget::new(document.generator()?, self.task_tokens.count());
        let mut pieces = Vec::new();
        loop {
            while let Some(piece) = self.waiting.pop_front() {
                if pack.fits(&piece) {
                    pieces.push(piece);
                } else if pieces.is_empty() {
                    let message =
                        format!("found a sentence of {} tokens, expected at most {}", piece.tokens.len(), pack.left.saturating_sub(1));
                    return Err(Error::new("argument.scenario", message));
                } else {
                    self.waiting.push_front(piece);
                    return Ok(pieces);
                }
            }
            if self.next == self.passages {
                return Ok(pieces);
            }
            let passage = document.read_state()?.index.passage(self.next)?;
            self.next += 1;
            self.waiting = sentences(document, &passage, true, &self.weights, 0.0)?.into();
        }
    }

    fn prompt(&mut self, document: &Shared, pieces: Vec<Evidence>, level: usize) -> Result<Option<Prompt>> {
        self.level = Some(level);
        let cites = if self.asked { 1 } else { KEPT.min(pieces.len() / 2).max(1) };
        Prompt::new(document.generator()?, pieces, &self.task_tokens, cites, false).map(Some)
    }
}
