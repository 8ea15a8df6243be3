//! Reads, summarises and questions documents of any length in constant memory, on ONNX Runtime.
//!
//! ```no_run
//! use edgeinfinite_core::{AskOptions, Document, DocumentOptions, AnswerEvent, Model, OpenOptions, TextSource};
//! # fn main() -> edgeinfinite_core::Result<()> {
//! let model = Model::open("models/demo".as_ref(), &OpenOptions::default())?;
//! let document = Document::open(model, TextSource::file("report.txt".as_ref())?, DocumentOptions::default())?;
//! while let Some(progress) = document.step()? {
//!     eprintln!("{} of {} bytes", progress.bytes_done, progress.bytes_total);
//! }
//! let reply = document.ask("Who signed, and when?", AskOptions::default())?;
//! while let Some(event) = reply.next()? {
//!     if let AnswerEvent::TextDelta { delta } = event {
//!         print!("{delta}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Folders in the order of dependency, each importing only those before it: error, text, answer, index, manifest, attention, runtime, session, model,
//! document, decode, prompt, generation. One call runs at most one graph.

pub mod answer;
pub mod attention;
pub mod decode;
pub mod document;
pub mod error;
pub mod generation;
pub mod index;
pub mod manifest;
pub mod model;
mod prompt;
pub mod runtime;
pub mod session;
pub mod text;

pub use answer::{Answer, AnswerEvent, Coverage, Quote, Usage};
pub use decode::sampling::Sampling;
pub use document::reading_state::Progress;
pub use document::{Document, DocumentOptions};
pub use error::{Error, Kind, Result};
pub use generation::chat::{Chat, ChatAnswerStream};
pub use generation::reply::AnswerStream;
pub use generation::work::{AskOptions, SummaryStyle};
pub use manifest::{Manifest, Reading};
pub use model::{Execution, Model, ModelInfo, OpenOptions, inspect};
pub use text::source::TextSource;
