//! A stream of tokens through a graph: run, absorb, write.
//!
//! Every token read lives in exactly one place: pinned, window or memory. The rules, word for word, stand in models/README.md, "The host's
//! part"; `scripts/lab/reference/state.py` is the same in PyTorch, and models/tiny/golden.json holds what both must compute.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::attention::compressive_memory::Memory;
use crate::error::{Error, Result};
use crate::manifest::Scenario;
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::embedding::Embedding;
use crate::runtime::executor::Executor;
use crate::runtime::model_dims::ModelDims;

/// Added to the scores of what must not be seen.
const HIDDEN: f32 = -1e30;
/// Decoding absorbs this many tokens at once.
const DECODE_BLOCK: usize = 32;
/// Most rows of a verify run: the token chosen last and fifteen drafted ones.
pub const VERIFY: usize = 16;

/// What a session is made of; shared by all sessions of a model.
#[derive(Debug)]
pub struct SessionShared {
    /// Sizes of the base.
    pub dims: ModelDims,
    /// Where rows come from.
    pub embedding: Embedding,
}

/// One stream of tokens. State of bounded size, whatever the number of tokens: it grows until the window is full.
#[derive(Debug)]
pub struct Session {
    pub(super) shared: Arc<SessionShared>,
    pub(super) sizes: Scenario,
    pub(super) executor: Box<dyn Executor>,
    pub(super) pending: VecDeque<u32>,
    /// Positions before this one are pinned.
    pub(super) pin_until: u64,
    pub(super) pinned: usize,
    /// Per layer `[K, Hk, d]`, unrotated.
    pub(super) pinned_keys: Vec<Vec<f32>>,
    /// Where pinned keys stand in the cache; moves with the window.
    pub(super) pinned_at: Option<u64>,
    pub(super) memories: Vec<Memory>,
    pub(super) absorbed: u64,
    pub(super) window_start: u64,
    pub(super) next: u64,
    pub(super) runs: u64,
    /// The tokens run last, at most W: where drafts are looked up. Not kept in a saved document.
    pub(super) recent: Vec<u32>,
    /// The row of [`Session::logits`] among those wanted of the last run.
    pub(super) row: usize,
}

impl Session {
    /// An empty session that begins with `start`, which stays pinned.
    ///
    /// # Errors
    /// `model.format` when `start` is longer than what may be pinned.
    pub fn new(shared: Arc<SessionShared>, sizes: Scenario, executor: Box<dyn Executor>, start: &[u32]) -> Result<Self> {
        if start.len() > sizes.pinned {
            let message = format!("the prompt's start: found {} tokens, expected at most {} (pinned)", start.len(), sizes.pinned);
            return Err(Error::new("model.format", message));
        }
        let dims = &shared.dims;
        let width = dims.kv_heads * dims.head_dim;
        Ok(Self {
            pending: start.iter().copied().collect(),
            pin_until: start.len() as u64,
            pinned: 0,
            pinned_keys: vec![vec![0.0; sizes.pinned * width]; dims.layers.len()],
            pinned_at: None,
            memories: (0..dims.layers.len()).map(|l| Memory::new(dims.memory_heads(l), dims.head_dim)).collect(),
            absorbed: 0,
            window_start: 0,
            next: 0,
            runs: 0,
            recent: Vec::new(),
            row: 0,
            shared,
            sizes,
            executor,
        })
    }

    /// A copy with a life of its own.
    ///
    /// # Errors
    /// `runtime.failed` when no tensor can be made.
    pub fn fork(&self) -> Result<Self> {
        Ok(Self {
            shared: Arc::clone(&self.shared),
            executor: self.executor.fork()?,
            pending: self.pending.clone(),
            pinned_keys: self.pinned_keys.clone(),
            memories: self.memories.clone(),
            recent: self.recent.clone(),
            ..*self
        })
    }

    /// Gives back what only runs need, the logits with it.
    pub fn rest(&mut self) {
        self.executor.release_buffers();
    }

