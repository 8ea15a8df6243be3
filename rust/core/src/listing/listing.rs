//! The rows, records or items that a question asks for, counted over the whole document.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::answer::Span;
use crate::error::Result;
use crate::listing::asked::{Asked, Wanted};
use crate::listing::choice::{Choice, choose};
use crate::listing::profile::Profile;
use crate::listing::walk::{Entries, Entry, Met, Walk};
use crate::listing::words::{number, stem, stems, words};
use crate::text::source::TextSource;
use crate::text::whitespace::visible;

/// Tables and lists that are looked at; where more may be meant nothing is counted.
const PROFILES: usize = 64;
/// Entries that are given, and bytes of them.
const SHOWN: usize = 100;
const SHOWN_BYTES: usize = 1 << 16;
/// Most values of a column that are told apart: 2 MB.
const VALUES: usize = 1 << 17;
/// Most sentences with a number of their own that are kept.
const SAID: usize = 32;
/// A longer block is not searched for numbers.
const LONG: usize = 4096;

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// How many there are.
    pub count: u64,
    /// The first of them, in the document's order.
    pub entries: Vec<(Span, String)>,
    /// From the first entry of the table or list to its last.
    pub extent: Span,
}

/// A question on its way to a count.
#[derive(Debug)]
pub(crate) struct Listing {
    asked: Asked,
    source: TextSource,
    walk: Walk,
    phase: Phase,
    /// Numbers that sentences give of the noun, with the words of the sentence.
    said: Vec<(u64, Vec<String>)>,
    title: Vec<String>,
}

#[derive(Debug)]
enum Phase {
    Profiles(Profiles),
    Count(Counting),
    End(Option<Listed>),
}

#[derive(Debug, Default)]
struct Profiles {
    some: Vec<Profile>,
    too_many: bool,
    /// Whether words stand outside of tables and records.
    prose: bool,
    begun: usize,
}

#[derive(Debug)]
struct Counting {
    choice: Choice,
    count: u64,
    values: HashSet<u64>,
    /// The last value, while every one was a larger number than the one before: such need not be told apart.
    rising: Option<f64>,
    too_many: bool,
    entries: Vec<(Span, String)>,
    bytes: usize,
    extent: Option<Span>,
}

impl Listing {
    /// Of a question for a count or a list about a document that was read.
    pub fn new(asked: Asked, source: &TextSource) -> Self {
        Self {
            asked,
            source: source.clone(),
            walk: Walk::new(source),
            phase: Phase::Profiles(Profiles::default()),
            said: Vec::new(),
            title: Vec::new(),
        }
    }

    pub fn wanted(&self) -> Wanted {
        self.asked.wanted
    }

    /// Looks at one more chunk; whether there is more to do.
    ///
    /// # Errors
    /// `text.changed`; `io`.
    pub fn step(&mut self) -> Result<bool> {
        let Self { asked, walk, phase, said, title, .. } = self;
        match phase {
            Phase::Profiles(profiles) => {
                if !walk.advance(&mut |met| profiles.meet(asked, met, said, title))? {
                    self.choose();
                }
                Ok(true)
            }
            Phase::Count(counting) => {
                if !walk.advance(&mut |met| {
                    if let Met::Entry(entry) = met {
                        counting.add(&entry);
                    }
                })? {
                    self.end();
                }
                Ok(true)
            }
            Phase::End(_) => Ok(false),
        }
    }

    /// The share of the work that is behind.
    pub fn done(&self) -> f64 {
        let walked = self.walk.done() as f64 / self.source.length().max(1) as f64;
        match &self.phase {
            Phase::Profiles(_) => walked / 2.0,
            Phase::Count(_) => 0.5 + walked / 2.0,
            Phase::End(_) => 1.0,
        }
    }

    /// What was counted once nothing is left to do; None where nothing could be.
    pub fn take(&mut self) -> Option<Listed> {
        if let Phase::End(listed) = &mut self.phase { listed.take() } else { None }
    }

    fn choose(&mut self) {
        let Phase::Profiles(profiles) = &self.phase else { return };
        let only = !profiles.prose && profiles.begun == 1;
        let choice = if profiles.too_many { None } else { choose(&self.asked, &profiles.some, &self.title, only) };
        self.walk = Walk::new(&self.source);
        self.phase = choice.map_or(Phase::End(None), |choice| Phase::Count(Counting::new(choice)));
    }

    fn end(&mut self) {
        let Phase::Count(counting) = &mut self.phase else { return };
        let listed = counting.end();
        let filters = &counting.choice.filters;
        let holds = |words: &[String]| filters.iter().all(|(_, value)| words.windows(value.len()).any(|some| some == value.as_slice()));
        let differs = |listed: &Listed| self.said.iter().any(|(count, words)| *count != listed.count && holds(words));
        self.phase = Phase::End(listed.filter(|listed| !differs(listed)));
    }
}

