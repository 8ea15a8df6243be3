//! Which accelerator is taken: the caller's order, what the model has for it, what loads, and what computes rightly.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::manifest::{ACCELERATORS, Artefact, GeneratorManifest, Manifest, Scenario};
use crate::model::execution::{Execution, SkippedAccelerator};
use crate::model::open_options::OpenOptions;
use crate::model::self_test::{self_test_error, self_test_failed};
use crate::model::self_test_cache::SelfTestCache;
use crate::runtime::execution_provider::Provider;
use crate::runtime::graph::Graph;
use crate::session::SessionShared;

/// An accelerator that was requested, and the model's graph for it or why there is none.
pub(crate) type Candidate = (String, std::result::Result<Artefact, String>);

/// What the caller's list comes to; an error when there is no graph for any of it.
pub(crate) fn candidates(manifest: &GeneratorManifest, options: &OpenOptions) -> Result<Vec<Candidate>> {
    let requested = options.accelerators.clone().unwrap_or_else(|| vec!["Cpu".into()]);
    let unknown = requested.iter().find(|a| !ACCELERATORS.contains(&a.as_str()));
    if let Some(accelerator) = unknown {
        let message = format!("found accelerator {accelerator:?}, expected one of {}", ACCELERATORS.join(", "));
        return Err(Error::new("argument.accelerator", message));
    }
    let scenario = options.scenario.as_ref().unwrap_or(&manifest.default_scenario);
    let found: Vec<Candidate> = requested.iter().map(|a| (a.clone(), fitting(manifest, options, scenario, a))).collect();
    if found.iter().any(|(_, artefact)| artefact.is_ok()) {
        return Ok(found);
    }
    let has: Vec<String> = manifest.artefacts.iter().map(|a| format!("{} {}", a.accelerator, a.precision)).collect();
    let precision = options.precision.as_deref().unwrap_or("any precision");
    let message = format!("found no graph for {} in {precision}, the model has {}", requested.join(", "), has.join(", "));
    Err(Error::new("argument.accelerator", message))
}

fn fitting(
    manifest: &GeneratorManifest,
    options: &OpenOptions,
    scenario: &str,
    accelerator: &str,
) -> std::result::Result<Artefact, String> {
    let mut all: Vec<&Artefact> = manifest.artefacts.iter().filter(|a| a.accelerator == accelerator).collect();
    let mut keep = |what: &str, fits: &dyn Fn(&Artefact) -> bool| {
        let before = all.len();
        all.retain(|a| fits(a));
        if all.is_empty() && before > 0 { Err(format!("the model has no graph of it for {what}")) } else { Ok(()) }
    };
    // A precision is asked of what has a choice: graphs of an NPU have one.
    keep("that precision", &|a| options.precision.as_ref().is_none_or(|p| *p == a.precision || a.fixed.is_some()))?;
    keep(&format!("scenario {scenario}"), &|a| a.fixed.as_ref().is_none_or(|f| f.scenario == scenario))?;
    let soc = options.soc.as_deref();
    keep(&format!("processor {}", soc.unwrap_or("unknown")), &|a| a.target.as_ref().is_none_or(|t| Some(&*t.soc) == soc))?;
    all.first().map(|a| (*a).clone()).ok_or_else(|| "the model has no graph for it".into())
}

/// What every candidate is tried with.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub folder: &'a Path,
    /// With the entries of all files.
    pub whole: &'a Manifest,
    pub manifest: &'a GeneratorManifest,
    pub sizes: Scenario,
    pub shared: &'a Arc<SessionShared>,
    pub options: &'a OpenOptions,
    pub threads: usize,
}

/// The first candidate that loads and, where that is due, passes its self-test.
pub(crate) fn first(candidates: Vec<Candidate>, opening: &Opening<'_>) -> Result<(Arc<Graph>, Execution)> {
    let threads = opening.threads;
    let requested = candidates.iter().map(|(accelerator, _)| accelerator.clone()).collect();
    let mut skipped = Vec::new();
    let mut last = None;
    for (accelerator, artefact) in candidates {
        let opened = match artefact {
            Err(reason) => Err(Error::new("argument.accelerator", reason)),
            Ok(artefact) => tried(&artefact, opening).map(|found| (artefact, found)),
        };
        match opened {
            Ok((artefact, (graph, error, cached))) => {
                let Artefact { file, precision, .. } = artefact;
                let graphs = graph.loaded();
                let self_test_error = error;
                let self_test_cached = cached;
                let execution =
                    Execution { file, accelerator, precision, threads, requested, skipped, graphs, self_test_error, self_test_cached };
                return Ok((graph, execution));
            }
            Err(error) => {
                log::warn!("{accelerator} is not used: {error}");
                skipped.push(SkippedAccelerator { accelerator, reason: error.message().to_owned() });
                last = Some(error);
            }
        }
    }
    let last = last.unwrap_or_else(|| Error::new("argument.accelerator", "found no accelerator in the list, expected at least one"));
    if skipped.len() < 2 {
        return Err(last);
    }
    let reasons: Vec<String> = skipped.iter().map(|p| format!("{}: {}", p.accelerator, p.reason)).collect();
    Err(Error::new(last.code(), reasons.join("; ")))
}

fn tried(artefact: &Artefact, opening: &Opening<'_>) -> Result<(Arc<Graph>, Option<f64>, bool)> {
    let Opening { folder, whole, manifest, sizes, shared, options, threads } = *opening;
    let open =
        |profile| Graph::open(folder, &whole.files, manifest, artefact, provider(artefact, options)?, threads, profile).map(Arc::new);
    let due = artefact.accelerator != "Cpu";
    let cache = if due { SelfTestCache::new(artefact, whole, options)? } else { None };
    if let Some(error) = cache.as_ref().and_then(SelfTestCache::read) {
        check(artefact, error)?;
        return Ok((open(None)?, Some(error), true));
    }
    // An app has no temporary folder of the system's; without a place the nodes are not counted.
    let profile = if due { options.self_test_cache.as_deref().map_or_else(tempfile::tempdir, within).ok() } else { None };
    let graph = open(profile.as_ref().map(tempfile::TempDir::path))?;
    if !due {
        return Ok((graph, None, false));
    }
    let tests = manifest.self_test.iter().filter(|t| manifest.scenarios.get(&t.scenario) == Some(&sizes));
    let error = self_test_error(tests, manifest, shared, &graph)?;
    if profile.is_some() {
        graph.profiled()?;
    }
    if let Some(cache) = cache {
        cache.write(error);
    }
    check(artefact, error)?;
    Ok((graph, Some(error), false))
}

fn within(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    std::fs::create_dir_all(folder)?;
    tempfile::tempdir_in(folder)
}

fn check(artefact: &Artefact, error: f64) -> Result<()> {
    if error > artefact.max_error { Err(self_test_failed(&artefact.file, error, artefact.max_error)) } else { Ok(()) }
}

fn provider(artefact: &Artefact, options: &OpenOptions) -> Result<Provider> {
    match artefact.accelerator.as_str() {
        "Npu" => {
            let missing = || Error::new("model.format", format!("{}: found no target, expected the processor it is for", artefact.file));
            let target = artefact.target.as_ref().ok_or_else(missing)?;
            let shared = artefact.fixed.as_ref().is_some_and(|f| f.shared);
            Ok(Provider::Npu { library: options.npu_library.clone(), soc_model: target.soc_model, shared })
        }
        "Nnapi" => Ok(Provider::Nnapi),
        "Xnnpack" => Ok(Provider::Xnnpack),
        _ => Ok(Provider::Cpu { mapped: options.mapped_weights }),
    }
}
