//! Columns of a page: the strip that no line crosses, and the order in which what it parts is read.

use super::layout::{Row, Word, segments};

/// Columns are looked for in columns so many times.
const NESTED: u32 = 4;
/// Lines on each side that make two columns.
const LEAST: usize = 4;
/// The narrowest strip between two columns: in sizes of letters, and in the narrow gaps of words.
const STRIP: (f32, f32) = (0.6, 1.5);
/// Places that a column may begin at which are looked at.
const STARTS: usize = 8;

/// Where the words of a row stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
    Across,
}

/// Rows in the order of reading: what crosses the columns parts what stands in them.
pub(super) fn order(rows: Vec<Row>, found: &mut Vec<Vec<Row>>) {
    nested(rows, NESTED, found);
}

fn nested(rows: Vec<Row>, depth: u32, found: &mut Vec<Vec<Row>>) {
    let least = least_strip(&rows);
    let Some(strip) = strip(&rows, least).filter(|_| depth > 0) else {
        return found.push(rows);
    };
    let (mut left, mut right, mut across): (Vec<Row>, Vec<Row>, Vec<Row>) = Default::default();
    let mut flush = |left: &mut Vec<Row>, right: &mut Vec<Row>| {
        for side in [left, right] {
            if !side.is_empty() {
                nested(std::mem::take(side), depth - 1, found);
            }
        }
    };
    for row in rows {
        let side = side(&row, strip, least);
        if side == Side::Across {
            flush(&mut left, &mut right);
            across.push(row);
            continue;
        }
        if !across.is_empty() {
            left.append(&mut across);
            flush(&mut left, &mut right);
        }
        match side {
            Side::Left => left.push(row),
            Side::Right => right.push(row),
            _ => {
                let words = row.segments.into_iter().flat_map(|segment| segment.words);
                let (before, after): (Vec<Word>, Vec<Word>) = words.partition(|word| word.x < strip);
                left.push(part(before));
                right.push(part(after));
            }
        }
    }
    left.append(&mut across);
    flush(&mut left, &mut right);
}

/// A part of a row; its baseline is that of its largest letters.
fn part(words: Vec<Word>) -> Row {
    let (size, y) = words.iter().map(|word| (word.size, word.y)).fold((0.0, 0.0), |most, word| if word.0 > most.0 { word } else { most });
    Row { segments: segments(words, size), y, size }
}

fn words(row: &Row) -> impl Iterator<Item = &Word> {
    row.segments.iter().flat_map(|segment| &segment.words)
}

fn side(row: &Row, strip: f32, least: f32) -> Side {
    let (mut end, mut start) = (f32::MIN, f32::MAX);
    for word in words(row) {
        if word.x < strip && word.right > strip {
            return Side::Across;
        }
        if word.x < strip {
            end = end.max(word.right);
        } else {
            start = start.min(word.x);
        }
    }
    match (end > f32::MIN, start < f32::MAX) {
        (true, false) => Side::Left,
        (false, true) => Side::Right,
        _ if start - end >= least * row.size => Side::Both,
        _ => Side::Across,
    }
}

/// How wide a strip is at least, in sizes of letters: wider than a space, which is much where letters are of one width.
fn least_strip(rows: &[Row]) -> f32 {
    let mut gaps: Vec<f32> = Vec::new();
    for row in rows {
        for segment in &row.segments {
            gaps.extend(segment.words.windows(2).map(|pair| (pair[1].x - pair[0].right) / row.size.max(1.0)));
        }
    }
    gaps.sort_by(f32::total_cmp);
    // Lines that are spaced out have wider ones; a paragraph's last does not.
    STRIP.0.max(STRIP.1 * gaps.get(gaps.len() / 10).copied().unwrap_or(0.0))
}

/// A place in the strip between two columns of prose, if there are two.
fn strip(rows: &[Row], least: f32) -> Option<f32> {
    let size = rows.iter().map(|row| row.size).fold(f32::MAX, f32::min).max(1.0);
    let left = rows.iter().filter_map(|row| row.segments.first()).map(|segment| segment.x).fold(f32::MAX, f32::min);
    // Columns begin where many words begin that have nothing, or a gap, before them.
    let mut starts: Vec<i32> =
        rows.iter().flat_map(|row| beginnings(row, least)).filter(|x| *x > left + 4.0 * size).map(|x| (x / 2.0).round() as i32).collect();
    starts.sort_unstable();
    let mut counted: Vec<(usize, i32)> = starts.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0])).collect();
    counted.sort_by_key(|(count, x)| (std::cmp::Reverse(*count), *x));
    let candidates = counted.into_iter().filter(|(count, _)| *count >= LEAST).take(STARTS);
    let parted = candidates.filter_map(|(_, x)| {
        let strip = x as f32 * 2.0 - 0.25 * size;
        parted_lines(rows, strip, least).map(|lines| (lines, strip))
    });
    parted.max_by_key(|(lines, _)| *lines).map(|(_, strip)| strip)
}

/// Where words begin that are a row's first, or come after a gap as wide as a strip.
fn beginnings(row: &Row, least: f32) -> impl Iterator<Item = f32> {
    let mut right = f32::MIN;
    words(row).filter_map(move |word| {
        let begins = word.x - right >= least * row.size;
        right = right.max(word.right);
        begins.then_some(word.x)
    })
}

