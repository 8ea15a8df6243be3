//! Putting a document on a shelf: its text is read in bounded steps and written to a file beside, which is renamed, and then the catalogue says so.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::document::sealed::Sealing;
use crate::document::{DocumentState, Progress};
use crate::error::{Error, Result};
use crate::runtime::cancel_token::CancelToken;
use crate::shelf::catalogue::{BESIDE, sync_folder};
use crate::shelf::entry::{Entry, NewDocument, ShelfDocument};
use crate::shelf::shelf::{Shared, Shelf};
use crate::shelf::stored::write_rest;
use crate::text::byte_source::ByteReader;
use crate::text::source::TextSource;

/// Longest wait of a step for the text form of a file.
const WAIT: Duration = Duration::from_millis(50);
/// Bytes that are hashed or copied in a step.
const STEP: u64 = 1 << 20;

/// A document on its way to a shelf. Dropped before the end it leaves nothing.
#[derive(Debug)]
pub struct Adding {
    shelf: Arc<Shared>,
    source: TextSource,
    about: NewDocument,
    replaces: bool,
    cancel: CancelToken,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Work {
    phase: Phase,
    progress: Progress,
}

#[derive(Debug)]
enum Phase {
    /// Its text is extracted, if it is no text.
    Extract,
    /// The text is read and indexed.
    Read(Box<DocumentState>),
    /// The file as it was given is hashed.
    Hash(Box<DocumentState>, ByteReader, Sha256),
    /// The text is copied, so far up to a byte.
    Copy(Box<DocumentState>, ShelfDocument, Copying),
    Added(ShelfDocument),
    Failed,
}

#[derive(Debug)]
struct Copying {
    beside: NamedTempFile,
    out: Sealing<File>,
    at: u64,
}

impl Shelf {
    /// Begins to add a document: it is on the shelf once [`Adding::step`] gave None. The others are not touched.
    ///
    /// # Errors
    /// `argument.id` for an id, a title or metadata out of bounds; `shelf.exists` when a document of that id is on the shelf: replace it.
    pub fn add(&self, source: TextSource, about: NewDocument) -> Result<Adding> {
        self.adding(source, about, false)
    }

    /// Begins to put a document in the place of the one with its id, which stays until [`Adding::step`] gave None. Title and metadata are the new ones.
    ///
    /// # Errors
    /// `argument.id` for a title or metadata out of bounds; `shelf.unknown` when no document of that id is on the shelf: add it.
    pub fn replace(&self, source: TextSource, about: NewDocument) -> Result<Adding> {
        self.adding(source, about, true)
    }

    fn adding(&self, source: TextSource, about: NewDocument, replaces: bool) -> Result<Adding> {
        about.check()?;
        self.shared.state()?.check_id(&about.id, replaces)?;
        let progress = Progress {
            tokens_done: 0,
            tokens_total: 0,
            bytes_done: 0,
            bytes_total: source.length(),
            seconds_left: None,
            extracting: false,
        };
        let work = Mutex::new(Work { phase: Phase::Extract, progress });
        Ok(Adding { shelf: Arc::clone(&self.shared), source, about, replaces, cancel: CancelToken::between_runs(), work })
    }
}

impl Adding {
    /// Makes a bounded step; None once the document is on the shelf. After a failure nothing of it is there, and no step follows.
    ///
    /// # Errors
    /// `cancelled`; `shelf.exists` or `shelf.unknown` when another addition or removal came before; those of [`Document::step`](crate::Document::step); `io`;
    /// `call.failed` after a failure.
    pub fn step(&self) -> Result<Option<Progress>> {
        let mut work = self.work.lock().map_err(|_| failed())?;
        let phase = std::mem::replace(&mut work.phase, Phase::Failed);
        if matches!(phase, Phase::Failed) {
            return Err(failed());
        }
        if let Phase::Added(_) = phase {
            work.phase = phase;
            return Ok(None);
        }
        self.cancel.check().inspect_err(|_| self.source.stop())?;
        work.phase = self.advance(phase, &mut work.progress)?;
        Ok(Some(work.progress.clone()).filter(|_| !matches!(work.phase, Phase::Added(_))))
    }

    /// Stops the step under way on another thread, or else the next one: the document is not added.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// How far it is.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn progress(&self) -> Result<Progress> {
        Ok(self.work.lock().map_err(|_| failed())?.progress.clone())
    }

