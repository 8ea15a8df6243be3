//! Two pieces of work at the same time.

use std::panic::resume_unwind;
use std::thread;

use crate::error::{Error, Result};

/// What `beside` gives on a thread of its own, and what `here` gives meanwhile on this one. A panic of either goes on here.
///
/// # Errors
/// `io` when no thread can be started; `here` did not run then.
pub fn concurrently<A: Send, B>(beside: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> Result<(A, B)> {
    thread::scope(|scope| {
        let started = thread::Builder::new().name("opening".into()).spawn_scoped(scope, beside);
        let started = started.map_err(|e| Error::io("starting a thread", &e))?;
        let here = here();
        let beside = started.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok((beside, here))
    })
}
