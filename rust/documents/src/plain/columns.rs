//! Text in two columns, side by side with white space between, as text extractors and old newsletters leave it.

use std::ops::Range;

use super::lines::Line;

/// Lines that a region of two columns has at least.
const LEAST: usize = 3;

/// Lines in the order in which they are read: a region of two columns as its left lines, a blank, its right lines.
pub(crate) fn unfold(text: &str, lines: Vec<Line>) -> Vec<Line> {
    let mut found = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let (length, gutter) = region(text, &lines[at..]);
        match gutter {
            Some(gutter) => split(text, &lines[at..at + length], gutter, &mut found),
            None => found.extend_from_slice(&lines[at..at + length]),
        }
        at += length;
    }
    found
}

/// The parts of a line on both sides of its widest gap (bytes of the text), and the column at which the right one begins.
fn parts(text: &str, line: &Line) -> Option<(Range<usize>, Range<usize>, usize)> {
    let words = line.text(text);
    let mut best: Option<(usize, usize)> = None;
    let mut start = None;
    for (at, c) in words.char_indices() {
        if c == ' ' {
            start.get_or_insert(at);
        } else if let Some(from) = start.take()
            && at - from >= 3
            && best.is_none_or(|(f, t)| t - f < at - from)
        {
            best = Some((from, at));
        }
    }
    let (from, to) = best?;
    let column = line.indent + words[..to].chars().count();
    Some((line.words.start..line.words.start + from, line.words.start + to..line.words.end, column))
}

/// How many lines from the first one on are alike, and the column at which the right of two columns begins, if they are that.
fn region(text: &str, lines: &[Line]) -> (usize, Option<usize>) {
    let first = lines.first().filter(|line| !line.is_blank() && !line.furniture);
    let Some((_, _, gutter)) = first.and_then(|line| parts(text, line)) else {
        return (1, None);
    };
    let (mut length, mut both, mut blank) = (0, 0, 0);
    let mut sides = [(0, 0); 2]; // words and lines of the left and of the right column
    for (at, line) in lines.iter().enumerate() {
        if line.furniture || line.feeds > 0 && at > 0 {
            break;
        }
        if line.is_blank() {
            blank += 1;
            if blank > 1 {
                break;
            }
            continue;
        }
        let aligned = parts(text, line).filter(|(_, _, column)| column.abs_diff(gutter) <= 1);
        match aligned {
            Some((left, right, _)) => {
                both += 1;
                for (side, range) in [left, right].into_iter().enumerate() {
                    sides[side].0 += text[range].split_whitespace().count();
                    sides[side].1 += 1;
                }
            }
            // The shorter column has ended: a line of one of them, not over the gutter.
            None if at > 0
                && (line.indent + 1 >= gutter || line.width(text) + 2 <= gutter)
                && parts(text, line).is_none()
                && blank == 0 => {}
            None => break,
        }
        blank = 0;
        length = at + 1;
    }
    let prose = sides.iter().all(|(words, lines)| *words >= lines * 3);
    (length.max(1), (both >= LEAST && prose).then_some(gutter))
}

fn split(text: &str, lines: &[Line], gutter: usize, found: &mut Vec<Line>) {
    let mut right = Vec::new();
    for line in lines {
        if line.is_blank() {
            found.push(line.clone());
            right.push(line.clone());
            continue;
        }
        match parts(text, line).filter(|(_, _, column)| column.abs_diff(gutter) <= 1) {
            Some((words, other, _)) => {
                // Of the gap one space stays, so that words stay apart.
                found.push(Line { piece: line.piece.start..words.end + 1, words, column: true, ..line.clone() });
                right.push(Line {
                    piece: other.start..line.piece.end,
                    words: other,
                    indent: 0,
                    feeds: 0,
                    marks: 0..0,
                    column: true,
                    ..line.clone()
                });
            }
            None if line.indent + 1 >= gutter => right.push(Line { indent: 0, column: true, ..line.clone() }),
            None => found.push(Line { column: true, ..line.clone() }),
        }
    }
    let end = lines.last().map_or(0, |line| line.piece.end);
    let blank = Line {
        words: end..end,
        piece: end..end,
        marks: end..end,
        indent: 0,
        quote: 0,
        feeds: 0,
        furniture: false,
        turned: false,
        column: true,
    };
    found.push(blank.clone());
    found.append(&mut right);
    found.push(blank);
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn the_left_column_is_read_before_the_right_one() {
        let text = "GARDEN CLUB NEWS               TREASURER'S CORNER\n\nThe spring fair takes place    The club has 214 members\nin April in the old brewery.   who have paid. The fee\nBring seedlings in pots.       rises to eighteen euros.\n";
        let read: Vec<&str> =
            unfold(text, lines(text)).iter().map(|line| &text[line.words.clone()]).filter(|line| !line.is_empty()).collect();
        let expected = [
            "GARDEN CLUB NEWS",
            "The spring fair takes place",
            "in April in the old brewery.",
            "Bring seedlings in pots.",
            "TREASURER'S CORNER",
            "The club has 214 members",
            "who have paid. The fee",
            "rises to eighteen euros.",
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_table_is_no_pair_of_columns() {
        let text = "Boat          Per hour\nRowing boat   9 EUR\nPedal boat    14 EUR\nCanoe         11 EUR\n";
        assert_eq!(unfold(text, lines(text)), lines(text));
    }
}
