//! Results of self-tests, kept so that each is made once.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::manifest::{Artefact, Manifest};
use crate::model::open_options::OpenOptions;
use crate::runtime::execution_provider::version;

/// A self-test's result in a file, named by everything that it depends on.
pub(crate) struct SelfTestCache {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    error: f64,
}

impl SelfTestCache {
    /// None where nothing is kept.
    pub fn new(artefact: &Artefact, manifest: &Manifest, options: &OpenOptions) -> Result<Option<Self>> {
        let Some(folder) = &options.self_test_cache else { return Ok(None) };
        let mut key = Sha256::new();
        for file in artefact.files() {
            key.update(manifest.files.get(file).map_or("", |entry| &entry.sha256));
        }
        let library = options.npu_library.as_ref().and_then(|path| std::fs::metadata(path).ok()).map(|m| (m.len(), m.modified().ok()));
        let around = (&manifest.sha256, &artefact.accelerator, &options.soc, &options.npu_library, library, version()?);
        key.update(format!("{around:?} {}", env!("CARGO_PKG_VERSION")));
        Ok(Some(Self { path: folder.join(format!("{:x}.json", key.finalize())) }))
    }

    /// The error that an earlier self-test found.
    pub fn read(&self) -> Option<f64> {
        let text = std::fs::read(&self.path).ok()?;
        serde_json::from_slice::<Stored>(&text).ok().map(|stored| stored.error)
    }

    /// Not to be able to write it costs the next opening some time, no more.
    pub fn write(&self, error: f64) {
        let attempt = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&file, &Stored { error: error.min(f64::MAX) })?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        if let Err(e) = attempt() {
            log::warn!("a self-test's result was not kept: {e}");
        }
    }
}
