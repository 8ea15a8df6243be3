//! The executor of graphs of static shapes, quantised to 8 and 16 bits as NPUs take them, or in f32 as NNAPI and XNNPACK do.
//!
//! The state that outlives a run lies in the bound tensors as the graph takes it: a key's bytes come out of one run and go into the next
//! unchanged, whatever the shape. Numbers are quantised where they are written and dequantised where they are read; nothing is kept twice.

use std::sync::{Arc, PoisonError};

use ort::memory::Allocator;
use ort::session::IoBinding;
use ort::value::Tensor;

use crate::attention::compressive_memory::Memory;
use crate::error::{Error, Result};
use crate::runtime::cancel_token::CancelToken;
use crate::runtime::executor::Executor;
use crate::runtime::graph::{Graph, Sessions, run};
use crate::runtime::model_dims::kind_inputs;
use crate::runtime::tensor::{Encoding, Encodings, QuantizedTensor};

/// The least log z: below it an entry is negligible beside the head's largest, which is 0.
const LEAST: f32 = -30.0;
/// Added to the scores of what must not be seen; a row of padding sees itself alone.
const HIDDEN: f32 = -1e30;

/// The tensors of one shape, bound to its graph together with the executor's cache and memory.
struct Bound {
    x: QuantizedTensor,
    kinds: Vec<[QuantizedTensor; 3]>,
    rows: Tensor<i32>,
    logits: QuantizedTensor,
    fresh: Vec<[QuantizedTensor; 2]>,
    binding: IoBinding,
    sessions: Arc<Sessions>,
}

/// One stream of tokens through graphs of static shapes.
pub(crate) struct StaticExecutor {
    graph: Arc<Graph>,
    encodings: Arc<Encodings>,
    slots: usize,
    cache: Vec<[QuantizedTensor; 2]>,
    /// M ÷ z by row and ÷ the values' scale, and log z; in f32 M and z as they are.
    memory: Vec<Option<[QuantizedTensor; 2]>>,
    memory_weight: QuantizedTensor,
    /// By graph.
    bound: Vec<Option<Bound>>,
    /// The graph of this run, its real rows and the wanted ones.
    run: (usize, usize, usize),
    x: Vec<f32>,
    tables: Vec<[Vec<f32>; 3]>,
    logits: Vec<f32>,
}

