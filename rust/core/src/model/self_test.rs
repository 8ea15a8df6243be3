//! The self-test: the graph's logits on this machine against those of the fp32 reference in model.json.

use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::manifest::{GeneratorManifest, SelfTest};
use crate::reader::Reader;
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::executor;
use crate::runtime::graph::Graph;
use crate::session::{Session, SessionShared};

/// How far a graph's logits are from the reference's.
#[derive(Debug, Clone, Serialize)]
pub struct SelfTestResult {
    /// The graph's file.
    pub file: String,
    /// Max abs error ÷ max abs logit.
    pub error: f64,
    /// What model.json allows.
    pub bound: f64,
}

impl SelfTestResult {
    /// A graph's error, unless it is over its bound.
    pub(crate) fn new(file: &str, error: f64, bound: f64) -> Result<Self> {
        if error > bound { Err(self_test_failed(file, error, bound)) } else { Ok(Self { file: file.to_owned(), error, bound }) }
    }

    /// Runs the reader on what its settings hold the reference's numbers of.
    pub(crate) fn of_reader(reader: &Reader) -> Result<Self> {
        Self::new(&reader.loaded().file, reader.self_test_error()?, reader.settings().max_error)
    }
}

/// The largest error of several self-tests.
pub(crate) fn self_test_error<'a>(
    tests: impl Iterator<Item = &'a SelfTest>,
    manifest: &GeneratorManifest,
    shared: &Arc<SessionShared>,
    graph: &Arc<Graph>,
) -> Result<f64> {
    let cancel = CancelToken::new()?;
    let mut worst = 0.0_f64;
    for test in tests {
        let sizes = manifest.scenario(Some(&test.scenario))?;
        let (start, rest) = test.tokens.split_at(sizes.pinned.min(test.tokens.len()));
        let mut session = Session::new(Arc::clone(shared), sizes, executor(graph, sizes)?, start)?;
        session.feed(rest);
        while session.flush(&cancel)? {}
        let scale = test.logits.iter().fold(f32::MIN_POSITIVE, |a, b| a.max(b.abs()));
        let found = test.indices.iter().map(|i| session.logits().get(*i as usize).copied().unwrap_or(f32::NAN));
        // A NaN is as wrong as can be: max() would pass it over.
        let errors = found.zip(&test.logits).map(|(a, b)| f64::from(((a - b) / scale).abs()));
        worst = errors.fold(worst, |a, b| if b.is_nan() { f64::INFINITY } else { a.max(b) });
    }
    Ok(worst)
}

/// The error of a graph that is further off than allowed.
pub(crate) fn self_test_failed(file: &str, error: f64, bound: f64) -> Error {
    Error::new("model.self_test", format!("{file}: found logits {error:.2e} off the reference's, expected at most {bound:.2e}"))
}
