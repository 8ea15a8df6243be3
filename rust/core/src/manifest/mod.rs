//! model.json: its keys, the check of a model folder, and the templates of its prompts.

pub mod kv_dtype;
mod manifest;
pub mod prompt_template;
pub(crate) mod validate;

pub use manifest::{
    ACCELERATORS, Artefact, AttentionKind, Base, ChatPrompt, Citation, Cost, Embedding, FORMAT, FileEntry, Fixed, FixedGraph, Float,
    Limits, Manifest, Prompt, Reading, Readings, Scenario, Scoring, SelfTest, Target, TokenizerFile,
};
