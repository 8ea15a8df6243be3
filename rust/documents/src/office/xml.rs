//! XML as it comes, its names without prefixes. Entities of its own are never expanded.

use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event as Raw};

use super::archive::Entry;
use crate::error::{Error, Result};
use crate::limits::Budget;

/// What comes next.
#[derive(Debug)]
pub(crate) enum Event {
    Start(Element),
    /// An element's end, of an empty one as well.
    End(String),
    Text(String),
    Eof,
}

/// An element's name and attributes, without prefixes.
#[derive(Debug)]
pub(crate) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.0 == name).map(|attribute| attribute.1.as_str())
    }

    /// Every value of that name, whatever the prefix.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(move |attribute| attribute.0 == name).map(|attribute| attribute.1.as_str())
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.trim().parse().ok()
    }
}

pub(crate) struct Xml<R: Read> {
    reader: Reader<BufReader<R>>,
    buffer: Vec<u8>,
    depth: usize,
    most: usize,
}

impl<'a> Xml<Entry<'a>> {
    pub fn new(entry: Entry<'a>, most: usize) -> Self {
        let mut reader = Reader::from_reader(BufReader::new(entry));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        Self { reader, buffer: Vec::new(), depth: 0, most }
    }

    /// What comes next; the budget pays for what was unpacked.
    pub fn next(&mut self, budget: &mut Budget) -> Result<Event> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            self.reader.get_mut().get_mut().charge(budget)?;
            let event = event.map_err(|error| Error::damaged(format!("the XML ends to be well formed: {error}")))?;
            let found = match event {
                Raw::Start(start) => {
                    self.depth += 1;
                    budget.depth(self.depth.min(self.most + 1))?;
                    Event::Start(element(&start))
                }
                Raw::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    Event::End(end.local_name().as_ref().to_string())
                }
                Raw::Text(text) => Event::Text(text.to_string()),
                Raw::CData(text) => Event::Text(text.to_string()),
                Raw::GeneralRef(name) => match character(&name) {
                    Some(c) => Event::Text(c.to_string()),
                    None => continue,
                },
                Raw::Eof => Event::Eof,
                _ => continue,
            };
            return Ok(found);
        }
    }

    /// Passes over the rest of an element that has begun.
    pub fn skip(&mut self, budget: &mut Budget) -> Result<()> {
        let mut depth = 1;
        while depth > 0 {
            match self.next(budget)? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Text(_) => {}
                Event::Eof => return Ok(()),
            }
        }
        Ok(())
    }
}

fn element(start: &BytesStart) -> Element {
    let name = start.local_name().as_ref().to_string();
    let mut list = start.attributes();
    let attributes = list.with_checks(false).flatten();
    let attributes = attributes.map(|attribute| (attribute.key.local_name().as_ref().to_string(), unescaped(&attribute.value))).collect();
    Element { name, attributes }
}

/// A value with its five named entities and its numbered characters replaced.
fn unescaped(value: &str) -> String {
    if !value.contains('&') {
        return value.to_string();
    }
    let mut found = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        found.push_str(&rest[..at]);
        let name = rest[at + 1..].split(';').next().unwrap_or_default();
        match named(name) {
            Some(c) => {
                found.push(c);
                rest = &rest[(at + name.len() + 2).min(rest.len())..];
            }
            None => {
                found.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    found.push_str(rest);
    found
}

fn character(name: &BytesRef) -> Option<char> {
    named(name)
}

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let value = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return value.ok().and_then(char::from_u32);
    }
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}
