//! A session without ONNX Runtime: an executor that computes nothing shows where every token lives after every run.

use std::io::Write;
use std::sync::{Arc, Mutex};

use edgeinfinite_core::Result;
use edgeinfinite_core::testing::{
    CancelToken, Embedding, EmbeddingManifest, Executor, LayerKind, Memory, ModelDims, Rope, RowDtype, Scenario, Session, SessionShared,
    sigma,
};
use half::f16;

/// A run as the executor got it.
#[derive(Debug)]
struct RecordedRun {
    /// The cached tokens that its first row sees.
    sight: Vec<u32>,
    rows: usize,
    memory_weight: f32,
    /// M's first entry.
    memory: f32,
}

/// One layer, one head, d = 2, no rotation: a token's key and value are its number.
#[derive(Debug, Clone, Default)]
struct Plain {
    slots: usize,
    x: Vec<f32>,
    tables: [Vec<f32>; 3],
    cache: [Vec<f32>; 2],
    memory: [Vec<f32>; 2],
    fresh: [Vec<f32>; 2],
    logits: Vec<f32>,
    sliding: Option<usize>,
    log: Arc<Mutex<Vec<RecordedRun>>>,
}

impl Executor for Plain {
    fn slots(&self) -> usize {
        self.slots
    }

    fn reserve(&mut self, slots: usize) -> Result<()> {
        assert!(slots <= self.slots);
        Ok(())
    }

    fn prepare(&mut self, rows: usize, wanted: usize) -> Result<()> {
        self.logits.resize(wanted * 500, 0.0);
        self.x.resize(rows * 2, 0.0);
        self.tables.iter_mut().zip([rows * (self.slots + rows), rows, rows]).for_each(|(table, size)| table.resize(size, 0.0));
        Ok(())
    }
    fn x(&mut self) -> &mut [f32] {
        &mut self.x
    }
    fn kind(&mut self, _: usize) -> [&mut [f32]; 3] {
        self.tables.each_mut().map(Vec::as_mut_slice)
    }
    fn read_kv(&self, _: usize, _: usize, slot: usize, to: [&mut [f32]; 2]) {
        to.into_iter().zip(&self.cache).for_each(|(to, from)| to.copy_from_slice(&from[slot * 2..][..2]));
    }
    fn write_kv(&mut self, _: usize, _: usize, slot: usize, from: [Option<&[f32]>; 2]) {
        for (to, from) in self.cache.iter_mut().zip(from) {
            from.into_iter().for_each(|from| to[slot * 2..][..2].copy_from_slice(from));
        }
    }
    fn set_memory(&mut self, _: usize, memory: &Memory) {
        let [m, z] = &mut self.memory;
        memory.scaled(m, z);
    }
    fn run(&mut self, memory_weight: f32, cancel: &CancelToken) -> Result<()> {
        cancel.check()?;
        allocation_counter::opt_out(|| self.record(memory_weight));
        Ok(())
    }
    fn logits(&self) -> &[f32] {
        &self.logits
    }
    fn read_new_kv(&self, _: usize, _: usize, row: usize, to: [&mut [f32]; 2]) {
        to.into_iter().zip(&self.fresh).for_each(|(to, from)| to.copy_from_slice(&from[row * 2..][..2]));
    }
    fn commit_row(&mut self, _: usize, row: usize, slot: usize) {
        for (to, from) in self.cache.iter_mut().zip(&self.fresh) {
            to[slot * 2..slot * 2 + 2].copy_from_slice(&from[row * 2..row * 2 + 2]);
        }
    }
    fn fork(&self) -> Result<Box<dyn Executor>> {
        Ok(Box::new(self.clone()))
    }
    fn bytes(&self) -> u64 {
        0
    }
}

impl Plain {
    /// What a graph would compute, and what it saw.
    fn record(&mut self, memory_weight: f32) {
        let rows = self.x.len() / 2;
        self.fresh = [self.x.clone(), self.x.clone()];
        let mask = &self.tables[0];
        let mut sight: Vec<u32> = (0..self.slots).filter(|s| mask[*s] == 0.0).map(|s| self.cache[0][s * 2] as u32).collect();
        sight.sort_unstable();
        for row in 0..rows {
            let open = &mask[row * (self.slots + rows)..][self.slots..self.slots + rows];
            let near = |i: usize| i <= row && self.sliding.is_none_or(|s| row - i < s);
            assert!(open.iter().enumerate().all(|(i, m)| (*m == 0.0) == near(i)), "rows see themselves and those before");
        }
        self.log.lock().unwrap().push(RecordedRun { sight, rows, memory_weight, memory: self.memory[0][0] });
    }
}

