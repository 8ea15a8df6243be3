//! Between Kotlin's byte arrays and Rust's types.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use edgeinfinite_core::TextSource;
use jni::Env;
use jni::objects::JByteArray;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::throw::{Error, Result};

/// Any bytes are a path.
pub fn path(env: &Env<'_>, array: &JByteArray<'_>) -> Result<PathBuf> {
    Ok(OsString::from_vec(env.convert_byte_array(array)?).into())
}

/// Kotlin only sends well-formed UTF-8 (`Utf8.kt`).
pub fn text(env: &Env<'_>, array: &JByteArray<'_>) -> Result<String> {
    Ok(String::from_utf8_lossy(&env.convert_byte_array(array)?).into_owned())
}

/// A document's text: what is held, or else the file.
pub fn source(env: &Env<'_>, held: &JByteArray<'_>, file: &JByteArray<'_>) -> Result<TextSource> {
    Ok(if held.is_null() { TextSource::file(&path(env, file)?)? } else { TextSource::text(env.convert_byte_array(held)?)? })
}

/// Options from JSON; an unknown key is refused.
pub fn options<T: DeserializeOwned>(env: &Env<'_>, array: &JByteArray<'_>) -> Result<T> {
    serde_json::from_slice(&env.convert_byte_array(array)?).map_err(|e| Error::options(&e))
}

/// A result as JSON.
pub fn json<'l>(env: &mut Env<'l>, value: &impl Serialize) -> Result<JByteArray<'l>> {
    let written = serde_json::to_vec(value).map_err(|e| Error::result(&e))?;
    bytes(env, &written)
}

/// A byte array.
pub fn bytes<'l>(env: &mut Env<'l>, bytes: &[u8]) -> Result<JByteArray<'l>> {
    Ok(env.byte_array_from_slice(bytes)?)
}
