//! Which part of a package refers to which other.

use std::collections::HashMap;

use super::archive::Archive;
use super::xml::Event;
use crate::error::Result;
use crate::limits::Budget;

/// A reference to another part.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// The last part of the kind's address, such as `slide`.
    pub kind: String,
    /// The part's name in the archive.
    pub target: String,
}

/// The references of a part, by id.
pub(crate) fn relations(archive: &mut Archive, part: &str, budget: &mut Budget) -> Result<HashMap<String, Relation>> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let mut found = HashMap::new();
    let list = if folder.is_empty() { format!("_rels/{name}.rels") } else { format!("{folder}/_rels/{name}.rels") };
    let Some(mut xml) = archive.xml(&list, budget)? else {
        return Ok(found);
    };
    loop {
        match xml.next(budget)? {
            Event::Start(element) if element.name == "Relationship" => {
                budget.entry()?;
                let kind = element.get("Type").and_then(|kind| kind.rsplit('/').next()).unwrap_or_default().to_string();
                if let (Some(id), Some(target)) = (element.get("Id"), element.get("Target")) {
                    found.insert(id.to_string(), Relation { kind, target: resolved(folder, target) });
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A part's name, told from the folder of the part that refers to it.
pub(crate) fn resolved(folder: &str, target: &str) -> String {
    if let Some(whole) = target.strip_prefix('/') {
        return whole.to_string();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_from_their_folder() {
        for (folder, target, expected) in [
            ("ppt", "slides/slide1.xml", "ppt/slides/slide1.xml"),
            ("ppt/slides", "../notes/n.xml", "ppt/notes/n.xml"),
            ("x", "/word/a.xml", "word/a.xml"),
            ("", "../../a", "a"),
        ] {
            assert_eq!(resolved(folder, target), expected);
        }
    }
}
