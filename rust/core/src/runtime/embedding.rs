//! The input embedding, read row by row from its file: nothing of it is in the process's memory.
//!
//! Rows are floats in a file of their own, or, of a tied model, the rows of lm_head where the graph has its weights: integers of 8 or 4 bits
//! with a scale for every 32, or of 8 bits with one for the row, `(step − 2^(bits − 1)) · scale`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::error::{Error, Result};
use crate::manifest::{self, RowDtype};

/// Inputs to a scale.
const BLOCK: usize = 32;
/// Numbers that are read at once.
const CHUNK: usize = 1024;

/// Where rows stand in the file, and how.
#[derive(Debug, Clone, Copy)]
enum Layout {
    F16,
    Bf16,
    F32,
    /// Bits of a step, and where steps and scales begin.
    Blocks {
        bits: usize,
        steps: u64,
        scales: u64,
    },
    /// Steps of 8 bits, a scale a row, and where both begin.
    Rows {
        steps: u64,
        scales: u64,
    },
}

impl Layout {
    fn new(kept: &manifest::Embedding) -> Option<Self> {
        let blocks = |bits| Some(Self::Blocks { bits, steps: kept.steps?, scales: kept.scales? });
        match kept.dtype {
            RowDtype::F16 => Some(Self::F16),
            RowDtype::Bf16 => Some(Self::Bf16),
            RowDtype::F32 => Some(Self::F32),
            RowDtype::Q8 => blocks(8),
            RowDtype::Q4 => blocks(4),
            RowDtype::R8 => Some(Self::Rows { steps: kept.steps?, scales: kept.scales? }),
        }
    }

    /// Bytes of so many numbers, or of their steps: whole blocks where there are blocks.
    fn bytes(self, numbers: usize) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2 * numbers,
            Self::F32 => 4 * numbers,
            Self::Blocks { bits, .. } => numbers.div_ceil(BLOCK) * BLOCK * bits / 8,
            Self::Rows { .. } => numbers,
        }
    }

    /// Where steps and scales begin, and how many scales a row of such a width has; none of floats.
    fn steps(self, width: usize) -> Option<(u64, u64, usize)> {
        match self {
            Self::F16 | Self::Bf16 | Self::F32 => None,
            Self::Blocks { steps, scales, .. } => Some((steps, scales, width.div_ceil(BLOCK))),
            Self::Rows { steps, scales } => Some((steps, scales, 1)),
        }
    }
}

/// An opened embedding file.
#[derive(Debug)]
pub struct Embedding {
    file: File,
    width: usize,
    layout: Layout,
    scale: f32,
}

impl Embedding {
    /// `rows` rows of `width` numbers in the file at `path`, as the manifest says that they are kept.
    ///
    /// # Errors
    /// `model.missing` when the file cannot be opened, `model.format` when its length is another, or too little for rows in blocks.
    pub fn open(path: &Path, rows: usize, width: usize, kept: &manifest::Embedding) -> Result<Self> {
        let missing = |e: String| Error::new("model.missing", format!("{}: {e}", path.display()));
        let wrong = |found: String| Error::new("model.format", format!("{}: {found}", path.display()));
        let file = File::open(path).map_err(|e| missing(e.to_string()))?;
        let found = file.metadata().map_err(|e| missing(e.to_string()))?.len();
        let layout = Layout::new(kept).ok_or_else(|| wrong("embedding: found no steps and scales, expected where they begin".into()))?;
        let row = layout.bytes(width) as u64;
        let rows = rows as u64;
        if let Some((steps, scales, count)) = layout.steps(width) {
            let scale_bytes = rows * count as u64 * 4;
            let ends = [steps.saturating_add(rows * row), scales.saturating_add(scale_bytes)];
            if let Some(end) = ends.into_iter().find(|end| *end > found) {
                return Err(wrong(format!("found {found} bytes, expected {end} or more: the embedding's rows end there")));
            }
        } else if found != rows * row {
            return Err(wrong(format!("found {found} bytes, expected {}", rows * row)));
        }
        Ok(Self { file, width, layout, scale: kept.scale })
    }

