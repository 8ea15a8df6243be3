//! A shelf: documents in a folder, added, replaced and removed one by one, and asked together.
//!
//! ```no_run
//! # use edgeinfinite_core::{Filter, Model, NewDocument, SearchOptions, TextSource};
//! # fn main_of(model: std::sync::Arc<Model>) -> edgeinfinite_core::Result<()> {
//! let shelf = model.shelf("leases".as_ref())?;
//! let about = NewDocument { id: "mill-street-4".into(), ..NewDocument::default() };
//! let adding = shelf.add(TextSource::file("lease.pdf".as_ref())?, about)?;
//! while adding.step()?.is_some() {}
//! for passage in shelf.search("notice period", &Filter::default(), SearchOptions::default())? {
//!     println!("{:?} {}", passage.document, passage.text);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | in the folder | |
//! |---|---|
//! | `lock` | locked while a shelf is open |
//! | `catalogue` | what documents there are (catalogue.rs) |
//! | `documents/` | a file each: text form, index, terms (stored.rs) |
//! | `terms/` | the terms of many documents together, made of those files (segments.rs) |
//!
//! A document is on the shelf once the catalogue says so. What a killed process left besides is deleted at the next opening.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::document::{self, Document};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::shelf::catalogue::{self, BESIDE, Catalogue};
use crate::shelf::entry::{Entry, Filter, ShelfDocument};
use crate::shelf::segments::{self, Segments};
use crate::shelf::snapshot::Snapshot;
use crate::shelf::stored::StoredDocument;

/// Documents that are kept open.
const OPEN: usize = 64;
const LOCK: &str = "lock";
const DOCUMENTS: &str = "documents";

/// Documents in a folder, questioned together. Cheap to clone; clones are the same shelf.
#[derive(Debug, Clone)]
pub struct Shelf {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub model: Arc<Model>,
    pub folder: PathBuf,
    pub state: Mutex<State>,
    open: Mutex<OpenDocuments>,
    /// Of searches.
    pub cancel: CancelToken,
    /// Locked as long as this lives.
    _lock: File,
}

/// What changes.
#[derive(Debug)]
pub(super) struct State {
    pub catalogue: Catalogue,
    segments: Segments,
    /// Documents that were found damaged, by number.
    broken: Vec<(u64, Error)>,
    /// None after a change.
    snapshot: Option<Arc<Snapshot>>,
}

/// The documents that were asked last.
#[derive(Debug, Default)]
struct OpenDocuments {
    /// The last one was asked last.
    recent: VecDeque<(u64, Arc<document::Shared>)>,
    /// Numbers of those whose checksums were compared.
    compared: HashSet<u64>,
    opened: u64,
}

impl Model {
    /// Opens the shelf in a folder, or makes one; the folder it stands in must be there. It is this process's until every clone, and every answer and
    /// addition under way, is dropped.
    ///
    /// # Errors
    /// `shelf.locked` while another process, or another shelf of this one, has it open; `shelf.missing` when the folder is no shelf, or cannot be made;
    /// `shelf.damaged` or `shelf.version` by its catalogue; `io`.
    pub fn shelf(self: &Arc<Self>, folder: &Path) -> Result<Shelf> {
        Shelf::open(Arc::clone(self), folder)
    }
}