impl std::fmt::Debug for StaticExecutor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaticExecutor").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl StaticExecutor {
    pub(crate) fn new(graph: Arc<Graph>, encodings: Arc<Encodings>, slots: usize) -> Result<Self> {
        let dims = &graph.dims;
        let heads = dims.kv_heads;
        let d = dims.head_dim;
        let mut cache = Vec::new();
        let mut memory = Vec::new();
        for layer in 0..dims.layers.len() {
            let one = |name: &str| {
                let taken = encodings.of(&format!("{name}_{layer}"))?;
                let given = encodings.of(&format!("new_{name}_{layer}"))?;
                if (taken.scale, taken.zero_point, taken.bits) != (given.scale, given.zero_point, given.bits) {
                    return Err(Error::new(
                        "model.format",
                        format!("the encodings file: {name}_{layer} comes out otherwise than it goes in"),
                    ));
                }
                QuantizedTensor::new(&[1, heads, slots, d], taken, 0.0)
            };
            cache.push([one("k")?, one("v")?]);
            memory.push(if dims.memory_heads(layer) == 0 {
                None
            } else {
                // z = 1 of a memory that holds nothing.
                let (column, one) = if encodings.is_real() { ([1, heads, d, 1], 1.0) } else { ([1, heads, 1, d], 0.0) };
                let [m, z] = encodings.memory().map(|name| encodings.of(&format!("{name}_{layer}")));
                Some([QuantizedTensor::new(&[1, heads, d, d], m?, 0.0)?, QuantizedTensor::new(&column, z?, one)?])
            });
        }
        let unit = Encoding { scale: 1.0, zero_point: 0.0, bits: 8 };
        let memory_weight = QuantizedTensor::new(&[1], if dims.remembers() { encodings.of("memory_weight")? } else { unit }, 0.0)?;
        let bound = graph.files.iter().map(|_| None).collect();
        let x = Vec::new();
        let tables = Vec::new();
        let logits = Vec::new();
        Ok(Self { encodings, slots, cache, memory, memory_weight, bound, run: (0, 0, 0), x, tables, logits, graph })
    }

    fn bind(&self, at: usize) -> Result<Bound> {
        let dims = &self.graph.dims;
        let e = &self.encodings;
        let heads = dims.kv_heads;
        let d = dims.head_dim;
        let count = self.graph.files[at].rows;
        let wanted = self.graph.files[at].wanted;
        // What is at work stays with the graphs it began with.
        let sessions = self.bound.iter().flatten().next().map_or_else(|| self.graph.sessions(), |b| Ok(Arc::clone(&b.sessions)))?;
        let mut binding = sessions[at].lock().unwrap_or_else(PoisonError::into_inner).create_binding()?;
        let x = QuantizedTensor::new(&[count, dims.hidden], e.of("x")?, 0.0)?;
        x.bind_input(&mut binding, "x".into())?;
        let mut kinds = Vec::new();
        for kind in &dims.kinds {
            let half = kind.rope.half();
            let inputs = kind_inputs(kind);
            let named = |input: &str, width| {
                let encoding = e.of(&format!("{}_{}", if inputs.contains(&input) { input } else { "mask" }, kind.name))?;
                QuantizedTensor::new(&[count, width], encoding, 0.0)
            };
            let tensors = [named("mask", self.slots + count)?, named("cos", half)?, named("sin", half)?];
            for (input, tensor) in inputs.iter().zip(&tensors) {
                tensor.bind_input(&mut binding, format!("{input}_{}", kind.name))?;
            }
            kinds.push(tensors);
        }
        let rows = Tensor::<i32>::new(&Allocator::default(), [wanted as i64])?;
        binding.bind_input("rows", &rows)?;
        if dims.remembers() {
            self.memory_weight.bind_input(&mut binding, "memory_weight".into())?;
        }
        let mut logits = QuantizedTensor::new(&[wanted, dims.vocabulary], e.of("logits")?, 0.0)?;
        logits.bind_output(&mut binding, "logits".into())?;
        let mut fresh = Vec::new();
        for layer in 0..dims.layers.len() {
            for (name, tensor) in ["k", "v"].iter().zip(&self.cache[layer]) {
                tensor.bind_input(&mut binding, format!("{name}_{layer}"))?;
            }
            for (name, tensor) in e.memory().iter().zip(self.memory[layer].iter().flatten()) {
                tensor.bind_input(&mut binding, format!("{name}_{layer}"))?;
            }
            let new = |name: &str| QuantizedTensor::new(&[1, heads, count, d], e.of(&format!("new_{name}_{layer}"))?, 0.0);
            let mut pair = [new("k")?, new("v")?];
            for (name, tensor) in ["new_k", "new_v"].iter().zip(&mut pair) {
                tensor.bind_output(&mut binding, format!("{name}_{layer}"))?;
            }
            fresh.push(pair);
        }
        Ok(Bound { x, kinds, rows, logits, fresh, binding, sessions })
    }

    /// Writes what the host filled, and rows of padding after it that nothing real sees.
    fn fill(&mut self, memory_weight: f32) {
        let (at, count, wanted) = self.run;
        let all = self.graph.files[at].rows;
        let slots = self.slots;
        let hidden = self.graph.dims.hidden;
        let bound = self.bound[at].as_mut().expect("prepare() comes before run() and its results");
        bound.x.write(0, self.x.iter().copied().chain(std::iter::repeat_n(0.0, (all - count) * hidden)));
        for ((tensors, [mask, cos, sin]), kind) in bound.kinds.iter_mut().zip(&self.tables).zip(&self.graph.dims.kinds) {
            let half = kind.rope.half();
            for (tensor, table) in tensors[1..].iter_mut().zip([cos, sin]) {
                tensor.write(0, table.iter().copied().chain(std::iter::repeat_n(0.0, (all - count) * half)));
            }
            for row in 0..all {
                let seen = |column: usize| match mask.get(row * (slots + count)..).and_then(|m| m.get(..slots + count)) {
                    Some(mask) => mask.get(column).copied().unwrap_or(HIDDEN),
                    None if column == slots + row => 0.0,
                    None => HIDDEN,
                };
                tensors[0].write(row * (slots + all), (0..slots + all).map(seen));
            }
        }
        let rows = bound.rows.extract_tensor_mut().1;
        rows.iter_mut().enumerate().for_each(|(i, row)| *row = (count - wanted + i.min(wanted - 1)) as i32);
        self.memory_weight.write(0, std::iter::once(memory_weight));
    }

    fn scales(&self, layer: usize, head: usize, part: usize) -> &[f32] {
        let d = self.graph.dims.head_dim;
        &self.encodings.scales[&format!("{}_{layer}", ["k", "v"][part])][head * d..][..d]
    }

    fn current(&self) -> &Bound {
        self.bound[self.run.0].as_ref().expect("prepare() comes before run() and its results")
    }
}

