//! Tensors as graphs take them: quantised to 8 or 16 bits, in f16, or in f32.

use std::collections::BTreeMap;
use std::path::Path;

use half::f16;
use half::slice::HalfFloatSliceExt;
use ort::memory::Allocator;
use ort::session::IoBinding;
use ort::value::Tensor;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::manifest::kv_dtype::KvDtype;

/// Affine quantisation: real = (quantised − zero_point) · scale.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Encoding {
    pub(crate) scale: f32,
    #[serde(rename = "zero")]
    pub(crate) zero_point: f32,
    pub(crate) bits: u8,
}

/// Numbers as they are.
const REAL: Encoding = Encoding { scale: 1.0, zero_point: 0.0, bits: 32 };

/// How inputs and outputs are held: the file that an artefact's `encodings` names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encodings {
    /// Empty where all are f32.
    tensors: BTreeMap<String, Encoding>,
    /// Of `k_L` and `v_L`, `[Hk, d]`: what a dim is divided by.
    pub(crate) scales: BTreeMap<String, Vec<f32>>,
}

fn caches(layers: usize) -> impl Iterator<Item = String> {
    (0..layers).flat_map(|l| [format!("k_{l}"), format!("v_{l}")])
}

impl Encodings {
    /// Of graphs in f32.
    pub fn real(layers: usize, width: usize) -> Self {
        Self { tensors: BTreeMap::new(), scales: caches(layers).map(|name| (name, vec![1.0; width])).collect() }
    }

    pub(crate) fn is_real(&self) -> bool {
        self.tensors.is_empty()
    }

    /// What a memory's inputs are called.
    pub fn memory(&self) -> [&'static str; 2] {
        if self.is_real() { ["m", "z"] } else { ["mean", "log_z"] }
    }

    /// Reads and checks the file: `scales` of so many numbers for so many layers.
    pub fn load(path: &Path, layers: usize, width: usize) -> Result<Self> {
        let wrong = |what: String| Error::new("model.format", format!("{}: {what}", path.display()));
        let text = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        let found: Self = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
        for (name, e) in &found.tensors {
            if !(e.scale > 0.0 && e.scale.is_finite() && [8, 16].contains(&e.bits) && (0.0..=65535.0).contains(&e.zero_point)) {
                return Err(wrong(format!("found {e:?} for {name}, expected a scale above 0 and 8 or 16 bits")));
            }
        }
        if found.is_real() {
            return Err(wrong("found no tensors, expected those of every input and output".into()));
        }
        for name in caches(layers) {
            let scales = found.scales.get(&name).map_or(&[][..], |s| s);
            if scales.len() != width || !scales.iter().all(|s| *s > 0.0 && s.is_finite()) {
                return Err(wrong(format!("found {} scales of {name}, expected {width} above 0", scales.len())));
            }
        }
        Ok(found)
    }

    pub(crate) fn of(&self, name: &str) -> Result<Encoding> {
        if self.is_real() {
            return Ok(REAL);
        }
        let missing = || Error::new("model.format", format!("the encodings file: found nothing of {name}"));
        self.tensors.get(name).copied().ok_or_else(missing)
    }
}

#[derive(Debug)]
enum Data {
    Narrow(Tensor<u8>),
    Wide(Tensor<u16>),
    Half(Tensor<f16>),
    Real(Tensor<f32>),
}

/// A tensor in quantised values, or in numbers as they are (in f16 rounded).
#[derive(Debug)]
pub(crate) struct QuantizedTensor {
    data: Data,
    encoding: Encoding,
}

impl QuantizedTensor {
    pub(crate) fn new(shape: &[usize], encoding: Encoding, real: f32) -> Result<Self> {
        let dims: Vec<i64> = shape.iter().map(|s| *s as i64).collect();
        let allocator = Allocator::default();
        let data = match encoding.bits {
            8 => Data::Narrow(Tensor::new(&allocator, dims)?),
            32 => Data::Real(Tensor::new(&allocator, dims)?),
            _ => Data::Wide(Tensor::new(&allocator, dims)?),
        };
        let mut made = Self { data, encoding };
        let count = shape.iter().product();
        made.write(0, std::iter::repeat_n(real, count));
        Ok(made)
    }

    /// Keys or values of a graph of dynamic shape, all 0.
    pub(crate) fn of_cache(shape: &[usize], cache: KvDtype) -> Result<Self> {
        if cache.is_f32() {
            return Self::new(shape, REAL, 0.0);
        }
        let mut tensor = Tensor::<f16>::new(&Allocator::default(), shape.iter().map(|s| *s as i64).collect::<Vec<_>>())?;
        tensor.extract_tensor_mut().1.fill(f16::ZERO);
        Ok(Self { data: Data::Half(tensor), encoding: REAL })
    }

