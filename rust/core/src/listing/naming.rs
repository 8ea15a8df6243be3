//! Whether a table or a list is named by what a question asks for. English; pure.

use crate::listing::asked::Asked;
use crate::listing::profile::Profile;
use crate::listing::walk::Entries;
use crate::listing::words::{is_item, is_key, is_light, is_light_in_name, is_person, is_row, is_statement, is_step, stem, stems, words};

/// What the noun of a question is of a table or a list, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sense {
    /// Its entries, by its name; or what a column names: each value counts once.
    Named,
    /// Its entries, by a word for entries of its kind.
    Entries,
    /// Its entries, since the document is nothing but this table.
    Only,
}

/// How a noun names a table or a list.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    pub sense: Sense,
    /// The column whose values are counted; None: every entry is.
    pub column: Option<usize>,
    /// The stems that the name accounts for.
    pub accounts: Vec<String>,
}

/// What a question's noun may be of a table or a list. `title`: stems of the document's title; `only`: whether the document is nothing else; `filtered`:
/// whether a word of the question is a value of a column.
pub(super) fn namings(asked: &Asked, profile: &Profile, title: &[String], only: bool, filtered: bool) -> Vec<Naming> {
    let noun = asked.noun();
    let wanted = stem(noun);
    let question: Vec<String> = asked.words.iter().map(|word| stem(word)).collect();
    let known = |part: &String| question.contains(part) || title.contains(part);
    let mut found = Vec::new();
    let is_list = profile.named.kind == Entries::Items;
    if !is_list && profile.columns.is_empty() {
        return found; // its first row may name the columns
    }
    for (number, column) in profile.columns.iter().enumerate() {
        let own = significant(column);
        let names = own.last() == Some(&wanted) && own.iter().all(&known);
        // "How many seats does the Skua have?" asks for what stands there.
        if names && (number == 0 || !profile.digits[number]) {
            let accounts = own.into_iter().chain(stems(heading(profile))).collect();
            found.push(Naming { sense: Sense::Named, column: Some(number), accounts });
        }
    }
    let holds_names = !is_list || profile.statements == 0 || is_statement(noun);
    let first = profile.columns.first().map(|column| significant(column)).unwrap_or_default();
    let is_free = is_list || first.is_empty() || first.last() == Some(&wanted);
    if found.is_empty() && holds_names && is_free {
        found.extend(by_name(asked, profile, &wanted, &known));
    }
    let is_kind = match profile.named.kind {
        Entries::Items => (is_item(noun) && holds_names) || is_step(noun) && profile.named.numbered,
        Entries::Rows | Entries::Records => is_row(noun) || is_item(noun),
    };
    if found.is_empty() && is_kind {
        let accounts = [stems(heading(profile)), stems(profile.named.lead.as_deref().unwrap_or_default()), title.to_vec()].concat();
        found.push(Naming { sense: Sense::Entries, column: None, accounts });
    }
    if found.is_empty() && only && !is_list {
        let named =
            profile.columns.iter().any(|column| words(column).iter().any(|word| word == "name" || word == "email" || word == "surname"));
        let has_key = profile.columns.first().is_some_and(|column| significant(column).is_empty());
        let is_column = profile.columns.iter().any(|column| stems(column).contains(&wanted));
        if is_person(noun) && named && has_key || filtered && has_key && !is_column && asked.head.is_some() {
            found.push(Naming { sense: Sense::Only, column: None, accounts: Vec::new() });
        }
    }
    found
}

/// By the words that lead it in or, where there are none or they say nothing, by the heading above: all that the name says is asked for.
fn by_name(asked: &Asked, profile: &Profile, wanted: &str, known: &dyn Fn(&String) -> bool) -> Option<Naming> {
    let own =
        |text: &str| words(text).iter().filter(|word| !is_light_in_name(word) && word.len() > 1).map(|word| stem(word)).collect::<Vec<_>>();
    let lead = profile.named.lead.as_deref().map(own).filter(|lead| !lead.is_empty());
    let heading = own(heading(profile));
    let heading: Vec<String> = heading.into_iter().filter(|part| part.parse::<f64>().is_err()).collect();
    let name = lead.as_ref().unwrap_or(&heading);
    if name.is_empty() || !name.iter().all(known) {
        return None;
    }
    let persons = asked.head.is_none() || is_person(asked.noun()) && !name.iter().any(|part| part == wanted);
    let asks = asked.content().map(|at| stem(&asked.words[at])).any(|part| name.contains(&part));
    if !(name.iter().any(|part| part == wanted) || persons && asks && profile.named.kind == Entries::Items) {
        return None;
    }
    let accounts = name.iter().chain(&heading).cloned().collect();
    Some(Naming { sense: Sense::Named, column: None, accounts })
}

fn heading(profile: &Profile) -> &str {
    profile.named.heading.as_deref().unwrap_or_default()
}

/// The stems of a column's name that name a thing.
pub(super) fn significant(column: &str) -> Vec<String> {
    words(column).iter().filter(|word| !is_key(word) && !is_light(word)).map(|word| stem(word)).collect()
}
