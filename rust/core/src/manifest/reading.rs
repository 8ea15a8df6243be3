//! Readings: how a document is brought before the model.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How a document is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The document once, segment by segment; what leaves the window goes to the memory.
    Memory,
    /// The few passages that match, in a prompt of their own.
    Recall,
    /// As `Recall`, in prompt after prompt until an answer is found or the document ends; of a summary the same as `Recall`. A free model answers
    /// from the first prompt, for it cannot say that nothing was found, unless it is held to the document (`verbatim`).
    RecallAll,
    /// The whole document, prompt by prompt, a note of each; the notes are read the same way until they fit one prompt.
    Notes,
}

impl Reading {
    /// Whether a document that was read for one is read for the other.
    pub(crate) fn reads_as(self, other: Self) -> bool {
        let pass = |reading| if reading == Self::RecallAll { Self::Recall } else { reading };
        pass(self) == pass(other)
    }
}

impl std::str::FromStr for Reading {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "memory" => Ok(Self::Memory),
            "recall" => Ok(Self::Recall),
            "recall_all" => Ok(Self::RecallAll),
            "notes" => Ok(Self::Notes),
            _ => Err(Error::new("argument.reading", format!("found reading \"{name}\", expected memory, recall, recall_all or notes"))),
        }
    }
}
