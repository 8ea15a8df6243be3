//! Documents with random-access reads: a text in memory, a file of any format that is read, or a stream copied to a private file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edgeinfinite_documents::{self as documents, Format};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::text::byte_source::ByteSource;
use crate::text::encoding::check_text;
use crate::text::extraction::{Extracted, Extraction, SourceFile, TextForm};
use crate::text::places::{Places, ToldPlaces};
use crate::text::stored_blocks::StoredBlocks;

pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Bytes read at once.
pub(crate) const READ: usize = 1 << 16;
/// Bytes that tell whether a text in memory is one.
const HEAD: u64 = 4096;
/// Most UTF-16 units of a text that is shown at once.
const SHOWN: u64 = 1 << 22;

/// A document: a text that can be read at any position. Cheap to clone; clones are the same document.
///
/// A text in UTF-8 is read where it is. Of every other file the text form is extracted once ([`Document::step`](crate::Document::step) waits for it), into a file
/// without a name; that is what positions speak of then.
#[derive(Clone, Debug)]
pub struct TextSource {
    /// As it was given.
    origin: ByteSource,
    /// Of its file.
    name: Option<Arc<str>>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Verbatim(Arc<TextForm>),
    Extracted(Arc<Extraction>),
}

impl TextSource {
    /// A text in memory: plain text, whatever it looks like.
    ///
    /// # Errors
    /// `text.empty`; `text.encoding` when it is no UTF-8 text by its first bytes.
    pub fn text(text: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = ByteSource::held(text.into());
        check_length(&bytes)?;
        check_text(&bytes.read(0, bytes.length.min(HEAD) as usize)?)?;
        Ok(Self::verbatim(bytes, None))
    }

    /// A file of any format that is read, told from its first bytes and its name; it must stay as it is while it is in use.
    ///
    /// # Errors
    /// `text.missing` when it cannot be opened; `text.empty`; `document.format` or `document.encrypted` by its first bytes.
    pub fn file(path: &Path) -> Result<Self> {
        let missing = |e: &std::io::Error| Error::new("text.missing", format!("{}: {e}", path.display()));
        let file = File::open(path).map_err(|e| missing(&e))?;
        let about = file.metadata().map_err(|e| missing(&e))?;
        if about.is_dir() {
            return Err(Error::new("text.missing", format!("{}: found a folder, expected a file", path.display())));
        }
        if !about.is_file() || about.len() == 0 {
            return Self::spool(file, None); // a pipe or a device has no random-access reads, and /proc states no lengths
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::detected(ByteSource::file(file, about.len(), about.modified().ok()), name)
    }

    /// Copies a stream into a private file that has no name and is gone with the process, in `folder` or the system's temporary one.
    ///
    /// # Errors
    /// `io` when the stream or the file fails; `text.empty`; `document.format` or `document.encrypted` by its first bytes.
    pub fn spool(mut stream: impl Read, folder: Option<&Path>) -> Result<Self> {
        let failed = |e: std::io::Error| Error::io("copying a stream to a private file", &e);
        let mut file = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        }
        .map_err(failed)?;
        let mut head = Vec::new();
        stream.by_ref().take(documents::HEAD as u64).read_to_end(&mut head).map_err(failed)?;
        documents::detect(&head, None)?; // before a stream without an end fills the disk
        let length = std::io::copy(&mut head.chain(stream), &mut file).map_err(failed)?;
        Self::detected(ByteSource::private(file, length), None)
    }

    fn verbatim(bytes: ByteSource, named: Option<Format>) -> Self {
        Self { origin: bytes.clone(), name: None, form: Form::Verbatim(Arc::new(TextForm::verbatim(bytes, named))) }
    }

    /// A text form that was kept, with the places that its file told; None of a text with pages of its own.
    pub(crate) fn kept(bytes: ByteSource, places: Option<Vec<(u64, documents::Place)>>) -> Self {
        let form = TextForm::verbatim(bytes.clone(), None);
        let form = match places {
            Some(places) => TextForm { places: Places::Told(ToldPlaces::of(places)), ..form },
            None => form,
        };
        Self { origin: bytes, name: None, form: Form::Verbatim(Arc::new(form)) }
    }

    /// The places that its file tells; None of a text with pages of its own.
    ///
    /// # Errors
    /// `call.unread` before the text form is there.
    pub(crate) fn told_places(&self) -> Result<Option<&[(u64, documents::Place)]>> {
        Ok(self.text_form()?.places.told().map(ToldPlaces::entries))
    }

    /// As it was given: a file's bytes, whatever its format.
    pub(crate) fn origin(&self) -> &ByteSource {
        &self.origin
    }

