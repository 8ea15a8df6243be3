//! A zip archive whose entries are read within the budget.

use std::borrow::Cow;
use std::io::{self, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::Xml;
use crate::detect::Format;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::limits::Budget;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Bytes of an entry that are looked through for what it mentions.
const MENTIONED: u64 = 256 << 20;

pub(crate) struct Archive<'i> {
    zip: ZipArchive<&'i mut dyn Input>,
}

impl<'i> Archive<'i> {
    pub fn open(input: &'i mut dyn Input, budget: &mut Budget) -> Result<Self> {
        let zip = ZipArchive::new(input).map_err(|error| damaged(&error))?;
        for _ in 0..zip.len() {
            budget.entry()?;
        }
        Ok(Self { zip })
    }

    /// The format of the document that the archive is.
    pub fn format(&mut self, budget: &mut Budget) -> Result<Format> {
        if let Some(kind) = self.bytes("mimetype", budget)? {
            let kind = String::from_utf8_lossy(&kind);
            if kind.starts_with("application/epub") {
                return Ok(Format::Epub);
            }
            if kind.starts_with("application/vnd.oasis.opendocument") {
                return Ok(Format::OpenDocument);
            }
        }
        let known = [
            ("word/document.xml", Format::Docx),
            ("ppt/presentation.xml", Format::Pptx),
            ("xl/workbook.xml", Format::Xlsx),
            ("META-INF/container.xml", Format::Epub),
            ("content.xml", Format::OpenDocument),
        ];
        if let Some((_, format)) = known
            .iter()
            .find(|(name, _)| self.names().any(|held| held == *name || held.starts_with("word/document") && *name == "word/document.xml"))
        {
            return Ok(*format);
        }
        let what = if self.holds("[Content_Types].xml") {
            "an Office document of another kind"
        } else {
            "a zip archive that is no document: unpack it first"
        };
        Err(Error::new("document.format", format!("found {what}, expected DOCX, PPTX, XLSX, OpenDocument or EPUB")))
    }

    pub fn holds(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Names of the entries.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.zip.file_names().flatten()
    }

    /// An entry's bytes, if there is one of that name.
    pub fn bytes(&mut self, name: &str, budget: &mut Budget) -> Result<Option<Vec<u8>>> {
        let Some(mut entry) = self.entry(name, budget)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let result = entry.read_to_end(&mut bytes);
        entry.settle(result.map(drop), budget)?;
        Ok(Some(bytes))
    }

    /// Whether an entry holds some bytes.
    pub fn mentions(&mut self, name: &str, wanted: &[u8]) -> Result<bool> {
        Ok(self.times(name, wanted, 1)? > 0)
    }

    /// How often an entry holds some bytes, counted up to `most`; what is unpacked for it is not kept.
    pub fn times(&mut self, name: &str, wanted: &[u8], most: usize) -> Result<usize> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(0);
        };
        let Ok(mut file) = self.zip.by_index(index).map(|file| file.take(MENTIONED)) else {
            return Ok(0);
        };
        let (mut bytes, mut times) = (Vec::with_capacity(CHUNK + wanted.len()), 0);
        while times < most && file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes).unwrap_or(0) > 0 {
            times += bytes.windows(wanted.len()).filter(|part| part == &wanted).count();
            bytes.drain(..bytes.len().saturating_sub(wanted.len() - 1));
        }
        Ok(times)
    }

    /// An entry's text, if there is one of that name.
    pub fn text(&mut self, name: &str, budget: &mut Budget) -> Result<Option<String>> {
        Ok(self.bytes(name, budget)?.map(|bytes| crate::encoding::decoded(&bytes, None)))
    }

    /// An entry as XML, if there is one of that name.
    pub fn xml(&mut self, name: &str, budget: &mut Budget) -> Result<Option<Xml<Entry<'_>>>> {
        Ok(self.entry(name, budget)?.map(|entry| Xml::new(entry, budget.limits.nesting)))
    }

    /// An entry as XML, which has to be there.
    pub fn needed_xml(&mut self, name: &str, budget: &mut Budget) -> Result<Xml<Entry<'_>>> {
        self.xml(name, budget)?.ok_or_else(|| Error::damaged(format!("found no {name} in the archive")))
    }

    fn entry(&mut self, name: &str, budget: &mut Budget) -> Result<Option<Entry<'_>>> {
        budget.check()?;
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        let left = budget.expansion_left();
        match self.zip.by_index(index) {
            Ok(file) => Ok(Some(Entry { file: Box::new(file), left, spent: 0, charged: 0 })),
            Err(ZipError::UnsupportedArchive(text)) if text.contains("assword") => {
                Err(Error::new("document.encrypted", "found an encrypted archive: save the document without a password"))
            }
            Err(error) => Err(damaged(&error)),
        }
    }
}

/// An entry that ends with an error where the budget does.
pub(crate) struct Entry<'a> {
    file: Box<dyn Read + 'a>,
    left: u64,
    spent: u64,
    charged: u64,
}

impl Entry<'_> {
    /// Charges the budget with what was read since the last time.
    pub fn charge(&mut self, budget: &mut Budget) -> Result<()> {
        budget.expand(self.spent - self.charged)?;
        self.charged = self.spent;
        Ok(())
    }

    fn settle(&mut self, result: io::Result<()>, budget: &mut Budget) -> Result<()> {
        self.charge(budget)?;
        result.map_err(|error| Error::damaged(format!("an entry of the archive cannot be unpacked: {error}")))
    }
}

impl Read for Entry<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.spent += read as u64;
        if self.spent > self.left {
            // More than the budget has: charging it fails with the reason.
            return Err(io::Error::other("too large"));
        }
        Ok(read)
    }
}

fn damaged(error: &ZipError) -> Error {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof && error.kind() != io::ErrorKind::InvalidData => {
            Error::new("io", error.to_string())
        }
        error => Error::damaged(format!("the zip archive is cut short or damaged: {error}")),
    }
}