    /// Appends tokens; they wait until a segment is full or [`Session::flush`] asks for the rest.
    pub fn feed(&mut self, tokens: &[u32]) {
        self.pending.extend(tokens);
    }

    /// Runs one full segment if one waits.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed` when the run fails. Nothing has changed then.
    pub fn advance(&mut self, cancel: &CancelToken) -> Result<bool> {
        Ok(self.is_segment_waiting() && self.run(cancel)?)
    }

    /// Runs one segment of what waits, full or not; false when nothing waits.
    ///
    /// # Errors
    /// As [`Session::advance`].
    pub fn flush(&mut self, cancel: &CancelToken) -> Result<bool> {
        self.run(cancel)
    }

    /// Whether a full segment waits.
    pub fn is_segment_waiting(&self) -> bool {
        self.pending.len() >= self.sizes.segment
    }

    /// Tokens that wait.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// How many drafted tokens [`Session::verify`] takes now: one by one, decoding would absorb a block after them.
    pub fn draft_room(&self) -> usize {
        (self.sizes.window - (self.next - self.window_start) as usize).min(VERIFY.min(self.executor.most_wanted()) - 1)
    }

    /// Decodes several tokens in one run: `tokens` are one that was chosen and drafted ones, of which as many as [`Session::draft_room`] are
    /// taken. `choose` gets the logits after each row in turn, as long as the token it chooses is the next one drafted; None ends it. Only the
    /// rows it got are kept, and all is as if their tokens had come one by one. Nothing may wait.
    ///
    /// # Errors
    /// As [`Session::advance`]; `fault` when tokens wait.
    pub fn verify(&mut self, tokens: &[u32], cancel: &CancelToken, mut choose: impl FnMut(&[f32]) -> Option<u32>) -> Result<()> {
        if !self.pending.is_empty() || tokens.is_empty() {
            return Err(Error::new("fault", format!("found {} tokens waiting and {} to verify", self.pending.len(), tokens.len())));
        }
        let tokens = &tokens[..tokens.len().min(1 + self.draft_room())];
        self.compute(tokens, tokens.len(), cancel)?;
        let rows = self.executor.logits().chunks_exact(self.shared.dims.vocabulary);
        let next = tokens.iter().skip(1).copied().map(Some).chain([None]);
        let right = rows.zip(next).take_while(|(logits, next)| choose(logits).is_some_and(|chosen| Some(chosen) == *next)).count();
        self.row = right;
        self.take_in(&tokens[..=right], true);
        Ok(())
    }

    /// The tokens run last, oldest first: at most W.
    pub fn recent(&self) -> &[u32] {
        &self.recent
    }

    /// The logits after the last token, `[V]`.
    pub fn logits(&self) -> &[f32] {
        let width = self.shared.dims.vocabulary;
        &self.executor.logits()[self.row * width..][..width]
    }

    /// Graph runs so far, those of the session this one was forked from included.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Tokens run so far.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The first position whose key and value are still in the window.
    pub fn window_start(&self) -> u64 {
        self.window_start
    }

    /// Tokens in the memory.
    pub fn absorbed(&self) -> u64 {
        self.absorbed
    }

    /// Bytes of cache, memory and pinned keys.
    pub fn bytes(&self) -> u64 {
        let dims = &self.shared.dims;
        let pinned = dims.layers.len() * dims.kv_heads * self.sizes.pinned;
        let memory: usize = (0..dims.layers.len()).map(|l| dims.memory_heads(l) * (dims.head_dim + 1)).sum();
        self.executor.bytes() + ((pinned + memory) * dims.head_dim) as u64 * 4
    }

    /// Per layer the sums of M's and of z's entries: for tests.
    pub fn memory_sums(&self) -> Vec<(f64, f64)> {
        self.memories.iter().map(Memory::sums).collect()
    }

