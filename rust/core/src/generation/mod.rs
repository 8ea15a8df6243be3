//! Answers: the runs of a reading, and chat.

pub mod chat;
pub(crate) mod cite;
pub(crate) mod coverage;
pub(crate) mod free;
pub mod reply;
pub(crate) mod work;
