//! Tables: lines whose words stand under each other in columns; the lines of a cell that takes several are one row.

use super::layout::{Row, Segment, told};

/// Lines of one cell are at most so far apart, in sizes of letters; and in the distance of the closest lines of the table.
const CELL: (f32, f32) = (1.6, 1.25);
/// Closer than letters are high, in their sizes: lines of cells that are set around the middle of their row.
const MIDDLE: f32 = 0.85;
/// Lines of a table that the next one has to fit.
const NEAR: usize = 100;
/// Rows are at most so far apart, in sizes of letters.
const ROWS: f32 = 3.5;

/// A table at the beginning of some lines.
#[derive(Debug)]
pub(super) struct Table {
    /// How many lines it takes.
    pub length: usize,
    /// Each row's first line and its cells, one a column.
    pub rows: Vec<(usize, Vec<String>)>,
}

/// The table that begins with the first of some lines: as many cells each, most of them, under each other.
pub(super) fn table(lines: &[Row]) -> Option<Table> {
    let gap = |at: usize| lines[at].y - lines[at - 1].y;
    let cells = |at: usize| lines[at].segments.len();
    let mut first = 0;
    while first + 1 < lines.len() && cells(first) == 1 && gap(first + 1) < MIDDLE * lines[first].size {
        first += 1;
    }
    if cells(first) < 2 || first > 2 {
        return None;
    }
    // Whole rows, and lines that go on with cells of the row before.
    let (mut length, mut last, mut whole) = (first + 1, first, 1);
    while length < lines.len() && gap(length) < ROWS * lines[length].size {
        if cells(length) >= 2 && aligned(&lines[last], &lines[length]) {
            (last, whole) = (length, whole + 1);
        } else if !(goes_on(&lines[..length], &lines[length]) || begins(lines, last, length)) {
            break;
        }
        length += 1;
    }
    let lines = &lines[..length];
    let widest = lines.iter().map(|line| line.segments.len()).max()?;
    let words: usize = lines.iter().flat_map(|line| &line.segments).map(|segment| segment.words.len()).sum();
    let all: usize = lines.iter().map(|line| line.segments.len()).sum();
    if whole < if widest >= 3 { 2 } else { 3 } || words > all * 8 {
        return None;
    }
    let mut rows = rows(lines);
    // A line alone after the last row is what comes after the table.
    while let Some(&(from, _)) = rows.last()
        && lines[from].segments.len() == 1
        && lines.get(from + 1).is_none_or(|next| next.y - lines[from].y >= MIDDLE * next.size)
    {
        length = from;
        rows.pop();
    }
    Some(Table { length, rows })
}

/// Whether the cells of two lines stand under each other: at their left or right edges or middles.
fn aligned(above: &Row, below: &Row) -> bool {
    let (few, many) = if above.segments.len() <= below.segments.len() { (above, below) } else { (below, above) };
    let matched = few.segments.iter().filter(|one| many.segments.iter().any(|other| under(one, other, below.size)));
    matched.count() * 10 >= few.segments.len() * 6
}

fn under(one: &Segment, other: &Segment, size: f32) -> bool {
    let near = |a: f32, b: f32| (a - b).abs() < 0.6 * size;
    near(one.x, other.x) || near(one.right, other.right) || near((one.x + one.right) / 2.0, (other.x + other.right) / 2.0)
}

/// Whether a line is close to a table and fits its columns.
fn goes_on(table: &[Row], line: &Row) -> bool {
    line.y - table[table.len() - 1].y < CELL.0 * line.size && fits(table, line)
}

/// Whether each part of a line is under a cell of the table so far and reaches into no other column.
fn fits(table: &[Row], line: &Row) -> bool {
    let columns = columns(&table[table.len().saturating_sub(NEAR)..]);
    let fits = |part: &Segment| {
        let own =
            columns.iter().position(|column| (part.x - column.0).abs() < 0.6 * line.size || part.x > column.0 && part.right < column.1);
        own.is_some_and(|own| columns.get(own + 1).is_none_or(|next| part.right < next.0))
    };
    line.segments.iter().all(fits)
}

/// Whether a line alone stands above the middle of a row after the row `last`.
fn begins(lines: &[Row], last: usize, at: usize) -> bool {
    let next = lines.get(at + 1).filter(|next| next.y - lines[at].y < MIDDLE * next.size && next.segments.len() >= 2);
    next.is_some_and(|next| aligned(&lines[last], next)) && fits(&lines[..at], &lines[at])
}

/// The columns of a table: where each begins and ends, over all lines.
fn columns(lines: &[Row]) -> Vec<(f32, f32)> {
    let mut spans: Vec<(f32, f32)> = lines.iter().flat_map(|line| &line.segments).map(|segment| (segment.x, segment.right)).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Vec<(f32, f32)> = Vec::new();
    for span in spans {
        match found.last_mut() {
            Some(last) if span.0 < last.1 => last.1 = last.1.max(span.1),
            _ => found.push(span),
        }
    }
    found
}

/// A line's cells, one a column; none of two cells in one column is lost.
fn cells(line: &Row, columns: &[(f32, f32)]) -> Vec<String> {
    let mut found = vec![String::new(); columns.len()];
    for segment in &line.segments {
        let at = columns.iter().position(|column| segment.x < column.1).unwrap_or(columns.len().saturating_sub(1));
        if !found[at].is_empty() {
            found[at].push_str("   ");
        }
        found[at].push_str(&told(segment));
    }
    found
}

