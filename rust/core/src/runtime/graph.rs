//! A graph in ONNX Runtime: its files, loaded while they are in use, and one run.
//!
//! A [`Graph`] is shared and runs one call at a time. The tensors that live between runs are an executor's
//! ([`crate::runtime::executor::Executor`]), bound once, so that a run copies nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use ort::session::{IoBinding, Session};
use ort::value::TensorElementType;

use crate::error::{Error, Result};
use crate::manifest::kv_dtype::KvDtype;
use crate::manifest::{Artefact, FileEntry, GeneratorManifest};
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::execution_provider::{Provider, SessionConfig, nodes};
use crate::runtime::model_dims::{ModelDims, kind_inputs};
use crate::runtime::tensor::Encodings;

/// The sessions of a graph, one a shape.
pub(crate) type Sessions = Vec<Mutex<Session>>;

/// Runs a session on what is bound; ends with `cancelled` when the token says so.
pub(crate) fn run(session: &Mutex<Session>, binding: &IoBinding, cancel: &CancelToken) -> Result<()> {
    let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let result = match cancel.run_options() {
        Some(options) => session.run_binding_with_options(binding, options).map(drop),
        None => session.run_binding(binding).map(drop),
    };
    drop(session);
    // A run that was cancelled may still have reached its end: the flag decides, so that no cancellation is lost.
    cancel.check()?;
    Ok(result?)
}

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
    pub(crate) dims: ModelDims,
    pub(crate) files: Vec<GraphFile>,
    /// Checked before a session is made, not loaded by itself.
    external_files: Vec<(PathBuf, FileEntry)>,
    encodings: Option<Arc<Encodings>>,
    pub(crate) cache: KvDtype,
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
        entries: &BTreeMap<String, FileEntry>,
        manifest: &GeneratorManifest,
        artefact: &Artefact,
        provider: Provider,
        threads: usize,
        profile: Option<&Path>,
    ) -> Result<Self> {
        let dims = ModelDims::new(manifest);
        let entry = |name: &String| {
            let entry = entries.get(name).cloned();
            entry.ok_or_else(|| Error::new("model.format", format!("files: found no entry for {name:?}")))
        };
        let file = |name: &String, rows, wanted| -> Result<GraphFile> {
            Ok(GraphFile { path: folder.join(name), entry: entry(name)?, rows, wanted })
        };
        let mut files = Vec::new();
        let mut external_files = Vec::new();
        let mut encodings = None;
        match &artefact.fixed {
            None => {
                files.push(file(&artefact.file, 0, 0)?);
                if let Some(name) = &artefact.weights {
                    external_files.push((folder.join(name), entry(name)?));
                }
            }
            Some(fixed) => {
                for graph in &fixed.graphs {
                    files.push(file(&graph.file, graph.rows, graph.wanted)?);
                }
                external_files.push((folder.join(&artefact.file), entry(&artefact.file)?));
                let layers = dims.layers.len();
                let width = dims.kv_heads * dims.head_dim;
                encodings = Some(Arc::new(match &fixed.encodings {
                    None => Encodings::real(layers, width),
                    Some(named) => {
                        external_files.push((folder.join(named), entry(named)?));
                        Encodings::load(&folder.join(named), layers, width)?
                    }
                }));
            }
        }
        let sessions = Mutex::new(None);
        let last = Mutex::new(Weak::new());
        let report = Mutex::new(Vec::new());
        let cache = artefact.cache;
        let graph = Self { dims, files, external_files, encodings, cache, provider, threads, sessions, last, report };
        *graph.sessions.lock().unwrap_or_else(PoisonError::into_inner) = Some(graph.load(profile)?);
        Ok(graph)
    }

    /// How the inputs and outputs of graphs of static shapes are held; None of a graph of dynamic shape.
    pub(crate) fn encodings(&self) -> Option<&Arc<Encodings>> {
        self.encodings.as_ref()
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
        let all = self.files.iter().map(|f| (&f.path, &f.entry)).chain(self.external_files.iter().map(|(p, e)| (p, e)));
        for (path, entry) in all {
            entry.verify(path)?;
        }
        let fresh = self.load(None)?;
        *sessions = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn load(&self, profile: Option<&Path>) -> Result<Arc<Sessions>> {
        let mut sessions = Sessions::new();
        let mut report = Vec::new();
        for (number, GraphFile { path, entry, rows, .. }) in self.files.iter().enumerate() {
            let clock = Instant::now();
            let profile = profile.map(|folder| folder.join(number.to_string()));
            let last = number + 1 == self.files.len();
            let session = self.provider.session(&SessionConfig { path, threads: self.threads, last, profile: profile.as_deref() })?;
            let found: Vec<&str> = session.inputs().iter().chain(session.outputs()).map(|o| o.name()).collect();
            for name in names(&self.dims, self.encodings.as_ref().map_or(["m", "z"], |e| e.memory())) {
                if !found.contains(&name.as_str()) {
                    return Err(Error::new("model.graph", format!("{}: found no input or output {name}", path.display())));
                }
            }
            if self.encodings.is_none() {
                check_kv_dtype(&session, self.cache).map_err(|e| Error::new(e.code(), format!("{}: {}", path.display(), e.message())))?;
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
fn names(dims: &ModelDims, memory: [&str; 2]) -> Vec<String> {
    let all = 0..dims.layers.len();
    let layers = all.clone().flat_map(|l| ["k", "v", "new_k", "new_v"].map(|n| format!("{n}_{l}")));
    let memories = all.filter(|l| dims.memory_heads(*l) > 0).flat_map(|l| memory.map(|n| format!("{n}_{l}")));
    let kinds = dims.kinds.iter().flat_map(|kind| kind_inputs(kind).iter().map(|n| format!("{n}_{}", kind.name)));
    let weight = dims.remembers().then_some("memory_weight");
    let rest = ["x", "rows", "logits"].into_iter().chain(weight).map(String::from);
    layers.chain(memories).chain(kinds).chain(rest).collect()
}

/// Refuses a graph that does not take and give keys and values in what its manifest says.
fn check_kv_dtype(session: &Session, cache: KvDtype) -> Result<()> {
    let expected = match cache {
        KvDtype::F16 => TensorElementType::Float16,
        KvDtype::F32 => TensorElementType::Float32,
    };
    for value in session.inputs().iter().chain(session.outputs()) {
        let kept = value.name().trim_start_matches("new_").starts_with(['k', 'v']);
        if let Some(found) = value.dtype().tensor_type().filter(|found| kept && *found != expected) {
            return Err(Error::new("model.graph", format!("found {} in {found}, expected {expected}: the artefact's cache", value.name())));
        }
    }
    Ok(())
}
