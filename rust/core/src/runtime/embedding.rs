//! The input embedding, read row by row from its file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::error::{Error, Result};
use crate::manifest::Float;

/// An opened embedding file.
#[derive(Debug)]
pub struct Embedding {
    file: File,
    width: usize,
    dtype: Float,
    scale: f32,
}

impl Embedding {
    /// A file of `[rows, width]` numbers; `scale` multiplies each row.
    ///
    /// # Errors
    /// `model.missing` when the file cannot be opened, `model.format` when it is of another length.
    pub fn open(path: &Path, rows: usize, width: usize, dtype: Float, scale: f32) -> Result<Self> {
        let wrong = |e: String| Error::new("model.missing", format!("{}: {e}", path.display()));
        let file = File::open(path).map_err(|e| wrong(e.to_string()))?;
        let found = file.metadata().map_err(|e| wrong(e.to_string()))?.len();
        let expected = rows as u64 * width as u64 * dtype.bytes() as u64;
        if found != expected {
            return Err(Error::new("model.format", format!("{}: found {found} bytes, expected {expected}", path.display())));
        }
        Ok(Self { file, width, dtype, scale })
    }

    /// The row of a token, `[width]`.
    ///
    /// # Errors
    /// `io` when the file cannot be read.
    pub fn row(&self, token: u32, to: &mut [f32]) -> Result<()> {
        let mut bytes = vec![0; self.width * self.dtype.bytes()];
        let at = u64::from(token) * bytes.len() as u64;
        self.file.read_exact_at(&mut bytes, at).map_err(|e| Error::io(format!("reading the embedding of token {token}"), &e))?;
        let pairs = bytes.as_chunks().0.iter().copied();
        match self.dtype {
            Float::F16 => pairs.map(f16::from_le_bytes).collect::<Vec<_>>().convert_to_f32_slice(to),
            Float::Bf16 => pairs.map(bf16::from_le_bytes).collect::<Vec<_>>().convert_to_f32_slice(to),
            Float::F32 => to.iter_mut().zip(bytes.as_chunks().0).for_each(|(v, b)| *v = f32::from_le_bytes(*b)),
        }
        to.iter_mut().for_each(|v| *v *= self.scale);
        Ok(())
    }
}
