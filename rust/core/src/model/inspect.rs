//! What a model folder says about itself, before anything of it is loaded.

use std::path::Path;

use serde::Serialize;

use crate::error::Result;
use crate::manifest::kv_dtype::KvDtype;
use crate::manifest::{Cost, Manifest};
use crate::model::memory_estimate::{Estimate, memory_layers, state_bytes};

/// What a folder holds, before anything is loaded.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)] // the keys of model.json, see models/README.md
pub struct ModelInfo {
    pub name: String,
    pub version: String,
    pub description: String,
    pub licence: String,
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
    /// Most tokens of a question.
    pub max_question_tokens: usize,
    /// Most tokens of an answer.
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
    /// Cache, memory and pinned keys of one session: Hk·(L·(c·2·(K+W)·d + 4·K·d) + 4·Lm·2·(d² + d)) bytes, Lm layers with a memory, c bytes
    /// of a number in the cache.
    pub state_bytes: u64,
    /// What the process will take at most, with one document and one question at a time.
    pub memory: Estimate,
}

/// Reads what a folder says about itself; loads nothing.
///
/// # Errors
/// `model.missing` or `model.format`.
pub fn inspect(folder: &Path) -> Result<ModelInfo> {
    let manifest = Manifest::load(folder)?;
    let base = &manifest.base;
    let cache = manifest.cpu().map_or(KvDtype::F32, |a| a.cache);
    let scenarios = manifest.scenarios.iter().map(|(name, s)| ScenarioInfo {
        name: name.clone(),
        segment: s.segment,
        pinned: s.pinned,
        window: s.window,
        recall: s.recall,
        state_bytes: state_bytes(&manifest, *s, cache),
        memory: Estimate::new(&manifest, *s, state_bytes(&manifest, *s, cache)),
    });
    let variants = manifest.artefacts.iter().map(|a| VariantInfo {
        file: a.file.clone(),
        accelerator: a.accelerator.clone(),
        precision: a.precision.clone(),
        bytes: a.files().filter_map(|name| manifest.files.get(name)).map(|f| f.bytes).sum(),
        max_error: a.max_error,
        cost: a.cost,
    });
    let mut accelerators: Vec<String> = manifest.artefacts.iter().map(|a| a.accelerator.clone()).collect();
    accelerators.dedup();
    Ok(ModelInfo {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        description: manifest.description.clone(),
        licence: manifest.licence.clone(),
        family: base.family.clone(),
        parameters: base.parameters,
        gate_parameters: base.gate_parameters,
        layers: base.layers,
        memory_layers: memory_layers(&manifest),
        hidden: base.hidden,
        kv_heads: base.kv_heads,
        head_dim: base.head_dim,
        vocabulary: base.vocabulary,
        max_question_tokens: manifest.limits.question,
        max_output_tokens: manifest.limits.answer,
        folder_bytes: manifest.files.values().map(|f| f.bytes).sum(),
        citing: manifest.citation.is_some(),
        chat: manifest.prompt.chat.is_some(),
        accelerators,
        variants: variants.collect(),
        cache,
        scenarios: scenarios.collect(),
        default_scenario: manifest.default_scenario,
    })
}
