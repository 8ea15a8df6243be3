//! What a session runs its tokens through: an [`Executor`] owns the key-value cache and the memory as the graph takes them.
//!
//! Tests drive a session through an executor that computes nothing.

use crate::attention::compressive_memory::Memory;
use crate::error::Result;
use crate::runtime::cancel_token::CancelToken;

/// One stream of tokens through a graph.
pub trait Executor: Send + std::fmt::Debug {
    /// The slots of a head's cache that there are now: C of the next run.
    fn slots(&self) -> usize;
    /// Sees to it that there are at least so many slots; what stands in those before stays. An executor of static shapes has all from the start.
    ///
    /// # Errors
    /// `runtime.failed` when no tensor can be made.
    fn reserve(&mut self, slots: usize) -> Result<()>;
    /// Of how many rows of a run the logits can be wanted.
    fn most_wanted(&self) -> usize {
        usize::MAX
    }
    /// Makes the inputs of the next run, of whose last `wanted` rows the logits are wanted. An executor of static shapes may compute more and drop
    /// them. The host fills all of [`Executor::x`] and [`Executor::kind`] then.
    ///
    /// # Errors
    /// `runtime.failed` when no tensor can be made; `fault` when no graph has so many rows.
    fn prepare(&mut self, rows: usize, wanted: usize) -> Result<()>;
    /// The embeddings of the next run's rows, `[rows, D]`.
    fn x(&mut self) -> &mut [f32];
    /// The inputs of a kind of attention: mask `[rows, C + rows]` over C slots and the rows, cos `[rows, r/2]`, sin `[rows, r/2]`.
    fn kind(&mut self, kind: usize) -> [&mut [f32]; 3];
    /// Reads the key and the value in a slot of a head's cache, `[d]` each.
    fn read_kv(&self, layer: usize, head: usize, slot: usize, to: [&mut [f32]; 2]);
    /// Writes a key, a value or both into a slot of a head's cache, `[d]` each.
    fn write_kv(&mut self, layer: usize, head: usize, slot: usize, from: [Option<&[f32]>; 2]);
    /// What a layer's memory holds from now on.
    fn set_memory(&mut self, layer: usize, memory: &Memory);
    /// Runs the graph on the rows filled last.
    ///
    /// # Errors
    /// `cancelled`; `runtime.failed`.
    fn run(&mut self, memory_weight: f32, cancel: &CancelToken) -> Result<()>;
    /// `[wanted, V]`, of the run's last rows.
    fn logits(&self) -> &[f32];
    /// Reads the rotated key and the value that a run made of a row, `[d]` each.
    fn read_new_kv(&self, layer: usize, head: usize, row: usize, to: [&mut [f32]; 2]);
    /// Copies the key and value of one of the rows into a slot of the cache.
    fn commit_row(&mut self, layer: usize, row: usize, slot: usize);
    /// A copy with a life of its own.
    ///
    /// # Errors
    /// `runtime.failed` when no tensor can be made.
    fn fork(&self) -> Result<Box<dyn Executor>>;
    /// Gives back what only a run needs, the logits with it.
    fn release_buffers(&mut self) {}
    /// Bytes of the cache and the memory.
    fn bytes(&self) -> u64;
}
