//! JSON, one value or one a line: each object a record "label: value; label: value", read as it comes and never held.

use std::cell::RefCell;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::block::{Field, Kind};
use crate::encoding::Decoding;
use crate::error::{Error, Result};
use crate::flow::one_line;
use crate::input::Input;
use crate::limits::Budget;
use crate::writer::Writer;

/// Fields of one record; more make another.
const FIELDS: usize = 100;
/// Fields of one record of the outermost object.
const OUTER_FIELDS: usize = 12;
/// A value longer than this (bytes) or of several lines is a paragraph of its own.
const LONG: usize = 300;

/// How many values the input holds, if it is JSON from beginning to end.
pub(crate) fn count(input: &mut dyn Input, length: u64, budget: &mut Budget) -> Result<Option<usize>> {
    let source = Decoding::new(input, length, None, budget)?;
    let budget = RefCell::new(budget);
    let mut reader = Decoded {
        source,
        text: String::new(),
        at: 0,
        next: |source: &mut Decoding, text: &mut String| source.append(text, *budget.borrow_mut()),
    };
    let values = serde_json::Deserializer::from_reader(io::BufReader::new(&mut reader)).into_iter::<IgnoredAny>();
    let mut found = 0;
    for value in values {
        match value {
            Ok(_) => found += 1,
            Err(error) if error.is_io() => return Err(io::Error::from(error).into()),
            Err(_) => return Ok(None),
        }
    }
    Ok((found > 0).then_some(found))
}

/// Reads one value, or several, each a record.
pub(crate) fn read(source: Decoding, values: usize, writer: &mut Writer) -> Result<()> {
    let out = RefCell::new(Records { writer, record: None, lead: None, parents: Vec::new(), path: Vec::new(), failed: None });
    let reader = Decoded {
        source,
        text: String::new(),
        at: 0,
        next: |source: &mut Decoding, text: &mut String| source.append(text, out.borrow_mut().writer.budget()),
    };
    let mut deserializer = serde_json::Deserializer::from_reader(io::BufReader::new(reader));
    loop {
        let value = Value { out: &out, role: if values > 1 { Role::Element } else { Role::Outer } };
        match value.deserialize(&mut deserializer) {
            Ok(()) => out.borrow_mut().flush()?,
            Err(error) => {
                if let Some(failed) = out.borrow_mut().failed.take() {
                    return Err(failed);
                }
                if error.is_eof() {
                    return out.borrow_mut().flush();
                }
                let nested = error.to_string().contains("recursion limit");
                return Err(if nested {
                    Error::too_large("found more than 127 values in each other, the limit")
                } else {
                    Error::damaged(format!("the JSON ends to be well formed at line {}", error.line()))
                });
            }
        }
    }
}

/// A decoded text as a stream of bytes.
struct Decoded<'i, F> {
    source: Decoding<'i>,
    text: String,
    at: usize,
    next: F,
}

impl<F: FnMut(&mut Decoding, &mut String) -> Result<bool>> Read for Decoded<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            self.text.clear();
            self.at = 0;
            if !(self.next)(&mut self.source, &mut self.text).map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.text.len() - self.at);
        buffer[..length].copy_from_slice(&self.text.as_bytes()[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// The records in the making.
struct Records<'f, 's, 'w> {
    writer: &'f mut Writer<'s, 'w>,
    /// The open record: where it begins, its fields.
    record: Option<(usize, Vec<Field>)>,
    lead: Option<usize>,
    /// The leads around this one.
    parents: Vec<Option<usize>>,
    path: Vec<String>,
    failed: Option<Error>,
}

impl Records<'_, '_, '_> {
    /// Adds a value to the open record.
    fn value(&mut self, text: &str, outer: bool) -> Result<()> {
        if text.len() > LONG || text.contains('\n') {
            return self.long(text);
        }
        let most = if outer { OUTER_FIELDS } else { FIELDS };
        if self.record.as_ref().is_some_and(|(_, fields)| fields.len() >= most) {
            self.flush()?;
        }
        let label = self.path.join(".");
        let start = match &self.record {
            Some((start, _)) => {
                let start = *start;
                self.writer.text("; ")?;
                start
            }
            None => self.writer.begin(true)?,
        };
        let from = self.writer.position();
        self.writer.text(&one_line(&label))?;
        let label = from..self.writer.position();
        if !label.is_empty() {
            self.writer.text(": ")?;
        }
        let from = self.writer.position();
        self.writer.text(&one_line(text))?;
        let value = from..self.writer.position();
        self.record.get_or_insert((start, Vec::new())).1.push(Field { label, value });
        Ok(())
    }

    /// A text as a value: paragraphs that the record leads.
    fn long(&mut self, text: &str) -> Result<()> {
        self.flush()?;
        let record = self.lead;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.writer.say(Kind::Paragraph, line, record)?;
        }
        Ok(())
    }

    /// Ends the open record; it leads what follows in the same object.
    fn flush(&mut self) -> Result<()> {
        self.writer.budget().check()?;
        if let Some((start, fields)) = self.record.take() {
            let lead = self.parents.last().copied().flatten();
            self.lead = Some(self.writer.end(Kind::Record { fields }, start, lead)?);
        }
        Ok(())
    }

    /// An object of its own begins; the record around it, if there is one, leads it.
    fn enter(&mut self) -> Result<()> {
        self.flush()?;
        let lead = self.lead.take();
        self.parents.push(lead);
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        self.flush()?;
        self.lead = self.parents.pop().flatten();
        Ok(())
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The file's one value.
    Outer,
    /// One of the file's values, or an element of its list.
    Element,
    /// A field of the outermost object.
    OuterField,
    /// A field or an element further in.
    Inner,
}

