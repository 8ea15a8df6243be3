//! The files of a model folder: graphs with what each is for, sizes and checksums.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::manifest::kv_dtype::KvDtype;

/// One graph file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Artefact {
    pub file: String,
    /// The file of its large weights, where they do not stand in the graph's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    pub accelerator: String,
    pub precision: String,
    pub max_error: f64,
    /// What a graph of open shape takes and gives keys and values in.
    #[serde(default, skip_serializing_if = "KvDtype::is_f32")]
    pub cache: KvDtype,
    /// What it costs to be no fp32; left out: not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Compiled for one processor; left out: for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Graphs of fixed shapes; left out: `file` is one graph of open shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
}

impl Artefact {
    /// Every file of it.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        let fixed = self.fixed.iter().flat_map(|f| f.graphs.iter().map(|g| &g.file).chain(&f.encodings));
        std::iter::once(&self.file).chain(&self.weights).chain(fixed)
    }
}

/// What quantising cost, against the fp32 reference on a text of some tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Worst logits error ÷ the largest logit.
    pub error: f64,
    /// Nats a token: the Kullback-Leibler divergence of its next tokens from the reference's, on average.
    pub divergence: f64,
    /// The share of tokens after which its likeliest next token is the reference's.
    pub agreement: f64,
    /// Tokens that divergence and agreement are of.
    pub tokens: usize,
}

/// The processor that an artefact was compiled for.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Target {
    pub soc: String,
    pub soc_model: u32,
    pub htp: u32,
    pub sdk: String,
}

/// The graphs of one scenario, a shape each.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// Whose cache they have.
    pub scenario: String,
    /// The file that says how inputs and outputs are held in 8 and 16 bits; left out: in f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encodings: Option<String>,
    /// Whether one context binary holds the weights of all of them.
    pub shared: bool,
    /// By shape.
    pub graphs: Vec<FixedGraph>,
}

/// A graph of one shape.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FixedGraph {
    pub file: String,
    pub rows: usize,
    pub wanted: usize,
}

/// Size and checksum of a file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FileEntry {
    pub bytes: u64,
    pub sha256: String,
}

impl FileEntry {
    /// Compares a file's size and SHA-256.
    ///
    /// # Errors
    /// `model.missing` or `model.hash`.
    pub fn verify(&self, path: &Path) -> Result<()> {
        self.verify_size(path)?;
        self.verify_hash(path)
    }

    /// Compares a file's size.
    ///
    /// # Errors
    /// `model.missing` or `model.hash`.
    pub fn verify_size(&self, path: &Path) -> Result<()> {
        let found =
            std::fs::metadata(path).map_err(|e| Error::new("model.missing", format!("found no file {}: {e}", path.display())))?.len();
        if found == self.bytes { Ok(()) } else { Err(differs(path, format!("found {found} bytes, expected {}", self.bytes))) }
    }

    /// Compares a file's SHA-256.
    ///
    /// # Errors
    /// `model.hash` or `io`.
    pub fn verify_hash(&self, path: &Path) -> Result<()> {
        let found = sha256(path).map_err(|e| Error::io(path.display(), &e))?;
        if found == self.sha256 {
            return Ok(());
        }
        Err(differs(path, format!("found SHA-256 {}…, expected {}…", start(&found), start(&self.sha256))))
    }
}

fn differs(path: &Path, what: String) -> Error {
    Error::new("model.hash", format!("{}: {what}", path.display()))
}

fn start(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(format!("{:x}", hash.finalize())),
            n => hash.update(&block[..n]),
        }
    }
}
