//! Messages and mailboxes: what the sender wrote first, what is quoted marked as quoted; of a mailbox the newest message first.

use std::io::{BufRead, BufReader, Read, SeekFrom};

use mail_parser::{Address, DateTime, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::block::{Field, Kind};
use crate::error::{Error, Result};
use crate::flow::{Flow, one_line};
use crate::html;
use crate::input::Input;
use crate::limits::ProgressUnit;
use crate::place::Place;
use crate::writer::Writer;

/// Bytes of one message with its attachments.
const LONGEST: u64 = 64 << 20;
/// Messages in each other that are read.
const NESTED: u32 = 8;
/// Bytes of a line of a mailbox that are looked at.
const LINE: u64 = 4096;

/// Reads one message.
pub(crate) fn read_one(input: &mut dyn Input, length: u64, writer: &mut Writer) -> Result<()> {
    let mut mailbox = Mailbox { flow: Flow::new(writer), messages: 0 };
    mailbox.read(input, 0, length, false)
}

/// Reads a mailbox, its newest message first.
pub(crate) fn read_all(input: &mut dyn Input, length: u64, writer: &mut Writer) -> Result<()> {
    let mut places = places(input, length, writer)?;
    places.sort_by_key(|place| std::cmp::Reverse(place.date));
    let mut mailbox = Mailbox { flow: Flow::new(writer), messages: 0 };
    for (number, place) in places.iter().enumerate() {
        mailbox.flow.writer.done(number as u64, places.len() as u64, ProgressUnit::Entries)?;
        mailbox.read(input, place.start, place.end - place.start, true)?;
    }
    Ok(())
}

/// Where a message of a mailbox stands, and when it was sent (seconds).
struct Position {
    start: u64,
    end: u64,
    date: i64,
}

/// The messages of a mailbox: each begins after a line "From …" that follows an empty one.
fn places(input: &mut dyn Input, length: u64, writer: &mut Writer) -> Result<Vec<Position>> {
    input.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(64 << 10, &mut *input);
    let mut found: Vec<Position> = Vec::new();
    let (mut at, mut blank, mut in_head) = (0, true, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(LINE).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        if blank && line.starts_with(b"From ") {
            writer.budget().entry()?;
            writer.done(at, length, ProgressUnit::Bytes)?;
            if let Some(last) = found.last_mut() {
                last.end = at;
            }
            found.push(Position { start: at + read, end: length, date: i64::MIN });
            in_head = true;
        } else if in_head && line.len() > 5 && line[..5].eq_ignore_ascii_case(b"date:") {
            let date = DateTime::parse_rfc822(String::from_utf8_lossy(&line[5..]).trim());
            if let Some(last) = found.last_mut() {
                last.date = date.map_or(i64::MIN, |date| date.to_timestamp());
            }
        }
        blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        in_head &= !blank;
        at += read;
    }
    if found.is_empty() {
        found.push(Position { start: 0, end: length, date: 0 });
    }
    Ok(found)
}

struct Mailbox<'f, 's, 'w> {
    flow: Flow<'f, 's, 'w>,
    messages: u32,
}

