//! A session's bytes in a saved document, and the session that they become again.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::session::session::{Session, window_slot};

/// Where a session stands.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Counts {
    pub pending: Vec<u32>,
    pub recent: Vec<u32>,
    pub pinned: usize,
    pub absorbed: u64,
    pub window_start: u64,
    pub next: u64,
    pub runs: u64,
}

impl Session {
    /// What [`Session::resumed`] needs besides the numbers that [`Session::write`] writes.
    pub fn counts(&self) -> Counts {
        Counts {
            pending: self.pending.iter().copied().collect(),
            recent: self.recent.clone(),
            pinned: self.pinned,
            absorbed: self.absorbed,
            window_start: self.window_start,
            next: self.next,
            runs: self.runs,
        }
    }

    /// Writes per layer the pinned keys (unrotated) and values, M, z, and the window's keys and values: f32, whatever the cache is in,
    /// little-endian, filled slots only.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn write(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        self.each_kept(|part| {
            let bytes: Vec<u8> = part.iter().flat_map(|x| x.to_le_bytes()).collect();
            out.write_all(&bytes)
        })
    }

    /// An empty session becomes the one that was written.
    ///
    /// # Errors
    /// `state.damaged` when the counts do not fit each other or `input` ends early.
    pub fn resumed(mut self, counts: &Counts, input: &mut impl Read) -> Result<Self> {
        let damaged = || Error::new("state.damaged", "the saved document's counts do not fit each other");
        let window = counts.next.checked_sub(counts.window_start).filter(|w| *w <= self.sizes.window as u64).ok_or_else(damaged)?;
        let held = window.checked_add(counts.absorbed).and_then(|n| n.checked_add(counts.pinned as u64));
        let pinned = counts.pinned as u64 == self.pin_until.min(counts.next);
        let known = counts.pending.iter().chain(&counts.recent).all(|t| (*t as usize) < self.shared.dims.vocabulary);
        if held != Some(counts.next) || counts.next.max(counts.runs) > 1 << 48 || !pinned || !known {
            return Err(damaged());
        }
        self.pending = counts.pending.iter().copied().collect();
        self.recent.clone_from(&counts.recent);
        self.pinned = counts.pinned;
        self.absorbed = counts.absorbed;
        self.runs = counts.runs;
        self.window_start = counts.window_start;
        self.next = counts.next;
        self.reserve(counts.next)?;
        self.each_kept(|part| {
            let mut bytes = vec![0; part.len() * 4];
            input.read_exact(&mut bytes)?;
            part.iter_mut().zip(bytes.chunks_exact(4)).for_each(|(x, b)| *x = f32::from_le_bytes(std::array::from_fn(|i| b[i])));
            Ok(())
        })
        .map_err(|e| Error::new("state.damaged", format!("the saved document ended early: {e}")))?;
        if self.absorbed > 0 {
            for (layer, memory) in self.memories.iter().enumerate() {
                self.executor.set_memory(layer, memory);
            }
        }
        Ok(self)
    }

    /// Every stretch of numbers that outlives a run, in the order of a saved document.
    fn each_kept(&mut self, mut each: impl FnMut(&mut [f32]) -> std::io::Result<()>) -> std::io::Result<()> {
        let heads = self.shared.dims.kv_heads;
        let d = self.shared.dims.head_dim;
        let mut key = vec![0.0; d];
        let mut value = vec![0.0; d];
        let window: Vec<usize> = (self.window_start..self.next).map(|p| window_slot(self.sizes, p)).collect();
        for layer in 0..self.memories.len() {
            each(&mut self.pinned_keys[layer][..self.pinned * heads * d])?;
            self.memories[layer].parts().into_iter().try_for_each(&mut each)?;
            for head in 0..heads {
                for slot in 0..self.pinned {
                    self.executor.read_kv(layer, head, slot, [&mut key, &mut value]);
                    each(&mut value)?;
                    self.executor.write_kv(layer, head, slot, [None, Some(&value)]);
                }
                for slot in &window {
                    self.executor.read_kv(layer, head, *slot, [&mut key, &mut value]);
                    each(&mut key)?;
                    each(&mut value)?;
                    self.executor.write_kv(layer, head, *slot, [Some(&key), Some(&value)]);
                }
            }
        }
        Ok(())
    }
}
