//! PDF: the text layer, in the order in which it is read, with its pages.
//!
//! Glyphs come with their places from hayro, which knows fonts, encodings and encryption. From these are made lines, then columns, then the
//! same lines as a plain text's, of which the plain text's steps make blocks; sizes of letters tell headings, and what comes again at the same
//! place of the page before or after is no part of a sentence.

mod accents;
mod bombs;
mod columns;
mod furniture;
mod glyphs;
mod layout;
mod pages;
mod tables;

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page};

use crate::error::{Error, Result};
use crate::input::Input;
use crate::limits::ProgressUnit;
use crate::writer::Writer;

use glyphs::{Collector, Stop};
use pages::Pages;

/// Reads a PDF; gives the number of its pages that hold no text.
pub(crate) fn read(input: &mut dyn Input, length: u64, writer: &mut Writer) -> Result<u32> {
    let bytes = crate::input::bytes_at(input, 0, length as usize)?;
    bombs::refuse(&bytes, writer.budget())?;
    let pdf = Pdf::new(bytes).map_err(|error| unreadable(&error))?;
    let count = pdf.pages().len();
    if count == 0 {
        return Err(Error::damaged("the PDF holds no page that can be found"));
    }
    let cache = InterpreterCache::new();
    let mut told = Pages::new(writer);
    let (mut without_text, mut drawn) = (0, 0);
    for (number, page) in pdf.pages().iter().enumerate() {
        told.writer.budget().entry()?;
        told.writer.done(number as u64, count as u64, ProgressUnit::Pages)?;
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let mut context = Context::new(page.initial_transform(true).to_kurbo(), bounds, &cache, pdf.xref(), InterpreterSettings::default());
        let mut collector = Collector::new(Instant::now() + told.writer.budget().time_left());
        // The device stops a page that does not end by unwinding, the one way out of the interpreter.
        let run = std::panic::catch_unwind(AssertUnwindSafe(|| interpret_page(page, &mut context, &mut collector)));
        if let Err(reason) = run
            && let Ok(stop) = reason.downcast::<Stop>()
        {
            told.writer.budget().check()?;
            return Err(Error::too_large(format!("found more than {} on page {}, the limit", stop.0, number + 1)));
        }
        // A page at which the reader gave up is told as far as it was read.
        drawn += u32::from(collector.drawings > 0);
        let readable = collector.is_readable();
        let lines = if readable { layout::lines(collector.glyphs, (width, height)) } else { Vec::new() };
        without_text += u32::from(lines.is_empty());
        told.page(number as u32 + 1, lines, height)?;
    }
    told.finish()?;
    if without_text == count as u32 {
        return Err(if drawn > 0 {
            Error::new("document.scanned", format!("found {count} pages of pictures without text: recognise the text first (OCR)"))
        } else {
            Error::new("document.empty", "the document holds no text")
        });
    }
    Ok(without_text)
}

fn unreadable(error: &LoadPdfError) -> Error {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            Error::new("document.encrypted", "found a PDF that asks for a password: save it without one")
        }
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            Error::new("document.encrypted", "found a PDF encrypted in a way that is not known: save it without encryption")
        }
        LoadPdfError::Decryption(_) => Error::damaged("the PDF's encryption is damaged: save it anew"),
        LoadPdfError::Invalid => Error::damaged("the PDF is cut short or damaged: fetch it again, or print it to a new PDF"),
    }
}
