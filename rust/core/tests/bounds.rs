//! What an index takes: memory, however long the document, and bytes on disk for each token. Alone in its process, because the allocator counts
//! everything.

use edgeinfinite_core::testing::{Index, Match, TextUnit, UnitKind};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The most that is held while a document is indexed: 4 MiB of postings, the copy while that buffer grows, tables of words.
const INDEXING: usize = 8 << 20;
/// The most that is held while a question is answered: a page of 4 KiB for each term, and the best passages.
const ASKING: usize = 1 << 20;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % bound
    }

    /// As words are: the lower the more frequent.
    fn word(&mut self, vocabulary: usize) -> usize {
        let bound = self.below(vocabulary) + 1;
        self.below(bound)
    }
}

/// Heap that `work` needs at its peak, beyond what was held before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let made = work();
    (made, HEAP.peak_usage() - before)
}

/// Passages of 70 words, three of four of which are no stop words; every ninth begins with a heading.
fn english(passages: usize) -> Index {
    let mut random = Random(1);
    let mut index = Index::new(None).unwrap();
    let mut text = String::new();
    let mut start = 0;
    for number in 0..passages {
        text.clear();
        for at in 0..70 {
            let word = random.word(20_000);
            text.push_str(if at % 4 == 0 { "the " } else { "" });
            text.push_str(&format!("{}o{} ", char::from(b'a' + (word % 26) as u8), word / 26));
        }
        let heading = TextUnit::new(start, start, "Part of it", UnitKind::Heading(2));
        start += 10;
        let said = TextUnit::new(start, start, text.as_str(), UnitKind::Said);
        let units = if number % 9 == 0 { vec![heading, said] } else { vec![said] };
        index.add(&units).unwrap();
        start += text.len() as u64;
    }
    index.finish().unwrap();
    index
}

/// Passages of 60 words of two characters.
fn chinese(passages: usize) -> (Index, u64) {
    let mut random = Random(2);
    let mut index = Index::new(None).unwrap();
    let mut start = 0;
    for _ in 0..passages {
        let words: Vec<usize> = (0..60).map(|_| random.word(8000)).collect();
        let text: String = words.iter().flat_map(|w| [w % 3000, w / 3]).map(|c| char::from_u32(0x4e00 + c as u32).unwrap()).collect();
        index.add(&[TextUnit::new(start, start / 3, text.as_str(), UnitKind::Said)]).unwrap();
        start += text.len() as u64;
    }
    index.finish().unwrap();
    (index, start / 3)
}

#[test]
fn an_index_is_bounded_in_memory_and_small_on_disk() {
    let mut held = Vec::new();
    let mut asked = Vec::new();
    for passages in [20_000, 100_000] {
        let (index, indexing) = peak(|| english(passages));
        assert!(indexing < INDEXING, "{indexing} bytes while {passages} passages were indexed");
        held.push(indexing);
        let question = "ao1 bo2 co3 do4 eo100 fo200 go300 ho0 io0 jo0 part zo700";
        let (_, asking) = peak(|| {
            let mut after = None;
            for _ in 0..10 {
                let found = index.all(&index.query(question).unwrap(), 100, after).unwrap();
                assert_eq!(found.len(), 100);
                after = found.last().map(Match::rank);
            }
        });
        assert!(asking < ASKING, "{asking} bytes while {passages} passages were asked");
        asked.push(asking);

        // Each of these words is a token at least.
        let tokens = passages as u64 * (70 + 18);
        assert!(index.bytes() <= 3 * tokens, "{} bytes for {tokens} tokens", index.bytes());
    }
    assert!(held[1] < held[0] + 4096 && asked[1] < asked[0] + 4096, "{held:?} {asked:?}");

    // Tokenizers that know Chinese take about a token for a character, others more.
    let (index, characters) = chinese(4000);
    assert!(index.bytes() <= 5 * characters, "{} bytes for {characters} characters", index.bytes());
}
