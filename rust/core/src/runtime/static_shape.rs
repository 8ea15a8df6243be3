//! The lane of graphs of fixed shapes, in steps of 8 and 16 bits as NPUs take them, or in f32 as NNAPI and XNNPACK do.
//!
//! The state that outlives a run lies in the bound tensors as the graph takes it: a key's bytes come out of one run and go into the next
//! unchanged, whatever the shape. Numbers become steps where they are written, and steps numbers where they are read; nothing is kept twice.

use std::sync::{Arc, PoisonError};

use ort::memory::Allocator;
use ort::session::IoBinding;
use ort::value::Tensor;

use crate::attention::compressive_memory::Memory;
use crate::error::{Error, Result};
use crate::runtime::graph::{Cancel, Graph, Inputs, Lane, Sessions, kind_inputs};
use crate::runtime::tensor::{Encoding, Encodings, Steps};

/// Log of what is nothing beside a head's largest z.
const LEAST: f32 = -30.0;
/// Rows of padding see nothing but themselves.
const HIDDEN: f32 = -1e30;

/// The tensors of one shape, bound to its graph together with the lane's state.
struct Bound {
    x: Steps,
    kinds: Vec<[Steps; 3]>,
    rows: Tensor<i32>,
    logits: Steps,
    fresh: Vec<[Steps; 2]>,
    binding: IoBinding,
    sessions: Arc<Sessions>,
}

/// One stream through graphs of fixed shapes.
pub(crate) struct FixedLane {
    graph: Arc<Graph>,
    encodings: Arc<Encodings>,
    slots: usize,
    cache: Vec<[Steps; 2]>,
    /// M ÷ z by row and ÷ the values' scale, and log z; in f32 M and z as they are.
    memory: Vec<Option<[Steps; 2]>>,
    memory_weight: Steps,
    /// By graph.
    bound: Vec<Option<Bound>>,
    /// The graph of this run, its real rows and the wanted ones.
    run: (usize, usize, usize),
    x: Vec<f32>,
    tables: Vec<[Vec<f32>; 3]>,
    logits: Vec<f32>,
}

