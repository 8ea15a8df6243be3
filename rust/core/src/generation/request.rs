//! What is asked of a document: the caller's options, completed by the document's reading and the model's defaults.

use std::sync::Arc;

use serde::Deserialize;

use crate::answer::Span;
use crate::decode::decoder::Decoder;
use crate::decode::sampling::Sampling;
use crate::document::Shared;
use crate::error::{Error, Result};
use crate::manifest::Reading;
use crate::manifest::prompt_template::Markers;
use crate::model::{Generator, Model};
use crate::prompt::plan::Plan;
use crate::prompt::{Near, Task};

/// How a question or a summary is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskOptions {
    /// Without it what the document was read for, or else the model's default for the task.
    pub reading: Option<Reading>,
    /// Most prompts that recall looks for an answer in; without it what the model says.
    pub recall_prompts: Option<usize>,
    /// A free model's answer is held to the document: each line of it is a quote, and where the model says nothing, nothing was found; where the folder has
    /// a reader, which chose the sentences, they are the answer. A citing model's answer is held to sentences; with this also where it would answer out of the memory in its own words.
    pub verbatim: bool,
    /// Most tokens of the answer; without it (and at most) the model's limit.
    pub max_output_tokens: Option<usize>,
    /// Most sentences of a citing model's summary, from all over the document; without it as many as the model cites.
    pub length: Option<usize>,
    /// What the summary is to be about, such as "what I must pay": of a summary by recall that is made of the document's sentences.
    pub focus: Option<String>,
    /// The form of a citing model's summary.
    pub style: SummaryStyle,
    /// How a free model is to answer this time, such as "Answer in German, in one sentence": it takes the place of what the model's template says after the question
    /// and stands behind the question, or behind what asks for a summary. Other models quote and are refused it.
    pub instruction: Option<String>,
    /// Free models draft tokens from what they read and check several in one run: the same answer, sooner. On unless switched off.
    pub prompt_lookup: bool,
    /// How the tokens of an answer in a model's own words are chosen. What is held to the document, and what is cited, is the likeliest each time.
    pub sampling: Sampling,
}

/// The form of a citing model's summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryStyle {
    /// Each sentence and each heading is a line.
    #[default]
    Bullets,
    /// One running text without headings.
    Paragraph,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self {
            reading: None,
            recall_prompts: None,
            verbatim: false,
            max_output_tokens: None,
            length: None,
            focus: None,
            style: SummaryStyle::default(),
            instruction: None,
            prompt_lookup: true,
            sampling: Sampling::default(),
        }
    }
}

impl AskOptions {
    /// Most tokens of an answer: as asked, or else `usual`, and never more than the model's limit.
    pub(super) fn token_limit(&self, generator: &Generator, usual: Option<usize>) -> usize {
        self.max_output_tokens.or(usual).unwrap_or(usize::MAX).min(generator.manifest().limits.answer)
    }

    /// A decoder of at most `limit` tokens.
    pub(super) fn decoder(&self, limit: usize, generator: &Generator) -> Decoder {
        Decoder::new(limit, self.prompt_lookup, &self.sampling.with_defaults(&generator.manifest().decoding))
    }
}

/// How an answer is made: it decides what its quotes, `found` and its confidence mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    /// Sentences that a citing model chose.
    Cited,
    /// A citing model's own words, out of the memory.
    Memory,
    /// A citing model's own words for *not in the document*.
    Refusal,
    /// A free model's own words.
    FreeForm,
    /// A free model's words, held to the document.
    Constrained,
}

/// A task, the document that it is about, and the options.
#[derive(Debug)]
pub(crate) struct Request {
    document: Arc<Shared>,
    generator: Arc<Generator>,
    task: Task,
    options: AskOptions,
}

impl Request {
    /// Refuses options that no answer can be made with.
    pub fn new(document: Arc<Shared>, task: Task, options: AskOptions) -> Result<Self> {
        let generator = Arc::clone(document.generator()?);
        let request = Self { document, generator, task, options };
        request.retrieval_prompts()?;
        at_least_one("length", request.options.length)?;
        request.options.sampling.check()?;
        Ok(request)
    }

    /// The prompts that answer it, looked for rather beside what `near` names.
    pub fn plan(&self, near: Near) -> Result<Plan> {
        Plan::new(&self.document, &self.task, self.instruction(), self.reading(), self.retrieval_prompts()?, near)
    }

    /// One prompt of sentences that were chosen for it, the best first.
    pub fn plan_of(&self, sentences: &[Span]) -> Result<Plan> {
        Plan::of_sentences(&self.document, &self.task, self.instruction(), sentences)
    }

    pub fn document(&self) -> &Shared {
        &self.document
    }

    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    pub fn options(&self) -> &AskOptions {
        &self.options
    }

    /// How the answer is to be given, in the caller's words.
    pub fn instruction(&self) -> Option<&str> {
        self.options.instruction.as_deref().map(str::trim)
    }

    /// None for a summary.
    pub fn question(&self) -> Option<&str> {
        match &self.task {
            Task::Ask(question) => Some(question),
            Task::Summarize => None,
        }
    }

    pub fn is_question(&self) -> bool {
        self.question().is_some()
    }

    /// The markers of a citing model; None for a free one.
    pub fn markers(&self) -> Option<&Markers> {
        self.generator().template.citing()
    }

    /// Whether a free model's answer is held to the document.
    pub fn is_constrained(&self) -> bool {
        self.options.verbatim && self.markers().is_none()
    }

