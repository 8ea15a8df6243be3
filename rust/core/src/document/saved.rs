//! A document in a file: everything that reading made, so that asking goes on without reading again, and reading where it was cut short.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `EDGEINF` and 0x1a |
//! | 4, 4 | version, and its complement |
//! | 8, 8 | length of the file, and its complement |
//! | … | the session's numbers ([`Session::write`]), if there is a session |
//! | … | the index ([`Index::write_to`]), asked in place |
//! | … | the header: JSON |
//! | 8 | length of the header |
//! | 32 | SHA-256 of all from byte 32 on |
//!
//! Little-endian. The first 32 bytes keep their form in every version. Files are private (0600) and replaced as a whole or not at all.

use std::fs::{DirEntry, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::document::reading_state::{DocumentState, ReadingState, reindexed};
use crate::error::{Error, Result};
use crate::index::{Index, Stored};
use crate::manifest::Reading;
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::{Counts, Session};
use crate::text::source::TextSource;

const MAGIC: &[u8; 8] = b"EDGEINF\x1a";
/// Of versions 1 and 2 the index is made anew: its passages did not hold their units, its terms were English.
const VERSION: u32 = 3;
const PRELUDE: u64 = 32;
const FOOTER: u64 = 40;
/// A header is no longer (bytes).
const HEADER: u64 = 1 << 26;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// SHA-256 of model.json, which holds those of all its files.
    model: String,
    /// What the document was opened for.
    reading: Option<Reading>,
    /// Length of the text in bytes.
    bytes: u64,
    /// SHA-256 of the text that was read, a byte order mark left out.
    sha256: String,
    session: Option<Saved>,
    index: Stored,
    marks: ReadingState,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    /// S, K, W.
    sizes: [usize; 3],
    /// Of the graph that read it.
    precision: String,
    counts: Counts,
    bytes: u64,
}

/// Writes a state; at `path` stands the whole of it or what stood there before.
pub(crate) fn save(
    path: &Path,
    model: &Model,
    source: &TextSource,
    reading: Option<Reading>,
    state: &mut DocumentState,
    cancel: &CancelToken,
) -> Result<()> {
    let failed = |e: std::io::Error| Error::io(format!("saving to {}", path.display()), &e);
    let (real, beside) = place(path, source)?;
    write(beside.as_file(), model, source, reading, state, &failed)?;
    cancel.check()?;
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(&real).map_err(|e| failed(e.error))?;
    File::open(folder_of(&real)).and_then(|f| f.sync_all()).map_err(failed)
}

/// Where a state can be saved: the file's real path, and an empty file beside it. Fails where [`save`] would.
pub(crate) fn place(path: &Path, source: &TextSource) -> Result<(PathBuf, NamedTempFile)> {
    let failed = |e: std::io::Error| Error::io(format!("saving to {}", path.display()), &e);
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if real.is_symlink() {
        // What is renamed to its name would replace the link and leave its target as it was.
        return Err(Error::new(
            "io",
            format!("saving to {}: found a link to a file that is not there, expected a file or a free name", path.display()),
        ));
    }
    if let Ok(about) = real.metadata() {
        if source.is(about.dev(), about.ino()) {
            return Err(Error::new("argument.options", format!("{}: that is the document itself", path.display())));
        }
        if !about.is_file() {
            let found = if about.is_dir() { "a folder" } else { "a device or a pipe" };
            return Err(Error::new("io", format!("saving to {}: found {found}, expected a file", path.display())));
        }
    }
    let folder = folder_of(&real);
    sweep(folder);
    loop {
        let beside = tempfile::Builder::new().prefix(BESIDE).tempfile_in(folder).map_err(failed)?;
        let locked = beside.as_file().lock().is_ok(); // not every file system can
        if !locked || beside.as_file().metadata().map_err(failed)?.nlink() > 0 {
            return Ok((real, beside));
        }
    }
}

