//! Runs of lines that belong together: between blank lines, over a page's end, of one depth of quoting, or of one piece of code.

use std::ops::Range;

use super::lines::Line;
use super::marks::{ends_sentence, heading, is_fence, is_rule, is_stamped, item, label};

/// A code fence that stays open for more lines than this was none.
const FENCE: usize = 1000;

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stanza {
    /// Numbers of its lines; furniture may lie between.
    pub lines: Vec<usize>,
    pub code: bool,
    /// Whether a blank line stands before it.
    pub apart: bool,
}

/// The stanzas of lines in order of reading.
pub(crate) fn stanzas(text: &str, lines: &[Line]) -> Vec<Stanza> {
    let mut found: Vec<Stanza> = Vec::new();
    let (mut blank, mut turned) = (true, false);
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        if line.furniture {
            turned = true;
        } else if line.is_blank() {
            blank = true;
            turned |= line.feeds > 0;
        } else if let Some(end) = fence(text, lines, at) {
            found.push(Stanza { lines: (at..end).collect(), code: true, apart: blank });
            (blank, turned) = (true, false);
            at = end;
            continue;
        } else {
            turned |= line.feeds > 0 || line.turned;
            let joins = found.last().filter(|last| !last.code).is_some_and(|last| {
                let before = &lines[last.lines[last.lines.len() - 1]];
                before.quote == line.quote && if turned { flows(text, lines, last, line) } else { !blank }
            });
            match found.last_mut() {
                Some(last) if joins => last.lines.push(at),
                _ => found.push(Stanza { lines: vec![at], code: false, apart: blank }),
            }
            (blank, turned) = (false, false);
        }
        at += 1;
    }
    double_spaced(text, lines, found)
}

/// The end of a block of code that begins with this line.
fn fence(text: &str, lines: &[Line], at: usize) -> Option<usize> {
    if !is_fence(lines[at].text(text)) || lines[at].quote > 0 {
        return None;
    }
    let mark = &lines[at].text(text)[..3];
    let close = |line: &Line| line.text(text).starts_with(mark) && line.text(text).trim_start_matches(['`', '~']).is_empty();
    let end = lines[at + 1..].iter().take(FENCE).position(close)?;
    Some(at + 2 + end)
}

/// Whether a sentence goes on over the page's end.
fn flows(text: &str, lines: &[Line], stanza: &Stanza, next: &Line) -> bool {
    let before = lines[stanza.lines[stanza.lines.len() - 1]].text(text);
    let after = next.text(text);
    if ends_sentence(before) || before.ends_with(':') || opens(after) {
        return false;
    }
    let alone = stanza.lines.len() == 1 && !before.contains(". ");
    after.starts_with(char::is_lowercase) || before.split_whitespace().count() >= 3 && !(alone && looks_like_heading(before))
}

/// Whether a line begins something of its own, whatever stands before.
fn opens(words: &str) -> bool {
    item(words).is_some() || heading(words, 0).is_some() || is_stamped(words) || is_rule(words) || words.starts_with('|')
}

/// A short line that could be a heading: no end of a sentence, begins with a capital or a digit.
pub(crate) fn looks_like_heading(words: &str) -> bool {
    let count = words.split_whitespace().count();
    let begins = words.chars().find(|c| !matches!(c, '"' | '“' | '«' | '(' | '¿' | '¡' | '*' | '_'));
    words.len() <= 90
        && count <= 12
        && words.contains(char::is_alphabetic)
        && begins.is_some_and(|c| c == '§' || c.is_uppercase() || c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()))
        && !words
            .ends_with(['.', ',', ';', ':', '!', '?', '"', '”', '>', '。', '、', '，', '；', '：', '！', '？', '।', '۔', '؟', '။', '።'])
        && !words.contains(". ")
}

/// Joins what was torn apart by a blank line after every line, as text from pictures is.
fn double_spaced(text: &str, lines: &[Line], stanzas: Vec<Stanza>) -> Vec<Stanza> {
    let single = |stanza: &Stanza| {
        let words = lines[stanza.lines[0]].text(text);
        stanza.lines.len() == 1 && !stanza.code && !opens(words) && lines[stanza.lines[0]].quote == 0 && label(words).is_none()
    };
    let mut found: Vec<Stanza> = Vec::with_capacity(stanzas.len());
    let mut at = 0;
    while at < stanzas.len() {
        let run = stanzas[at..].iter().take_while(|stanza| single(stanza)).count();
        let words = |number: usize| lines[stanzas[at + number].lines[0]].text(text);
        let torn = |number: &usize| !ends_sentence(words(*number)) && words(*number + 1).starts_with(char::is_lowercase);
        let torn = if run < 3 { 0 } else { (0..run - 1).filter(torn).count() };
        if torn < 2 || torn * 3 < run - 1 {
            found.extend_from_slice(&stanzas[at..at + run.max(1)]);
            at += run.max(1);
            continue;
        }
        let widest = (0..run).map(|number| words(number).chars().count()).max().unwrap_or(0);
        for number in 0..run {
            let joins = number > 0 && !ends_on_purpose(words(number - 1), words(number), widest);
            match found.last_mut() {
                Some(last) if joins => last.lines.push(stanzas[at + number].lines[0]),
                _ => found.push(stanzas[at + number].clone()),
            }
        }
        at += run;
    }
    found
}

/// Whether a line was ended although the next word had room in it: it is no part of a wrapped paragraph that goes on.
pub(crate) fn ends_on_purpose(words: &str, next: &str, width: usize) -> bool {
    let first = next.split_whitespace().next().map_or(0, |word| word.chars().count());
    words.chars().count() + 1 + first <= width
}

/// The first and the last of a stanza's bytes in the text.
pub(crate) fn extent(lines: &[Line], stanza: &[usize]) -> Range<usize> {
    let start = stanza.first().map_or(0, |&at| lines[at].piece.start);
    start..stanza.last().map_or(start, |&at| lines[at].piece.end)
}
