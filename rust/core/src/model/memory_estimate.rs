//! What a model takes of a process's memory, estimated before anything of it is loaded.
//!
//! Of the CPU's artefact. Measured against `Usage::peak_rss_bytes` in models/README.md, "Measured: a model of your own".

use std::collections::BTreeMap;

use serde::Serialize;

use crate::manifest::kv_dtype::KvDtype;
use crate::manifest::{FileEntry, GeneratorManifest, Scenario};
use crate::reader::ReaderSettings;

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
    pub fn new(files: &BTreeMap<String, FileEntry>, manifest: &GeneratorManifest, sizes: Scenario, state: u64) -> Self {
        let bytes = |name: &String| files.get(name).map_or(0, |f| f.bytes);
        let artefact = manifest.cpu();
        let (inside, beside) = artefact.map_or((0, 0), |a| (bytes(&a.file), a.weights.as_ref().map_or(0, bytes)));
        let base = &manifest.base;
        let [d, heads, kv, hidden, vocabulary] = [base.head_dim, base.heads, base.kv_heads, base.hidden, base.vocabulary].map(|n| n as u64);
        let [layers, segment, slots] = [base.layers, sizes.segment, sizes.pinned + sizes.window].map(|n| n as u64);
        let inner = base.feed_forward.map_or(4 * hidden, |n| n as u64);
        // Scores three times over, the MLP's four, the residual stream's, keys and values of the rows, one row of logits.
        let row = 3 * heads * (slots + segment) + 4 * inner + 8 * hidden + 2 * layers * kv * d;
        // Out of f16 a layer's keys and values are there in f32 as well.
        let wide = if artefact.is_some_and(|a| a.cache == KvDtype::F16) { 2 * kv * d * slots } else { 0 };
        let run_bytes = FLOAT.saturating_mul(segment.saturating_mul(row).saturating_add(vocabulary).saturating_add(wide));
        // A graph with its weights inside is read as a whole; else the largest, lm_head's, is there as read and as packed.
        let precision = artefact.map_or("", |a| &a.precision);
        let head = vocabulary.saturating_mul(hidden).saturating_mul(if precision == "fp32" { FLOAT } else { 1 });
        let loading_bytes = if beside == 0 { inside } else { head };
        let runtime_bytes = RUNTIME + TOKENIZER * bytes(&manifest.tokenizer.file);
        // In four bits each block's scale (a fifth of the block) is kept twice more beside what is packed.
        let scales = if precision == "int4" { beside.saturating_sub(head) * 2 / 5 } else { 0 };
        let weights_bytes = inside + beside + scales;
        let state_bytes = state.saturating_mul(2);
        let peak_bytes = (runtime_bytes + weights_bytes).saturating_add(loading_bytes.max(state_bytes.saturating_add(run_bytes)));
        Self { runtime_bytes, weights_bytes, loading_bytes, state_bytes, run_bytes, peak_bytes }
    }
}

impl Estimate {
    /// Of a reader whose graph and tokenizer have so many bytes, beside the engine: by itself it has no state.
    pub fn of_reader(settings: &ReaderSettings, graph: u64, tokenizer: u64) -> Self {
        let encoder = &settings.encoder;
        let [length, width, heads, inner] = [settings.layout.length, encoder.width, encoder.heads, encoder.inner].map(|n| n as u64);
        // Scores three times over, the MLP's two, the residual stream's with queries, keys and values.
        let row = 3 * heads * length + 2 * inner + 8 * width;
        let run_bytes = FLOAT.saturating_mul(length.saturating_mul(row));
        let runtime_bytes = RUNTIME + TOKENIZER * tokenizer;
        let peak_bytes = (runtime_bytes + graph).saturating_add(graph.max(run_bytes));
        Self { runtime_bytes, weights_bytes: graph, loading_bytes: graph, state_bytes: 0, run_bytes, peak_bytes }
    }

    /// Of a generator with a reader beside it: both are loaded, one after the other, and one of them runs at a time.
    pub fn beside(self, reader: &Self) -> Self {
        let runtime_bytes = self.runtime_bytes + reader.runtime_bytes - RUNTIME;
        let weights_bytes = self.weights_bytes.saturating_add(reader.weights_bytes);
        let loading_bytes = self.loading_bytes.max(reader.loading_bytes);
        let run_bytes = self.run_bytes.max(reader.run_bytes);
        let most = loading_bytes.max(self.state_bytes.saturating_add(run_bytes));
        let peak_bytes = (runtime_bytes + weights_bytes).saturating_add(most);
        Self { runtime_bytes, weights_bytes, loading_bytes, run_bytes, peak_bytes, ..self }
    }
}

/// Layers that have a memory.
pub(crate) fn memory_layers(manifest: &GeneratorManifest) -> usize {
    manifest.layers.iter().filter(|kind| manifest.kinds.get(*kind).is_some_and(|k| k.memory)).count()
}

