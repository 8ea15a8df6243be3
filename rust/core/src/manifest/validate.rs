//! What a manifest must hold beyond its form: sizes that can be, tokens that exist, names that are there.
//!
//! After this no number of `model.json` reaches an allocation, an index or a multiplication that it could break.

use crate::error::{Error, Result};
use crate::manifest::artefact::{Artefact, FixedGraph};
use crate::manifest::generator::{ACCELERATORS, GeneratorManifest, RowDtype};
use crate::manifest::manifest::Manifest;
use crate::manifest::reader::ReaderManifest;
use crate::manifest::reading::Reading;

/// No size in a manifest is larger.
const MOST: usize = 1 << 22;

impl Manifest {
    /// Refuses what no model can be; the sentence names the key.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(generator) = &self.generator {
            generator.check()?;
        }
        let of_generator = self.generator.iter().flat_map(GeneratorManifest::files);
        let of_reader = self.reader.iter().flat_map(ReaderManifest::files);
        let named: Vec<&String> = of_generator.chain(of_reader).collect();
        if let Some(file) = named.iter().find(|file| !self.files.contains_key(**file)) {
            return wrong(format!("files: found no entry for {file:?}"));
        }
        let mut reader = self.reader.iter().flat_map(ReaderManifest::files);
        if let Some(file) = reader.find(|file| named.iter().filter(|other| *other == file).count() > 1) {
            return wrong(format!("reader: found {file:?} for two things, expected a file for each"));
        }
        for (name, entry) in &self.files {
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return wrong(format!("files: found {name:?}, expected plain file names"));
            }
            if entry.bytes > 1 << 40 {
                return wrong(format!("files: found {} bytes for {name:?}, expected at most 1 TiB", entry.bytes));
            }
        }
        Ok(())
    }
}

impl GeneratorManifest {
    fn check(&self) -> Result<()> {
        self.check_sizes()?;
        self.check_prompt()?;
        self.check_self_test()?;
        self.check_artefacts()
    }

    /// Every file of it.
    fn files(&self) -> impl Iterator<Item = &String> {
        self.artefacts.iter().flat_map(Artefact::files).chain([&self.embedding.file, &self.tokenizer.file])
    }

    fn check_sizes(&self) -> Result<()> {
        let base = &self.base;
        let sizes = [base.layers, base.hidden, base.heads, base.kv_heads, base.head_dim, base.vocabulary];
        if sizes.iter().any(|s| !(1..=MOST).contains(s)) || !base.heads.is_multiple_of(base.kv_heads) {
            return wrong(format!("base: found sizes {sizes:?}, expected 1 to {MOST}, and heads a multiple of kv_heads"));
        }
        if self.layers.len() != base.layers {
            return wrong(format!("layers: found {} kinds, expected {}", self.layers.len(), base.layers));
        }
        for kind in &self.layers {
            let Some(found) = self.kinds.get(kind) else {
                return wrong(format!("layers: found kind {kind:?}, expected one of kinds"));
            };
            let count = found.inverse_frequencies.len();
            if count * 2 > base.head_dim {
                return wrong(format!("kinds.{kind}: found {count} frequencies, expected at most {}", base.head_dim / 2));
            }
            if found.sliding.is_some_and(|s| !(1..=MOST).contains(&s)) {
                return wrong(format!("kinds.{kind}: found a sliding window of {:?}, expected 1 to {MOST}", found.sliding));
            }
        }
        if !self.scenarios.contains_key(&self.default_scenario) {
            return wrong(format!("default_scenario: found {:?}, expected a name in scenarios", self.default_scenario));
        }
        for (name, s) in &self.scenarios {
            let sizes = [s.segment, s.pinned, s.window, s.recall];
            if sizes.iter().any(|s| !(1..=MOST).contains(s)) || s.threads > 1024 {
                return wrong(format!("scenarios.{name}: found sizes {sizes:?}, expected 1 to {MOST}, and at most 1024 threads"));
            }
        }
        if [self.readings.ask, self.readings.summarize].contains(&Reading::RecallAll) {
            return wrong("readings: found recall_all, expected memory, recall or notes".into());
        }
        let limits = &self.limits;
        let stated = [limits.ask, limits.summary, limits.sentences].map(|most| most.unwrap_or(1));
        let limits = [limits.question, limits.answer, limits.recall_prompts, stated[0], stated[1], stated[2]];
        if limits.iter().any(|n| !(1..=MOST).contains(n)) {
            return wrong(format!("limits: expected 1 to {MOST}"));
        }
        let penalty = self.decoding.repetition_penalty;
        if !(penalty > 0.0 && penalty <= 100.0) || self.decoding.stop.iter().any(String::is_empty) {
            return wrong(format!(
                "decoding: found a repetition_penalty of {penalty}, expected more than 0, at most 100, and stop without empty strings"
            ));
        }
        let kept = &self.embedding;
        let in_steps = matches!(kept.dtype, RowDtype::Q8 | RowDtype::Q4 | RowDtype::R8);
        if [kept.steps, kept.scales].iter().any(|begin| begin.is_some() != in_steps) {
            return wrong("embedding: expected steps and scales, where rows of q8, q4 and r8 begin, and neither of other dtypes".into());
        }
        let numbers = [self.embedding.scale, self.scoring.bm25_weight, self.scoring.found_threshold, self.scoring.found_bm25];
        if numbers.iter().any(|n| !n.is_finite()) {
            return wrong("embedding.scale, scoring: found a number that is not finite".into());
        }
        Ok(())
    }

