//! `model.json`: what a model folder says about itself. The contract is models/README.md; what it does not name is refused.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::manifest::artefact::FileEntry;
use crate::manifest::generator::GeneratorManifest;
use crate::manifest::reader::ReaderManifest;

/// The only format this version reads.
pub const FORMAT: u32 = 1;
/// The keys that are the folder's own; all others are the generator's.
const FOLDER: [&str; 7] = ["format", "name", "version", "description", "licence", "reader", "files"];

/// `model.json`: a folder holds a generator, a reader or both.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the keys are documented in models/README.md
pub struct Manifest {
    pub format: u32,
    pub name: String,
    pub version: String,
    pub description: String,
    pub licence: String,
    /// None in a folder without a reader.
    #[serde(default)]
    pub reader: Option<ReaderManifest>,
    pub files: BTreeMap<String, FileEntry>,
    /// None in a folder that holds a reader alone.
    #[serde(skip)]
    pub generator: Option<GeneratorManifest>,
    /// SHA-256 of model.json itself, and so of the whole folder.
    #[serde(skip)]
    pub sha256: String,
}

impl Manifest {
    /// Reads `model.json` of a folder and checks that it is complete and consistent; no other file is touched.
    ///
    /// # Errors
    /// `model.missing` when the folder or its model.json is not there, `model.format` when it is of another form.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("model.json");
        if !folder.is_dir() {
            return Err(Error::new("model.missing", format!("found no folder at {}, expected a model folder", folder.display())));
        }
        let missing =
            |e: &dyn std::fmt::Display| Error::new("model.missing", format!("found no readable model.json in {}: {e}", folder.display()));
        if !std::fs::metadata(&path).map_err(|e| missing(&e))?.is_file() {
            return Err(missing(&"it is no file"));
        }
        let text = std::fs::read(&path).map_err(|e| missing(&e))?;
        let wrong = |what: String| Error::new("model.format", format!("{}: {what}", path.display()));
        let value: Value = serde_json::from_slice(&text).map_err(|e| wrong(format!("not JSON: {e}")))?;
        match value.get("format").and_then(Value::as_u64) {
            Some(found) if found == u64::from(FORMAT) => {}
            Some(found) => return Err(wrong(format!("found format {found}, expected {FORMAT}"))),
            None => return Err(wrong(format!("found no format number, expected \"format\": {FORMAT}"))),
        }
        let mut manifest = Self::from_json(value).map_err(|e| wrong(e.to_string()))?;
        manifest.sha256 = format!("{:x}", Sha256::digest(&text));
        manifest.check().map_err(|e| wrong(e.message().to_owned()))?;
        Ok(manifest)
    }

    /// The manifest of a `model.json`; nothing of it is checked beyond its form.
    ///
    /// # Errors
    /// By serde: the key that is missing, unknown or of another form.
    #[doc(hidden)]
    pub fn from_json(value: Value) -> serde_json::Result<Self> {
        let Value::Object(keys) = value else { return serde_json::from_value(value) };
        let (own, generator): (Map<_, _>, Map<_, _>) = keys.into_iter().partition(|(key, _)| FOLDER.contains(&key.as_str()));
        let alone = generator.is_empty() && own.contains_key("reader");
        let generator = (!alone).then(|| serde_json::from_value(Value::Object(generator))).transpose()?;
        let own: Self = serde_json::from_value(Value::Object(own))?;
        Ok(Self { generator, ..own })
    }

    /// Compares every file's size with the manifest's, and the SHA-256 of those that say how others are read: all but weights.
    ///
    /// # Errors
    /// `model.missing` or `model.hash`, with the file.
    pub fn verify(&self, folder: &Path) -> Result<()> {
        self.files.iter().try_for_each(|(name, entry)| entry.verify_size(&folder.join(name)))?;
        self.verify_hashes(folder, |name| !self.is_weights(name))
    }

    /// Compares the SHA-256 of weights: numbers alone, which may be loaded meanwhile.
    ///
    /// # Errors
    /// `model.hash`, with the file.
    pub fn verify_weights(&self, folder: &Path) -> Result<()> {
        self.verify_hashes(folder, |name| self.is_weights(name))
    }

    fn verify_hashes(&self, folder: &Path, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        self.files.iter().filter(|(name, _)| is_meant(name)).try_for_each(|(name, entry)| entry.verify_hash(&folder.join(name)))
    }

    fn is_weights(&self, name: &str) -> bool {
        self.generator.iter().flat_map(|g| &g.artefacts).any(|artefact| artefact.weights.as_deref() == Some(name))
    }
}
