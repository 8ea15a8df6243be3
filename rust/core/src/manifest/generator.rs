//! The generator's keys of `model.json`: the language model of a folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::manifest::artefact::Artefact;
use crate::manifest::reading::Reading;

/// Where a graph can run.
pub const ACCELERATORS: [&str; 4] = ["Npu", "Nnapi", "Xnnpack", "Cpu"];

/// What `model.json` says of the generator. Units: tokens unless said.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the keys are documented in models/README.md
pub struct GeneratorManifest {
    pub base: Base,
    pub kinds: BTreeMap<String, AttentionKind>,
    pub layers: Vec<String>,
    pub embedding: Embedding,
    pub tokenizer: TokenizerFile,
    pub prompt: Prompt,
    #[serde(deserialize_with = "Option::deserialize")] // null, but not left out
    pub citation: Option<Citation>,
    pub artefacts: Vec<Artefact>,
    pub scenarios: BTreeMap<String, Scenario>,
    pub default_scenario: String,
    pub readings: Readings,
    pub scoring: Scoring,
    #[serde(default, skip_serializing_if = "Decoding::is_default")]
    pub decoding: Decoding,
    pub limits: Limits,
    pub self_test: Vec<SelfTest>,
}

impl GeneratorManifest {
    /// The scenario of that name, or the default one.
    ///
    /// # Errors
    /// `argument.scenario` when there is none of that name.
    pub fn scenario(&self, name: Option<&str>) -> Result<Scenario> {
        let name = name.unwrap_or(&self.default_scenario);
        self.scenarios.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.scenarios.keys().map(String::as_str).collect();
            Error::new("argument.scenario", format!("found scenario \"{name}\", expected one of {}", known.join(", ")))
        })
    }

    /// The CPU's first artefact, or else the first.
    pub fn cpu(&self) -> Option<&Artefact> {
        self.artefacts.iter().find(|a| a.accelerator == "Cpu").or(self.artefacts.first())
    }
}

/// The sizes of the base decoder.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Base {
    pub family: String,
    pub layers: usize,
    pub hidden: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub vocabulary: usize,
    pub parameters: u64,
    pub gate_parameters: u64,
    /// Width of the MLP; left out: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed_forward: Option<usize>,
}

/// How the layers of one kind rotate their keys, and how far they look.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionKind {
    /// `[rotary_dims / 2]`, radians a token; empty: keys are not rotated.
    pub inverse_frequencies: Vec<f64>,
    /// A token sees so many, itself included; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sliding: Option<usize>,
    /// Whether what leaves the window goes into a memory; else it is gone.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub memory: bool,
}

/// The input embedding: `[vocabulary, hidden]`, row-major, in a file of its own or, in steps, where the graph's lm_head stands.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Embedding {
    pub file: String,
    pub dtype: RowDtype,
    pub scale: f32,
    /// Of rows in steps: where these begin in the file, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Of rows in steps: where their scales begin in the file, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scales: Option<u64>,
}

/// What rows of an embedding are kept in: floats, or steps of 8 or 4 bits with an f32 scale for every 32, or of 8 bits with one for the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum RowDtype {
    F16,
    Bf16,
    F32,
    Q8,
    Q4,
    R8,
}

/// The tokenizer's file and the tokens that end an answer.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct TokenizerFile {
    pub file: String,
    pub end: Vec<u32>,
}

/// Templates of a prompt's pieces.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Prompt {
    pub start: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub title: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub heading: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub sentence: Option<String>,
    /// What stands before the passages that a question is asked about, as well as `ask` after them; left out: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    pub ask: String,
    pub summarize: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatPrompt>,
}

/// Templates of a chat.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ChatPrompt {
    pub start: String,
    pub user: String,
    /// Of the turns after the first, where they begin otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether white space around what is said is dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trim: bool,
    /// Whether white space before what is said is dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trim_start: bool,
}

/// Marker tokens of a citing model.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The tokens of `<s1>`, `<s2>`, …
    pub markers: Vec<u32>,
    /// The tokens of `<h1>`, `<h2>`, …
    pub headings: Vec<u32>,
    /// *Not in the document.*
    pub none: u32,
    /// What begins an answer in the model's own words, out of the memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<u32>,
}

/// A named choice of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Rows of a run, S.
    pub segment: usize,
    /// Slots for tokens that never leave the cache, K.
    pub pinned: usize,
    /// Slots for the newest tokens, W.
    pub window: usize,
    /// Most tokens of passages in a recall prompt.
    pub recall: usize,
    /// Threads of a run; 0 = one per core, at most 4.
    pub threads: usize,
}

/// The default reading per task.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Readings {
    pub ask: Reading,
    pub summarize: Reading,
}

/// How a free model's words are chosen where a call says nothing; names and values as in `transformers`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Decoding {
    pub repetition_penalty: f32,
    pub no_repeat_ngram_size: usize,
    pub stop: Vec<String>,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { repetition_penalty: 1.0, no_repeat_ngram_size: 0, stop: Vec::new() }
    }
}

impl Decoding {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How a decision is scored whether the document answers.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Scoring {
    pub bm25_weight: f32,
    pub found_threshold: f32,
    #[serde(default)]
    pub found_bm25: f32,
}

/// Most tokens of a question and of an answer, and most prompts that a question is looked for in by recall.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Limits {
    pub question: usize,
    pub answer: usize,
    /// Most tokens of an answer about a document and of a summary where a call does not say; left out: `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<usize>,
    /// Most sentences of an answer about a document in a model's own words, where a call does not say how it is given; left out: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentences: Option<usize>,
    #[serde(default = "one")]
    pub recall_prompts: usize,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

/// What the fp32 reference computes after `tokens` (the first K of them pinned), read segment by segment in `scenario`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SelfTest {
    pub scenario: String,
    pub tokens: Vec<u32>,
    pub indices: Vec<u32>,
    pub logits: Vec<f32>,
}
