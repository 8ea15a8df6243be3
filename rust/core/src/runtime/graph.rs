//! One run of the graph. With execution_provider.rs, tensor.rs and the lanes, dynamic_shape.rs and static_shape.rs, the only file that names ONNX Runtime.
//!
//! A [`Graph`] is shared and runs one call at a time; a [`Lane`] is one stream of tokens through it: the tensors that live between runs, bound
//! once, so that a run copies nothing. Tests drive the engine through a lane that computes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use ort::session::{IoBinding, RunOptions, Session};

use crate::attention::compressive_memory::Memory;
use crate::attention::rope::{Rope, Turn};
use crate::error::{Error, Result};
use crate::manifest::kv_dtype::Cache;
use crate::manifest::{Artefact, AttentionKind, FileEntry, Manifest, Scenario};
use crate::runtime::dynamic_shape::{self, OpenLane};
pub use crate::runtime::execution_provider::use_library;
use crate::runtime::execution_provider::{Provider, Wish, environment, nodes};
use crate::runtime::static_shape::FixedLane;
use crate::runtime::tensor::Encodings;

/// How layers of one kind attend.
#[derive(Debug, Clone)]
pub struct Kind {
    /// What the graph's inputs of this kind are called by.
    pub name: String,
    /// Rotation; of no dims where keys are not rotated.
    pub rope: Rope,
    /// A token sees so many, itself included.
    pub sliding: Option<usize>,
    /// Whether what leaves the window goes into a memory.
    pub memory: bool,
}

/// Sizes that the host and the graph agree on.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Attention kinds by number.
    pub kinds: Vec<Kind>,
    /// The kind of each layer, an index into `kinds`.
    pub layers: Vec<usize>,
    /// Hk.
    pub kv_heads: usize,
    /// d.
    pub head_dim: usize,
    /// D.
    pub hidden: usize,
    /// V.
    pub vocabulary: usize,
}

impl Shape {
    /// As a manifest says.
    pub fn new(manifest: &Manifest) -> Self {
        let kind = |(name, k): (&String, &AttentionKind)| Kind {
            name: name.clone(),
            rope: Rope::new(&k.inverse_frequencies),
            sliding: k.sliding,
            memory: k.memory,
        };
        let kinds: Vec<Kind> = manifest.kinds.iter().filter(|(name, _)| manifest.layers.contains(name)).map(kind).collect();
        let layers = manifest.layers.iter().filter_map(|l| kinds.iter().position(|k| k.name == *l)).collect();
        let base = &manifest.base;
        Self { layers, kinds, kv_heads: base.kv_heads, head_dim: base.head_dim, hidden: base.hidden, vocabulary: base.vocabulary }
    }

    /// Per kind the turns of some positions.
    pub fn turns(&self, positions: impl Iterator<Item = f64> + Clone) -> Vec<Vec<Turn>> {
        self.kinds.iter().map(|kind| positions.clone().map(|p| kind.rope.turn(p)).collect()).collect()
    }

    /// How many heads of a layer have a memory: all or none.
    pub fn memory_heads(&self, layer: usize) -> usize {
        if self.kinds[self.layers[layer]].memory { self.kv_heads } else { 0 }
    }

    /// Whether any layer has a memory.
    pub fn remembers(&self) -> bool {
        (0..self.layers.len()).any(|layer| self.memory_heads(layer) > 0)
    }
}

/// What the host fills before a run of `rows` rows; C cache slots.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// `[rows, D]`
    pub x: &'a mut [f32],
    /// Per kind: mask `[rows, C + rows]`, cos `[rows, r/2]`, sin `[rows, r/2]`.
    pub kinds: Vec<[&'a mut [f32]; 3]>,
}

/// One stream of tokens through a graph.
pub trait Lane: Send + std::fmt::Debug {
    /// The inputs of the next run, of whose last `wanted` rows the logits are wanted. A lane of fixed shape may compute more and drop them.
    fn inputs(&mut self, rows: usize, wanted: usize) -> Result<Inputs<'_>>;
    /// Reads the key and the value in a slot of a head's cache, `[d]` each.
    fn cached(&self, layer: usize, head: usize, slot: usize, to: [&mut [f32]; 2]);
    /// Writes a key, a value or both into a slot of a head's cache, `[d]` each.
    fn place(&mut self, layer: usize, head: usize, slot: usize, from: [Option<&[f32]>; 2]);
    /// What a layer's memory holds from now on.
    fn remember(&mut self, layer: usize, memory: &Memory);
    /// Runs the graph on the rows filled last.
    fn run(&mut self, memory_weight: f32, cancel: &Cancel) -> Result<()>;
    /// `[wanted, V]`, of the run's last rows.
    fn logits(&self) -> &[f32];
    /// Reads the rotated key and the value that a run made of a row, `[d]` each.
    fn fresh(&self, layer: usize, head: usize, row: usize, to: [&mut [f32]; 2]);
    /// Copies the key and value of one of the rows into a slot of the cache.
    fn keep(&mut self, layer: usize, row: usize, slot: usize);
    /// A copy with a life of its own.
    fn fork(&self) -> Result<Box<dyn Lane>>;
    /// Gives back what only a run needs, the logits with it.
    fn rest(&mut self) {}
    /// Bytes of the cache and the memory.
    fn bytes(&self) -> u64;
}

