//! OpenDocument: texts, spreadsheets and presentations, which share their elements.

use super::archive::Archive;
use super::odf_styles::{Breaks, Styles};
use super::page_ends::PageEnds;
use super::xml::{Element, Event};
use crate::error::{Error, Result};
use crate::flow::{Flow, nest_row, one_line};
use crate::grid::Cell;
use crate::limits::Budget;
use crate::place::Place;

/// Elements that hold no text of the document as it is now, or none that is seen.
const LEFT_OUT: [&str; 8] = ["note-citation", "tracked-changes", "annotation", "forms", "scripts", "table-of-content", "shapes", "notes"];
/// Columns and rows that a cell or row may be repeated over.
const REPEATED: usize = 1000;

#[derive(Debug)]
struct List {
    style: Option<String>,
    count: u32,
}

#[derive(Debug, Default)]
struct Table {
    row: Vec<Cell>,
    cell: Option<(Cell, usize)>,
    header: bool,
    /// The row is one of many that are alike.
    repeated: bool,
}

struct Walk<'w, 'f, 's, 'b> {
    flow: &'w mut Flow<'f, 's, 'b>,
    styles: Styles,
    lists: Vec<List>,
    /// An item whose words are not told yet.
    item: bool,
    tables: Vec<Table>,
    /// The open paragraph: its level if it is a heading, its style, its words.
    paragraphs: Vec<(Option<u8>, Option<String>, String)>,
    notes: Vec<String>,
    note: bool,
    breaks: Breaks,
    pages: PageEnds,
    slides: u32,
    sheets: u32,
    spreadsheet: bool,
    titled: bool,
}

pub(crate) fn read(archive: &mut Archive, flow: &mut Flow) -> Result<()> {
    if archive.mentions("META-INF/manifest.xml", b"encryption-data")? {
        return Err(Error::new("document.encrypted", "found an encrypted document: save it without a password"));
    }
    let mut styles = Styles::default();
    if let Some(mut xml) = archive.xml("styles.xml", flow.writer.budget())? {
        styles.read(&mut xml, flow.writer.budget())?;
    }
    let (ends, told) = page_ends(archive, &styles, flow.writer.budget())?;
    let pages = PageEnds::begin(ends, told, flow)?;
    let spreadsheet = archive.mentions("content.xml", b"<office:spreadsheet")?;
    let mut walk = Walk {
        flow,
        styles,
        lists: Vec::new(),
        item: false,
        tables: Vec::new(),
        paragraphs: Vec::new(),
        notes: Vec::new(),
        note: false,
        breaks: Breaks::default(),
        pages,
        slides: 0,
        sheets: 0,
        spreadsheet,
        titled: false,
    };
    let mut xml = archive.needed_xml("content.xml", walk.flow.writer.budget())?;
    loop {
        match xml.next(walk.flow.writer.budget())? {
            Event::Start(element) if LEFT_OUT.contains(&element.name.as_str()) => xml.skip(walk.flow.writer.budget())?,
            Event::Start(element) if walk.styles.takes(&element) => {
                let styles = &mut walk.styles;
                styles.read_one(&element, &mut xml, walk.flow.writer.budget())?;
            }
            Event::Start(element) => walk.start(&element)?,
            Event::End(name) => walk.end(&name)?,
            Event::Text(text) => walk.text(&text),
            Event::Eof => return walk.finish(),
        }
    }
}

/// How many pages end, and how many pages the program counted when it saved the document.
fn page_ends(archive: &mut Archive, styles: &Styles, budget: &mut Budget) -> Result<(usize, Option<usize>)> {
    let placed = archive.mentions("content.xml", b"soft-page-break")?;
    if !placed && !archive.mentions("content.xml", br#"fo:break-before="page""#)? {
        return Ok((0, None));
    }
    let mut told = None;
    if let Some(mut xml) = archive.xml("meta.xml", budget)? {
        loop {
            match xml.next(budget)? {
                Event::Start(element) if element.name == "document-statistic" => told = element.number("page-count"),
                Event::Eof => break,
                _ => {}
            }
        }
    }
    if !placed && told.is_none() {
        return Ok((0, None)); // where the program let pages end is not known
    }
    let (mut styles, mut breaks, mut ends) = (styles.clone(), Breaks::default(), 0);
    let mut xml = archive.needed_xml("content.xml", budget)?;
    loop {
        match xml.next(budget)? {
            Event::Start(element) if LEFT_OUT.contains(&element.name.as_str()) => xml.skip(budget)?,
            Event::Start(element) if styles.takes(&element) => styles.read_one(&element, &mut xml, budget)?,
            Event::Start(element) => ends += usize::from(breaks.at(&element, &styles)),
            Event::Eof => return Ok((ends, told)),
            _ => {}
        }
    }
}

