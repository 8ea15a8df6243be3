//! Pages of texts that flow: where the program that saved a document let one end.

use crate::error::Result;
use crate::flow::Flow;
use crate::writer::PAGE_END;

/// Page ends on their way into the words, where a document's pages are known.
#[derive(Debug)]
pub(crate) struct PageEnds {
    known: bool,
    /// Ends that came between paragraphs.
    waiting: usize,
}

impl PageEnds {
    /// Begins page 1 if the pages are known: the document holds page ends, and as many as fit the number of pages that it tells, if it tells one.
    pub fn begin(ends: usize, told: Option<usize>, flow: &mut Flow) -> Result<Self> {
        let known = ends > 0 && told.is_none_or(|pages| pages == ends + 1);
        if known {
            flow.writer.count_pages()?;
        }
        Ok(Self { known, waiting: 0 })
    }

    /// A page ends: in the words of the open paragraph, or before the next one.
    pub fn end(&mut self, words: Option<&mut String>) {
        match words {
            Some(words) if self.known => words.push(PAGE_END),
            _ => self.waiting += usize::from(self.known),
        }
    }

    /// The words of a paragraph that begins.
    pub fn words(&mut self) -> String {
        PAGE_END.to_string().repeat(std::mem::take(&mut self.waiting))
    }

    /// Of a paragraph that has no other words the page ends are kept for the next one.
    pub fn keep_back(&mut self, words: &mut String) {
        if self.known && words.chars().all(|c| c == PAGE_END || c.is_whitespace()) {
            self.waiting += words.matches(PAGE_END).count();
            words.clear();
        }
    }
}