    fn run(&mut self, cancel: &CancelToken) -> Result<bool> {
        let count = self.pending.len().min(self.sizes.segment);
        if count == 0 {
            return Ok(false);
        }
        let tokens: Vec<u32> = self.pending.iter().take(count).copied().collect();
        self.compute(&tokens, 1, cancel)?;
        self.pending.drain(..count); // only now: a run that failed or was cancelled changed nothing
        self.row = 0;
        self.take_in(&tokens, count == 1);
        Ok(true)
    }

    /// Runs the graph on rows that come next; the logits of the last `wanted` of them are wanted. What is kept does not change.
    fn compute(&mut self, tokens: &[u32], wanted: usize, cancel: &CancelToken) -> Result<()> {
        self.reserve(self.next + tokens.len() as u64)?;
        self.place_pinned();
        self.fill(tokens, wanted)?;
        self.executor.run(f32::from(u8::from(self.absorbed > 0)), cancel)?;
        if !self.executor.logits().iter().all(|l| l.is_finite()) {
            return Err(Error::new("runtime.failed", "the graph computed numbers that are not finite"));
        }
        Ok(())
    }

    /// Slots for the tokens before position `end`: until the ring is full, those after them stay empty.
    pub(super) fn reserve(&mut self, end: u64) -> Result<()> {
        self.executor.reserve(self.sizes.pinned + end.min(self.sizes.window as u64) as usize)
    }

    /// The first of the rows just computed become part of the stream.
    fn take_in(&mut self, tokens: &[u32], decoding: bool) {
        self.runs += 1;
        self.pin(tokens.len());
        self.absorb_and_write(tokens.len(), decoding);
        self.next += tokens.len() as u64;
        self.recent.extend(tokens);
        self.recent.drain(..self.recent.len().saturating_sub(self.sizes.window));
    }

    /// Pinned keys stand just before the window.
    fn place_pinned(&mut self) {
        let first = self.window_start - self.pinned as u64;
        if self.pinned_at.replace(first) == Some(first) {
            return;
        }
        let dims = &self.shared.dims;
        let d = dims.head_dim;
        let mut key = vec![0.0; dims.head_dim];
        let turns = dims.turns((first..self.window_start).map(|p| p as f64));
        for (layer, kind) in dims.layers.iter().enumerate() {
            for (slot, turn) in turns[*kind].iter().enumerate() {
                for head in 0..dims.kv_heads {
                    let from = (slot * dims.kv_heads + head) * d;
                    key.copy_from_slice(&self.pinned_keys[layer][from..from + d]);
                    turn.apply(&mut key);
                    self.executor.write_kv(layer, head, slot, [Some(&key), None]);
                }
            }
        }
    }

    fn fill(&mut self, tokens: &[u32], wanted: usize) -> Result<()> {
        let sizes = self.sizes;
        let slots = self.executor.slots();
        let count = tokens.len();
        self.executor.prepare(count, wanted)?;
        for (token, row) in tokens.iter().zip(self.executor.x().chunks_exact_mut(self.shared.dims.hidden)) {
            self.shared.embedding.row(*token, row)?;
        }
        for (number, kind) in self.shared.dims.kinds.iter().enumerate() {
            let [mask, cos, sin] = self.executor.kind(number);
            let half = kind.rope.half().max(1);
            for (row, (cos, sin)) in cos.chunks_exact_mut(half).zip(sin.chunks_exact_mut(half)).enumerate() {
                kind.rope.row((self.next + row as u64) as f64, cos, sin);
            }
            let (first, rest) = mask.split_at_mut(slots + count);
            first.fill(HIDDEN);
            first[..self.pinned].fill(0.0);
            for position in self.window_start..self.next {
                first[window_slot(sizes, position)] = 0.0;
            }
            rest.chunks_exact_mut(slots + count).for_each(|row| row.copy_from_slice(first));
            for (row, mask) in mask.chunks_exact_mut(slots + count).enumerate() {
                mask[slots..=slots + row].fill(0.0);
                if let Some(sliding) = kind.sliding {
                    let start = self.window_start;
                    let pinned = self.pinned as u64;
                    let near = (self.next + row as u64 + 1).saturating_sub(sliding as u64); // the first position in sight
                    mask[..near.saturating_sub(start - pinned).min(pinned) as usize].fill(HIDDEN);
                    for position in start..near.min(self.next) {
                        mask[window_slot(sizes, position)] = HIDDEN;
                    }
                    mask[slots..slots + near.saturating_sub(self.next) as usize].fill(HIDDEN);
                }
            }
        }
        Ok(())
    }

