//! What one step of a mode comes to; what follows from it is decided in [`crate::generation::generation`].

use crate::prompt::Evidence;

/// A text is empty while there is nothing to show.
#[derive(Debug)]
pub(crate) enum Step {
    /// More text of the answer; the prompt goes on.
    Text(String),
    /// The prompt's last text; another prompt may follow.
    PromptComplete(String),
    /// The answer's last text; no prompt follows.
    AnswerComplete(String),
    /// The model ended its text.
    Ended,
    /// A note has grown; the prompt goes on.
    NoteText,
    /// The prompt's note is complete.
    Note(Vec<Evidence>),
    /// A citing model answers out of the memory in its own words, which this token begins.
    OwnWords(u32),
    /// A citing model finds no answer in the prompt; this token begins its words for that.
    NotFound(u32),
}
