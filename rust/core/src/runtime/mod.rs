//! ONNX Runtime: the only folder, with `From<ort::Error>` in error.rs, that names it.
//!
//! Execution providers, tensors, graphs, and the executors that run a session's tokens through a graph: of dynamic shapes on the CPU, of static
//! shapes on accelerators.

pub mod cancel_token;
mod dynamic_shape;
pub mod embedding;
pub mod encoder;
pub(crate) mod execution_provider;
pub mod executor;
pub mod graph;
pub mod model_dims;
mod static_shape;
pub(crate) mod tensor;

use std::sync::Arc;

use crate::error::Result;
use crate::manifest::Scenario;
use crate::runtime::dynamic_shape::DynamicExecutor;
use crate::runtime::executor::Executor;
use crate::runtime::graph::Graph;
use crate::runtime::static_shape::StaticExecutor;

pub use execution_provider::use_library;

/// An empty executor of a graph, for the sizes of a scenario.
pub fn executor(graph: &Arc<Graph>, sizes: Scenario) -> Result<Box<dyn Executor>> {
    let slots = sizes.pinned + sizes.window;
    Ok(match graph.encodings() {
        Some(encodings) => Box::new(StaticExecutor::new(Arc::clone(graph), Arc::clone(encodings), slots)?),
        None => Box::new(DynamicExecutor::new(Arc::clone(graph), slots)?),
    })
}
