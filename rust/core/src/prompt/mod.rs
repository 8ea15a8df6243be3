//! The prompts of a reading: retrieval, map-reduce (notes) and memory.

pub(crate) mod map_reduce;
pub(crate) mod plan;
mod prompt;
pub(crate) mod retrieval;

pub(crate) use prompt::{Next, Pack, Piece, Prompt, Task, alike, held, no_room, piece, sentences, sources};
