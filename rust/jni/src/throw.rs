//! Every error and every panic becomes one exception: `NativeException(code, message)`, both UTF-8.
//!
//! Kotlin's `NativeException.kt` makes of it what an app gets to see.

use std::any::Any;

use jni::errors::ErrorPolicy;
use jni::objects::{JThrowable, JValue};
use jni::sys::jlong;
use jni::{Env, jni_sig, jni_str};

use crate::{handle, log};

/// What a native throws.
#[derive(Debug)]
pub struct Error {
    code: &'static str,
    message: String,
}

/// A native's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Options that are not of the expected form.
    pub fn options(error: &serde_json::Error) -> Self {
        Self { code: "argument.options", message: format!("options: {error}") }
    }

    /// A place before the text.
    pub fn range(place: i32) -> Self {
        Self { code: "argument.range", message: format!("found a place of {place}, expected 0 or more") }
    }

    /// A result that cannot be written.
    pub fn result(error: &serde_json::Error) -> Self {
        Self { code: "fault", message: format!("writing a result: {error}") }
    }
}

impl From<edgeinfinite_core::Error> for Error {
    fn from(error: edgeinfinite_core::Error) -> Self {
        Self { code: error.code(), message: error.message().to_owned() }
    }
}

impl From<jni::errors::Error> for Error {
    fn from(error: jni::errors::Error) -> Self {
        Self { code: "fault", message: format!("JNI: {error}") }
    }
}

/// Throws errors and panics. What a panic happened in refuses every further call.
pub struct Throw;

impl<T: Default> ErrorPolicy<T, Error> for Throw {
    /// The handle that the call works on.
    type Captures<'unowned: 'native, 'native> = jlong;

    fn on_error<'unowned: 'native, 'native>(env: &mut Env<'unowned>, _: &mut jlong, error: Error) -> jni::errors::Result<T> {
        throw(env, error.code, &error.message)?;
        Ok(T::default())
    }

    fn on_panic<'unowned: 'native, 'native>(env: &mut Env<'unowned>, handle: &mut jlong, _: Box<dyn Any + Send>) -> jni::errors::Result<T> {
        handle::fail(*handle);
        throw(env, "fault", &format!("a defect at {}", log::place()))?;
        Ok(T::default())
    }
}

/// An exception that is already under way stays as it is.
fn throw(env: &mut Env<'_>, code: &str, message: &str) -> jni::errors::Result<()> {
    if env.exception_check() {
        return Ok(());
    }
    let code = env.byte_array_from_slice(code.as_bytes())?;
    let message = env.byte_array_from_slice(message.as_bytes())?;
    let class = jni_str!("dev/edgeinfinite/internal/NativeException");
    let exception = env.new_object(class, jni_sig!("([B[B)V"), &[JValue::from(&code), JValue::from(&message)])?;
    let exception = env.cast_local::<JThrowable>(exception)?;
    match env.throw(exception) {
        Err(jni::errors::Error::JavaException) => Ok(()), // it is under way
        other => other,
    }
}