/// Bytes of one session's state, by the formula of [`ScenarioInfo`](crate::model::inspect::ScenarioInfo).
pub(crate) fn state_bytes(manifest: &GeneratorManifest, s: Scenario, cache: KvDtype) -> u64 {
    let base = &manifest.base;
    let remember = memory_layers(manifest);
    let sizes = [base.layers, remember, base.kv_heads, base.head_dim, s.pinned, s.window, cache.bytes()];
    let [layers, remember, heads, d, pinned, window, number] = sizes.map(|n| n as u128);
    let bytes = heads * (layers * (number * 2 * (pinned + window) * d + 4 * pinned * d) + 4 * remember * 2 * (d * d + d));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    type Files = BTreeMap<String, FileEntry>;

    /// The shape of Qwen2.5-0.5B, as exported.
    fn shapes(precision: &str, graph: u64, weights: u64) -> (Files, GeneratorManifest, Scenario) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tiny");
        let whole = Manifest::load(&folder).expect("models/tiny is there");
        let mut files = whole.files;
        let mut manifest = whole.generator.expect("tiny has a generator");
        let sizes = Scenario { segment: 128, pinned: 48, window: 512, recall: 384, threads: 0 };
        let base = &mut manifest.base;
        base.layers = 24;
        base.hidden = 896;
        base.heads = 14;
        base.kv_heads = 2;
        base.head_dim = 64;
        base.vocabulary = 151_936;
        base.feed_forward = Some(4864);
        manifest.artefacts.truncate(1);
        let artefact = &mut manifest.artefacts[0];
        artefact.precision = precision.into();
        artefact.weights = Some("weights".into());
        for (name, bytes) in [(artefact.file.clone(), graph), ("weights".into(), weights), ("tokenizer.json".into(), 11_603)] {
            files.entry(name).or_insert_with(|| FileEntry { bytes: 0, sha256: String::new() }).bytes = bytes;
        }
        (files, manifest, sizes)
    }

    /// Peaks as `ask … --scenario short` reported them: models/README.md, "Measured: a model of your own".
    #[test]
    fn the_estimate_is_within_a_tenth_of_what_was_measured() {
        for (precision, graph, weights, measured) in
            [("int8", 1_667_554, 494_568_960, 674_177_024.0), ("int4", 437_875, 360_453_632, 626_552_832.0)]
        {
            let (files, manifest, sizes) = shapes(precision, graph, weights);
            let found = Estimate::new(&files, &manifest, sizes, 14_352_384);
            assert!((found.peak_bytes as f64 / measured - 1.0).abs() < 0.1, "{precision}: {found:?}");
            assert_eq!(found.loading_bytes, 151_936 * 896); // lm_head as read and as packed
            assert_eq!(found.state_bytes, 2 * 14_352_384);
        }
        let (files, mut llama, sizes) = shapes("int8", 838_022, 1_237_308_416);
        llama.base.layers = 16;
        llama.base.hidden = 2048;
        llama.base.heads = 32;
        llama.base.kv_heads = 8;
        llama.base.vocabulary = 128_256;
        llama.base.feed_forward = Some(8192);
        assert!((Estimate::new(&files, &llama, sizes, 38_273_024).peak_bytes as f64 / 1_540_014_080.0 - 1.0).abs() < 0.1);
    }

    #[test]
    fn what_stands_beside_a_reader_takes_more() {
        let (files, manifest, sizes) = shapes("int8", 5_000_000, 0);
        let alone = Estimate::new(&files, &manifest, sizes, 1000);
        let part =
            Estimate { runtime_bytes: RUNTIME + 5, weights_bytes: 70, loading_bytes: 70, state_bytes: 0, run_bytes: 9, peak_bytes: 0 };
        let both = alone.beside(&part);
        let added =
            (both.runtime_bytes - alone.runtime_bytes, both.weights_bytes - alone.weights_bytes, both.peak_bytes - alone.peak_bytes);
        assert_eq!(added, (5, 70, 75), "its runs and its loading are the smaller ones");
        assert_eq!((both.state_bytes, both.run_bytes, both.loading_bytes), (alone.state_bytes, alone.run_bytes, alone.loading_bytes));
        let large = alone.beside(&Estimate { loading_bytes: 1 << 40, ..part });
        assert_eq!(large.peak_bytes, large.runtime_bytes + large.weights_bytes + (1 << 40));
    }

    #[test]
    fn a_graph_that_holds_its_weights_is_read_as_a_whole() {
        let (files, mut manifest, sizes) = shapes("int8", 5_000_000, 0);
        manifest.artefacts[0].weights = None;
        let found = Estimate::new(&files, &manifest, sizes, 1000);
        assert_eq!((found.weights_bytes, found.loading_bytes), (5_000_000, 5_000_000));
        let rest = found.loading_bytes.max(found.state_bytes + found.run_bytes);
        assert_eq!(found.peak_bytes, found.runtime_bytes + found.weights_bytes + rest);
        assert!(Estimate::new(&files, &manifest, Scenario { segment: 256, ..sizes }, 1000).run_bytes > 2 * found.run_bytes);
    }
}
