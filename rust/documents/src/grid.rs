//! A table that comes row by row: which row names the columns is told once enough rows are there.

use crate::error::Result;
use crate::plain::tables::names_columns;
use crate::writer::Writer;

/// Rows that are looked at before the first is told to be a header or not.
const LOOKED_AT: usize = 40;
/// Columns beyond this are left out.
const WIDEST: usize = 1000;

/// A table in the making.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    rows: Vec<Vec<String>>,
    /// Rows at the beginning that the source itself calls a header.
    declared: usize,
    begun: bool,
    header: Option<usize>,
    lead: Option<usize>,
    /// Cells that reach down from rows before: column, rows left, text.
    down: Vec<(usize, u32, String)>,
}

/// A cell with the columns and rows that it takes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cell {
    pub text: String,
    pub columns: u32,
    pub rows: u32,
}

impl Grid {
    pub fn new(lead: Option<usize>) -> Self {
        Self { lead, ..Self::default() }
    }

    /// The block that leads the table in.
    pub fn caption(&mut self, block: usize) {
        self.lead = Some(block);
    }

    /// Adds a row; `header` if the source calls it one.
    pub fn push(&mut self, cells: Vec<Cell>, header: bool, writer: &mut Writer) -> Result<()> {
        let row = self.spread(cells);
        if row.iter().all(String::is_empty) {
            return Ok(());
        }
        if header && !self.begun && self.declared == self.rows.len() {
            self.declared += 1;
        }
        self.rows.push(row);
        if self.rows.len() >= LOOKED_AT { self.write(writer) } else { Ok(()) }
    }

    /// Puts cells into columns, those that reach down from above among them.
    fn spread(&mut self, cells: Vec<Cell>) -> Vec<String> {
        let mut row: Vec<String> = Vec::with_capacity(cells.len());
        let mut down = std::mem::take(&mut self.down);
        down.sort_by_key(|reach| reach.0);
        let mut down = down.into_iter().peekable();
        let mut cells = cells.into_iter();
        loop {
            if let Some((column, left, text)) = down.next_if(|reach| reach.0 <= row.len()) {
                if left > 1 {
                    self.down.push((column, left - 1, text.clone()));
                }
                row.push(text);
                continue;
            }
            let Some(cell) = cells.next() else { break };
            if row.len() >= WIDEST {
                break;
            }
            if cell.rows > 1 {
                self.down.push((row.len(), cell.rows.min(10_000) - 1, cell.text.clone()));
            }
            row.push(cell.text);
            row.extend((1..cell.columns.min(WIDEST as u32)).map(|_| String::new()));
        }
        while row.last().is_some_and(String::is_empty) {
            row.pop();
        }
        row
    }

    /// Writes what is there; to be called at the table's end.
    pub fn write(&mut self, writer: &mut Writer) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let header = if self.begun { 0 } else { self.header_rows(&rows) };
        self.begun |= !rows.is_empty();
        for (at, row) in rows.iter().enumerate() {
            let number = writer.row(row, at < header, self.header.or(self.lead))?;
            if at < header {
                self.header = Some(number);
            }
        }
        Ok(())
    }

    fn header_rows(&self, rows: &[Vec<String>]) -> usize {
        if self.declared > 0 && self.declared < rows.len() {
            return self.declared;
        }
        let Some(first) = rows.first().filter(|first| rows.len() > 1 && first.len() > 1) else {
            return 0;
        };
        // The corner over the rows' own names is often empty.
        let cornered = first[0].is_empty() && rows.len() > 2 && rows[1..].iter().all(|row| !row[0].is_empty());
        let name = |column: usize| if cornered && column == 0 { "-" } else { first[column].as_str() };
        let below = || rows[1..].iter().map(|row| move |column: usize| row.get(column).map_or("", String::as_str));
        usize::from(names_columns(first.len(), name, below))
    }
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), columns: 1, rows: 1 }
    }
}