    /// Quantises numbers from place `at` on; what the range does not hold becomes its end.
    pub(crate) fn write(&mut self, at: usize, real: impl Iterator<Item = f32>) {
        let Encoding { scale, zero_point, .. } = self.encoding;
        let quantised = |x: f32| (x / scale).round_ties_even() + zero_point; // `as` saturates
        match &mut self.data {
            Data::Narrow(t) => t.extract_tensor_mut().1[at..].iter_mut().zip(real).for_each(|(to, x)| *to = quantised(x) as u8),
            Data::Wide(t) => t.extract_tensor_mut().1[at..].iter_mut().zip(real).for_each(|(to, x)| *to = quantised(x) as u16),
            Data::Half(t) => t.extract_tensor_mut().1[at..].iter_mut().zip(real).for_each(|(to, x)| *to = f16::from_f32(x)),
            Data::Real(t) => t.extract_tensor_mut().1[at..].iter_mut().zip(real).for_each(|(to, x)| *to = x),
        }
    }

    pub(crate) fn read(&self, at: usize, to: &mut [f32]) {
        let Encoding { scale, zero_point, .. } = self.encoding;
        match &self.data {
            Data::Narrow(t) => {
                to.iter_mut().zip(&t.extract_tensor().1[at..]).for_each(|(to, s)| *to = (f32::from(*s) - zero_point) * scale)
            }
            Data::Wide(t) => to.iter_mut().zip(&t.extract_tensor().1[at..]).for_each(|(to, s)| *to = (f32::from(*s) - zero_point) * scale),
            Data::Half(t) => t.extract_tensor().1[at..][..to.len()].convert_to_f32_slice(to),
            Data::Real(t) => to.copy_from_slice(&t.extract_tensor().1[at..][..to.len()]),
        }
    }

    /// Bytes as they are, out of a tensor of the same encoding.
    pub(crate) fn copy(&mut self, at: usize, from: &Self, from_at: usize, count: usize) {
        match (&mut self.data, &from.data) {
            (Data::Narrow(to), Data::Narrow(from)) => {
                to.extract_tensor_mut().1[at..at + count].copy_from_slice(&from.extract_tensor().1[from_at..from_at + count]);
            }
            (Data::Wide(to), Data::Wide(from)) => {
                to.extract_tensor_mut().1[at..at + count].copy_from_slice(&from.extract_tensor().1[from_at..from_at + count]);
            }
            (Data::Half(to), Data::Half(from)) => {
                to.extract_tensor_mut().1[at..at + count].copy_from_slice(&from.extract_tensor().1[from_at..from_at + count]);
            }
            (Data::Real(to), Data::Real(from)) => {
                to.extract_tensor_mut().1[at..at + count].copy_from_slice(&from.extract_tensor().1[from_at..from_at + count]);
            }
            _ => unreachable!("a cache's encoding is one in and out: checked when the executor is made"),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.data {
            Data::Narrow(t) => t.extract_tensor().1.len(),
            Data::Wide(t) => t.extract_tensor().1.len(),
            Data::Half(t) => t.extract_tensor().1.len(),
            Data::Real(t) => t.extract_tensor().1.len(),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        let width = match &self.data {
            Data::Narrow(_) => 1,
            Data::Wide(_) | Data::Half(_) => 2,
            Data::Real(_) => 4,
        };
        self.len() as u64 * width
    }

    pub(crate) fn bind_input(&self, binding: &mut IoBinding, name: String) -> Result<()> {
        match &self.data {
            Data::Narrow(t) => binding.bind_input(name, t)?,
            Data::Wide(t) => binding.bind_input(name, t)?,
            Data::Half(t) => binding.bind_input(name, t)?,
            Data::Real(t) => binding.bind_input(name, t)?,
        }
        Ok(())
    }

    pub(crate) fn bind_output(&mut self, binding: &mut IoBinding, name: String) -> Result<()> {
        match &mut self.data {
            Data::Narrow(t) => binding.bind_output(name, t)?,
            Data::Wide(t) => binding.bind_output(name, t)?,
            Data::Half(t) => binding.bind_output(name, t)?,
            Data::Real(t) => binding.bind_output(name, t)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantised_values_saturate_and_round_as_the_graph_does() {
        let encoding = Encoding { scale: 0.5, zero_point: 128.0, bits: 8 };
        let found: Vec<u8> = [0.0_f32, 0.25, 0.75, -64.0, -1e30, 63.5, 1e30]
            .iter()
            .map(|x| ((x / encoding.scale).round_ties_even() + encoding.zero_point) as u8)
            .collect();
        assert_eq!(found, [128, 128, 130, 0, 0, 255, 255]);
    }
}
