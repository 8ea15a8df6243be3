//! JSON whose text form has to be its own text: a record for each object of a list and for the values of a larger one, quoted as they stand.

use std::ops::Range;

use crate::block::{Block, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::plain;
use crate::writer::Writer;

/// A longer text (bytes) is not held, and is read as plain text.
pub(crate) const HELD: u64 = 4 << 20;
/// Values in each other that are followed.
const DEPTH: usize = 100;
/// A record is no longer than this (bytes).
const LONG: usize = 400;

/// Reads a text of at most [`HELD`] bytes; as plain text, if it is no JSON from beginning to end.
pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let mut text = String::new();
    while source.append(&mut text, writer.budget())? {}
    let found = values(&text).map(|values| blocks(&text, &values));
    let found = found.unwrap_or_else(|| plain::blocks(&text, &mut plain::State::default()));
    writer.part(&text, found, None)
}

/// A value and where it stands.
#[derive(Debug)]
struct Value {
    range: Range<usize>,
    kind: ValueKind,
}

#[derive(Debug)]
enum ValueKind {
    Scalar,
    List(Vec<Value>),
    /// Each value with the place where its key begins.
    Object(Vec<(usize, Value)>),
}

/// All values of a text; none if it holds anything else.
fn values(text: &str) -> Option<Vec<Value>> {
    let mut scan = Scan { text, at: text.len() - text.trim_start_matches('\u{feff}').len() };
    let mut found = Vec::new();
    while scan.peek().is_some() {
        found.push(scan.value(0)?);
    }
    (!found.is_empty()).then_some(found)
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl Scan<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        self.at += self.text[self.at..].bytes().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over a mark, if it comes next.
    fn passes(&mut self, mark: u8) -> bool {
        let found = self.peek() == Some(mark);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let first = self.peek().filter(|_| depth < DEPTH)?;
        let start = self.at;
        let kind = match first {
            b'"' => self.string().map(|()| ValueKind::Scalar)?,
            b'[' => ValueKind::List(self.members(b']', |scan| scan.value(depth + 1))?),
            b'{' => ValueKind::Object(self.members(b'}', |scan| {
                let key = scan.peek().filter(|byte| *byte == b'"').map(|_| scan.at)?;
                scan.string()?;
                scan.passes(b':').then_some(())?;
                Some((key, scan.value(depth + 1)?))
            })?),
            _ => {
                let length = self.text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                self.at = length.map_or(self.text.len(), |length| start + length);
                let word = &self.text[start..self.at];
                let known = matches!(word, "true" | "false" | "null") || word.parse::<f64>().is_ok_and(f64::is_finite);
                known.then_some(ValueKind::Scalar)?
            }
        };
        Some(Value { range: start..self.at, kind })
    }

    /// What stands between marks, with commas between.
    fn members<T>(&mut self, close: u8, member: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut found = Vec::new();
        self.at += 1;
        if self.passes(close) {
            return Some(found);
        }
        loop {
            found.push(member(self)?);
            if self.passes(close) {
                return Some(found);
            }
            self.passes(b',').then_some(())?;
        }
    }

    fn string(&mut self) -> Option<()> {
        let mut escaped = false;
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at += at + 2;
                    return Some(());
                }
                0..=0x1f => return None,
                _ => {}
            }
        }
        None
    }
}

fn blocks(text: &str, values: &[Value]) -> Vec<Block> {
    let mut found = Vec::new();
    for value in values {
        match &value.kind {
            ValueKind::Object(members) if values.len() == 1 => object(members, None, &mut found),
            ValueKind::List(items) => list(items, None, &mut found),
            _ => told(value.range.start, value, None, &mut found),
        }
    }
    let rest = between(text, &found);
    plain::merged(found, rest)
}

/// The marks between blocks, which say nothing.
fn between(text: &str, blocks: &[Block]) -> Vec<Block> {
    let ends = blocks.iter().map(|block| block.range().end);
    let starts = blocks.iter().map(|block| block.range().start).chain([text.len()]);
    let first = text.len() - text.trim_start_matches('\u{feff}').len();
    let gaps = std::iter::once(first).chain(ends).zip(starts).map(|(from, to)| plain::tables::trimmed(text, from..to));
    gaps.filter(|gap| !gap.is_empty()).map(|gap| Block::new(Kind::Furniture, gap)).collect()
}