    /// Keeps those of the first `count` rows that belong to the pinned start.
    fn pin(&mut self, count: usize) {
        let pinning = self.pin_until.saturating_sub(self.next).min(count as u64) as usize;
        if pinning == 0 {
            return;
        }
        let dims = &self.shared.dims;
        let d = dims.head_dim;
        let mut value = vec![0.0; dims.head_dim];
        let turns = dims.turns((0..pinning as u64).map(|row| -((self.next + row) as f64)));
        for (layer, kind) in dims.layers.iter().enumerate() {
            for (row, turn) in turns[*kind].iter().enumerate() {
                let slot = self.pinned + row;
                self.executor.commit_row(layer, row, slot);
                for head in 0..dims.kv_heads {
                    let key = &mut self.pinned_keys[layer][(slot * dims.kv_heads + head) * d..][..d];
                    self.executor.read_new_kv(layer, head, row, [key, &mut value]);
                    turn.apply(key);
                }
            }
        }
        self.pinned += pinning;
        self.window_start += pinning as u64;
        self.pinned_at = None;
    }

    /// The oldest go into the memory, the first `count` of the new ones into the window.
    fn absorb_and_write(&mut self, count: usize, decoding: bool) {
        let end = self.next + count as u64;
        // Positions of window-and-new that are not pinned; the new ones begin at `fresh`.
        let fresh = self.next.max(self.window_start);
        let held = (end - self.window_start) as usize;
        let old = (fresh - self.window_start) as usize;
        let mut leaving = held.saturating_sub(self.sizes.window);
        if decoding && leaving > 0 {
            leaving = DECODE_BLOCK.min(held);
        }
        let dims = &self.shared.dims;
        let d = dims.head_dim;
        // Nothing is allocated while nothing leaves.
        let turns = if leaving > 0 { dims.turns((0..leaving as u64).map(|row| -((self.window_start + row) as f64))) } else { Vec::new() };
        let mut keys = vec![0.0; dims.kv_heads * leaving * d];
        let mut values = vec![0.0; dims.kv_heads * leaving * d];
        for (layer, kind) in dims.layers.iter().enumerate() {
            if leaving > 0 {
                for (head, row) in (0..dims.kv_heads).flat_map(|head| (0..leaving).map(move |row| (head, row))) {
                    let position = self.window_start + row as u64;
                    let to = (head * leaving + row) * d..(head * leaving + row + 1) * d;
                    let pair = [&mut keys[to.clone()], &mut values[to.clone()]];
                    if row < old {
                        self.executor.read_kv(layer, head, window_slot(self.sizes, position), pair);
                    } else {
                        self.executor.read_new_kv(layer, head, (position - self.next) as usize, pair);
                    }
                    turns[*kind][row].apply(&mut keys[to]);
                }
                if dims.memory_heads(layer) > 0 {
                    self.memories[layer].absorb(self.absorbed, leaving, &keys, &values);
                    self.executor.set_memory(layer, &self.memories[layer]);
                }
            }
            let stay = fresh.max(self.window_start + leaving as u64);
            for position in stay..end {
                self.executor.commit_row(layer, (position - self.next) as usize, window_slot(self.sizes, position));
            }
        }
        self.window_start += leaving as u64;
        self.absorbed += leaving as u64;
    }
}

/// The ring: the token at position t lies in slot K + (t mod W).
pub(super) fn window_slot(sizes: Scenario, position: u64) -> usize {
    sizes.pinned + (position % sizes.window as u64) as usize
}
