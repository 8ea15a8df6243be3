//! The generator of an opened folder: tokenizer, embedding and graph of its language model. Immutable, shared by `Arc`.

use std::path::Path;
use std::sync::Arc;

use crate::answer::CoverageKind;
use crate::error::Result;
use crate::manifest::kv_dtype::KvDtype;
use crate::manifest::prompt_template::{PromptTemplate, no_chat};
use crate::manifest::{Artefact, GeneratorManifest, Manifest, Scenario};
use crate::model::accelerator_selection::{self, Candidate, Opening};
use crate::model::execution::Execution;
use crate::model::memory_estimate::state_bytes;
use crate::model::open_options::OpenOptions;
use crate::model::self_test::{SelfTestResult, self_test_error};
use crate::runtime::embedding::Embedding;
use crate::runtime::executor;
use crate::runtime::graph::Graph;
use crate::runtime::model_dims::ModelDims;
use crate::session::{Session, SessionShared};
use crate::text::tokenizer::Tokens;

/// A language model ready to run prompts.
#[derive(Debug)]
pub struct Generator {
    manifest: GeneratorManifest,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) template: PromptTemplate,
    shared: Arc<SessionShared>,
    graph: Arc<Graph>,
    sizes: Scenario,
    execution: Execution,
}

/// What a generator is opened with: the caller's options, as far as they are checked before any file is read.
#[derive(Debug)]
pub(crate) struct Choice {
    sizes: Scenario,
    candidates: Vec<Candidate>,
}

impl Choice {
    /// Refuses options that the manifest has nothing for.
    pub fn new(manifest: &GeneratorManifest, options: &OpenOptions) -> Result<Self> {
        let sizes = manifest.scenario(options.scenario.as_deref())?;
        Ok(Self { sizes, candidates: accelerator_selection::candidates(manifest, options)? })
    }
}

impl Generator {
    /// Opens the generator of a folder whose files were compared.
    pub(crate) fn open(
        folder: &Path,
        whole: &Manifest,
        manifest: &GeneratorManifest,
        choice: Choice,
        options: &OpenOptions,
    ) -> Result<Self> {
        let Choice { sizes, candidates } = choice;
        let mut tokens = Tokens::open(&folder.join(&manifest.tokenizer.file), manifest.base.vocabulary)?;
        let template = PromptTemplate::new(manifest, &mut tokens)?;
        let rows = manifest.base.vocabulary;
        let width = manifest.base.hidden;
        let kept = &manifest.embedding;
        let embedding = Embedding::open(&folder.join(&kept.file), rows, width, kept)?;
        let threads = options.threads(sizes.threads);
        let shared = Arc::new(SessionShared { dims: ModelDims::new(manifest), embedding });
        let opening = Opening { folder, whole, manifest, sizes, shared: &shared, options, threads };
        let (graph, execution) = accelerator_selection::first(candidates, &opening)?;
        Ok(Self { manifest: manifest.clone(), tokens: Arc::new(tokens), template, shared, graph, sizes, execution })
    }

    /// What becomes of text that leaves the window.
    pub(crate) fn evicted_as(&self) -> CoverageKind {
        if self.shared.dims.remembers() { CoverageKind::Absorbed } else { CoverageKind::Skipped }
    }

    /// What model.json says of it.
    pub fn manifest(&self) -> &GeneratorManifest {
        &self.manifest
    }

    /// The sizes in use.
    pub fn sizes(&self) -> Scenario {
        self.sizes
    }

    /// Most tokens of a sentence: longer ones are cut, so that a prompt holds several.
    pub fn piece_tokens(&self) -> usize {
        (self.sizes.window / 4).clamp(4, 96)
    }

    /// What its graph runs on.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// Bytes of one session's state, by the formula of [`ScenarioInfo`](crate::model::inspect::ScenarioInfo).
    pub fn state_bytes(&self) -> u64 {
        state_bytes(&self.manifest, self.sizes, self.artefact().map_or(KvDtype::F32, |a| a.cache))
    }

    fn artefact(&self) -> Option<&Artefact> {
        self.manifest.artefacts.iter().find(|a| a.file == self.execution.file)
    }

    /// The tokenizer.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Refuses a question that is empty or too long.
    ///
    /// # Errors
    /// `argument.question`.
    pub fn check_question(&self, question: &str) -> Result<()> {
        self.template.ask(question, None, self.manifest.limits.question, &self.tokens).map(drop)
    }

    /// The templates, tokenised.
    pub fn template(&self) -> &PromptTemplate {
        &self.template
    }

    /// Lets go of the graph's memory: what is at work keeps it until its end, and the next run loads it again.
    pub fn trim(&self) {
        self.graph.trim();
    }

    /// Whether the graph is in memory.
    pub fn is_loaded(&self) -> bool {
        self.graph.is_loaded()
    }

    /// An empty session that begins with the prompt's start.
    ///
    /// # Errors
    /// `runtime.failed` when no tensor can be made; `model.…` when the graph was let go of and does not load again.
    pub fn session(&self) -> Result<Session> {
        self.session_with(self.sizes, self.template.start())
    }

    /// An empty session that begins as a chat does.
    pub(crate) fn chat_session(&self) -> Result<Session> {
        self.session_with(self.sizes, self.template.chat().ok_or_else(no_chat)?)
    }

    /// Compares the graph with the reference's logits in model.json.
    ///
    /// # Errors
    /// `model.self_test` when the logits are further off than model.json allows; `runtime.failed` when a run fails.
    pub fn self_test(&self) -> Result<SelfTestResult> {
        let bound = self.artefact().map_or(0.0, |a| a.max_error);
        let open = self.artefact().is_none_or(|a| a.fixed.is_none());
        let tests = self.manifest.self_test.iter().filter(|t| open || self.manifest.scenarios.get(&t.scenario) == Some(&self.sizes));
        let error = self_test_error(tests, &self.manifest, &self.shared, &self.graph)?;
        SelfTestResult::new(&self.execution.file, error, bound)
    }

    fn session_with(&self, sizes: Scenario, start: &[u32]) -> Result<Session> {
        Session::new(Arc::clone(&self.shared), sizes, executor(&self.graph, sizes)?, start)
    }
}
