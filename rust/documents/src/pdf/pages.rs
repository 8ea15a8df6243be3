//! Pages one after the other: headers and footers set aside, headings told by their size, the rest read as a plain text that goes on over pages.

use std::collections::{HashMap, VecDeque};

use super::furniture::{Edge, edges, is_furniture};
use super::layout::Line;
use crate::block::Kind;
use crate::error::Result;
use crate::place::Place;
use crate::plain::{self, Told, ends_sentence, looks_like_heading};
use crate::writer::Writer;

/// Pages that are waited for before one is told.
const AHEAD: usize = 2;
/// Bytes of text that are told together at most.
const UNIT: usize = 64 << 10;
/// Lines of a heading.
const HEADING: usize = 4;

struct Page {
    number: u32,
    lines: Vec<Line>,
    edges: Vec<Edge>,
}

pub(crate) struct Pages<'p, 's, 'w> {
    pub writer: &'p mut Writer<'s, 'w>,
    /// Pages that are not told yet, and the edges of those before.
    waiting: VecDeque<Page>,
    before: VecDeque<(u32, Vec<Edge>)>,
    /// Letters of each size, in half points.
    sizes: HashMap<u32, usize>,
    /// Lines that are told together, and the page at which they begin.
    unit: Vec<Told>,
    length: usize,
    unit_page: u32,
    /// The page that was begun last in the text, and the one that is read.
    begun: u32,
    page: u32,
}

impl<'p, 's, 'w> Pages<'p, 's, 'w> {
    pub fn new(writer: &'p mut Writer<'s, 'w>) -> Self {
        let (waiting, before) = (VecDeque::new(), VecDeque::new());
        Self { writer, waiting, before, sizes: HashMap::new(), unit: Vec::new(), length: 0, unit_page: 1, begun: 0, page: 0 }
    }

    /// Takes the next page.
    pub fn page(&mut self, number: u32, lines: Vec<Line>, height: f32) -> Result<()> {
        for line in &lines {
            *self.sizes.entry((line.size * 2.0).round() as u32).or_default() += line.text.chars().count();
        }
        let edges = edges(&lines, height);
        self.waiting.push_back(Page { number, lines, edges });
        if self.waiting.len() > AHEAD { self.tell() } else { Ok(()) }
    }

    pub fn finish(&mut self) -> Result<()> {
        while !self.waiting.is_empty() {
            self.tell()?;
        }
        self.flush()
    }

    /// Size of most letters.
    fn body(&self) -> f32 {
        self.sizes.iter().max_by_key(|(size, count)| (**count, **size)).map_or(0.0, |(size, _)| *size as f32 / 2.0)
    }

    /// Tells the page that has waited longest.
    fn tell(&mut self) -> Result<()> {
        let Some(page) = self.waiting.pop_front() else {
            return Ok(());
        };
        let before = self.before.iter().map(|(number, edges)| (*number, edges.as_slice()));
        let others: Vec<(u32, &[Edge])> = before.chain(self.waiting.iter().map(|page| (page.number, page.edges.as_slice()))).collect();
        let aside: Vec<usize> = page.edges.iter().filter(|edge| is_furniture(edge, page.number, &others)).map(|edge| edge.at).collect();
        self.page = page.number;
        let body = self.body();
        let mut at = 0;
        while at < page.lines.len() {
            let line = &page.lines[at];
            if aside.contains(&at) {
                self.line(line, true)?;
                at += 1;
                continue;
            }
            let Some(level) = level(&page.lines, at, body) else {
                self.line(line, false)?;
                at += 1;
                continue;
            };
            let goes_on = |next: usize| {
                let (before, line) = (&page.lines[next - 1], &page.lines[next]);
                let near = line.y > before.y && line.y - before.y < 1.6 * line.size;
                near && (line.size - before.size).abs() < 0.5 && line.bold == before.bold && !aside.contains(&next)
            };
            let end = (at + 1..page.lines.len().min(at + HEADING)).take_while(|next| goes_on(*next)).last().map_or(at + 1, |last| last + 1);
            let text: Vec<&str> = page.lines[at..end].iter().map(|line| line.text.as_str()).collect();
            self.heading(level, &text.join(" "))?;
            at = end;
        }
        self.before.push_back((page.number, page.edges));
        if self.before.len() > AHEAD {
            self.before.pop_front();
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &str) -> Result<()> {
        self.flush()?;
        self.begin_page()?;
        self.writer.say(Kind::Heading { level }, &crate::flow::one_line(text), None)?;
        Ok(())
    }

    /// Begins the page in the text, if that has not been done.
    fn begin_page(&mut self) -> Result<()> {
        if self.begun < self.page {
            self.begun = self.page;
            self.writer.turn_page(Place::Page(self.page))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line, furniture: bool) -> Result<()> {
        if self.unit.is_empty() {
            self.begin_page()?;
            self.unit_page = self.page;
        }
        let pages = self.page - self.begun;
        self.begun = self.page;
        self.length += line.text.len();
        self.unit.push(Told {
            text: line.text.clone(),
            indent: line.indent,
            apart: line.apart && pages == 0,
            pages,
            turned: line.turned,
            furniture,
        });
        // A long text without headings is told in parts, after a sentence.
        if self.length > UNIT && (ends_sentence(&line.text) || self.length > 4 * UNIT) && !furniture { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.unit.is_empty() {
            return Ok(());
        }
        self.length = 0;
        let (text, found) = plain::told(&std::mem::take(&mut self.unit), self.unit_page);
        self.writer.begin(false)?;
        self.writer.part(&text, found, None)
    }
}

/// The level of a line that is larger than most, or bold and alone.
fn level(lines: &[Line], at: usize, body: f32) -> Option<u8> {
    let line = &lines[at];
    let letters = line.text.chars().filter(|c| c.is_alphabetic()).count();
    let year = line.text.len() == 4 && line.text.bytes().all(|b| b.is_ascii_digit());
    if body <= 0.0 || (letters < 2 && !year) || line.text.chars().count() > 200 || line.text.contains('\t') || line.text.contains("....") {
        return None;
    }
    let ratio = line.size / body;
    if ratio >= 1.13 {
        return Some(if ratio >= 1.7 {
            1
        } else if ratio >= 1.35 {
            2
        } else {
            3
        });
    }
    let next = lines.get(at + 1).is_some_and(|next| !next.bold || next.apart);
    (line.bold && line.apart && next && ratio > 0.93 && looks_like_heading(&line.text) && !lines[at + 1].text.is_empty()).then_some(4)
}
