//! A document: read once in bounded steps, then asked any number of times.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::document::reading_state::{DocumentState, Progress};
use crate::document::saved;
use crate::error::{Error, Result};
use crate::manifest::Reading;
use crate::model::{Generator, Model};
use crate::runtime::cancel_token::CancelToken;
use crate::session::Session;
use crate::text::source::TextSource;

/// Time between two checkpoints, and how many times longer than the last one took.
const CHECKPOINT: Duration = Duration::from_secs(10);
const PATIENCE: u32 = 20;
/// Longest wait of a step for the text form of a file.
const WAIT: Duration = Duration::from_millis(50);

/// How a document is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentOptions {
    /// What the document is read for and, unless a question says else, asked by; `memory` runs it through the graph. Without it whatever the
    /// model's default for each task needs.
    pub reading: Option<Reading>,
    /// A private folder for the index and the text form of a file, which have no names in it; without it the system's temporary one.
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
    /// What the document was read for, if the caller chose.
    pub reading: OnceLock<Reading>,
    cancel: CancelToken,
    state: Mutex<DocumentState>,
    /// Where the text form of a file goes.
    folder: Option<PathBuf>,
    /// What is to be gone on from once the text is there.
    saved: Mutex<Option<Saved>>,
    checkpoint: Option<Mutex<Checkpoint>>,
}

/// A saved document that is to be loaded.
#[derive(Debug, Clone)]
enum Saved {
    /// To go on reading, for `memory` or not.
    Unfinished { path: PathBuf, memory: bool },
    /// To ask.
    Finished(PathBuf),
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
    /// another reading, `io` when a file cannot be written. Of a file whose text has to be extracted before, [`Document::step`] fails with them.
    pub fn open(model: Arc<Model>, source: TextSource, options: DocumentOptions) -> Result<Self> {
        let DocumentOptions { reading, index_dir: folder, resume } = options;
        let defaults = model.readings();
        let needed = reading.map_or([defaults.ask, defaults.summarize], |reading| [reading; 2]);
        let memory = needed.contains(&Reading::Memory);
        let saved = resume.clone().filter(|path| path.exists()).map(|path| Saved::Unfinished { path, memory });
        if saved.is_none() {
            // A place that cannot be written is refused before a long document is read.
            resume.as_deref().map(|path| saved::place(path, &source)).transpose()?;
        }
        let checkpoint = resume.map(|path| Mutex::new(Checkpoint { path, due: Instant::now() + CHECKPOINT }));
        let session = (memory && saved.is_none()).then(|| model.generator()?.session()).transpose()?;
        Self::new(model, source, folder, reading, saved, session, checkpoint)
    }

    /// A document that was saved: nothing is read again but the text's bytes, to see that they are the same. The text of a file that is no
    /// plain text is extracted again before that: [`Document::step`] until it gives None. It goes to a file without a name in `path`'s folder.
    ///
    /// # Errors
    /// `state.…` when the file is not there, is damaged, unfinished, or of another model or text; `text.changed` when the text is. Of a
    /// file whose text has to be extracted before, [`Document::step`] fails with them.
    pub fn restore(model: Arc<Model>, source: TextSource, path: &Path) -> Result<Self> {
        saved::find(path)?;
        let folder = saved::folder_of(path).to_owned();
        Self::new(model, source, Some(folder), None, Some(Saved::Finished(path.to_owned())), None, None)
    }

