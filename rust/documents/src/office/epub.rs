//! Books: the chapters of an EPUB in the order of its spine.

use std::borrow::Cow;
use std::collections::HashMap;

use super::archive::Archive;
use super::relations::resolved;
use super::xml::Event;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::html;
use crate::limits::{Budget, ProgressUnit};
use crate::place::Place;

/// Encryption of fonts, which is none of the text.
const FONTS: [&str; 2] = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

pub(crate) fn read(archive: &mut Archive, flow: &mut Flow) -> Result<()> {
    refuse_encrypted(archive, flow.writer.budget())?;
    let package = package(archive, flow.writer.budget())?;
    let chapters = chapters(archive, &package, flow.writer.budget())?;
    for (number, part) in chapters.iter().enumerate() {
        flow.writer.done(number as u64, chapters.len() as u64, ProgressUnit::Entries)?;
        let Some(text) = archive.text(part, flow.writer.budget())? else {
            continue;
        };
        flow.place(Place::Chapter(number as u32 + 1))?;
        html::read_text(&text, true, flow)?;
    }
    Ok(())
}

fn refuse_encrypted(archive: &mut Archive, budget: &mut Budget) -> Result<()> {
    let Some(mut xml) = archive.xml("META-INF/encryption.xml", budget)? else {
        return Ok(());
    };
    loop {
        match xml.next(budget)? {
            Event::Start(element)
                if element.name == "EncryptionMethod" && !element.get("Algorithm").is_some_and(|name| FONTS.contains(&name)) =>
            {
                let message = "found a book whose chapters are encrypted for one reader: ask for one without";
                return Err(Error::new("document.encrypted", message));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The name of the package's list of parts.
fn package(archive: &mut Archive, budget: &mut Budget) -> Result<String> {
    if let Some(mut xml) = archive.xml("META-INF/container.xml", budget)? {
        loop {
            match xml.next(budget)? {
                Event::Start(element) if element.name == "rootfile" => {
                    if let Some(path) = element.get("full-path") {
                        return Ok(path.to_string());
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    let found = archive.names().find(|name| name.ends_with(".opf")).map(Cow::into_owned);
    found.ok_or_else(|| Error::damaged("the book names no list of its parts"))
}

/// The chapters' names in order of reading.
fn chapters(archive: &mut Archive, package: &str, budget: &mut Budget) -> Result<Vec<String>> {
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder).to_string();
    let mut xml = archive.needed_xml(package, budget)?;
    let (mut parts, mut order) = (HashMap::new(), Vec::new());
    loop {
        match xml.next(budget)? {
            Event::Start(element) if element.name == "item" => {
                budget.entry()?;
                let contents = element.get("properties").is_some_and(|list| list.split_whitespace().any(|word| word == "nav"));
                let page = element.get("media-type").is_some_and(|kind| kind.contains("html"));
                if let (Some(id), Some(target), true) = (element.get("id"), element.get("href"), page && !contents) {
                    parts.insert(id.to_string(), resolved(&folder, &unquoted(target)));
                }
            }
            Event::Start(element) if element.name == "itemref" => {
                budget.entry()?;
                order.extend(element.get("idref").map(str::to_string));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut told = std::collections::HashSet::new();
    Ok(order.iter().filter_map(|id| parts.get(id)).filter(|part| told.insert((*part).clone())).cloned().collect())
}

/// A name without `%20` and the like, and without what stands after `#`.
fn unquoted(name: &str) -> String {
    let name = name.split('#').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        match code.filter(|_| byte == b'%') {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