impl Shelf {
    fn open(model: Arc<Model>, folder: &Path) -> Result<Self> {
        let missing = |e: std::io::Error| Error::new("shelf.missing", format!("{}: {e}", folder.display()));
        if !folder.is_dir() {
            std::fs::create_dir(folder).map_err(missing)?;
        }
        let known = [LOCK, DOCUMENTS, catalogue::NAME, segments::NAME];
        for entry in folder.read_dir().map_err(missing)? {
            let name = entry.map_err(missing)?.file_name();
            if !known.iter().any(|known| name == *known) && !name.as_encoded_bytes().starts_with(BESIDE.as_bytes()) {
                let found = name.to_string_lossy().into_owned();
                return Err(Error::new(
                    "shelf.missing",
                    format!("{}: found {found}, expected a shelf or an empty folder", folder.display()),
                ));
            }
        }
        let lock = lock(&folder.join(LOCK))?;
        sweep(folder)?;
        let documents = folder.join(DOCUMENTS);
        let failed = |e: std::io::Error| Error::io(documents.display(), &e);
        std::fs::create_dir_all(&documents).map_err(failed)?;
        sweep(&documents)?;
        let is_new = !folder.join(catalogue::NAME).exists();
        let mut numbers = Vec::new();
        for entry in documents.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let number = path.file_name().and_then(|name| u64::from_str_radix(name.to_str()?, 16).ok());
            numbers.extend(number.map(|number| (number, path)));
        }
        if is_new && !numbers.is_empty() {
            let path = folder.join(catalogue::NAME);
            return Err(Error::new(
                "shelf.damaged",
                format!("{}: found no file, expected the catalogue of {} documents", path.display(), numbers.len()),
            ));
        }
        let catalogue = Catalogue::open(folder)?;
        check_end(folder, &catalogue, &numbers)?;
        for (_, path) in numbers.iter().filter(|(number, _)| !catalogue.entries().contains_key(number)) {
            std::fs::remove_file(path).map_err(failed)?;
        }
        let segments = Segments::open(folder, |number| catalogue.entries().contains_key(&number))?;
        let mut state = State { catalogue, segments, broken: Vec::new(), snapshot: None };
        state.complete(&documents)?;
        let shared = Shared {
            model,
            folder: folder.to_owned(),
            state: Mutex::new(state),
            open: Mutex::default(),
            cancel: CancelToken::between_runs(),
            _lock: lock,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The documents that pass a filter, in the order in which they came.
    ///
    /// # Errors
    /// `call.failed` after a defect.
    pub fn list(&self, filter: &Filter) -> Result<Vec<ShelfDocument>> {
        let state = self.shared.state()?;
        let all = state.catalogue.entries().values().map(|entry| &entry.document);
        Ok(all.filter(|document| filter.passes(document)).cloned().collect())
    }

    /// Takes a document off the shelf, for good once this returns; answers under way that read it fail.
    ///
    /// # Errors
    /// `shelf.unknown` when there is none of that id; `io`.
    pub fn remove(&self, id: &str) -> Result<()> {
        let mut state = self.shared.state()?;
        let number = state.remove(id)?;
        drop(state);
        self.shared.forget(number)
    }

    /// A document by itself: to be asked, searched and shown as any that was read. It may be removed from the shelf meanwhile.
    ///
    /// # Errors
    /// `shelf.unknown` when there is none of that id; `shelf.damaged`; `io`.
    pub fn document(&self, id: &str) -> Result<Document> {
        let entry = Arc::clone(self.shared.state()?.find(id)?);
        let stored = StoredDocument::open(&self.shared.path(entry.number), &entry, false)?;
        Ok(Document { shared: Arc::new(stored.document(Arc::clone(&self.shared.model), true)?) })
    }

    /// Documents that were opened to be read so far.
    #[doc(hidden)]
    pub fn opened(&self) -> u64 {
        self.shared.open.lock().map_or(0, |open| open.opened)
    }
}

impl Shared {
    pub fn state(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| failed())
    }

    /// Where a document's file stands.
    pub fn path(&self, number: u64) -> PathBuf {
        path(&self.documents(), number)
    }

    /// Where their files stand.
    pub fn documents(&self) -> PathBuf {
        self.folder.join(DOCUMENTS)
    }

    /// The shelf as it is now.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let mut state = self.state()?;
        if let Some(snapshot) = &state.snapshot {
            return Ok(Arc::clone(snapshot));
        }
        let documents = state.catalogue.entries().values().cloned().collect();
        let snapshot = Arc::new(Snapshot::new(documents, state.segments.parts(), &state.broken));
        state.snapshot = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// A document, opened unless it is.
    pub fn open(&self, entry: &Entry) -> Result<Arc<document::Shared>> {
        let mut open = self.open.lock().map_err(|_| failed())?;
        if let Some(at) = open.recent.iter().position(|(number, _)| *number == entry.number) {
            let found = open.recent.remove(at).ok_or_else(failed)?;
            let document = Arc::clone(&found.1);
            open.recent.push_back(found);
            return Ok(document);
        }
        let stored = StoredDocument::open(&self.path(entry.number), entry, open.compared.contains(&entry.number));
        let stored = stored.map_err(|error| match self.state() {
            Ok(state) if !state.catalogue.entries().contains_key(&entry.number) => {
                Error::new("shelf.changed", format!("{}: the document was removed or replaced while it was read", entry.document.id))
            }
            _ => error,
        })?;
        let document = Arc::new(stored.document(Arc::clone(&self.model), false)?);
        open.compared.insert(entry.number);
        open.opened += 1;
        open.recent.push_back((entry.number, Arc::clone(&document)));
        if open.recent.len() > OPEN {
            open.recent.pop_front();
        }
        Ok(document)
    }

