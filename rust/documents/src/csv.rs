//! Values between commas, semicolons, tabs or bars: a row a record, the first row naming the columns where it does.
//!
//! The text form is the text itself; a cell's range leaves out the quotes around it.

use std::ops::Range;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::block::{Block, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::plain::tables::names_columns;
use crate::writer::Writer;

/// Bytes of a text that are cut to rows together.
const PART: usize = 512 << 10;
/// A quoted cell that is longer was opened by mistake.
const LONGEST_ROW: usize = 1 << 20;

/// A row: its bytes and its cells.
struct Row {
    range: Range<usize>,
    cells: Vec<Range<usize>>,
}

/// Reads separated values of any length; text that is none becomes a paragraph.
pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let (mut text, mut more) = (String::new(), true);
    while more && text.len() < PART {
        more = source.append(&mut text, writer.budget())?;
    }
    let mark = delimiter(&text, true).unwrap_or(b',');
    let mut header = None;
    let mut begun = false;
    while !text.is_empty() {
        let (rows, end) = rows(&text, mark, !more);
        if !begun && has_header(&text, &rows) {
            header = rows.first().map(|row| (row.range.start, None));
        }
        begun = true;
        let base = writer.position();
        writer.text(&text[..end])?;
        for row in rows {
            let names = header.is_some_and(|(at, _)| at == row.range.start && writer.next_block() == 0);
            let kind = if names { Kind::Header { cells: row.cells } } else { Kind::Row { cells: row.cells } };
            let mut block = Block::new(kind, row.range);
            block.shift(base, 0);
            block.lead = header.and_then(|(_, number)| number);
            let number = writer.block(block)?;
            if names {
                header = header.map(|(at, _)| (at, Some(number)));
            }
        }
        writer.budget().check()?;
        text.drain(..end);
        while more && text.len() < PART {
            more = source.append(&mut text, writer.budget())?;
        }
    }
    Ok(())
}

/// The whole rows at the beginning of a text, and where they end; of the last part of a text, all.
fn rows(text: &str, mark: u8, last: bool) -> (Vec<Row>, usize) {
    let mut reader = ReaderBuilder::new().delimiter(mark).build();
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    let mut whole = 0;
    while at < bytes.len() {
        match row(&mut reader, text, at, mark) {
            Some((row, next)) if last || next < bytes.len() => {
                if row.cells.iter().any(|cell| !cell.is_empty()) {
                    found.push(row);
                }
                (at, whole) = (next, next);
            }
            _ => break,
        }
    }
    if whole == 0 && (last || text.len() > 2 * LONGEST_ROW) {
        // A quote that is never closed: the line is taken as it is.
        let end = text.find('\n').map_or(text.len(), |at| at + 1);
        let row = trimmed(text, 0..end);
        found.push(Row { cells: vec![row.clone()], range: row });
        whole = end;
    }
    (found, whole)
}

/// One row from a position on, and where the next begins; none if it does not end in the text or is too long.
fn row(reader: &mut Reader, text: &str, start: usize, mark: u8) -> Option<(Row, usize)> {
    reader.reset();
    let bytes = text.as_bytes();
    let limit = bytes.len().min(start + LONGEST_ROW);
    let mut cells = Vec::new();
    let (mut at, mut from) = (start, start);
    let mut scratch = [0; 1024];
    loop {
        // At the input's end the reader is given nothing, which ends the row.
        let (result, read, _) = reader.read_field(&bytes[at..limit], &mut scratch);
        at += read;
        match result {
            ReadFieldResult::OutputFull => {}
            ReadFieldResult::InputEmpty if limit < bytes.len() => return None,
            ReadFieldResult::InputEmpty => {
                if read == 0 && at >= limit && at == from && cells.is_empty() {
                    return None;
                }
            }
            ReadFieldResult::Field { record_end } => {
                cells.push(cell(text, from..at, mark, record_end));
                from = at;
                if record_end {
                    while bytes.get(at).is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                        at += 1;
                    }
                    return Some((Row { range: trimmed(text, start..at), cells }, at));
                }
            }
            ReadFieldResult::End => return (at > start).then(|| (Row { range: trimmed(text, start..at), cells }, at)),
        }
    }
}

/// A cell without its delimiter, its quotes and white space around it.
fn cell(text: &str, range: Range<usize>, mark: u8, ends_row: bool) -> Range<usize> {
    let mut range = range;
    if !ends_row && text.as_bytes()[range.clone()].last() == Some(&mark) {
        range.end -= 1;
    }
    let range = trimmed(text, range);
    let words = &text[range.clone()];
    match words.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => range.start + 1..range.start + 1 + inner.len(),
        None => range,
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    crate::plain::tables::trimmed(text, range)
}

fn has_header(text: &str, rows: &[Row]) -> bool {
    let Some(first) = rows.first().filter(|_| rows.len() > 1) else {
        return false;
    };
    let cell = |row: &Row, column: usize| row.cells.get(column).map_or("", |range| &text[range.clone()]);
    names_columns(
        first.cells.len(),
        |column| cell(first, column),
        || rows[1..].iter().map(move |row| move |column: usize| cell(row, column)),
    )
}

/// What separates the values of a text, if its lines are rows of as many values each. A name that says so lets fewer signs do.
pub(crate) fn delimiter(text: &str, named: bool) -> Option<u8> {
    let found = |mark: &u8| {
        let (rows, _) = rows(text, *mark, text.len() < crate::detect::HEAD);
        let rows = &rows[..rows.len().min(200)];
        let columns = rows.iter().map(|row| row.cells.len()).max()?;
        let (least_rows, least_columns) = if named { (1, 2) } else { (3, if *mark == b'\t' { 2 } else { 3 }) };
        let alike = rows.iter().filter(|row| row.cells.len() == columns).count();
        if rows.len() < least_rows || columns < least_columns || alike * 10 < rows.len() * if named { 5 } else { 9 } {
            return None;
        }
        // A comma of prose has a space after it, and cells of prose are long.
        let spaced = text.matches(", ").count() * 2 > text.matches(',').count();
        let words: usize = rows.iter().flat_map(|row| &row.cells).map(|cell| text[cell.clone()].split_whitespace().count()).sum();
        let prose = words > alike * columns * 6;
        let bars = *mark == b'|' && text.trim_start().starts_with('|');
        (named || !((*mark == b',' && spaced) || prose || bars)).then_some((alike * columns, *mark))
    };
    [b'\t', b';', b',', b'|'].iter().filter_map(found).max_by_key(|(score, _)| *score).map(|(_, mark)| mark)
}
