//! The natives of a shelf of documents; `Native.kt` says what each of them does.

use std::sync::Arc;

use edgeinfinite_core::NewDocument;
use jni::objects::{JByteArray, JClass};
use jni::sys::{jboolean, jlong};
use jni::{EnvUnowned, jni_mangle};

use crate::convert::{json, options, path, source, text};
use crate::handle::{self, Object};
use crate::throw::{Result, Throw};

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, model: jlong, dir: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let shelf = handle::model(model)?.shelf(&path(env, &dir)?)?;
        Ok(handle::insert(Object::Shelf(shelf), model)?)
    })
    .resolve_with::<Throw, _>(|| model)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_add<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    shelf: jlong,
    held: JByteArray<'l>,
    file: JByteArray<'l>,
    about: JByteArray<'l>,
    replaces: jboolean,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let to = handle::shelf(shelf)?;
        let about: NewDocument = options(env, &about)?;
        let source = source(env, &held, &file)?;
        let adding = if replaces { to.replace(source, about)? } else { to.add(source, about)? };
        Ok(handle::insert(Object::Adding(Arc::new(adding)), shelf)?)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_added<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, adding: jlong) -> JByteArray<'l> {
    env.with_env(|env| match handle::adding(adding)?.added()? {
        Some(document) => json(env, &document),
        None => Ok(JByteArray::null()),
    })
    .resolve_with::<Throw, _>(|| adding)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_remove<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, shelf: jlong, id: JByteArray<'l>) {
    env.with_env(|env| -> Result<()> { Ok(handle::shelf(shelf)?.remove(&text(env, &id)?)?) }).resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_list<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, shelf: jlong, filter: JByteArray<'l>) -> JByteArray<'l> {
    env.with_env(|env| {
        let documents = handle::shelf(shelf)?.list(&options(env, &filter)?)?;
        json(env, &documents)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_document<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, shelf: jlong, id: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let document = handle::shelf(shelf)?.document(&text(env, &id)?)?;
        Ok(handle::insert(Object::Document(document), shelf)?)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_ask<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    shelf: jlong,
    question: JByteArray<'l>,
    filter: JByteArray<'l>,
    with: JByteArray<'l>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let reply = handle::shelf(shelf)?.ask(&text(env, &question)?, &options(env, &filter)?, options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(reply)), shelf)?)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_chat<'l>(mut env: EnvUnowned<'l>, _class: JClass<'l>, shelf: jlong, filter: JByteArray<'l>) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let chat = handle::shelf(shelf)?.chat(options(env, &filter)?);
        Ok(handle::insert(Object::DocumentChat(chat), shelf)?)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_summarize<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    shelf: jlong,
    filter: JByteArray<'l>,
    with: JByteArray<'l>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let reply = handle::shelf(shelf)?.summarize(&options(env, &filter)?, options(env, &with)?)?;
        Ok(handle::insert(Object::AnswerStream(Arc::new(reply)), shelf)?)
    })
    .resolve_with::<Throw, _>(|| shelf)
}

#[jni_mangle("dev.edgeinfinite.internal.Native")]
pub fn shelf_search<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    shelf: jlong,
    words: JByteArray<'l>,
    filter: JByteArray<'l>,
    with: JByteArray<'l>,
) -> JByteArray<'l> {
    env.with_env(|env| {
        let passages = handle::shelf(shelf)?.search(&text(env, &words)?, &options(env, &filter)?, options(env, &with)?)?;
        json(env, &passages)
    })
    .resolve_with::<Throw, _>(|| shelf)
}
