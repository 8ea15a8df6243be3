//! Bytes that can be read at any position: held in memory, or in a file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Error, Result};

/// Bytes that can be read at any position. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ByteSource {
    bytes: Bytes,
    /// Where in a file it begins.
    at: u64,
    pub length: u64,
    /// When the file was written to last; none where nobody else can.
    modified: Option<SystemTime>,
}

#[derive(Clone, Debug)]
enum Bytes {
    Held(Arc<[u8]>),
    Filed(Arc<File>),
}

impl ByteSource {
    /// Bytes in memory.
    pub fn held(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, bytes: Bytes::Held(bytes.into()), at: 0, modified: None }
    }

    /// A file that others may write to.
    pub fn file(file: File, length: u64, modified: Option<SystemTime>) -> Self {
        Self { bytes: Bytes::Filed(Arc::new(file)), at: 0, length, modified }
    }

    /// A file without a name.
    pub fn private(file: File, length: u64) -> Self {
        Self::file(file, length, None)
    }

    /// Bytes of a file that nobody writes to, from `at` on.
    pub fn part(file: Arc<File>, at: u64, length: u64) -> Self {
        Self { bytes: Bytes::Filed(file), at, length, modified: None }
    }

    /// Bytes from `start` on, as many as `length`.
    pub fn read(&self, start: u64, length: usize) -> Result<Vec<u8>> {
        match &self.bytes {
            Bytes::Held(bytes) => Ok(bytes[start as usize..start as usize + length].to_vec()),
            Bytes::Filed(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, self.at + start).map_err(|e| match e.kind() {
                    std::io::ErrorKind::UnexpectedEof => {
                        Error::new("text.changed", format!("the document ended early, expected {} bytes", self.length))
                    }
                    _ => Error::io("reading the document", &e),
                })?;
                Ok(bytes)
            }
        }
    }

    /// A reader of its own position.
    pub fn reader(&self) -> ByteReader {
        ByteReader { source: self.clone(), at: 0 }
    }

    /// Fails when the file was written to since it was opened.
    pub fn unchanged(&self) -> Result<()> {
        let (Bytes::Filed(file), Some(modified)) = (&self.bytes, self.modified) else { return Ok(()) };
        let about = file.metadata().map_err(|e| Error::io("looking at the document", &e))?;
        if about.len() == self.length && about.modified().ok() == Some(modified) {
            return Ok(());
        }
        Err(Error::new("text.changed", "the document was written to while it was in use"))
    }

    /// Whether it is the file of that device and number.
    pub fn is(&self, device: u64, number: u64) -> bool {
        let Bytes::Filed(file) = &self.bytes else { return false };
        file.metadata().is_ok_and(|about| about.dev() == device && about.ino() == number)
    }
}

/// Reads a [`ByteSource`] from a position of its own.
#[derive(Debug)]
pub(crate) struct ByteReader {
    source: ByteSource,
    at: u64,
}

impl Read for ByteReader {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = (into.len() as u64).min(self.source.length.saturating_sub(self.at)) as usize;
        let count = match &self.source.bytes {
            Bytes::Held(bytes) => {
                into[..count].copy_from_slice(&bytes[self.at as usize..self.at as usize + count]);
                count
            }
            Bytes::Filed(file) => file.read_at(&mut into[..count], self.source.at + self.at)?,
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for ByteReader {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