    /// Deletes the file of a document that is off the shelf. What cannot be deleted now is at the next opening.
    pub fn forget(&self, number: u64) -> Result<()> {
        let mut open = self.open.lock().map_err(|_| failed())?;
        open.recent.retain(|(of, _)| *of != number);
        open.compared.remove(&number);
        let _ = std::fs::remove_file(self.path(number));
        Ok(())
    }
}

impl State {
    /// The document with that id.
    pub fn find(&self, id: &str) -> Result<&Arc<Entry>> {
        self.catalogue.find(id).ok_or_else(|| Error::new("shelf.unknown", format!("found no document with the id {id:?} on the shelf")))
    }

    /// Whether a document of an id can be added, or can be replaced.
    pub fn check_id(&self, id: &str, replaces: bool) -> Result<()> {
        match self.find(id) {
            Err(error) if replaces => Err(error),
            Ok(_) if !replaces => {
                Err(Error::new("shelf.exists", format!("found a document with the id {id:?} on the shelf, expected none: replace it")))
            }
            _ => Ok(()),
        }
    }

    /// Puts a document on the shelf whose file stands there; gives the number of the one that it takes the place of.
    pub fn put(&mut self, entry: Entry, documents: &Path) -> Result<Option<u64>> {
        let number = entry.number;
        let before = self.catalogue.add(entry)?;
        self.snapshot = None;
        self.broken.retain(|(broken, _)| before.as_ref().is_none_or(|before| before.number != *broken));
        if let Err(error) = self.add_terms(number, documents, true) {
            log::warn!("terms of a shelf wait in memory: {error}");
        }
        Ok(before.map(|entry| entry.number))
    }

    /// Takes a document off the shelf; gives its number.
    pub fn remove(&mut self, id: &str) -> Result<u64> {
        let number = self.find(id)?.number;
        self.catalogue.remove(id)?;
        self.snapshot = None;
        self.broken.retain(|(broken, _)| *broken != number);
        Ok(number)
    }

    /// Adds the terms of the documents whose terms are not there.
    fn complete(&mut self, documents: &Path) -> Result<()> {
        let missing = self.catalogue.entries().keys().copied().filter(|number| !self.segments.holds(*number)).collect::<Vec<_>>();
        missing.into_iter().try_for_each(|number| self.add_terms(number, documents, false))
    }

    /// Adds the terms of a document, whose file's checksum is compared unless it was before.
    fn add_terms(&mut self, number: u64, documents: &Path, compared: bool) -> Result<()> {
        let live = self.catalogue.entries();
        let Some(entry) = live.get(&number) else { return Ok(()) };
        match StoredDocument::open(&path(documents, number), entry, compared).and_then(|stored| stored.profile()) {
            Ok(profile) => self.segments.add(number, &profile, |number| live.contains_key(&number)),
            Err(error) => {
                self.broken.push((number, error));
                Ok(())
            }
        }
    }
}

fn path(documents: &Path, number: u64) -> PathBuf {
    documents.join(format!("{number:016x}"))
}

fn failed() -> Error {
    Error::new("call.failed", "an earlier defect made this shelf unusable")
}

/// Locks a shelf for this process, as long as the file is open.
fn lock(path: &Path) -> Result<File> {
    let failed = |e: std::io::Error| Error::io(path.display(), &e);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => {
            let message =
                format!("{}: found the shelf open in another process, or twice in this one; close it there first", path.display());
            Err(Error::new("shelf.locked", message))
        }
        Err(error) => Err(failed(error.into())),
    }
}

/// Removes files that were being written when a process was killed.
fn sweep(folder: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::io(folder.display(), &e);
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().as_encoded_bytes().starts_with(BESIDE.as_bytes()) {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Refuses a catalogue that ends before documents that are there: a killed change leaves one at most.
fn check_end(folder: &Path, catalogue: &Catalogue, numbers: &[(u64, PathBuf)]) -> Result<()> {
    let newest = numbers.iter().map(|(number, _)| *number).max().unwrap_or(0);
    if newest <= catalogue.last() + 1 {
        return Ok(());
    }
    let (path, last) = (folder.join(catalogue::NAME), catalogue.last());
    let message = format!("{}: it was cut short: found {last} changes, expected at least {}", path.display(), newest - 1);
    Err(Error::new("shelf.damaged", message))
}