    /// The row of a token, `[width]`. Allocates nothing.
    ///
    /// # Errors
    /// `io` when the file cannot be read.
    pub fn row(&self, token: u32, to: &mut [f32]) -> Result<()> {
        let wrong = |e| Error::io(format!("reading the embedding of token {token}"), &e);
        for (number, part) in to.chunks_mut(CHUNK).enumerate() {
            self.part(u64::from(token), number * CHUNK, part).map_err(wrong)?;
            part.iter_mut().for_each(|v| *v *= self.scale);
        }
        Ok(())
    }

    /// So many numbers of a row as `to` has room for, at most [`CHUNK`], from its number `first` on: a multiple of that.
    fn part(&self, row: u64, first: usize, to: &mut [f32]) -> std::io::Result<()> {
        let count = to.len();
        let mut bytes = [0; 4 * CHUNK];
        let bytes = &mut bytes[..self.layout.bytes(count)];
        let at = row * self.layout.bytes(self.width) as u64 + self.layout.bytes(first) as u64;
        match self.layout {
            Layout::F16 => {
                self.file.read_exact_at(bytes, at)?;
                let mut halves = [f16::ZERO; CHUNK];
                halves.iter_mut().zip(bytes.as_chunks().0).for_each(|(v, b)| *v = f16::from_le_bytes(*b));
                halves[..count].convert_to_f32_slice(to);
            }
            Layout::Bf16 => {
                self.file.read_exact_at(bytes, at)?;
                let mut halves = [bf16::ZERO; CHUNK];
                halves.iter_mut().zip(bytes.as_chunks().0).for_each(|(v, b)| *v = bf16::from_le_bytes(*b));
                halves[..count].convert_to_f32_slice(to);
            }
            Layout::F32 => {
                self.file.read_exact_at(bytes, at)?;
                to.iter_mut().zip(bytes.as_chunks().0).for_each(|(v, b)| *v = f32::from_le_bytes(*b));
            }
            Layout::Rows { steps, scales } => {
                self.file.read_exact_at(bytes, steps + at)?;
                let mut scale = [0; 4];
                self.file.read_exact_at(&mut scale, scales + 4 * row)?;
                let scale = f32::from_le_bytes(scale);
                to.iter_mut().zip(&*bytes).for_each(|(v, step)| *v = (f32::from(*step) - 128.0) * scale);
            }
            Layout::Blocks { bits, steps, scales } => {
                self.file.read_exact_at(bytes, steps + at)?;
                let mut kept = [0; CHUNK / BLOCK * 4];
                let kept = &mut kept[..count.div_ceil(BLOCK) * 4];
                let before = row * self.width.div_ceil(BLOCK) as u64 + (first / BLOCK) as u64;
                self.file.read_exact_at(kept, scales + 4 * before)?;
                let blocks = to.chunks_mut(BLOCK).zip(bytes.chunks(BLOCK * bits / 8)).zip(kept.as_chunks().0);
                for ((to, steps), scale) in blocks {
                    let scale = f32::from_le_bytes(*scale);
                    for (number, v) in to.iter_mut().enumerate() {
                        let step = if bits == 8 {
                            f32::from(steps[number]) - 128.0
                        } else {
                            f32::from(steps[number / 2] >> (number % 2 * 4) & 15) - 8.0
                        };
                        *v = step * scale;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ROWS: usize = 3;

    fn kept(dtype: RowDtype, at: Option<(u64, u64)>) -> manifest::Embedding {
        let (steps, scales) = at.unzip();
        manifest::Embedding { file: String::new(), dtype, scale: 0.5, steps, scales }
    }

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// Rows longer than what is read at once, and no whole number of blocks.
    #[test]
    fn rows_in_blocks_are_steps_times_scales() {
        let width = CHUNK + 40;
        let blocks = width.div_ceil(BLOCK);
        for (bits, dtype) in [(8, RowDtype::Q8), (4, RowDtype::Q4)] {
            let step = |row: usize, input: usize| (row * 7 + input * 5) % (1 << bits);
            let scale = |row: usize, block: usize| 0.25 + (row * blocks + block) as f32 / 8.0;
            let per_byte = 8 / bits;
            let mut bytes = vec![0xAA; 5]; // what stands before
            for row in 0..ROWS {
                let packed = |at: usize| (0..per_byte).map(|n| step(row, at * per_byte + n) << (n * bits)).sum::<usize>() as u8;
                bytes.extend((0..blocks * BLOCK / per_byte).map(packed));
            }
            let scales = bytes.len() as u64;
            bytes.extend((0..ROWS).flat_map(|row| (0..blocks).flat_map(move |block| scale(row, block).to_le_bytes())));
            let file = file(&bytes);
            let opened = Embedding::open(file.path(), ROWS, width, &kept(dtype, Some((5, scales)))).unwrap();
            let mut found = vec![0.0; width];
            for row in 0..ROWS {
                opened.row(row as u32, &mut found).unwrap();
                for (input, found) in found.iter().enumerate() {
                    let expected = (step(row, input) as f32 - (1 << (bits - 1)) as f32) * scale(row, input / BLOCK) * 0.5;
                    assert_eq!(*found, expected, "{bits} bits, row {row}, input {input}");
                }
            }
            for at in [(5, scales + 1), (u64::MAX, 0), (0, u64::MAX)] {
                let refused = Embedding::open(file.path(), ROWS, width, &kept(dtype, Some(at))).unwrap_err();
                assert_eq!(refused.code(), "model.format", "{at:?}");
            }
        }
    }

    #[test]
    fn rows_with_a_scale_each_are_steps_times_it() {
        let width = CHUNK + 7;
        let step = |row: usize, input: usize| ((row * 7 + input * 5) % 256) as u8;
        let scale = |row: usize| 0.25 + row as f32 / 8.0;
        let mut bytes: Vec<u8> = (0..ROWS).flat_map(|row| (0..width).map(move |input| step(row, input))).collect();
        let scales = bytes.len() as u64;
        bytes.extend((0..ROWS).flat_map(|row| scale(row).to_le_bytes()));
        let file = file(&bytes);
        let opened = Embedding::open(file.path(), ROWS, width, &kept(RowDtype::R8, Some((0, scales)))).unwrap();
        let mut found = vec![0.0; width];
        for row in 0..ROWS {
            opened.row(row as u32, &mut found).unwrap();
            let expected = |input| (f32::from(step(row, input)) - 128.0) * scale(row) * 0.5;
            assert!(found.iter().enumerate().all(|(input, v)| *v == expected(input)), "row {row}");
        }
        for at in [Some((0, scales + 1)), Some((u64::MAX, 0)), None] {
            let refused = Embedding::open(file.path(), ROWS, width, &kept(RowDtype::R8, at)).unwrap_err();
            assert_eq!(refused.code(), "model.format", "{at:?}");
        }
    }

    #[test]
    fn rows_of_floats_are_read_in_their_dtype() {
        let width = 2 * CHUNK + 3;
        let number = |row: usize, column: usize| (row as f32 - 1.0) * (column % 64) as f32; // exact in each
        type Encode = fn(f32) -> Vec<u8>;
        let encodings: [(RowDtype, Encode); 3] = [
            (RowDtype::F16, |v| f16::from_f32(v).to_le_bytes().to_vec()),
            (RowDtype::Bf16, |v| bf16::from_f32(v).to_le_bytes().to_vec()),
            (RowDtype::F32, |v| v.to_le_bytes().to_vec()),
        ];
        for (dtype, encode) in encodings {
            let bytes: Vec<u8> = (0..ROWS).flat_map(|row| (0..width).flat_map(move |column| encode(number(row, column)))).collect();
            let whole = file(&bytes);
            let opened = Embedding::open(whole.path(), ROWS, width, &kept(dtype, None)).unwrap();
            let mut found = vec![0.0; width];
            opened.row(2, &mut found).unwrap();
            assert!(found.iter().enumerate().all(|(column, v)| *v == number(2, column) * 0.5), "{dtype:?}");
            let short = file(&bytes[1..]);
            assert_eq!(Embedding::open(short.path(), ROWS, width, &kept(dtype, None)).unwrap_err().code(), "model.format");
        }
        let unknown = Embedding::open(file(&[]).path(), ROWS, width, &kept(RowDtype::Q8, None)).unwrap_err();
        assert_eq!(unknown.code(), "model.format");
    }
}
