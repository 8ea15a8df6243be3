//! Documents as people have them, read into one structured text: a text form to show and to quote, and blocks over it.
//!
//! ```
//! use edgeinfinite_documents::{Kind, Options, structured_text};
//!
//! let document = structured_text(b"Prices\n\nVisitors must not:\n- fish\n- swim\n", &Options::default())?;
//! let swim = document.blocks.iter().position(|block| block.text(&document.text) == "- swim").unwrap();
//! assert_eq!(document.blocks[swim].kind, Kind::Item { depth: 0 });
//! assert_eq!(document.text_of(document.leads(swim)[0]), "Visitors must not:");
//! assert_eq!(document.text_of(document.headings(swim)[0]), "Prices");
//! # Ok::<(), edgeinfinite_documents::Error>(())
//! ```
//!
//! [`read`] is the one door. It hands text and blocks to a [`Sink`] as they come, so that neither has to be held; it asks a watch
//! whether to go on, and a budget of [`Limits`] before anything is spent. It runs on a thread of its own with a stack of [`STACK`] bytes, and a
//! panic of a library that is used here becomes `document.damaged`: no input can take the caller's thread with it.

//! # Memory
//!
//! Texts, HTML, JSON, CSV, rich text and every part of an archive are read in parts of at most a few MiB: 100 MB of plain text takes 12 MiB in all.
//! A PDF's bytes are held, as are those of one message (64 MiB at most) and a workbook's shared texts; pages, messages and sheets come one by one.
//!
//! # Formats and their libraries
//!
//! All are pure Rust and under MIT, Apache 2.0, BSD or Zlib. The heavy ones stand behind features, which are on by default. A stripped shared
//! library on x86-64, without link-time optimisation (a release is smaller): 1.5 MB with no feature, and with it `markdown` 0.5 MB, `html` 0.8 MB,
//! `mail` 0.4 MB over `html`, `pdf` 8.0 MB (fonts, character maps and picture codecs), all 11.9 MB.
//!
//! | formats | feature | library, and why it and not another |
//! |---|---|---|
//! | plain text, logs, chats | | this crate: telling structure by how lines look is what it is for |
//! | every text's encoding | | encoding_rs and chardetng: what a browser decodes by; UTF-32, which they leave out, is four lines here |
//! | CSV, TSV | | csv-core: gives each field's length in the input, so a cell keeps its place; csv gives the fields alone |
//! | JSON, JSON lines | | serde_json: streamed through a visitor, nothing is built; depth is bounded by it |
//! | YAML | | this crate, line by line: a parser would follow aliases and give no bytes of the text |
//! | SubRip, WebVTT, iCalendar, vCard | | this crate: one line is one property |
//! | RTF | | this crate: rtf-parser 0.4 gives runs of text alone, without tables, lists' marks and styles |
//! | Markdown | `markdown` | pulldown-cmark: blocks with byte ranges; comrak gives lines and columns |
//! | HTML | `html` | html5ever's tokenizer: a browser's, streamed; scraper builds a tree, as large as the page and as deep, and needs MPL code |
//! | DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB | `office` | zip and quick-xml: streamed within a budget; calamine, undoc and anytomd unpack whole files without one |
//! | EML, mbox | `mail` | mail-parser 0.11: every header form and encoding; mailparse leaves charsets and nesting to the caller; 1.0 asks for a newer Rust |
//! | PDF | `pdf` | hayro: no `unsafe`, glyphs with places and Unicode, bounded depth, encryption; pdf_oxide brings 260 crates, pdf-extract panics and has no places, lopdf knows no fonts |

// What several formats share may have no caller where some of them are left out.
#![cfg_attr(not(all(feature = "html", feature = "office", feature = "mail", feature = "pdf")), allow(dead_code, unused_variables))]

mod block;
mod cards;
mod csv;
mod detect;
mod encoding;
mod error;
mod flow;
mod grid;
#[cfg(feature = "html")]
mod html;
mod input;
mod json;
mod json_text;
mod limits;
#[cfg(feature = "mail")]
mod mail;
#[cfg(feature = "markdown")]
mod markdown;
#[cfg(feature = "office")]
mod office;
#[cfg(feature = "pdf")]
mod pdf;
mod place;
mod plain;
mod rtf;
mod subtitles;
mod text;
mod writer;
mod yaml;

use std::io::Cursor;
use std::ops::ControlFlow;

pub use block::{Block, Field, Kind};
pub use detect::{Format, HEAD, detect};
pub use encoding::is_wide;
pub use error::{CODES, Error, Result};
pub use input::Input;
pub use limits::{Limits, Progress, ProgressUnit, Watch};
pub use place::Place;
pub use plain::struck_once;
pub use text::{Sink, Spool, StructuredText};

use detect::Magic;
use encoding::Decoding;
use limits::Budget;
use writer::Writer;

/// Bytes of the stack that a document is read on. Nesting is bounded, and this is deep enough for what the bound allows.
pub const STACK: usize = 16 << 20;

/// The name of the thread that a document is read on.
pub const THREAD: &str = "document";

/// How a document is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The file's name, which decides where the bytes do not.
    pub name: Option<String>,
    /// The format; told from the bytes and the name unless given.
    pub format: Option<Format>,
    /// Whether the text form of a text has to be that text: HTML, mail and the like are then read as the plain text that they are, JSON object by object.
    pub verbatim: bool,
    /// How much it may cost.
    pub limits: Limits,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The format it was read as.
    pub format: Format,
    /// The encoding of a text.
    pub encoding: Option<&'static str>,
    /// Where in the input the text form begins, if it is the input's bytes from there on: 0, or 3 after a byte order mark.
    pub verbatim: Option<u64>,
    /// Bytes of the text form.
    pub text_bytes: u64,
    /// Number of blocks.
    pub blocks: usize,
    /// Pages that hold no text, of a document that holds some.
    pub pages_without_text: u32,
}

