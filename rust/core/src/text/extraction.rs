//! From a file of any format to its text form, on a thread of its own: callers wait for it a bounded time at once, see how far it is, and can stop it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use edgeinfinite_documents::{self as documents, Block, Format};

use crate::error::{Error, Result};
use crate::text::byte_source::ByteSource;
use crate::text::places::{PageMarks, Places, ToldPlaces};
use crate::text::stored_blocks::{BlockWriter, StoredBlocks};
use crate::text::utf16_marks::Utf16Marks;

/// Bytes that are looked at at once.
const READ: usize = 1 << 16;

/// What offsets, quotes, coverage and hashes speak of: UTF-8 text.
#[derive(Debug)]
pub(crate) struct TextForm {
    pub bytes: ByteSource,
    /// Its structure; None of a text that is its own form, whose structure is told from the text.
    pub blocks: Option<StoredBlocks>,
    /// The format that the file's name says, where the text alone does not: separated values, YAML.
    pub named: Option<Format>,
    pub places: Places,
    pub utf16: Utf16Marks,
}

impl TextForm {
    /// A text that is its own form.
    pub fn verbatim(bytes: ByteSource, named: Option<Format>) -> Self {
        Self { bytes, blocks: None, named, places: Places::Paged(PageMarks::default()), utf16: Utf16Marks::default() }
    }
}

/// How much of a file was looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extracted {
    pub bytes_done: u64,
    pub bytes_total: u64,
    pub seconds: f64,
}

/// A file whose text form is not there yet, or made.
#[derive(Debug)]
pub(crate) struct Extraction {
    file: SourceFile,
    shared: Arc<Shared>,
}

/// What is extracted.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub bytes: ByteSource,
    pub name: Option<String>,
    /// Whether the file is its own text form if all of it is UTF-8.
    pub verbatim: bool,
    /// As [`TextForm::named`].
    pub named: Option<Format>,
}

#[derive(Debug)]
struct Shared {
    form: OnceLock<TextForm>,
    stage: Mutex<Stage>,
    /// The stage is [`Stage::Ended`].
    ended: Condvar,
}

#[derive(Debug)]
enum Stage {
    Waiting,
    Running(Run),
    /// With a form, or with what kept it from being made.
    Ended(Result<()>),
}

#[derive(Debug)]
struct Run {
    begun: Instant,
    /// Of the whole.
    share: f64,
    stop: Arc<AtomicBool>,
}

impl Extraction {
    /// One that has not begun.
    pub fn new(file: SourceFile) -> Self {
        let shared = Shared { form: OnceLock::new(), stage: Mutex::new(Stage::Waiting), ended: Condvar::new() };
        Self { file, shared: Arc::new(shared) }
    }

    /// The text form, once it is there.
    pub fn form(&self) -> Option<&TextForm> {
        self.shared.form.get()
    }

    /// Begins unless it has begun, and waits at most so long; None when the text form is there, which is kept in `folder` or the system's
    /// temporary one.
    ///
    /// # Errors
    /// `document.…` by what the file turns out to be; `text.empty`; `text.changed`; `io`.
    pub fn advance(&self, folder: Option<&Path>, most: Duration) -> Result<Option<Extracted>> {
        let mut stage = self.shared.stage();
        if let Stage::Waiting = *stage {
            *stage = Stage::Running(self.start(folder.map(Path::to_owned))?);
        }
        let (waited, _) = self
            .shared
            .ended
            .wait_timeout_while(stage, most, |stage| matches!(stage, Stage::Running(_)))
            .unwrap_or_else(PoisonError::into_inner);
        match &*waited {
            Stage::Ended(result) => result.clone().map(|()| None),
            Stage::Waiting => Ok(Some(self.progress(None))), // another document of it was cancelled
            Stage::Running(run) => Ok(Some(self.progress(Some(run)))),
        }
    }

    /// Ends what is under way; [`Extraction::advance`] begins anew.
    pub fn stop(&self) {
        let mut stage = self.shared.stage();
        if let Stage::Running(run) = &*stage {
            run.stop.store(true, Ordering::Relaxed);
            *stage = Stage::Waiting;
            self.shared.ended.notify_all();
        }
    }

    /// How far it is.
    pub fn extracted(&self) -> Extracted {
        match &*self.shared.stage() {
            Stage::Running(run) => self.progress(Some(run)),
            Stage::Waiting | Stage::Ended(_) => self.progress(None),
        }
    }

    fn progress(&self, run: Option<&Run>) -> Extracted {
        let bytes_total = self.file.bytes.length;
        let share = run.map_or(0.0, |run| run.share);
        let seconds = run.map_or(0.0, |run| run.begun.elapsed().as_secs_f64());
        Extracted { bytes_done: (bytes_total as f64 * share) as u64, bytes_total, seconds }
    }

