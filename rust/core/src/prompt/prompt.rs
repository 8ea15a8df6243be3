//! What a prompt is made of: pieces of the document, packed up to a budget, and the task after them.

use crate::error::{Error, Result};
use crate::manifest::prompt_template::TaskTokens;
use crate::model::Generator;
use crate::prompt::evidence::Evidence;
use crate::session::Session;

/// Most room left in a prompt for a free answer (tokens).
pub(crate) const ANSWER_ROOM: usize = 64;

/// What is asked of a document.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Ask(String),
    Summarize,
}

/// One prompt: what is fed after the start, or after the document.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// The document's session for the memory reading; else a fresh one is made when the prompt's turn comes.
    pub session: Option<Session>,
    pub tokens: Vec<u32>,
    pub pieces: Vec<Evidence>,
    /// Whether all that the document says stands in it and the prompts before; what it says twice stands there once.
    pub whole: bool,
    /// Most pieces that a citing model cites.
    pub cites: usize,
    /// Whether its answer is shown; else it is a note for a prompt to come.
    pub shown: bool,
    /// Most tokens of a free model's note: a prompt must hold several.
    pub note_tokens: usize,
}

impl Prompt {
    /// Pieces in document order, between what the task says before and after them.
    pub fn new(generator: &Generator, mut pieces: Vec<Evidence>, task: &TaskTokens, cites: usize, shown: bool) -> Result<Self> {
        let start = generator.template.start().len();
        let mut tokens = task.before.clone();
        let mut numbers = [0; 2];
        for piece in &mut pieces {
            if let Some(markers) = generator.template.citing() {
                let number = &mut numbers[usize::from(piece.heading)];
                let (marker, marked) = markers.piece(piece.heading, *number, &generator.tokens.encode(&piece.prompt_text())?);
                (piece.marker, piece.tokens) = (Some(marker), marked);
                *number += 1;
            }
            piece.at = (start + tokens.len()) as u64;
            tokens.extend(&piece.tokens);
        }
        tokens.extend(&task.after);
        let note_tokens = ANSWER_ROOM.min(PromptBudget::new(generator, task.count()).left / 4).max(1);
        Ok(Self { session: None, tokens, pieces, whole: false, cites, shown, note_tokens })
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
