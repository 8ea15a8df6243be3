//! The executor of graphs of dynamic shape, in f32 but for keys and values, which may be in f16: the form that the CPU takes.
//!
//! The cache grows with the tokens that it holds, up to the scenario's slots: no run attends to slots that nothing has filled but a few.

use std::sync::{Arc, PoisonError};

use ort::memory::Allocator;
use ort::session::IoBinding;
use ort::value::Tensor;

use crate::attention::compressive_memory::Memory;
use crate::error::Result;
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::executor::Executor;
use crate::runtime::graph::{Graph, Sessions, run};
use crate::runtime::model_dims::kind_inputs;
use crate::runtime::tensor::QuantizedTensor;

/// The tensors of one row count, bound to the graph together with the executor's state.
struct Rows {
    count: usize,
    wanted: usize,
    x: Tensor<f32>,
    kinds: Vec<[Tensor<f32>; 3]>,
    logits: Tensor<f32>,
    fresh: Vec<[QuantizedTensor; 2]>,
    binding: IoBinding,
    sessions: Arc<Sessions>,
}

/// One stream of tokens through a graph of dynamic shape.
pub(crate) struct DynamicExecutor {
    graph: Arc<Graph>,
    /// Most slots.
    limit: usize,
    slots: usize,
    cache: Vec<[QuantizedTensor; 2]>,
    memory: Vec<[Tensor<f32>; 2]>,
    memory_weight: Tensor<f32>,
    /// The row counts used last, newest last.
    rows: Vec<Rows>,
    /// The graph that rows were bound to before the cache grew, until some are bound again.
    sessions: Option<Arc<Sessions>>,
}

impl std::fmt::Debug for DynamicExecutor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamicExecutor").field("slots", &self.slots).finish_non_exhaustive()
    }
}

fn tensor(shape: &[usize], value: f32) -> Result<Tensor<f32>> {
    let shape: Vec<i64> = shape.iter().map(|s| *s as i64).collect();
    let mut tensor = Tensor::<f32>::new(&Allocator::default(), shape)?;
    tensor.extract_tensor_mut().1.fill(value);
    Ok(tensor)
}

impl DynamicExecutor {
    /// Row counts kept bound: of a segment, a remainder, a single row and drafts of three lengths.
    const KEPT: usize = 6;
    /// Slots are made by so many at a time.
    const SLOTS: usize = 64;

    /// An empty executor, of a cache that grows up to `limit` slots.
    pub(crate) fn new(graph: Arc<Graph>, limit: usize) -> Result<Self> {
        let d = graph.dims.head_dim;
        let memory = (0..graph.dims.layers.len()).map(|l| graph.dims.memory_heads(l));
        let memory = memory.map(|heads| Ok([tensor(&[1, heads, d, d], 0.0)?, tensor(&[1, heads, d, 1], 1.0)?]));
        let memory = memory.collect::<Result<Vec<_>>>()?;
        let slots = Self::SLOTS.min(limit);
        let layers = 0..graph.dims.layers.len();
        let cache = layers.map(|_| Ok([Self::part(&graph, slots)?, Self::part(&graph, slots)?])).collect::<Result<Vec<_>>>()?;
        let memory_weight = tensor(&[1], 0.0)?;
        Ok(Self { limit, slots, cache, memory, memory_weight, rows: Vec::new(), sessions: None, graph })
    }

    /// Keys or values of a layer, all 0.
    fn part(graph: &Graph, slots: usize) -> Result<QuantizedTensor> {
        QuantizedTensor::of_cache(&[1, graph.dims.kv_heads, slots, graph.dims.head_dim], graph.cache)
    }

    fn bind(&mut self, count: usize, wanted: usize) -> Result<Rows> {
        let dims = &self.graph.dims;
        let heads = dims.kv_heads;
        let d = dims.head_dim;
        let x = tensor(&[count, dims.hidden], 0.0)?;
        // What is at work stays with the graph it began with: a second copy would cost its memory twice.
        let begun = self.rows.first().map(|rows| Arc::clone(&rows.sessions)).or_else(|| self.sessions.take());
        let sessions = begun.map_or_else(|| self.graph.sessions(), Ok)?;
        let mut binding = sessions[0].lock().unwrap_or_else(PoisonError::into_inner).create_binding()?;
        binding.bind_input("x", &x)?;
        let mut kinds = Vec::new();
        for kind in &dims.kinds {
            let half = kind.rope.half();
            let tensors = [tensor(&[count, self.slots + count], 0.0)?, tensor(&[count, half], 0.0)?, tensor(&[count, half], 0.0)?];
            for (input, tensor) in kind_inputs(kind).iter().zip(&tensors) {
                binding.bind_input(format!("{input}_{}", kind.name), tensor)?;
            }
            kinds.push(tensors);
        }
        let mut rows = Tensor::<i64>::new(&Allocator::default(), [wanted as i64])?;
        rows.extract_tensor_mut().1.iter_mut().zip(count - wanted..count).for_each(|(to, row)| *to = row as i64);
        binding.bind_input("rows", &rows)?;
        if dims.remembers() {
            binding.bind_input("memory_weight", &self.memory_weight)?;
        }
        let mut logits = tensor(&[wanted, dims.vocabulary], 0.0)?;
        binding.bind_output("logits", &mut logits)?;
        let mut fresh = Vec::new();
        for layer in 0..dims.layers.len() {
            for (name, tensor) in ["k", "v"].iter().zip(&self.cache[layer]) {
                tensor.bind_input(&mut binding, format!("{name}_{layer}"))?;
            }
            if dims.memory_heads(layer) > 0 {
                for (name, tensor) in ["m", "z"].iter().zip(&self.memory[layer]) {
                    binding.bind_input(format!("{name}_{layer}"), tensor)?;
                }
            }
            let kept = || QuantizedTensor::of_cache(&[1, heads, count, d], self.graph.cache);
            let mut new = [kept()?, kept()?];
            for (name, tensor) in ["new_k", "new_v"].iter().zip(&mut new) {
                tensor.bind_output(&mut binding, format!("{name}_{layer}"))?;
            }
            fresh.push(new);
        }
        Ok(Rows { count, wanted, x, kinds, logits, fresh, binding, sessions })
    }

