//! Cancelling a call from another thread: between two graph runs, or inside one.

use std::sync::{Mutex, PoisonError};

use ort::session::RunOptions;

use crate::error::{Error, Result};
use crate::runtime::execution_provider::environment;

/// Asks a call on another thread to stop: before its next run, or inside one.
pub struct CancelToken {
    /// Held while ONNX Runtime's own flag changes, so that the two never disagree.
    asked: Mutex<bool>,
    run: Option<RunOptions>,
}

impl std::fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelToken").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl CancelToken {
    /// One that reaches into a run of ONNX Runtime.
    ///
    /// # Errors
    /// `runtime.missing` when ONNX Runtime does not load.
    pub fn new() -> Result<Self> {
        environment()?;
        Ok(Self { asked: Mutex::new(false), run: Some(RunOptions::new()?) })
    }

    /// One that works between runs only.
    pub fn between_runs() -> Self {
        Self { asked: Mutex::new(false), run: None }
    }

    /// The call under way, or else the next one, fails with `cancelled`; calls after it work again.
    pub fn cancel(&self) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = true;
        if let Some(Err(e)) = self.run.as_ref().map(RunOptions::terminate) {
            log::warn!("a run could not be cancelled: {e}");
        }
    }

    /// ONNX Runtime's side of this token.
    pub(crate) fn run_options(&self) -> Option<&RunOptions> {
        self.run.as_ref()
    }

    /// Fails once after [`CancelToken::cancel`].
    ///
    /// # Errors
    /// `cancelled`.
    pub fn check(&self) -> Result<()> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut *asked) {
            return Ok(());
        }
        if let Some(run) = &self.run {
            run.unterminate()?;
        }
        Err(Error::new("cancelled", "the call was cancelled"))
    }
}