    fn check_prompt(&self) -> Result<()> {
        let asks = [("ask", Some(&self.prompt.ask)), ("before", self.prompt.before.as_ref())];
        if let Some((name, _)) = asks.iter().find(|(_, template)| template.is_some_and(|template| !template.contains("{question}"))) {
            return wrong(format!("prompt.{name}: found no {{question}}"));
        }
        if let Some(chat) = &self.prompt.chat {
            for (name, template) in [("user", Some(&chat.user)), ("next", chat.next.as_ref())] {
                if template.is_some_and(|t| !t.contains("{text}")) {
                    return wrong(format!("prompt.chat.{name}: found no {{text}}"));
                }
            }
        }
        self.check_tokens("tokenizer.end", &self.tokenizer.end)?;
        let Some(citation) = &self.citation else { return Ok(()) };
        for (name, template) in [("sentence", &self.prompt.sentence), ("heading", &self.prompt.heading)] {
            if !template.as_ref().is_some_and(|t| t.contains("{n}") && t.contains("{text}")) {
                return wrong(format!("prompt.{name}: a citing model needs {{n}} and {{text}} in it"));
            }
        }
        if citation.markers.is_empty() || citation.headings.is_empty() {
            return wrong("citation: found no markers".into());
        }
        self.check_tokens("citation.markers", &citation.markers)?;
        self.check_tokens("citation.headings", &citation.headings)?;
        self.check_tokens("citation.none", &[citation.none])?;
        let Some(words) = citation.words else { return Ok(()) };
        if [&citation.markers[..], &citation.headings, &[citation.none], &self.tokenizer.end].concat().contains(&words) {
            return wrong(format!("citation.words: found token {words}, expected one that is no marker, not none and no end"));
        }
        self.check_tokens("citation.words", &[words])
    }

    fn check_self_test(&self) -> Result<()> {
        if self.self_test.is_empty() {
            return wrong("self_test: found none, expected at least one".into());
        }
        for test in &self.self_test {
            if !self.scenarios.contains_key(&test.scenario) {
                return wrong(format!("self_test: found scenario {:?}, expected a name in scenarios", test.scenario));
            }
            if test.tokens.is_empty() || test.indices.is_empty() || test.indices.len() != test.logits.len() {
                let found = [test.tokens.len(), test.indices.len(), test.logits.len()];
                return wrong(format!(
                    "self_test: found {found:?} tokens, indices and logits, expected some, and as many indices as logits"
                ));
            }
            self.check_tokens("self_test.tokens", &test.tokens)?;
            self.check_tokens("self_test.indices", &test.indices)?;
        }
        Ok(())
    }

    fn check_tokens(&self, key: &str, tokens: &[u32]) -> Result<()> {
        match tokens.iter().find(|t| **t as usize >= self.base.vocabulary) {
            Some(token) => wrong(format!("{key}: found token {token}, expected less than the vocabulary's {}", self.base.vocabulary)),
            None => Ok(()),
        }
    }

    fn check_artefacts(&self) -> Result<()> {
        if self.artefacts.is_empty() {
            return wrong("artefacts: found none, expected at least one".into());
        }
        for artefact in &self.artefacts {
            if !ACCELERATORS.contains(&artefact.accelerator.as_str()) {
                return wrong(format!(
                    "artefacts: found accelerator {:?}, expected one of {}",
                    artefact.accelerator,
                    ACCELERATORS.join(", ")
                ));
            }
        }
        if let Some(a) = self.artefacts.iter().find(|a| a.fixed.is_some() && !a.cache.is_f32()) {
            return wrong(format!("artefacts: {}: found a cache in {:?}, expected none of graphs of fixed shapes", a.file, a.cache));
        }
        for fixed in self.artefacts.iter().filter_map(|a| a.fixed.as_ref()) {
            if !self.scenarios.contains_key(&fixed.scenario) {
                return wrong(format!("artefacts: found scenario {:?}, expected a name in scenarios", fixed.scenario));
            }
            let fits = |g: &FixedGraph| (1..=MOST).contains(&g.rows) && (1..=g.rows).contains(&g.wanted);
            if fixed.graphs.is_empty() || !fixed.graphs.iter().all(fits) {
                return wrong(format!("artefacts: expected graphs of 1 to {MOST} rows, as many of them wanted or fewer"));
            }
        }
        Ok(())
    }
}

fn wrong<T>(what: String) -> Result<T> {
    Err(Error::new("model.format", what))
}
