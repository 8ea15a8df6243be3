//! The prompts of a reading: retrieval, map-reduce (notes) and memory.

pub(crate) mod map_reduce;
pub(crate) mod plan;
mod prompt;
pub(crate) mod retrieval;

pub(crate) use prompt::{
    Evidence, Next, Prompt, PromptBudget, Task, constrained_quotes, evidence_at, most_similar, question_too_long, sentences, source_texts,
};
