//! Presentations: each slide's title as a heading, then its texts, tables and notes.

use super::archive::Archive;
use super::relations::relations;
use super::xml::{Element, Event};
use crate::error::Result;
use crate::flow::Flow;
use crate::grid::Cell;
use crate::limits::{Budget, ProgressUnit};
use crate::place::Place;

const PRESENTATION: &str = "ppt/presentation.xml";

pub(crate) fn read(archive: &mut Archive, flow: &mut Flow) -> Result<()> {
    let slides = slides(archive, flow.writer.budget())?;
    for (number, part) in slides.iter().enumerate() {
        flow.writer.done(number as u64, slides.len() as u64, ProgressUnit::Pages)?;
        flow.place(Place::Slide(number as u32 + 1))?;
        let related = relations(archive, part, flow.writer.budget())?;
        read_slide(archive, flow, part, false)?;
        if let Some(notes) = related.values().find(|relation| relation.kind == "notesSlide") {
            read_slide(archive, flow, &notes.target, true)?;
        }
    }
    Ok(())
}

/// The slides' parts in their order.
fn slides(archive: &mut Archive, budget: &mut Budget) -> Result<Vec<String>> {
    let related = relations(archive, PRESENTATION, budget)?;
    let mut xml = archive.needed_xml(PRESENTATION, budget)?;
    let mut found = Vec::new();
    loop {
        match xml.next(budget)? {
            Event::Start(element) if element.name == "sldId" => {
                budget.entry()?;
                // Two attributes are called "id" but for their prefixes; the reference is the one that is known.
                found.extend(element.values("id").find_map(|id| related.get(id)).map(|relation| relation.target.clone()));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// What a shape is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Title,
    Body,
    /// A date, a number, a footer.
    Furniture,
    Other,
}

struct Slide<'w, 'f, 's, 'b> {
    flow: &'w mut Flow<'f, 's, 'b>,
    notes: bool,
    shape: Shape,
    words: String,
    level: usize,
    bullet: Option<bool>,
    in_text: bool,
    row: Vec<Cell>,
    cell: Option<Cell>,
}

fn read_slide(archive: &mut Archive, flow: &mut Flow, part: &str, notes: bool) -> Result<()> {
    let Some(mut xml) = archive.xml(part, flow.writer.budget())? else {
        return Ok(());
    };
    let (shape, row) = (Shape::Other, Vec::new());
    let mut slide = Slide { flow, notes, shape, words: String::new(), level: 0, bullet: None, in_text: false, row, cell: None };
    loop {
        match xml.next(slide.flow.writer.budget())? {
            Event::Start(element) if element.name == "Fallback" => xml.skip(slide.flow.writer.budget())?,
            Event::Start(element) => slide.start(&element)?,
            Event::End(name) => slide.end(&name)?,
            Event::Text(text) if slide.in_text => slide.words.push_str(&text),
            Event::Text(_) => {}
            Event::Eof => {
                slide.flow.end_table()?;
                slide.flow.end_list();
                return Ok(());
            }
        }
    }
}

impl Slide<'_, '_, '_, '_> {
    fn start(&mut self, element: &Element) -> Result<()> {
        match element.name.as_str() {
            "sp" | "graphicFrame" => self.shape = Shape::Other,
            "ph" => {
                self.shape = match element.get("type") {
                    Some("title" | "ctrTitle") => Shape::Title,
                    Some("dt" | "sldNum" | "ftr" | "hdr" | "sldImg") => Shape::Furniture,
                    Some("subTitle") => Shape::Other,
                    _ => Shape::Body,
                }
            }
            "p" => (self.level, self.bullet) = (0, None),
            "pPr" => self.level = element.number("lvl").unwrap_or(0).min(8),
            "buNone" => self.bullet = Some(false),
            "buChar" | "buAutoNum" => self.bullet = Some(true),
            "t" => self.in_text = true,
            "br" => self.words.push('\n'),
            "tbl" => self.flow.begin_table()?,
            "tc" => {
                let span = |name| element.number(name).unwrap_or(1).clamp(1, 1000) as u32;
                self.cell = Some(Cell { text: String::new(), columns: 1, rows: span("rowSpan") });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "t" => self.in_text = false,
            "p" => {
                let words = std::mem::take(&mut self.words);
                self.paragraph(&words)?;
            }
            "tc" => self.row.extend(self.cell.take()),
            "tr" => {
                let row = std::mem::take(&mut self.row);
                self.flow.row(row, false)?;
            }
            "tbl" => self.flow.end_table()?,
            "sp" => self.flow.end_list(),
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self, words: &str) -> Result<()> {
        if let Some(cell) = &mut self.cell {
            if !cell.text.is_empty() {
                cell.text.push(' ');
            }
            cell.text.push_str(&crate::flow::one_line(words));
            return Ok(());
        }
        match self.shape {
            Shape::Title if !self.notes => self.flow.heading(1, words),
            Shape::Furniture => Ok(()),
            Shape::Body if !self.notes && self.bullet != Some(false) => self.flow.item(self.level, "-", words),
            _ if self.bullet == Some(true) => self.flow.item(self.level, "-", words),
            _ => self.flow.paragraph(words, false),
        }
    }
}