/// Reads a document into a sink.
///
/// # Errors
/// Any of [`CODES`]; what the sink fails with.
pub fn read<I: Input>(mut input: I, options: &Options, sink: &mut dyn Sink, watch: &mut Watch) -> Result<Report> {
    let input: &mut dyn Input = &mut input;
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().name(THREAD.into()).stack_size(STACK);
        let running = reader.spawn_scoped(scope, || read_here(input, options, sink, watch))?;
        running.join().unwrap_or_else(|_| Err(Error::damaged("the document is formed so that its reader gave up")))
    })
}

/// Reads a document in memory into memory.
///
/// # Errors
/// Any of [`CODES`].
pub fn structured_text(bytes: &[u8], options: &Options) -> Result<StructuredText> {
    let mut found = StructuredText::default();
    read(Cursor::new(bytes), options, &mut found, &mut |_| ControlFlow::Continue(()))?;
    Ok(found)
}

fn read_here(input: &mut dyn Input, options: &Options, sink: &mut dyn Sink, watch: &mut Watch) -> Result<Report> {
    let length = input::length(input)?;
    let mut writer = Writer::new(sink, Budget::new(options.limits.clone(), length, watch)?);
    let head = input::bytes_at(input, 0, detect::HEAD)?;
    let format = match detect::magic(&head)? {
        Magic::Format(found) => options.format.filter(|format| !format.is_verbatim()).unwrap_or(found),
        Magic::Zip => Format::Docx, // or another; its entries tell
        Magic::Text if options.name.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf")) => {
            return Err(Error::damaged("found a file named as a PDF that does not begin as one: fetch it again"));
        }
        Magic::Text => options.format.unwrap_or_else(|| detect::text_format(&head, options.name.as_deref())),
    };
    let own = options.verbatim && is_text(format) && !format.is_verbatim();
    let objects = own && format == Format::Json && length <= json_text::HELD;
    let format = if own { Format::Plain } else { format };
    let mut report = Report { format, encoding: None, verbatim: None, text_bytes: 0, blocks: 0, pages_without_text: 0 };
    produce(input, length, objects, &mut writer, &mut report)?;
    report.text_bytes = writer.position() as u64;
    report.blocks = writer.next_block();
    if !writer.has_said() {
        return Err(Error::new("document.empty", "the document holds no text"));
    }
    Ok(report)
}

/// Formats whose files are text.
fn is_text(format: Format) -> bool {
    format.is_verbatim()
        || matches!(format, Format::Html | Format::Json | Format::Subtitles | Format::Cards | Format::Mail | Format::Mailbox)
}

/// `objects` if a plain text is JSON.
fn produce(input: &mut dyn Input, length: u64, objects: bool, writer: &mut Writer, report: &mut Report) -> Result<()> {
    let format = report.format;
    if format.is_zipped() {
        #[cfg(feature = "office")]
        {
            report.format = office::read(input, writer)?;
            return Ok(());
        }
        #[cfg(not(feature = "office"))]
        return Err(left_out("zip archives of documents", "office"));
    }
    #[cfg(feature = "mail")]
    match format {
        Format::Mail => return mail::read_one(input, length, writer),
        Format::Mailbox => return mail::read_all(input, length, writer),
        _ => {}
    }
    if format == Format::Pdf {
        #[cfg(feature = "pdf")]
        {
            report.pages_without_text = pdf::read(input, length, writer)?;
            return Ok(());
        }
        #[cfg(not(feature = "pdf"))]
        return Err(left_out("a PDF", "pdf"));
    }
    if format == Format::Rtf {
        return rtf::read(input, length, writer);
    }
    let values = if format == Format::Json { json::count(input, length, writer.budget())? } else { None };
    if format == Format::Json && values.is_none() {
        report.format = Format::Plain;
        return produce(input, length, false, writer, report);
    }
    let declared = declared(input, format)?;
    let source = Decoding::new(input, length, declared.as_deref(), writer.budget())?;
    report.encoding = Some(source.coding.name());
    if format.is_verbatim() && source.verbatim {
        report.verbatim = Some(source.mark as u64);
    }
    match format {
        Format::Csv => csv::read(source, writer),
        Format::Json => json::read(source, values.unwrap_or(1), writer),
        #[cfg(feature = "markdown")]
        Format::Markdown => markdown::read(source, writer),
        #[cfg(feature = "html")]
        Format::Html => html::read(source, writer),
        Format::Yaml => yaml::read(source, writer),
        Format::Subtitles => subtitles::read(source, writer),
        Format::Cards => cards::read(source, writer),
        _ if objects => json_text::read(source, writer),
        _ => plain::read(source, writer),
    }
}

/// The encoding that a text itself declares.
fn declared(input: &mut dyn Input, format: Format) -> Result<Option<String>> {
    match format {
        #[cfg(feature = "html")]
        Format::Html => Ok(html::declared(&input::bytes_at(input, 0, detect::HEAD)?)),
        _ => Ok(None),
    }
}

/// A format whose producer was left out of this build.
#[allow(dead_code)]
fn left_out(what: &str, feature: &str) -> Error {
    Error::new("document.format", format!("found {what}, expected another format: this build leaves out \"{feature}\""))
}
