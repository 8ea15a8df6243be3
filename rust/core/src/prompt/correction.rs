//! A statement and a later one that says another thing of the same: a correction, an update.

use std::collections::BTreeSet;

use crate::index::Language;
use crate::index::terms::for_each_term;
use crate::prompt::Evidence;

/// Words of a statement that a later one may lack.
const LOST: usize = 1;
/// Words of the question that both have, at least.
const SHARED: usize = 2;

/// The last piece that says anew what the piece `at` says of what is asked: under the same heading, with the same words of the question and nearly all
/// others, and not in the same words. Pieces are in document order.
pub(crate) fn later(pieces: &[Evidence], at: usize, question: &str, language: Language) -> Option<usize> {
    let said = &pieces[at];
    let asked = terms(question, language);
    let (own, plain) = (terms(said.text(), language), |piece: &Evidence| !piece.heading && !piece.quoted && piece.note.is_none());
    let wanted: BTreeSet<u32> = asked.intersection(&own).copied().collect();
    if wanted.len() < SHARED || !plain(said) || said.shown.spans().count() > 1 {
        return None;
    }
    let anew = |piece: &Evidence| {
        let other = terms(piece.text(), language);
        plain(piece)
            && piece.section == said.section
            && piece.shown.spans().count() == 1
            && wanted.is_subset(&other)
            && own.difference(&other).count() <= LOST
            && piece.text() != said.text()
    };
    (at + 1..pieces.len()).rev().find(|later| anew(&pieces[*later]))
}

fn terms(text: &str, language: Language) -> BTreeSet<u32> {
    let words = text.split(|c: char| c.is_ascii_digit()).collect::<String>();
    let mut found = BTreeSet::new();
    for_each_term(&words, language, |term| {
        found.insert(term);
    });
    found
}
