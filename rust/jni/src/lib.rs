//! The natives behind Kotlin's `dev.edgeinfinite.internal.Native`, which says what each of them does.
//!
//! Text crosses as UTF-8 bytes, options and results as JSON, objects as handles. Kotlin calls Rust, Rust never calls Kotlin; one call runs at
//! most one graph, on the caller's thread, and fails on the caller's stack.

#![allow(missing_docs)] // of the natives: their words stand in Native.kt

mod convert;
mod handle;
mod log;
mod shelf;
mod throw;

use std::sync::Arc;

use edgeinfinite_core::{Document, Model};
use jni::objects::{JByteArray, JClass};
use jni::sys::{JNI_VERSION_1_6, jint, jlong};
use jni::{EnvUnowned, NativeMethod, jni_mangle, native_method};

use convert::{bytes, json, options, path, source};
use handle::{NONE, Object};
use throw::{Error, Result, Throw};

/// `JNI_OnLoad(vm, reserved)`, by the only macro that exports a name of one's choice: it takes the two pointers for another two, and nothing
/// looks at either.
const _: NativeMethod = native_method! {
    java_type = "dev.edgeinfinite.internal.Native",
    static = true,
    raw = true,
    abi_check = UnsafeNever,
    export = "JNI_OnLoad",
    name = "load",
    sig = () -> jint,
    fn = load
};

fn load<'l>(_vm: EnvUnowned<'l>, _reserved: JClass<'l>) -> jint {
    log::start();
    JNI_VERSION_1_6
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn version<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>) -> JByteArray<'l> {
    env.with_env(|env| bytes(env, env!("CARGO_PKG_VERSION").as_bytes())).resolve_with::<Throw, _>(|| NONE)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn use_runtime<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, library: JByteArray<'l>) {
    env.with_env(|env| -> Result<()> {
        edgeinfinite_core::use_library(&path(env, &library)?);
        Ok(())
    })
    .resolve_with::<Throw, _>(|| NONE)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn inspect<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, dir: JByteArray<'l>) -> JByteArray<'l> {
    env.with_env(|env| {
        let info = edgeinfinite_core::inspect(&path(env, &dir)?)?;
        json(env, &info)
    })
    .resolve_with::<Throw, _>(|| NONE)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn open<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, dir: JByteArray<'l>, with: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let model = Model::open(&path(env, &dir)?, &options(env, &with)?)?;
        Ok(handle::insert(Object::Model(model), NONE)?)
    })
    .resolve_with::<Throw, _>(|| NONE)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn execution<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, model: jlong) -> JByteArray<'l> {
    env.with_env(|env| json(env, handle::model(model)?.execution())).resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn document<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    model: jlong,
    held: JByteArray<'l>,
    file: JByteArray<'l>,
    with: JByteArray<'l>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let document = Document::open(handle::model(model)?, source(env, &held, &file)?, options(env, &with)?)?;
        Ok(handle::insert(Object::Document(document), model)?)
    })
    .resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn restore<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    model: jlong,
    held: JByteArray<'l>,
    file: JByteArray<'l>,
    saved: JByteArray<'l>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let document = Document::restore(handle::model(model)?, source(env, &held, &file)?, &path(env, &saved)?)?;
        Ok(handle::insert(Object::Document(document), model)?)
    })
    .resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn step<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong) -> JByteArray<'l> {
    env.with_env(|env| match handle::step(document)? {
        Some(progress) => json(env, &progress),
        None => Ok(JByteArray::null()),
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn text<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong, start: jint, end: jint) -> JByteArray<'l> {
    env.with_env(|env| {
        let unit = |place: jint| u64::try_from(place).map_err(|_| Error::range(place));
        let text = handle::document(document)?.text(unit(start)?, unit(end)?)?;
        bytes(env, text.as_bytes())
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn save<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong, file: JByteArray<'l>) {
    env.with_env(|env| -> Result<()> { Ok(handle::document(document)?.save(&path(env, &file)?)?) }).resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn ask<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong, question: JByteArray<'l>, with: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let reply = handle::document(document)?.ask(&convert::text(env, &question)?, options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(reply)), document)?)
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn document_chat<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong) -> jlong {
    env.with_env(|_| -> Result<jlong> { Ok(handle::insert(Object::DocumentChat(handle::document(document)?.chat()), document)?) })
        .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn ask_in_chat<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, chat: jlong, question: JByteArray<'l>, with: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let reply = handle::document_chat(chat)?.ask(&convert::text(env, &question)?, options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(reply)), chat)?)
    })
    .resolve_with::<Throw, _>(|| chat)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn summarize<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong, with: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let reply = handle::document(document)?.summarize(options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(reply)), document)?)
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn extract<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, document: jlong, fields: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let stream = handle::document(document)?.extract(options(env, &fields)?)?;
        Ok(handle::insert(Object::FieldStream(Arc::new(stream)), document)?)
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn search<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    document: jlong,
    words: JByteArray<'l>,
    with: JByteArray<'l>,
) -> JByteArray<'l> {
    env.with_env(|env| {
        let passages = handle::document(document)?.search(&convert::text(env, &words)?, options(env, &with)?)?;
        json(env, &passages)
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn quotes<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    document: jlong,
    given: JByteArray<'l>,
    question: JByteArray<'l>,
) -> JByteArray<'l> {
    env.with_env(|env| {
        let question = if question.is_null() { None } else { Some(convert::text(env, &question)?) };
        let statements = handle::document(document)?.quotes(&convert::text(env, &given)?, question.as_deref())?;
        json(env, &statements)
    })
    .resolve_with::<Throw, _>(|| document)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn trim<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, model: jlong) {
    env.with_env(|_| -> Result<()> {
        handle::model(model)?.trim();
        Ok(())
    })
    .resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn chat<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, model: jlong) -> jlong {
    env.with_env(|_| -> Result<jlong> { Ok(handle::insert(Object::Chat(handle::model(model)?.chat()?), model)?) })
        .resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn send<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, chat: jlong, said: JByteArray<'l>, with: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let answer = handle::chat(chat)?.send(&convert::text(env, &said)?, options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(answer)), chat)?)
    })
    .resolve_with::<Throw, _>(|| chat)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn next<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, reply: jlong) -> JByteArray<'l> {
    env.with_env(|env| match handle::next(reply)? {
        Some(event) => json(env, &event),
        None => Ok(JByteArray::null()),
    })
    .resolve_with::<Throw, _>(|| reply)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn cancel<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, handle: jlong) {
    env.with_env(|_| -> Result<()> {
        handle::cancel(handle);
        Ok(())
    })
    .resolve_with::<Throw, _>(|| NONE)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn close<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, handle: jlong) {
    env.with_env(|_| -> Result<()> {
        handle::close(handle);
        Ok(())
    })
    .resolve_with::<Throw, _>(|| NONE)
}

/// A defect on purpose, for the test that an app outlives one; not in a release.
#[cfg(debug_assertions)]
#[jni_mangle("dev.edgeinfinite.internal.Defect")]
pub fn happen<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, handle: jlong) {
    env.with_env(|_| -> Result<()> { panic!("words that nobody may see") }).resolve_with::<Throw, _>(|| handle)
}