    fn start(&self, folder: Option<PathBuf>) -> Result<Run> {
        let file = self.file.clone();
        let shared = Arc::clone(&self.shared);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let made = catch_unwind(AssertUnwindSafe(|| text_form(&file, folder.as_deref(), &|share| shared.watch(&stopped, share))));
            let made = made.unwrap_or_else(|_| Err(Error::new("fault", "a defect while the document's text was extracted")));
            shared.end(&stopped, made);
        };
        std::thread::Builder::new().name("extraction".into()).spawn(work).map_err(|e| Error::io("starting a thread", &e))?;
        Ok(Run { begun: Instant::now(), share: 0.0, stop })
    }
}

impl Drop for Extraction {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far a run is, and whether it may go on.
    fn watch(&self, stop: &Arc<AtomicBool>, share: f64) -> ControlFlow<()> {
        if stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if let Stage::Running(run) = &mut *self.stage()
            && Arc::ptr_eq(&run.stop, stop)
        {
            run.share = share;
        }
        ControlFlow::Continue(())
    }

    /// Notes what a run made, unless it was stopped.
    fn end(&self, stop: &Arc<AtomicBool>, made: Result<TextForm>) {
        let mut stage = self.stage();
        if matches!(&*stage, Stage::Running(run) if Arc::ptr_eq(&run.stop, stop)) {
            *stage = Stage::Ended(made.map(|form| self.form.set(form).unwrap_or_default()));
            self.ended.notify_all();
        }
    }
}

/// Is told what share was done; says whether to go on.
type Watch<'w> = &'w (dyn Fn(f64) -> ControlFlow<()> + Sync);

/// The file itself where that is UTF-8 text, or else what is read out of it.
fn text_form(file: &SourceFile, folder: Option<&Path>, watch: Watch<'_>) -> Result<TextForm> {
    if file.verbatim && is_utf8(&file.bytes, watch)? {
        return Ok(TextForm::verbatim(file.bytes.clone(), file.named));
    }
    let failed = |e: std::io::Error| Error::io("making a private file for the document's text", &e);
    let private = || match folder {
        Some(folder) => tempfile::tempfile_in(folder),
        None => tempfile::tempfile(),
    };
    let output = BufWriter::with_capacity(READ, private().map_err(failed)?);
    let blocks = BlockWriter::new(private().map_err(failed)?);
    let mut sink = FormWriter { output, written: 0, blocks, places: ToldPlaces::default() };
    let options = documents::Options { name: file.name.clone(), ..documents::Options::default() };
    let mut watch = |progress: documents::Progress| watch(progress.done as f64 / progress.total.max(1) as f64);
    let report = documents::read(file.bytes.reader(), &options, &mut sink, &mut watch)?;
    file.bytes.unchanged()?;
    let FormWriter { output, blocks, places, .. } = sink;
    let text = output.into_inner().map_err(|e| failed(e.into_error()))?;
    let bytes = ByteSource::private(text, report.text_bytes);
    // A text in another encoding has pages as one in UTF-8 has.
    let places = if report.format.is_verbatim() { Places::Paged(PageMarks::default()) } else { Places::Told(places) };
    Ok(TextForm { bytes, blocks: Some(blocks.finish().map_err(failed)?), named: None, places, utf16: Utf16Marks::default() })
}

/// Writes a text form and its blocks as they come.
struct FormWriter {
    output: BufWriter<File>,
    written: u64,
    blocks: BlockWriter,
    places: ToldPlaces,
}

impl documents::Sink for FormWriter {
    fn text(&mut self, text: &str) -> documents::Result<()> {
        self.written += text.len() as u64;
        Ok(self.output.write_all(text.as_bytes())?)
    }

    fn block(&mut self, block: Block) -> documents::Result<()> {
        self.places.add(&block);
        Ok(self.blocks.add(self.written, block)?)
    }
}

/// Whether all of it is.
fn is_utf8(bytes: &ByteSource, watch: Watch<'_>) -> Result<bool> {
    let mut at = 0;
    let mut waiting = Vec::new();
    while at < bytes.length {
        if watch(at as f64 / bytes.length as f64).is_break() {
            return Err(Error::new("cancelled", "the call was cancelled"));
        }
        let length = READ.min((bytes.length - at) as usize);
        waiting.extend(bytes.read(at, length)?);
        at += length as u64;
        match std::str::from_utf8(&waiting) {
            Ok(_) => waiting.clear(),
            Err(e) if e.error_len().is_some() => return Ok(false),
            Err(e) => drop(waiting.drain(..e.valid_up_to())),
        }
    }
    Ok(waiting.is_empty())
}

impl From<documents::Error> for Error {
    fn from(error: documents::Error) -> Self {
        // A text without words has one code, whatever it is a text of.
        let code = if error.code() == "document.empty" { "text.empty" } else { error.code() };
        Self::new(code, error.message())
    }
}
