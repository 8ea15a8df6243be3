//! One stream of tokens through an executor, in constant memory.

mod persistence;
mod session;

pub use persistence::Counts;
pub use session::{Session, SessionShared, VERIFY};
