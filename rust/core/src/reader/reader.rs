//! A reader of a model folder: its tokenizer, its graph and its settings. Immutable, shared by `Arc`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::manifest::{FileEntry, ReaderManifest};
use crate::reader::layout::{Laid, Piece, Question};
use crate::reader::settings::ReaderSettings;
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::encoder::{Encoder, EncoderInput, EncoderOutput};
use crate::runtime::graph::Loaded;
use crate::text::tokenizer::Tokens;

/// A reader ready to run.
#[derive(Debug)]
pub struct Reader {
    settings: ReaderSettings,
    tokens: Arc<Tokens>,
    encoder: Encoder,
}

impl Reader {
    /// Opens the reader of a folder whose files were compared.
    ///
    /// # Errors
    /// `model.format`, `model.tokenizer` or `model.graph` by what the files hold; `runtime.missing`.
    pub fn open(
        folder: &Path,
        entries: &BTreeMap<String, FileEntry>,
        files: &ReaderManifest,
        threads: usize,
        mapped: bool,
    ) -> Result<Self> {
        let settings = ReaderSettings::load(&folder.join(&files.settings))?;
        let tokens = Tokens::open(&folder.join(&files.tokenizer), settings.encoder.vocabulary)?;
        let missing = || Error::new("model.format", format!("files: found no entry for {:?}", files.graph));
        let entry = entries.get(&files.graph).ok_or_else(missing)?;
        let encoder = Encoder::open(&folder.join(&files.graph), entry, settings.layout.sentences, threads, mapped)?;
        Ok(Self { settings, tokens: Arc::new(tokens), encoder })
    }

    /// What reader.json says.
    pub fn settings(&self) -> &ReaderSettings {
        &self.settings
    }

    /// Its tokenizer.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// How its graph came to be loaded.
    pub fn loaded(&self) -> &Loaded {
        self.encoder.loaded()
    }

    /// Lets go of the graph's memory; the next run loads it again.
    pub fn trim(&self) {
        self.encoder.trim();
    }

    /// Whether the graph is in memory.
    pub fn is_loaded(&self) -> bool {
        self.encoder.is_loaded()
    }

    /// A question's tokens; what is over is cut off its end.
    ///
    /// # Errors
    /// `argument.question` when there is no word in it that the tokenizer knows.
    pub fn question(&self, text: &str) -> Result<Question> {
        if text.trim().is_empty() {
            return Err(Error::new("argument.question", "the question is empty, expected some words"));
        }
        let mut tokens = self.tokens.encode(text)?;
        tokens.truncate(self.settings.layout.question);
        Ok(Question(tokens))
    }

    /// A sentence's tokens, and those of the headings it stands under; what is over is cut off the end of the sentence and the beginning of the
    /// headings.
    ///
    /// # Errors
    /// `model.tokenizer` when the tokenizer fails.
    pub fn piece(&self, sentence: &str, heading: &str) -> Result<Piece> {
        let layout = &self.settings.layout;
        let (mut tokens, mut places) = self.tokens.encode_with_places(sentence)?;
        tokens.truncate(layout.sentence);
        places.truncate(layout.sentence);
        let heading = self.tokens.encode(heading)?;
        let heading = heading[heading.len().saturating_sub(layout.heading)..].to_vec();
        Ok(Piece { sentence: tokens, places, heading })
    }

    /// One run.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed` when the run fails; `model.…` when the graph was let go of and does not load again.
    pub fn run(&self, laid: &Laid, cancel: &CancelToken) -> Result<EncoderOutput> {
        self.encoder.run(&laid.input, cancel)
    }

    /// How far the graph's numbers are off the reference's: the largest difference ÷ the largest of them.
    ///
    /// # Errors
    /// `runtime.failed` when the run fails.
    pub fn self_test_error(&self) -> Result<f64> {
        let test = &self.settings.self_test;
        let input = EncoderInput { tokens: test.tokens.clone(), types: test.types.clone(), segments: test.segments.clone() };
        let output = self.encoder.run(&input, &CancelToken::new()?)?;
        let wanted: Vec<f32> = test.relevance.iter().copied().chain([test.none]).chain(test.verdict).collect();
        let found = output.relevance.iter().take(test.relevance.len()).copied().chain([output.none]).chain(output.verdict);
        let scale = wanted.iter().fold(f32::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
        Ok(found.zip(&wanted).map(|(a, b)| f64::from((a - b).abs() / scale)).fold(0.0, f64::max))
    }
}
