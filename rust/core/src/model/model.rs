//! An opened model folder: manifest, tokenizer, embedding and graph. Immutable, shared by `Arc`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::answer::CoverageKind;
use crate::error::{Error, Result};
use crate::manifest::kv_dtype::Cache;
use crate::manifest::prompt_template::{Layout, no_chat};
use crate::manifest::{Artefact, Cost, Manifest, Scenario, SelfTest};
use crate::model::accelerator_selection::{self, Opening};
use crate::model::memory_estimate::Estimate;
use crate::runtime::embedding::Embedding;
use crate::runtime::graph::{Cancel, Graph, Loaded, Shape};
use crate::session::{Frame, Session};
use crate::text::tokenizer::Tokens;

/// How a model is opened.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenOptions {
    /// A name in model.json; without it the default one.
    pub scenario: Option<String>,
    /// Threads of a graph run; without it what the scenario says.
    pub threads: Option<usize>,
    /// Accelerators in order of preference: `Npu`, `Nnapi`, `Xnnpack`, `Cpu`. The first that has a graph, loads and passes its self-test is
    /// taken; why those before it were not is in [`Execution`]. Without it `Cpu`.
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
    pub question_tokens: usize,
    /// Most tokens of an answer.
    pub answer_tokens: usize,
    pub folder_bytes: u64,
    pub citing: bool,
    pub chat: bool,
    pub accelerators: Vec<String>,
    pub artefacts: Vec<ArtefactInfo>,
    /// What keys and values are kept in on the CPU.
    pub cache: Cache,
    pub default_scenario: String,
    pub scenarios: Vec<ScenarioInfo>,
}

/// A graph of a folder.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ArtefactInfo {
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
    /// The accelerators of [`OpenOptions::accelerators`], in that order.
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

/// How far a graph's logits are from the reference's.
#[derive(Debug, Clone, Serialize)]
pub struct SelfTestResult {
    /// Max abs error ÷ max abs logit.
    pub error: f64,
    /// What model.json allows.
    pub bound: f64,
}

/// A model ready to read documents.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    pub(crate) tokens: Tokens,
    pub(crate) layout: Layout,
    frame: Arc<Frame>,
    graph: Arc<Graph>,
    sizes: Scenario,
    execution: Execution,
}

/// Reads what a folder says about itself; loads nothing.
pub fn inspect(folder: &Path) -> Result<ModelInfo> {
    let manifest = Manifest::load(folder)?;
    let (base, cache) = (&manifest.base, manifest.cpu().map_or(Cache::F32, |a| a.cache));
    let scenarios = manifest.scenarios.iter().map(|(name, s)| ScenarioInfo {
        name: name.clone(),
        segment: s.segment,
        pinned: s.pinned,
        window: s.window,
        recall: s.recall,
        state_bytes: state_bytes(&manifest, *s, cache),
        memory: Estimate::new(&manifest, *s, state_bytes(&manifest, *s, cache)),
    });
    let artefacts = manifest.artefacts.iter().map(|a| ArtefactInfo {
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
        question_tokens: manifest.limits.question,
        answer_tokens: manifest.limits.answer,
        folder_bytes: manifest.files.values().map(|f| f.bytes).sum(),
        citing: manifest.citation.is_some(),
        chat: manifest.prompt.chat.is_some(),
        accelerators,
        artefacts: artefacts.collect(),
        cache,
        scenarios: scenarios.collect(),
        default_scenario: manifest.default_scenario,
    })
}

fn memory_layers(manifest: &Manifest) -> usize {
    manifest.layers.iter().filter(|kind| manifest.kinds.get(*kind).is_some_and(|k| k.memory)).count()
}

