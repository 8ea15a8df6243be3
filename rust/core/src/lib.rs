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
//! The files in the order in which they build on each other: error, cache, manifest (and check), text, recent, words, tokens, passage, terms, postings,
//! records, index, layout, sample, sampling, lookup, hold, rope, memory, embedding, accelerator, steps, open, fixed, graph, session, estimate, model, choice, decode, answer, coverage, state, saved,
//! document, prompt, recall, notes, reading, work, cite, free, reply, chat. One call runs at most one graph.

mod accelerator;
pub mod answer;
pub mod cache;
pub mod chat;
mod check;
mod choice;
mod cite;
mod coverage;
mod decode;
pub mod document;
pub mod embedding;
pub mod error;
pub mod estimate;
mod fixed;
mod free;
pub mod graph;
pub mod hold;
pub mod index;
pub mod layout;
pub mod lookup;
pub mod manifest;
pub mod memory;
pub mod model;
mod notes;
mod open;
pub mod passage;
mod postings;
mod prompt;
mod reading;
mod recall;
mod recent;
mod records;
pub mod reply;
pub mod rope;
pub mod sample;
pub mod sampling;
mod saved;
pub mod session;
mod state;
mod steps;
mod terms;
pub mod text;
pub mod tokens;
mod words;
mod work;

pub use answer::{Answer, Coverage, Event, Quote, Usage};
pub use chat::{Chat, ChatReply};
pub use document::{Document, DocumentOptions};
pub use error::{Error, Kind, Result};
pub use manifest::{Manifest, Reading};
pub use model::{Execution, Model, ModelInfo, OpenOptions, inspect};
pub use reply::Reply;
pub use sampling::Sampling;
pub use state::Progress;
pub use text::Source;
pub use work::AskOptions;
