//! Rich text: paragraphs, headings by their style, lists by their marks, tables, in any code page.

mod code_pages;
mod control;
mod paragraphs;

use std::collections::HashMap;
use std::io::{BufReader, Read, SeekFrom};

use encoding_rs::Encoding;

use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::grid::Cell;
use crate::input::Input;
use crate::limits::ProgressUnit;
use crate::writer::Writer;

pub(crate) fn read(input: &mut dyn Input, length: u64, writer: &mut Writer) -> Result<()> {
    input.seek(SeekFrom::Start(0))?;
    let mut reader = Rtf {
        bytes: BufReader::with_capacity(64 << 10, input),
        ahead: None,
        read: 0,
        flow: Flow::new(writer),
        groups: vec![Group::default()],
        styles: HashMap::new(),
        fonts: HashMap::new(),
        pending: Vec::new(),
        words: String::new(),
        mark: String::new(),
        note: String::new(),
        lefts: Vec::new(),
        skip: 0,
        paragraph: Paragraph::default(),
        row: Vec::new(),
        cell: String::new(),
        table: false,
        font: 0,
        style: None,
        half: None,
        name: String::new(),
    };
    reader.read_all(length)
}

/// Where the words of a group go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Goal {
    #[default]
    Text,
    Nowhere,
    Fonts,
    Styles,
    /// The mark of a list's item.
    Mark,
    /// A note, told after its paragraph.
    Note,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    goal: Goal,
    encoding: &'static Encoding,
    bold: bool,
    hidden: bool,
    /// Characters that stand for one in Unicode, for readers that know none.
    substitutes: u32,
    /// The group began with `\*`: one that is not known is left out.
    optional: bool,
}

impl Default for Group {
    fn default() -> Self {
        let encoding = encoding_rs::WINDOWS_1252;
        Self { goal: Goal::Text, encoding, bold: false, hidden: false, substitutes: 1, optional: false }
    }
}

#[derive(Debug, Default)]
struct Paragraph {
    level: Option<u8>,
    list: bool,
    depth: usize,
    left: i32,
    in_table: bool,
    bold: usize,
    plain: usize,
}

struct Rtf<'i, 'f, 's, 'w> {
    bytes: BufReader<&'i mut dyn Input>,
    ahead: Option<u8>,
    read: u64,
    flow: Flow<'f, 's, 'w>,
    groups: Vec<Group>,
    /// The level of each style that is a heading's.
    styles: HashMap<i32, u8>,
    fonts: HashMap<i32, &'static Encoding>,
    /// Bytes that are not decoded yet.
    pending: Vec<u8>,
    words: String,
    mark: String,
    note: String,
    /// How far in the open items stand whose depth is not said.
    lefts: Vec<i32>,
    /// Characters still to be passed over, as they stand for one in Unicode.
    skip: u32,
    paragraph: Paragraph,
    row: Vec<Cell>,
    cell: String,
    table: bool,
    font: i32,
    style: Option<i32>,
    /// The first half of a character beyond the basic plane.
    half: Option<u16>,
    name: String,
}

