//! A document of a shelf in a file: its text form, its index, the profile of its terms, and what the shelf says of it ([`Form`] has the table).

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use edgeinfinite_documents::Place;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::document::sealed::{Form, INCONSISTENT, PRELUDE, Sealing};
use crate::document::{self, DocumentState, ReadingState};
use crate::error::{Error, Result};
use crate::index::unit_records::{put, take};
use crate::index::{Index, Stored, TermProfile};
use crate::model::Model;
use crate::shelf::entry::{Entry, ShelfDocument};
use crate::text::byte_source::ByteSource;
use crate::text::source::TextSource;

const FORM: Form = Form {
    magic: b"EDGEDOC\x1a",
    version: 1,
    expected: "a document of a shelf",
    found: "a document of a shelf",
    advice: "replace the document",
    damaged: "shelf.damaged",
    newer: "shelf.version",
};
/// A header is no longer (bytes).
const HEADER: u64 = 1 << 26;
/// Bytes written at once.
const WRITE: usize = 1 << 16;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    document: ShelfDocument,
    index: Stored,
    /// Bytes of the profile.
    profile: u64,
    /// Where in its file the text stands, from which byte on; None of a text with pages of its own.
    places: Option<Vec<(u64, String, u32)>>,
}

/// Writes what follows the text form; `out` holds that.
pub(super) fn write_rest(mut out: Sealing<File>, document: &ShelfDocument, source: &TextSource, index: &Index) -> Result<()> {
    let failed = |e: std::io::Error| Error::io("writing a document of the shelf", &e);
    let stored = index.write_to(&mut out)?;
    let (before, mut bytes, mut last) = (out.written(), Vec::with_capacity(WRITE + 16), 0);
    index.profile(|profile| {
        put(&mut bytes, u64::from(profile.term - last));
        put(&mut bytes, u64::from(profile.passages));
        put(&mut bytes, u64::from(profile.most));
        last = profile.term;
        if bytes.len() >= WRITE {
            out.write_all(&bytes).map_err(failed)?;
            bytes.clear();
        }
        Ok(())
    })?;
    out.write_all(&bytes).map_err(failed)?;
    let told = |places: &[(u64, Place)]| places.iter().map(|(start, place)| told(*start, *place)).collect();
    let header =
        Header { document: document.clone(), index: stored, profile: out.written() - before, places: source.told_places()?.map(told) };
    let header = serde_json::to_vec(&header).map_err(|e| Error::new("fault", e.to_string()))?;
    out.finish(&FORM, &header).map_err(failed)
}

fn told(start: u64, place: Place) -> (u64, String, u32) {
    (start, place.kind().unwrap_or_default().to_owned(), place.number().unwrap_or_default())
}

fn place((start, kind, number): (u64, String, u32)) -> Option<(u64, Place)> {
    let place = match kind.as_str() {
        "" => Place::Whole,
        "page" => Place::Page(number),
        "slide" => Place::Slide(number),
        "sheet" => Place::Sheet(number),
        "chapter" => Place::Chapter(number),
        "message" => Place::Message(number),
        "second" => Place::Second(number),
        _ => return None,
    };
    Some((start, place))
}

/// A document's file, open.
#[derive(Debug)]
pub(super) struct StoredDocument {
    file: Arc<File>,
    header: Header,
    text: u64,
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header").field("index", &self.index).finish_non_exhaustive()
    }
}

impl StoredDocument {
    /// Opens the file of a document; its checksum is compared unless it was before.
    pub fn open(path: &Path, entry: &Entry, compared: bool) -> Result<Self> {
        let damaged = |what: &str| Error::new("shelf.damaged", format!("{}: {what}", path.display()));
        let file = File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => damaged("found no file, expected a document of the shelf"),
            _ => Error::io(path.display(), &e),
        })?;
        let length = file.metadata().map_err(|e| Error::io(path.display(), &e))?.len();
        let (header, end) = match compared {
            true => FORM.header(path, &file, length, HEADER)?,
            false => FORM.open(path, &file, length, HEADER).map(|(_, header, end)| (header, end))?,
        };
        let header: Header = serde_json::from_slice(&header).map_err(|_| damaged(INCONSISTENT))?;
        if header.document != entry.document {
            return Err(damaged("found another document than the catalogue says"));
        }
        let text = header.document.bytes;
        let parts = [text, header.index.bytes(), header.profile].iter().try_fold(PRELUDE, |sum, part| sum.checked_add(*part));
        if parts != Some(end) {
            return Err(damaged(INCONSISTENT));
        }
        Ok(Self { file: Arc::new(file), header, text })
    }

    /// The document, to be asked; with the hash of its text if it is to be saved.
    pub fn document(self, model: Arc<Model>, hashed: bool) -> Result<document::Shared> {
        let Header { document, index, places, .. } = self.header;
        let damaged = || Error::new("shelf.damaged", format!("{}: {INCONSISTENT}", document.id));
        let places = places.map(|places| places.into_iter().map(place).collect::<Option<Vec<_>>>().ok_or_else(damaged)).transpose()?;
        let index = Index::restore(Arc::clone(&self.file), PRELUDE + self.text, index, document.bytes)?;
        let source = TextSource::kept(ByteSource::part(self.file, PRELUDE, self.text), places);
        let marks = ReadingState::finished(document.bytes, document.utf16_length, document.tokens);
        let hash = if hashed { source.hash(document.bytes)? } else { Sha256::default() };
        let state = DocumentState::resumed(&source, marks, index, None, hash);
        Ok(document::Shared::finished(model, source, state))
    }

    /// The profile of its terms, ascending.
    pub fn profile(&self) -> Result<Vec<TermProfile>> {
        let failed = |e: std::io::Error| Error::io("reading a document of the shelf", &e);
        let mut bytes = vec![0; self.header.profile as usize];
        self.file.read_exact_at(&mut bytes, PRELUDE + self.text + self.header.index.bytes()).map_err(failed)?;
        let (mut rest, mut found, mut term) = (&bytes[..], Vec::new(), 0_u32);
        let number = |rest: &mut &[u8]| take(rest).and_then(|number| u32::try_from(number).ok());
        while !rest.is_empty() {
            let profile = number(&mut rest).zip(number(&mut rest)).zip(number(&mut rest));
            let profile = profile.and_then(|((step, passages), most)| Some((term.checked_add(step)?, passages, most)));
            let (next, passages, most) =
                profile.ok_or_else(|| Error::new("shelf.damaged", format!("{}: {INCONSISTENT}", self.header.document.id)))?;
            term = next;
            found.push(TermProfile { term, passages, most });
        }
        Ok(found)
    }
}
