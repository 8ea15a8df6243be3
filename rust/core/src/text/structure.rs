//! A document's structure, chunk by chunk: text with the blocks over it. A thread of its own makes it and runs no further ahead than a chunk.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use edgeinfinite_documents::{self as documents, Block, Limits, Options, Sink};

use crate::error::{Error, Result};
use crate::text::source::{BYTE_ORDER_MARK, READ, TextSource};
use crate::text::stored_blocks::{StoredBlock, StoredBlocks};

/// A chunk is handed on once it holds this much text.
const CHUNK: usize = 1 << 15;

/// A part of a document with its blocks, whose ranges count from the beginning of the text form.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Where it begins in the text form.
    pub start: usize,
    #[allow(missing_docs)]
    pub text: String,
    #[allow(missing_docs)]
    pub blocks: Vec<Block>,
}

/// Walks through a document from its start; together the chunks are the whole text form.
#[derive(Debug)]
pub struct Structure {
    source: TextSource,
    /// None before the first chunk is wanted.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    chunks: Receiver<Result<Chunk>>,
    /// While it is held the thread goes on.
    _wanted: Arc<()>,
}

impl Structure {
    /// Nothing is read before the first chunk is wanted.
    pub fn new(source: TextSource) -> Self {
        Self { source, running: None }
    }

    /// Where the text form begins in the document: after its byte order mark. Bytes and UTF-16 units.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn base(source: &TextSource) -> Result<(u64, u64)> {
        let marked = source.blocks().is_none() && source.length() >= 3 && source.read(0, 3)? == BYTE_ORDER_MARK.as_bytes();
        Ok(if marked { (3, 1) } else { (0, 0) })
    }

    /// The next chunk, `None` at the end of the document.
    ///
    /// # Errors
    /// `text.utf8` with the offset of the first byte that is none; `text.empty`; `text.encoding`; `text.changed`; `io`.
    pub fn advance(&mut self) -> Result<Option<Chunk>> {
        let running = match &mut self.running {
            Some(running) => running,
            None => self.running.insert(start(self.source.clone())?),
        };
        running.chunks.recv().ok().transpose()
    }
}

fn start(source: TextSource) -> Result<Running> {
    let (to, chunks) = sync_channel(1);
    let wanted = Arc::new(());
    let watched = Arc::downgrade(&wanted);
    let thread = std::thread::Builder::new().name("structure".into());
    let failed = |e: io::Error| Error::io("starting to read the document", &e);
    thread
        .spawn(move || {
            if let Err(error) = produce(source, &to, &watched) {
                let _ = to.send(Err(error)); // nobody may be there any more
            }
        })
        .map_err(failed)?;
    Ok(Running { chunks, _wanted: wanted })
}

/// Sends all chunks of a document.
fn produce(source: TextSource, to: &SyncSender<Result<Chunk>>, wanted: &Weak<()>) -> Result<()> {
    if let Some(blocks) = source.blocks() {
        return replay(&source, blocks, to);
    }
    check_utf8(&source, wanted)?;
    let endless = Limits { input_bytes: u64::MAX, text_bytes: u64::MAX, entries: u64::MAX, time: Duration::MAX, ..Limits::default() };
    let options = Options { verbatim: true, format: source.named(), limits: endless, ..Options::default() };
    let mut sender = Sender { chunk: Chunk::default(), ended: false, to };
    let mut failed = None;
    let input = Bytes { source, at: 0, failed: &mut failed };
    let read = documents::read(input, &options, &mut sender, &mut |_| match wanted.strong_count() {
        0 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    if let Some(error) = failed {
        return Err(error);
    }
    match read {
        Ok(_) => sender.send().map_err(|e| Error::new("io", e.message())),
        Err(error) if error.code() == "document.empty" => {
            Err(Error::new("text.empty", "the document holds nothing but white space, expected text"))
        }
        Err(error) if error.code() == "document.format" => Err(Error::new("text.encoding", error.message())),
        Err(error) => Err(Error::new("io", error.message())),
    }
}

/// Sends all chunks of a text form whose blocks were stored; ends early when nobody waits.
fn replay(source: &TextSource, blocks: &StoredBlocks, to: &SyncSender<Result<Chunk>>) -> Result<()> {
    let (mut start, mut end, mut gathered) = (0, 0, Vec::new());
    let chunk = |start: u64, end: u64, blocks| Ok(Chunk { start: start as usize, text: source.slice(start, end)?, blocks });
    for stored in blocks.iter() {
        let StoredBlock { written, block } = stored?;
        if written > end && end >= start + CHUNK as u64 && block.range().start as u64 >= end {
            if to.send(chunk(start, end, std::mem::take(&mut gathered))).is_err() {
                return Ok(());
            }
            start = end;
        }
        end = written;
        gathered.push(block);
    }
    let _ = to.send(chunk(start, source.length(), gathered)); // nobody may be there any more
    Ok(())
}

/// Names the first byte that is no UTF-8.
fn check_utf8(source: &TextSource, wanted: &Weak<()>) -> Result<()> {
    let (mut at, mut waiting) = (0, Vec::new());
    while at < source.length() && wanted.strong_count() > 0 {
        let length = READ.min((source.length() - at) as usize);
        let base = at - waiting.len() as u64;
        waiting.extend(source.read(at, length)?);
        at += length as u64;
        let valid = match std::str::from_utf8(&waiting) {
            Ok(_) => waiting.len(),
            Err(e) if e.error_len().is_none() && at < source.length() => e.valid_up_to(),
            Err(e) => {
                let (found, at) = (waiting[e.valid_up_to()], base + e.valid_up_to() as u64);
                return Err(Error::new("text.utf8", format!("found byte 0x{found:02x} at byte offset {at}, expected UTF-8 text")));
            }
        };
        waiting.drain(..valid);
    }
    Ok(())
}

/// Gathers text and blocks until they are a chunk.
struct Sender<'c> {
    chunk: Chunk,
    /// Whether the last that came was a block: all text before it has its blocks.
    ended: bool,
    to: &'c SyncSender<Result<Chunk>>,
}

impl Sender<'_> {
    fn send(&mut self) -> documents::Result<()> {
        let start = self.chunk.start + self.chunk.text.len();
        let chunk = std::mem::replace(&mut self.chunk, Chunk { start, ..Chunk::default() });
        Ok(self.to.send(Ok(chunk)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?)
    }
}

impl Sink for Sender<'_> {
    fn text(&mut self, text: &str) -> documents::Result<()> {
        if self.ended && self.chunk.text.len() >= CHUNK {
            self.send()?;
        }
        self.ended = false;
        self.chunk.text.push_str(text);
        Ok(())
    }

    fn block(&mut self, block: Block) -> documents::Result<()> {
        self.ended = true;
        self.chunk.blocks.push(block);
        Ok(())
    }
}

