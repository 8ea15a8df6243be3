//! Reads, summarises and questions documents of any length in constant memory, on ONNX Runtime.
//!
//! ```no_run
//! use edgeinfinite_core::{AskOptions, Document, DocumentOptions, Event, Model, OpenOptions, Source};
//! # fn main() -> edgeinfinite_core::Result<()> {
//! let model = Model::open("models/demo".as_ref(), &OpenOptions::default())?;
//! let document = Document::open(model, Source::file("report.txt".as_ref())?, DocumentOptions::default())?;
//! while let Some(progress) = document.step()? {
//!     eprintln!("{} of {} bytes", progress.bytes_done, progress.bytes_total);
//! }
//! let reply = document.ask("Who signed, and when?", AskOptions::default())?;
//! while let Some(event) = reply.next()? {
//!     if let Event::Text { delta } = event {
//!         print!("{delta}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The files in the order in which they build on each other: error, manifest (and check), text, recent, words, tokens, passage, terms, postings,
//! records, index, layout, sample, rope, memory, graph, session, model, answer, document, reading, reply. One call runs at most one graph.

pub mod answer;
mod check;
pub mod document;
pub mod error;
pub mod graph;
pub mod index;
pub mod layout;
pub mod manifest;
pub mod memory;
pub mod model;
pub mod passage;
mod postings;
pub mod reading;
mod recent;
mod records;
pub mod reply;
pub mod rope;
pub mod sample;
pub mod session;
mod terms;
pub mod text;
pub mod tokens;
mod words;

pub use answer::{Answer, Coverage, Quote, Usage};
pub use document::{Document, DocumentOptions, Progress};
pub use error::{Error, Kind, Result};
pub use manifest::{Manifest, Reading};
pub use model::{Model, ModelInfo, OpenOptions, inspect};
pub use reply::{AskOptions, Event, Reply};
pub use text::Source;
