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
//! Folders in the order of dependency, each importing only those before it: error, text, answer, index, manifest, attention, runtime, session, reader, model,
//! decode, document, prompt, search, listing, values, follow_up, generation, shelf. One call runs at most one graph.

mod answer;
mod attention;
mod decode;
mod document;
mod error;
mod follow_up;
mod generation;
mod index;
mod listing;
mod manifest;
mod model;
mod prompt;
mod reader;
mod runtime;
mod search;
mod session;
mod shelf;
mod text;
mod values;

pub use answer::{Answer, AnswerEvent, Coverage, CoverageKind, Passage, Quote, Refusal, Statement, Support, Usage, Verdict};
pub use decode::sampling::Sampling;
pub use document::reading_state::Progress;
pub use document::{Document, DocumentOptions};
pub use edgeinfinite_documents::{Place, THREAD as DOCUMENT_THREAD};
pub use error::{CODES, Error, Kind, Result};
pub use generation::{AnswerStream, AskOptions, Chat, DocumentChat, FieldEvent, FieldStream, SummaryStyle};
pub use manifest::{Manifest, Reading};
pub use model::{Execution, Model, ModelInfo, OpenOptions, SelfTestResult, SkippedAccelerator, inspect};
pub use runtime::use_library;
pub use search::SearchOptions;
pub use shelf::{Adding, Filter, NewDocument, Shelf, ShelfDocument};
pub use text::source::TextSource;
pub use text::span::Span;
pub use values::{Extracted, Field, FieldType, Missing, Value};

/// What tests and benches reach into; no part of the interface.
#[doc(hidden)]
pub mod testing {
    /// The sentences of the passages that match a question best, the best first: where each stands, and its score.
    ///
    /// # Errors
    /// `call.unread`; `text.changed`; `io`.
    pub fn candidates(document: &crate::Document, question: &str) -> crate::Result<Vec<(crate::Span, f32)>> {
        let found = crate::prompt::Candidates::new(question).next(&document.shared)?;
        Ok(found.into_iter().map(|candidate| (candidate.span, candidate.score)).collect())
    }

    /// The passages of a document that match a question, its terms weighed by a collection: number and score, the best first.
    ///
    /// # Errors
    /// `call.unread`; `io`.
    pub fn passage_scores(document: &crate::Document, of: &dyn Collection, question: &str) -> crate::Result<Vec<(u32, f32)>> {
        let language = document.shared.read_state()?.index.language();
        let query = Query::new(of, language, question)?; // which may look at this document too
        let state = document.shared.read_state()?;
        let found = state.index.best(&query, state.index.passages() as usize, None)?;
        Ok(found.iter().map(|found| (found.passage.number, found.score)).collect())
    }

    /// How many passages of a document hold each of some terms, and how many it has.
    ///
    /// # Errors
    /// `call.unread`; `io`.
    pub fn term_counts(document: &crate::Document, terms: &[u32]) -> crate::Result<(Vec<u32>, u32)> {
        let state = document.shared.read_state()?;
        Ok((Collection::count(&state.index, terms)?, state.index.passages()))
    }

    /// A follow-up in full, given the questions before and the quotes that answered each; None where it stands by itself. Every word counts as one of the
    /// document's.
    pub fn resolved(question: &str, before: &[(&str, &[&str])]) -> Option<String> {
        let quotes = |quotes: &[&str]| quotes.iter().map(|quote| (*quote).to_owned()).collect();
        let turn =
            |(question, told): &(&str, &[&str])| crate::follow_up::Turn { question: (*question).into(), quotes: quotes(told), short: None };
        let turns: Vec<_> = before.iter().map(turn).collect();
        crate::follow_up::follow_up(question, &turns, &|_| true).question
    }

    /// What looking through a document for a summary has held at its end.
    #[derive(Debug)]
    #[allow(missing_docs)]
    pub struct Held {
        pub sentences: usize,
        pub bytes: usize,
    }

    /// Looks through a document as for a summary of the usual length.
    ///
    /// # Errors
    /// `call.unread`; `text.changed`; `io`.
    pub fn held_for_summary(document: &crate::Document) -> crate::Result<Held> {
        let mut survey = crate::prompt::survey::Survey::new(&document.shared, None, None)?;
        while survey.step(&document.shared)? {}
        let (sentences, bytes) = survey.held();
        Ok(Held { sentences, bytes })
    }

    pub use crate::attention::compressive_memory::{Memory, sigma};
    pub use crate::attention::rope::Rope;
    pub use crate::decode::constrained::SpanConstraint;
    pub use crate::decode::prompt_lookup::draft;
    pub use crate::decode::scoring::greedy;
    pub use crate::index::bm25::Rank;
    pub use crate::index::terms::{Terms, for_each_term};
    pub use crate::index::{Collection, Index, Language, Match, Passage, Query, Stored};
    pub use crate::manifest::prompt_template::PromptTemplate;
    pub use crate::manifest::{Embedding as EmbeddingManifest, RowDtype, Scenario};
    pub use crate::model::Generator;
    pub use crate::reader::{Decision, Laid, Piece, Reader, ReaderSettings, asks_yes_or_no, decide, fitting, lay_out};
    pub use crate::runtime::cancel_token::CancelToken;
    pub use crate::runtime::embedding::Embedding;
    pub use crate::runtime::encoder::{EncoderInput, EncoderOutput};
    pub use crate::runtime::executor::Executor;
    pub use crate::runtime::model_dims::{LayerKind, ModelDims};
    pub use crate::session::{Session, SessionShared};
    pub use crate::text::tokenizer::{TextStream, TokenStream, Tokens};
    pub use crate::text::unit_stream::{Batch, UnitStream};
    pub use crate::text::units::{TextUnit, UnitKind, tokenized};
    pub use crate::text::whitespace::{folded, trimmed};
}
