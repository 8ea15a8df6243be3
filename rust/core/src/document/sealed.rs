//! A file that tells whether it is whole: 32 bytes that name its form and length, its parts, a header in JSON that says what they are, and a checksum.
//!
//! | bytes | |
//! |---|---|
//! | 8 | what form it is of |
//! | 4, 4 | version, and its complement |
//! | 8, 8 | length of the file, and its complement |
//! | … | its parts |
//! | … | the header: JSON |
//! | 8 | length of the header |
//! | 32 | SHA-256 of all from byte 32 on |
//!
//! Little-endian. The first 32 bytes keep their form in every version.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Where the parts begin.
pub(crate) const PRELUDE: u64 = 32;
const FOOTER: u64 = 40;
pub(crate) const INCONSISTENT: &str = "its parts do not fit each other";

/// A form of such files, and how errors speak of it.
#[derive(Debug)]
pub(crate) struct Form {
    pub magic: &'static [u8; 8],
    /// The newest version, which is written.
    pub version: u32,
    /// "a saved document", "a document saved": in … format 3.
    pub expected: &'static str,
    pub found: &'static str,
    /// What helps, other than a newer library.
    pub advice: &'static str,
    /// Codes.
    pub damaged: &'static str,
    pub newer: &'static str,
}

impl Form {
    /// Compares all of a file with its checksum; gives the version, the header of at most so many bytes, and where it begins: the parts' end.
    pub fn open(&self, path: &Path, file: &File, length: u64, most: u64) -> Result<(u32, Vec<u8>, u64)> {
        let version = self.check(path, file, length)?;
        let (header, begin) = self.header(path, file, length, most)?;
        Ok((version, header, begin))
    }

    /// The header of a file that was compared before, and where it begins.
    pub fn header(&self, path: &Path, file: &File, length: u64, most: u64) -> Result<(Vec<u8>, u64)> {
        let damaged = || Error::new(self.damaged, format!("{}: {INCONSISTENT}", path.display()));
        let failed = |e: std::io::Error| Error::io(path.display(), &e);
        let at = |end: u64, length: u64| end.checked_sub(length).filter(|at| *at >= PRELUDE).ok_or_else(damaged);
        let footer = at(length, FOOTER)?;
        let mut count = [0; 8];
        file.read_exact_at(&mut count, footer).map_err(failed)?;
        let count = u64::from_le_bytes(count);
        let begin = if count <= most { at(footer, count)? } else { return Err(damaged()) };
        let mut header = vec![0; count as usize];
        file.read_exact_at(&mut header, begin).map_err(failed)?;
        Ok((header, begin))
    }

    /// Compares the prelude and the checksum; gives the version.
    fn check(&self, path: &Path, file: &File, length: u64) -> Result<u32> {
        let failed = |e: std::io::Error| Error::io(path.display(), &e);
        let wrong = |code, what: &str| Err(Error::new(code, format!("{}: {what}", path.display())));
        let mut input = BufReader::with_capacity(1 << 16, file);
        input.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut head = Vec::new();
        input.by_ref().take(PRELUDE).read_to_end(&mut head).map_err(failed)?;
        if !head.starts_with(self.magic) {
            return wrong(self.damaged, &format!("found something else, expected {}", self.expected));
        }
        if (head.len() as u64) < PRELUDE {
            return wrong(self.damaged, &format!("it was cut short: found {length} bytes, expected at least {PRELUDE}"));
        }
        let version = u32::from_le_bytes(std::array::from_fn(|i| head[8 + i]));
        let expected = u64::from_le_bytes(std::array::from_fn(|i| head[16 + i]));
        if head != self.prelude(version, expected) {
            return wrong(self.damaged, "its first 32 bytes were changed");
        }
        if !(1..=self.version).contains(&version) {
            let Self { found, version: newest, advice, .. } = self;
            let what = format!("found {found} in format {version}, expected at most {newest}: update the library or {advice}");
            return wrong(self.newer, &what);
        }
        if length != expected {
            let what = if length < expected { "cut short" } else { "added to" };
            return wrong(self.damaged, &format!("it was {what}: found {length} bytes, expected {expected}"));
        }
        if length < PRELUDE + FOOTER {
            return wrong(self.damaged, INCONSISTENT);
        }
        let mut hash = Sha256::new();
        let mut sealed = [0; 32];
        std::io::copy(&mut input.by_ref().take(length - PRELUDE - 32), &mut hash).map_err(failed)?;
        input.read_exact(&mut sealed).map_err(failed)?;
        if hash.finalize()[..] != sealed {
            return wrong(self.damaged, "its checksum does not fit: some of it was changed");
        }
        Ok(version)
    }

    fn prelude(&self, version: u32, length: u64) -> Vec<u8> {
        let parts: [&[u8]; 5] =
            [self.magic, &version.to_le_bytes(), &(!version).to_le_bytes(), &length.to_le_bytes(), &(!length).to_le_bytes()];
        parts.concat()
    }
}

/// Writes such a file: hashes and counts what passes through.
#[derive(Debug)]
pub(crate) struct Sealing<W: Write> {
    out: BufWriter<W>,
    hash: Sha256,
    written: u64,
}

impl<W: Write + Seek> Sealing<W> {
    /// Into an empty file.
    pub fn new(file: W) -> std::io::Result<Self> {
        let mut out = BufWriter::new(file);
        out.write_all(&[0; PRELUDE as usize])?;
        Ok(Self { out, hash: Sha256::new(), written: 0 })
    }

    /// Bytes of its parts so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes the header, the checksum and what the file begins with.
    pub fn finish(mut self, form: &Form, header: &[u8]) -> std::io::Result<()> {
        self.write_all(header)?;
        self.write_all(&(header.len() as u64).to_le_bytes())?;
        let Self { mut out, hash, written } = self;
        out.write_all(&hash.finalize())?;
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&form.prelude(form.version, PRELUDE + written + 32))?;
        out.flush()
    }
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