/// A value with its key, which begins there: one record, if it is short and no list of objects.
fn told(start: usize, value: &Value, lead: Option<usize>, found: &mut Vec<Block>) {
    let range = start..value.range.end;
    let objects = |items: &[Value]| items.iter().any(|item| !matches!(item.kind, ValueKind::Scalar));
    let mut opened = || {
        let named = start < value.range.start;
        named.then(|| {
            found.push(Block { lead, ..Block::new(Kind::Paragraph, start..value.range.start + 1) });
            found.len() - 1
        })
    };
    match &value.kind {
        ValueKind::List(items) if objects(items) => {
            let lead = opened().or(lead);
            list(items, lead, found);
        }
        ValueKind::Object(members) if range.len() > LONG => {
            let lead = opened().or(lead);
            object(members, lead, found);
        }
        ValueKind::Scalar if range.len() > LONG => found.push(Block { lead, ..Block::new(Kind::Paragraph, range) }),
        _ => found.push(Block { lead, ..Block::new(Kind::Record { fields: Vec::new() }, range) }),
    }
}

fn list(items: &[Value], lead: Option<usize>, found: &mut Vec<Block>) {
    items.iter().for_each(|item| told(item.range.start, item, lead, found));
}

/// The values of an object side by side are records; they lead what else it holds.
fn object(members: &[(usize, Value)], mut lead: Option<usize>, found: &mut Vec<Block>) {
    let mut run: Option<Range<usize>> = None;
    let outer = lead;
    let end = |run: &mut Option<Range<usize>>, lead: &mut Option<usize>, found: &mut Vec<Block>| {
        if let Some(range) = run.take() {
            found.push(Block { lead: outer, ..Block::new(Kind::Record { fields: Vec::new() }, range) });
            *lead = Some(found.len() - 1);
        }
    };
    for (start, value) in members {
        let plain = matches!(value.kind, ValueKind::Scalar) && value.range.end - start <= LONG;
        match &mut run {
            Some(range) if plain && value.range.end - range.start <= LONG => range.end = value.range.end,
            _ => {
                end(&mut run, &mut lead, found);
                if plain {
                    run = Some(*start..value.range.end);
                } else {
                    told(*start, value, lead, found);
                }
            }
        }
    }
    end(&mut run, &mut lead, found);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records and other blocks that say something, each after its leads.
    fn said(text: &str) -> Vec<String> {
        let found = blocks(text, &values(text).expect("it is JSON"));
        let folded = |block: &Block| block.text(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let said = found.iter().filter(|block| block.is_said()).map(|block| {
            let lead = block.lead.map(|lead| folded(&found[lead]) + " | ").unwrap_or_default();
            lead + &folded(block)
        });
        let all: String = found.iter().map(|block| block.text(text).into_owned()).collect();
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(bare(&all), bare(text), "each byte belongs to a block");
        said.collect()
    }

    #[test]
    fn an_object_of_a_list_is_a_record() {
        let text =
            "[\n  {\n    \"id\": 1,\n    \"tags\": [\"a\", \"b\"]\n  },\n  {\n    \"id\": 2,\n    \"at\": {\"town\": \"Lund\"}\n  }\n]\n";
        assert_eq!(said(text), ["{ \"id\": 1, \"tags\": [\"a\", \"b\"] }", "{ \"id\": 2, \"at\": {\"town\": \"Lund\"} }"]);
        assert_eq!(said("{\"id\": 1}\n{\"id\": 2}\n"), ["{\"id\": 1}", "{\"id\": 2}"]);
        let under = "{\"owner\": \"Ek\", \"boats\": [{\"name\": \"tern\"}, {\"name\": \"gull\"}]}";
        assert_eq!(
            said(under),
            [
                "\"owner\": \"Ek\"",
                "\"owner\": \"Ek\" | \"boats\": [",
                "\"boats\": [ | {\"name\": \"tern\"}",
                "\"boats\": [ | {\"name\": \"gull\"}"
            ]
        );
    }

    #[test]
    fn the_parts_of_a_large_object_are_records() {
        let text =
            "{\n \"host\": \"heron\",\n \"port\": 81,\n \"mail\": {\"sender\": \"a@b.org\"},\n \"night\": {\"from\": 2, \"to\": 5}\n}";
        let values = "\"host\": \"heron\", \"port\": 81";
        let expected = [
            values.to_owned(),
            format!("{values} | \"mail\": {{\"sender\": \"a@b.org\"}}"),
            format!("{values} | \"night\": {{\"from\": 2, \"to\": 5}}"),
        ];
        assert_eq!(said(text), expected);
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in ["", "{\"a\": 1", "{a: 1}", "[1, 2] and more", "{\"a\": 1,}", "\"a\nb\"", "{\"a\" 1}", &"[".repeat(5000)] {
            assert!(values(text).is_none(), "{text:?}");
        }
    }
}
