//! Handles: a number that Kotlin holds, an object that Rust holds. One table for all of them; a number is never used twice.
//!
//! Closing takes an object and everything made from it out of the table and cancels what they are at. A run under way keeps its object alive
//! until it returns, so closing is safe at any time and never waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use edgeinfinite_core::{
    Adding, AnswerEvent, AnswerStream, Chat, Document, DocumentChat, Error, FieldEvent, FieldStream, Model, Progress, Result, Shelf,
};
use serde::Serialize;

/// What a handle can stand for.
#[derive(Clone)]
pub enum Object {
    Model(Arc<Model>),
    Document(Document),
    DocumentChat(DocumentChat),
    AnswerStream(Arc<AnswerStream>),
    FieldStream(Arc<FieldStream>),
    Chat(Chat),
    Shelf(Shelf),
    Adding(Arc<Adding>),
}

/// An event of either kind of stream.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Event {
    Answer(AnswerEvent),
    Field(FieldEvent),
}

/// The handle that stands for nothing.
pub const NONE: i64 = 0;

struct Entry {
    object: Object,
    parent: i64,
    failed: bool,
}

struct Table {
    last: i64,
    open: BTreeMap<i64, Entry>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { last: NONE, open: BTreeMap::new() });

/// A handle for an object that was made from `parent`'s, which must still be open.
pub fn insert(object: Object, parent: i64) -> Result<i64> {
    let mut table = table();
    if parent != NONE && !table.open.contains_key(&parent) {
        return Err(closed());
    }
    table.last += 1;
    let id = table.last;
    table.open.insert(id, Entry { object, parent, failed: false });
    Ok(id)
}

/// The model behind a handle.
pub fn model(id: i64) -> Result<Arc<Model>> {
    if let Object::Model(model) = get(id)? { Ok(model) } else { Err(closed()) }
}

/// The document behind a handle.
pub fn document(id: i64) -> Result<Document> {
    if let Object::Document(document) = get(id)? { Ok(document) } else { Err(closed()) }
}

/// The chat behind a handle.
pub fn chat(id: i64) -> Result<Chat> {
    if let Object::Chat(chat) = get(id)? { Ok(chat) } else { Err(closed()) }
}

/// The chat with a document or a shelf behind a handle.
pub fn document_chat(id: i64) -> Result<DocumentChat> {
    if let Object::DocumentChat(chat) = get(id)? { Ok(chat) } else { Err(closed()) }
}

/// The shelf behind a handle.
pub fn shelf(id: i64) -> Result<Shelf> {
    if let Object::Shelf(shelf) = get(id)? { Ok(shelf) } else { Err(closed()) }
}

/// The addition to a shelf behind a handle.
pub fn adding(id: i64) -> Result<Arc<Adding>> {
    if let Object::Adding(adding) = get(id)? { Ok(adding) } else { Err(closed()) }
}

/// A step of the document, or of the addition to a shelf, behind a handle.
pub fn step(id: i64) -> Result<Option<Progress>> {
    match get(id)? {
        Object::Document(document) => document.step(),
        Object::Adding(adding) => adding.step(),
        _ => Err(closed()),
    }
}

/// The next event of the stream behind a handle.
pub fn next(id: i64) -> Result<Option<Event>> {
    match get(id)? {
        Object::AnswerStream(reply) => Ok(reply.next()?.map(Event::Answer)),
        Object::FieldStream(fields) => Ok(fields.next()?.map(Event::Field)),
        _ => Err(closed()),
    }
}

/// Asks a call under way to stop; does nothing when the handle was closed.
pub fn cancel(id: i64) {
    if let Ok(object) = get(id) {
        object.cancel();
    }
}

/// Closes an object and everything made from it; does nothing when the handle was closed.
pub fn close(id: i64) {
    for object in take(id) {
        object.cancel();
    }
}

/// After a panic: whatever it left half done is not used again.
pub fn fail(id: i64) {
    if let Some(entry) = table().open.get_mut(&id) {
        entry.failed = true;
    }
}

impl Object {
    fn cancel(&self) {
        match self {
            Self::Model(_) | Self::DocumentChat(_) | Self::Chat(_) => {}
            Self::Document(document) => document.cancel(),
            Self::AnswerStream(reply) => reply.cancel(),
            Self::Shelf(shelf) => shelf.cancel(),
            Self::Adding(adding) => adding.cancel(),
            Self::FieldStream(fields) => fields.cancel(),
        }
    }
}

fn get(id: i64) -> Result<Object> {
    match table().open.get(&id) {
        Some(entry) if entry.failed => Err(Error::new("call.failed", "an earlier defect made this unusable")),
        Some(entry) => Ok(entry.object.clone()),
        None => Err(closed()),
    }
}

/// Numbers grow, so what was made from an object stands after it.
fn take(id: i64) -> Vec<Object> {
    let mut table = table();
    let mut family = BTreeSet::new();
    for (member, entry) in table.open.range(id..) {
        if *member == id || family.contains(&entry.parent) {
            family.insert(*member);
        }
    }
    family.iter().filter_map(|id| table.open.remove(id)).map(|entry| entry.object).collect()
}

fn closed() -> Error {
    Error::new("call.closed", "this was closed, or what it was made from")
}

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}
