//! Shelves that several test files share.
#![allow(dead_code)] // each test file uses its share

use std::collections::BTreeMap;

use edgeinfinite_core::{Adding, Filter, NewDocument, Result, Shelf, TextSource};

pub fn about(id: &str, title: Option<&str>, metadata: &[(&str, &str)]) -> NewDocument {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    NewDocument { id: id.to_owned(), title: title.map(str::to_owned), metadata }
}

pub fn finish(adding: &Adding) -> Result<()> {
    while adding.step()?.is_some() {}
    Ok(())
}

pub fn add(shelf: &Shelf, id: &str, text: &str) {
    finish(&shelf.add(TextSource::text(text).unwrap(), about(id, None, &[])).unwrap()).unwrap();
}

pub fn replace(shelf: &Shelf, id: &str, text: &str) {
    finish(&shelf.replace(TextSource::text(text).unwrap(), about(id, None, &[])).unwrap()).unwrap();
}

pub fn all() -> Filter {
    Filter::default()
}

pub fn only(ids: &[&str]) -> Filter {
    Filter { ids: Some(ids.iter().map(|id| (*id).to_owned()).collect()), metadata: BTreeMap::new() }
}

pub fn having(key: &str, value: &str) -> Filter {
    Filter { ids: None, metadata: [(key.to_owned(), value.to_owned())].into() }
}

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % bound
    }

    /// As words are: the lower the more frequent.
    pub fn word(&mut self, vocabulary: usize) -> String {
        let bound = self.below(vocabulary) + 1;
        let number = self.below(bound);
        format!(
            "{}{}",
            ["ka", "lo", "mir", "ten", "sul", "vo", "ri", "ban"][number % 8],
            ["dor", "fen", "gat", "hol", "jut", "pim", "wex", "zul"][number / 8 % 8]
        ) + &"x".repeat(number / 64)
    }

    /// Sections of sentences.
    pub fn text(&mut self, vocabulary: usize) -> String {
        let mut text = String::new();
        for section in 0..1 + self.below(4) {
            if self.below(3) > 0 {
                text.push_str(&format!("{} {}\n\n", "#".repeat(1 + section.min(2)), self.word(vocabulary)));
            }
            for _ in 0..1 + self.below(30) {
                let words: Vec<String> = (0..3 + self.below(9)).map(|_| self.word(vocabulary)).collect();
                text.push_str(&format!("The {}. ", words.join(" ")));
            }
            text.push_str("\n\n");
        }
        text
    }
}
