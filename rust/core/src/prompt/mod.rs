//! The prompts of a reading: retrieval, map-reduce (notes) and memory; and what a reader reads in their place.

mod candidates;
pub(crate) mod correction;
mod demand;
pub(crate) mod evidence;
pub(crate) mod excerpt;
pub(crate) mod focus;
pub(crate) mod map_reduce;
mod near;
mod pieces;
pub(crate) mod plan;
mod prompt;
pub(crate) mod retrieval;
pub(crate) mod salience;
pub(crate) mod sentence_choice;
pub(crate) mod sentence_pool;
pub(crate) mod survey;

pub(crate) use candidates::{Candidate, Candidates, best_first, candidates_of};
pub(crate) use evidence::{Evidence, constrained_quotes, source_texts};
pub(crate) use near::Near;
pub(crate) use pieces::{evidence_at, headings, most_similar, sentences, stretches};
pub(crate) use prompt::{Next, Prompt, PromptBudget, Task, question_too_long};
