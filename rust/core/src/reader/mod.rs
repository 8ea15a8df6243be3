//! The reader: an encoder that finds the sentences that answer a question, and the short answer in them. `scripts/lab/reader/CONTRACT.md` is
//! the contract, `layout.py` and `reading.py` beside it the reference.

mod decision;
mod layout;
mod reader;
mod settings;

pub use decision::{Decision, asks_yes_or_no, decide};
pub use layout::{Laid, Piece, Question, fitting, lay_out};
pub use reader::Reader;
pub use settings::ReaderSettings;
