//! Answers: a question or a summary of a document, and a chat's turn, pulled event by event.
//!
//! [`AnswerStream::next`] is the one loop. Each call prefills one segment of the prompt or, when nothing of it waits, makes one step:
//!
//! ```text
//!                     prompt complete
//!            ┌──────────────────────────────────┐
//!            ▼                                  │
//!   ─▶ Plan ─┬─ next prompt ─▶ Run: prefill ─▶ mode steps ─── answer complete ──┐
//!            └─ no prompt left ─────────────────────────────────────────────────┴─▶ Finish ─▶ Done
//!
//!   mode         model    what it makes of a prompt                                then
//!   Cite         citing   chooses sentences for the answer or for a note           complete, or FreeForm in the same run: own words
//!                                                                                  out of the memory, or that nothing was found
//!   FreeForm     free     text of the answer                                       complete
//!   Constrained  free     spans of the document as text of the answer              complete; a question without one: next prompt
//!   Note         free     text or spans for a prompt to come                       complete
//! ```
//!
//! By recall a folder's reader answers a question instead: Extraction, which runs it over sentences and quotes them; Worded puts what it found in a free model's words.
//!
//! By recall a question for a count or a list is looked at first (Counted): where rules over words are sure of what is asked for, it is counted and no graph runs.
//!
//! A chat with a document, or with a shelf, puts a follow-up in full and then asks it as any question is.
//!
//! A chat's turn is a single run in the model's own words; at Done its session becomes the chat's.

pub(crate) mod answer_stream;
pub(crate) mod answering;
mod chat;
mod cite;
mod constrained;
pub(crate) mod counted;
mod coverage;
pub(crate) mod document_chat;
mod extraction;
pub(crate) mod extractive;
mod fields;
mod free_form;
mod generation;
mod note;
mod output;
mod prompt_run;
pub(crate) mod prompt_session;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod stats;
mod step;
mod worded;

pub use answer_stream::AnswerStream;
pub use chat::Chat;
pub use document_chat::DocumentChat;
pub use fields::{FieldEvent, FieldStream};
pub use request::{AskOptions, SummaryStyle};