    /// What the shelf says of it; None until it is there.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn added(&self) -> Result<Option<ShelfDocument>> {
        let work = self.work.lock().map_err(|_| failed())?;
        Ok(if let Phase::Added(document) = &work.phase { Some(document.clone()) } else { None })
    }

    fn advance(&self, phase: Phase, progress: &mut Progress) -> Result<Phase> {
        let (shelf, source) = (&*self.shelf, &self.source);
        Ok(match phase {
            Phase::Extract => match source.extract(Some(&shelf.folder), WAIT)? {
                Some(extracted) => {
                    *progress = Progress::of_extraction(extracted);
                    Phase::Extract
                }
                None => {
                    let mut state = DocumentState::new(source, None, Some(&shelf.folder))?;
                    state.index.set_title(&self.title());
                    *progress = state.progress(source.length());
                    Phase::Read(Box::new(state))
                }
            },
            Phase::Read(mut state) if !state.marks.read => {
                *progress = state.step(source, &shelf.model, &self.cancel)?;
                Phase::Read(state)
            }
            Phase::Read(state) => Phase::Hash(state, source.origin().reader(), Sha256::new()),
            Phase::Hash(state, mut reader, mut hash) => {
                let failed = |e: std::io::Error| Error::io("reading the document", &e);
                let hashed = std::io::copy(&mut reader.by_ref().take(STEP), &mut hash).map_err(failed)?;
                if hashed == STEP {
                    Phase::Hash(state, reader, hash)
                } else {
                    source.unchanged()?;
                    let document = self.document(&state, format!("{:x}", hash.finalize()));
                    Phase::Copy(state, document, self.copying()?)
                }
            }
            Phase::Copy(state, document, mut copying) if copying.at < source.length() => {
                let length = STEP.min(source.length() - copying.at);
                let bytes = source.read(copying.at, length as usize)?;
                copying.out.write_all(&bytes).map_err(|e| Error::io("writing a document of the shelf", &e))?;
                copying.at += length;
                Phase::Copy(state, document, copying)
            }
            Phase::Copy(state, document, copying) => Phase::Added(self.put(&state, document, copying)?),
            Phase::Added(_) | Phase::Failed => return Err(failed()),
        })
    }

    fn title(&self) -> String {
        let named = || self.source.name().map(str::to_owned);
        self.about.title.clone().or_else(named).unwrap_or_else(|| self.about.id.clone())
    }

    fn document(&self, state: &DocumentState, sha256: String) -> ShelfDocument {
        ShelfDocument {
            id: self.about.id.clone(),
            title: self.title(),
            metadata: self.about.metadata.clone(),
            name: self.source.name().map(str::to_owned),
            sha256,
            bytes: self.source.length(),
            utf16_length: state.marks.start_utf16,
            tokens: state.marks.tokens,
            passages: state.index.passages(),
            language: state.index.language().code().to_owned(),
        }
    }

    fn copying(&self) -> Result<Copying> {
        let documents = self.shelf.documents();
        let failed = |e: std::io::Error| Error::io(documents.display(), &e);
        let beside = tempfile::Builder::new().prefix(BESIDE).tempfile_in(&documents).map_err(failed)?;
        let out = Sealing::new(beside.as_file().try_clone().map_err(failed)?).map_err(failed)?;
        Ok(Copying { beside, out, at: 0 })
    }

    /// Writes what follows the text, and puts the document on the shelf.
    fn put(&self, state: &DocumentState, document: ShelfDocument, copying: Copying) -> Result<ShelfDocument> {
        let documents = self.shelf.documents();
        let failed = |e: std::io::Error| Error::io(documents.display(), &e);
        let Copying { beside, out, .. } = copying;
        write_rest(out, &document, &self.source, &state.index)?;
        beside.as_file().sync_all().map_err(failed)?;
        self.source.unchanged()?;
        let mut shelf = self.shelf.state()?;
        self.cancel.check()?;
        shelf.check_id(&self.about.id, self.replaces)?; // another change may have come before
        let number = shelf.catalogue.last() + 1;
        let path = self.shelf.path(number);
        beside.persist(&path).map_err(|e| failed(e.error))?;
        let entry = Entry { number, document: document.clone() };
        let before = sync_folder(&documents).and_then(|()| shelf.put(entry, &documents));
        drop(shelf);
        match before {
            Ok(before) => before.map_or(Ok(()), |before| self.shelf.forget(before))?,
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                return Err(error);
            }
        }
        Ok(document)
    }
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier failure ended this addition")
}
