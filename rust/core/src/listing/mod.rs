//! Rows, records and items of a document that a question asks to be counted or listed, by rules over words: no graph runs, and none is guessed.
//!
//! ```text
//!   question ─▶ asked ─▶ walk 1: profiles of the tables and lists that it may mean ─▶ plan ─▶ walk 2: count, first entries ─▶ listed
//! ```
//!
//! A plan is made only where every word of the question is accounted for: by the name of one table or list, by a column, or by a value of a column. Where any is
//! not, where two tables or lists fit, or where a sentence names another number, nothing is counted and the question is answered as any other. Both walks go
//! through the document chunk by chunk and hold a bounded part of it.

mod asked;
mod choice;
mod listing;
mod naming;
mod profile;
mod walk;
mod words;

pub(crate) use asked::{Wanted, asked};
pub(crate) use listing::{Listed, Listing};
