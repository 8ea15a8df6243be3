//! Headers and footers of pages: what stands at the same place of the page before or after, its numbers aside.

use super::layout::Line;
use crate::plain::{page_number, shape};

/// Lines at a page's top and bottom that are looked at.
const EDGE: usize = 4;
/// The part of a page's height in which headers and footers stand, at the top and at the bottom.
const MARGIN: f32 = 0.14;
/// Points that a header may move by.
const MOVED: f32 = 8.0;

/// The lines of a page that may be headers or footers: which line, its height from the top, its text without numbers.
pub(crate) fn candidates(lines: &[Line], height: f32) -> Vec<(usize, f32, String)> {
    let mut by_height: Vec<usize> = (0..lines.len()).collect();
    by_height.sort_by(|a, b| lines[*a].y.total_cmp(&lines[*b].y));
    let top = by_height.iter().take(EDGE).filter(|at| lines[**at].y < height * MARGIN);
    let bottom = by_height.iter().rev().take(EDGE).filter(|at| lines[**at].y > height * (1.0 - MARGIN));
    top.chain(bottom).map(|&at| (at, lines[at].y, shape(&lines[at].text))).collect()
}

/// Whether a line is a header or footer, told by those of other pages.
pub(crate) fn is_furniture(candidate: &(usize, f32, String), lines: &[Line], others: &[&[(usize, f32, String)]]) -> bool {
    let again = others.iter().flat_map(|page| page.iter()).any(|other| (other.1 - candidate.1).abs() < MOVED && other.2 == candidate.2);
    let alone = page_number(&lines[candidate.0].text).is_some();
    // A page's number stands apart, at the very edge.
    again || alone
}