impl Profiles {
    fn meet(&mut self, asked: &Asked, met: Met, said: &mut Vec<(u64, Vec<String>)>, title: &mut Vec<String>) {
        match met {
            Met::Begins(of, named) => {
                self.begun += 1;
                let profile = Profile::new(of, named, asked);
                let wanted = stem(asked.noun());
                let content: Vec<String> = asked.content().map(|at| stem(&asked.words[at])).collect();
                let names = [named.heading.as_deref(), named.lead.as_deref()].into_iter().flatten().flat_map(stems).collect::<Vec<_>>();
                let may = named.kind != Entries::Items
                    || names.contains(&wanted)
                    || content.iter().any(|part| names.contains(part))
                    || content.is_empty();
                if may && self.some.len() < PROFILES {
                    self.some.push(profile);
                } else {
                    self.too_many |= may;
                }
            }
            Met::Entry(entry) => {
                // Those that are open stand at the end.
                if let Some(profile) = self.some.iter_mut().rev().find(|profile| profile.of == entry.of) {
                    profile.add(&entry);
                }
            }
            Met::Title(text) => *title = stems(text),
            Met::Prose(text) => {
                self.prose = true;
                if text.len() <= LONG && said.len() < SAID {
                    said.extend(told(asked, text));
                }
            }
        }
    }
}

/// The numbers that a text gives of a question's noun as all there are: "The club has 12 members", "There are five boats", "9 boats in total".
fn told(asked: &Asked, text: &str) -> Vec<(u64, Vec<String>)> {
    if asked.head.is_none() || !visible(text).chars().any(char::is_alphanumeric) {
        return Vec::new();
    }
    let wanted = stem(asked.noun());
    let mut found = Vec::new();
    for range in crate::text::sentences::sentences(text) {
        let words = words(&text[range]);
        let counts = words.iter().any(|word| {
            matches!(
                word.as_str(),
                "there" | "has" | "have" | "had" | "total" | "altogether" | "consists" | "comprises" | "number" | "counts" | "owns"
            )
        });
        if !counts {
            continue;
        }
        let numbers = words.iter().enumerate().filter_map(|(at, word)| Some((at, number(word)?)));
        let near = |at: usize| words[at + 1..].iter().take(3).any(|word| stem(word) == wanted);
        let some: Vec<u64> = numbers.filter(|(at, _)| near(*at)).map(|(_, count)| count).collect();
        found.extend(some.into_iter().map(|count| (count, words.clone())));
    }
    found
}

impl Counting {
    fn new(choice: Choice) -> Self {
        Self {
            choice,
            count: 0,
            values: HashSet::new(),
            rising: Some(f64::NEG_INFINITY),
            too_many: false,
            entries: Vec::new(),
            bytes: 0,
            extent: None,
        }
    }

    fn add(&mut self, entry: &Entry) {
        if entry.of != self.choice.of {
            return;
        }
        let extent = self.extent.get_or_insert(entry.span);
        (extent.end, extent.end_utf16) = (entry.span.end, entry.span.end_utf16);
        let cell = |column: usize| entry.cells.iter().find(|(at, _)| *at == column).map(|(_, text)| *text);
        let holds = self.choice.filters.iter().all(|(column, value)| cell(*column).is_some_and(|text| words(text) == *value));
        if !holds {
            return;
        }
        if let Some(column) = self.choice.column {
            let value = cell(column).unwrap_or_default();
            if value.is_empty() || !self.is_new(value) {
                return;
            }
        }
        self.count += 1;
        if self.entries.len() < SHOWN && self.bytes + entry.text.len() <= SHOWN_BYTES {
            self.bytes += entry.text.len();
            self.entries.push((entry.span, entry.text.to_owned()));
        }
    }

    /// Whether a value of the column was not met before.
    fn is_new(&mut self, value: &str) -> bool {
        let rises = value.parse::<f64>().ok().filter(|value| self.rising.is_some_and(|last| *value > last));
        if self.rising.is_some() && rises.is_some() {
            self.rising = rises;
            if self.values.len() < VALUES {
                self.values.insert(hash(value));
            }
            return true;
        }
        // A value that does not rise can only be told from those that were kept.
        self.too_many |= self.count > self.values.len() as u64;
        self.rising = None;
        if self.values.len() >= VALUES {
            self.too_many = true;
        }
        self.values.insert(hash(value))
    }

    fn end(&mut self) -> Option<Listed> {
        let extent = self.extent.filter(|_| self.count > 0 && !self.too_many)?;
        Some(Listed { count: self.count, entries: std::mem::take(&mut self.entries), extent })
    }
}

