//! Follow-up questions put in full by rules over words.

mod antecedent;
mod ellipsis;
mod question;
mod resolve;
mod words;

pub(crate) use antecedent::Turn;
pub(crate) use resolve::{FollowUp, continued, follow_up};
