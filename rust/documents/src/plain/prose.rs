//! A stanza's blocks: headings with and without a blank line after them, items with their lead-ins, paragraphs, questions with their answers.

use super::headings::underline;
use super::lines::Line;
use super::list::Open;
use super::marks::{self, Mark, Style, asks, ends_sentence, item};
use super::pieces::pieces;
use super::records::Labels;
use super::stanza::{Stanza, ends_on_purpose, extent};
use crate::block::{Block, Kind};

/// A wrapped text is no wider than this; a text whose lines are longer is not wrapped.
const WRAPPED: usize = 120;
/// A text is not wrapped narrower than this, columns aside.
const NARROWEST: usize = 40;

/// Turns stanzas into blocks.
pub(crate) struct Reader<'t> {
    pub text: &'t str,
    pub lines: &'t [Line],
    pub blocks: Vec<Block>,
    pub labels: Labels,
    open: Open,
    /// Columns that the text is wrapped at.
    width: usize,
    /// Whether this is the text's beginning.
    pub first: bool,
}

/// How a stanza's lines end and begin.
pub(crate) struct Shape {
    /// Of each line but the last, whether it was ended although the next word had room in it.
    pub on_purpose: Vec<bool>,
    /// Whether each line says something of its own.
    pub records: bool,
    /// Whether lines end within sentences although the next word had room: such a text is wrapped, at no width.
    pub ragged: bool,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str, lines: &'t [Line], first: bool) -> Self {
        let followed = lines.windows(2).filter(|pair| !pair[0].is_blank() && !pair[1].is_blank());
        let mut widths: Vec<usize> = followed.map(|pair| pair[0].text(text).chars().count()).filter(|width| *width <= WRAPPED).collect();
        widths.sort_unstable();
        let width = widths.get(widths.len() * 19 / 20).copied().unwrap_or(0);
        Self { text, lines, blocks: Vec::new(), labels: Labels::count(text, lines), open: Open::default(), width, first }
    }

    pub fn read(mut self, stanzas: &[Stanza]) -> Vec<Block> {
        for (at, stanza) in stanzas.iter().enumerate() {
            self.stanza(stanza, stanzas.get(at + 1));
        }
        self.join_answers();
        self.blocks
    }

    pub fn words(&self, line: usize) -> &'t str {
        self.lines[line].text(self.text)
    }

    /// Adds a block of some lines.
    pub fn push(&mut self, kind: Kind, lines: &[usize], lead: Option<usize>) -> usize {
        let lines: Vec<&Line> = lines.iter().map(|&at| &self.lines[at]).collect();
        let pieces = pieces(self.text, &lines);
        self.blocks.push(Block { pieces, lead, ..Block::new(kind, 0..0) });
        self.blocks.len() - 1
    }

    fn stanza(&mut self, stanza: &Stanza, next: Option<&Stanza>) {
        if stanza.code {
            self.open.close();
            return self.code(stanza);
        }
        if self.lines[stanza.lines[0]].quote > 0 {
            self.open.close();
            return self.quoted(stanza);
        }
        if self.records(&stanza.lines) {
            self.open.close();
            return;
        }
        if self.is_comment(&stanza.lines) {
            self.open.close();
            self.push(Kind::Paragraph, &stanza.lines, None);
            return;
        }
        self.prose(stanza, next);
    }

    /// Whether lines are a comment of several lines, and no headings one after another.
    fn is_comment(&self, lines: &[usize]) -> bool {
        let single = |words: &str| words.starts_with('#') && !words.starts_with("##");
        lines.len() > 1 && lines.iter().all(|&line| single(self.words(line)))
    }

    fn code(&mut self, stanza: &Stanza) {
        let (first, last) = (stanza.lines[0], stanza.lines[stanza.lines.len() - 1]);
        self.push(Kind::Furniture, &[first], None);
        if stanza.lines.len() > 2 {
            let inner = extent(self.lines, &stanza.lines[1..stanza.lines.len() - 1]);
            let start = self.lines[first].piece.end;
            let words = self.text[start..inner.end].trim_end();
            let before = words.len() - words.trim_start_matches(['\n', '\r']).len();
            if before < words.len() {
                self.blocks.push(Block::new(Kind::Code, start + before..start + words.len()));
            }
        }
        self.push(Kind::Furniture, &[last], None);
    }

    fn quoted(&mut self, stanza: &Stanza) {
        let depth = self.lines[stanza.lines[0]].quote;
        self.push(Kind::Quoted { depth }, &stanza.lines, None);
    }

    /// The last block, if it leads in what follows: it ends on a colon or a dash, or breaks off in the same stanza.
    pub fn leading(&self, same_stanza: bool) -> Option<usize> {
        let last = self.blocks.len().checked_sub(1)?;
        let block = &self.blocks[last];
        let words = self.text[block.range()].trim_end_matches(['*', '_']);
        let leads = words.ends_with([':', '—', '–', '：']) || (same_stanza && !ends_sentence(words));
        let line = matches!(&block.kind, Kind::Record { fields } if fields.is_empty());
        (leads && (line || matches!(block.kind, Kind::Paragraph | Kind::Item { .. } | Kind::Caption))).then_some(last)
    }

    fn shape(&self, lines: &[usize]) -> Shape {
        let widest = lines.iter().map(|&at| self.words(at).chars().count()).max().unwrap_or(0);
        let width = match lines {
            [first, ..] if self.lines[*first].column => widest,
            [_, _, _, _, ..] => widest.max(NARROWEST),
            _ => widest.max(self.width).max(NARROWEST),
        };
        // A line in a box of stars ends where the box does.
        let boxed = |words: &str| words.len() > 2 && words.starts_with('*') && words.ends_with(" *");
        let ended = |words: &str, next: &str| !boxed(words) && ends_on_purpose(words, next, width);
        let on_purpose: Vec<bool> = lines.windows(2).map(|pair| ended(self.words(pair[0]), self.words(pair[1]))).collect();
        let count = |test: &dyn Fn(&str) -> bool| lines.iter().filter(|&&at| test(self.words(at))).count();
        let short = on_purpose.iter().filter(|ended| **ended).count();
        let sentences = count(&|words| ends_sentence(words));
        let names_value = |words: &str| words.split_whitespace().next().is_some_and(|word| word.contains('='));
        let lower = count(&|words| words.starts_with(char::is_lowercase) && !names_value(words));
        let goes_on = count(&|words| words.ends_with([',', '(']));
        let records = short * 10 >= on_purpose.len() * 6
            && lower * 10 <= lines.len() * 3
            && goes_on * 10 <= lines.len() * 3
            && sentences * 5 <= lines.len()
            && lines.len() > 1;
        let broken = |at: usize| {
            let (words, next) = (self.words(lines[at]), self.words(lines[at + 1]));
            on_purpose[at] && next.starts_with(char::is_lowercase) && !ends_sentence(words) && !words.ends_with([':', ';', ','])
        };
        let ragged = (0..on_purpose.len()).any(broken);
        Shape { on_purpose, records, ragged }
    }

    fn prose(&mut self, stanza: &Stanza, next: Option<&Stanza>) {
        let lines = &stanza.lines;
        let shape = self.shape(lines);
        let mut lead = None; // what leads the stanza's records in
        let mut at = 0;
        while at < lines.len() {
            let words = self.words(lines[at]);
            let underline =
                lines.get(at + 1).and_then(|&line| underline(self.words(line))).filter(|_| !marks::is_rule(words) && words.len() <= 90);
            if let Some(level) = self.marked_heading(lines, at, &shape, next).or(underline) {
                self.open.close();
                self.push(Kind::Heading { level }, &[lines[at]], None);
                self.leave_out_marks();
                if underline.is_some() {
                    at += 1;
                    self.push(Kind::Furniture, &[lines[at]], None);
                }
                at += 1;
                continue;
            }
            if marks::is_rule(words) {
                self.push(Kind::Furniture, &[lines[at]], None);
                at += 1;
                continue;
            }
            let mark = item(words).filter(|mark| self.begins_item(lines, at, *mark, &shape));
            let mut end = at + 1;
            while end < lines.len() && !self.ends_between(lines, at, end, mark.is_some(), &shape, next) {
                end += 1;
            }
            lead = lead.or_else(|| self.leading(false)).filter(|_| shape.records);
            self.group(&lines[at..end], mark, (at > 0, lead), &shape, next.filter(|_| end == lines.len()));
            at = end;
        }
    }

    /// Adds a block of lines that are one item or one text. `inside` if lines of the stanza stand before; the lead is that of its records.
    fn group(&mut self, lines: &[usize], mark: Option<Mark>, (inside, lead): (bool, Option<usize>), shape: &Shape, next: Option<&Stanza>) {
        let first = &self.lines[lines[0]];
        if let Some(mark) = mark {
            let letter = self.words(lines[0]).trim_start_matches(['(', '[']).chars().next().map(|c| c.to_ascii_lowercase());
            let before = if self.open.is_empty() { self.leading(inside) } else { None };
            if !inside {
                self.open.part(mark, first.indent);
            }
            let (depth, lead) = self.open.add(mark, letter.filter(char::is_ascii_lowercase), first.indent, self.blocks.len(), before);
            self.push(Kind::Item { depth }, lines, lead);
            return;
        }
        let words = self.words(lines[0]);
        let last = self.words(lines[lines.len() - 1]);
        let quoted = next.map(|next| self.lines[next.lines[0]].quote).filter(|quote| *quote > first.quote && last.ends_with(':'));
        let hangs = |indent: &usize| lines.iter().all(|&line| self.lines[line].indent > *indent);
        let under = self.open.indent().filter(hangs).and(self.blocks.len().checked_sub(1));
        if under.is_none() {
            self.open.close();
        }
        let kind = match quoted {
            Some(depth) => Kind::Quoted { depth },
            None if is_caption(words) && lines.len() <= 3 => Kind::Caption,
            None if shape.records && !ends_sentence(last) && !last.ends_with(':') && lines.len() == 1 => {
                Kind::Record { fields: Vec::new() }
            }
            None => Kind::Paragraph,
        };
        self.push(kind, lines, under.or(lead));
    }

    /// Whether a mark begins an item there, and is no part of a wrapped sentence.
    fn begins_item(&self, lines: &[usize], at: usize, mark: Mark, shape: &Shape) -> bool {
        let Some(before) = at.checked_sub(1).map(|before| self.words(lines[before])) else {
            return true;
        };
        let deeper = self.lines[lines[at]].indent > self.lines[lines[at - 1]].indent + 1;
        // A number in the midst of a text begins an item only where it begins or continues a count.
        let counts = mark.number <= 1 || !self.open.is_empty();
        let ended = ends_sentence(before)
            || before.ends_with([':', ';', ','])
            || shape.on_purpose[at - 1] && counts
            || deeper
            || item(before).is_some();
        match mark.style {
            Style::Bullet('-' | '*' | '•' | '–') | Style::Letter('(') | Style::Roman('(') => true,
            _ => ended,
        }
    }

    /// Whether one block ends and another begins between two lines of a stanza; the first block begins at `from`.
    fn ends_between(&self, lines: &[usize], from: usize, at: usize, in_item: bool, shape: &Shape, next: Option<&Stanza>) -> bool {
        let (before, words) = (self.words(lines[at - 1]), self.words(lines[at]));
        let on_purpose = shape.on_purpose[at - 1];
        if marks::heading(words, self.lines[lines[at]].indent).is_some() || marks::is_rule(words) {
            return true;
        }
        if item(words).is_some_and(|mark| self.begins_item(lines, at, mark, shape)) {
            return true;
        }
        let lower = words.starts_with(char::is_lowercase);
        let indent = |line: usize| self.lines[lines[line]].indent;
        if in_item {
            return on_purpose && ends_sentence(before) && !lower && indent(at) <= indent(from);
        }
        let begins = words.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || !c.is_alphabetic());
        on_purpose && (asks(before) || before.ends_with(':') && !shape.ragged || (ends_sentence(before) && !lower))
            || on_purpose && shape.records && !lower
            || (ends_sentence(before) && begins && self.marked_heading(lines, at, shape, next).is_some())
    }

    /// Leads each answer by its question.
    fn join_answers(&mut self) {
        for at in 0..self.blocks.len() {
            let words = self.blocks[at].text(self.text);
            let quoted = matches!(self.blocks[at].kind, Kind::Quoted { .. });
            let kind = &self.blocks[at].kind;
            let one = words.len() <= 300 && !words.trim_end_matches(['?', '？', '؟']).contains(['?', '？', '؟']);
            if !asks(&words)
                || !(one || quoted)
                || !matches!(kind, Kind::Paragraph | Kind::Item { .. } | Kind::Turn { .. } | Kind::Quoted { .. })
            {
                continue;
            }
            let Some(answer) = (at + 1..self.blocks.len()).find(|&next| self.blocks[next].is_said()) else {
                continue;
            };
            let says = match self.blocks[answer].kind {
                Kind::Paragraph | Kind::Record { .. } => true,
                Kind::Turn { .. } | Kind::Item { .. } => !quoted,
                _ => false,
            };
            if says && !asks(&self.blocks[answer].text(self.text)) {
                let list = matches!(self.blocks[answer].kind, Kind::Item { .. }) && self.blocks[answer].lead.is_some();
                if !list {
                    self.blocks[answer].lead = Some(at);
                }
                if self.blocks[at].kind == Kind::Paragraph {
                    self.blocks[at].kind = Kind::Question;
                }
            }
        }
    }
}

/// "Figure 3: …", "Tabelle 2."
fn is_caption(words: &str) -> bool {
    const NAMES: [&str; 14] = [
        "figure",
        "fig.",
        "table",
        "tab.",
        "abbildung",
        "abb.",
        "tabelle",
        "tableau",
        "figura",
        "tabla",
        "tabela",
        "chart",
        "listing",
        "рис.",
    ];
    let mut parts = words.split_whitespace();
    let name = parts.next().unwrap_or_default().to_lowercase();
    let number = parts.next().unwrap_or_default().trim_end_matches([':', '.']);
    NAMES.contains(&name.as_str())
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
        && words.len() <= 300
}
