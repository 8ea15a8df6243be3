//! model.json: its keys, the check of a model folder, and the templates of its prompts.

mod artefact;
pub mod kv_dtype;
mod manifest;
pub mod prompt_template;
mod reading;
mod validate;

pub use artefact::{Artefact, Cost, FileEntry};
pub use manifest::{ACCELERATORS, AttentionKind, Float, Manifest, Scenario, Scoring, SelfTest};
pub use reading::Reading;
