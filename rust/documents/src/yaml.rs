//! YAML, line by line over its own text: a key with nothing after it leads in what stands deeper; a key with a value is a record.
//!
//! Aliases are not followed and nothing is built, so no file can grow.

use std::ops::Range;

use crate::block::{Block, Field, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::plain::cut;
use crate::writer::Writer;

/// Bytes of a text that are looked at together.
const PART: usize = 512 << 10;
/// Keys in each other that are followed.
const NESTED: usize = 64;

pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let mut text = String::new();
    loop {
        let more = source.append(&mut text, writer.budget())?;
        while text.len() >= 2 * PART || (!more && !text.is_empty()) {
            let end = if text.len() < 2 * PART { text.len() } else { cut(&text, PART) };
            let found = blocks(&text[..end]);
            writer.part(&text[..end], found, None)?;
            text.drain(..end);
        }
        if !more {
            return Ok(());
        }
    }
}

/// Whether the first lines of a text are keys of one word with values, some of them under another key; or begin as YAML does.
pub(crate) fn is_yaml(text: &str) -> bool {
    let said = || text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let key = |line: &str| {
        let words = line.trim_start().trim_start_matches("- ");
        let (key, value) = words.split_once(':')?;
        let named = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "._-/\"'".contains(c));
        (named && (value.is_empty() || value.starts_with(' '))).then(|| value.trim().is_empty())
    };
    let (mut lines, mut keys, mut nested) = (0, 0, 0);
    let mut opened: Option<usize> = None;
    for line in said().take(200) {
        lines += 1;
        let found = key(line);
        let item = line.trim_start().starts_with("- ");
        keys += usize::from(found.is_some() || item || opened.is_some_and(|outer| indent(line) > outer + 1));
        nested += usize::from(found.is_some() && opened.is_some_and(|outer| indent(line) > outer));
        opened = match found {
            Some(true) => Some(indent(line)),
            Some(false) if opened.is_some_and(|outer| indent(line) <= outer) => None,
            _ => opened,
        };
    }
    let begins = said().next().is_some_and(|line| line.trim_end() == "---");
    nested >= 2 && keys + usize::from(begins) == lines
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    // The open keys: how far in each stands, and its block.
    let mut open: Vec<(usize, usize)> = Vec::new();
    // Lines of a text in several lines belong to its key.
    let mut block_text: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let start = at;
        at += line.len();
        let words = line.trim();
        let range = crate::plain::tables::trimmed(text, start..at);
        let indent = line.len() - line.trim_start().len();
        if words.is_empty() {
            continue;
        }
        if block_text.is_some_and(|outer| indent > outer) {
            extend(&mut found, range);
            continue;
        }
        block_text = None;
        if words == "---" || words == "..." || words.starts_with('%') {
            open.clear();
            found.push(Block::new(Kind::Furniture, range));
            continue;
        }
        let dash = words.len() - words.trim_start_matches("- ").len();
        let deep = indent + dash;
        let item = dash > 0;
        open.retain(|key| key.0 < deep && !(item && key.0 >= indent));
        open.truncate(NESTED);
        let lead = open.last().map(|key| key.1);
        let number = found.len();
        if words.starts_with('#') {
            found.push(Block { lead, ..Block::new(Kind::Paragraph, range) });
            continue;
        }
        let (kind, opens) = entry(&words[dash..], range.start + dash);
        if opens {
            open.push((deep, number));
        }
        if matches!(words.chars().next_back(), Some('|' | '>')) || words.ends_with("|-") || words.ends_with(">-") {
            block_text = Some(indent);
        }
        // What a list's item holds besides its first line hangs on that line.
        if item && !opens {
            open.push((indent, number));
        }
        found.push(Block { lead, ..Block::new(kind, range) });
    }
    found
}

/// What a line says: a key that opens, a key with its value, or a value.
fn entry(words: &str, at: usize) -> (Kind, bool) {
    if words.ends_with(':') && !words.contains(": ") {
        return (Kind::Paragraph, true);
    }
    let Some(colon) = words.find(": ") else {
        return (Kind::Record { fields: Vec::new() }, false);
    };
    let value = words[colon + 1..].trim();
    let start = at + words.len() - words[colon + 1..].trim_start().len();
    let opens = value.starts_with('&') && !value.contains(' ') || matches!(value, "|" | ">" | "|-" | ">-");
    (Kind::Record { fields: vec![Field { label: at..at + colon, value: unquoted(value, start) }] }, opens)
}

fn unquoted(value: &str, start: usize) -> Range<usize> {
    let quoted = value.len() >= 2 && ['"', '\''].iter().any(|mark| value.starts_with(*mark) && value.ends_with(*mark));
    if quoted { start + 1..start + value.len() - 1 } else { start..start + value.len() }
}

/// Makes a line part of the block before.
fn extend(found: &mut Vec<Block>, range: Range<usize>) {
    match found.last_mut().and_then(|block| block.pieces.last_mut()) {
        Some(piece) => piece.end = range.end,
        None => found.push(Block::new(Kind::Paragraph, range)),
    }
}
