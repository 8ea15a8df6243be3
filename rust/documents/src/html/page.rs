//! What is seen of a page: its blocks, from tags and characters as they come.

use html5ever::tokenizer::{Tag, TagKind};

use crate::error::{Error, Result};
use crate::flow::{Flow, one_line};
use crate::grid::Cell;

/// Elements whose content is not shown, or is no part of the text.
const LEFT_OUT: [&str; 16] = [
    "script", "style", "template", "svg", "nav", "noscript", "iframe", "object", "select", "button", "textarea", "audio", "video", "rp",
    "rt", "datalist",
];
/// Elements without an end.
const VOID: [&str; 10] = ["br", "hr", "img", "input", "meta", "link", "wbr", "col", "source", "area"];
/// Elements that stand in lines of their own.
const BLOCKS: [&str; 40] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "address",
    "figure",
    "form",
    "fieldset",
    "legend",
    "center",
    "dl",
    "dt",
    "dd",
    "li",
    "ul",
    "ol",
    "menu",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "blockquote",
    "pre",
    "hr",
    "body",
    "html",
    "details",
    "summary",
    "figcaption",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "title",
];

/// How a page is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Empty elements may close themselves.
    pub xml: bool,
    /// The title is a heading.
    pub titled: bool,
}

#[derive(Default)]
struct Table {
    row: Vec<Cell>,
    /// The row is made of names.
    names: bool,
    head: bool,
    open: bool,
    layout: bool,
}

struct List {
    ordered: bool,
    next: u32,
}

pub(super) struct Page<'p, 'f, 's, 'w> {
    pub flow: &'p mut Flow<'f, 's, 'w>,
    pub form: Form,
    pub failed: Option<Error>,
    /// The words of the open block.
    words: String,
    /// Characters of it that are bold, and that are not.
    bold: (usize, usize),
    strong: u32,
    heading: Option<u8>,
    title: Option<String>,
    in_title: bool,
    caption: bool,
    /// A term, or a summary: what follows belongs to it.
    term: bool,
    pre: u32,
    lists: Vec<List>,
    /// The mark of an item whose words are not told yet.
    item: Option<String>,
    tables: Vec<Table>,
    left_out: Option<(String, u32)>,
    quotes: u32,
}

impl<'p, 'f, 's, 'w> Page<'p, 'f, 's, 'w> {
    pub fn new(flow: &'p mut Flow<'f, 's, 'w>, form: Form) -> Self {
        Self {
            flow,
            form,
            failed: None,
            words: String::new(),
            bold: (0, 0),
            strong: 0,
            heading: None,
            title: None,
            in_title: false,
            caption: false,
            term: false,
            pre: 0,
            lists: Vec::new(),
            item: None,
            tables: Vec::new(),
            left_out: None,
            quotes: 0,
        }
    }

