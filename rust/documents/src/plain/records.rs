//! Stanzas whose lines each say something of their own: tables, logs, chats, forms, questions with answers.

use std::collections::HashMap;
use std::ops::Range;

use super::lines::Line;
use super::marks::{asks_or_answers, ends_sentence, heading, is_stamped, item, label, message, pair};
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
    /// Adds the blocks of a stanza of records, comments before them included; false if it is none.
    pub fn records(&mut self, stanza: &[usize]) -> bool {
        let comments = stanza.iter().take_while(|&&line| self.words(line).starts_with('#')).count();
        let (comments, rest) = stanza.split_at(if comments < stanza.len() { comments } else { 0 });
        let before = self.blocks.len();
        match comments {
            [] => {}
            _ => self.comment(comments),
        }
        let found = self.records_of(rest);
        if !found {
            self.blocks.truncate(before);
        }
        found
    }

    /// Lines that begin with `#`: a heading, if it is one; else a comment.
    fn comment(&mut self, lines: &[usize]) {
        let level = heading(self.words(lines[0]), self.lines[lines[0]].indent).filter(|_| lines.len() == 1);
        self.push(level.map_or(Kind::Paragraph, |level| Kind::Heading { level }), lines, None);
        if level.is_some() {
            self.leave_out_marks();
        }
    }

    fn records_of(&mut self, stanza: &[usize]) -> bool {
        let lines: Vec<&Line> = stanza.iter().map(|&at| &self.lines[at]).collect();
        let text = self.text;
        let count = |test: &dyn Fn(&str) -> bool| lines.iter().filter(|line| test(line.text(text))).count();
        if let Some(rows) = tables::drawn(text, &lines) {
            self.table(stanza, &rows);
        } else if count(&|words| pair(words).is_some()) * 10 >= lines.len() * 6 && count(&has_pairs) + lines.len() > 1 {
            self.pairs(stanza);
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
        } else if let Some(starts) = tables::ragged(text, &lines).filter(|_| count(&|words| item(words).is_some()) == 0) {
            let begins = |line: usize| stanza.binary_search(&line).is_ok_and(|at| starts[at]);
            self.cut_at(stanza, |line| begins(line).then(|| Kind::Record { fields: Vec::new() }));
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

    /// A record for each line "key=value", led by the line in brackets before it.
    fn pairs(&mut self, stanza: &[usize]) {
        let section = |words: &str| words.starts_with('[') && words.ends_with(']');
        let mut from = 0;
        for at in 1..=stanza.len() {
            if at < stanza.len() && !section(self.words(stanza[at])) {
                continue;
            }
            let part = &stanza[from..at];
            let named = usize::from(section(self.words(part[0])));
            let lead = if named > 0 { Some(self.push(Kind::Paragraph, &part[..1], None)) } else { self.leading(false) };
            let first = self.blocks.len();
            self.cut(&part[named..], |words| {
                let own = pair(words).is_some() || words.starts_with(['#', ';']);
                own.then(|| Kind::Record { fields: fields(words) })
            });
            self.blocks[first..].iter_mut().for_each(|block| block.lead = lead);
            from = at;
        }
    }

    /// Cuts a stanza before each line whose words the test gives a kind.
    fn cut(&mut self, stanza: &[usize], kind: impl Fn(&str) -> Option<Kind>) {
        let lines = self.lines;
        let text = self.text;
        self.cut_at(stanza, |line| kind(lines[line].text(text)));
    }

    /// Cuts a stanza before each line that the test gives a kind; lines before the first are a paragraph that leads them.
    fn cut_at(&mut self, stanza: &[usize], kind: impl Fn(usize) -> Option<Kind>) {
        let starts: Vec<usize> = (0..stanza.len()).filter(|&at| kind(stanza[at]).is_some()).collect();
        let first = starts.first().copied().unwrap_or(stanza.len());
        let mut lead = self.leading(false);
        if first > 0 {
            lead = Some(self.push(Kind::Paragraph, &stanza[..first], lead));
        }
        for (number, &from) in starts.iter().enumerate() {
            let until = starts.get(number + 1).copied().unwrap_or(stanza.len());
            let begin = self.lines[stanza[from]].words.start;
            let lines: Vec<&Line> = stanza[from..until].iter().map(|&at| &self.lines[at]).collect();
            let kind = kind(stanza[from]).unwrap_or(Kind::Paragraph);
            let mut block = Block::new(kind, 0..0);
            block.shift(begin, 0);
            block.pieces = pieces(self.text, &lines);
            block.lead = lead;
            self.blocks.push(block);
        }
    }
}

/// The labels and values of a line "key=value key=value".
fn fields(words: &str) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    let mut from = 0;
    while let Some((key, value)) = pair(&words[from..]) {
        // Up to the next key, or to the line's end.
        let next = words[from + value..].match_indices(' ').map(|(at, _)| from + value + at + 1).find(|&at| pair(&words[at..]).is_some());
        let end = next.map_or(words.len(), |at| at - 1);
        found.push(Field { label: from..from + key, value: from + value..end });
        from = next.unwrap_or(words.len());
    }
    found
}

/// Whether a line holds several pairs.
fn has_pairs(words: &str) -> bool {
    fields(words).len() > 1
}
