//! Paragraphs, items and rows, once they end.

use super::Rtf;
use crate::error::Result;
use crate::flow::one_line;

impl Rtf<'_, '_, '_, '_> {
    pub(super) fn end_row(&mut self) -> Result<()> {
        let row = std::mem::take(&mut self.row);
        if !self.table {
            self.flow.begin_table()?;
            self.table = true;
        }
        match row.as_slice() {
            [] => Ok(()),
            [only] => self.flow.paragraph(&only.text, false),
            _ => self.flow.row(row, false),
        }
    }

    pub(super) fn end_paragraph(&mut self) -> Result<()> {
        self.decode();
        let words = std::mem::take(&mut self.words);
        if self.paragraph.in_table {
            self.cell.push_str(&words);
            self.cell.push(' ');
            return Ok(());
        }
        if std::mem::take(&mut self.table) {
            self.flow.end_table()?;
        }
        let mark = one_line(&std::mem::take(&mut self.mark));
        let strong = self.paragraph.bold > 0 && self.paragraph.plain == 0;
        (self.paragraph.bold, self.paragraph.plain) = (0, 0);
        // Some programs write the mark as text, with a tab after it.
        let (typed, mark) = match words.trim_start().split_once('\t') {
            Some((typed, _)) if mark.is_empty() && crate::plain::marks::item(&format!("{typed} x")).is_some() => {
                (typed.len() + 1, typed.to_string())
            }
            _ => (0, mark),
        };
        let words = &words.trim_start()[typed..];
        let counted = mark.contains(char::is_alphanumeric);
        let mut depth = self.paragraph.depth;
        if typed > 0 {
            let left = self.paragraph.left;
            self.lefts.retain(|open| *open < left);
            depth = self.lefts.len().min(8);
            self.lefts.push(left);
        }
        match self.paragraph.level {
            _ if words.trim().is_empty() => {}
            Some(level) if counted => self.flow.heading(level, &format!("{mark} {}", words.trim_start()))?,
            Some(level) => self.flow.heading(level, words)?,
            None if self.paragraph.list || !mark.is_empty() => self.flow.item(depth, if counted { &mark } else { "-" }, words)?,
            None => {
                self.flow.end_list();
                self.lefts.clear();
                self.flow.paragraph(words, strong)?;
            }
        }
        let note = one_line(&std::mem::take(&mut self.note));
        if !note.is_empty() {
            let block = self.flow.writer.last_block();
            self.flow.other(crate::block::Kind::Paragraph, &note, block)?;
        }
        Ok(())
    }
}