impl Rtf<'_, '_, '_, '_> {
    fn read_all(&mut self, length: u64) -> Result<()> {
        while let Some(byte) = self.next()? {
            match byte {
                b'{' => {
                    self.decode();
                    self.flow.writer.budget().depth(self.groups.len())?;
                    let group = Group { optional: false, ..self.group() };
                    self.groups.push(group);
                    self.flow.writer.done(self.read, length, ProgressUnit::Bytes)?;
                }
                b'}' => self.end_group(),
                b'\\' => self.control()?,
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
        if self.groups.len() > 1 && self.words.trim().is_empty() && !self.flow.writer.has_said() {
            return Err(Error::damaged("the rich text is cut short: its groups do not end"));
        }
        self.end_paragraph()?;
        self.flow.end_table()
    }

    fn next(&mut self) -> Result<Option<u8>> {
        if let Some(byte) = self.ahead.take() {
            return Ok(Some(byte));
        }
        let mut byte = [0];
        let count = self.bytes.read(&mut byte)?;
        self.read += count as u64;
        Ok((count == 1).then_some(byte[0]))
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or_default()
    }

    fn change(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn end_group(&mut self) {
        self.decode();
        let ended = self.group();
        if self.groups.len() > 1 {
            self.groups.pop();
        }
        if ended.goal == Goal::Styles {
            let name = std::mem::take(&mut self.name).to_lowercase();
            let level = name.trim_start().strip_prefix("heading ").and_then(|rest| rest.trim_end_matches(';').trim().parse().ok());
            let level = level.or_else(|| name.trim().starts_with("title;").then_some(1));
            if let (Some(style), Some(level)) = (self.style.take(), level) {
                self.styles.insert(style, level);
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.pending.push(byte);
        }
    }

    /// Moves the bytes that wait to where the group's words go.
    fn decode(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        let group = self.group();
        let text = group.encoding.decode_without_bom_handling(&bytes).0;
        self.say(&text);
    }

    fn say(&mut self, text: &str) {
        let group = self.group();
        match group.goal {
            Goal::Text if !group.hidden => {
                let count = text.chars().filter(|c| !c.is_whitespace()).count();
                *if group.bold { &mut self.paragraph.bold } else { &mut self.paragraph.plain } += count;
                self.words.push_str(text);
            }
            Goal::Mark => self.mark.push_str(text),
            Goal::Note => self.note.push_str(text),
            Goal::Styles => self.name.push_str(text),
            _ => {}
        }
    }

    fn character(&mut self, c: char) {
        self.decode();
        self.say(c.encode_utf8(&mut [0; 4]));
    }

    fn control(&mut self) -> Result<()> {
        let Some(byte) = self.next()? else { return Ok(()) };
        if !byte.is_ascii_alphabetic() {
            return self.symbol(byte);
        }
        let mut name = String::from(byte as char);
        let mut number = String::new();
        while let Some(byte) = self.next()? {
            match byte {
                byte if byte.is_ascii_alphabetic() && number.is_empty() && name.len() < 32 => name.push(byte as char),
                b'-' if number.is_empty() => number.push('-'),
                byte if byte.is_ascii_digit() && number.len() < 12 => number.push(byte as char),
                b' ' => break,
                byte => {
                    self.ahead = Some(byte);
                    break;
                }
            }
        }
        let number = number.parse::<i32>().ok();
        if name == "bin" {
            return self.pass(number.unwrap_or(0));
        }
        self.word(&name, number)
    }

    /// Passes over bytes of a picture.
    fn pass(&mut self, count: i32) -> Result<()> {
        for _ in 0..count.max(0) {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn symbol(&mut self, byte: u8) -> Result<()> {
        match byte {
            b'\'' => {
                let two = [self.next()?.unwrap_or(b'0'), self.next()?.unwrap_or(b'0')];
                let code = std::str::from_utf8(&two).ok().and_then(|two| u8::from_str_radix(two, 16).ok());
                self.byte(code.unwrap_or(b'?'));
            }
            b'*' => self.change(|group| group.optional = true),
            b'~' => self.character('\u{a0}'),
            b'_' => self.character('-'),
            b'\\' | b'{' | b'}' => self.byte(byte),
            b'\r' | b'\n' => self.end_paragraph()?,
            _ => {}
        }
        Ok(())
    }

    fn unicode(&mut self, value: u32) {
        if let Some(c) = char::from_u32(value) {
            return self.say(c.encode_utf8(&mut [0; 4]));
        }
        if (0xD800..0xDC00).contains(&value) {
            self.half = Some(value as u16);
        } else if let Some(first) = self.half.take() {
            let c = char::decode_utf16([first, value as u16]).next().and_then(std::result::Result::ok);
            self.say(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]));
        }
    }
}
