//! How a model is opened.

use std::path::PathBuf;

use serde::Deserialize;

/// How a model is opened.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenOptions {
    /// A name in model.json; without it the default one.
    pub scenario: Option<String>,
    /// Threads of a graph run; without it what the scenario says.
    pub threads: Option<usize>,
    /// Accelerators in order of preference: `Npu`, `Nnapi`, `Xnnpack`, `Cpu`. The first that has a graph, loads and passes its self-test is
    /// taken; why those before it were not is in [`Execution`](crate::Execution). Without it `Cpu`.
    pub accelerators: Option<Vec<String>>,
    /// The processor's name, such as `SM8650` (Android's `Build.SOC_MODEL`): which of a model's NPU graphs is its own.
    pub soc: Option<String>,
    /// The NPU's plugin for ONNX Runtime; without it the one that lies beside the engine.
    pub npu_library: Option<PathBuf>,
    /// A folder where results of self-tests are kept, so that each is made once; without it they are made anew.
    pub self_test_cache: Option<PathBuf>,
    /// A precision of model.json's artefacts, such as `fp32`; without it the first artefact.
    pub precision: Option<String>,
    /// On the CPU: weights beside the graph stay in their file, mapped, where the system can drop and read them again; a word takes about twice
    /// the time. Without it they are packed into the process's own memory.
    pub mapped_weights: bool,
}
