//! Values of a type in a text: numbers, amounts of money, dates, lists; each with its place. Pure.
//!
//! Written here: the crates that parse dates and numbers (jiff, chrono, dateparser) take a whole text in a known form, and none finds values among other words or says
//! why one is not sure.

mod amount;
mod date;
mod field;
mod number;
mod reading;

pub(crate) use field::check;
pub use field::{Extracted, Field, FieldType, Missing, Value};
pub(crate) use reading::{Reading, read};
