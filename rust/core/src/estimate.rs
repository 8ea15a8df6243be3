//! What a model takes of a process's memory, estimated before anything of it is loaded.
//!
//! Of the CPU's artefact. Measured against `Usage::peak_rss_bytes` in models/README.md, "Measured: a model of your own".

use serde::Serialize;

use crate::manifest::{Artefact, Manifest, Scenario};

/// ONNX Runtime, this engine and an allocator's slack: a process with a model of kilobytes.
const RUNTIME: u64 = 42 << 20;
/// A tokenizer in memory over its file: vocabulary and merges in tables.
const TOKENIZER: u64 = 14;
/// Bytes of an activation.
const FLOAT: u64 = 4;

/// Bytes, by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The engine, ONNX Runtime and the tokenizer.
    pub runtime_bytes: u64,
    /// Weights in the form that the processor computes with.
    pub weights_bytes: u64,
    /// Beyond these while the graph is loaded, and given back then.
    pub loading_bytes: u64,
    /// The document's state and a question's copy of it.
    pub state_bytes: u64,
    /// Activations of a run of a whole segment.
    pub run_bytes: u64,
    /// The most at a time: loading comes before reading.
    pub peak_bytes: u64,
}

impl Estimate {
    /// Of a scenario, `state` bytes a session.
    pub fn new(manifest: &Manifest, sizes: Scenario, state: u64) -> Self {
        let bytes = |name: &String| manifest.files.get(name).map_or(0, |f| f.bytes);
        let cpu = |a: &&Artefact| a.accelerator == "Cpu";
        let artefact = manifest.artefacts.iter().find(cpu).or(manifest.artefacts.first());
        let (inside, beside) =
            artefact.map_or((0, 0), |a| (bytes(&a.file), a.weights.as_ref().map_or(0, bytes)));
        let base = &manifest.base;
        let [d, heads, kv, hidden, vocabulary] =
            [base.head_dim, base.heads, base.kv_heads, base.hidden, base.vocabulary].map(|n| n as u64);
        let [layers, segment, slots] = [base.layers, sizes.segment, sizes.pinned + sizes.window].map(|n| n as u64);
        let inner = base.feed_forward.map_or(4 * hidden, |n| n as u64);
        // Scores three times over, the MLP's four, the residual stream's, keys and values of the rows, one row of logits.
        let row = 3 * heads * (slots + segment) + 4 * inner + 8 * hidden + 2 * layers * kv * d;
        let run_bytes = FLOAT.saturating_mul(segment.saturating_mul(row).saturating_add(vocabulary));
        // A graph with its weights inside is read as a whole; else the largest, lm_head's, is there as read and as packed.
        let precision = artefact.map_or("", |a| &a.precision);
        let head = vocabulary.saturating_mul(hidden).saturating_mul(if precision == "fp32" { FLOAT } else { 1 });
        let loading_bytes = if beside == 0 { inside } else { head };
        let runtime_bytes = RUNTIME + TOKENIZER * bytes(&manifest.tokenizer.file);
        // In four bits each block's scale (a fifth of the block) is kept twice more beside what is packed.
        let scales = if precision == "int4" { beside.saturating_sub(head) * 2 / 5 } else { 0 };
        let (weights_bytes, state_bytes) = (inside + beside + scales, state.saturating_mul(2));
        let peak_bytes = (runtime_bytes + weights_bytes).saturating_add(loading_bytes.max(state_bytes.saturating_add(run_bytes)));
        Self { runtime_bytes, weights_bytes, loading_bytes, state_bytes, run_bytes, peak_bytes }
    }
}
