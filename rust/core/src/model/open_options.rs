//! How a model is opened.

use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::manifest::ACCELERATORS;

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

impl OpenOptions {
    /// Refuses what a folder that holds a reader alone has nothing for.
    pub(crate) fn check_for_reader(&self) -> Result<()> {
        if let Some(scenario) = &self.scenario {
            let message = format!("found scenario \"{scenario}\", expected none: the folder holds a reader alone");
            return Err(Error::new("argument.scenario", message));
        }
        let Some(requested) = &self.accelerators else { return Ok(()) };
        if let Some(accelerator) = requested.iter().find(|a| !ACCELERATORS.contains(&a.as_str())) {
            let message = format!("found accelerator {accelerator:?}, expected one of {}", ACCELERATORS.join(", "));
            return Err(Error::new("argument.accelerator", message));
        }
        if requested.iter().all(|accelerator| accelerator != "Cpu") {
            let message = format!("found no graph for {}, the reader has Cpu", requested.join(", "));
            return Err(Error::new("argument.accelerator", message));
        }
        Ok(())
    }

    /// Threads of a run where the folder says so many; 0 = one per core, at most 4.
    pub(crate) fn threads(&self, said: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let threads = self.threads.unwrap_or(said);
        if threads == 0 { cores } else { threads }
    }
}
