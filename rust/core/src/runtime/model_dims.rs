//! Sizes that the engine and a graph agree on, and how each layer attends.

use crate::attention::rope::{Rope, Turn};
use crate::manifest::{AttentionKind, GeneratorManifest};

/// How layers of one kind attend.
#[derive(Debug, Clone)]
pub struct LayerKind {
    /// What the graph's inputs of this kind are called by.
    pub name: String,
    /// Rotation; of no dims where keys are not rotated.
    pub rope: Rope,
    /// A token sees so many, itself included.
    pub sliding: Option<usize>,
    /// Whether what leaves the window goes into a memory.
    pub memory: bool,
}

/// Sizes that the host and the graph agree on.
#[derive(Debug, Clone)]
pub struct ModelDims {
    /// Attention kinds by number.
    pub kinds: Vec<LayerKind>,
    /// The kind of each layer, an index into `kinds`.
    pub layers: Vec<usize>,
    /// Hk.
    pub kv_heads: usize,
    /// d.
    pub head_dim: usize,
    /// D.
    pub hidden: usize,
    /// V.
    pub vocabulary: usize,
}

impl ModelDims {
    /// As a manifest says.
    pub fn new(manifest: &GeneratorManifest) -> Self {
        let kind = |(name, k): (&String, &AttentionKind)| LayerKind {
            name: name.clone(),
            rope: Rope::new(&k.inverse_frequencies),
            sliding: k.sliding,
            memory: k.memory,
        };
        let kinds: Vec<LayerKind> = manifest.kinds.iter().filter(|(name, _)| manifest.layers.contains(name)).map(kind).collect();
        let layers = manifest.layers.iter().filter_map(|l| kinds.iter().position(|k| k.name == *l)).collect();
        let base = &manifest.base;
        Self { layers, kinds, kv_heads: base.kv_heads, head_dim: base.head_dim, hidden: base.hidden, vocabulary: base.vocabulary }
    }

    /// Per kind the turns of some positions.
    pub fn turns(&self, positions: impl Iterator<Item = f64> + Clone) -> Vec<Vec<Turn>> {
        self.kinds.iter().map(|kind| positions.clone().map(|p| kind.rope.turn(p)).collect()).collect()
    }

    /// How many heads of a layer have a memory: all or none.
    pub fn memory_heads(&self, layer: usize) -> usize {
        if self.kinds[self.layers[layer]].memory { self.kv_heads } else { 0 }
    }

    /// Whether any layer has a memory.
    pub fn remembers(&self) -> bool {
        (0..self.layers.len()).any(|layer| self.memory_heads(layer) > 0)
    }
}

/// The inputs of a kind, in the order of [`Executor::kind`](crate::runtime::executor::Executor::kind); those of a rotation only where there is one.
pub(crate) fn kind_inputs(kind: &LayerKind) -> &'static [&'static str] {
    if kind.rope.half() > 0 { &["mask", "cos", "sin"] } else { &["mask"] }
}