impl Executor for StaticExecutor {
    fn slots(&self) -> usize {
        self.slots
    }

    fn reserve(&mut self, _slots: usize) -> Result<()> {
        Ok(())
    }

    fn most_wanted(&self) -> usize {
        self.graph.files.iter().map(|file| file.wanted).max().unwrap_or(1)
    }

    fn prepare(&mut self, rows: usize, wanted: usize) -> Result<()> {
        let fits = self.graph.files.iter().enumerate().filter(|(_, f)| f.rows >= rows && f.wanted >= wanted);
        let Some((at, _)) = fits.min_by_key(|(_, f)| f.rows) else {
            return Err(Error::new("fault", format!("found no graph of {rows} rows, {wanted} of them wanted")));
        };
        if self.bound[at].is_none() {
            self.bound[at] = Some(self.bind(at)?);
        }
        self.run = (at, rows, wanted);
        let dims = &self.graph.dims;
        self.x.resize(rows * dims.hidden, 0.0);
        self.tables.resize_with(dims.kinds.len(), Default::default);
        for ([mask, cos, sin], kind) in self.tables.iter_mut().zip(&dims.kinds) {
            mask.resize(rows * (self.slots + rows), 0.0);
            cos.resize(rows * kind.rope.half(), 0.0);
            sin.resize(rows * kind.rope.half(), 0.0);
        }
        Ok(())
    }

    fn x(&mut self) -> &mut [f32] {
        &mut self.x
    }

    fn kind(&mut self, kind: usize) -> [&mut [f32]; 3] {
        self.tables[kind].each_mut().map(Vec::as_mut_slice)
    }

    fn read_kv(&self, layer: usize, head: usize, slot: usize, to: [&mut [f32]; 2]) {
        let d = self.graph.dims.head_dim;
        for (part, (to, from)) in to.into_iter().zip(&self.cache[layer]).enumerate() {
            from.read((head * self.slots + slot) * d, to);
            to.iter_mut().zip(self.scales(layer, head, part)).for_each(|(x, s)| *x *= s);
        }
    }

    fn write_kv(&mut self, layer: usize, head: usize, slot: usize, from: [Option<&[f32]>; 2]) {
        let d = self.graph.dims.head_dim;
        let encodings = Arc::clone(&self.encodings);
        for (part, (to, from)) in self.cache[layer].iter_mut().zip(from).enumerate() {
            let scales = &encodings.scales[&format!("{}_{layer}", ["k", "v"][part])][head * d..];
            if let Some(from) = from {
                to.write((head * self.slots + slot) * d, from.iter().zip(scales).map(|(x, s)| x / s));
            }
        }
    }

