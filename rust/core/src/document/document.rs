//! A document: read once in bounded steps, then asked any number of times.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::document::reading_state::{DocumentState, Progress};
use crate::document::saved;
use crate::error::{Error, Result};
use crate::manifest::Reading;
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;
use crate::text::source::TextSource;

/// Time between two checkpoints, and how many times longer than the last one took.
const CHECKPOINT: Duration = Duration::from_secs(10);
const PATIENCE: u32 = 20;

/// How a document is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentOptions {
    /// What the document is read for and, unless a question says else, asked by; `memory` runs it through the graph. Without it whatever the
    /// model's default for each task needs.
    pub reading: Option<Reading>,
    /// A private folder for the index, which has no name in it; without it the system's temporary one.
    pub index_dir: Option<PathBuf>,
    /// A file to go on from if it is there, and to leave a checkpoint in about every ten seconds; in the end it holds the saved document.
    pub resume: Option<PathBuf>,
}

/// A document on a model. Cheap to clone; clones are the same document.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub model: Arc<Model>,
    pub source: TextSource,
    /// What the caller chose.
    pub reading: Option<Reading>,
    cancel: CancelToken,
    state: Mutex<DocumentState>,
    checkpoint: Option<Mutex<Checkpoint>>,
}

/// Where a reading leaves what it has, and when next.
#[derive(Debug)]
struct Checkpoint {
    path: PathBuf,
    due: Instant,
}

impl Document {
    /// A document that has not been read yet, or only as far as `resume` says.
    ///
    /// # Errors
    /// `state.…` when the file of `resume` is there and is not a saved document of this text and model, `argument.reading` when it was read for
    /// another reading, `io` when a file cannot be written.
    pub fn open(model: Arc<Model>, source: TextSource, options: DocumentOptions) -> Result<Self> {
        let folder = options.index_dir.as_deref();
        let defaults = model.manifest().readings;
        let needed = options.reading.map_or([defaults.ask, defaults.summarize], |reading| [reading; 2]);
        let memory = needed.contains(&Reading::Memory);
        let saved = options.resume.as_deref().filter(|path| path.exists());
        let state = match saved {
            Some(path) => {
                let (state, reading) = saved::load(path, &model, &source, folder)?;
                if memory && state.session.is_none() || options.reading.is_some_and(|r| !reading.is_some_and(|saved| r.reads_as(saved))) {
                    let message = format!("{}: found a document read for another reading; delete it to read again", path.display());
                    return Err(Error::new("argument.reading", message));
                }
                state
            }
            None => {
                // A place that cannot be written is refused before a long document is read.
                options.resume.as_deref().map(|path| saved::place(path, &source)).transpose()?;
                DocumentState::new(&source, memory.then(|| model.session()).transpose()?, folder)?
            }
        };
        Self::with(model, source, options.reading, state, options.resume)
    }

    /// A document that was saved: nothing is read again but the text's bytes, to see that they are the same.
    ///
    /// # Errors
    /// `state.…` when the file is not there, is damaged, unfinished, or of another model or text; `text.changed` when the text is.
    pub fn restore(model: Arc<Model>, source: TextSource, path: &Path) -> Result<Self> {
        let (state, reading) = saved::load(path, &model, &source, None)?;
        if !state.marks.read {
            let found = state.marks.start;
            let expected = source.length();
            let message = format!("{}: found {found} of {expected} bytes read; go on reading with it", path.display());
            return Err(Error::new("state.unfinished", message));
        }
        Self::with(model, source, reading, state, None)
    }

    fn with(
        model: Arc<Model>,
        source: TextSource,
        reading: Option<Reading>,
        state: DocumentState,
        resume: Option<PathBuf>,
    ) -> Result<Self> {
        let checkpoint = resume.filter(|_| !state.marks.read).map(|path| Mutex::new(Checkpoint { path, due: Instant::now() + CHECKPOINT }));
        Ok(Self { shared: Arc::new(Shared { model, source, reading, cancel: CancelToken::new()?, state: Mutex::new(state), checkpoint }) })
    }

    /// Reads a bounded step: one graph run or some tens of kilobytes of text. None when the document is read.
    ///
    /// # Errors
    /// `cancelled`; `text.utf8`, `text.empty` or `text.changed` by what the text turns out to be; `runtime.failed` when a graph run fails; `io`.
    pub fn step(&self) -> Result<Option<Progress>> {
        let shared = &*self.shared;
        shared.cancel.check()?;
        let mut state = shared.state()?;
        if state.marks.read {
            return Ok(None);
        }
        let progress = state.step(&shared.source, &shared.model, &shared.cancel)?;
        if let Some(checkpoint) = &shared.checkpoint {
            let mut checkpoint = checkpoint.lock().map_err(|_| failed())?;
            let now = Instant::now();
            if state.marks.read || now >= checkpoint.due {
                shared.save(&mut state, &checkpoint.path)?;
                checkpoint.due = Instant::now() + CHECKPOINT.max(now.elapsed() * PATIENCE);
            }
        }
        Ok(Some(progress))
    }

    /// How far the reading is.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.shared.state()?.progress(self.shared.source.length()))
    }

    /// Writes what was read so far to a private file, which is replaced as a whole or not at all. A few megabytes and the index,
    /// see [`Usage`](crate::Usage).
    ///
    /// # Errors
    /// `io` when the file cannot be written, `argument.options` when it is the document itself, `cancelled`.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.shared.cancel.check()?;
        let mut state = self.shared.state()?;
        self.shared.save(&mut state, path)
    }

    /// Stops a step or a save that is under way on another thread, or else the next one; reading can go on afterwards.
    pub fn cancel(&self) {
        self.shared.cancel.cancel();
    }

    /// Graph runs made over the document so far.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn runs(&self) -> Result<u64> {
        Ok(self.shared.state()?.session.as_ref().map_or(0, Session::runs))
    }

    /// The session of the memory reading, as it stands: for tests against the reference.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    #[doc(hidden)]
    pub fn session(&self) -> Result<Option<Session>> {
        self.shared.state()?.session.as_ref().map(Session::fork).transpose()
    }
}

impl Shared {
    /// The state of a document that nothing has broken.
    pub fn state(&self) -> Result<MutexGuard<'_, DocumentState>> {
        self.state.lock().map_err(|_| failed())
    }

    /// The state of a document that has been read to its end.
    pub fn read_state(&self) -> Result<MutexGuard<'_, DocumentState>> {
        let state = self.state()?;
        if state.marks.read { Ok(state) } else { Err(Error::new("call.unread", "the document has not been read to its end")) }
    }

    fn save(&self, state: &mut DocumentState, path: &Path) -> Result<()> {
        saved::save(path, &self.model, &self.source, self.reading, state, &self.cancel)
    }
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier defect made this document unusable")
}
