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
            *cos = c as f32;
            *sin = s as f32;
        }
    }

    /// The turn that a key makes to stand at a position; a negative position turns it back exactly as far.
    pub fn turn(&self, position: f64) -> Turn {
        Turn(self.frequencies.iter().map(|frequency| (position * frequency).sin_cos()).collect())
    }
}

/// The sines and cosines of one position: computed once, applied to the keys of every layer and head.
#[derive(Debug, Clone)]
pub struct Turn(Vec<(f64, f64)>);

impl Turn {
    /// Turns a key `[d]`; dimensions from r on stay.
    pub fn apply(&self, key: &mut [f32]) {
        let (a, rest) = key.split_at_mut(self.0.len());
        for (((sin, cos), a), b) in self.0.iter().zip(a).zip(rest) {
            let x = f64::from(*a);
            let y = f64::from(*b);
            *a = (x * cos - y * sin) as f32;
            *b = (y * cos + x * sin) as f32;
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
        rope.turn(1_000_000.0).apply(&mut turned);
        assert!((turned[0] - key[0]).abs() > 1e-2 && turned[4] == 5.0);
        rope.turn(-1_000_000.0).apply(&mut turned);
        assert!(turned.iter().zip(key).all(|(a, b)| (a - b).abs() < 1e-5 * b.abs().max(1.0)));
    }
}
