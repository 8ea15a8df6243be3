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
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::document::reading_state::{DocumentState, ReadingState, reindexed};
use crate::document::sealed::{Form, INCONSISTENT, PRELUDE, Sealing};
use crate::error::{Error, Result};
use crate::index::{Index, Stored};
use crate::manifest::Reading;
use crate::model::Model;
use crate::runtime::cancel_token::CancelToken;
use crate::session::{Counts, Session};
use crate::text::source::TextSource;

/// Of versions 1 and 2 the index is made anew: its passages did not hold their units, its terms were English.
const VERSION: u32 = 3;
const FORM: Form = Form {
    magic: b"EDGEINF\x1a",
    version: VERSION,
    expected: "a saved document",
    found: "a document saved",
    advice: "read the document again",
    damaged: "state.damaged",
    newer: "state.version",
};
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
    let mut out = Sealing::new(file).map_err(failed)?;
    let session = match &mut state.session {
        Some(session) => {
            session.write(&mut out).map_err(failed)?;
            let generator = model.generator()?;
            let sizes = generator.sizes();
            let sizes = [sizes.segment, sizes.pinned, sizes.window];
            let precision = generator.execution().precision.clone();
            Some(Saved { sizes, precision, counts: session.counts(), bytes: out.written() })
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
    out.finish(&FORM, &header).map_err(failed)
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
    let (version, header, begin) = FORM.open(path, &file, about.len(), HEADER)?;
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
