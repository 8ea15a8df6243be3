//! A document unit by unit: never held whole, in batches of some tens of kilobytes with the text that they stand in.

use crate::error::Result;
use crate::text::cutter::Cutter;
use crate::text::source::TextSource;
use crate::text::span::{Utf16, utf16_length};
use crate::text::structure::{Chunk, Structure};
use crate::text::units::TextUnit;

/// Text of a batch (bytes): at least so much where more follows.
const BATCH: u64 = 1 << 15;

/// Units, and the text from the end of the batch before up to the first unit of the next one.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Batch {
    pub start: u64,
    pub start_utf16: u64,
    pub text: String,
    pub units: Vec<TextUnit>,
}

impl Batch {
    /// Where the next batch begins: bytes and UTF-16 units.
    pub fn end(&self) -> (u64, u64) {
        (self.start + self.text.len() as u64, self.start_utf16 + utf16_length(&self.text))
    }
}

/// Walks through a document from its start; the batches' texts together are the whole text but for a byte order mark. The same document gives the same
/// batches each time.
#[derive(Debug)]
pub struct UnitStream {
    source: TextSource,
    structure: Structure,
    cutter: Cutter,
    /// The chunk at hand and the next of its blocks.
    chunk: Option<(Chunk, usize)>,
    places: Utf16,
    /// Text that no batch has had, with its place.
    text: String,
    start: u64,
    start_utf16: u64,
    begun: bool,
    ended: bool,
}

impl UnitStream {
    /// From the document's start.
    pub fn new(source: TextSource) -> Self {
        let structure = Structure::new(source.clone());
        let (cutter, places) = (Cutter::default(), Utf16::default());
        Self { source, structure, cutter, chunk: None, places, text: String::new(), start: 0, start_utf16: 0, begun: false, ended: false }
    }

    /// The next batch, `None` at the end of the document.
    ///
    /// # Errors
    /// As [`Structure::advance`].
    pub fn advance(&mut self) -> Result<Option<Batch>> {
        if !self.begun {
            (self.start, self.start_utf16) = Structure::base(&self.source)?;
            self.begun = true;
        }
        let mut units = Vec::new();
        while !self.ended {
            let Some((chunk, next)) = &mut self.chunk else {
                match self.structure.advance()? {
                    Some(chunk) => self.enter(chunk),
                    None => self.ended = true,
                }
                continue;
            };
            while let Some(block) = chunk.blocks.get(*next) {
                *next += 1;
                units.extend(self.cutter.take(chunk, block, &mut self.places));
                if let Some(waiting) = self.cutter.waiting()
                    && waiting >= self.start + BATCH
                {
                    return Ok(Some(self.batch((waiting - self.start) as usize, units)));
                }
            }
            self.chunk = None;
        }
        units.extend(self.cutter.finish());
        Ok((!self.text.is_empty()).then(|| self.batch(self.text.len(), units)))
    }

    fn enter(&mut self, chunk: Chunk) {
        let (start, start_utf16) = (self.start + self.text.len() as u64, self.start_utf16 + utf16_length(&self.text));
        self.places = Utf16::new(start, start_utf16);
        self.text.push_str(&chunk.text);
        self.chunk = Some((chunk, 0));
    }

    /// The first bytes of what waits, as a batch.
    fn batch(&mut self, length: usize, units: Vec<TextUnit>) -> Batch {
        let rest = self.text.split_off(length);
        let text = std::mem::replace(&mut self.text, rest);
        let batch = Batch { start: self.start, start_utf16: self.start_utf16, text, units };
        (self.start, self.start_utf16) = batch.end();
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Vec<Batch> {
        let mut stream = UnitStream::new(TextSource::text(text).unwrap());
        std::iter::from_fn(|| stream.advance().unwrap()).collect()
    }

    #[test]
    fn batches_are_the_whole_text_and_know_their_places() {
        for text in [
            "a",
            "\u{feff}hi 🙂 there",
            "x\n\ny",
            &"été 🙂 字. Ja. ".repeat(100_000),
            &"- é 🙂 a\n- b\n\n".repeat(100_000),
            &"x".repeat(200_000),
        ] {
            let batches = whole(text);
            let mark = text.len() - text.trim_start_matches('\u{feff}').len();
            assert_eq!(batches.iter().map(|batch| batch.text.as_str()).collect::<String>(), text[mark..]);
            let mut said = String::new();
            for batch in &batches {
                assert_eq!(text[..batch.start as usize].encode_utf16().count() as u64, batch.start_utf16);
                for unit in &batch.units {
                    assert_eq!(&text[unit.extent().start as usize..unit.extent().end as usize], unit.text);
                    said.push_str(&unit.text);
                }
                let last = batch.units.last().map(|unit| unit.extent());
                if let Some(last) = last {
                    assert_eq!(text[..last.end as usize].encode_utf16().count() as u64, last.end_utf16);
                }
            }
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&said), bare(&text[mark..]), "nothing but white space is lost");
        }
    }
}
