//! Headers and footers of pages: what stands at the same place of the page before or after, its numbers aside, or beside the page's number.

use super::layout::Line;
use crate::plain::{page_number, shape};

/// Lines at a page's top and bottom that are looked at.
const EDGE: usize = 4;
/// The part of a page's height in which headers and footers stand, at the top and at the bottom.
const MARGIN: f32 = 0.14;
/// Points that a header may move by.
const MOVED: f32 = 8.0;
/// Words of a line with a page's number.
const WORDS: usize = 12;

/// A line that may be a header or a footer.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// Which line of its page.
    pub at: usize,
    /// Its height from the top.
    y: f32,
    /// Its text without numbers.
    shape: String,
    /// Whether it is a page's number and nothing else.
    alone: bool,
    /// The numbers that it, and what else stands on its height, begins or ends with.
    numbers: Vec<u32>,
}

/// The lines of a page that may be headers or footers.
pub(crate) fn edges(lines: &[Line], height: f32) -> Vec<Edge> {
    let mut by_height: Vec<usize> = (0..lines.len()).collect();
    by_height.sort_by(|a, b| lines[*a].y.total_cmp(&lines[*b].y));
    let top = by_height.iter().take(EDGE).filter(|at| lines[**at].y < height * MARGIN);
    let bottom = by_height.iter().rev().take(EDGE).filter(|at| lines[**at].y > height * (1.0 - MARGIN));
    let edge = |at: usize| Edge {
        at,
        y: lines[at].y,
        shape: shape(&lines[at].text),
        alone: page_number(&lines[at].text).is_some(),
        numbers: outer_numbers(&lines[at].text),
    };
    let mut found: Vec<Edge> = top.chain(bottom).map(|&at| edge(at)).collect();
    let numbers: Vec<(f32, Vec<u32>)> = found.iter().map(|edge| (edge.y, edge.numbers.clone())).collect();
    for edge in &mut found {
        let level = numbers.iter().filter(|(y, _)| (y - edge.y).abs() < 1.0);
        edge.numbers = level.flat_map(|(_, numbers)| numbers).copied().collect();
    }
    found
}

/// The numbers at the ends of a short line.
fn outer_numbers(text: &str) -> Vec<u32> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ends = [words.first(), words.last()];
    if words.len() > WORDS { Vec::new() } else { ends.into_iter().flatten().filter_map(|word| page_number(word)).collect() }
}

/// Whether a line of a page is a header or footer, told by those of other pages.
pub(crate) fn is_furniture(edge: &Edge, page: u32, others: &[(u32, &[Edge])]) -> bool {
    let beside = |other: &&Edge| (other.y - edge.y).abs() < MOVED;
    let again = others.iter().any(|(_, edges)| edges.iter().filter(beside).any(|other| other.shape == edge.shape));
    // Its number goes up as the pages do.
    let counted = |number: u32, other: u32, then: u32| i64::from(number) - i64::from(then) == i64::from(page) - i64::from(other);
    let counts = others.iter().any(|(other, edges)| {
        let mut numbers = edges.iter().filter(beside).flat_map(|edge| &edge.numbers);
        numbers.any(|then| edge.numbers.iter().any(|number| counted(*number, *other, *then)))
    });
    // A page's number stands apart, at the very edge.
    again || edge.alone || counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(header: &[&str], body: &str) -> Vec<Line> {
        let line = |text: &str, y| Line { text: text.into(), y, size: 10.0, ..Line::default() };
        header.iter().map(|text| line(text, 30.0)).chain([line(body, 60.0)]).collect()
    }

    fn furniture(pages: &[Vec<Line>]) -> Vec<Vec<usize>> {
        let found: Vec<Vec<Edge>> = pages.iter().map(|lines| edges(lines, 800.0)).collect();
        let numbered = || found.iter().enumerate().map(|(at, edges)| (at as u32 + 1, edges));
        let aside = |page: u32, own: &[Edge]| {
            let others: Vec<(u32, &[Edge])> = numbered().filter(|(at, _)| *at != page).map(|(at, edges)| (at, edges.as_slice())).collect();
            own.iter().filter(|edge| is_furniture(edge, page, &others)).map(|edge| edge.at).collect()
        };
        numbered().map(|(at, edges)| aside(at, edges)).collect()
    }

    #[test]
    fn a_header_that_changes_is_told_by_the_number_beside_it() {
        let split = [page(&["5 THE FERRY", "2"], "The ferry carries"), page(&["6 THE SCHOOL", "3"], "of them 318.")];
        assert_eq!(furniture(&split), [[0, 1], [0, 1]]);
        let whole = [page(&["Fees 11"], "A stall costs"), page(&["Boats 12"], "Some 60 crowns.")];
        assert_eq!(furniture(&whole), [[0], [0]]);
    }

    #[test]
    fn numbers_that_do_not_go_up_are_text() {
        let rows = [page(&["Canoe 45"], "Raft 20"), page(&["Dinghy 95"], "Boat 38")];
        assert!(furniture(&rows).concat().is_empty());
    }
}