impl Mailbox<'_, '_, '_> {
    fn read(&mut self, input: &mut dyn Input, start: u64, length: u64, stuffed: bool) -> Result<()> {
        if length > LONGEST {
            return Err(Error::too_large(format!("found a message of {length} bytes, expected at most {LONGEST}")));
        }
        let mut bytes = crate::input::bytes_at(input, start, length as usize)?;
        if stuffed {
            bytes = unstuffed(&bytes);
        }
        let message = MessageParser::default().parse(&bytes).ok_or_else(|| Error::damaged("found no header of a message"))?;
        self.message(&message, 0)
    }

    fn message(&mut self, message: &Message, depth: u32) -> Result<()> {
        self.flow.writer.budget().entry()?;
        self.messages += 1;
        self.flow.place(Place::Message(self.messages))?;
        self.flow.heading(1, message.subject().unwrap_or("Message"))?;
        let date =
            message.date().map(|date| format!("{:04}-{:02}-{:02} {:02}:{:02}", date.year, date.month, date.day, date.hour, date.minute));
        for (label, value) in
            [("From", message.from().map(people)), ("To", message.to().map(people)), ("Cc", message.cc().map(people)), ("Date", date)]
        {
            self.record(label, value.as_deref().unwrap_or_default())?;
        }
        self.body(message)?;
        for part in message.attachments() {
            match &part.body {
                PartType::Message(inner) if depth < NESTED => self.message(inner, depth + 1)?,
                _ => self.record("Attachment", part.attachment_name().unwrap_or_default())?,
            }
        }
        Ok(())
    }

    fn record(&mut self, label: &str, value: &str) -> Result<()> {
        let value = one_line(value);
        if value.is_empty() {
            return Ok(());
        }
        let start = self.flow.writer.begin(true)?;
        self.flow.writer.text(&format!("{label}: {value}"))?;
        let field = Field { label: start..start + label.len(), value: start + label.len() + 2..self.flow.writer.position() };
        self.flow.writer.end(Kind::Record { fields: vec![field] }, start, None)?;
        Ok(())
    }

    /// The text of a message; of one that has none, its page.
    fn body(&mut self, message: &Message) -> Result<()> {
        let plain: Vec<&MessagePart> = message.text_bodies().filter(|part| matches!(part.body, PartType::Text(_))).collect();
        let whole = message.text_bodies().count() == plain.len() && !plain.is_empty();
        for part in message.text_bodies().take(if whole { usize::MAX } else { 0 }) {
            if let PartType::Text(text) = &part.body {
                self.text(text)?;
            }
        }
        for part in message.html_bodies().take(if whole { 0 } else { usize::MAX }) {
            match &part.body {
                PartType::Html(page) => html::read_text(page, false, &mut self.flow)?,
                PartType::Text(text) => self.text(text)?,
                _ => {}
            }
            self.flow.quoted = 0;
        }
        Ok(())
    }

    /// A text with the messages that it quotes below a line, as some programs do, instead of behind marks.
    fn text(&mut self, text: &str) -> Result<()> {
        let end = forwarded(text).unwrap_or(text.len());
        let own = text[..end].trim_matches(['\r', '\n']);
        if !own.trim().is_empty() {
            self.flow.lines(own)?;
        }
        self.flow.quoted = 1;
        for paragraph in text[end..].replace("\r\n", "\n").split("\n\n") {
            self.flow.paragraph(paragraph, false)?;
        }
        self.flow.quoted = 0;
        Ok(())
    }
}

/// Where a message begins that is quoted without marks: at "-----Original Message-----", or at "From:" and "Sent:" under each other.
fn forwarded(text: &str) -> Option<usize> {
    const LINES: [&str; 6] = [
        "original message",
        "ursprüngliche nachricht",
        "message d'origine",
        "mensaje original",
        "messaggio originale",
        "forwarded message",
    ];
    const FROM: [&str; 6] = ["from:", "von:", "de:", "da:", "van:", "от:"];
    const SENT: [&str; 7] = ["sent:", "gesendet:", "envoyé", "enviado", "inviato", "verzonden:", "отправлено:"];
    let mut at = 0;
    let mut from: Option<(usize, usize)> = None; // where a line "From:" begins, and lines since
    for line in text.split_inclusive('\n') {
        let words = line.trim().trim_matches('*').to_lowercase();
        let ruled = words.starts_with("--") && words.ends_with("--");
        if ruled && LINES.iter().any(|name| words.contains(name)) {
            return Some(at);
        }
        match from {
            Some((start, lines)) if lines <= 2 && SENT.iter().any(|name| words.starts_with(name)) => return Some(start),
            Some((start, lines)) => from = (lines < 2).then_some((start, lines + 1)),
            None => {}
        }
        if at > 0 && FROM.iter().any(|name| words.starts_with(name)) {
            from = Some((at, 0));
        }
        at += line.len();
    }
    None
}

fn people(address: &Address) -> String {
    let told = address.iter().take(50).map(|person| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_string(),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// ">From " at a line's beginning stands for "From " in a mailbox.
fn unstuffed(bytes: &[u8]) -> Vec<u8> {
    let mut found = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        found.extend_from_slice(if line.starts_with(b">From ") { &line[1..] } else { line });
    }
    found
}
