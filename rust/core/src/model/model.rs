//! An opened model folder: a generator, a reader or both. Immutable, shared by `Arc`.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::manifest::prompt_template::Markers;
use crate::manifest::{Manifest, Reading, Readings};
use crate::model::concurrently::concurrently;
use crate::model::execution::Execution;
use crate::model::generator::{Choice, Generator};
use crate::model::open_options::OpenOptions;
use crate::model::self_test::SelfTestResult;
use crate::reader::Reader;
use crate::text::tokenizer::Tokens;

/// Most tokens of a sentence where there is no generator.
const SENTENCE: usize = 96;

/// A model ready to read documents.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    generator: Option<Arc<Generator>>,
    reader: Option<Arc<Reader>>,
    /// What documents are cut by: the generator's, or else the reader's.
    tokens: Arc<Tokens>,
    execution: Execution,
}

impl Model {
    /// Opens a folder: every file's checksum is compared, the graphs loaded. Nothing runs yet.
    ///
    /// # Errors
    /// `argument.scenario` or `argument.accelerator` by the options; `model.…` by what the folder holds; `runtime.missing` or `runtime.failed`.
    pub fn open(folder: &Path, options: &OpenOptions) -> Result<Arc<Self>> {
        let manifest = Manifest::load(folder)?;
        let choice = match &manifest.generator {
            Some(of_generator) => Some((of_generator, Choice::new(of_generator, options)?)),
            None => {
                options.check_for_reader()?;
                None
            }
        };
        manifest.verify(folder)?;
        let load = || {
            let generator = choice.map(|(of_generator, choice)| Generator::open(folder, &manifest, of_generator, choice, options));
            let generator = generator.transpose()?.map(Arc::new);
            let threads = options.threads(generator.as_ref().map_or(0, |g| g.sizes().threads));
            let open = |files| Reader::open(folder, &manifest.files, files, threads, options.mapped_weights);
            let reader = manifest.reader.as_ref().map(open).transpose()?.map(Arc::new);
            Ok((generator, reader, threads))
        };
        let (verified, loaded): (_, Result<_>) = concurrently(|| manifest.verify_weights(folder), load)?;
        verified?;
        let (generator, reader, threads) = loaded?;
        let (tokens, execution) = match (&generator, &reader) {
            (Some(generator), _) => (Arc::clone(&generator.tokens), generator.execution().clone()),
            (None, Some(reader)) => (Arc::clone(reader.tokens()), Execution::of_reader(reader, threads, options)),
            (None, None) => return Err(Error::new("model.format", "found neither a generator nor a reader, expected at least one")),
        };
        Ok(Arc::new(Self { manifest, generator, reader, tokens, execution }))
    }

    /// What model.json says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The language model.
    ///
    /// # Errors
    /// `model.no_generator` in a folder that holds a reader alone.
    #[doc(hidden)]
    pub fn generator(&self) -> Result<&Arc<Generator>> {
        let message = || {
            let name = &self.manifest.name;
            format!("{name}: found a reader alone, expected a generator: it answers questions and summarises by recall, and does not chat")
        };
        self.generator.as_ref().ok_or_else(|| Error::new("model.no_generator", message()))
    }

    /// The reader, if the folder has one.
    #[doc(hidden)]
    pub fn reader(&self) -> Option<&Arc<Reader>> {
        self.reader.as_ref()
    }

    /// What the graph runs on: the generator's, or else the reader's.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// The default reading of each task.
    pub fn readings(&self) -> Readings {
        let alone = Readings { ask: Reading::Recall, summarize: Reading::Recall };
        self.generator.as_ref().map_or(alone, |generator| generator.manifest().readings)
    }

    /// The markers of a citing generator.
    pub(crate) fn citing(&self) -> Option<&Markers> {
        self.generator.as_ref()?.template.citing()
    }

    /// Whether it answers in words of its own: a generator that does not cite.
    pub(crate) fn is_free(&self) -> bool {
        self.generator.is_some() && self.citing().is_none()
    }

    /// The tokenizer that documents are cut by.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Most tokens of a sentence: longer ones are cut.
    pub(crate) fn piece_tokens(&self) -> usize {
        self.generator.as_ref().map_or(SENTENCE, |generator| generator.piece_tokens())
    }

    /// Refuses a question that is empty or too long for this model. A reader takes one of any length, and reads its beginning.
    ///
    /// # Errors
    /// `argument.question`.
    pub fn check_question(&self, question: &str) -> Result<()> {
        match (&self.generator, &self.reader) {
            (Some(generator), _) => generator.check_question(question),
            (None, Some(reader)) => reader.question(question).map(drop),
            (None, None) => Ok(()),
        }
    }

    /// Lets go of the graphs' memory, when the system runs short of it: what is at work keeps it until its end, documents stay, and the next run
    /// loads it again.
    pub fn trim(&self) {
        self.generator.iter().for_each(|generator| generator.trim());
        self.reader.iter().for_each(|reader| reader.trim());
    }

    /// Whether a graph is in memory.
    #[doc(hidden)]
    pub fn is_loaded(&self) -> bool {
        self.generator.as_ref().is_some_and(|generator| generator.is_loaded())
            || self.reader.as_ref().is_some_and(|reader| reader.is_loaded())
    }

    /// Compares each graph with the reference's numbers in the folder: the generator's, then the reader's.
    ///
    /// # Errors
    /// `model.self_test` when they are further off than the folder allows; `runtime.failed` when a run fails.
    pub fn self_tests(&self) -> Result<Vec<SelfTestResult>> {
        let of_generator = self.generator.iter().map(|generator| generator.self_test());
        let of_reader = self.reader.iter().map(|reader| SelfTestResult::of_reader(reader));
        of_generator.chain(of_reader).collect()
    }
}
