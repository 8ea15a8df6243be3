//! What the keys and values of a cache are kept in.

use serde::{Deserialize, Serialize};

/// The type of their numbers where a graph of open shape takes and gives them: `cache` of an artefact in model.json.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", rename_all = "lowercase")]
pub enum KvDtype {
    /// Rounded to eleven bits, in half the bytes.
    F16,
    /// As they are computed.
    #[default]
    F32,
}

impl KvDtype {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    pub(crate) fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}

impl TryFrom<String> for KvDtype {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "f16" => Ok(Self::F16),
            "f32" => Ok(Self::F32),
            _ => Err(format!("artefacts: found cache {name:?}, expected f16 or f32")),
        }
    }
}
