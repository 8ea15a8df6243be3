//! Styles of OpenDocument: which are based on which, bold, numbered, begin or end a page.

use std::collections::HashMap;

use super::archive::Entry;
use super::xml::{Element, Event, Xml};
use crate::error::Result;
use crate::limits::Budget;

#[derive(Debug, Default, Clone)]
pub(crate) struct Styles {
    /// The style that each is based on.
    bases: HashMap<String, String>,
    /// Styles whose words are bold.
    pub bold: HashMap<String, bool>,
    /// Of each list style, whether its levels count.
    pub lists: HashMap<String, Vec<bool>>,
    /// Whether a page ends before a paragraph or table of a style.
    before: HashMap<String, bool>,
    /// Whether one ends after it.
    after: HashMap<String, bool>,
}

impl Styles {
    pub fn takes(&self, element: &Element) -> bool {
        matches!(element.name.as_str(), "style" | "list-style")
    }

    pub fn read(&mut self, xml: &mut Xml<Entry>, budget: &mut Budget) -> Result<()> {
        loop {
            match xml.next(budget)? {
                Event::Start(element) if self.takes(&element) => self.read_one(&element, xml, budget)?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Reads a style that has begun.
    pub fn read_one(&mut self, element: &Element, xml: &mut Xml<Entry>, budget: &mut Budget) -> Result<()> {
        budget.entry()?;
        let name = element.get("name").unwrap_or_default().to_string();
        if let Some(base) = element.get("parent-style-name") {
            self.bases.insert(name.clone(), base.to_string());
        }
        if element.get("master-page-name").is_some_and(|page| !page.is_empty()) {
            self.before.insert(name.clone(), true);
        }
        let mut depth = 1;
        while depth > 0 {
            match xml.next(budget)? {
                Event::Start(inner) => {
                    depth += 1;
                    if inner.get("font-weight") == Some("bold") {
                        self.bold.insert(name.clone(), true);
                    }
                    for (side, breaks) in [("break-before", &mut self.before), ("break-after", &mut self.after)] {
                        if let Some(value) = inner.get(side) {
                            breaks.entry(name.clone()).or_insert(value == "page");
                        }
                    }
                    if inner.name.starts_with("list-level-style") {
                        let counts = inner.get("num-format").is_some_and(|format| !format.is_empty());
                        self.lists.entry(name.clone()).or_default().push(counts);
                    }
                }
                Event::End(_) => depth -= 1,
                Event::Text(_) => {}
                Event::Eof => return Ok(()),
            }
        }
        Ok(())
    }

    /// A style, what that is based on, and so on.
    fn line<'s>(&'s self, style: Option<&'s str>) -> impl Iterator<Item = &'s str> {
        std::iter::successors(style, |name| self.bases.get(*name).map(String::as_str)).take(20)
    }

    /// Whether a style is that one, or based on it.
    pub fn is(&self, style: Option<&str>, wanted: &str) -> bool {
        self.line(style).any(|name| name == wanted)
    }

    /// What a style says in a table of styles, or the nearest that it is based on.
    fn says(&self, style: Option<&str>, table: &HashMap<String, bool>) -> bool {
        self.line(style).find_map(|name| table.get(name).copied()).unwrap_or(false)
    }
}

/// Finds the page ends of a text, those that the program placed and those that its author did.
#[derive(Debug, Default)]
pub(crate) struct Breaks {
    begun: bool,
    /// The paragraph before ends its page.
    ended: bool,
}

impl Breaks {
    /// Whether a page ends where an element begins.
    pub fn at(&mut self, element: &Element, styles: &Styles) -> bool {
        match element.name.as_str() {
            "soft-page-break" => true,
            "p" | "h" | "table" => {
                let style = element.get("style-name");
                let ends = self.begun && (self.ended || styles.says(style, &styles.before));
                (self.begun, self.ended) = (true, styles.says(style, &styles.after));
                ends
            }
            _ => false,
        }
    }
}
