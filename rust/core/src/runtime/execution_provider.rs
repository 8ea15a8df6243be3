//! What a graph runs on: ONNX Runtime's library, its execution providers, and a session of each kind.
//!
//! A provider that does not register, or that leaves nodes of an NPU's graph to the CPU, is an error here and never a silence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use once_cell::sync::OnceCell;
use ort::environment::Environment;
use ort::ep;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::error::{Error, Result};

/// ONNX Runtime's own.
const CPU: &str = "CPUExecutionProvider";
/// Qualcomm's plugin insists on this name.
const QNN: &str = "QNNExecutionProvider";
/// Its file; on Android the app's own, by name.
const QNN_LIBRARY: &str = "libonnxruntime_providers_qnn.so";

/// How long a thread without work looks for some before it sleeps: longer than most nodes between two that are shared out, so that it need
/// not be woken for each, and short enough to cost little where every core is taken (docs/threads-and-memory.md).
const SPIN_MICROSECONDS: &str = "20";

/// On arm64 ONNX Runtime would hand products of blocks to KleidiAI, by which SmolLM2's next tokens are 0.036 nats off instead of 0.007
/// (models/README.md).
const EXACT_ON_ARM: &str = "mlas.disable_kleidiai";

/// An accelerator with what it needs to know.
#[derive(Debug, Clone)]
pub enum Provider {
    /// Every processor.
    Cpu {
        /// Whether weights are computed with as they lie in their file, mapped, and not packed into memory of the process's own.
        mapped: bool,
    },
    /// Arm's and x86's vector units, by XNNPACK.
    Xnnpack,
    /// Android's own, deprecated since Android 15.
    Nnapi,
    /// Qualcomm's HTP.
    Npu {
        /// ONNX Runtime's plugin; None: by its name.
        library: Option<PathBuf>,
        /// QNN's number of the processor: what the simulator on x86 has to play. A phone knows its own.
        soc_model: u32,
        /// Whether graphs share one context.
        shared: bool,
    },
}

/// How a session is made.
#[derive(Debug)]
pub struct SessionConfig<'a> {
    /// The graph.
    pub path: &'a Path,
    /// Threads of a run on the CPU.
    pub threads: usize,
    /// Whether it is the last of those that share a context.
    pub last: bool,
    /// Where to profile to.
    pub profile: Option<&'a Path>,
}

impl Provider {
    /// A session on this provider, or what stands against it.
    pub fn session(&self, wish: &SessionConfig<'_>) -> Result<Session> {
        let environment = environment()?;
        if let Self::Npu { library, .. } = self {
            register(environment, library.as_deref().unwrap_or(Path::new(QNN_LIBRARY)))?;
        }
        let wrong = |e: String| Error::new("model.graph", format!("{}: {e}", wish.path.display()));
        let build = || -> std::result::Result<Session, ort::Error> {
            let builder = Session::builder(environment)?
                .with_intra_threads(wish.threads)?
                .with_intra_op_spinning(true)?
                .with_config_entry("session.intra_op.spin_duration_us", SPIN_MICROSECONDS)?
                .with_config_entry(EXACT_ON_ARM, "1")?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_memory_pattern(false)?
                .with_flush_to_zero()?
                .with_log_level(LogLevel::Fatal)?;
            let builder = match wish.profile {
                Some(path) => builder.with_profiling(path)?,
                None => builder,
            };
            self.add(builder, environment, wish.last)?.commit_from_file(wish.path)
        };
        build().map_err(|e| wrong(e.to_string()))
    }

