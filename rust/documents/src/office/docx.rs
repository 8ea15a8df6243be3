//! Word documents: headings, numbered lists with their numbers, tables, notes, text boxes; without what was deleted.

use std::borrow::Cow;
use std::collections::HashMap;

use super::archive::Archive;
use super::docx_styles::{Role, Styles};
use super::page_ends::PageEnds;
use super::xml::{Element, Event};
use crate::error::{Error, Result};
use crate::flow::{Flow, nest_row, one_line};
use crate::grid::Cell;
use crate::limits::Budget;

/// Elements that hold no text of the document as it is now, or hold it twice.
const LEFT_OUT: [&str; 8] = ["del", "moveFrom", "instrText", "Fallback", "rPrChange", "pPrChange", "sectPrChange", "delText"];

#[derive(Debug, Default)]
struct Paragraph {
    style: Option<String>,
    number: Option<String>,
    level: Option<usize>,
    outline: Option<usize>,
    text: String,
    /// Characters that are bold, and that are not.
    bold: (usize, usize),
    run_bold: bool,
    run_hidden: bool,
    notes: Vec<String>,
}

#[derive(Debug, Default)]
struct Table {
    row: Vec<Cell>,
    /// The row before, for cells that reach down.
    above: Vec<String>,
    cell: Option<(Cell, bool)>,
    header: bool,
}

struct Walk<'w, 'f, 's, 'b> {
    flow: &'w mut Flow<'f, 's, 'b>,
    styles: Styles,
    notes: HashMap<String, String>,
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    in_text: bool,
    /// Pages as Word laid them out last.
    pages: PageEnds,
    titled: bool,
}

pub(crate) fn read(archive: &mut Archive, flow: &mut Flow) -> Result<()> {
    let part = archive.names().filter(|name| name.starts_with("word/document") && name.ends_with(".xml")).min().map(Cow::into_owned);
    let part = part.ok_or_else(|| Error::damaged("found no word/document.xml in the archive"))?;
    let styles = Styles::read(archive, flow.writer.budget())?;
    let mut notes = HashMap::new();
    for (name, mark) in [("word/footnotes.xml", "f"), ("word/endnotes.xml", "e")] {
        read_notes(archive, flow, name, mark, &mut notes)?;
    }
    let breaks = archive.times(&part, b"<w:lastRenderedPageBreak", usize::MAX)?;
    let told = stored_pages(archive, flow.writer.budget())?;
    let pages = PageEnds::begin(breaks, told, flow)?;
    let mut walk = Walk { flow, styles, notes, paragraphs: Vec::new(), tables: Vec::new(), in_text: false, pages, titled: false };
    let mut xml = archive.needed_xml(&part, walk.flow.writer.budget())?;
    loop {
        match xml.next(walk.flow.writer.budget())? {
            Event::Start(element) if LEFT_OUT.contains(&element.name.as_str()) => xml.skip(walk.flow.writer.budget())?,
            Event::Start(element) => walk.start(&element)?,
            Event::End(name) => walk.end(&name)?,
            Event::Text(text) => walk.text(&text),
            Event::Eof => return walk.finish(),
        }
    }
}

