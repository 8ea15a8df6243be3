//! Rotary positions: angles in f64, rows in f32 (error 2e-6 at a million tokens).

/// The angles of one attention kind.
#[derive(Debug, Clone)]
pub struct Rope {
    frequencies: Vec<f64>,
}

impl Rope {
    /// From `[r / 2]` inverse frequencies (radians a token).
    pub fn new(frequencies: &[f64]) -> Self {
        Self { frequencies: frequencies.to_vec() }
    }

    /// r / 2.
    pub fn half(&self) -> usize {
        self.frequencies.len()
    }

    /// Writes cos and sin, `[r / 2]` each, of a position.
    pub fn row(&self, position: f64, cos: &mut [f32], sin: &mut [f32]) {
        for ((frequency, cos), sin) in self.frequencies.iter().zip(cos).zip(sin) {
            let (s, c) = (position * frequency).sin_cos();
            (*cos, *sin) = (c as f32, s as f32);
        }
    }

    /// Turns a key `[d]` by the angles of a position; a negative position turns it back exactly as far.
    pub fn rotate(&self, key: &mut [f32], position: f64) {
        let half = self.half();
        let (a, rest) = key.split_at_mut(half);
        for ((frequency, a), b) in self.frequencies.iter().zip(a).zip(&mut rest[..half]) {
            let (sin, cos) = (position * frequency).sin_cos();
            let (x, y) = (f64::from(*a), f64::from(*b));
            (*a, *b) = ((x * cos - y * sin) as f32, (y * cos + x * sin) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_back_returns_the_key() {
        let rope = Rope::new(&[1.0, 0.01]);
        let key = [0.3, -1.2, 100.0, 0.7, 5.0];
        let mut turned = key;
        rope.rotate(&mut turned, 1_000_000.0);
        assert!((turned[0] - key[0]).abs() > 1e-2 && turned[4] == 5.0);
        rope.rotate(&mut turned, -1_000_000.0);
        assert!(turned.iter().zip(key).all(|(a, b)| (a - b).abs() < 1e-5 * b.abs().max(1.0)));
    }
}