/// Asks a call on another thread to stop: before its next run, or inside one.
pub struct Cancel {
    /// Held while ONNX Runtime's own flag changes, so that the two never disagree.
    asked: Mutex<bool>,
    run: Option<RunOptions>,
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Cancel {
    /// One that reaches into a run of ONNX Runtime.
    pub fn new() -> Result<Self> {
        environment()?;
        Ok(Self { asked: Mutex::new(false), run: Some(RunOptions::new()?) })
    }

    /// One that works between runs only.
    pub fn between_runs() -> Self {
        Self { asked: Mutex::new(false), run: None }
    }

    /// The call under way, or else the next one, fails with `cancelled`; calls after it work again.
    pub fn cancel(&self) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = true;
        if let Some(Err(e)) = self.run.as_ref().map(RunOptions::terminate) {
            log::warn!("a run could not be cancelled: {e}");
        }
    }

    /// Fails once after [`Cancel::cancel`].
    pub fn check(&self) -> Result<()> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut *asked) {
            return Ok(());
        }
        if let Some(run) = &self.run {
            run.unterminate()?;
        }
        Err(Error::new("cancelled", "the call was cancelled"))
    }

    /// A run that ends when it is asked to.
    pub(crate) fn run(&self, session: &Mutex<Session>, binding: &IoBinding) -> Result<()> {
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match &self.run {
            Some(options) => session.run_binding_with_options(binding, options).map(drop),
            None => session.run_binding(binding).map(drop),
        };
        drop(session);
        // A run that was cancelled may still have reached its end: the flag decides, so that no cancellation is lost.
        self.check()?;
        Ok(result?)
    }
}

/// The sessions of a graph, one a shape.
pub(crate) type Sessions = Vec<Mutex<Session>>;

/// A file of a graph; of open shape `rows` is 0.
#[derive(Debug)]
pub(crate) struct GraphFile {
    path: PathBuf,
    entry: FileEntry,
    pub(crate) rows: usize,
    pub(crate) wanted: usize,
}

/// How one file of a graph came to be loaded.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Loaded {
    /// Its name.
    pub file: String,
    /// Rows of its shape; 0: any.
    pub rows: usize,
    /// Bytes of it; of a shared context those of the reference to it.
    pub bytes: u64,
    /// How long it took to load.
    pub seconds: f64,
    /// Nodes by execution provider, as a profiled run shows them; empty where none was.
    pub nodes: BTreeMap<String, usize>,
}

/// A graph in one shape or several, loaded while it is in use.
#[derive(Debug)]
pub struct Graph {
    pub(crate) shape: Shape,
    pub(crate) files: Vec<GraphFile>,
    /// Checked before a session is made, not loaded by itself.
    behind: Vec<(PathBuf, FileEntry)>,
    encodings: Option<Arc<Encodings>>,
    pub(crate) cache: Cache,
    provider: Provider,
    threads: usize,
    sessions: Mutex<Option<Arc<Sessions>>>,
    /// Those made last: shows whether they are still there.
    last: Mutex<Weak<Sessions>>,
    report: Mutex<Vec<Loaded>>,
}

impl Graph {
    /// Opens an artefact of a folder, whose hashes were compared. `profile`: a folder to profile the first runs to, see [`Graph::profiled`].
    pub fn open(
        folder: &Path,
        manifest: &Manifest,
        artefact: &Artefact,
        provider: Provider,
        threads: usize,
        profile: Option<&Path>,
    ) -> Result<Self> {
        let shape = Shape::new(manifest);
        let entry = |name: &String| {
            let entry = manifest.files.get(name).cloned();
            entry.ok_or_else(|| Error::new("model.format", format!("files: found no entry for {name:?}")))
        };
        let file = |name: &String, rows, wanted| -> Result<GraphFile> {
            Ok(GraphFile { path: folder.join(name), entry: entry(name)?, rows, wanted })
        };
        let (mut files, mut behind, mut encodings) = (Vec::new(), Vec::new(), None);
        match &artefact.fixed {
            None => {
                files.push(file(&artefact.file, 0, 0)?);
                if let Some(name) = &artefact.weights {
                    behind.push((folder.join(name), entry(name)?));
                }
            }
            Some(fixed) => {
                for graph in &fixed.graphs {
                    files.push(file(&graph.file, graph.rows, graph.wanted)?);
                }
                behind.push((folder.join(&artefact.file), entry(&artefact.file)?));
                let (layers, width) = (shape.layers.len(), shape.kv_heads * shape.head_dim);
                encodings = Some(Arc::new(match &fixed.encodings {
                    None => Encodings::real(layers, width),
                    Some(named) => {
                        behind.push((folder.join(named), entry(named)?));
                        Encodings::load(&folder.join(named), layers, width)?
                    }
                }));
            }
        }
        let (sessions, last, report) = (Mutex::new(None), Mutex::new(Weak::new()), Mutex::new(Vec::new()));
        let cache = artefact.cache;
        let graph = Self { shape, files, behind, encodings, cache, provider, threads, sessions, last, report };
        *graph.sessions.lock().unwrap_or_else(PoisonError::into_inner) = Some(graph.load(profile)?);
        Ok(graph)
    }

