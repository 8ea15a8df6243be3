//! What a question needs to know of a table or a list: its name, how many entries, and which of the question's words are values of which column.

use crate::listing::asked::Asked;
use crate::listing::walk::{COLUMNS, Entries, Entry, Named};
use crate::listing::words::{begins_instruction, is_light, words};
use crate::text::sentences::ends_statement;

/// Most words of a value that a question names.
const VALUE: usize = 4;
/// A longer cell (bytes) is not compared.
const LONG: usize = 160;
/// An item of more words is no name.
const NAME: usize = 12;

/// Some words of a question, one after another, as a value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub from: usize,
    pub words: Vec<String>,
    /// In how many cells of each column it stands alone, and among other words.
    pub alone: [u32; COLUMNS],
    pub among: [u32; COLUMNS],
}

/// A table or a list that a question may mean.
#[derive(Debug)]
pub(super) struct Profile {
    pub of: usize,
    pub named: Named,
    pub count: u64,
    pub phrases: Vec<Phrase>,
    /// Which columns hold a digit in some cell.
    pub digits: [bool; COLUMNS],
    /// Items that say something rather than name something.
    pub statements: u64,
    /// The columns of records as they came.
    pub columns: Vec<String>,
}

impl Profile {
    pub fn new(of: usize, named: &Named, asked: &Asked) -> Self {
        let phrases = if named.kind == Entries::Items || !asked.filters { Vec::new() } else { phrases(asked) };
        Self { of, named: named.clone(), count: 0, phrases, digits: [false; COLUMNS], statements: 0, columns: named.columns.clone() }
    }

    pub fn add(&mut self, entry: &Entry) {
        self.count += 1;
        if self.named.kind == Entries::Items {
            self.statements += u64::from(is_statement(entry.text));
            return;
        }
        if entry.columns.len() > self.columns.len() {
            self.columns = entry.columns.to_vec();
        }
        for (column, cell) in &entry.cells {
            self.digits[*column] |= cell.bytes().any(|byte| byte.is_ascii_digit());
            if cell.is_empty() || cell.len() > LONG || self.phrases.is_empty() {
                continue;
            }
            let cell = words(cell);
            for phrase in &mut self.phrases {
                if cell == phrase.words {
                    phrase.alone[*column] += 1;
                } else if cell.windows(phrase.words.len()).any(|some| some == phrase.words) {
                    phrase.among[*column] += 1;
                }
            }
        }
    }
}

/// Every run of a question's words that may be a value: not of light words alone, and without the noun.
fn phrases(asked: &Asked) -> Vec<Phrase> {
    let mut found = Vec::new();
    for length in (1..=VALUE).rev() {
        for (from, words) in asked.words.windows(length).enumerate() {
            let holds_noun = asked.head.is_some_and(|head| (from..from + length).contains(&head));
            if !holds_noun && words.iter().any(|word| !is_light(word)) {
                found.push(Phrase { from, words: words.to_vec(), alone: [0; COLUMNS], among: [0; COLUMNS] });
            }
        }
    }
    found
}

/// Whether an item is a sentence or an instruction, by its words after its mark.
fn is_statement(item: &str) -> bool {
    let words = words(item);
    let mark = |word: &&String| word.len() == 1 || word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let own: Vec<&String> = words.iter().skip_while(mark).collect();
    let said = own.len() >= 4 && ends_statement(item.trim_end());
    said || own.len() > NAME || own.len() > 1 && begins_instruction(own[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_say_something_are_told_from_names() {
        for statement in ["- Guests row with a member.", "2. Check the hull", "(a) wear a life jacket;"] {
            assert!(is_statement(statement), "{statement}");
        }
        for name in ["- Ada Lund, chair", "- a bottle of water", "3. Tern", "- Mr. Oduya"] {
            assert!(!is_statement(name), "{name}");
        }
    }
}
