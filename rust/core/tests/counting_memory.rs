//! What a count holds, however long the table. Alone in its process, because the allocator counts everything.

mod common;

use std::io::Write;
use std::sync::Arc;

use common::{finish, open};
use edgeinfinite_core::{AskOptions, Document, DocumentOptions, TextSource};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The most that a count holds: a part of a table of 512 KiB that is cut to rows, and two chunks with their blocks, as reading takes too; and 131,072 values.
const COUNTING: usize = 32 << 20;
/// What the values take, the only part that grows, up to their number.
const VALUES: usize = 5 << 20;

#[test]
fn a_count_is_bounded_in_memory() {
    let model = open("tiny-reader", None);
    let mut held = Vec::new();
    for rows in [100_000_u64, 400_000] {
        let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        writeln!(file, "gate,state,keeper").unwrap();
        for row in 0..rows {
            writeln!(file, "{row},{},keeper {}", if row % 4 == 0 { "open" } else { "shut" }, row % 17).unwrap();
        }
        file.flush().unwrap();
        let source = TextSource::file(file.path()).unwrap();
        let document = Document::open(Arc::clone(&model), source, DocumentOptions::default()).unwrap();
        while document.step().unwrap().is_some() {}
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        let answer = finish(&document.ask("How many gates are open?", AskOptions::default()).unwrap());
        held.push(HEAP.peak_usage() - before);
        assert_eq!((answer.count, answer.quotes.len()), (Some(rows / 4), 100));
        let keepers = finish(&document.ask("How many keepers are there?", AskOptions::default()).unwrap());
        assert_eq!(keepers.count, None, "a column whose cells hold digits is asked for as a number");
    }
    assert!(held[1] < held[0] + VALUES, "held {held:?} bytes");
    assert!(held.iter().all(|bytes| *bytes < COUNTING), "held {held:?} bytes, expected at most {COUNTING}");
}
