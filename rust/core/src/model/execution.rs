//! What a model's graph runs on, and why.

use serde::Serialize;

use crate::runtime::graph::Loaded;

/// What a graph runs on, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Execution {
    /// The artefact's file.
    pub file: String,
    /// Where it runs.
    pub accelerator: String,
    /// Its precision.
    pub precision: String,
    /// Threads of a run on the CPU.
    pub threads: usize,
    /// The accelerators of [`OpenOptions::accelerators`](crate::OpenOptions::accelerators), in that order.
    pub requested: Vec<String>,
    /// Those requested before the one taken, and why they were not.
    pub skipped: Vec<SkippedAccelerator>,
    /// Each file that was loaded.
    pub graphs: Vec<Loaded>,
    /// The self-test's error (max abs error ÷ max abs logit); None where none was due: on the CPU it is `verify`'s.
    pub self_test_error: Option<f64>,
    /// Whether that is what an earlier opening found.
    pub self_test_cached: bool,
}

/// An accelerator that was requested and not taken.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct SkippedAccelerator {
    pub accelerator: String,
    pub reason: String,
}