    /// The name of its file, without folders, where it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn detected(bytes: ByteSource, name: Option<String>) -> Result<Self> {
        check_length(&bytes)?;
        let head = bytes.read(0, bytes.length.min(documents::HEAD as u64) as usize)?;
        let format = documents::detect(&head, name.as_deref())?;
        let utf8 = std::str::from_utf8(&head).map_or_else(|e| e.error_len().is_none() && bytes.length > head.len() as u64, |_| true);
        let verbatim = utf8 && !documents::is_wide(&head) && format.is_some_and(Format::is_verbatim);
        let named = format.filter(|format| matches!(format, Format::Csv | Format::Yaml));
        if verbatim && bytes.length == head.len() as u64 {
            return Ok(Self { name: name.map(Into::into), ..Self::verbatim(bytes, named) });
        }
        let extraction = Extraction::new(SourceFile { bytes: bytes.clone(), name: name.clone(), verbatim, named });
        Ok(Self { origin: bytes, name: name.map(Into::into), form: Form::Extracted(Arc::new(extraction)) })
    }

    /// Waits at most so long for the text form, which is kept in `folder` or the system's temporary one; None when it is there.
    pub(crate) fn extract(&self, folder: Option<&Path>, most: Duration) -> Result<Option<Extracted>> {
        match &self.form {
            Form::Verbatim(_) => Ok(None),
            Form::Extracted(extraction) => extraction.advance(folder, most),
        }
    }

    /// How far the extraction is; None when the text form is there.
    pub(crate) fn extracted(&self) -> Option<Extracted> {
        match &self.form {
            Form::Extracted(extraction) if extraction.form().is_none() => Some(extraction.extracted()),
            _ => None,
        }
    }

    /// Ends an extraction that is under way.
    pub(crate) fn stop(&self) {
        if let Form::Extracted(extraction) = &self.form {
            extraction.stop();
        }
    }

    fn form(&self) -> Option<&TextForm> {
        match &self.form {
            Form::Verbatim(form) => Some(form),
            Form::Extracted(extraction) => extraction.form(),
        }
    }

    fn text_form(&self) -> Result<&TextForm> {
        self.form().ok_or_else(|| Error::new("call.unread", "the document's text has not been extracted to its end"))
    }

    /// Length of the text form in bytes; 0 until it is there.
    pub fn length(&self) -> u64 {
        self.form().map_or(0, |form| form.bytes.length)
    }

    /// The structure that came with the text form; None of a text that is its own form.
    pub(crate) fn blocks(&self) -> Option<&StoredBlocks> {
        self.form().and_then(|form| form.blocks.as_ref())
    }

    /// The format that its name says, where the text alone does not.
    pub(crate) fn named(&self) -> Option<Format> {
        self.form().and_then(|form| form.named)
    }

    /// Where in its file the byte at `place` stands; a text's pages end at its form feeds.
    ///
    /// # Errors
    /// `call.unread` before the text form is there; `text.changed`; `io`.
    pub fn place(&self, place: u64) -> Result<documents::Place> {
        let form = self.text_form()?;
        form.places.at(&form.bytes, place)
    }

    /// The text between two byte positions, which must be ends of characters.
    ///
    /// # Errors
    /// `text.changed` when the bytes are no longer there or cut a character; `io`.
    pub fn slice(&self, start: u64, end: u64) -> Result<String> {
        let bytes = self.read(start, usize::try_from(end - start).unwrap_or(usize::MAX))?;
        String::from_utf8(bytes).map_err(|_| Error::new("text.changed", "the document changed while it was read"))
    }

    /// Up to `reach` bytes of text before `start` and after `end`, whole characters only.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn around(&self, start: u64, end: u64, reach: u64) -> Result<(String, String)> {
        let from = start.saturating_sub(reach);
        let to = (end + reach).min(self.length());
        let whole = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_matches('\u{fffd}').to_owned();
        Ok((whole(self.read(from, (start - from) as usize)?), whole(self.read(end, (to - end) as usize)?)))
    }

    /// The line that the byte at `place` stands in, from 1.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn line(&self, place: u64) -> Result<u64> {
        let mut line = 1;
        let mut at = 0;
        while at < place {
            let bytes = self.read(at, READ.min((place - at) as usize))?;
            line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
            at += bytes.len() as u64;
        }
        Ok(line)
    }

    /// The text between two positions in UTF-16 units, cut at the text's end; a character that one of them cuts is in it.
    ///
    /// # Errors
    /// `argument.range` when it is too long to show at once, or ends before it begins; `text.changed`; `io`.
    pub fn slice_utf16(&self, start: u64, end: u64) -> Result<String> {
        let form = self.text_form()?;
        if end < start {
            return Err(Error::new(
                "argument.range",
                format!("found a range from {start} to {end}, expected one that ends where it begins or after"),
            ));
        }
        let (from, _) = form.utf16.character(&form.bytes, start)?;
        let long = form.utf16.character(&form.bytes, start.saturating_add(SHOWN))?.0;
        let to = if end == start { from } else { form.utf16.character(&form.bytes, end - 1)?.1 };
        if to > long {
            return Err(Error::new(
                "argument.range",
                format!("found a range of more than {SHOWN} UTF-16 units, the most that are given at once"),
            ));
        }
        self.slice(from, to)
    }

    /// Bytes from `start` on, as many as `length`.
    pub(crate) fn read(&self, start: u64, length: usize) -> Result<Vec<u8>> {
        self.text_form()?.bytes.read(start, length)
    }

    /// Fails when the file that is read by position was written to since it was opened.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn unchanged(&self) -> Result<()> {
        self.text_form()?.bytes.unchanged()
    }

    /// Whether it is the file of that device and number.
    pub fn is(&self, device: u64, number: u64) -> bool {
        self.origin.is(device, number)
    }

    /// SHA-256 of the text up to `end`, a byte order mark left out.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn hash(&self, end: u64) -> Result<Sha256> {
        let mut hash = Sha256::new();
        let mut at = if self.length() >= 3 && self.read(0, 3)? == BYTE_ORDER_MARK.as_bytes() { 3 } else { 0 };
        while at < end {
            let length = READ.min((end - at) as usize);
            hash.update(self.read(at, length)?);
            at += length as u64;
        }
        Ok(hash)
    }
}

fn check_length(bytes: &ByteSource) -> Result<()> {
    if bytes.length == 0 { Err(Error::new("text.empty", "the document is empty, expected text")) } else { Ok(()) }
}