/// Of a value as it is compared: its words.
fn hash(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    words(value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::asked::asked;

    /// What a question counts in a text.
    fn listed(text: &str, question: &str) -> Option<Listed> {
        let mut listing = Listing::new(asked(question)?, &TextSource::text(text).unwrap());
        while listing.step().unwrap() {}
        listing.take()
    }

    fn count(text: &str, question: &str) -> Option<u64> {
        listed(text, question).map(|listed| listed.count)
    }

    #[test]
    fn rows_are_counted_by_values_of_their_columns() {
        let orders = "order,customer,city,status\n1,Ida,Bergen,open\n2,Jon,Oslo,shipped\n3,Ida,Bergen,shipped\n4,Mia,Oslo,open\n";
        assert_eq!(count(orders, "How many orders are there?"), Some(4));
        assert_eq!(count(orders, "How many orders are open?"), Some(2));
        assert_eq!(count(orders, "How many open orders are from Oslo?"), Some(1));
        assert_eq!(count(orders, "How many customers are there?"), Some(3));
        assert_eq!(count(orders, "How many rows have the status shipped?"), Some(2));
        let which = listed(orders, "Which orders are open?").unwrap();
        assert_eq!(which.entries.iter().map(|entry| entry.1.as_str()).collect::<Vec<_>>(), ["1,Ida,Bergen,open", "4,Mia,Oslo,open"]);
        for other in ["How many orders are late?", "How many ships are open?", "How many orders did Ida cancel?", "Which order is open?"] {
            assert_eq!(count(orders, other), None, "{other}");
        }
    }

    #[test]
    fn a_table_whose_first_row_may_name_its_columns_is_not_counted() {
        let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        std::io::Write::write_all(&mut file, b"Name;Country;Room\nIlse;Austria;single\nTom;Ireland;double\n").unwrap();
        let source = TextSource::file(file.path()).unwrap();
        while source.extract(None, std::time::Duration::from_millis(50)).unwrap().is_some() {}
        let mut listing = Listing::new(asked("How many rows are there?").unwrap(), &source);
        while listing.step().unwrap() {}
        assert_eq!(listing.take(), None);
    }

    #[test]
    fn records_are_counted_by_their_labels() {
        let mut file = tempfile::NamedTempFile::with_suffix(".jsonl").unwrap();
        let line = |ticket: u32, state: &str| format!("{{\"ticket\":{ticket},\"state\":\"{state}\"}}\n");
        let lines = [line(17, "open"), line(18, "closed"), line(19, "open")].concat();
        std::io::Write::write_all(&mut file, lines.as_bytes()).unwrap();
        let source = TextSource::file(file.path()).unwrap();
        while source.extract(None, std::time::Duration::from_millis(50)).unwrap().is_some() {}
        let mut listing = Listing::new(asked("How many tickets are open?").unwrap(), &source);
        while listing.step().unwrap() {}
        assert_eq!(listing.take().map(|listed| listed.count), Some(2));
    }

    #[test]
    fn a_value_of_two_columns_or_among_other_words_is_not_sure() {
        let twice = "boat,hull,sail\nTern,red,white\nSkua,white,red\n";
        assert_eq!(count(twice, "How many boats are red?"), None);
        assert_eq!(count(twice, "How many boats have a red hull?"), Some(1));
        let among = "boat,state\nTern,open\nSkua,open since May\n";
        assert_eq!(count(among, "How many boats are open?"), None);
    }

    #[test]
    fn lists_are_counted_by_their_names_where_all_of_the_name_is_asked_for() {
        let club = "# Club\n\nThe club has two founding members.\n\n## Members\n\n- Anna\n- Ben\n- Cleo\n\n## Boats\n\n- wear a life jacket\n- check the hull\n";
        assert_eq!(count(club, "List all members"), None, "a sentence gives another number");
        assert_eq!(count(&club.replace("two", "no"), "List all members"), Some(3));
        assert_eq!(count(club, "How many boats are there?"), None, "instructions are no boats");
        let twice = format!("{}\n## Members\n\n- Dora\n- Emil\n", club.replace("two", "no"));
        assert_eq!(count(&twice, "How many members are there?"), None, "two lists fit");
    }

    #[test]
    fn a_count_goes_over_the_whole_table_and_gives_its_first_rows() {
        let rows: String = (0..300_000).map(|row| format!("{row},{},x\n", if row % 3 == 0 { "open" } else { "shut" })).collect();
        let found = listed(&format!("gate,state,mark\n{rows}"), "How many gates are open?").unwrap();
        assert_eq!((found.count, found.entries.len()), (100_000, SHOWN));
        let twice = format!("gate,state,mark\n{rows}{rows}");
        assert_eq!(count(&twice, "How many gates are open?"), Some(100_000), "each gate counts once");
        assert_eq!(count(&twice, "How many gates are there?"), None, "too many to tell apart");
    }
}
