//! Readings: plans of prompts. A plan says what is run next, given what came of the prompt before.

use std::collections::VecDeque;

use crate::answer::Span;
use crate::document::Shared;
use crate::error::{Error, Result};
use crate::index::bm25::Weights;
use crate::manifest::Reading;
use crate::manifest::prompt_template::TaskTokens;
use crate::model::Generator;
use crate::prompt::excerpt::Excerpt;
use crate::prompt::map_reduce::Notes;
use crate::prompt::retrieval::{PIECES, Recall, overview};
use crate::prompt::{Evidence, Near, Next, Prompt, PromptBudget, Task, evidence_at, question_too_long};
use crate::text::whitespace::visible;

/// The prompts that answer a task, one after another.
#[derive(Debug)]
pub(crate) enum Plan {
    Listed(VecDeque<Prompt>),
    Recall(Recall),
    Notes(Notes),
}

impl Plan {
    /// By a reading; recall looks in at most `prompts` prompts, or everywhere, and rather beside what `near` names.
    pub fn new(
        document: &Shared,
        task: &Task,
        instruction: Option<&str>,
        reading: Reading,
        prompts: Option<usize>,
        near: Near,
    ) -> Result<Self> {
        document.source.unchanged()?;
        let model = document.generator()?;
        let task_tokens = task_tokens(model, task, instruction)?;
        Ok(match (reading, task) {
            (Reading::Memory, _) => Self::Listed([memory(document, task, task_tokens)?].into()),
            (Reading::Recall | Reading::RecallAll, Task::Ask(question)) => {
                Self::Recall(Recall::new(question, task_tokens, prompts).near(near))
            }
            (Reading::Recall | Reading::RecallAll, Task::Summarize) => Self::Listed(overview(document, &task_tokens)?.into()),
            // A note is taken as the model takes it; the last prompt alone is to be answered as instructed.
            (Reading::Notes, _) => Self::Notes(Notes::new(document, task, tokens_of(model, task, None)?, task_tokens)?),
        })
    }

    /// One prompt of sentences that were chosen for a task, the best first: as many as fit.
    pub fn of_sentences(document: &Shared, task: &Task, instruction: Option<&str>, sentences: &[Span]) -> Result<Self> {
        let model = document.generator()?;
        let task_tokens = task_tokens(model, task, instruction)?;
        let mut budget = PromptBudget::new(model, task_tokens.count());
        let mut pieces = Vec::new();
        for span in sentences {
            let piece = evidence_at(document, *span, false)?;
            if budget.fits(&piece) {
                pieces.push(piece);
            }
        }
        if pieces.is_empty() {
            return Err(question_too_long(model, task_tokens.count()));
        }
        pieces.sort_by_key(|piece| piece.span);
        Ok(Self::Listed([Prompt::new(model, pieces, &task_tokens, 1, true)?].into()))
    }

    /// The next prompt, given the note of the one before.
    pub fn next(&mut self, document: &Shared, note: Vec<Evidence>) -> Result<Next> {
        match self {
            Self::Listed(prompts) => Ok(prompts.pop_front().into()),
            Self::Recall(recall) => recall.next(document),
            Self::Notes(notes) => notes.next(document, note).map(Next::from),
        }
    }

    /// Prompts that are sure to follow.
    pub fn listed(&self) -> usize {
        if let Self::Listed(prompts) = self { prompts.len() } else { 0 }
    }

    /// The share of the document that is behind; None when that is not what takes the time.
    pub fn done(&self) -> Option<f64> {
        let Self::Notes(notes) = self else { return None };
        let (next, passages) = notes.progress();
        Some(f64::from(next) / f64::from(passages.max(1)))
    }
}

/// What stands around the document in a prompt.
fn tokens_of(model: &Generator, task: &Task, instruction: Option<&str>) -> Result<TaskTokens> {
    let limit = model.manifest().limits.question;
    match task {
        Task::Ask(question) => model.template.ask(&visible(question), instruction, limit, &model.tokens),
        Task::Summarize => model.template.summarize(instruction, limit, &model.tokens),
    }
}

/// The same, where it leaves room for the document.
fn task_tokens(model: &Generator, task: &Task, instruction: Option<&str>) -> Result<TaskTokens> {
    let instruction = instruction.map(visible);
    let tokens = tokens_of(model, task, instruction.as_deref())?;
    if instruction.is_some() && PromptBudget::new(model, tokens.count()).left <= model.piece_tokens() {
        let (count, window) = (tokens.count(), model.sizes().window);
        let message =
            format!("instruction: found {count} tokens with what is asked, which leave no room for the document in a window of {window}");
        return Err(Error::new("argument.options", message));
    }
    Ok(tokens)
}

/// The document as it was read, then the task.
fn memory(document: &Shared, task: &Task, task_tokens: TaskTokens) -> Result<Prompt> {
    let state = document.read_state()?;
    let weights = match task {
        Task::Ask(question) => state.index.query(question)?.weights().clone(),
        Task::Summarize => Weights::default(),
    };
    let Some(session) = &state.session else {
        return Err(Error::new("call.unread", "the document was not read for the memory reading; read it with reading memory"));
    };
    let session = session.fork()?;
    let mut pieces = Vec::new();
    for seen in &state.marks.seen {
        let shown = Excerpt::of(&document.source, seen.span)?;
        let score = if seen.heading { 0.0 } else { weights.score(&shown.text, &[]) };
        let piece = Evidence::of(seen.span, shown, seen.tokens.clone());
        pieces.push(Evidence { heading: seen.heading, score, marker: seen.marker, at: seen.at, ..piece });
    }
    let cites = if matches!(task, Task::Ask(_)) { 1 } else { PIECES };
    Ok(Prompt { session: Some(session), tokens: task_tokens.after, pieces, whole: false, cites, shown: true, note_tokens: 0 })
}
