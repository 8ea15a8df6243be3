//! What each control word does.

use super::code_pages::{charset, code_page};
use super::{Goal, Paragraph, Rtf};
use crate::error::Result;
use crate::flow::one_line;
use crate::grid::Cell;

/// Groups whose words are no part of the text.
const LEFT_OUT: [&str; 22] = [
    "fonttbl",
    "colortbl",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "themedata",
    "datastore",
    "xmlnstbl",
    "generator",
];

impl Rtf<'_, '_, '_, '_> {
    pub(super) fn word(&mut self, name: &str, number: Option<i32>) -> Result<()> {
        let on = number != Some(0);
        match name {
            "par" | "sect" | "page" => {
                self.decode();
                match self.group().goal {
                    Goal::Text => self.end_paragraph()?,
                    Goal::Note => self.note.push(' '),
                    _ => {}
                }
            }
            "line" => self.character('\n'),
            "tab" => self.character('\t'),
            "emdash" => self.character('—'),
            "endash" => self.character('–'),
            "bullet" => self.character('•'),
            "lquote" => self.character('‘'),
            "rquote" => self.character('’'),
            "ldblquote" => self.character('“'),
            "rdblquote" => self.character('”'),
            "u" => {
                self.decode();
                let value = number.unwrap_or(0);
                self.unicode(if value < 0 { value + 0x1_0000 } else { value } as u32);
                self.skip = self.group().substitutes;
            }
            "uc" => self.change(|group| group.substitutes = number.unwrap_or(1).clamp(0, 8) as u32),
            "b" => {
                self.decode();
                self.change(|group| group.bold = on);
            }
            "v" => {
                self.decode();
                self.change(|group| group.hidden = on);
            }
            "plain" => {
                self.decode();
                self.change(|group| (group.bold, group.hidden) = (false, false));
            }
            "ansicpg" => {
                let encoding = code_page(number.unwrap_or(1252));
                self.groups.iter_mut().for_each(|group| group.encoding = encoding);
            }
            "f" => {
                self.decode();
                self.font = number.unwrap_or(0);
                if let Some(encoding) = self.fonts.get(&self.font).copied().filter(|_| self.group().goal != Goal::Fonts) {
                    self.change(|group| group.encoding = encoding);
                }
            }
            "fcharset" if self.group().goal == Goal::Fonts => {
                if let Some(page) = charset(number.unwrap_or(0)) {
                    self.fonts.insert(self.font, code_page(page));
                }
            }
            "s" if self.group().goal == Goal::Styles => self.style = number,
            "s" => self.paragraph.level = number.and_then(|style| self.styles.get(&style)).copied(),
            "outlinelevel" => self.paragraph.level = number.filter(|level| (0..9).contains(level)).map(|level| level as u8 + 1),
            "pard" => {
                let Paragraph { bold, plain, .. } = self.paragraph;
                self.paragraph = Paragraph { bold, plain, ..Paragraph::default() };
            }
            "intbl" => self.paragraph.in_table = true,
            "ls" => self.paragraph.list = on,
            "ilvl" => self.paragraph.depth = number.unwrap_or(0).clamp(0, 8) as usize,
            "cell" | "nestcell" => {
                self.decode();
                let words = std::mem::take(&mut self.words);
                self.cell.push_str(&words);
                let cell = std::mem::take(&mut self.cell);
                self.row.push(Cell::new(one_line(&cell)));
                (self.paragraph.bold, self.paragraph.plain) = (0, 0);
            }
            "row" | "nestrow" => self.end_row()?,
            "fonttbl" => self.change(|group| group.goal = Goal::Fonts),
            "stylesheet" => self.change(|group| group.goal = Goal::Styles),
            "listtext" | "pntext" => {
                self.mark.clear();
                self.change(|group| group.goal = Goal::Mark);
            }
            "footnote" => self.change(|group| group.goal = Goal::Note),
            "li" if self.group().goal == Goal::Text => self.paragraph.left = number.unwrap_or(0),
            "shptxt" | "fldrslt" | "result" => {}
            name if LEFT_OUT.contains(&name) => self.change(|group| group.goal = Goal::Nowhere),
            _ if self.group().optional && self.group().goal == Goal::Text => self.change(|group| group.goal = Goal::Nowhere),
            _ => {}
        }
        self.change(|group| group.optional = false);
        Ok(())
    }
}
