//! The list of a shelf's documents on disk: a journal of changes, one record each, written behind the others and synced. A change counts once its record is
//! whole; a record that was cut short at the end is taken off, anything else that does not fit is refused. When most records are of the past, the journal is
//! written anew beside and renamed.
//!
//! | bytes | |
//! |---|---|
//! | 8, 4, 4 | `EDGESHL` and 0x1a; version, and its complement |
//! | 4, 4 | length of a record's JSON, and its complement |
//! | … | the JSON |
//! | 8 | the first bytes of its SHA-256 |

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::shelf::entry::Entry;

const MAGIC: &[u8; 8] = b"EDGESHL\x1a";
const VERSION: u32 = 1;
/// Bytes of the file's head; of a record before and after its JSON.
const HEAD: usize = 16;
const BEFORE: usize = 8;
const AFTER: usize = 8;
/// No record is longer.
const RECORD: usize = 1 << 20;
/// Records of the past from which on the journal is written anew, beside as many as there are documents.
const PAST: usize = 256;
/// Its file's name, and how the name of one begins that is being written.
pub(super) const NAME: &str = "catalogue";
pub(super) const BESIDE: &str = ".beside-";

/// A change.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    /// What a journal begins with: so many changes were made before.
    Begin { last: u64 },
    /// A document is on the shelf, in place of the one with its id if there was one. Its number is the change's.
    Put { entry: Entry },
    /// The document with that id is gone.
    Remove { number: u64, id: String },
    /// A document that an earlier change brought: of a journal that was written anew.
    Kept { entry: Entry },
}

/// The documents of a shelf.
#[derive(Debug)]
pub(super) struct Catalogue {
    path: PathBuf,
    file: File,
    /// Bytes that hold whole records.
    length: u64,
    records: usize,
    last: u64,
    entries: BTreeMap<u64, Arc<Entry>>,
    ids: HashMap<String, u64>,
}