    fn set_memory(&mut self, layer: usize, memory: &Memory) {
        let heads = self.graph.dims.kv_heads;
        let d = self.graph.dims.head_dim;
        let encodings = Arc::clone(&self.encodings);
        let Some([mean, log_z]) = &mut self.memory[layer] else { return };
        let mut m = vec![0.0; heads * d * d];
        let mut z = vec![0.0; heads * d];
        memory.scaled(&mut m, &mut z);
        if encodings.is_real() {
            mean.write(0, m.into_iter());
            log_z.write(0, z.into_iter());
            return;
        }
        z.iter_mut().for_each(|z| *z = z.max(LEAST.exp()));
        let scales = &encodings.scales[&format!("v_{layer}")];
        let by_row = m.chunks_exact(d).zip(&z).enumerate();
        mean.write(0, by_row.flat_map(|(row, (m, z))| m.iter().zip(&scales[row / d * d..]).map(move |(m, s)| m / z / s)));
        log_z.write(0, z.iter().map(|z| z.ln()));
    }

    fn run(&mut self, memory_weight: f32, cancel: &CancelToken) -> Result<()> {
        cancel.check()?;
        self.fill(memory_weight);
        let (at, _, wanted) = self.run;
        let bound = self.current();
        run(&bound.sessions[at], &bound.binding, cancel)?;
        let mut logits = std::mem::take(&mut self.logits);
        logits.resize(wanted * self.graph.dims.vocabulary, 0.0);
        self.current().logits.read(0, &mut logits);
        self.logits = logits;
        Ok(())
    }

    fn logits(&self) -> &[f32] {
        &self.logits
    }

    fn read_new_kv(&self, layer: usize, head: usize, row: usize, to: [&mut [f32]; 2]) {
        let d = self.graph.dims.head_dim;
        let rows = self.graph.files[self.run.0].rows;
        for (part, (to, from)) in to.into_iter().zip(&self.current().fresh[layer]).enumerate() {
            from.read((head * rows + row) * d, to);
            to.iter_mut().zip(self.scales(layer, head, part)).for_each(|(x, s)| *x *= s);
        }
    }

    fn commit_row(&mut self, layer: usize, row: usize, slot: usize) {
        let heads = self.graph.dims.kv_heads;
        let d = self.graph.dims.head_dim;
        let rows = self.graph.files[self.run.0].rows;
        let bound = self.bound[self.run.0].as_ref().expect("prepare() comes before run() and its results");
        for (to, from) in self.cache[layer].iter_mut().zip(&bound.fresh[layer]) {
            for head in 0..heads {
                to.copy((head * self.slots + slot) * d, from, (head * rows + row) * d, d);
            }
        }
    }

    fn fork(&self) -> Result<Box<dyn Executor>> {
        let mut copy = Self::new(Arc::clone(&self.graph), Arc::clone(&self.encodings), self.slots)?;
        let pairs = copy.cache.iter_mut().zip(&self.cache).chain(copy.memory.iter_mut().flatten().zip(self.memory.iter().flatten()));
        for (to, from) in pairs.flat_map(|(to, from)| to.iter_mut().zip(from)) {
            to.copy(0, from, 0, from.len());
        }
        Ok(Box::new(copy))
    }

    fn release_buffers(&mut self) {
        self.bound.iter_mut().for_each(|b| *b = None);
        self.x = Vec::new();
        self.tables = Vec::new();
        self.logits = Vec::new();
    }

    fn bytes(&self) -> u64 {
        self.cache.iter().chain(self.memory.iter().flatten()).flatten().map(QuantizedTensor::bytes).sum()
    }
}