impl Walk<'_, '_, '_, '_> {
    fn start(&mut self, element: &Element) -> Result<()> {
        if self.breaks.at(element, &self.styles) {
            self.pages.end(self.paragraphs.last_mut().map(|(_, _, words)| words));
        }
        match element.name.as_str() {
            "h" => self.open(Some(element.number("outline-level").unwrap_or(1).clamp(1, 9) as u8), element)?,
            "p" => self.open(None, element)?,
            "list" => {
                self.flow.writer.budget().depth(self.lists.len())?;
                let style = element.get("style-name").map(str::to_string).or_else(|| self.lists.last().and_then(|list| list.style.clone()));
                self.lists.push(List { style, count: 0 });
            }
            "list-item" => {
                self.item = true;
                if let Some(list) = self.lists.last_mut() {
                    list.count += 1;
                }
            }
            "s" => self.text(&" ".repeat(element.number("c").unwrap_or(1).min(REPEATED))),
            "tab" => self.text("\t"),
            "line-break" => self.text("\n"),
            "note" => self.note = true,
            "page" => {
                self.slides += 1;
                self.flow.place(Place::Slide(self.slides))?;
            }
            "table" => self.begin_table(element)?,
            "table-header-rows" => self.tables.last_mut().into_iter().for_each(|table| table.header = true),
            "table-row" => {
                let repeated = element.number("number-rows-repeated").unwrap_or(1) > 1;
                self.tables.last_mut().into_iter().for_each(|table| table.repeated = repeated);
            }
            "table-cell" | "covered-table-cell" => {
                let span = |name| element.number(name).unwrap_or(1).clamp(1, REPEATED) as u32;
                let cell = Cell { text: String::new(), columns: 1, rows: span("number-rows-spanned") };
                if let Some(table) = self.tables.last_mut() {
                    table.cell = Some((cell, element.number("number-columns-repeated").unwrap_or(1).clamp(1, REPEATED)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, level: Option<u8>, element: &Element) -> Result<()> {
        self.flow.writer.budget().depth(self.paragraphs.len())?;
        self.paragraphs.push((level, element.get("style-name").map(str::to_string), self.pages.words()));
        Ok(())
    }

    fn begin_table(&mut self, element: &Element) -> Result<()> {
        self.flow.writer.budget().depth(self.tables.len())?;
        if self.spreadsheet && self.tables.is_empty() {
            self.sheets += 1;
            self.flow.place(Place::Sheet(self.sheets))?;
            self.flow.heading(1, element.get("name").unwrap_or_default())?;
        }
        if self.tables.is_empty() {
            self.flow.begin_table()?;
        }
        self.tables.push(Table::default());
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some((_, _, words)) = self.paragraphs.last_mut() {
            words.push_str(text);
        }
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "h" | "p" => {
                if let Some((level, style, words)) = self.paragraphs.pop() {
                    self.paragraph(level, style.as_deref(), words)?;
                }
            }
            "note" => self.note = false,
            "list" => {
                self.lists.pop();
                self.item = false;
                self.flow.close_items(self.lists.len());
            }
            "list-item" => self.item = false,
            "table-header-rows" => self.tables.last_mut().into_iter().for_each(|table| table.header = false),
            "table-cell" | "covered-table-cell" => {
                if let Some(table) = self.tables.last_mut()
                    && let Some((cell, times)) = table.cell.take()
                {
                    // Empty cells at a row's end are repeated to the sheet's edge.
                    let times = if cell.text.is_empty() { times.min(50) } else { times };
                    table.row.extend(std::iter::repeat_n(cell, times));
                }
            }
            "table-row" => self.end_row()?,
            "table" => {
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
        let mut row = std::mem::take(&mut table.row);
        while row.last().is_some_and(|cell| cell.text.is_empty()) {
            row.pop();
        }
        match outer.last_mut() {
            Some(outer) => {
                if let Some((cell, _)) = &mut outer.cell {
                    nest_row(cell, &row);
                }
                Ok(())
            }
            None => self.flow.row_or_paragraphs(row, table.header),
        }
    }

    fn paragraph(&mut self, level: Option<u8>, style: Option<&str>, mut words: String) -> Result<()> {
        self.pages.keep_back(&mut words);
        let words = words.as_str();
        if self.note {
            self.notes.extend(Some(one_line(words)).filter(|note| !note.is_empty()));
            return Ok(());
        }
        if let Some((cell, _)) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
            cell.text.push_str(&one_line(words));
            cell.text.push('\n');
            return Ok(());
        }
        if words.trim().is_empty() {
            return Ok(());
        }
        let is = |wanted| self.styles.is(style, wanted);
        let bold = style.is_some_and(|style| self.styles.bold.get(style).copied().unwrap_or(false));
        match level {
            Some(level) => self.flow.heading(level + u8::from(self.titled), words)?,
            None if is("Title") => {
                self.titled = true;
                self.flow.heading(1, words)?;
            }
            None if is("Subtitle") => self.flow.paragraph(words, false)?,
            None if is("Caption") || is("Table") || is("Illustration") => self.flow.caption(words)?,
            None if is("Preformatted_20_Text") => self.flow.code(words)?,
            None if std::mem::take(&mut self.item) => {
                let depth = self.lists.len().saturating_sub(1);
                let mark = self.mark(depth);
                self.flow.item(depth, &mark, words)?;
            }
            None => {
                if self.lists.is_empty() {
                    self.flow.end_list();
                }
                self.flow.paragraph(words, bold)?;
            }
        }
        let block = self.flow.writer.last_block();
        for note in std::mem::take(&mut self.notes) {
            self.flow.other(crate::block::Kind::Paragraph, &note, block)?;
        }
        Ok(())
    }

    fn mark(&self, depth: usize) -> String {
        let Some(list) = self.lists.last() else {
            return "-".into();
        };
        let levels = list.style.as_ref().and_then(|style| self.styles.lists.get(style));
        let counts = levels.and_then(|levels| levels.get(depth)).copied().unwrap_or(false);
        if counts { format!("{}.", list.count) } else { "-".into() }
    }

    fn finish(mut self) -> Result<()> {
        while let Some((level, style, words)) = self.paragraphs.pop() {
            self.paragraph(level, style.as_deref(), words)?;
        }
        self.flow.end_table()
    }
}