/// Lines of the shorter one of two columns that a strip parts; none if it parts no columns of prose.
fn parted_lines(rows: &[Row], strip: f32, least: f32) -> Option<usize> {
    let (mut left, mut right, mut across) = (Column::default(), Column::default(), 0);
    for row in rows {
        match side(row, strip, least) {
            Side::Across => across += 1,
            _ => {
                left.add(words(row).filter(|word| word.x < strip), row.y);
                right.add(words(row).filter(|word| word.x >= strip), row.y);
            }
        }
    }
    let lines = left.lines.min(right.lines);
    let height = (left.bottom - left.top).min(right.bottom - right.top);
    let beside = left.bottom.min(right.bottom) - left.top.max(right.top);
    (lines >= LEAST && lines * 2 >= across && beside * 2.0 >= height && left.is_prose() && right.is_prose()).then_some(lines)
}

/// What is known of one side of a strip.
#[derive(Debug)]
struct Column {
    lines: usize,
    words: usize,
    letters: usize,
    /// The sum of its lines' widths.
    filled: f32,
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Default for Column {
    fn default() -> Self {
        let (least, most) = (f32::MAX, f32::MIN);
        Self { lines: 0, words: 0, letters: 0, filled: 0.0, left: least, right: most, top: least, bottom: most }
    }
}

impl Column {
    /// Takes the words of a line.
    fn add<'w>(&mut self, words: impl Iterator<Item = &'w Word>, y: f32) {
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for word in words {
            (left, right) = (left.min(word.x), right.max(word.right));
            // A script without spaces has some two letters a word.
            let wide = word.text.chars().filter(|c| *c >= '\u{2e80}').count();
            self.words += 1.max(wide / 2);
            self.letters += word.text.chars().count() + wide;
        }
        if left > right {
            return;
        }
        self.lines += 1;
        self.filled += right - left;
        (self.left, self.right) = (self.left.min(left), self.right.max(right));
        (self.top, self.bottom) = (self.top.min(y), self.bottom.max(y));
    }

    /// Whether it holds sentences, not cells: three words a line, or two where lines are short and most reach its edge.
    fn is_prose(&self) -> bool {
        let full = self.filled > 0.65 * self.lines as f32 * (self.right - self.left);
        self.words >= self.lines * 3 || (full && self.words >= self.lines * 2 && self.letters >= self.lines * 12)
    }
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::Glyph;
    use super::super::layout::lines;

    /// A line whose letters are half as wide as they are large, its words so far apart.
    fn typed(text: &str, x: f32, y: f32, size: f32, gap: f32) -> Vec<Glyph> {
        let mut at = x;
        let mut glyphs = Vec::new();
        for c in text.chars() {
            let width = if c == ' ' { gap } else { size / 2.0 };
            glyphs.push(Glyph { text: c.to_string(), x: at, y, width, size, turn: Some(0), bold: false });
            at += width;
        }
        glyphs
    }

    fn told(glyphs: Vec<Glyph>) -> Vec<String> {
        lines(glyphs, (600.0, 800.0)).into_iter().map(|line| line.text).collect()
    }

    const LEFT: [&str; 5] = ["the mill stands by", "the old weir and it", "is let to visitors", "in the summer, who", "come by the ferry."];
    const RIGHT: [&str; 5] = ["a stall costs ten", "crowns a month for", "those who sell fish", "on the quay each", "day until it rains."];

    #[test]
    fn columns_close_together_and_with_lines_at_other_heights() {
        for down in [0.0, 3.0, 6.0] {
            let mut glyphs = typed("port of lindholm in the year of its founding", 40.0, 20.0, 10.0, 3.5);
            for (at, (left, right)) in LEFT.iter().zip(RIGHT).enumerate() {
                let y = 60.0 + 12.0 * at as f32;
                glyphs.extend(typed(left, 40.0, y, 10.0, 3.5));
                glyphs.extend(typed(right, 40.0 + 19.0 * 5.0 + 9.0, y + down, 10.0, 3.5));
            }
            let expected = [&["port of lindholm in the year of its founding"], &LEFT[..], &RIGHT[..]].concat();
            assert_eq!(told(glyphs), expected, "lower by {down}");
        }
    }

    #[test]
    fn letters_of_one_width_make_no_columns() {
        let lines = [
            "the old mill stands by a weir",
            "and it is let to all who come",
            "for a week or two in may with",
            "a boat of up to ten feet long",
            "or so the old warden has said",
        ];
        let glyphs = lines.iter().enumerate().flat_map(|(at, line)| typed(line, 40.0, 60.0 + 12.0 * at as f32, 8.0, 4.8)).collect();
        assert_eq!(told(glyphs), lines);
    }

    #[test]
    fn a_line_that_is_spaced_out_is_no_row_of_cells() {
        let mut glyphs = Vec::new();
        for (at, (line, gap)) in
            [("the mayor opens", 15.0), ("a fair in july so", 8.75), ("that all come by", 10.0)].into_iter().enumerate()
        {
            glyphs.extend(typed(line, 40.0, 60.0 + 12.0 * at as f32, 10.0, gap));
        }
        assert_eq!(told(glyphs), ["the mayor opens", "a fair in july so", "that all come by"]);
        let rows = ["Canoe 45 30 2", "Dinghy 95 12 4", "Raft 38 20 3"];
        let mut cells = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            for (column, cell) in row.split(' ').enumerate() {
                cells.extend(typed(cell, 40.0 + 60.0 * column as f32, 60.0 + 12.0 * at as f32, 10.0, 5.0));
            }
        }
        assert_eq!(told(cells), rows.map(|row| row.replace(' ', "\t")));
    }

    #[test]
    fn two_lines_beside_a_large_one_stay_two() {
        let mut glyphs = typed("Fees", 300.0, 66.0, 18.0, 9.0);
        glyphs.extend(typed("the mill stands by", 40.0, 60.0, 10.0, 5.0));
        glyphs.extend(typed("the old weir", 40.0, 72.0, 10.0, 5.0));
        let found = told(glyphs);
        assert!(found.iter().any(|line| line.starts_with("the old weir")), "{found:?}");
    }
}
