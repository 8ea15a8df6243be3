//! A loaded model: its generator and reader, its options, what it says about itself, its execution, its self-test, its memory.

pub(crate) mod accelerator_selection;
mod concurrently;
pub(crate) mod execution;
pub(crate) mod generator;
mod inspect;
pub mod memory_estimate;
mod model;
mod open_options;
pub(crate) mod self_test;
mod self_test_cache;

pub use execution::{Execution, SkippedAccelerator};
pub use generator::Generator;
pub use inspect::{ModelInfo, inspect};
pub use model::Model;
pub use open_options::OpenOptions;
pub use self_test::SelfTestResult;
