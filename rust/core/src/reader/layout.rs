//! How a question and sentences are laid out for one run: layout.py, line by line. Pure.
//!
//! ```text
//! [CLS] question [SEP] heading [SEP] sentence [SEP] sentence [SEP] heading [SEP] sentence [SEP]
//! ```

use std::collections::HashSet;
use std::ops::Range;

use crate::reader::settings::Layout;
use crate::runtime::encoder::EncoderInput;

/// What `segments` says of tokens that belong to no sentence.
const MARK: i32 = -1;

/// A question's token ids, cut to what a run takes.
#[derive(Debug, Clone)]
pub struct Question(pub(super) Vec<u32>);

/// A sentence and what it stands under, as token ids without marks, cut to what a run takes.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// Of the sentence.
    pub sentence: Vec<u32>,
    /// Where each of them stands in the sentence's text (bytes).
    pub places: Vec<Range<usize>>,
    /// Of the path of headings.
    pub heading: Vec<u32>,
}

/// A run, and where each of its sentences begins in it.
#[derive(Debug, Clone, Default)]
pub struct Laid {
    /// For the graph.
    pub input: EncoderInput,
    /// The first token of each sentence.
    pub starts: Vec<usize>,
}

impl Laid {
    /// Adds tokens and the mark after them.
    fn add(&mut self, tokens: &[u32], kind: i32, segment: i32, sep: u32) {
        let count = tokens.len();
        self.input.tokens.extend(tokens.iter().chain([&sep]).map(|token| *token as i32));
        self.input.types.extend(std::iter::repeat_n(kind, count + 1));
        self.input.segments.extend(std::iter::repeat_n(segment, count).chain([MARK]));
    }
}

/// Those of the pieces that fit into one run, taken in the order given, as many as it holds: their numbers, in order.
///
/// One that does not fit, or has no tokens, is passed over. A heading counts with the first piece that brings it.
pub fn fitting(layout: &Layout, question: &Question, pieces: &[&Piece], order: &[usize]) -> Vec<usize> {
    let mut left = layout.length - 2 - question.0.len();
    let mut chosen = Vec::new();
    let mut headings: HashSet<&[u32]> = HashSet::from([&[][..]]);
    for number in order {
        let piece = pieces[*number];
        let heading = if headings.contains(&piece.heading[..]) { 0 } else { piece.heading.len() + 1 };
        let taken = piece.sentence.len() + 1 + heading;
        if !piece.sentence.is_empty() && taken <= left && chosen.len() < layout.sentences {
            left -= taken;
            headings.insert(&piece.heading);
            chosen.push(*number);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// A run of the pieces in the order given; those that no longer fit are left out with all that follow.
pub fn lay_out<'a>(layout: &Layout, question: &Question, pieces: impl Iterator<Item = &'a Piece>) -> Laid {
    let mut laid = Laid::default();
    laid.input.tokens.push(layout.cls as i32);
    laid.input.types.push(0);
    laid.input.segments.push(MARK);
    laid.add(&question.0, 0, 0, layout.sep);
    let mut before: Option<&Piece> = None;
    for (number, piece) in (1..).zip(pieces.take(layout.sentences)) {
        let heading: &[u32] = if before.is_some_and(|before| before.heading == piece.heading) { &[] } else { &piece.heading };
        let taken = piece.sentence.len() + 1 + if heading.is_empty() { 0 } else { heading.len() + 1 };
        if laid.input.tokens.len() + taken > layout.length {
            break;
        }
        if !heading.is_empty() {
            laid.add(heading, 1, MARK, layout.sep);
        }
        laid.starts.push(laid.input.tokens.len());
        laid.add(&piece.sentence, 0, number, layout.sep);
        before = Some(piece);
    }
    laid
}