    fn last(&self) -> &Rows {
        self.rows.last().expect("prepare() comes before run() and its results")
    }

    fn last_mut(&mut self) -> &mut Rows {
        self.rows.last_mut().expect("prepare() comes before its inputs")
    }
}

impl Executor for DynamicExecutor {
    fn slots(&self) -> usize {
        self.slots
    }

    fn reserve(&mut self, slots: usize) -> Result<()> {
        if slots <= self.slots {
            return Ok(());
        }
        // A quarter more than there were: a token costs a copy of a few, on average.
        let grown = slots.max(self.slots + self.slots / 4).next_multiple_of(Self::SLOTS).min(self.limit);
        let d = self.graph.dims.head_dim;
        let mut cache = Vec::new();
        for layer in &self.cache {
            let mut pair = [Self::part(&self.graph, grown)?, Self::part(&self.graph, grown)?];
            for (to, from) in pair.iter_mut().zip(layer) {
                for head in 0..self.graph.dims.kv_heads {
                    to.copy(head * grown * d, from, head * self.slots * d, self.slots * d);
                }
            }
            cache.push(pair);
        }
        if let Some(rows) = self.rows.first() {
            self.sessions = Some(Arc::clone(&rows.sessions));
        }
        self.rows.clear(); // bound to the tensors before
        self.cache = cache;
        self.slots = grown;
        Ok(())
    }

    fn prepare(&mut self, count: usize, wanted: usize) -> Result<()> {
        let rows = match self.rows.iter().position(|r| (r.count, r.wanted) == (count, wanted)) {
            Some(at) => self.rows.remove(at),
            None => self.bind(count, wanted)?,
        };
        if self.rows.len() == Self::KEPT {
            self.rows.remove(0);
        }
        self.rows.push(rows);
        Ok(())
    }

    fn x(&mut self) -> &mut [f32] {
        self.last_mut().x.extract_tensor_mut().1
    }

    fn kind(&mut self, kind: usize) -> [&mut [f32]; 3] {
        self.last_mut().kinds[kind].each_mut().map(|tensor| tensor.extract_tensor_mut().1)
    }

    fn read_kv(&self, layer: usize, head: usize, slot: usize, to: [&mut [f32]; 2]) {
        let d = self.graph.dims.head_dim;
        let at = head * self.slots + slot;
        to.into_iter().zip(&self.cache[layer]).for_each(|(to, from)| from.read(at * d, to));
    }

    fn write_kv(&mut self, layer: usize, head: usize, slot: usize, from: [Option<&[f32]>; 2]) {
        let d = self.graph.dims.head_dim;
        let at = head * self.slots + slot;
        for (to, from) in self.cache[layer].iter_mut().zip(from) {
            from.into_iter().for_each(|from| to.write(at * d, from.iter().copied()));
        }
    }

    fn set_memory(&mut self, layer: usize, memory: &Memory) {
        let [m, z] = self.memory[layer].each_mut().map(|t| t.extract_tensor_mut().1);
        memory.scaled(m, z);
    }

    fn run(&mut self, memory_weight: f32, cancel: &CancelToken) -> Result<()> {
        cancel.check()?;
        self.memory_weight.extract_tensor_mut().1[0] = memory_weight;
        let rows = self.last();
        run(&rows.sessions[0], &rows.binding, cancel)
    }

    fn logits(&self) -> &[f32] {
        self.last().logits.extract_tensor().1
    }

    fn read_new_kv(&self, layer: usize, head: usize, row: usize, to: [&mut [f32]; 2]) {
        let d = self.graph.dims.head_dim;
        let at = head * self.last().count + row;
        to.into_iter().zip(&self.last().fresh[layer]).for_each(|(to, from)| from.read(at * d, to));
    }

    fn commit_row(&mut self, layer: usize, row: usize, slot: usize) {
        let heads = self.graph.dims.kv_heads;
        let d = self.graph.dims.head_dim;
        let rows = self.rows.last().expect("prepare() comes before run() and its results");
        for (to, from) in self.cache[layer].iter_mut().zip(&rows.fresh[layer]) {
            for head in 0..heads {
                to.copy((head * self.slots + slot) * d, from, (head * rows.count + row) * d, d);
            }
        }
    }

    fn fork(&self) -> Result<Box<dyn Executor>> {
        let mut copy = Self::new(Arc::clone(&self.graph), self.limit)?;
        copy.reserve(self.slots)?;
        for (to, from) in copy.cache.iter_mut().flatten().zip(self.cache.iter().flatten()) {
            to.copy(0, from, 0, from.len());
        }
        for (to, from) in copy.memory.iter_mut().flatten().zip(self.memory.iter().flatten()) {
            to.extract_tensor_mut().1.copy_from_slice(from.extract_tensor().1);
        }
        Ok(Box::new(copy))
    }

    fn release_buffers(&mut self) {
        self.rows.clear();
        self.sessions = None;
    }

    fn bytes(&self) -> u64 {
        let memory: usize = self.memory.iter().flatten().map(|t| t.extract_tensor().1.len()).sum();
        self.cache.iter().flatten().map(QuantizedTensor::bytes).sum::<u64>() + memory as u64 * 4
    }
}
