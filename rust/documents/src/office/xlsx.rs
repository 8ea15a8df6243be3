//! Workbooks: each sheet a heading and its rows; a row with one cell is a paragraph, an empty one ends a table.

use super::archive::Archive;
use super::relations::relations;
use super::xlsx_cells::{Formats, Strings, column};
use super::xml::Event;
use crate::error::Result;
use crate::flow::Flow;
use crate::grid::Cell;
use crate::limits::{Budget, ProgressUnit};
use crate::place::Place;

const WORKBOOK: &str = "xl/workbook.xml";
/// Columns beyond this are left out.
const WIDEST: usize = 1000;

struct Sheet {
    name: String,
    part: String,
}

pub(crate) fn read(archive: &mut Archive, flow: &mut Flow) -> Result<()> {
    let (sheets, from_1904) = sheets(archive, flow.writer.budget())?;
    let strings = Strings::read(archive, flow.writer.budget())?;
    let formats = Formats::read(archive, from_1904, flow.writer.budget())?;
    for (number, sheet) in sheets.iter().enumerate() {
        flow.writer.done(number as u64, sheets.len() as u64, ProgressUnit::Entries)?;
        flow.place(Place::Sheet(number as u32 + 1))?;
        flow.heading(1, &sheet.name)?;
        read_sheet(archive, flow, &sheet.part, &strings, &formats)?;
    }
    Ok(())
}

/// The sheets in their order, and whether days are counted from 1904.
fn sheets(archive: &mut Archive, budget: &mut Budget) -> Result<(Vec<Sheet>, bool)> {
    let related = relations(archive, WORKBOOK, budget)?;
    let mut xml = archive.needed_xml(WORKBOOK, budget)?;
    let (mut found, mut from_1904) = (Vec::new(), false);
    loop {
        match xml.next(budget)? {
            Event::Start(element) if element.name == "sheet" => {
                budget.entry()?;
                let part = element.values("id").find_map(|id| related.get(id));
                if let Some(part) = part.filter(|part| part.kind == "worksheet" && element.get("state") != Some("veryHidden")) {
                    found.push(Sheet { name: element.get("name").unwrap_or_default().to_string(), part: part.target.clone() });
                }
            }
            Event::Start(element) if element.name == "workbookPr" => from_1904 = matches!(element.get("date1904"), Some("1" | "true")),
            Event::Eof => return Ok((found, from_1904)),
            _ => {}
        }
    }
}

fn read_sheet(archive: &mut Archive, flow: &mut Flow, part: &str, strings: &Strings, formats: &Formats) -> Result<()> {
    let Some(mut xml) = archive.xml(part, flow.writer.budget())? else {
        return Ok(());
    };
    let mut row: Vec<Cell> = Vec::new();
    let (mut kind, mut style, mut at, mut last_row) = (String::new(), 0, 0, 0);
    let (mut value, mut in_value, mut in_table) = (String::new(), false, false);
    loop {
        match xml.next(flow.writer.budget())? {
            Event::Start(element) => match element.name.as_str() {
                "row" => {
                    row.clear();
                    at = 0;
                    let number = element.number("r").unwrap_or(last_row + 1);
                    // An empty row parts two tables.
                    if number > last_row + 1 && in_table {
                        flow.end_table()?;
                        in_table = false;
                    }
                    last_row = number;
                }
                "c" => {
                    at = element.get("r").and_then(column).unwrap_or(at);
                    kind = element.get("t").unwrap_or("n").to_string();
                    style = element.number("s").unwrap_or(0);
                    value.clear();
                }
                "v" | "t" => in_value = true,
                "rPh" => xml.skip(flow.writer.budget())?,
                _ => {}
            },
            Event::Text(text) if in_value => value.push_str(&text),
            Event::End(name) => match name.as_str() {
                "v" | "t" => in_value = false,
                "c" => {
                    let text = match kind.as_str() {
                        "s" => strings.get(value.trim()).to_string(),
                        "b" => if value.trim() == "1" { "yes" } else { "no" }.to_string(),
                        "n" => formats.number(&value, style),
                        _ => std::mem::take(&mut value),
                    };
                    if at < WIDEST && !text.trim().is_empty() {
                        row.resize(row.len().max(at), Cell::new(""));
                        row.truncate(at);
                        row.push(Cell::new(crate::flow::one_line(&text)));
                    }
                    at += 1;
                }
                "row" => {
                    let cells = std::mem::take(&mut row);
                    let said = cells.iter().filter(|cell| !cell.text.is_empty()).count();
                    if said == 1 && !in_table {
                        flow.paragraph(&cells.iter().map(|cell| cell.text.as_str()).collect::<String>(), false)?;
                    } else if said > 0 {
                        if !in_table {
                            flow.begin_table()?;
                            in_table = true;
                        }
                        flow.row(cells, false)?;
                    } else if in_table {
                        flow.end_table()?;
                        in_table = false;
                    }
                }
                "sheetData" => {
                    flow.end_table()?;
                    return Ok(());
                }
                _ => {}
            },
            Event::Text(_) => {}
            Event::Eof => return flow.end_table(),
        }
    }
}