fn state_bytes(manifest: &Manifest, s: Scenario, cache: Cache) -> u64 {
    let (base, remember) = (&manifest.base, memory_layers(manifest));
    let sizes = [base.layers, remember, base.kv_heads, base.head_dim, s.pinned, s.window, cache.bytes()];
    let [layers, remember, heads, d, pinned, window, number] = sizes.map(|n| n as u128);
    let bytes = heads * (layers * (number * 2 * (pinned + window) * d + 4 * pinned * d) + 4 * remember * 2 * (d * d + d));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

impl Model {
    /// What becomes of a text that leaves the window.
    pub(crate) fn left(&self) -> CoverageKind {
        if self.frame.shape.remembers() { CoverageKind::Absorbed } else { CoverageKind::Skipped }
    }

    /// Opens a folder: every file's checksum is compared, the graph loaded. Nothing runs yet.
    pub fn open(folder: &Path, options: &OpenOptions) -> Result<Arc<Self>> {
        let manifest = Manifest::load(folder)?;
        let sizes = manifest.scenario(options.scenario.as_deref())?;
        let candidates = accelerator_selection::candidates(&manifest, options)?;
        manifest.verify(folder)?;
        let mut tokens = Tokens::open(&folder.join(&manifest.tokenizer.file), manifest.base.vocabulary)?;
        let layout = Layout::new(&manifest, &mut tokens)?;
        let (rows, width) = (manifest.base.vocabulary, manifest.base.hidden);
        let kept = &manifest.embedding;
        let embedding = Embedding::open(&folder.join(&kept.file), rows, width, kept.dtype, kept.scale)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let threads = options.threads.unwrap_or(sizes.threads);
        let threads = if threads == 0 { cores } else { threads };
        let frame = Arc::new(Frame { shape: Shape::new(&manifest), embedding });
        let (graph, execution) =
            accelerator_selection::first(candidates, &Opening { folder, manifest: &manifest, sizes, frame: &frame, options, threads })?;
        Ok(Arc::new(Self { manifest, tokens, layout, frame, graph, sizes, execution }))
    }

    /// What model.json says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The sizes in use.
    pub fn sizes(&self) -> Scenario {
        self.sizes
    }

    /// Most tokens of a sentence: longer ones are cut, so that a prompt holds several.
    pub fn piece_tokens(&self) -> usize {
        (self.sizes.window / 4).clamp(4, 96)
    }

    /// What runs where.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// Bytes of one session's state, by the formula of [`ScenarioInfo`].
    pub fn state_bytes(&self) -> u64 {
        state_bytes(&self.manifest, self.sizes, self.artefact().map_or(Cache::F32, |a| a.cache))
    }

    fn artefact(&self) -> Option<&Artefact> {
        self.manifest.artefacts.iter().find(|a| a.file == self.execution.file)
    }

    /// The tokenizer.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Refuses a question that is empty or too long for this model.
    pub fn check_question(&self, question: &str) -> Result<()> {
        self.layout.ask(question, self.manifest.limits.question, &self.tokens).map(drop)
    }

    /// The templates, tokenised.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Lets go of the graph's memory, when the system runs short of it: what is at work keeps it until its end, documents stay, and the next run
    /// loads it again.
    pub fn trim(&self) {
        self.graph.trim();
    }

    /// Whether the graph is in memory.
    pub fn is_loaded(&self) -> bool {
        self.graph.is_loaded()
    }

    /// An empty session that begins with the prompt's start.
    pub fn session(&self) -> Result<Session> {
        self.session_with(self.sizes, self.layout.start())
    }

    /// An empty session that begins as a chat does.
    pub(crate) fn chat_session(&self) -> Result<Session> {
        self.session_with(self.sizes, self.layout.chat().ok_or_else(no_chat)?)
    }

    /// Compares the graph with the reference's logits in model.json.
    pub fn self_test(&self) -> Result<SelfTestResult> {
        let bound = self.artefact().map_or(0.0, |a| a.max_error);
        let open = self.artefact().is_none_or(|a| a.fixed.is_none());
        let tests = self.manifest.self_test.iter().filter(|t| open || self.manifest.scenarios.get(&t.scenario) == Some(&self.sizes));
        let error = worst(tests, &self.manifest, &self.frame, &self.graph)?;
        if error > bound {
            return Err(too_far(&self.execution.file, error, bound));
        }
        Ok(SelfTestResult { error, bound })
    }

    fn session_with(&self, sizes: Scenario, start: &[u32]) -> Result<Session> {
        Session::new(Arc::clone(&self.frame), sizes, self.graph.lane(sizes)?, start)
    }
}

/// The largest error of several self-tests.
pub(crate) fn worst<'a>(
    tests: impl Iterator<Item = &'a SelfTest>,
    manifest: &Manifest,
    frame: &Arc<Frame>,
    graph: &Arc<Graph>,
) -> Result<f64> {
    let (cancel, mut worst) = (Cancel::new()?, 0.0_f64);
    for test in tests {
        let sizes = manifest.scenario(Some(&test.scenario))?;
        let (start, rest) = test.tokens.split_at(sizes.pinned.min(test.tokens.len()));
        let mut session = Session::new(Arc::clone(frame), sizes, graph.lane(sizes)?, start)?;
        session.feed(rest);
        while session.flush(&cancel)? {}
        let scale = test.logits.iter().fold(f32::MIN_POSITIVE, |a, b| a.max(b.abs()));
        let found = test.indices.iter().map(|i| session.logits().get(*i as usize).copied().unwrap_or(f32::NAN));
        // A NaN is as wrong as can be: max() would pass it over.
        let errors = found.zip(&test.logits).map(|(a, b)| f64::from(((a - b) / scale).abs()));
        worst = errors.fold(worst, |a, b| if b.is_nan() { f64::INFINITY } else { a.max(b) });
    }
    Ok(worst)
}

pub(crate) fn too_far(file: &str, error: f64, bound: f64) -> Error {
    Error::new("model.self_test", format!("{file}: found logits {error:.2e} off the reference's, expected at most {bound:.2e}"))
}
