//! Glyphs to lines: words, rows on one baseline, then of each column its lines and rows of tables.

use super::accents;
use super::columns::order;
use super::glyphs::Glyph;
use super::tables;

/// A line as it is read; its cells between tabs if it is a table's row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line {
    pub text: String,
    pub x: f32,
    pub right: f32,
    /// Its baseline, from the page's top.
    pub y: f32,
    pub size: f32,
    pub bold: bool,
    /// Whether it stands apart from the line before.
    pub apart: bool,
    /// Whether it is the first of its column.
    pub turned: bool,
    /// Half letters that it is moved in by, from its column's edge.
    pub indent: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Word {
    pub text: String,
    pub x: f32,
    pub right: f32,
    pub y: f32,
    pub size: f32,
    pub bold: bool,
    /// A space was drawn before it.
    pub spaced: bool,
}

/// Words side by side, without a wide gap.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub words: Vec<Word>,
    pub x: f32,
    pub right: f32,
}

/// What stands on one baseline.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub segments: Vec<Segment>,
    pub y: f32,
    pub size: f32,
}

/// The lines of a page; text that is turned comes last, text at an angle is left out.
pub(crate) fn lines(glyphs: Vec<Glyph>, (width, height): (f32, f32)) -> Vec<Line> {
    let mut turned: [Vec<Glyph>; 4] = Default::default();
    for mut glyph in glyphs {
        let Some(turn) = glyph.turn else { continue };
        (glyph.x, glyph.y) = match turn {
            1 => (glyph.y, width - glyph.x),
            2 => (width - glyph.x, height - glyph.y),
            3 => (height - glyph.y, glyph.x),
            _ => (glyph.x, glyph.y),
        };
        turned[usize::from(turn)].push(glyph);
    }
    turned.sort_by_key(|glyphs| std::cmp::Reverse(glyphs.len()));
    let mut found = Vec::new();
    for glyphs in turned {
        let mut regions = Vec::new();
        order(rows(words(glyphs)), &mut regions);
        regions.into_iter().for_each(|rows| region(rows, &mut found));
    }
    found
}

/// Words in the order in which they are drawn.
fn words(glyphs: Vec<Glyph>) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let (mut spaced, mut ended) = (false, true);
    for glyph in accents::join(glyphs) {
        if glyph.text.trim().is_empty() {
            (spaced, ended) = (true, true);
            continue;
        }
        let (x, right) = (glyph.x, glyph.x + glyph.width);
        let goes_on = !ended
            && found.last().is_some_and(|word| {
                let gap = x - word.right;
                (glyph.y - word.y).abs() < 0.1 * word.size
                    && gap < 0.17 * word.size.max(glyph.size)
                    && gap > -0.6 * word.size
                    && (glyph.size - word.size).abs() < 0.25 * word.size
            });
        match found.last_mut() {
            Some(word) if goes_on => {
                word.text.push_str(&glyph.text);
                word.right = word.right.max(right);
                word.bold &= glyph.bold;
            }
            _ => found.push(Word { text: glyph.text, x, right, y: glyph.y, size: glyph.size, bold: glyph.bold, spaced }),
        }
        (spaced, ended) = (false, false);
    }
    found
}

/// Words by their baselines, from the top.
fn rows(mut words: Vec<Word>) -> Vec<Row> {
    words.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut found: Vec<(f32, f32, Vec<Word>)> = Vec::new();
    for word in words {
        match found.last_mut() {
            Some((y, size, row)) if word.y - *y <= 0.4 * size.max(word.size) && !row.iter().any(|other| is_under(&word, other)) => {
                // The baseline is that of the largest letters: raised numbers stand above it.
                if word.size > *size * 1.05 {
                    (*y, *size) = (word.y, word.size);
                }
                row.push(word);
            }
            _ => found.push((word.y, word.size, vec![word])),
        }
    }
    found.into_iter().map(|(y, size, words)| Row { segments: segments(words, size), y, size }).collect()
}

/// Whether a word stands under another, on a line of its own.
fn is_under(word: &Word, other: &Word) -> bool {
    let over = word.right.min(other.right) - word.x.max(other.x);
    over > 0.3 * (word.right - word.x).min(other.right - other.x) && word.y - other.y > 0.3 * word.size.min(other.size)
}

/// Words of one baseline, parted at wide gaps.
pub(super) fn segments(mut words: Vec<Word>, size: f32) -> Vec<Segment> {
    words.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut found: Vec<Segment> = Vec::new();
    for word in words {
        match found.last_mut() {
            Some(segment) if word.x - segment.right < 1.2 * size => {
                segment.right = segment.right.max(word.right);
                segment.words.push(word);
            }
            _ => found.push(Segment { x: word.x, right: word.right, words: vec![word] }),
        }
    }
    found
}

