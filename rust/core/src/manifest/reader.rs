//! The reader's key of `model.json`: its files.

use serde::Deserialize;

/// The files of a reader; `scripts/lab/reader/CONTRACT.md` says what is in them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderManifest {
    /// The encoder.
    pub graph: String,
    /// How runs are laid out and answers chosen.
    pub settings: String,
    /// Hugging Face `tokenizers` form; never that of the generator.
    pub tokenizer: String,
}

impl ReaderManifest {
    /// Every file of it.
    pub fn files(&self) -> [&String; 3] {
        [&self.graph, &self.settings, &self.tokenizer]
    }
}
