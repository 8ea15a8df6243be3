//! Documents with random-access reads: a text in memory, a file, or a stream copied to a private file.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::text::encoding::check_text;

pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Bytes read at once.
pub(crate) const READ: usize = 1 << 16;
/// Bytes that tell what a document is.
const HEAD: u64 = 4096;

/// A document: bytes with random-access reads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TextSource {
    bytes: Bytes,
    length: u64,
}

#[derive(Clone, Debug)]
enum Bytes {
    Held(Arc<[u8]>),
    /// With the time of its last change.
    Filed(Arc<File>, Option<SystemTime>),
}

impl TextSource {
    /// A text in memory.
    ///
    /// # Errors
    /// `text.empty`; `text.encoding` when it is no UTF-8 text by its first bytes.
    pub fn text(text: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes: Arc<[u8]> = text.into().into();
        Self { length: bytes.len() as u64, bytes: Bytes::Held(bytes) }.checked()
    }

    /// A file, which must stay as it is while it is in use.
    ///
    /// # Errors
    /// `text.missing` when it cannot be opened; `text.empty`; `text.encoding`.
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
        Self { length: about.len(), bytes: Bytes::Filed(Arc::new(file), about.modified().ok()) }.checked()
    }

    /// Copies a stream into a private file that has no name and is gone with the process, in `folder` or the system's temporary one.
    ///
    /// # Errors
    /// `io` when the stream or the file fails; `text.empty`; `text.encoding`.
    pub fn spool(mut stream: impl Read, folder: Option<&Path>) -> Result<Self> {
        let failed = |e: std::io::Error| Error::io("copying a stream to a private file", &e);
        let mut file = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        }
        .map_err(failed)?;
        let mut head = Vec::new();
        stream.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
        check_text(&head)?; // before a stream without an end fills the disk
        let length = std::io::copy(&mut head.chain(stream), &mut file).map_err(failed)?;
        Self { length, bytes: Bytes::Filed(Arc::new(file), None) }.checked()
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.length
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
        let to = (end + reach).min(self.length);
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

    /// Bytes from `start` on, as many as `length`.
    pub(crate) fn read(&self, start: u64, length: usize) -> Result<Vec<u8>> {
        match &self.bytes {
            Bytes::Held(bytes) => Ok(bytes[start as usize..start as usize + length].to_vec()),
            Bytes::Filed(file, _) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start).map_err(|e| match e.kind() {
                    std::io::ErrorKind::UnexpectedEof => {
                        Error::new("text.changed", format!("the document ended early, expected {} bytes", self.length))
                    }
                    _ => Error::io("reading the document", &e),
                })?;
                Ok(bytes)
            }
        }
    }

    /// Fails when the file was written to since it was opened.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn unchanged(&self) -> Result<()> {
        let Bytes::Filed(file, Some(modified)) = &self.bytes else { return Ok(()) };
        let about = file.metadata().map_err(|e| Error::io("looking at the document", &e))?;
        if about.len() == self.length && about.modified().ok() == Some(*modified) {
            return Ok(());
        }
        Err(Error::new("text.changed", "the document was written to while it was in use"))
    }

    /// Whether it is the file of that device and number.
    pub fn is(&self, device: u64, number: u64) -> bool {
        let Bytes::Filed(file, _) = &self.bytes else { return false };
        file.metadata().is_ok_and(|about| about.dev() == device && about.ino() == number)
    }

    /// SHA-256 of the text up to `end`, a byte order mark left out.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn hash(&self, end: u64) -> Result<Sha256> {
        let mut hash = Sha256::new();
        let mut at = if self.length >= 3 && self.read(0, 3)? == BYTE_ORDER_MARK.as_bytes() { 3 } else { 0 };
        while at < end {
            let length = READ.min((end - at) as usize);
            hash.update(self.read(at, length)?);
            at += length as u64;
        }
        Ok(hash)
    }

    fn checked(self) -> Result<Self> {
        if self.length == 0 {
            return Err(Error::new("text.empty", "the document is empty, expected text"));
        }
        check_text(&self.read(0, self.length.min(HEAD) as usize)?)?;
        Ok(self)
    }
}
