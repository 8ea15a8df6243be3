//! Subtitles, SubRip and WebVTT: sentences put together from cues, without numbers and times; a cue that begins with a dash or a name is a turn.

use crate::block::Kind;
use crate::encoding::Decoding;
use crate::error::Result;
use crate::place::Place;
use crate::plain::marks::{asks, ends_sentence};
use crate::writer::Writer;

/// A paragraph of cues is no longer than this (bytes).
const LONG: usize = 400;

pub(crate) fn read(mut source: Decoding, writer: &mut Writer) -> Result<()> {
    let mut film = Film { writer, words: String::new(), start: 0, asked: None, state: State::Before, stamp: 0 };
    let mut text = String::new();
    loop {
        let more = source.append(&mut text, film.writer.budget())?;
        let whole = if more { text.rfind('\n').map_or(0, |at| at + 1) } else { text.len() };
        for line in text[..whole].split(['\n', '\r', '\u{2028}']) {
            film.line(line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'))?;
        }
        text.drain(..whole);
        if !more {
            return film.flush();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a cue's time: numbers, names, notes and styles.
    Before,
    Words,
}

struct Film<'f, 's, 'w> {
    writer: &'f mut Writer<'s, 'w>,
    words: String,
    /// The second at which the words begin.
    start: u32,
    asked: Option<usize>,
    state: State,
    stamp: u32,
}

impl Film<'_, '_, '_> {
    fn line(&mut self, line: &str) -> Result<()> {
        if let Some((start, _)) = line.split_once("-->")
            && let Some(second) = second(start)
        {
            self.state = State::Words;
            self.stamp = second;
            return Ok(());
        }
        if line.is_empty() {
            self.state = if self.state == State::Words { State::Before } else { self.state };
            return Ok(());
        }
        if self.state == State::Before {
            return Ok(());
        }
        let words = unmarked(line);
        let words = words.trim();
        let turn = words.strip_prefix(['-', '–', '—']).map(str::trim_start);
        if turn.is_some() || speaker(words).is_some() || self.words.len() > LONG && ends_sentence(&self.words) {
            self.flush()?;
        }
        if self.words.is_empty() {
            self.start = self.stamp;
        } else {
            self.words.push(' ');
        }
        self.words.push_str(turn.unwrap_or(words));
        if turn.is_some() || ends_sentence(&self.words) && (asks(&self.words) || self.words.len() > LONG / 2) {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return Ok(());
        }
        self.writer.place = Place::Second(self.start);
        let asked = asks(&words);
        let number = match speaker(&words) {
            Some(length) => {
                let start = self.writer.begin(true)?;
                self.writer.text(&words)?;
                self.writer.end(Kind::Turn { speaker: start..start + length }, start, self.asked)?
            }
            None => self.writer.say(if asked { Kind::Question } else { Kind::Paragraph }, &words, self.asked)?,
        };
        self.asked = asked.then_some(number);
        Ok(())
    }
}

/// The length of a name before what is spoken: "ANNA: Where?"
fn speaker(words: &str) -> Option<usize> {
    let (name, rest) = words.split_once(':')?;
    let named = name.chars().count() <= 25 && name.split_whitespace().count() <= 3 && name.starts_with(char::is_uppercase);
    (named && rest.starts_with(' ') && !name.contains(['.', ',', '?', '!'])).then_some(name.len())
}

/// The second of "00:01:02,500" or "01:02.500".
fn second(time: &str) -> Option<u32> {
    let whole = time.trim().split([',', '.']).next()?;
    whole.split(':').try_fold(0_u32, |sum, part| sum.checked_mul(60)?.checked_add(part.trim().parse().ok()?))
}

/// A line without tags in angle brackets and positions in braces; a voice's name stays.
fn unmarked(line: &str) -> String {
    let mut found = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        let close = if rest[at..].starts_with('<') { '>' } else { '}' };
        let Some(end) = rest[at..].find(close).map(|end| at + end) else { break };
        found.push_str(&rest[..at]);
        if let Some(name) = rest[at..end].strip_prefix("<v ") {
            found.push_str(name.trim());
            found.push_str(": ");
        }
        rest = &rest[end + 1..];
    }
    found.push_str(rest);
    found
}
