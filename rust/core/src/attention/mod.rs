//! Attention outside the graph: rotary positions and the compressive memory.

pub mod compressive_memory;
pub mod rope;
