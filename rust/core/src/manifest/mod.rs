//! model.json: its keys, the check of a model folder, and the templates of its prompts.

mod artefact;
mod generator;
pub mod kv_dtype;
mod manifest;
pub mod prompt_template;
mod reader;
mod reading;
mod validate;

pub use artefact::{Artefact, Cost, FileEntry};
pub use generator::{ACCELERATORS, AttentionKind, Decoding, Embedding, GeneratorManifest, Readings, RowDtype, Scenario, Scoring, SelfTest};
pub use manifest::Manifest;
pub use reader::ReaderManifest;
pub use reading::Reading;
