//! From logits to tokens: sampling, constrained decoding, prompt lookup.

pub mod constrained;
pub(crate) mod decoder;
pub mod prompt_lookup;
pub mod sampling;
pub mod scoring;
mod stops;
