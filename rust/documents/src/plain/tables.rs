//! Tables drawn with bars, tabs or white space.

use std::ops::Range;

use super::lines::Line;
use super::marks::is_rule;

/// Columns between two tab stops.
const TAB: usize = 8;
/// Words of a name that a record begins with.
const NAME: usize = 4;

/// A table's row: its cells, or none for a rule.
pub(crate) type Cells = Option<Vec<Range<usize>>>;

/// The rows of lines that are a table drawn with bars or tabs.
pub(crate) fn drawn(text: &str, lines: &[&Line]) -> Option<Vec<Cells>> {
    by_bars(text, lines).or_else(|| by_tabs(text, lines))
}

/// Whether the first row names the columns: a rule follows it, or it has words only where others have numbers.
pub(crate) fn has_header(text: &str, rows: &[Cells]) -> bool {
    let mut said = rows.iter().flatten();
    let Some(first) = said.next() else {
        return false;
    };
    let rows_after = said.count();
    if matches!(rows, [Some(_), None, ..]) {
        return rows_after > 0;
    }
    let cell = |cells: &[Range<usize>], column: usize| cells.get(column).map_or("", |range| &text[range.clone()]);
    rows_after > 0
        && names_columns(
            first.len(),
            |column| cell(first, column),
            || rows.iter().flatten().skip(1).map(move |row| move |column| cell(row, column)),
        )
}

/// Whether a first row names columns: none of its cells is a number or empty, no two are alike, and a column below holds numbers, dates or the like;
/// or all of its words are short and lower case or all capitals where others are not.
pub(crate) fn names_columns<'t, C, R, I>(columns: usize, first: impl Fn(usize) -> &'t str, rows: R) -> bool
where
    C: Fn(usize) -> &'t str,
    I: Iterator<Item = C>,
    R: Fn() -> I,
{
    let counts = |cell: &str| cell.contains(|c: char| c.is_ascii_digit());
    let named = (0..columns).all(|column| {
        let name = first(column);
        !name.is_empty() && !counts(name) && name.chars().count() <= 40 && (0..column).all(|before| first(before) != name)
    });
    if !named {
        return false;
    }
    let below = |test: &dyn Fn(&str) -> bool, column: usize| {
        let (mut all, mut held) = (0, 0);
        for row in rows().take(50) {
            all += usize::from(!row(column).is_empty());
            held += usize::from(!row(column).is_empty() && test(row(column)));
        }
        all > 0 && held * 2 >= all
    };
    let plain = |cell: &str| !cell.contains(char::is_uppercase);
    let written = |cell: &str| cell.contains(char::is_uppercase) && cell.contains(char::is_lowercase);
    let lower = (0..columns).all(|column| plain(first(column)));
    let capitals = (0..columns).all(|column| !first(column).contains(char::is_lowercase));
    (0..columns).any(|column| below(&counts, column)) || ((lower || capitals) && (0..columns).any(|column| below(&written, column)))
}

/// Every line holds bars, and as many as the others.
fn by_bars(text: &str, lines: &[&Line]) -> Option<Vec<Cells>> {
    let framed = |line: &&Line| line.text(text).starts_with('|') && line.words.len() > 2;
    let all_framed = lines.iter().all(framed);
    if !all_framed && (lines.len() < 2 || !lines.iter().all(|line| line.text(text).contains('|') || is_rule(line.text(text)))) {
        return None;
    }
    let rows: Vec<Cells> = lines.iter().map(|line| bar_cells(text, line)).collect();
    let most = rows.iter().flatten().map(Vec::len).max()?;
    let alike = rows.iter().flatten().filter(|cells| cells.len() == most).count();
    (most >= 2 && (all_framed || alike * 10 >= rows.iter().flatten().count() * 8)).then_some(rows)
}

fn bar_cells(text: &str, line: &Line) -> Cells {
    let words = line.text(text);
    if is_rule(words) {
        return None;
    }
    let mut cells = Vec::new();
    let mut from = line.words.start;
    for (at, _) in words.match_indices('|').filter(|(at, _)| *at == 0 || words.as_bytes()[at - 1] != b'\\') {
        cells.push(trimmed(text, from..line.words.start + at));
        from = line.words.start + at + 1;
    }
    let last = trimmed(text, from..line.words.end);
    if words.starts_with('|') {
        cells.remove(0);
    }
    if !last.is_empty() || !words.ends_with('|') {
        cells.push(last);
    }
    Some(cells)
}

/// Every line holds as many tabs as the others; at least two lines.
fn by_tabs(text: &str, lines: &[&Line]) -> Option<Vec<Cells>> {
    let tabs = |line: &&Line| line.text(text).matches('\t').count();
    let count = lines.first().map(tabs).filter(|count| *count > 0)?;
    let alike = lines.iter().filter(|line| tabs(line) == count).count();
    if lines.len() < 2 || alike * 10 < lines.len() * 8 {
        return None;
    }
    let cells = |line: &&Line| {
        let mut from = line.words.start;
        let mut cells = Vec::with_capacity(count + 1);
        for cell in line.text(text).split('\t') {
            cells.push(trimmed(text, from..from + cell.len()));
            from += cell.len() + 1;
        }
        Some(cells)
    };
    Some(lines.iter().map(cells).collect())
}

