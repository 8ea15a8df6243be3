//! model.json: its keys, the check of a model folder, and the templates of its prompts.

mod artefact;
pub mod kv_dtype;
mod manifest;
pub mod prompt_template;
mod reading;
mod validate;

pub use artefact::{Artefact, Cost, FileEntry, Fixed, FixedGraph, Target};
pub use manifest::{
    ACCELERATORS, AttentionKind, Base, ChatPrompt, Citation, Embedding, FORMAT, Float, Limits, Manifest, Prompt, Readings, Scenario,
    Scoring, SelfTest, TokenizerFile,
};
pub use reading::Reading;
