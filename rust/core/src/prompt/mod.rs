//! The prompts of a reading: retrieval, map-reduce (notes) and memory; and what a reader reads in their place.

mod candidates;
pub(crate) mod map_reduce;
pub(crate) mod plan;
mod prompt;
pub(crate) mod retrieval;

pub(crate) use candidates::{Candidate, Candidates, best_first, headings};
pub(crate) use prompt::{
    Evidence, Next, Prompt, PromptBudget, Task, constrained_quotes, evidence_at, most_similar, question_too_long, sentences, source_texts,
};