    /// An empty lane for the sizes of a scenario.
    pub fn lane(self: &Arc<Self>, sizes: Scenario) -> Result<Box<dyn Lane>> {
        let slots = sizes.pinned + sizes.window;
        Ok(match &self.encodings {
            Some(encodings) => Box::new(FixedLane::new(Arc::clone(self), Arc::clone(encodings), slots)?),
            None => Box::new(OpenLane::new(Arc::clone(self), slots)?),
        })
    }

    /// Lets go of the graph's memory; what is at work keeps it until its end, and the next run loads it again.
    pub fn trim(&self) {
        if let Ok(mut sessions) = self.sessions.try_lock() {
            *sessions = None; // while it is being loaded somebody needs it
        }
    }

    /// Whether the graph is in memory.
    pub fn is_loaded(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
    }

    /// What was loaded first, and how.
    pub fn loaded(&self) -> Vec<Loaded> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the profiling that [`Graph::open`] began and counts the nodes that ran.
    pub fn profiled(&self) -> Result<()> {
        let sessions = self.sessions()?;
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        for (session, loaded) in sessions.iter().zip(report.iter_mut()) {
            loaded.nodes = nodes(&mut session.lock().unwrap_or_else(PoisonError::into_inner))?;
        }
        Ok(())
    }

    /// The sessions, loaded again if they were let go.
    pub(crate) fn sessions(&self) -> Result<Arc<Sessions>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = &*sessions {
            return Ok(Arc::clone(sessions));
        }
        let all = self.files.iter().map(|f| (&f.path, &f.entry)).chain(self.behind.iter().map(|(p, e)| (p, e)));
        for (path, entry) in all {
            entry.verify(path)?;
        }
        let fresh = self.load(None)?;
        *sessions = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn load(&self, profile: Option<&Path>) -> Result<Arc<Sessions>> {
        let (mut sessions, mut report) = (Sessions::new(), Vec::new());
        for (number, GraphFile { path, entry, rows, .. }) in self.files.iter().enumerate() {
            let clock = Instant::now();
            let profile = profile.map(|folder| folder.join(number.to_string()));
            let last = number + 1 == self.files.len();
            let session = self.provider.session(&Wish { path, threads: self.threads, last, profile: profile.as_deref() })?;
            let found: Vec<&str> = session.inputs().iter().chain(session.outputs()).map(|o| o.name()).collect();
            for name in names(&self.shape, self.encodings.as_ref().map_or(["m", "z"], |e| e.memory())) {
                if !found.contains(&name.as_str()) {
                    return Err(Error::new("model.graph", format!("{}: found no input or output {name}", path.display())));
                }
            }
            if self.encodings.is_none() {
                dynamic_shape::check(&session, self.cache)
                    .map_err(|e| Error::new(e.code(), format!("{}: {}", path.display(), e.message())))?;
            }
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let seconds = clock.elapsed().as_secs_f64();
            report.push(Loaded { file, rows: *rows, bytes: entry.bytes, seconds, nodes: BTreeMap::new() });
            sessions.push(Mutex::new(session));
        }
        let sessions = Arc::new(sessions);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&sessions);
        let mut kept = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            *kept = report;
        }
        Ok(sessions)
    }
}

/// Every input and output; `memory`: what those of a memory are called.
fn names(shape: &Shape, memory: [&str; 2]) -> Vec<String> {
    let all = 0..shape.layers.len();
    let layers = all.clone().flat_map(|l| ["k", "v", "new_k", "new_v"].map(|n| format!("{n}_{l}")));
    let memories = all.filter(|l| shape.memory_heads(*l) > 0).flat_map(|l| memory.map(|n| format!("{n}_{l}")));
    let kinds = shape.kinds.iter().flat_map(|kind| kind_inputs(kind).iter().map(|n| format!("{n}_{}", kind.name)));
    let weight = shape.remembers().then_some("memory_weight");
    let rest = ["x", "rows", "logits"].into_iter().chain(weight).map(String::from);
    layers.chain(memories).chain(kinds).chain(rest).collect()
}

/// The inputs of a kind, in the order of [`Inputs::kinds`]; those of a rotation only where there is one.
pub(crate) fn kind_inputs(kind: &Kind) -> &'static [&'static str] {
    if kind.rope.half() > 0 { &["mask", "cos", "sin"] } else { &["mask"] }
}