impl std::fmt::Debug for FixedLane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FixedLane").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl FixedLane {
    pub(crate) fn new(graph: Arc<Graph>, encodings: Arc<Encodings>, slots: usize) -> Result<Self> {
        let shape = &graph.shape;
        let (heads, d) = (shape.kv_heads, shape.head_dim);
        let (mut cache, mut memory) = (Vec::new(), Vec::new());
        for layer in 0..shape.layers.len() {
            let one = |name: &str| {
                let (taken, given) = (encodings.of(&format!("{name}_{layer}"))?, encodings.of(&format!("new_{name}_{layer}"))?);
                if (taken.scale, taken.zero, taken.bits) != (given.scale, given.zero, given.bits) {
                    return Err(Error::new(
                        "model.format",
                        format!("the encodings file: {name}_{layer} comes out otherwise than it goes in"),
                    ));
                }
                Steps::new(&[1, heads, slots, d], taken, 0.0)
            };
            cache.push([one("k")?, one("v")?]);
            memory.push(if shape.memory_heads(layer) == 0 {
                None
            } else {
                // z = 1 of a memory that holds nothing.
                let (column, one) = if encodings.is_real() { ([1, heads, d, 1], 1.0) } else { ([1, heads, 1, d], 0.0) };
                let [m, z] = encodings.memory().map(|name| encodings.of(&format!("{name}_{layer}")));
                Some([Steps::new(&[1, heads, d, d], m?, 0.0)?, Steps::new(&column, z?, one)?])
            });
        }
        let unit = Encoding { scale: 1.0, zero: 0.0, bits: 8 };
        let memory_weight = Steps::new(&[1], if shape.remembers() { encodings.of("memory_weight")? } else { unit }, 0.0)?;
        let bound = graph.files.iter().map(|_| None).collect();
        let (x, tables, logits) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { encodings, slots, cache, memory, memory_weight, bound, run: (0, 0, 0), x, tables, logits, graph })
    }

    fn bind(&self, at: usize) -> Result<Bound> {
        let (shape, e) = (&self.graph.shape, &self.encodings);
        let (heads, d) = (shape.kv_heads, shape.head_dim);
        let (count, wanted) = (self.graph.files[at].rows, self.graph.files[at].wanted);
        // What is at work stays with the graphs it began with.
        let sessions = self.bound.iter().flatten().next().map_or_else(|| self.graph.sessions(), |b| Ok(Arc::clone(&b.sessions)))?;
        let mut binding = sessions[at].lock().unwrap_or_else(PoisonError::into_inner).create_binding()?;
        let x = Steps::new(&[count, shape.hidden], e.of("x")?, 0.0)?;
        x.bind_input(&mut binding, "x".into())?;
        let mut kinds = Vec::new();
        for kind in &shape.kinds {
            let (half, inputs) = (kind.rope.half(), kind_inputs(kind));
            let named = |input: &str, width| {
                let encoding = e.of(&format!("{}_{}", if inputs.contains(&input) { input } else { "mask" }, kind.name))?;
                Steps::new(&[count, width], encoding, 0.0)
            };
            let tensors = [named("mask", self.slots + count)?, named("cos", half)?, named("sin", half)?];
            for (input, tensor) in inputs.iter().zip(&tensors) {
                tensor.bind_input(&mut binding, format!("{input}_{}", kind.name))?;
            }
            kinds.push(tensors);
        }
        let rows = Tensor::<i32>::new(&Allocator::default(), [wanted as i64])?;
        binding.bind_input("rows", &rows)?;
        if shape.remembers() {
            self.memory_weight.bind_input(&mut binding, "memory_weight".into())?;
        }
        let mut logits = Steps::new(&[wanted, shape.vocabulary], e.of("logits")?, 0.0)?;
        logits.bind_output(&mut binding, "logits".into())?;
        let mut fresh = Vec::new();
        for layer in 0..shape.layers.len() {
            for (name, tensor) in ["k", "v"].iter().zip(&self.cache[layer]) {
                tensor.bind_input(&mut binding, format!("{name}_{layer}"))?;
            }
            for (name, tensor) in e.memory().iter().zip(self.memory[layer].iter().flatten()) {
                tensor.bind_input(&mut binding, format!("{name}_{layer}"))?;
            }
            let new = |name: &str| Steps::new(&[1, heads, count, d], e.of(&format!("new_{name}_{layer}"))?, 0.0);
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
        let (all, slots) = (self.graph.files[at].rows, self.slots);
        let hidden = self.graph.shape.hidden;
        let bound = self.bound[at].as_mut().expect("inputs() comes before run() and its results");
        bound.x.write(0, self.x.iter().copied().chain(std::iter::repeat_n(0.0, (all - count) * hidden)));
        for ((tensors, [mask, cos, sin]), kind) in bound.kinds.iter_mut().zip(&self.tables).zip(&self.graph.shape.kinds) {
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
        let d = self.graph.shape.head_dim;
        &self.encodings.scales[&format!("{}_{layer}", ["k", "v"][part])][head * d..][..d]
    }

    fn current(&self) -> &Bound {
        self.bound[self.run.0].as_ref().expect("inputs() comes before run() and its results")
    }
}

impl Lane for FixedLane {
    fn inputs(&mut self, rows: usize, wanted: usize) -> Result<Inputs<'_>> {
        let fits = self.graph.files.iter().enumerate().filter(|(_, f)| f.rows >= rows && f.wanted >= wanted);
        let Some((at, _)) = fits.min_by_key(|(_, f)| f.rows) else {
            return Err(Error::new("fault", format!("found no graph of {rows} rows, {wanted} of them wanted")));
        };
        if self.bound[at].is_none() {
            self.bound[at] = Some(self.bind(at)?);
        }
        self.run = (at, rows, wanted);
        let shape = &self.graph.shape;
        self.x = vec![0.0; rows * shape.hidden];
        let half = |kind: &crate::runtime::graph::Kind| vec![0.0; rows * kind.rope.half()];
        self.tables = shape.kinds.iter().map(|kind| [vec![0.0; rows * (self.slots + rows)], half(kind), half(kind)]).collect();
        let kinds = self.tables.iter_mut().map(|t| t.each_mut().map(Vec::as_mut_slice)).collect();
        Ok(Inputs { x: &mut self.x, kinds })
    }

    fn cached(&self, layer: usize, head: usize, slot: usize, to: [&mut [f32]; 2]) {
        let d = self.graph.shape.head_dim;
        for (part, (to, from)) in to.into_iter().zip(&self.cache[layer]).enumerate() {
            from.read((head * self.slots + slot) * d, to);
            to.iter_mut().zip(self.scales(layer, head, part)).for_each(|(x, s)| *x *= s);
        }
    }

    fn place(&mut self, layer: usize, head: usize, slot: usize, from: [Option<&[f32]>; 2]) {
        let (d, encodings) = (self.graph.shape.head_dim, Arc::clone(&self.encodings));
        for (part, (to, from)) in self.cache[layer].iter_mut().zip(from).enumerate() {
            let scales = &encodings.scales[&format!("{}_{layer}", ["k", "v"][part])][head * d..];
            if let Some(from) = from {
                to.write((head * self.slots + slot) * d, from.iter().zip(scales).map(|(x, s)| x / s));
            }
        }
    }

    fn remember(&mut self, layer: usize, memory: &Memory) {
        let (heads, d, encodings) = (self.graph.shape.kv_heads, self.graph.shape.head_dim, Arc::clone(&self.encodings));
        let Some([mean, log_z]) = &mut self.memory[layer] else { return };
        let (mut m, mut z) = (vec![0.0; heads * d * d], vec![0.0; heads * d]);
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

    fn run(&mut self, memory_weight: f32, cancel: &Cancel) -> Result<()> {
        cancel.check()?;
        self.fill(memory_weight);
        let (at, _, wanted) = self.run;
        let bound = self.current();
        cancel.run(&bound.sessions[at], &bound.binding)?;
        let mut logits = vec![0.0; wanted * self.graph.shape.vocabulary];
        self.current().logits.read(0, &mut logits);
        self.logits = logits;
        Ok(())
    }

    fn logits(&self) -> &[f32] {
        &self.logits
    }

    fn fresh(&self, layer: usize, head: usize, row: usize, to: [&mut [f32]; 2]) {
        let (d, rows) = (self.graph.shape.head_dim, self.graph.files[self.run.0].rows);
        for (part, (to, from)) in to.into_iter().zip(&self.current().fresh[layer]).enumerate() {
            from.read((head * rows + row) * d, to);
            to.iter_mut().zip(self.scales(layer, head, part)).for_each(|(x, s)| *x *= s);
        }
    }

    fn keep(&mut self, layer: usize, row: usize, slot: usize) {
        let (heads, d, rows) = (self.graph.shape.kv_heads, self.graph.shape.head_dim, self.graph.files[self.run.0].rows);
        let bound = self.bound[self.run.0].as_ref().expect("inputs() comes before run() and its results");
        for (to, from) in self.cache[layer].iter_mut().zip(&bound.fresh[layer]) {
            for head in 0..heads {
                to.copy((head * self.slots + slot) * d, from, (head * rows + row) * d, d);
            }
        }
    }

    fn fork(&self) -> Result<Box<dyn Lane>> {
        let mut copy = Self::new(Arc::clone(&self.graph), Arc::clone(&self.encodings), self.slots)?;
        let pairs = copy.cache.iter_mut().zip(&self.cache).chain(copy.memory.iter_mut().flatten().zip(self.memory.iter().flatten()));
        for (to, from) in pairs.flat_map(|(to, from)| to.iter_mut().zip(from)) {
            to.copy(0, from, 0, from.len());
        }
        Ok(Box::new(copy))
    }

    fn rest(&mut self) {
        self.bound.iter_mut().for_each(|b| *b = None);
        (self.x, self.tables, self.logits) = (Vec::new(), Vec::new(), Vec::new());
    }

    fn bytes(&self) -> u64 {
        self.cache.iter().chain(self.memory.iter().flatten()).flatten().map(Steps::bytes).sum()
    }
}