/// The rows of a table's lines.
fn rows(lines: &[Row]) -> Vec<(usize, Vec<String>)> {
    let columns = columns(lines);
    let gaps: Vec<f32> = lines.windows(2).map(|pair| pair[1].y - pair[0].y).collect();
    let least = lines.iter().zip(&gaps).filter(|(line, gap)| **gap >= MIDDLE * line.size).map(|(_, gap)| *gap).fold(f32::MAX, f32::min);
    // Rows stand further apart than the lines of a cell, if the table has both.
    let padded = gaps.iter().any(|gap| *gap > CELL.1 * least);
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let own = cells(line, &columns);
        let gap = at.checked_sub(1).map_or(f32::MAX, |before| gaps[before]);
        let joins = found.last().is_some_and(|(_, row)| {
            let (empty, said) = (own.iter().any(String::is_empty), own.iter().filter(|cell| !cell.is_empty()).count());
            let begun = own.iter().zip(row).all(|(cell, above)| cell.is_empty() || !above.is_empty());
            let close = gap < CELL.0 * line.size && gap <= CELL.1 * least;
            let alone = own[0].is_empty() && said == 1 && begun;
            gap < MIDDLE * line.size || close && empty && (padded && begun || alone)
        });
        match found.last_mut().filter(|_| joins) {
            Some((_, row)) => row.iter_mut().zip(&own).for_each(|(cell, more)| append(cell, more)),
            None => found.push((at, own)),
        }
    }
    found
}

/// Adds a line to a cell; a hyphen that only wraps a word is left out.
fn append(cell: &mut String, more: &str) {
    if cell.is_empty() || more.is_empty() {
        return cell.push_str(more);
    }
    let parted = cell.strip_suffix('-').is_some_and(|stem| stem.ends_with(char::is_lowercase)) && more.starts_with(char::is_lowercase);
    if parted {
        cell.pop();
    } else {
        cell.push(' ');
    }
    cell.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::Glyph;
    use super::super::layout::lines;

    /// The lines of a page; each word of letters half as wide as they are large, at its place.
    fn told(cells: &[(&str, f32, f32)]) -> Vec<String> {
        let mut glyphs = Vec::new();
        for (text, x, y) in cells {
            for (at, c) in text.chars().enumerate() {
                glyphs.push(Glyph {
                    text: c.to_string(),
                    x: x + 5.0 * at as f32,
                    y: *y,
                    width: 5.0,
                    size: 10.0,
                    turn: Some(0),
                    bold: false,
                });
            }
        }
        lines(glyphs, (600.0, 800.0)).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_cell_of_several_lines_is_one_cell() {
        let padded = [
            ("Boat", 40.0, 40.0),
            ("Use", 160.0, 40.0),
            ("Fee", 360.0, 40.0),
            ("Canoe", 40.0, 60.0),
            ("for two people and", 160.0, 60.0),
            ("45", 360.0, 60.0),
            ("a small dog", 160.0, 72.0),
            ("Rowing boat of", 40.0, 92.0),
            ("for four", 160.0, 92.0),
            ("60", 360.0, 92.0),
            ("the harbour", 40.0, 104.0),
            ("Raft", 40.0, 124.0),
            ("for a muni-", 160.0, 124.0),
            ("38", 360.0, 124.0),
            ("cipality", 160.0, 136.0),
        ];
        let rows = [
            "Boat\tUse\tFee",
            "Canoe\tfor two people and a small dog\t45",
            "Rowing boat of the harbour\tfor four\t60",
            "Raft\tfor a municipality\t38",
        ];
        assert_eq!(told(&padded), rows);
        let close: Vec<_> =
            [(0, 40.0), (1, 40.0), (2, 40.0), (3, 52.0), (4, 52.0), (5, 52.0), (6, 64.0), (11, 76.0), (12, 76.0), (13, 76.0), (14, 88.0)]
                .map(|(at, y): (usize, f32)| (padded[at].0, padded[at].1, y))
                .to_vec();
        assert_eq!(told(&close), [rows[0], rows[1], rows[3]], "without more room between rows");
    }

    #[test]
    fn cells_around_the_middle_of_their_row_are_one_row() {
        let mut cells = vec![("Boat", 40.0, 40.0), ("Use", 160.0, 40.0), ("Fee", 360.0, 40.0)];
        for (at, boat) in ["Canoe", "Raft", "Gig"].into_iter().enumerate() {
            let y = 70.0 + 40.0 * at as f32;
            cells.extend([("for two people", 160.0, y - 6.0), (boat, 40.0, y), ("45", 360.0, y), ("and a dog", 160.0, y + 6.0)]);
        }
        let rows = ["Canoe", "Raft", "Gig"].map(|boat| format!("{boat}\tfor two people and a dog\t45"));
        let found = told(&cells);
        assert!(rows.iter().all(|row| found.contains(row)), "{found:?}");
    }

    #[test]
    fn rows_stay_rows() {
        let day = [
            ("Monday", 40.0, 40.0),
            ("nine", 160.0, 40.0),
            ("choir", 260.0, 40.0),
            ("noon", 160.0, 52.0),
            ("chess", 260.0, 52.0),
            ("Tuesday", 40.0, 64.0),
            ("eleven", 160.0, 64.0),
            ("drama", 260.0, 64.0),
        ];
        assert_eq!(told(&day), ["Monday\tnine\tchoir", "\tnoon\tchess", "Tuesday\televen\tdrama"]);
        let groups: Vec<_> = [40.0_f32, 60.0, 72.0, 84.0, 104.0, 116.0]
            .into_iter()
            .flat_map(|y| [("Ash", 40.0, y), ("tall", 160.0, y), ("12", 260.0, y)])
            .collect();
        assert_eq!(told(&groups).len(), 6);
        let mut after = day.to_vec();
        after.extend([("The hall is locked at night and the warden has", 40.0, 84.0), ("the key in the porch.", 40.0, 96.0)]);
        assert_eq!(told(&after)[3..], ["The hall is locked at night and the warden has", "the key in the porch."]);
    }
}
