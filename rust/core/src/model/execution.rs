//! What a model's graph runs on, and why.

use serde::Serialize;

use crate::model::open_options::OpenOptions;
use crate::reader::Reader;
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

impl Execution {
    /// Of a reader without a generator: on the CPU.
    pub(crate) fn of_reader(reader: &Reader, threads: usize, options: &OpenOptions) -> Self {
        let requested = options.accelerators.clone().unwrap_or_else(|| vec!["Cpu".into()]);
        let before = requested.iter().take_while(|accelerator| *accelerator != "Cpu");
        let reason = "the reader has no graph of it";
        let skipped = before.map(|a| SkippedAccelerator { accelerator: a.clone(), reason: reason.into() }).collect();
        Self {
            file: reader.loaded().file.clone(),
            accelerator: "Cpu".into(),
            precision: reader.settings().precision.clone(),
            threads,
            requested,
            skipped,
            graphs: vec![reader.loaded().clone()],
            self_test_error: None,
            self_test_cached: false,
        }
    }
}

/// An accelerator that was requested and not taken.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct SkippedAccelerator {
    pub accelerator: String,
    pub reason: String,
}