/// The number of pages that the program counted when it saved the document.
fn stored_pages(archive: &mut Archive, budget: &mut Budget) -> Result<Option<usize>> {
    let Some(mut xml) = archive.xml("docProps/app.xml", budget)? else {
        return Ok(None);
    };
    let mut inside = false;
    loop {
        match xml.next(budget)? {
            Event::Start(element) => inside = element.name == "Pages",
            Event::Text(text) if inside => return Ok(text.trim().parse().ok()),
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

/// The text of each note, by its mark and number.
fn read_notes(archive: &mut Archive, flow: &mut Flow, part: &str, mark: &str, notes: &mut HashMap<String, String>) -> Result<()> {
    let budget = flow.writer.budget();
    let Some(mut xml) = archive.xml(part, budget)? else {
        return Ok(());
    };
    let (mut open, mut in_text): (Option<(String, String)>, bool) = (None, false);
    loop {
        match xml.next(budget)? {
            Event::Start(element) if LEFT_OUT.contains(&element.name.as_str()) => xml.skip(budget)?,
            Event::Start(element) => match element.name.as_str() {
                "footnote" | "endnote" if element.get("type").is_none() => {
                    open = element.get("id").map(|id| (format!("{mark}{id}"), String::new()));
                }
                "t" => in_text = true,
                "p" | "tab" | "br" => open.iter_mut().for_each(|note| note.1.push(' ')),
                _ => {}
            },
            Event::End(name) if name == "t" => in_text = false,
            Event::End(name) if name == "footnote" || name == "endnote" => notes.extend(open.take()),
            Event::Text(text) if in_text => open.iter_mut().for_each(|note| note.1.push_str(&text)),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

impl Walk<'_, '_, '_, '_> {
    fn start(&mut self, element: &Element) -> Result<()> {
        let value = || element.get("val").map(str::to_string);
        match element.name.as_str() {
            "p" => {
                self.flow.writer.budget().depth(self.paragraphs.len())?;
                self.paragraphs.push(Paragraph { text: self.pages.words(), ..Paragraph::default() });
            }
            "tbl" => {
                self.flow.writer.budget().depth(self.tables.len())?;
                // A table inside of a cell is told in the cell.
                if self.tables.is_empty() {
                    self.flow.begin_table()?;
                }
                self.tables.push(Table::default());
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell = Some((Cell::new(""), false));
                }
            }
            "tblHeader" => {
                if let Some(table) = self.tables.last_mut() {
                    table.header = value().as_deref() != Some("0");
                }
            }
            "gridSpan" => {
                if let Some((cell, _)) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
                    cell.columns = element.number("val").unwrap_or(1).clamp(1, 1000) as u32;
                }
            }
            "vMerge" => {
                if let Some((_, reaches)) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
                    *reaches = value().as_deref() != Some("restart");
                }
            }
            "lastRenderedPageBreak" => self.pages.end(self.paragraphs.last_mut().map(|paragraph| &mut paragraph.text)),
            "t" => self.in_text = true,
            name => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.start(name, element);
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "t" => self.in_text = false,
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.paragraph(paragraph)?;
                }
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut()
                    && let Some((mut cell, reaches)) = table.cell.take()
                {
                    if reaches {
                        cell.text = table.above.get(table.row.len()).cloned().unwrap_or_default();
                    }
                    table.row.push(cell);
                }
            }
            "tr" => self.end_row()?,
            "tbl" => {
                self.tables.pop();
                if self.tables.is_empty() {
                    self.flow.end_table()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        let Some((table, outer)) = self.tables.split_last_mut() else {
            return Ok(());
        };
        let row = std::mem::take(&mut table.row);
        let header = std::mem::take(&mut table.header);
        table.above = row.iter().map(|cell| cell.text.clone()).collect();
        match outer.last_mut() {
            Some(outer) => {
                if let Some((cell, _)) = &mut outer.cell {
                    nest_row(cell, &row);
                }
                Ok(())
            }
            None => self.flow.row_or_paragraphs(row, header),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut().filter(|paragraph| self.in_text && !paragraph.run_hidden) {
            paragraph.text.push_str(text);
            let count = if paragraph.run_bold { &mut paragraph.bold.0 } else { &mut paragraph.bold.1 };
            *count += text.chars().filter(|c| !c.is_whitespace()).count();
        }
    }

    fn paragraph(&mut self, mut paragraph: Paragraph) -> Result<()> {
        self.pages.keep_back(&mut paragraph.text);
        let style = self.styles.role(paragraph.style.as_deref());
        let number = paragraph.number.as_deref().or(style.number.as_deref());
        let level = paragraph.level.unwrap_or(style.level);
        let mark = number.filter(|_| !paragraph.text.trim().is_empty()).map(|number| self.styles.mark(number, level));
        if let Some((cell, _)) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
            if let Some(mark) = mark.filter(|mark| mark != "-") {
                cell.text.push_str(&mark);
                cell.text.push(' ');
            }
            cell.text.push_str(&one_line(&paragraph.text));
            cell.text.push('\n');
            return Ok(());
        }
        let strong = paragraph.bold.0 > 0 && paragraph.bold.1 == 0;
        let role = paragraph.outline.filter(|outline| *outline < 9).map_or(style.role, |outline| Role::Heading(outline as u8 + 1));
        match role {
            Role::Title => {
                self.titled = true;
                self.flow.heading(1, &paragraph.text)?;
            }
            Role::Heading(level) => {
                let numbered = mark.filter(|mark| mark != "-").map_or(String::new(), |mark| format!("{mark} "));
                self.flow.heading(level + u8::from(self.titled), &format!("{numbered}{}", paragraph.text.trim_start()))?;
            }
            Role::Contents => {}
            Role::Caption => self.flow.caption(&paragraph.text)?,
            Role::Code => self.flow.code(&paragraph.text)?,
            Role::Text => match mark {
                Some(mark) => self.flow.item(level, &mark, &paragraph.text)?,
                None => {
                    if !paragraph.text.trim().is_empty() {
                        self.flow.end_list();
                    }
                    self.flow.paragraph(&paragraph.text, strong)?;
                }
            },
        }
        let block = self.flow.writer.last_block();
        for note in &paragraph.notes {
            if let Some(text) = self.notes.get(note).map(|text| one_line(text)).filter(|text| !text.is_empty()) {
                self.flow.other(crate::block::Kind::Paragraph, &text, block)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        while let Some(paragraph) = self.paragraphs.pop() {
            self.paragraph(paragraph)?;
        }
        self.flow.end_table()
    }
}

impl Paragraph {
    fn start(&mut self, name: &str, element: &Element) {
        let value = element.get("val");
        let on = !matches!(value, Some("0" | "false" | "off" | "none"));
        match name {
            "pStyle" => self.style = value.map(str::to_string),
            "numId" => self.number = value.map(str::to_string),
            "ilvl" => self.level = element.number("val"),
            "outlineLvl" => self.outline = element.number("val"),
            "r" => (self.run_bold, self.run_hidden) = (false, false),
            "b" => self.run_bold = on,
            "vanish" => self.run_hidden = on,
            "tab" | "ptab" => self.text.push('\t'),
            "br" | "cr" if element.get("type").is_none() => self.text.push('\n'),
            "noBreakHyphen" => self.text.push('-'),
            "footnoteReference" => self.notes.extend(element.get("id").map(|id| format!("f{id}"))),
            "endnoteReference" => self.notes.extend(element.get("id").map(|id| format!("e{id}"))),
            _ => {}
        }
    }
}
