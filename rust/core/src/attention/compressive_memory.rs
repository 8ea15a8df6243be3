//! The compressive memory of one layer: running means of σ(k)ᵀv and σ(k), f32, on the host.
//!
//! Means, not sums: the graph's A_mem does not change (both scale alike), but sums overflow fp16 after about 500 tokens.

/// σ(x) = ELU(x) + 1, without the cancellation.
pub fn sigma(x: f32) -> f32 {
    x.max(0.0) + x.min(0.0).exp()
}

/// M `[heads, d, d]` and z `[heads, d]` of one layer.
#[derive(Debug, Clone)]
pub struct Memory {
    width: usize,
    m: Vec<f32>,
    z: Vec<f32>,
}

impl Memory {
    /// An empty memory.
    pub fn new(heads: usize, width: usize) -> Self {
        Self { width, m: vec![0.0; heads * width * width], z: vec![0.0; heads * width] }
    }

    /// Takes in `count` tokens after `before` others. `keys` (before RoPE) and `values` are `[heads, count, d]`.
    pub fn absorb(&mut self, before: u64, count: usize, keys: &[f32], values: &[f32]) {
        let d = self.width;
        let total = (before + count as u64) as f64;
        let keep = (before as f64 / total) as f32;
        let share = (1.0 / total) as f32;
        let tokens = keys.chunks_exact(count * d).zip(values.chunks_exact(count * d));
        for ((keys, values), (m, z)) in tokens.zip(self.m.chunks_exact_mut(d * d).zip(self.z.chunks_exact_mut(d))) {
            let mut sum_m = vec![0.0_f32; d * d];
            let mut sum_z = vec![0.0_f32; d];
            for (key, value) in keys.chunks_exact(d).zip(values.chunks_exact(d)) {
                for ((k, row), z) in key.iter().zip(sum_m.chunks_exact_mut(d)).zip(&mut sum_z) {
                    let s = sigma(*k);
                    *z += s;
                    row.iter_mut().zip(value).for_each(|(m, v)| *m += s * v);
                }
            }
            m.iter_mut().zip(sum_m).for_each(|(m, s)| *m = *m * keep + s * share);
            z.iter_mut().zip(sum_z).for_each(|(z, s)| *z = *z * keep + s * share);
        }
    }

    /// Writes what the graph is fed: M and z divided by max(z) per head.
    pub fn scaled(&self, m: &mut [f32], z: &mut [f32]) {
        let d = self.width;
        let heads = self.m.chunks_exact(d * d).zip(self.z.chunks_exact(d));
        for ((from_m, from_z), (m, z)) in heads.zip(m.chunks_exact_mut(d * d).zip(z.chunks_exact_mut(d))) {
            let scale = from_z.iter().copied().fold(f32::MIN_POSITIVE, f32::max).recip();
            m.iter_mut().zip(from_m).for_each(|(to, from)| *to = from * scale);
            z.iter_mut().zip(from_z).for_each(|(to, from)| *to = from * scale);
        }
    }

    /// M and z as they are kept: what a saved document holds.
    pub fn parts(&mut self) -> [&mut [f32]; 2] {
        [&mut self.m, &mut self.z]
    }

    /// The sums of M's and of z's entries: for tests against the reference.
    pub fn sums(&self) -> (f64, f64) {
        let sum = |x: &[f32]| x.iter().map(|v| f64::from(*v)).sum();
        (sum(&self.m), sum(&self.z))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_means_equal_sums() {
        let heads = 2;
        let d = 3;
        let tokens = 50;
        let value = |seed: usize| ((seed * 2_654_435_761) % 1000) as f32 / 250.0 - 2.0;
        let all: Vec<f32> = (0..heads * tokens * d).map(value).collect();
        let at = |h: usize, t: usize, i: usize| all[(h * tokens + t) * d + i];
        let mut memory = Memory::new(heads, d);
        let mut done = 0;
        for count in [1, 20, 4, 25] {
            let block: Vec<f32> = (0..heads)
                .flat_map(|h| (done..done + count).flat_map(move |t| (0..d).map(move |i| (h, t, i))))
                .map(|(h, t, i)| at(h, t, i))
                .collect();
            let negated: Vec<f32> = block.iter().map(|x| -x).collect();
            memory.absorb(done as u64, count, &block, &negated);
            done += count;
        }
        for h in 0..heads {
            for i in 0..d {
                let z: f32 = (0..tokens).map(|t| sigma(at(h, t, i))).sum::<f32>() / tokens as f32;
                assert!((memory.z[h * d + i] - z).abs() < 1e-5);
                for j in 0..d {
                    let m: f32 = (0..tokens).map(|t| sigma(at(h, t, i)) * -at(h, t, j)).sum::<f32>() / tokens as f32;
                    assert!((memory.m[(h * d + i) * d + j] - m).abs() < 1e-5);
                }
            }
        }
    }
}