    /// The token by which a citing model may choose to answer out of the memory in its own words.
    pub fn own_words(&self) -> Option<u32> {
        self.markers()?.words.filter(|_| !self.options.verbatim)
    }

    /// How the answer begins to be made.
    pub fn answer_kind(&self) -> AnswerKind {
        match self.markers() {
            Some(_) => AnswerKind::Cited,
            None if self.is_constrained() => AnswerKind::Constrained,
            None => AnswerKind::FreeForm,
        }
    }

    /// A decoder of at most `limit` tokens.
    pub fn decoder(&self, limit: usize) -> Decoder {
        self.options.decoder(limit, self.generator())
    }

    /// Most tokens of the answer.
    pub fn token_limit(&self) -> usize {
        let limits = self.generator().manifest().limits;
        let by_task = if self.is_question() { limits.ask } else { limits.summary };
        self.options.token_limit(self.generator(), by_task)
    }

    /// Most sentences of a free model's answer to a question, where the call says nothing of how it is given.
    pub fn sentences_of_own_words(&self) -> Option<usize> {
        let says_nothing = self.options.max_output_tokens.is_none() && self.options.instruction.is_none();
        let free = self.is_question() && self.answer_kind() == AnswerKind::FreeForm;
        self.generator().manifest().limits.sentences.filter(|_| free && says_nothing)
    }

    /// Most sentences of a citing model's summary.
    pub fn sentence_limit(&self) -> usize {
        self.options.length.unwrap_or(usize::MAX)
    }

    fn retrieval_prompts(&self) -> Result<Option<usize>> {
        check_prompts(&self.document.model, &self.options, self.reading())
    }

    /// Whether a free model answers by recall, and its folder says from where on a question bears on the document: then what no sentence says is not found.
    pub fn looks_for_support(&self) -> bool {
        self.is_question() && self.markers().is_none() && self.retrieves() && self.generator().manifest().scoring.found_bm25 > 0.0
    }

    /// What of the question the best retrieved sentence must hold for the model to be asked; 0 where it is asked in any case.
    pub fn least_relevance(&self) -> f32 {
        let asks = self.looks_for_support() && self.reading() == Reading::Recall;
        if asks { self.generator().manifest().scoring.found_bm25 } else { 0.0 }
    }

    /// Whether the question's words choose what is read.
    pub fn retrieves(&self) -> bool {
        matches!(self.reading(), Reading::Recall | Reading::RecallAll)
    }

    pub fn reading(&self) -> Reading {
        reading(&self.document, &self.options, self.is_question())
    }
}

/// By what a question or a summary is answered: as asked, or what the document was read for, or else the model's default.
pub(crate) fn reading(document: &Shared, options: &AskOptions, is_question: bool) -> Reading {
    let defaults = document.model.readings();
    let default = if is_question { defaults.ask } else { defaults.summarize };
    options.reading.or(document.reading.get().copied()).unwrap_or(default)
}

/// Most prompts of a retrieval, or runs of a reader; None goes on to the document's end.
pub(crate) fn check_prompts(model: &Model, options: &AskOptions, reading: Reading) -> Result<Option<usize>> {
    let default = model.generator().map_or(1, |generator| generator.manifest().limits.recall_prompts);
    let most = (reading != Reading::RecallAll).then(|| options.recall_prompts.unwrap_or(default));
    at_least_one("recall_prompts", most)?;
    Ok(most)
}

/// Refuses options that would change nothing beside the others, and an instruction where nothing follows it.
pub(crate) fn check_combination(model: &Model, options: &AskOptions, reading: Reading, is_question: bool) -> Result<()> {
    let wrong = |name: &str, found: &str, expected: &str| {
        Err(Error::new("argument.options", format!("{name}: found {found}, expected {expected}")))
    };
    if is_question && options.focus.is_some() {
        return wrong("focus", "a question", "a summary");
    }
    if options.focus.as_deref().is_some_and(|focus| focus.trim().is_empty()) {
        return wrong("focus", "no word", "what the summary is to be about");
    }
    if is_question && options.length.is_some() {
        return wrong("length", "a question", "a summary");
    }
    if is_question && options.style != SummaryStyle::default() {
        return wrong("style", "a question", "a summary");
    }
    if options.recall_prompts.is_some() && !is_question {
        return wrong("recall_prompts", "a summary", "a question");
    }
    if options.recall_prompts.is_some() && reading != Reading::Recall {
        return wrong("recall_prompts", &format!("the reading {reading:?}"), "recall");
    }
    let Some(instruction) = &options.instruction else { return Ok(()) };
    if instruction.trim().is_empty() {
        return wrong("instruction", "no word", "how the answer is to be given");
    }
    if options.verbatim {
        return wrong("instruction", "an answer that is held to the document (verbatim)", "one in the model's own words");
    }
    match model.generator() {
        Ok(_) if model.is_free() => Ok(()),
        Ok(_) => wrong("instruction", "a model that quotes sentences", "a model that answers in its own words"),
        Err(_) => wrong("instruction", "a reader alone, which quotes sentences", "a model that answers in its own words"),
    }
}

pub(crate) fn at_least_one(name: &str, number: Option<usize>) -> Result<()> {
    match number {
        Some(0) => Err(Error::new("argument.options", format!("{name}: found 0, expected at least 1"))),
        _ => Ok(()),
    }
}
