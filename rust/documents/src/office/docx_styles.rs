//! What a Word document's styles and numbers make of a paragraph.

use std::collections::HashMap;

use super::archive::Archive;
use super::xml::Event;
use crate::error::Result;
use crate::limits::Budget;

/// Styles that are based on each other further than this are not followed.
const BASED: usize = 20;

/// What a paragraph is by its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Text,
    Title,
    Heading(u8),
    Caption,
    Code,
    /// A line of a table of contents.
    Contents,
}

#[derive(Debug, Default, Clone)]
struct Style {
    name: String,
    base: Option<String>,
    outline: Option<u8>,
    number: Option<String>,
    level: Option<usize>,
}

/// What a style says of a paragraph.
#[derive(Debug)]
pub(crate) struct Said {
    pub role: Role,
    pub number: Option<String>,
    pub level: usize,
}

#[derive(Debug, Default, Clone)]
struct Level {
    format: String,
    text: String,
    start: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Styles {
    styles: HashMap<String, Style>,
    /// The levels of each abstract numbering, and which one each number uses.
    levels: HashMap<String, Vec<Level>>,
    numbers: HashMap<String, String>,
    counts: HashMap<String, Vec<u32>>,
}

impl Styles {
    pub fn read(archive: &mut Archive, budget: &mut Budget) -> Result<Self> {
        let mut found = Self::default();
        found.read_styles(archive, budget)?;
        found.read_numbers(archive, budget)?;
        Ok(found)
    }

    fn read_styles(&mut self, archive: &mut Archive, budget: &mut Budget) -> Result<()> {
        let Some(mut xml) = archive.xml("word/styles.xml", budget)? else {
            return Ok(());
        };
        let mut open: Option<(String, Style)> = None;
        loop {
            match xml.next(budget)? {
                Event::Start(element) if element.name == "style" => {
                    open = element.get("styleId").map(|id| (id.to_string(), Style::default()));
                }
                Event::Start(element) => {
                    let Some((_, style)) = &mut open else { continue };
                    let value = element.get("val").map(str::to_string);
                    match element.name.as_str() {
                        "name" => style.name = value.unwrap_or_default().to_lowercase(),
                        "basedOn" => style.base = value,
                        "outlineLvl" => style.outline = element.number("val").map(|level| level.min(9) as u8 + 1),
                        "numId" => style.number = value,
                        "ilvl" => style.level = element.number("val"),
                        _ => {}
                    }
                }
                Event::End(name) if name == "style" => self.styles.extend(open.take()),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn read_numbers(&mut self, archive: &mut Archive, budget: &mut Budget) -> Result<()> {
        let Some(mut xml) = archive.xml("word/numbering.xml", budget)? else {
            return Ok(());
        };
        let (mut outline, mut number) = (String::new(), String::new());
        loop {
            match xml.next(budget)? {
                Event::Start(element) => {
                    let value = element.get("val").unwrap_or_default();
                    match element.name.as_str() {
                        "abstractNum" => outline = element.get("abstractNumId").unwrap_or_default().to_string(),
                        "num" => number = element.get("numId").unwrap_or_default().to_string(),
                        "abstractNumId" => {
                            self.numbers.insert(number.clone(), value.to_string());
                        }
                        "lvl" if !outline.is_empty() && number.is_empty() => {
                            let levels = self.levels.entry(outline.clone()).or_default();
                            let level = element.number("ilvl").unwrap_or(0).min(8);
                            levels.resize(levels.len().max(level + 1), Level { start: 1, ..Level::default() });
                            levels.truncate(level + 1);
                        }
                        "numFmt" | "lvlText" | "start" if number.is_empty() => {
                            if let Some(level) = self.levels.get_mut(&outline).and_then(|levels| levels.last_mut()) {
                                match element.name.as_str() {
                                    "numFmt" => level.format = value.to_string(),
                                    "lvlText" => level.text = value.to_string(),
                                    _ => level.start = value.parse().unwrap_or(1),
                                }
                            }
                        }
                        _ => {}
                    }
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// What a paragraph is by its style and the styles that this one is based on.
    pub fn role(&self, style: Option<&str>) -> Said {
        let mut said = Said { role: Role::Text, number: None, level: 0 };
        let mut next = style;
        for _ in 0..BASED {
            let Some(id) = next else { break };
            let style = self.styles.get(id);
            let name = style.map_or(id.to_lowercase(), |style| style.name.clone());
            if said.role == Role::Text {
                said.role = style
                    .and_then(|style| style.outline)
                    .map_or_else(|| role(&name), |level| if level > 9 { Role::Text } else { Role::Heading(level) });
            }
            let Some(style) = style else { break };
            if said.number.is_none() {
                said.number.clone_from(&style.number);
                said.level = style.level.unwrap_or(said.level);
            }
            next = style.base.as_deref();
        }
        said
    }

    /// The mark of the next paragraph of a numbering: "-" of a bullet.
    pub fn mark(&mut self, number: &str, level: usize) -> String {
        let level = level.min(8);
        let Some(outline) = self.numbers.get(number) else {
            return "-".into();
        };
        let Some(levels) = self.levels.get(outline).filter(|levels| level < levels.len()) else {
            return "-".into();
        };
        let counts = self.counts.entry(outline.clone()).or_default();
        counts.truncate(level + 1);
        while counts.len() <= level {
            let start = levels.get(counts.len()).map_or(1, |level| level.start);
            // An outer level that was passed over counts as begun.
            counts.push(if counts.len() < level { start } else { start.saturating_sub(1) });
        }
        counts[level] = counts[level].saturating_add(1);
        let own = &levels[level];
        if matches!(own.format.as_str(), "bullet" | "none" | "") {
            return "-".into();
        }
        let mut mark = own.text.clone();
        for (at, count) in counts.iter().enumerate() {
            let format = levels.get(at).map_or("decimal", |level| level.format.as_str());
            mark = mark.replace(&format!("%{}", at + 1), &counted(*count, format));
        }
        if mark.trim().is_empty() { "-".into() } else { mark.trim().to_string() }
    }
}

fn role(name: &str) -> Role {
    let level = name.strip_prefix("heading").and_then(|level| level.trim().parse().ok());
    match name {
        _ if level.is_some() => Role::Heading(level.unwrap_or(1)),
        "title" => Role::Title,
        "caption" => Role::Caption,
        "html preformatted" | "source code" | "preformatted text" | "code" => Role::Code,
        _ if name.starts_with("toc ") || name == "table of figures" => Role::Contents,
        _ => Role::Text,
    }
}

/// A number as its format writes it.
pub(crate) fn counted(number: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number).to_lowercase(),
        "upperLetter" => letters(number),
        "lowerRoman" => roman(number).to_lowercase(),
        "upperRoman" => roman(number),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// 1 is A, 27 is AA, as Word counts.
fn letters(number: u32) -> String {
    let number = number.clamp(1, 26 * 20) - 1;
    let letter = (b'A' + (number % 26) as u8) as char;
    std::iter::repeat_n(letter, number as usize / 26 + 1).collect()
}

fn roman(number: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut left = number.min(3999);
    let mut found = String::new();
    for (value, letters) in PARTS {
        while left >= value {
            found.push_str(letters);
            left -= value;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_written() {
        let cases = [
            (4, "lowerRoman", "iv"),
            (28, "upperLetter", "BB"),
            (3, "lowerLetter", "c"),
            (7, "decimal", "7"),
            (7, "decimalZero", "07"),
            (0, "upperRoman", ""),
        ];
        for (number, format, expected) in cases {
            assert_eq!(counted(number, format), expected);
        }
    }
}
