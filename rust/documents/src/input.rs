//! The bytes of a document, wherever they are.

use std::io::{Read, Seek, SeekFrom};

use crate::error::Result;

/// Anything that can be read by position: a file, a cursor over bytes.
pub trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// Reads up to so many bytes from a position on.
pub(crate) fn bytes_at(input: &mut dyn Input, position: u64, most: usize) -> Result<Vec<u8>> {
    input.seek(SeekFrom::Start(position))?;
    let mut bytes = Vec::new();
    input.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Its length in bytes.
pub(crate) fn length(input: &mut dyn Input) -> Result<u64> {
    let length = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    Ok(length)
}
