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

/// Cells and fields are numbers in a row: two of each range.
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
        #[serde(with = "flat")]
        cells: Vec<Range<usize>>,
    },
    Row {
        #[serde(with = "flat")]
        cells: Vec<Range<usize>>,
    },
    Record {
        #[serde(with = "flat_fields")]
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

mod flat {
    use std::ops::Range;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(ranges: &[Range<usize>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ranges.iter().flat_map(|range| [range.start, range.end]))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Range<usize>>, D::Error> {
        Ok(Vec::<usize>::deserialize(deserializer)?.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect())
    }
}

mod flat_fields {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Field;

    pub fn serialize<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(fields.iter().flat_map(|field| [field.label.start, field.label.end, field.value.start, field.value.end]))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Field>, D::Error> {
        let numbers = Vec::<usize>::deserialize(deserializer)?;
        Ok(numbers.chunks_exact(4).map(|four| Field { label: four[0]..four[1], value: four[2]..four[3] }).collect())
    }
}
