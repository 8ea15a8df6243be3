//! Which table or list a question means, and which of its entries: only where every word of the question is accounted for.

use crate::listing::asked::Asked;
use crate::listing::naming::{Naming, Sense, namings};
use crate::listing::profile::Profile;
use crate::listing::walk::Entries;
use crate::listing::words::{stem, stems};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Which table or list.
    pub of: usize,
    /// The column whose values are counted, each once; None: every entry is.
    pub column: Option<usize>,
    /// What must stand in which column.
    pub filters: Vec<(usize, Vec<String>)>,
}

/// The one table or list that a question means; None where there is none, or more than one. `only`: the document is nothing but one table.
pub(super) fn choose(asked: &Asked, profiles: &[Profile], title: &[String], only: bool) -> Option<Choice> {
    let mut found: Vec<(Sense, Choice)> = Vec::new();
    for profile in profiles {
        let Some(filters) = filters(asked, profile) else { continue };
        for naming in namings(asked, profile, title, only, !filters.is_empty()) {
            if accounted(asked, profile, &naming, &filters, title) {
                let values = filters.iter().map(|filter| (filter.column, asked.words[filter.from..filter.to].to_vec())).collect();
                found.push((naming.sense, Choice { of: profile.of, column: naming.column, filters: values }));
            }
        }
    }
    let surest = found.iter().map(|(sense, _)| *sense).min()?;
    let mut surest = found.into_iter().filter(|(sense, _)| *sense == surest).map(|(_, choice)| choice);
    surest.next().filter(|_| surest.next().is_none())
}

/// Words of a question that are a value of a column.
#[derive(Debug)]
struct Filter {
    column: usize,
    from: usize,
    to: usize,
}

/// The values among a question's words, the longest first; None where it is not sure which column one is of, or whether a cell means it.
fn filters(asked: &Asked, profile: &Profile) -> Option<Vec<Filter>> {
    let mut found: Vec<Filter> = Vec::new();
    let question: Vec<String> = asked.words.iter().map(|word| stem(word)).collect();
    for phrase in &profile.phrases {
        let to = phrase.from + phrase.words.len();
        if found.iter().any(|other| phrase.from < other.to && other.from < to) {
            continue;
        }
        let columns: Vec<usize> = (0..profile.columns.len()).filter(|column| phrase.alone[*column] > 0).collect();
        let named = |column: &usize| stems(&profile.columns[*column]).iter().any(|part| question.contains(part));
        let column = match columns.as_slice() {
            [] => continue,
            [column] => *column,
            several => {
                let mut named = several.iter().filter(|column| named(column));
                *named.next().filter(|_| named.next().is_none())?
            }
        };
        if phrase.among[column] > 0 || found.iter().any(|other| other.column == column) {
            return None;
        }
        found.push(Filter { column, from: phrase.from, to });
    }
    Some(found)
}

/// Whether every word of a question is accounted for.
fn accounted(asked: &Asked, profile: &Profile, naming: &Naming, filters: &[Filter], title: &[String]) -> bool {
    let columns: Vec<String> = filters.iter().flat_map(|filter| stems(&profile.columns[filter.column])).collect();
    let least = if profile.named.kind == Entries::Rows { 1 } else { 2 };
    let places = ["live", "lives"];
    let is_place = |column: &String| matches!(column.as_str(), "citi" | "town" | "countri" | "address" | "resid" | "villag" | "place");
    profile.count >= least
        && naming.column.is_none_or(|column| filters.iter().all(|filter| filter.column != column))
        && asked.content().all(|at| {
            let part = stem(&asked.words[at]);
            filters.iter().any(|filter| (filter.from..filter.to).contains(&at))
                || naming.accounts.contains(&part)
                || columns.contains(&part)
                || title.contains(&part)
                || !filters.is_empty() && matches!(asked.words[at].as_str(), "come" | "comes" | "belong" | "belongs")
                || places.contains(&asked.words[at].as_str()) && columns.iter().any(is_place)
        })
}
