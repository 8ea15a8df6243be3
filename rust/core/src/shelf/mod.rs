//! A shelf: documents in a folder, added, replaced and removed one by one, and asked, searched and summarised together.

mod adding;
mod asking;
mod catalogue;
mod chatting;
mod entry;
mod gathered;
mod ranking;
mod searching;
mod segment;
mod segments;
mod shelf;
mod snapshot;
mod stored;
mod summary;

pub use adding::Adding;
pub use entry::{Filter, NewDocument, ShelfDocument};
pub use shelf::Shelf;
