//! What a shelf says of its documents, and which of them are meant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::index::Language;

/// Most bytes of an id and of a key, of a title, of all metadata together.
const ID: usize = 256;
const TITLE: usize = 1024;
const METADATA: usize = 1 << 14;

/// What an app says of a document that it puts on a shelf.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDocument {
    /// By which the app knows it: not empty, at most 256 bytes.
    pub id: String,
    /// Stands above its headings wherever it is quoted, and its words count for each of its passages; without it the name of its file, or else the id. At most
    /// 1,024 bytes.
    #[serde(default)]
    pub title: Option<String>,
    /// The app's own, by which a [`Filter`] chooses: at most 16,384 bytes together; no key is empty or longer than 256 bytes.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// A document on a shelf.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ShelfDocument {
    /// By which the app knows it.
    pub id: String,
    #[allow(missing_docs)]
    pub title: String,
    /// The app's own.
    pub metadata: BTreeMap<String, String>,
    /// Of the file that it was, without folders; None of a text or a stream.
    pub name: Option<String>,
    /// SHA-256 of the file's bytes, whatever its format.
    pub sha256: String,
    /// Length of its text form.
    pub bytes: u64,
    /// The same in UTF-16 units.
    pub utf16_length: u64,
    /// As the model counts them that was open when it was added.
    pub tokens: u64,
    #[allow(missing_docs)]
    pub passages: u32,
    /// ISO 639-1.
    pub language: String,
}

/// Which documents of a shelf are meant: those that pass all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Only these; an id that is not on the shelf names none. None: any.
    pub ids: Option<Vec<String>>,
    /// Only those whose metadata have each of these pairs.
    pub metadata: BTreeMap<String, String>,
}

/// A document of a shelf with the number of the change that brought it: its file's name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Entry {
    pub number: u64,
    pub document: ShelfDocument,
}

impl Entry {
    /// Its language.
    pub fn language(&self) -> Language {
        Language::by_code(&self.document.language).unwrap_or_default()
    }
}

impl NewDocument {
    /// Refuses what is too long or empty.
    pub(super) fn check(&self) -> Result<()> {
        check_id("id", &self.id)?;
        let wrong = |what: String| Err(Error::new("argument.id", what));
        if let Some(title) = self.title.as_ref().filter(|title| title.len() > TITLE) {
            return wrong(format!("title: found {} bytes, expected at most {TITLE}", title.len()));
        }
        self.metadata.keys().try_for_each(|key| check_id("a key of the metadata", key))?;
        let bytes: usize = self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > METADATA {
            return wrong(format!("metadata: found {bytes} bytes, expected at most {METADATA}"));
        }
        Ok(())
    }
}

fn check_id(what: &str, id: &str) -> Result<()> {
    if id.is_empty() || id.len() > ID {
        return Err(Error::new("argument.id", format!("{what}: found {} bytes, expected 1 to {ID}", id.len())));
    }
    Ok(())
}

impl Filter {
    /// Whether a document passes.
    pub(super) fn passes(&self, document: &ShelfDocument) -> bool {
        let by_id = self.ids.as_ref().is_none_or(|ids| ids.contains(&document.id));
        by_id && self.metadata.iter().all(|(key, value)| document.metadata.get(key) == Some(value))
    }
}
