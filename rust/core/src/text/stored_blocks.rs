//! The blocks of an extracted text form, in a file without a name beside it: one line of JSON each, written and read back in order.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::Range;

use edgeinfinite_documents::{Block, Field, Kind, Place};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::byte_source::ByteSource;

/// Bytes read and written at once.
const BUFFER: usize = 1 << 16;

/// A block, and how much of the text form was there when it came: all that it consists of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredBlock {
    pub written: u64,
    #[serde(with = "BlockForm")]
    pub block: Block,
}

/// The blocks of a text form.
#[derive(Debug)]
pub(crate) struct StoredBlocks(ByteSource);

impl StoredBlocks {
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<StoredBlock>> {
        let mut lines = BufReader::with_capacity(BUFFER, self.0.reader());
        let mut line = String::new();
        std::iter::from_fn(move || {
            line.clear();
            match lines.read_line(&mut line) {
                Ok(0) => None,
                Ok(_) => Some(serde_json::from_str(&line).map_err(|e| Error::new("fault", format!("a block that was written: {e}")))),
                Err(error) => Some(Err(Error::io("reading a private file", &error))),
            }
        })
    }
}

/// Writes blocks as they come.
pub(crate) struct BlockWriter {
    output: BufWriter<File>,
    bytes: u64,
}

impl BlockWriter {
    /// Into an empty file.
    pub fn new(file: File) -> Self {
        Self { output: BufWriter::with_capacity(BUFFER, file), bytes: 0 }
    }

    pub fn add(&mut self, written: u64, block: Block) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(&StoredBlock { written, block })?;
        line.push(b'\n');
        self.bytes += line.len() as u64;
        self.output.write_all(&line)
    }

    /// What was written.
    pub fn finish(self) -> std::io::Result<StoredBlocks> {
        let file = self.output.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(StoredBlocks(ByteSource::private(file, self.bytes)))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Block")]
struct BlockForm {
    #[serde(with = "KindForm")]
    kind: Kind,
    pieces: Vec<Range<usize>>,
    heading: Option<usize>,
    lead: Option<usize>,
    /// Kept for the whole text form in [`crate::text::places::Places`].
    #[serde(skip)]
    place: Place,
}

/// Cells and fields are left out: units are cut from the pieces.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Kind")]
enum KindForm {
    Heading {
        level: u8,
    },
    Paragraph,
    Question,
    Item {
        depth: u8,
    },
    Header {
        #[serde(skip)]
        cells: Vec<Range<usize>>,
    },
    Row {
        #[serde(skip)]
        cells: Vec<Range<usize>>,
    },
    Record {
        #[serde(skip)]
        fields: Vec<Field>,
    },
    Code,
    Quoted {
        depth: u8,
    },
    Turn {
        speaker: Range<usize>,
    },
    Caption,
    PageBreak,
    Furniture,
}
