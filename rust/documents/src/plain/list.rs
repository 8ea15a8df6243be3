//! Items in items: which depth a mark has, and which item a deeper one hangs on.

use super::marks::{Mark, Style};

/// The open items, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Open {
    items: Vec<Item>,
    /// What the outermost items hang on.
    lead: Option<usize>,
}

#[derive(Debug)]
struct Item {
    style: Style,
    indent: usize,
    number: u32,
    block: usize,
}

impl Open {
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Ends the list.
    pub fn close(&mut self) {
        self.items.clear();
        self.lead = None;
    }

    /// Columns before the words of the innermost item's mark.
    pub fn indent(&self) -> Option<usize> {
        self.items.last().map(|item| item.indent)
    }

    /// A bullet after an empty line, no deeper than a numbered item, is not inside that item.
    pub fn part(&mut self, mark: Mark, indent: usize) {
        if matches!(mark.style, Style::Bullet(_)) {
            self.items.retain(|item| matches!(item.style, Style::Bullet(_)) || item.indent < indent);
        }
    }

    /// A mark that could be Roman or a letter is what the list before it makes it.
    fn settled(&self, mark: Mark, letter: Option<char>) -> Mark {
        let (Style::Roman(kind), Some(letter)) = (mark.style, letter) else {
            return mark;
        };
        let number = letter as u32 - 'a' as u32 + 1;
        let follows = self.items.iter().any(|item| item.style == Style::Letter(kind) && item.number + 1 == number);
        if follows { Mark { style: Style::Letter(kind), number, ..mark } } else { mark }
    }

    /// Adds an item of that block number: its depth and its lead. `before` leads the list in, if this item begins one.
    pub fn add(&mut self, mark: Mark, letter: Option<char>, indent: usize, block: usize, before: Option<usize>) -> (u8, Option<usize>) {
        let mark = self.settled(mark, letter);
        if self.items.is_empty() {
            self.lead = before;
        }
        let bullet = matches!(mark.style, Style::Bullet(_));
        let same = |item: &Item| item.style == mark.style && (!bullet || item.indent.abs_diff(indent) <= 1);
        if let Some(at) = self.items.iter().rposition(same) {
            self.items.truncate(at);
        } else {
            // A bullet further left than the open ones closes them; a clause of fewer parts closes those of more.
            let closes = |item: &Item| match (item.style, mark.style) {
                (Style::Bullet(_), Style::Bullet(_)) => item.indent >= indent,
                (Style::Decimal(deep), Style::Decimal(parts)) => deep > parts,
                (Style::Decimal(_), Style::Number(_)) => indent <= item.indent,
                (_, Style::Clause) => true,
                _ => item.indent > indent + 1,
            };
            while self.items.last().is_some_and(closes) {
                self.items.pop();
            }
        }
        let lead = self.items.last().map(|item| item.block).or(self.lead);
        let depth = self.items.len().min(u8::MAX as usize) as u8;
        self.items.push(Item { style: mark.style, indent, number: mark.number, block });
        (depth, lead)
    }
}
