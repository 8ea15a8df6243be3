//! The reader's graph in ONNX Runtime: an encoder, one run at a time, loaded while it is in use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ort::session::Session;
use ort::value::{Tensor, TensorElementType};

use crate::error::{Error, Result};
use crate::manifest::FileEntry;
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::execution_provider::{Provider, SessionConfig};
use crate::runtime::graph::Loaded;

const INPUTS: [&str; 3] = ["tokens", "types", "segments"];
const OUTPUTS: [&str; 5] = ["relevance", "none", "begin", "end", "verdict"];

/// What goes into a run: n numbers each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncoderInput {
    /// Ids.
    pub tokens: Vec<i32>,
    /// 1: of a heading.
    pub types: Vec<i32>,
    /// 0: of the question; k ≥ 1: of the k-th sentence; −1: of none.
    pub segments: Vec<i32>,
}

/// What comes out of it: logits.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderOutput {
    /// Of each sentence, `[K]`: beyond those of the run −10,000.
    pub relevance: Vec<f32>,
    /// *None of these sentences answers.*
    pub none: f32,
    /// The short answer's first token, `[n]`.
    pub begin: Vec<f32>,
    /// Its last token, `[n]`.
    pub end: Vec<f32>,
    /// Yes, no, unclear.
    pub verdict: [f32; 3],
}

/// The graph's file.
#[derive(Debug)]
pub struct Encoder {
    path: PathBuf,
    entry: FileEntry,
    provider: Provider,
    threads: usize,
    sentences: usize,
    loaded: Loaded,
    session: Mutex<Option<Arc<Mutex<Session>>>>,
}

impl Encoder {
    /// Opens a graph whose hash was compared: on the CPU, for so many sentences a run.
    ///
    /// # Errors
    /// `model.graph` when it does not load or has other inputs and outputs; `runtime.missing`.
    pub fn open(path: &Path, entry: &FileEntry, sentences: usize, threads: usize, mapped: bool) -> Result<Self> {
        let clock = Instant::now();
        let provider = Provider::Cpu { mapped };
        let session = load(path, &provider, threads, sentences)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let seconds = clock.elapsed().as_secs_f64();
        let loaded = Loaded { file, rows: 0, bytes: entry.bytes, seconds, nodes: BTreeMap::new() };
        let session = Mutex::new(Some(Arc::new(Mutex::new(session))));
        Ok(Self { path: path.to_owned(), entry: entry.clone(), provider, threads, sentences, loaded, session })
    }

    /// How it came to be loaded first.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Lets go of the graph's memory; a run that is under way keeps it until its end, and the next one loads it again.
    pub fn trim(&self) {
        if let Ok(mut session) = self.session.try_lock() {
            *session = None; // while it is being loaded somebody needs it
        }
    }

    /// Whether the graph is in memory.
    pub fn is_loaded(&self) -> bool {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// One run.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed` when the run fails or its numbers are not finite; `model.…` when the graph was let go of and does not load again.
    pub fn run(&self, input: &EncoderInput, cancel: &CancelToken) -> Result<EncoderOutput> {
        cancel.check()?;
        let session = self.session()?;
        let result = run(&mut session.lock().unwrap_or_else(PoisonError::into_inner), input, cancel);
        // A run that was cancelled may still have reached its end: the flag decides, so that no cancellation is lost.
        cancel.check()?;
        let output = result?;
        let is_finite = |numbers: &[f32]| numbers.iter().all(|x| x.is_finite());
        let all = [&output.relevance[..], &[output.none], &output.begin, &output.end, &output.verdict];
        if !all.into_iter().all(is_finite) {
            return Err(Error::new("runtime.failed", "the reader computed numbers that are not finite"));
        }
        Ok(output)
    }

    /// The session, loaded again if it was let go.
    fn session(&self) -> Result<Arc<Mutex<Session>>> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*session {
            return Ok(Arc::clone(session));
        }
        self.entry.verify(&self.path)?;
        let fresh = Arc::new(Mutex::new(load(&self.path, &self.provider, self.threads, self.sentences)?));
        *session = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}

fn run(session: &mut Session, input: &EncoderInput, cancel: &CancelToken) -> Result<EncoderOutput> {
    let tensor = |numbers: &Vec<i32>| Tensor::from_array(([numbers.len()], numbers.clone()));
    let inputs = ort::inputs! {
        INPUTS[0] => tensor(&input.tokens)?,
        INPUTS[1] => tensor(&input.types)?,
        INPUTS[2] => tensor(&input.segments)?,
    };
    let outputs = match cancel.run_options() {
        Some(options) => session.run_with_options(inputs, options)?,
        None => session.run(inputs)?,
    };
    let numbers = |name: &str, count: usize| -> Result<Vec<f32>> {
        let found = outputs[name].try_extract_tensor::<f32>()?.1;
        if found.len() != count {
            let message = format!("the reader's output {name}: found {} numbers, expected {count}", found.len());
            return Err(Error::new("model.graph", message));
        }
        Ok(found.to_vec())
    };
    let count = input.tokens.len();
    let verdict = numbers("verdict", 3)?;
    let relevance = outputs["relevance"].try_extract_tensor::<f32>()?.1.to_vec();
    let none = numbers("none", 1)?[0];
    Ok(EncoderOutput {
        relevance,
        none,
        begin: numbers("begin", count)?,
        end: numbers("end", count)?,
        verdict: [verdict[0], verdict[1], verdict[2]],
    })
}

/// Loads the graph and compares its inputs and outputs with what a reader has.
fn load(path: &Path, provider: &Provider, threads: usize, sentences: usize) -> Result<Session> {
    let session = provider.session(&SessionConfig { path, threads, last: true, profile: None })?;
    let wrong = |what: String| Error::new("model.graph", format!("{}: {what}", path.display()));
    let dims = |name: &str| match name {
        "relevance" => Some(sentences as i64),
        "none" => Some(1),
        "verdict" => Some(3),
        _ => None,
    };
    let all = INPUTS.iter().map(|name| (*name, session.inputs(), TensorElementType::Int32));
    for (name, values, dtype) in all.chain(OUTPUTS.iter().map(|name| (*name, session.outputs(), TensorElementType::Float32))) {
        let value = values.iter().find(|value| value.name() == name).ok_or_else(|| wrong(format!("found no input or output {name}")))?;
        let shape: Vec<i64> = value.dtype().tensor_shape().map_or_else(Vec::new, |shape| shape.to_vec());
        if value.dtype().tensor_type() != Some(dtype) || shape.len() != 1 || dims(name).is_some_and(|d| shape[0] != d) {
            let expected = dims(name).map_or_else(|| "[n]".to_owned(), |d| format!("[{d}]"));
            return Err(wrong(format!("found {name} in {} {shape:?}, expected {dtype} {expected}", value.dtype())));
        }
    }
    if session.inputs().len() != INPUTS.len() {
        return Err(wrong(format!("found {} inputs, expected {}", session.inputs().len(), INPUTS.len())));
    }
    Ok(session)
}