    pub fn tag(&mut self, tag: &Tag) -> Result<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        let closes_itself = VOID.contains(&name) || (self.form.xml && tag.self_closing);
        if let Some((left_out, depth)) = &mut self.left_out {
            if left_out == name && !closes_itself {
                *depth = if starts { *depth + 1 } else { *depth - 1 };
                if *depth == 0 {
                    self.left_out = None;
                }
            }
            return Ok(());
        }
        if starts && !closes_itself && (LEFT_OUT.contains(&name) || is_hidden(tag)) {
            self.left_out = Some((name.to_string(), 1));
            return Ok(());
        }
        match name {
            "br" => self.line_break(),
            "b" | "strong" => {
                self.strong = if starts { self.strong + 1 } else { self.strong.saturating_sub(1) };
                Ok(())
            }
            "table" | "tr" | "td" | "th" | "thead" | "tbody" | "tfoot" => self.table_tag(tag, starts),
            _ if BLOCKS.contains(&name) => self.block_tag(tag, starts),
            _ => Ok(()),
        }
    }

    fn block_tag(&mut self, tag: &Tag, starts: bool) -> Result<()> {
        let name: &str = &tag.name;
        if starts && matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl") {
            self.take_for_layout(name.starts_with('h'))?;
        }
        self.flush()?;
        match name {
            "title" => self.in_title = starts,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = starts.then(|| name.as_bytes()[1] - b'0'),
            "pre" => self.pre = if starts { self.pre + 1 } else { self.pre.saturating_sub(1) },
            "caption" | "figcaption" => self.caption = starts,
            "dt" | "summary" => self.term = starts,
            "ul" | "ol" | "menu" if starts => {
                self.flow.writer.budget().depth(self.lists.len())?;
                let first = attribute(tag, "start").and_then(|start| start.parse().ok()).unwrap_or(1);
                self.lists.push(List { ordered: name == "ol", next: first });
            }
            "ul" | "ol" | "menu" => {
                self.lists.pop();
                self.item = None;
                self.flow.close_items(self.lists.len());
            }
            "li" if starts => {
                let value = attribute(tag, "value").and_then(|value| value.parse().ok());
                let list = self.lists.last_mut().filter(|list| list.ordered);
                self.item = Some(list.map_or("-".to_string(), |list| {
                    let number = value.unwrap_or(list.next);
                    list.next = number.saturating_add(1);
                    format!("{number}.")
                }));
            }
            "li" => self.item = None,
            "blockquote" if quotes_mail(tag) || self.quotes > 0 || !starts => {
                self.quotes = if starts { self.quotes + 1 } else { self.quotes.saturating_sub(1) };
                self.flow.quoted = self.quotes.min(255) as u8;
            }
            _ => {}
        }
        Ok(())
    }

    fn table_tag(&mut self, tag: &Tag, starts: bool) -> Result<()> {
        match &*tag.name {
            "table" if starts => {
                self.take_for_layout(true)?;
                self.flush()?;
                self.flow.begin_table()?;
                self.tables.push(Table::default());
            }
            "table" => {
                self.end_row()?;
                self.flush()?;
                if self.tables.pop().is_some() {
                    self.flow.end_table()?;
                }
            }
            "thead" => {
                self.end_row()?;
                if let Some(table) = self.tables.last_mut() {
                    table.head = starts;
                }
            }
            "tbody" | "tfoot" | "tr" => {
                self.end_row()?;
                if let Some(table) = self.tables.last_mut() {
                    table.names = true;
                }
            }
            _ => {
                self.end_cell()?;
                if let Some(table) = self.tables.last_mut().filter(|_| starts) {
                    table.open = true;
                    table.names &= &*tag.name == "th";
                    let span = |name| attribute(tag, name).and_then(|span| span.trim().parse().ok()).unwrap_or(1).clamp(1, 1000);
                    table.row.push(Cell { text: String::new(), columns: span("colspan"), rows: span("rowspan") });
                }
            }
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<()> {
        let Some(table) = self.tables.last_mut().filter(|table| table.open && !table.layout) else {
            return self.flush();
        };
        table.open = false;
        let words = one_line(&std::mem::take(&mut self.words));
        if let Some(cell) = table.row.last_mut() {
            cell.text = words;
        }
        (self.bold, self.item) = ((0, 0), None);
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        self.end_cell()?;
        let Some(table) = self.tables.last_mut() else {
            return Ok(());
        };
        let row = std::mem::take(&mut table.row);
        let names = table.head || (table.names && !row.is_empty());
        let layout = std::mem::take(&mut table.layout);
        if layout {
            return Ok(());
        }
        match row.as_slice() {
            [] => Ok(()),
            [only] if only.columns == 1 => self.flow.paragraph(&only.text, false),
            _ => self.flow.row(row, names),
        }
    }

    /// A heading, a list or a table inside of a cell: the row is no row of a table.
    fn take_for_layout(&mut self, surely: bool) -> Result<()> {
        let Some(table) = self.tables.last_mut().filter(|table| table.open && !table.layout && surely) else {
            return Ok(());
        };
        table.layout = true;
        let row = std::mem::take(&mut table.row);
        for cell in row.iter().filter(|cell| !cell.text.is_empty()) {
            self.flow.paragraph(&cell.text, false)?;
        }
        self.flush()
    }

    fn in_cell(&self) -> bool {
        self.tables.last().is_some_and(|table| table.open && !table.layout)
    }

    fn line_break(&mut self) -> Result<()> {
        if self.pre == 0 {
            self.words.truncate(self.words.trim_end_matches(' ').len());
            if self.words.ends_with('\n') && !self.in_cell() {
                return self.flush_kept();
            }
        }
        self.words.push('\n');
        Ok(())
    }

    pub fn characters(&mut self, text: &str) {
        if self.left_out.is_some() {
            return;
        }
        if self.pre > 0 {
            self.words.push_str(text);
            return;
        }
        for c in text.chars() {
            if c.is_whitespace() {
                if !self.words.is_empty() && !self.words.ends_with([' ', '\n']) {
                    self.words.push(' ');
                }
            } else {
                self.words.push(c);
                let count = if self.strong > 0 { &mut self.bold.0 } else { &mut self.bold.1 };
                *count += 1;
            }
        }
    }

    /// Ends the open block.
    fn flush(&mut self) -> Result<()> {
        if self.in_cell() {
            // Blocks in a cell stay in the cell.
            if !self.words.is_empty() && !self.words.ends_with([' ', '\n']) {
                self.words.push(' ');
            }
            return Ok(());
        }
        self.flush_kept()
    }

    fn flush_kept(&mut self) -> Result<()> {
        let words = std::mem::take(&mut self.words);
        let (bold, plain) = std::mem::take(&mut self.bold);
        let strong = bold > 0 && plain == 0;
        let words = if self.pre > 0 { words.as_str() } else { words.trim() };
        if words.trim().is_empty() {
            return Ok(());
        }
        if self.in_title {
            self.title = Some(words.to_string());
            return if self.form.titled { self.flow.heading(1, words) } else { Ok(()) };
        }
        match self.heading {
            // Most pages tell their title twice.
            Some(1) if self.form.titled && self.title.as_deref() == Some(words) => Ok(()),
            Some(level) => self.flow.heading(level, words),
            None if self.pre > 0 => self.flow.code(words),
            None if self.caption => self.flow.caption(words),
            None if self.term => self.flow.term(words),
            None => match self.item.take() {
                Some(mark) => self.flow.item(self.lists.len().saturating_sub(1), &mark, words),
                None => self.flow.paragraph(words, strong),
            },
        }
    }

    pub fn end(&mut self) -> Result<()> {
        self.end_row()?;
        if let Some(table) = self.tables.last_mut() {
            table.open = false;
        }
        self.flush_kept()?;
        while self.tables.pop().is_some() {
            self.flow.end_table()?;
        }
        Ok(())
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// A block quotation by which mail programs mark the message before.
fn quotes_mail(tag: &Tag) -> bool {
    attribute(tag, "type") == Some("cite")
        || attribute(tag, "class").is_some_and(|class| class.contains("gmail_quote") || class.contains("moz-cite"))
}

fn is_hidden(tag: &Tag) -> bool {
    let style = attribute(tag, "style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
    attribute(tag, "hidden").is_some()
        || attribute(tag, "aria-hidden") == Some("true")
        || attribute(tag, "role").is_some_and(|role| matches!(role, "navigation" | "doc-noteref" | "doc-backlink"))
        || attribute(tag, "epub:type") == Some("noteref")
        || attribute(tag, "class")
            .is_some_and(|class| class.split_whitespace().any(|name| name == "footnote-ref" || name == "footnote-back"))
        || style.contains("display:none")
}