fn plain(sizes: Scenario) -> Plain {
    let slots = sizes.pinned + sizes.window;
    Plain { slots, cache: [vec![0.0; slots * 2], vec![0.0; slots * 2]], memory: [vec![0.0; 4], vec![1.0; 2]], ..Plain::default() }
}

/// Row t of the embedding is [t, t].
fn frame(sliding: Option<usize>) -> Arc<SessionShared> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for token in 0..500 {
        file.write_all(&f16::from_f32(token as f32).to_le_bytes().repeat(2)).unwrap();
    }
    let kinds = vec![LayerKind { name: "global".into(), rope: Rope::new(&[0.0]), sliding, memory: sliding.is_none() }];
    let dims = ModelDims { kinds, layers: vec![0], kv_heads: 1, head_dim: 2, hidden: 2, vocabulary: 500 };
    let kept = EmbeddingManifest { file: String::new(), dtype: RowDtype::F16, scale: 1.0, steps: None, scales: None };
    Arc::new(SessionShared { dims, embedding: Embedding::open(file.path(), 500, 2, &kept).unwrap() })
}

#[test]
fn a_sliding_layer_sees_the_nearest_tokens_and_has_no_memory() {
    let sizes = Scenario { segment: 16, pinned: 3, window: 40, recall: 1, threads: 1 };
    let cancel = CancelToken::between_runs();
    for sliding in [1, 5, 16, 30, 42, 50, 500] {
        let executor = Plain { sliding: Some(sliding), ..plain(sizes) };
        let log = Arc::clone(&executor.log);
        let mut session = Session::new(frame(Some(sliding)), sizes, Box::new(executor), &[1, 2, 3]).unwrap();
        session.feed(&(4..=200).collect::<Vec<u32>>());
        while session.advance(&cancel).unwrap() {}
        session.flush(&cancel).unwrap();
        for token in 201..=280 {
            session.feed(&[token]);
            session.flush(&cancel).unwrap();
        }
        // By hand: the tokens in cache as by any layer, the pinned ones standing just before the window; of them the nearest.
        let mut done = 0_u32;
        let mut absorbed = 0_u32;
        for RecordedRun { sight, rows, memory, .. } in log.lock().unwrap().iter() {
            let pinned = 3.min(done);
            let held = done - pinned - absorbed;
            let near = (sliding as u32 - 1).min(held);
            let kept = (sliding as u32 - 1 - near).min(pinned);
            let expected: Vec<u32> = (pinned - kept + 1..=pinned).chain(done - near + 1..=done).collect();
            assert_eq!(*sight, expected, "sliding {sliding}, before a run of {rows} rows at {done}");
            assert_eq!(*memory, 0.0);
            done += *rows as u32;
            let held = done - absorbed - 3.min(done);
            let over = held.saturating_sub(40);
            absorbed += if *rows == 1 && over > 0 { 32.min(held) } else { over };
        }
        assert_eq!((done, session.absorbed()), (280, u64::from(absorbed)));
    }
}

#[test]
fn every_token_lives_in_exactly_one_place() {
    let sizes = Scenario { segment: 16, pinned: 3, window: 40, recall: 1, threads: 1 };
    let executor = plain(sizes);
    let log = Arc::clone(&executor.log);
    let start = [1, 2, 3];
    let mut session = Session::new(frame(None), sizes, Box::new(executor), &start).unwrap();
    let tokens: Vec<u32> = (4..=200).collect();
    session.feed(&tokens);
    let cancel = CancelToken::between_runs();
    while session.advance(&cancel).unwrap() {}
    session.flush(&cancel).unwrap(); // 200 = 12 · 16 + 8
    for token in 201..=280 {
        session.feed(&[token]); // decoding
        session.flush(&cancel).unwrap();
    }

    // The same by hand: a list of all tokens and how many have left the window.
    let mut done = 0_u32;
    let mut absorbed = 0_u32;
    for RecordedRun { sight, rows, memory_weight, memory } in log.lock().unwrap().iter() {
        let left: Vec<u32> = (4..4 + absorbed).collect();
        let expected: Vec<u32> = (1..=done).filter(|t| !left.contains(t)).collect();
        assert_eq!(*sight, expected, "before a run of {rows} rows at {done}");
        assert_eq!(*memory_weight, f32::from(u8::from(absorbed > 0)));
        if absorbed > 0 {
            let mean = |f: fn(f32) -> f32| left.iter().map(|t| f(*t as f32)).sum::<f32>() / left.len() as f32;
            let expected = mean(|t| sigma(t) * t) / mean(sigma);
            assert!((memory - expected).abs() < 1e-3 * expected, "{memory} {expected}");
        }
        done += *rows as u32;
        let held = done - absorbed - 3.min(done);
        let over = held.saturating_sub(40);
        absorbed += if *rows == 1 && over > 0 { 32.min(held) } else { over };
    }
    assert_eq!(done, 280);
    assert_eq!(session.absorbed(), u64::from(absorbed));
    assert_eq!(log.lock().unwrap().len(), 13 + 80);
}

