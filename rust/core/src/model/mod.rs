//! A loaded model: its options, its execution, its memory.

pub(crate) mod accelerator_selection;
pub mod memory_estimate;
mod model;

pub use model::{ArtefactInfo, Execution, Model, ModelInfo, OpenOptions, ScenarioInfo, SelfTestResult, SkippedAccelerator, inspect};
pub(crate) use model::{too_far, worst};