/// Every line holds as many wide gaps as the others, and the cells stand under each other; at least two lines of three cells, or three of two.
pub(crate) fn by_gaps(text: &str, lines: &[&Line]) -> Option<Vec<Cells>> {
    let boxed = |line: &&Line| line.text(text).starts_with('*') && line.text(text).ends_with('*');
    if lines.iter().all(boxed) {
        return None; // words in a box of stars
    }
    let rows: Vec<Cells> = lines.iter().map(|line| gap_cells(text, line)).collect();
    let said: Vec<&Vec<Range<usize>>> = rows.iter().flatten().collect();
    let count = said.iter().map(|cells| cells.len()).max()?;
    let least = if count >= 3 { 2 } else { 3 };
    let whole = said.iter().filter(|cells| cells.len() == count).count();
    if count < 2 || said.len() < least || whole * 10 < said.len() * 8 {
        return None;
    }
    // Cells of prose are columns of a page, not of a table; the first row's place of each cell is kept by most, at its left or right end.
    let words: usize = said.iter().flat_map(|cells| cells.iter()).map(|cell| text[cell.clone()].split_whitespace().count()).sum();
    let cells: usize = said.iter().map(|cells| cells.len()).sum();
    let place = |line: &Line, at: usize| text[line.words.start..at].chars().count() + line.indent;
    let ends = |row: usize, column: usize| {
        let cell = rows[row].as_ref().and_then(|cells| cells.get(column))?;
        Some((place(lines[row], cell.start), place(lines[row], cell.end)))
    };
    let aligned = (1..count).all(|column| {
        let found: Vec<(usize, usize)> = (0..rows.len()).filter_map(|row| ends(row, column)).collect();
        let same = |pick: fn(&(usize, usize)) -> usize| {
            let most = found.iter().map(|end| found.iter().filter(|other| pick(other).abs_diff(pick(end)) <= 1).count()).max().unwrap_or(0);
            most * 10 >= found.len() * 7
        };
        found.len() > 200 || same(|end| end.0) || same(|end| end.1)
    });
    (words <= cells * 5 && aligned).then_some(rows)
}

/// Of lines whose second cells stand under each other, after as many others or fewer: whether each begins a record; a deeper line without a gap goes
/// on with the one before. Comments are records of their own.
pub(crate) fn ragged(text: &str, lines: &[&Line]) -> Option<Vec<bool>> {
    let comment = |line: &Line| line.text(text).starts_with('#');
    let columns: Vec<Option<usize>> = lines.iter().map(|line| second_cell(text, line).filter(|_| !comment(line))).collect();
    let found: Vec<usize> = columns.iter().flatten().copied().collect();
    let deeper = |line: &Line| line.indent > lines[0].indent + 1;
    let told = (0..lines.len()).filter(|&at| columns[at].is_some() || !(comment(lines[at]) || deeper(lines[at]))).count();
    let most = found.iter().take(200).map(|column| found.iter().filter(|other| other.abs_diff(*column) <= 1).count()).max()?;
    let aligned = found.len() >= 3 && found.len() * 10 >= told * 8 && most * 10 >= found.len() * 7;
    aligned.then(|| (0..lines.len()).map(|at| at == 0 || columns[at].is_some() || !deeper(lines[at])).collect())
}

/// The column of a line's second cell, after a tab or two spaces; the first is a name of few words.
fn second_cell(text: &str, line: &Line) -> Option<usize> {
    let words = line.text(text);
    let gap = [words.find('\t'), words.find("  ")].into_iter().flatten().min()?;
    let next = gap + words[gap..].find(|c: char| !c.is_whitespace())?;
    let mut column = line.indent;
    for c in words[..next].chars() {
        column = if c == '\t' { (column / TAB + 1) * TAB } else { column + 1 };
    }
    (words[..gap].split_whitespace().count() <= NAME).then_some(column)
}

/// The parts of a line between gaps of two spaces or more.
fn gap_cells(text: &str, line: &Line) -> Cells {
    let words = line.text(text);
    if is_rule(words) {
        return None;
    }
    let mut cells = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(gap) = words[at..].find("  ").map(|gap| at + gap) {
        let next = words[gap..].find(|c: char| c != ' ').map_or(words.len(), |length| gap + length);
        cells.push(line.words.start + from..line.words.start + gap);
        (from, at) = (next, next);
    }
    cells.push(line.words.start + from..line.words.end);
    Some(cells)
}

pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let whole = &text[range.clone()];
    let start = range.start + whole.len() - whole.trim_start().len();
    start..start + whole.trim().len()
}