#[derive(Clone, Copy)]
struct Value<'o, 'f, 's, 'w> {
    out: &'o RefCell<Records<'f, 's, 'w>>,
    role: Role,
}

impl Value<'_, '_, '_, '_> {
    fn act<E: serde::de::Error>(self, action: impl FnOnce(&mut Records) -> Result<()>) -> std::result::Result<(), E> {
        let mut out = self.out.borrow_mut();
        action(&mut out).map_err(|error| {
            let message = error.to_string();
            out.failed = Some(error);
            E::custom(message)
        })
    }

    fn scalar<E: serde::de::Error>(self, text: &str) -> std::result::Result<(), E> {
        self.act(|out| {
            out.value(text, self.role == Role::OuterField)?;
            if matches!(self.role, Role::Outer | Role::Element) { out.flush() } else { Ok(()) }
        })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> std::result::Result<(), E> {
        self.scalar(if value { "yes" } else { "no" })
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> std::result::Result<(), E> {
        self.scalar(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<(), E> {
        self.scalar(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<(), E> {
        self.scalar(&format!("{value:?}"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<(), E> {
        if value.trim().is_empty() { Ok(()) } else { self.scalar(value) }
    }

    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    /// Values side by side are one field; objects are records of their own.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        let role = Role::Inner;
        if matches!(self.role, Role::Outer | Role::Element) {
            while list.next_element_seed(Value { role: Role::Element, ..self })?.is_some() {
                self.act(|out| out.flush())?;
            }
            return Ok(());
        }
        let mut gathered = String::new();
        while list.next_element_seed(Element { value: Value { role, ..self }, gathered: &mut gathered })?.is_some() {}
        if gathered.is_empty() { Ok(()) } else { self.scalar(&gathered) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let own = self.role != Role::Inner;
        if own {
            self.act(|out| out.enter())?;
        }
        let role = if self.role == Role::Outer { Role::OuterField } else { Role::Inner };
        while let Some(key) = map.next_key::<String>()? {
            self.out.borrow_mut().path.push(key);
            map.next_value_seed(Value { role, ..self })?;
            self.out.borrow_mut().path.pop();
        }
        if own { self.act(|out| out.leave()) } else { Ok(()) }
    }
}

/// An element of a list that is a field.
struct Element<'g, 'o, 'f, 's, 'w> {
    value: Value<'o, 'f, 's, 'w>,
    gathered: &'g mut String,
}

impl Element<'_, '_, '_, '_, '_> {
    fn gather(self, text: &str) {
        if !self.gathered.is_empty() && !text.is_empty() {
            self.gathered.push_str(", ");
        }
        self.gathered.push_str(text);
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_, '_, '_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_, '_, '_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<(), E> {
        self.gather(if value { "yes" } else { "no" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<(), E> {
        self.gather(&value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<(), E> {
        self.gather(&value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<(), E> {
        self.gather(&format!("{value:?}"));
        Ok(())
    }

    /// A text of several lines is a paragraph of its own.
    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<(), E> {
        if value.len() > LONG || value.contains('\n') || self.gathered.len() > LONG {
            let before = std::mem::take(self.gathered);
            self.value.act(|out| if before.is_empty() { Ok(()) } else { out.value(&before, false) })?;
            return self.value.act(|out| out.value(value, false));
        }
        self.gather(value);
        Ok(())
    }

    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        while list.next_element_seed(Element { value: self.value, gathered: self.gathered })?.is_some() {}
        Ok(())
    }

    /// An object in a list is a record of its own, which the record around it leads.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let value = self.value;
        let path = std::mem::take(&mut value.out.borrow_mut().path);
        value.act(|out| out.enter())?;
        while let Some(key) = map.next_key::<String>()? {
            value.out.borrow_mut().path.push(key);
            map.next_value_seed(Value { role: Role::Inner, ..value })?;
            value.out.borrow_mut().path.pop();
        }
        value.act(|out| out.leave())?;
        value.out.borrow_mut().path = path;
        Ok(())
    }
}