impl Catalogue {
    /// Opens the journal of a folder, or begins one.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        if !path.exists() {
            write_anew(&path, &[Record::Begin { last: 0 }])?;
            sync_folder(folder)?;
        }
        let failed = |e: std::io::Error| Error::io(path.display(), &e);
        let file = File::options().read(true).write(true).open(&path).map_err(failed)?;
        let bytes = std::fs::read(&path).map_err(failed)?;
        let mut catalogue =
            Self { file, length: HEAD as u64, records: 0, last: 0, entries: BTreeMap::new(), ids: HashMap::new(), path: path.clone() };
        catalogue.check_head(&bytes)?;
        while let Some(json) = catalogue.next(&bytes)? {
            let at = catalogue.length;
            let record = serde_json::from_slice(json).map_err(|_| catalogue.damaged(at, "found no change, expected one"))?;
            catalogue.length += (BEFORE + json.len() + AFTER) as u64;
            catalogue.apply(record).ok_or_else(|| catalogue.damaged(at, "found a change that does not follow from those before"))?;
        }
        if catalogue.records == 0 {
            return Err(catalogue.damaged(HEAD as u64, "it was cut short: found no change, expected what a catalogue begins with"));
        }
        if catalogue.length < bytes.len() as u64 {
            catalogue.file.set_len(catalogue.length).and_then(|()| catalogue.file.sync_all()).map_err(failed)?;
        }
        Ok(catalogue)
    }

    fn damaged(&self, at: u64, what: &str) -> Error {
        Error::new("shelf.damaged", format!("{}, byte {at}: {what}", self.path.display()))
    }

    fn check_head(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() < HEAD {
            let what = format!("it was cut short: found {} bytes, expected at least {HEAD}", bytes.len());
            return Err(self.damaged(0, &what));
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        if !bytes.starts_with(MAGIC) || number(8) != !number(12) {
            return Err(self.damaged(0, "found something else, expected the catalogue of a shelf"));
        }
        if number(8) != VERSION {
            let what =
                format!("{}: found a shelf in format {}, expected at most {VERSION}: update the library", self.path.display(), number(8));
            return Err(Error::new("shelf.version", what));
        }
        Ok(())
    }

    /// The JSON of the next record; None at the end, and before a record that was cut short.
    fn next<'b>(&self, bytes: &'b [u8]) -> Result<Option<&'b [u8]>> {
        let rest = &bytes[self.length as usize..];
        // What a file grew by before it was written to.
        if rest.len() < BEFORE || rest.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| rest[at + i]));
        let length = number(0) as usize;
        if number(0) != !number(4) || length > RECORD {
            return Err(self.damaged(self.length, "the length of a change was changed"));
        }
        let Some(sum) = rest.get(BEFORE + length..BEFORE + length + AFTER) else { return Ok(None) };
        let json = &rest[BEFORE..BEFORE + length];
        if sum != checksum(json) {
            return Err(self.damaged(self.length, "the checksum of a change does not fit: some of it was changed"));
        }
        Ok(Some(json))
    }

    fn apply(&mut self, record: Record) -> Option<()> {
        match record {
            Record::Begin { last } if self.records == 0 => self.last = last,
            _ if self.records == 0 => return None,
            Record::Put { entry } if entry.number == self.last + 1 => {
                self.last = entry.number;
                self.put(entry);
            }
            Record::Remove { number, id } if number == self.last + 1 => {
                self.last = number;
                self.take(&id)?;
            }
            Record::Kept { entry } if entry.number <= self.last && !self.entries.contains_key(&entry.number) => self.put(entry),
            _ => return None,
        }
        self.records += 1;
        Some(())
    }

    fn put(&mut self, entry: Entry) {
        self.take(&entry.document.id);
        self.ids.insert(entry.document.id.clone(), entry.number);
        self.entries.insert(entry.number, Arc::new(entry));
    }

    fn take(&mut self, id: &str) -> Option<Arc<Entry>> {
        self.entries.remove(&self.ids.remove(id)?)
    }

    /// Changes made so far.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// All documents by number.
    pub fn entries(&self) -> &BTreeMap<u64, Arc<Entry>> {
        &self.entries
    }

    /// The document with that id.
    pub fn find(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entries.get(self.ids.get(id)?)
    }

    /// Puts a document on the shelf, whose number is one more than the last; gives the one that it takes the place of.
    pub fn add(&mut self, entry: Entry) -> Result<Option<Arc<Entry>>> {
        let before = self.find(&entry.document.id).cloned();
        self.change(Record::Put { entry })?;
        Ok(before)
    }

    /// Takes a document off the shelf.
    pub fn remove(&mut self, id: &str) -> Result<()> {
        self.change(Record::Remove { number: self.last + 1, id: id.to_owned() })
    }

    fn change(&mut self, record: Record) -> Result<()> {
        let failed = |e: std::io::Error| Error::io(self.path.display(), &e);
        let bytes = encoded(&record)?;
        if let Err(e) = self.file.write_all_at(&bytes, self.length).and_then(|()| self.file.sync_data()) {
            let _ = self.file.set_len(self.length); // what was written of it is no change
            return Err(failed(e));
        }
        self.length += bytes.len() as u64;
        self.apply(record).ok_or_else(|| Error::new("fault", "a change that does not follow from those before"))?;
        if self.records > 2 * self.entries.len() + PAST {
            self.compact(); // the change counts whether this succeeds or not
        }
        Ok(())
    }

    fn compact(&mut self) {
        let kept = self.entries.values().map(|entry| Record::Kept { entry: Entry::clone(entry) });
        let records: Vec<Record> = [Record::Begin { last: self.last }].into_iter().chain(kept).collect();
        let written = write_anew(&self.path, &records).map(|(file, length)| {
            (self.file, self.length, self.records) = (file, length, records.len());
        });
        let synced = self.path.parent().map_or(Ok(()), sync_folder);
        if let Err(error) = written.and(synced) {
            log::warn!("the catalogue of a shelf was not written anew: {error}");
        }
    }
}

fn checksum(json: &[u8]) -> [u8; AFTER] {
    let hash = Sha256::digest(json);
    std::array::from_fn(|i| hash[i])
}

fn encoded(record: &Record) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(record).map_err(|e| Error::new("fault", e.to_string()))?;
    let length = json.len() as u32;
    let parts: [&[u8]; 4] = [&length.to_le_bytes(), &(!length).to_le_bytes(), &json, &checksum(&json)];
    Ok(parts.concat())
}

/// Writes a journal beside and renames it; gives it and its bytes.
fn write_anew(path: &Path, records: &[Record]) -> Result<(File, u64)> {
    let failed = |e: std::io::Error| Error::io(path.display(), &e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(BESIDE).tempfile_in(folder).map_err(failed)?;
    let mut bytes = [MAGIC, &VERSION.to_le_bytes()[..], &(!VERSION).to_le_bytes()].concat();
    for record in records {
        bytes.extend(encoded(record)?);
    }
    beside.write_all(&bytes).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
    let file = beside.persist(path).map_err(|e| failed(e.error))?;
    Ok((file, bytes.len() as u64))
}

/// Makes what was renamed in a folder survive the loss of power.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| Error::io(folder.display(), &e))
}
