//! The folders of `src` are the order of dependency: a file imports only what stands before it in this list.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders, and single files beside them, from the bottom up; of a folder its files from the bottom up. A folder's `mod.rs` comes after its files.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    (
        "text",
        &[
            "span",
            "whitespace",
            "number_words",
            "encoding",
            "byte_source",
            "places",
            "stored_blocks",
            "utf16_marks",
            "extraction",
            "source",
            "structure",
            "word_memo",
            "pretokenizer",
            "tokenizer",
            "abbreviations",
            "sentences",
            "units",
            "cutter",
            "unit_stream",
        ],
    ),
    ("answer", &[]),
    (
        "index",
        &[
            "folding",
            "language",
            "terms",
            "term_counts",
            "misspelt",
            "collection",
            "postings",
            "passage_records",
            "unit_records",
            "bm25",
            "index",
            "profile",
            "search",
        ],
    ),
    ("manifest", &["kv_dtype", "artefact", "reading", "generator", "reader", "manifest", "validate", "prompt_template"]),
    ("attention", &["rope", "compressive_memory"]),
    (
        "runtime",
        &[
            "execution_provider",
            "cancel_token",
            "tensor",
            "model_dims",
            "executor",
            "graph",
            "encoder",
            "dynamic_shape",
            "static_shape",
            "embedding",
        ],
    ),
    ("session", &["session", "persistence"]),
    ("reader", &["settings", "layout", "decision", "reader"]),
    (
        "model",
        &[
            "concurrently",
            "memory_estimate",
            "inspect",
            "open_options",
            "execution",
            "self_test",
            "self_test_cache",
            "accelerator_selection",
            "generator",
            "model",
        ],
    ),
    ("decode", &["scoring", "sampling", "stops", "prompt_lookup", "constrained", "decoder"]),
    ("document", &["reading_state", "sealed", "saved", "document"]),
    (
        "prompt",
        &[
            "near",
            "demand",
            "excerpt",
            "evidence",
            "pieces",
            "prompt",
            "correction",
            "salience",
            "sentence_pool",
            "sentence_choice",
            "retrieval",
            "candidates",
            "focus",
            "survey",
            "map_reduce",
            "plan",
        ],
    ),
    ("search", &["quotes", "support", "marks", "passages", "runs", "agreement", "statements"]),
    ("listing", &["words", "asked", "walk", "profile", "naming", "choice", "listing"]),
    ("values", &["field", "number", "amount", "date", "reading"]),
    ("follow_up", &["words", "question", "antecedent", "ellipsis", "resolve"]),
    (
        "generation",
        &[
            "request",
            "step",
            "coverage",
            "refusal",
            "output",
            "stats",
            "prompt_session",
            "cite",
            "free_form",
            "constrained",
            "note",
            "prompt_run",
            "answer_stream",
            "counted",
            "extraction",
            "extractive",
            "generation",
            "worded",
            "answering",
            "fields",
            "chat",
            "document_chat",
        ],
    ),
    (
        "shelf",
        &[
            "entry",
            "catalogue",
            "stored",
            "segment",
            "segments",
            "snapshot",
            "shelf",
            "adding",
            "ranking",
            "gathered",
            "asking",
            "chatting",
            "summary",
            "searching",
        ],
    ),
];

/// Where a module stands: its folder's place, and its own within.
type Place = (usize, usize);

fn places() -> BTreeMap<String, Place> {
    let mut places = BTreeMap::new();
    for (at, (folder, files)) in LAYERS.iter().enumerate() {
        places.insert((*folder).to_owned(), (at, files.len()));
        for (within, file) in files.iter().enumerate() {
            places.insert(format!("{folder}::{file}"), (at, within));
        }
    }
    places
}

/// The path of a module, such as `runtime::graph`; a folder's for its `mod.rs`.
fn module(source: &Path, file: &Path) -> String {
    let path = file.strip_prefix(source).expect("a file of src").with_extension("");
    let names: Vec<String> = path.iter().map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "mod").collect();
    names.join("::")
}

/// The paths that a text names after `crate::`, two names at most: one for each of those in braces. Comments may name anything.
fn imports(text: &str) -> Vec<String> {
    let text = &text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let folder = name(rest);
        let inner = rest[folder.len()..].strip_prefix("::").unwrap_or_default();
        match inner.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) => found.extend(list.split(',').map(|item| format!("{folder}::{}", name(item.trim())))),
            None => found.push(format!("{folder}::{}", name(inner))),
        }
    }
    found
}

/// What is wrong with a module's imports.
fn upward(places: &BTreeMap<String, Place>, module: &str, text: &str) -> Vec<String> {
    let Some(here) = places.get(module) else { return vec![format!("{module} is in no layer")] };
    let mut wrong = Vec::new();
    for import in imports(text) {
        let (folder, _) = import.split_once("::").expect("two names");
        // What is no file is a re-export: within the folder that of the main file's, which has the folder's name.
        let main = places.get(&format!("{folder}::{folder}")).filter(|main| main.0 == here.0);
        let Some(there) = places.get(&import).or(main).or_else(|| places.get(folder)).copied() else {
            wrong.push(format!("{module} names {import}, which is in no layer"));
            continue;
        };
        if there.0 > here.0 || (there.0 == here.0 && there.1 >= here.1 && import != module) {
            wrong.push(format!("{module} imports {import}, which stands above it"));
        }
    }
    wrong
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_imports_only_what_stands_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut places = places();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files.iter().filter(|file| !file.ends_with("src/lib.rs")) {
        let text = fs::read_to_string(file).expect("UTF-8");
        // What only tests import has no place in the order.
        let code = text.split("#[cfg(test)]").next().expect("a text");
        wrong.extend(upward(&places, &module(&source, file), code));
        seen += 1;
    }
    for file in &files {
        places.remove(&module(&source, file));
    }
    assert!(seen > 40, "found {seen} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(places.is_empty(), "no such files: {places:?}");
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    rust_files(&crates, &mut files);
    for file in files {
        let lines = fs::read_to_string(&file).expect("UTF-8").lines().count();
        assert!(lines <= 400, "{}: found {lines} lines, expected at most 400", file.display());
    }
}

#[test]
fn an_upward_import_is_found() {
    let found = |module: &str, text: &str| upward(&places(), module, text);
    assert!(found("runtime::graph", "use crate::runtime::tensor::Encodings;\nuse crate::error::{Error, Result};").is_empty());
    assert_eq!(found("runtime::graph", "use crate::runtime::static_shape::StaticExecutor;").len(), 1);
    assert_eq!(found("runtime::graph", "fn f(x: &crate::session::Session) {}").len(), 1);
    assert_eq!(found("model::model", "use crate::{error::Error, document::Document};").len(), 1);
    assert_eq!(found("text::passage", "use crate::text::{tokenizer, source};\nuse crate::index::Index;").len(), 1);
    assert!(found("manifest::validate", "use crate::manifest::Manifest; // and crate::session").is_empty());
    assert_eq!(found("manifest::kv_dtype", "use crate::manifest::Manifest;").len(), 1);
    assert_eq!(found("somewhere::else", "").len(), 1);
}