    fn new(
        model: Arc<Model>,
        source: TextSource,
        folder: Option<PathBuf>,
        reading: Option<Reading>,
        saved: Option<Saved>,
        session: Option<Session>,
        checkpoint: Option<Mutex<Checkpoint>>,
    ) -> Result<Self> {
        let chosen = reading.map_or_else(OnceLock::new, OnceLock::from);
        let (state, saved) = match saved {
            Some(saved) if source.extracted().is_none() => (saved.load(&model, &source, folder.as_deref(), &chosen)?, None),
            saved => (DocumentState::new(&source, session, folder.as_deref())?, saved),
        };
        let shared = Shared {
            model,
            source,
            reading: chosen,
            cancel: CancelToken::new()?,
            state: Mutex::new(state),
            folder,
            saved: Mutex::new(saved),
            checkpoint,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Reads a bounded step: one graph run or some tens of kilobytes of text; before that it waits some tens of milliseconds for the text of a
    /// file, which is extracted on a thread of its own. None when the document is read.
    ///
    /// # Errors
    /// `cancelled`; `document.…` by what the file turns out to be; `text.utf8`, `text.empty` or `text.changed` by what the text turns out to be; `runtime.failed` when a graph run fails; `io`.
    pub fn step(&self) -> Result<Option<Progress>> {
        let shared = &*self.shared;
        shared.cancel.check()?;
        let extracting = shared.source.extracted().is_some();
        if let Some(extracted) = shared.source.extract(shared.folder.as_deref(), WAIT)? {
            shared.cancel.check().inspect_err(|_| shared.source.stop())?;
            return Ok(Some(Progress::of_extraction(extracted)));
        }
        let mut state = shared.state()?;
        shared.load(&mut state)?;
        if extracting {
            return Ok(Some(state.progress(shared.source.length())));
        }
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
        match self.shared.source.extracted() {
            Some(extracted) => Ok(Progress::of_extraction(extracted)),
            None => Ok(self.shared.state()?.progress(self.shared.source.length())),
        }
    }

    /// Writes what was read so far to a private file, which is replaced as a whole or not at all. A few megabytes and the index,
    /// see [`Usage`](crate::Usage).
    ///
    /// # Errors
    /// `io` when the file cannot be written, `argument.options` when it is the document itself, `call.unread` while the text of a file is
    /// being extracted, `cancelled`.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.shared.cancel.check()?;
        let mut state = self.shared.state()?;
        if self.shared.source.extracted().is_some() || self.shared.saved()?.is_some() {
            return Err(Error::new("call.unread", "the document's text has not been extracted to its end: there is nothing to save"));
        }
        self.shared.save(&mut state, path)
    }

    /// The text between two positions in UTF-16 units, as quotes and coverage count them, cut at the text's end; a character that one of
    /// them cuts is in it. At most 4,194,304 units at once.
    ///
    /// # Errors
    /// `argument.range`; `call.unread` while the text of a file is being extracted; `text.changed`; `io`.
    pub fn text(&self, start: u64, end: u64) -> Result<String> {
        self.shared.source.slice_utf16(start, end)
    }

    /// The text that positions speak of.
    pub fn source(&self) -> &TextSource {
        &self.shared.source
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
    /// A document that was read to its end for recall.
    pub fn finished(model: Arc<Model>, source: TextSource, state: DocumentState) -> Self {
        Self {
            model,
            source,
            reading: Reading::Recall.into(),
            cancel: CancelToken::between_runs(),
            state: Mutex::new(state),
            folder: None,
            saved: Mutex::new(None),
            checkpoint: None,
        }
    }

    /// The state of a document that nothing has broken.
    pub fn state(&self) -> Result<MutexGuard<'_, DocumentState>> {
        self.state.lock().map_err(|_| failed())
    }

    /// The state of a document that has been read to its end.
    pub fn read_state(&self) -> Result<MutexGuard<'_, DocumentState>> {
        let state = self.state()?;
        if state.marks.read { Ok(state) } else { Err(Error::new("call.unread", "the document has not been read to its end")) }
    }

    /// Fails after [`Document::cancel`].
    pub fn check_cancelled(&self) -> Result<()> {
        self.cancel.check()
    }

    /// The language model.
    pub fn generator(&self) -> Result<&Arc<Generator>> {
        self.model.generator()
    }

    fn save(&self, state: &mut DocumentState, path: &Path) -> Result<()> {
        saved::save(path, &self.model, &self.source, self.reading.get().copied(), state, &self.cancel)
    }

    fn saved(&self) -> Result<MutexGuard<'_, Option<Saved>>> {
        self.saved.lock().map_err(|_| failed())
    }

    /// Goes on from what was saved, if anything was and it has not been loaded.
    fn load(&self, state: &mut DocumentState) -> Result<()> {
        let mut saved = self.saved()?;
        if let Some(wanted) = &*saved {
            *state = wanted.load(&self.model, &self.source, self.folder.as_deref(), &self.reading)?;
            *saved = None;
        }
        Ok(())
    }
}

impl Saved {
    /// Its state, if it fits the model, the text and what was chosen; what it was read for is chosen then.
    fn load(&self, model: &Model, source: &TextSource, folder: Option<&Path>, chosen: &OnceLock<Reading>) -> Result<DocumentState> {
        match self {
            Self::Unfinished { path, memory } => {
                let (state, reading) = saved::load(path, model, source, folder)?;
                let other = chosen.get().is_some_and(|chosen| !reading.is_some_and(|saved| chosen.reads_as(saved)));
                if *memory && state.session.is_none() || other {
                    let message = format!("{}: found a document read for another reading; delete it to read again", path.display());
                    return Err(Error::new("argument.reading", message));
                }
                Ok(state)
            }
            Self::Finished(path) => {
                let (state, reading) = saved::load(path, model, source, None)?;
                if !state.marks.read {
                    let found = state.marks.start;
                    let expected = source.length();
                    let message = format!("{}: found {found} of {expected} bytes read; go on reading with it", path.display());
                    return Err(Error::new("state.unfinished", message));
                }
                if let Some(reading) = reading {
                    let _ = chosen.set(reading);
                }
                Ok(state)
            }
        }
    }
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier defect made this document unusable")
}