#[test]
fn a_start_that_does_not_fit_is_refused() {
    let sizes = Scenario { segment: 16, pinned: 3, window: 40, recall: 1, threads: 1 };
    let error = Session::new(frame(None), sizes, Box::new(plain(sizes)), &[1, 2, 3, 4]).unwrap_err();
    assert!(error.message().contains("found 4 tokens, expected at most 3"), "{error}");
}

/// Whatever is drafted and however much of it is right: the state is bit for bit that of decoding one by one.
#[test]
fn rejected_rows_leave_no_trace() {
    let cancel = CancelToken::between_runs();
    for (window, read) in [(40, 20), (40, 200), (33, 30), (20, 60), (7, 5), (1, 0)] {
        let sizes = Scenario { segment: 16, pinned: 3, window, recall: 1, threads: 1 };
        let [mut single, mut drafted] = [(); 2].map(|()| {
            let mut session = Session::new(frame(None), sizes, Box::new(plain(sizes)), &[1, 2, 3]).unwrap();
            session.feed(&(4..4 + read).collect::<Vec<u32>>());
            while session.flush(&cancel).unwrap() {}
            session
        });
        let mut at = 300;
        let mut number = 12345_u32;
        let mut several = 0;
        while at < 480 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = 1 + number as usize % 16;
            let right = (number >> 8) as usize % 16;
            let tokens: Vec<u32> = (0..length as u32).map(|i| if i as usize <= right { at + i } else { 250 }).collect();
            let mut next = at;
            let choose = |logits: &[f32]| {
                assert_eq!(logits.len(), 500);
                next += 1;
                Some(next)
            };
            let room = drafted.draft_room();
            drafted.verify(&tokens, &cancel, choose).unwrap();
            assert_eq!((next - at) as usize, 1 + (length - 1).min(right).min(room), "the choices asked for");
            several += usize::from(next > at + 1);
            for token in at..next {
                single.feed(&[token]);
                single.flush(&cancel).unwrap();
            }
            at = next;
            let kept = [&mut single, &mut drafted].map(|session| {
                let mut bytes = Vec::new();
                session.write(&mut bytes).unwrap();
                (session.absorbed(), session.window_start(), session.position(), session.recent().to_vec(), bytes)
            });
            assert!(kept[0] == kept[1], "window {window}, at {at}: {:?} {:?}", &kept[0].3, &kept[1].3);
        }
        assert!(several > 10 && drafted.runs() < single.runs() && (drafted.absorbed() > 100));
    }
}

/// While the window stays where it is, a token decoded allocates nothing but what its executor does. Where a block leaves it, and in the run after
/// that, in which pinned keys move, it is a handful, whatever the depth.
#[test]
fn a_token_allocates_nothing() {
    let cancel = CancelToken::between_runs();
    let sizes = Scenario { segment: 16, pinned: 3, window: 64, recall: 1, threads: 1 };
    let mut session = Session::new(frame(None), sizes, Box::new(plain(sizes)), &[1, 2, 3]).unwrap();
    session.feed(&(4..=200).collect::<Vec<u32>>());
    while session.flush(&cancel).unwrap() {}
    let mut moved = true;
    let mut moving = Vec::new();
    for token in 201..=450_u32 {
        let rows = 1 + token as usize % 8;
        let tokens: [u32; 8] = std::array::from_fn(|row| if row == 0 { token } else { 250 });
        let before = session.absorbed();
        let allocated = allocation_counter::measure(|| session.verify(&tokens[..rows], &cancel, |_| Some(499)).unwrap()).count_total;
        let moves = session.absorbed() > before;
        if moves || moved {
            moving.push(allocated);
        } else if token > 210 {
            assert_eq!(allocated, 0, "token {token}"); // those before grow buffers once
        }
        moved = moves;
    }
    assert!(moving.len() > 10 && moving[4..].chunks_exact(2).all(|pair| pair == &moving[4..6]), "{moving:?}");
}
