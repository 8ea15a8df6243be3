//! Calendars and contacts, iCalendar and vCard: one record for each event, task and person.

use crate::block::{Field, Kind};
use crate::encoding::Decoding;
use crate::error::Result;
use crate::flow::one_line;
use crate::writer::Writer;

/// What a property is called, and how it is told; others that begin with "X-" and the like are left out.
const LABELS: &[(&str, &str)] = &[
    ("SUMMARY", "event"),
    ("FN", "name"),
    ("DTSTART", "start"),
    ("DTEND", "end"),
    ("DUE", "due"),
    ("LOCATION", "place"),
    ("DESCRIPTION", "description"),
    ("ORGANIZER", "organizer"),
    ("ATTENDEE", "attendee"),
    ("RRULE", "repeats"),
    ("STATUS", "status"),
    ("TEL", "phone"),
    ("EMAIL", "email"),
    ("ADR", "address"),
    ("ORG", "organisation"),
    ("TITLE", "title"),
    ("ROLE", "role"),
    ("BDAY", "birthday"),
    ("NOTE", "note"),
    ("URL", "address on the web"),
    ("CATEGORIES", "kind"),
    ("NICKNAME", "nickname"),
];

pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let (mut text, mut line) = (String::new(), String::new());
    let mut fields: Vec<(&str, String)> = Vec::new();
    loop {
        let more = source.append(&mut text, writer.budget())?;
        let whole = if more { text.rfind('\n').map_or(0, |at| at + 1) } else { text.len() };
        for next in text[..whole].split(['\n', '\r']).filter(|next| !next.is_empty()) {
            // A line that begins with white space goes on with the one before.
            if let Some(rest) = next.strip_prefix([' ', '\t']) {
                line.push_str(rest);
                continue;
            }
            property(&std::mem::replace(&mut line, next.to_string()), &mut fields, writer)?;
        }
        text.drain(..whole);
        if !more {
            property(&line, &mut fields, writer)?;
            return record(&mut fields, writer);
        }
    }
}

fn property(line: &str, fields: &mut Vec<(&'static str, String)>, writer: &mut Writer) -> Result<()> {
    let Some((head, value)) = line.split_once(':') else {
        return Ok(());
    };
    let mut parts = head.split(';');
    let name = parts.next().unwrap_or_default().rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
    if matches!(name.as_str(), "BEGIN" | "END") {
        writer.budget().entry()?;
        return record(fields, writer);
    }
    let Some((_, label)) = LABELS.iter().find(|known| known.0 == name) else {
        return Ok(());
    };
    let quoted = parts.any(|part| part.eq_ignore_ascii_case("ENCODING=QUOTED-PRINTABLE"));
    let value = if quoted { unquoted(value) } else { value.to_string() };
    let value = one_line(&value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace(';', " "));
    let value = value.trim_start_matches("mailto:").to_string();
    let value = if matches!(name.as_str(), "DTSTART" | "DTEND" | "DUE" | "BDAY") { date(&value) } else { value };
    if !value.is_empty() {
        fields.push((label, value));
    }
    Ok(())
}

/// Writes the fields gathered so far.
fn record(fields: &mut Vec<(&'static str, String)>, writer: &mut Writer) -> Result<()> {
    if fields.is_empty() {
        return Ok(());
    }
    let start = writer.begin(true)?;
    let mut told = Vec::with_capacity(fields.len());
    for (number, (label, value)) in fields.drain(..).enumerate() {
        writer.text(if number > 0 { "; " } else { "" })?;
        let from = writer.position();
        writer.text(label)?;
        let label = from..writer.position();
        writer.text(": ")?;
        let from = writer.position();
        writer.text(&value)?;
        told.push(Field { label, value: from..writer.position() });
    }
    writer.end(Kind::Record { fields: told }, start, None)?;
    Ok(())
}

/// "20240612T083000Z" as "2024-06-12 08:30".
fn date(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let day = |digits: &str| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]);
    match (digits.len(), value.contains(['T', ':'])) {
        (8, _) => day(&digits),
        (12 | 14, true) => format!("{} {}:{}", day(&digits), &digits[8..10], &digits[10..12]),
        _ => value.to_string(),
    }
}

/// "=C3=BC" as "ü".
fn unquoted(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        (rest, _) = match code.filter(|_| byte == b'=') {
            Some(code) => (&after[2..], bytes.push(code)),
            None => (after, bytes.push(byte)),
        };
    }
    crate::encoding::decoded(&bytes, None)
}
