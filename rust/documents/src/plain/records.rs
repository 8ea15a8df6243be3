//! Stanzas whose lines each say something of their own: tables, logs, chats, forms, questions with answers.

use std::collections::HashMap;
use std::ops::Range;

use super::lines::Line;
use super::marks::{asks_or_answers, ends_sentence, is_stamped, item, label, message};
use super::pieces::pieces;
use super::prose::Reader;
use super::tables::{self, Cells};
use crate::block::{Block, Field, Kind};

/// The labels of a text: how often each comes, and how often a sentence follows.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    seen: HashMap<String, (u32, u32)>,
    lines: u32,
    stamped: u32,
}

impl Labels {
    pub fn count(text: &str, lines: &[Line]) -> Self {
        let mut labels = Self::default();
        for line in lines.iter().filter(|line| !line.is_blank() && !line.furniture) {
            let words = line.text(text);
            labels.stamped += u32::from(is_stamped(words));
            if let Some((name, value)) = label(words).filter(|_| item(words).is_none()) {
                labels.lines += 1;
                let seen = labels.seen.entry(words[name].to_string()).or_default();
                seen.0 += 1;
                seen.1 += u32::from(ends_sentence(&words[value]));
            }
        }
        labels
    }

    /// Whether a label is a name that speaks: it comes again, and sentences follow it.
    fn speaks(&self, name: &str) -> bool {
        let named =
            name.split_whitespace().count() <= 3 && !name.contains(|c: char| c.is_ascii_digit()) && name.starts_with(char::is_uppercase);
        let voices = self.seen.values().filter(|seen| seen.0 >= 2 && seen.1 * 2 >= seen.0).count();
        named
            && voices >= 1
            && self.seen.get(name).is_some_and(|seen| seen.1 > 0)
            && self.seen.values().map(|seen| seen.1 * 2).sum::<u32>() >= self.lines
    }
}

impl Reader<'_> {
    /// Adds the blocks of a stanza of records; false if it is none.
    pub fn records(&mut self, stanza: &[usize]) -> bool {
        let lines: Vec<&Line> = stanza.iter().map(|&at| &self.lines[at]).collect();
        let text = self.text;
        let count = |test: &dyn Fn(&str) -> bool| lines.iter().filter(|line| test(line.text(text))).count();
        if let Some(rows) = tables::drawn(text, &lines) {
            self.table(stanza, &rows);
        } else if count(&|words| message(words).is_some()) * 2 >= lines.len() {
            self.turns(stanza, message);
        } else if count(&is_stamped) * 2 >= lines.len() && self.labels.stamped >= 2 {
            self.each(stanza, |words| is_stamped(words).then(Vec::new));
        } else if count(&|words| asks_or_answers(words) == Some(true)) > 0 {
            self.answers(stanza);
        } else if count(&|words| label(words).is_some() && item(words).is_none()) * 10 >= lines.len() * 6 && self.is_form(&lines) {
            let spoken = count(&|words| label(words).is_some_and(|(name, _)| self.labels.speaks(&words[name])));
            if spoken * 2 >= lines.len() {
                self.turns(stanza, |words| label(words).map(|(name, _)| name));
            } else {
                self.each(stanza, |words| label(words).map(|(label, value)| vec![Field { label, value }]));
            }
        } else if let Some(rows) = tables::by_gaps(text, &lines).filter(|_| count(&|words| item(words).is_some()) == 0) {
            self.table(stanza, &rows);
        } else {
            return false;
        }
        true
    }

    /// Whether labelled lines are a form: several, or one of several in the text, with values that are no sentences.
    fn is_form(&self, lines: &[&Line]) -> bool {
        let spoken = |line: &&Line| label(line.text(self.text)).is_some_and(|(name, _)| self.labels.speaks(&line.text(self.text)[name]));
        match lines {
            [line] => self.labels.lines >= 3 && (!ends_sentence(line.text(self.text)) || spoken(line)),
            _ => true,
        }
    }

    fn table(&mut self, stanza: &[usize], rows: &[Cells]) {
        let mut header = None;
        let lead = self.leading(false);
        let named = tables::has_header(self.text, rows);
        for (&line, cells) in stanza.iter().zip(rows) {
            match cells {
                None => {
                    self.push(Kind::Furniture, &[line], None);
                }
                Some(cells) if named && header.is_none() => header = Some(self.push(Kind::Header { cells: cells.clone() }, &[line], lead)),
                Some(cells) => {
                    self.push(Kind::Row { cells: cells.clone() }, &[line], header.or(lead));
                }
            }
        }
    }

    /// A turn for each line that begins one; other lines go on with it. The ranges count from the line's first byte.
    fn turns(&mut self, stanza: &[usize], speaker: impl Fn(&str) -> Option<Range<usize>>) {
        self.cut(stanza, |words| speaker(words).map(|at| Kind::Turn { speaker: at }));
    }

    /// A record for each line that begins one.
    fn each(&mut self, stanza: &[usize], fields: impl Fn(&str) -> Option<Vec<Field>>) {
        self.cut(stanza, |words| fields(words).map(|fields| Kind::Record { fields }));
    }

    /// Questions, each with the answer after it.
    fn answers(&mut self, stanza: &[usize]) {
        self.cut(stanza, |words| asks_or_answers(words).map(|_| Kind::Paragraph));
    }

    /// Cuts a stanza before each line that the test gives a kind; lines before the first are a paragraph that leads them.
    fn cut(&mut self, stanza: &[usize], kind: impl Fn(&str) -> Option<Kind>) {
        let starts: Vec<usize> = (0..stanza.len()).filter(|&at| kind(self.words(stanza[at])).is_some()).collect();
        let first = starts.first().copied().unwrap_or(stanza.len());
        let mut lead = self.leading(false);
        if first > 0 {
            lead = Some(self.push(Kind::Paragraph, &stanza[..first], lead));
        }
        for (number, &from) in starts.iter().enumerate() {
            let until = starts.get(number + 1).copied().unwrap_or(stanza.len());
            let begin = self.lines[stanza[from]].words.start;
            let lines: Vec<&Line> = stanza[from..until].iter().map(|&at| &self.lines[at]).collect();
            let kind = kind(self.words(stanza[from])).unwrap_or(Kind::Paragraph);
            let mut block = Block::new(kind, 0..0);
            block.shift(begin, 0);
            block.pieces = pieces(self.text, &lines);
            block.lead = lead;
            self.blocks.push(block);
        }
    }
}