/// A source as a reader of bytes.
struct Bytes<'f> {
    source: TextSource,
    at: u64,
    failed: &'f mut Option<Error>,
}

impl Read for Bytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.source.length().saturating_sub(self.at) as usize);
        let bytes = self.source.read(self.at, length).map_err(|error| {
            let told = io::Error::other(error.message().to_owned());
            *self.failed = Some(error);
            told
        })?;
        into[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Bytes<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(source: TextSource) -> Result<String> {
        let (mut structure, mut text) = (Structure::new(source), String::new());
        while let Some(chunk) = structure.advance()? {
            assert_eq!(chunk.start, text.len());
            assert!(
                chunk.blocks.iter().all(|block| block.range().start >= chunk.start && block.range().end <= chunk.start + chunk.text.len())
            );
            text.push_str(&chunk.text);
        }
        Ok(text)
    }

    #[test]
    fn chunks_are_the_whole_text() {
        for text in ["a", "x\n\ny", &"été 🙂 字. ".repeat(200_000), &"x".repeat(2_000_000), &"- a\n- b\n\n".repeat(200_000)] {
            assert_eq!(whole(TextSource::text(text).unwrap()).unwrap(), text);
        }
        assert_eq!(whole(TextSource::text("\u{feff}hi").unwrap()).unwrap(), "hi");
        assert_eq!(whole(TextSource::text("ab cd\0ef").unwrap()).unwrap(), "ab cd\0ef");
    }

    #[test]
    fn what_is_not_text_is_named() {
        let cases: [(&[u8], &str, &str); 14] = [
            (b"", "text.empty", "empty"),
            (b"%PDF-1.7", "text.encoding", "PDF"),
            (b"PK\x03\x04", "text.encoding", "zip"),
            (b"\xff\xfeh\0", "text.encoding", "UTF-16"),
            (b"h\0e\0l\0l\0o\0w\0", "text.encoding", "UTF-16"),
            (b"\x7fELF\x02\x01\x01", "text.encoding", "binary"),
            (b"\x1f\x8b\x08", "text.encoding", "gzip"),
            (b"\0h\0e\0l\0l\0o", "text.encoding", "UTF-16BE"),
            (b"\xff\xfe\0\0h\0\0\0", "text.encoding", "UTF-32"),
            (b"{\\rtf1 x", "text.encoding", "RTF"),
            (b"\x89PNG\r\n", "text.encoding", "picture"),
            (&[0; 200], "text.encoding", "binary"),
            (b"abc\xffdef", "text.utf8", "byte offset 3"),
            (b"abc\xe2\x82", "text.utf8", "byte offset 3"),
        ];
        for (bytes, code, word) in cases {
            let error = TextSource::text(bytes).and_then(whole).unwrap_err();
            assert_eq!(error.code(), code);
            assert!(error.message().contains(word), "{error}");
        }
        let mut late = "字".repeat(100_000).into_bytes();
        late[210_001] = b'x';
        assert!(TextSource::text(late).and_then(whole).unwrap_err().message().contains("byte offset 210000"));
    }

    #[test]
    fn a_reading_that_nobody_waits_for_ends() {
        let mut structure = Structure::new(TextSource::text("One is red. ".repeat(1_000_000)).unwrap());
        assert!(structure.advance().unwrap().is_some());
        let alive = Arc::downgrade(&structure.running.as_ref().unwrap()._wanted);
        drop(structure);
        assert_eq!(alive.strong_count(), 0);
    }
}