/// The folder that a file stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what processes left that were killed while they saved: a file that is being written is locked.
fn sweep(folder: &Path) {
    let beside = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(BESIDE.as_bytes());
    for entry in folder.read_dir().into_iter().flatten().flatten().filter(beside) {
        if entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// All parts, in the order of the module's table.
fn write(
    file: &File,
    model: &Model,
    source: &TextSource,
    reading: Option<Reading>,
    state: &mut DocumentState,
    failed: &impl Fn(std::io::Error) -> Error,
) -> Result<()> {
    let mut out = Sealing { out: BufWriter::new(file), hash: Sha256::new(), written: 0 };
    out.out.write_all(&[0; PRELUDE as usize]).map_err(failed)?;
    let session = match &mut state.session {
        Some(session) => {
            session.write(&mut out).map_err(failed)?;
            let generator = model.generator()?;
            let sizes = generator.sizes();
            let sizes = [sizes.segment, sizes.pinned, sizes.window];
            let precision = generator.execution().precision.clone();
            Some(Saved { sizes, precision, counts: session.counts(), bytes: out.written })
        }
        None => None,
    };
    let index = state.index.write_to(&mut out)?;
    let header = Header {
        model: model.manifest().sha256.clone(),
        reading,
        bytes: source.length(),
        sha256: format!("{:x}", state.hash.clone().finalize()),
        session,
        index,
        marks: state.marks.clone(),
    };
    let header = serde_json::to_vec(&header).map_err(|e| Error::new("fault", e.to_string()))?;
    out.write_all(&header).and_then(|()| out.write_all(&(header.len() as u64).to_le_bytes())).map_err(failed)?;
    let Sealing { out: mut file, hash, written } = out;
    file.write_all(&hash.finalize()).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
    file.write_all(&prelude(VERSION, PRELUDE + written + 32)).and_then(|()| file.flush()).map_err(failed)
}

/// Fails where there is no saved document.
pub(crate) fn find(path: &Path) -> Result<std::fs::Metadata> {
    std::fs::metadata(path).map_err(|e| Error::new("state.missing", format!("{}: {e}", path.display())))
}

/// What [`save`] wrote at `path`, if it fits the model and the text; with what the document was opened for.
pub(crate) fn load(path: &Path, model: &Model, source: &TextSource, folder: Option<&Path>) -> Result<(DocumentState, Option<Reading>)> {
    let missing = |e: std::io::Error| Error::new("state.missing", format!("{}: {e}", path.display()));
    let damaged = |what: &str| Error::new("state.damaged", format!("{}: {what}", path.display()));
    if !find(path)?.is_file() {
        return Err(damaged("found no regular file, expected a saved document"));
    }
    let file = File::open(path).map_err(missing)?;
    let about = file.metadata().map_err(missing)?;
    let failed = |e: std::io::Error| Error::io(path.display(), &e);
    let version = check_seal(path, &file, about.len())?;
    let at = |end: u64, length: u64| end.checked_sub(length).filter(|at| *at >= PRELUDE).ok_or_else(|| damaged(INCONSISTENT));
    let footer = at(about.len(), FOOTER)?;
    let mut length = [0; 8];
    file.read_exact_at(&mut length, footer).map_err(failed)?;
    let length = u64::from_le_bytes(length);
    let begin = if length <= HEADER { at(footer, length)? } else { return Err(damaged(INCONSISTENT)) };
    let mut header = vec![0; length as usize];
    file.read_exact_at(&mut header, begin).map_err(failed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| damaged(INCONSISTENT))?;

    if header.model != model.manifest().sha256 {
        let message = format!("{}: found a document saved with another model, expected {}", path.display(), model.manifest().name);
        return Err(Error::new("state.model", message));
    }
    let hash = same_text(path, &header, source)?;
    let session_bytes = header.session.as_ref().map_or(0, |s| s.bytes);
    let session = match &header.session {
        Some(saved) => Some(session(path, model, &file, saved)?),
        None => None,
    };
    let marks = header.marks;
    if !marks.fit(model, source.length()) {
        return Err(damaged(INCONSISTENT));
    }
    let index_at = PRELUDE.checked_add(session_bytes).ok_or_else(|| damaged(INCONSISTENT))?;
    if version == VERSION && index_at.checked_add(header.index.bytes()) != Some(begin) {
        return Err(damaged(INCONSISTENT));
    }
    let index = match (version, marks.read) {
        (VERSION, true) => Index::restore(Arc::new(file), index_at, header.index, marks.start)?,
        (VERSION, false) => Index::restore(Arc::new(file), index_at, header.index, marks.start)?.growing(folder)?,
        (_, read) => reindexed(source, model, marks.start, read, folder)?,
    };
    Ok((DocumentState::resumed(source, marks, index, session, hash), header.reading))
}

/// How the name of a file begins that is being written.
const BESIDE: &str = ".edgeinfinite-";
const INCONSISTENT: &str = "its parts do not fit each other";

/// Compares the prelude and the checksum; gives the version.
fn check_seal(path: &Path, file: &File, length: u64) -> Result<u32> {
    let failed = |e: std::io::Error| Error::io(path.display(), &e);
    let wrong = |code, what: &str| Err(Error::new(code, format!("{}: {what}", path.display())));
    let mut input = BufReader::with_capacity(1 << 16, file);
    let mut head = Vec::new();
    input.by_ref().take(PRELUDE).read_to_end(&mut head).map_err(failed)?;
    if !head.starts_with(MAGIC) {
        return wrong("state.damaged", "found something else, expected a saved document");
    }
    if (head.len() as u64) < PRELUDE {
        return wrong("state.damaged", &format!("it was cut short: found {length} bytes, expected at least {PRELUDE}"));
    }
    let version = u32::from_le_bytes(std::array::from_fn(|i| head[8 + i]));
    let expected = u64::from_le_bytes(std::array::from_fn(|i| head[16 + i]));
    if head != prelude(version, expected) {
        return wrong("state.damaged", "its first 32 bytes were changed");
    }
    if !(1..=VERSION).contains(&version) {
        let what = format!(
            "found a document saved in format {version}, expected at most {VERSION}: update the library or read the document again"
        );
        return wrong("state.version", &what);
    }
    if length != expected {
        let what = if length < expected { "cut short" } else { "added to" };
        return wrong("state.damaged", &format!("it was {what}: found {length} bytes, expected {expected}"));
    }
    if length < PRELUDE + FOOTER {
        return wrong("state.damaged", INCONSISTENT);
    }
    let mut hash = Sha256::new();
    let mut sealed = [0; 32];
    std::io::copy(&mut input.by_ref().take(length - PRELUDE - 32), &mut hash).map_err(failed)?;
    input.read_exact(&mut sealed).map_err(failed)?;
    if hash.finalize()[..] != sealed {
        return wrong("state.damaged", "its checksum does not fit: some of it was changed");
    }
    Ok(version)
}

/// Reads the text as far as it had been read and compares; gives the hash, which goes on from there.
fn same_text(path: &Path, header: &Header, source: &TextSource) -> Result<Sha256> {
    let other = |what: String| Error::new("state.document", format!("{}: {what}", path.display()));
    if header.bytes != source.length() {
        let message = format!("found what was saved of another text, of {} bytes; this one has {}", header.bytes, source.length());
        return Err(other(message));
    }
    let hash = source.hash(header.marks.start.min(header.bytes))?;
    if format!("{:x}", hash.clone().finalize()) != header.sha256 {
        return Err(other("found what was saved of another text, of the same length".into()));
    }
    Ok(hash)
}

fn session(path: &Path, model: &Model, file: &File, saved: &Saved) -> Result<Session> {
    let generator = model.generator()?;
    let sizes = generator.sizes();
    let state = path.display();
    let [segment, pinned, window] = saved.sizes;
    if saved.sizes != [sizes.segment, sizes.pinned, sizes.window] {
        let message = format!(
            "{state}: found a memory reading in segments of {segment}, {pinned} pinned, window {window}; the scenario has {}, {} and {}",
            sizes.segment, sizes.pinned, sizes.window
        );
        return Err(Error::new("state.model", message));
    }
    let precision = &generator.execution().precision;
    if saved.precision != *precision {
        let message = format!("{state}: found a memory reading in {}, the model runs in {precision}", saved.precision);
        return Err(Error::new("state.model", message));
    }
    let mut input = file;
    input.seek(SeekFrom::Start(PRELUDE)).map_err(|e| Error::io(&state, &e))?;
    generator.session()?.resumed(&saved.counts, &mut BufReader::new(input.take(saved.bytes)))
}

fn prelude(version: u32, length: u64) -> Vec<u8> {
    let parts: [&[u8]; 5] = [MAGIC, &version.to_le_bytes(), &(!version).to_le_bytes(), &length.to_le_bytes(), &(!length).to_le_bytes()];
    parts.concat()
}

/// Hashes and counts what passes through.
struct Sealing<W> {
    out: W,
    hash: Sha256,
    written: u64,
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