/// The lines of a region of one column.
fn region(mut rows: Vec<Row>, found: &mut Vec<Line>) {
    let left = rows.iter().filter_map(|row| row.segments.first()).map(|segment| segment.x).fold(f32::MAX, f32::min);
    let right = rows.iter().filter_map(|row| row.segments.last()).map(|segment| segment.right).fold(f32::MIN, f32::max);
    rows.iter_mut().filter(|row| is_justified(row, left, right)).for_each(close);
    let leading = leading(&rows);
    let (mut at, mut after_table) = (0, false);
    while at < rows.len() {
        let table = tables::table(&rows[at..]);
        if let Some(tables::Table { length, rows: cells }) = table {
            for (number, (from, cells)) in cells.into_iter().enumerate() {
                let mut line = line(&rows[at + from], left);
                line.text = cells.join("\t");
                line.apart = number == 0;
                line.indent = 0;
                found.push(line);
            }
            at += length;
            after_table = true;
            continue;
        }
        let mut line = line(&rows[at], left);
        line.apart = match at.checked_sub(1).map(|before| &rows[before]) {
            None => true,
            Some(before) => {
                let resized = (before.size - rows[at].size).abs() > 0.1 * before.size;
                rows[at].y - before.y > 1.35 * leading.max(rows[at].size) || resized || after_table || moved_in(&rows, at, left)
            }
        };
        after_table = false;
        line.turned = at == 0 && !found.is_empty();
        found.push(line);
        at += 1;
    }
}

/// Whether a row is prose that is spaced out to its column's edges: its gaps are all alike.
fn is_justified(row: &Row, left: f32, right: f32) -> bool {
    let words: Vec<&Word> = row.segments.iter().flat_map(|segment| &segment.words).collect();
    let gaps = words.windows(2).map(|pair| pair[1].x - pair[0].right);
    let (few, many) = gaps.fold((f32::MAX, 0.0_f32), |(few, many), gap| (few.min(gap), many.max(gap)));
    let flush = words.first().is_some_and(|word| word.x - left < 3.0 * row.size)
        && words.last().is_some_and(|word| right - word.right < 0.6 * row.size);
    let lower = words.iter().filter(|word| word.text.starts_with(char::is_lowercase)).count();
    row.segments.len() > 1 && words.len() > 2 && flush && many - few < 0.12 * row.size && lower > 0
}

/// Makes one segment of a row.
fn close(row: &mut Row) {
    let words: Vec<Word> = std::mem::take(&mut row.segments).into_iter().flat_map(|segment| segment.words).collect();
    let (x, right) = (words.first().map_or(0.0, |word| word.x), words.last().map_or(0.0, |word| word.right));
    row.segments = vec![Segment { words, x, right }];
}

/// The usual distance of two baselines.
fn leading(rows: &[Row]) -> f32 {
    let mut gaps: Vec<f32> = rows.windows(2).map(|pair| pair[1].y - pair[0].y).filter(|gap| *gap > 0.0).collect();
    gaps.sort_by(f32::total_cmp);
    gaps.get(gaps.len() * 2 / 5).copied().unwrap_or(0.0)
}

/// Whether a paragraph begins there by being moved in.
fn moved_in(rows: &[Row], at: usize, left: f32) -> bool {
    let x = |row: &Row| row.segments.first().map_or(0.0, |segment| segment.x) - left;
    let size = rows[at].size;
    let flush = |row: Option<&Row>| row.is_none_or(|row| x(row) < 0.5 * size);
    let first = rows[at - 1].segments.first().and_then(|segment| segment.words.first());
    let item = first.is_some_and(|word| word.text.chars().count() <= 4 && !word.text.starts_with(char::is_alphabetic));
    (0.8 * size..5.0 * size).contains(&x(&rows[at])) && flush(rows.get(at - 1)) && flush(rows.get(at + 1)) && !item
}

fn line(row: &Row, left: f32) -> Line {
    let words: Vec<&Word> = row.segments.iter().flat_map(|segment| &segment.words).collect();
    let x = row.segments.first().map_or(0.0, |segment| segment.x);
    Line {
        text: row.segments.iter().map(told).collect::<Vec<_>>().join("   "),
        x,
        right: row.segments.last().map_or(0.0, |segment| segment.right),
        y: row.y,
        size: row.size,
        bold: words.iter().all(|word| word.bold),
        apart: false,
        turned: false,
        indent: ((x - left) / (0.5 * row.size)).round().clamp(0.0, 40.0) as usize,
    }
}

/// A segment's words with spaces where gaps are; from right to left where its letters are written so.
pub(super) fn told(segment: &Segment) -> String {
    let letters = segment.words.iter().flat_map(|word| word.text.chars()).filter(|c| c.is_alphabetic());
    let (right, all) = letters.fold((0, 0), |(right, all), c| (right + usize::from(is_right_to_left(c)), all + 1));
    let backwards = right * 2 > all;
    let mut text = String::new();
    let mut words: Vec<&Word> = segment.words.iter().collect();
    if backwards {
        words.reverse();
    }
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            let before = words[at - 1];
            let gap = if backwards { before.x - word.right } else { word.x - before.right };
            let spaced = if backwards { before.spaced } else { word.spaced };
            // A raised number close to its word belongs to it as a note; a space keeps it apart from the word's letters.
            if spaced || gap > 0.12 * word.size || (word.size < 0.8 * before.size && word.text.bytes().all(|b| b.is_ascii_digit())) {
                text.push(' ');
            }
        }
        if backwards && word.text.contains(is_right_to_left) {
            text.extend(word.text.chars().rev());
        } else {
            text.push_str(&word.text);
        }
    }
    text
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}