    fn add(&self, builder: SessionBuilder, environment: &Environment, last: bool) -> std::result::Result<SessionBuilder, ort::Error> {
        match self {
            // Said, not left out: by itself ONNX Runtime would take the NPU as soon as its plugin is there.
            Self::Cpu { mapped } => {
                let builder = builder.with_devices(environment.devices().filter(|d| d.ep().is_ok_and(|name| name == CPU)), None)?;
                if *mapped { Ok(builder.with_config_entry("session.disable_prepacking", "1")?) } else { Ok(builder) }
            }
            Self::Xnnpack => Ok(builder.with_execution_providers([ep::XNNPACK::default().build().error_on_failure()])?),
            Self::Nnapi => {
                let nnapi = ep::NNAPI::default().with_fp16(true).with_disable_cpu(true);
                Ok(builder.with_execution_providers([nnapi.build().error_on_failure()])?)
            }
            Self::Npu { soc_model, shared, .. } => {
                let mut builder = builder.with_disable_cpu_fallback()?;
                if *shared {
                    builder = builder.with_config_entry("ep.share_ep_contexts", "1")?;
                    if last {
                        builder = builder.with_config_entry("ep.stop_share_ep_contexts", "1")?;
                    }
                }
                let mut options = vec![(format!("{QNN}.backend_type"), "htp".to_owned())];
                if cfg!(not(target_os = "android")) {
                    options.push((format!("{QNN}.soc_model"), soc_model.to_string()));
                }
                let devices = environment.devices().filter(|d| d.ep().is_ok_and(|name| name == QNN));
                Ok(builder.with_devices(devices, Some(&options))?)
            }
        }
    }
}

/// Registers the plugin, once a process.
fn register(environment: &Environment, library: &Path) -> Result<()> {
    static DONE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if done.contains(library) {
        return Ok(());
    }
    let missing = |e: &dyn std::fmt::Display| Error::new("runtime.missing", format!("{} does not load: {e}", library.display()));
    environment.register_ep_library(QNN, library).map_err(|e| missing(&e))?;
    if !environment.devices().any(|d| d.ep().is_ok_and(|name| name == QNN)) {
        return Err(missing(&"it finds no NPU"));
    }
    done.insert(library.to_owned());
    Ok(())
}

/// How many nodes ran on which provider, by the profile of a session, which ends here.
pub fn nodes(session: &mut Session) -> Result<BTreeMap<String, usize>> {
    let path = PathBuf::from(session.end_profiling()?);
    let text = std::fs::read(&path).map_err(|e| Error::io(path.display(), &e))?;
    let events: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap_or_default();
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for event in &events {
        let of = |key: &str| event["args"][key].as_str();
        if let (Some(provider), Some(name)) = (of("provider"), event["name"].as_str()) {
            found.entry(provider.to_owned()).or_default().insert(name);
        }
    }
    Ok(found.into_iter().map(|(provider, names)| (provider, names.len())).collect())
}

/// What ONNX Runtime says of its build.
pub fn version() -> Result<String> {
    environment()?;
    Ok(ort::info().to_owned())
}

static LIBRARY: OnceCell<PathBuf> = OnceCell::new();
static ENVIRONMENT: OnceCell<Environment> = OnceCell::new();

/// Names the ONNX Runtime library to load; without it `ORT_DYLIB_PATH` or the system's `libonnxruntime.so`. The first call counts.
pub fn use_library(path: &Path) {
    let _ = LIBRARY.set(path.to_owned());
}

pub(crate) fn environment() -> Result<&'static Environment> {
    ENVIRONMENT.get_or_try_init(|| {
        let named = std::env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()).map(PathBuf::from);
        let path = LIBRARY.get().cloned().or(named).unwrap_or_else(|| "libonnxruntime.so".into());
        let missing = |e: String| {
            let advice = "set ORT_DYLIB_PATH to libonnxruntime.so of ONNX Runtime 1.24 or later";
            Error::new("runtime.missing", format!("{} does not load: {e}; {advice}", path.display()))
        };
        let builder = ort::init_from(&path).map_err(|e| missing(e.to_string()))?;
        builder.with_name("edgeinfinite").with_telemetry(false).build().map_err(|e| missing(e.to_string()))
    })
}
