//! What a model folder says about itself, before anything of it is loaded.

use std::path::Path;

use serde::Serialize;

use crate::error::Result;
use crate::manifest::kv_dtype::KvDtype;
use crate::manifest::{Cost, GeneratorManifest, Manifest, ReaderManifest};
use crate::model::memory_estimate::{Estimate, memory_layers, state_bytes};
use crate::reader::ReaderSettings;

/// What a folder holds, before anything is loaded.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)] // the keys of model.json, see models/README.md
pub struct ModelInfo {
    pub name: String,
    pub version: String,
    pub description: String,
    pub licence: String,
    /// Whether there is a language model: without one it only answers questions. What follows up to `vocabulary` is its, or empty and 0.
    pub generator: bool,
    pub reader: Option<ReaderInfo>,
    pub family: String,
    pub parameters: u64,
    pub gate_parameters: u64,
    pub layers: usize,
    /// Layers that have a memory.
    pub memory_layers: usize,
    pub hidden: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub vocabulary: usize,
    /// Most tokens of a question; 0: any.
    pub max_question_tokens: usize,
    /// Most tokens of an answer in a model's words; 0 without a generator.
    pub max_output_tokens: usize,
    pub folder_bytes: u64,
    pub citing: bool,
    pub chat: bool,
    pub accelerators: Vec<String>,
    pub variants: Vec<VariantInfo>,
    /// What keys and values are kept in on the CPU.
    pub cache: KvDtype,
    pub default_scenario: String,
    pub scenarios: Vec<ScenarioInfo>,
}

/// A graph of a folder.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct VariantInfo {
    pub file: String,
    pub accelerator: String,
    pub precision: String,
    /// Of all its files.
    pub bytes: u64,
    /// The most that it may be off the reference's logits, ÷ the largest.
    pub max_error: f64,
    /// What quantising cost, where the export measured it.
    pub cost: Option<Cost>,
}

/// A scenario and what it costs.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ScenarioInfo {
    pub name: String,
    pub segment: usize,
    pub pinned: usize,
    pub window: usize,
    pub recall: usize,
    /// Cache, memory and pinned keys of one session whose window is full: Hk·(L·(c·2·(K+W)·d + 4·K·d) + 4·Lm·2·(d² + d)) bytes, Lm layers with a memory, c bytes
    /// of a number in the cache.
    pub state_bytes: u64,
    /// What the process will take at most, with one document and one question at a time.
    pub memory: Estimate,
}

/// A reader and what it costs.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ReaderInfo {
    pub file: String,
    pub precision: String,
    pub parameters: u64,
    /// Of all its files.
    pub bytes: u64,
    /// The most that it may be off the reference's numbers, ÷ the largest.
    pub max_error: f64,
    /// Most tokens of a run.
    pub length: usize,
    /// Most sentences of a run.
    pub sentences: usize,
    /// What the process will take at most with the reader alone, and one document and one question at a time.
    pub memory: Estimate,
}

impl ReaderInfo {
    fn new(folder: &Path, manifest: &Manifest, named: &ReaderManifest) -> Result<Self> {
        let settings = ReaderSettings::load(&folder.join(&named.settings))?;
        let bytes = |name: &String| manifest.files.get(name).map_or(0, |f| f.bytes);
        Ok(Self {
            file: named.graph.clone(),
            precision: settings.precision.clone(),
            parameters: settings.encoder.parameters,
            bytes: named.files().into_iter().map(bytes).sum(),
            max_error: settings.max_error,
            length: settings.layout.length,
            sentences: settings.layout.sentences,
            memory: Estimate::of_reader(&settings, bytes(&named.graph), bytes(&named.tokenizer)),
        })
    }
}

/// Reads what a folder says about itself; loads nothing.
///
/// # Errors
/// `model.missing` or `model.format`.
pub fn inspect(folder: &Path) -> Result<ModelInfo> {
    let manifest = Manifest::load(folder)?;
    let named = manifest.reader.as_ref();
    let reader = named.map(|named| ReaderInfo::new(folder, &manifest, named)).transpose()?;
    let info = ModelInfo::without_generator(&manifest, reader);
    Ok(manifest.generator.as_ref().map_or(info.clone(), |generator| info.with_generator(&manifest, generator)))
}

impl ModelInfo {
    fn without_generator(manifest: &Manifest, reader: Option<ReaderInfo>) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            description: manifest.description.clone(),
            licence: manifest.licence.clone(),
            generator: false,
            reader,
            family: String::new(),
            parameters: 0,
            gate_parameters: 0,
            layers: 0,
            memory_layers: 0,
            hidden: 0,
            kv_heads: 0,
            head_dim: 0,
            vocabulary: 0,
            max_question_tokens: 0,
            max_output_tokens: 0,
            folder_bytes: manifest.files.values().map(|f| f.bytes).sum(),
            citing: false,
            chat: false,
            accelerators: vec!["Cpu".into()],
            variants: Vec::new(),
            cache: KvDtype::F32,
            default_scenario: String::new(),
            scenarios: Vec::new(),
        }
    }

    fn beside_reader(&self, generator: Estimate) -> Estimate {
        self.reader.as_ref().map_or(generator, |reader| generator.beside(&reader.memory))
    }

    fn with_generator(self, manifest: &Manifest, generator: &GeneratorManifest) -> Self {
        let base = &generator.base;
        let cache = generator.cpu().map_or(KvDtype::F32, |a| a.cache);
        let scenarios = generator.scenarios.iter().map(|(name, s)| ScenarioInfo {
            name: name.clone(),
            segment: s.segment,
            pinned: s.pinned,
            window: s.window,
            recall: s.recall,
            state_bytes: state_bytes(generator, *s, cache),
            memory: self.beside_reader(Estimate::new(&manifest.files, generator, *s, state_bytes(generator, *s, cache))),
        });
        let variants = generator.artefacts.iter().map(|a| VariantInfo {
            file: a.file.clone(),
            accelerator: a.accelerator.clone(),
            precision: a.precision.clone(),
            bytes: a.files().filter_map(|name| manifest.files.get(name)).map(|f| f.bytes).sum(),
            max_error: a.max_error,
            cost: a.cost,
        });
        let mut accelerators: Vec<String> = generator.artefacts.iter().map(|a| a.accelerator.clone()).collect();
        accelerators.dedup();
        Self {
            generator: true,
            family: base.family.clone(),
            parameters: base.parameters,
            gate_parameters: base.gate_parameters,
            layers: base.layers,
            memory_layers: memory_layers(generator),
            hidden: base.hidden,
            kv_heads: base.kv_heads,
            head_dim: base.head_dim,
            vocabulary: base.vocabulary,
            max_question_tokens: generator.limits.question,
            max_output_tokens: generator.limits.answer,
            citing: generator.citation.is_some(),
            chat: generator.prompt.chat.is_some(),
            accelerators,
            variants: variants.collect(),
            cache,
            scenarios: scenarios.collect(),
            default_scenario: generator.default_scenario.clone(),
            ..self
        }
    }
}
