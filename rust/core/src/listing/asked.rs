//! Whether a question asks for a count or a list, and of what. English; pure.

use crate::listing::words::{ends_phrase, goes_beyond, is_light, is_person, is_plural, words};

/// Most words of a question that is taken apart.
const LONGEST: usize = 24;

/// What is wanted of the rows or items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// How many there are.
    Count,
    /// Which they are.
    List,
}

/// A question for a count or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub wanted: Wanted,
    /// Its words after those that ask, in small letters.
    pub words: Vec<String>,
    /// Which of them names what is asked for; None of a question for persons by "who".
    pub head: Option<usize>,
    /// Whether a value of a column may be among the words; else only names.
    pub filters: bool,
}

impl Asked {
    /// The word that names what is asked for.
    pub fn noun(&self) -> &str {
        self.head.map_or("who", |at| &self.words[at])
    }

    /// The places of words that say something, the noun aside.
    pub fn content(&self) -> impl Iterator<Item = usize> {
        (0..self.words.len()).filter(|at| Some(*at) != self.head && !is_light(&self.words[*at]))
    }
}

/// What a question asks to be counted or listed; None of any other question.
pub(crate) fn asked(question: &str) -> Option<Asked> {
    let all = words(question);
    if all.len() > LONGEST || all.iter().any(|word| goes_beyond(word)) {
        return None;
    }
    let mut rest: &[String] = &all;
    while let Some(next) =
        ["please", "and", "so", "tell me", "give me", "show me", "can you", "could you"].iter().find_map(|polite| after(rest, polite))
    {
        rest = next;
    }
    let starts = |one: &[&str]| one.iter().find_map(|begin| after(rest, begin));
    if let Some(rest) = starts(&[
        "how many",
        "what is the number of",
        "what the number of",
        "the number of",
        "number of",
        "count the",
        "count all",
        "count",
    ]) {
        return noun_phrase(Wanted::Count, rest, false, true);
    }
    let lists = ["list all", "list the", "list every", "name all", "name the", "enumerate", "all", "a list of", "the list of", "show all"];
    if let Some(rest) = starts(&lists) {
        return noun_phrase(Wanted::List, rest, true, true);
    }
    if let Some(rest) = starts(&["who is", "who was"]) {
        return (!rest.is_empty()).then(|| Asked { wanted: Wanted::List, words: rest.to_vec(), head: None, filters: false });
    }
    if let Some(rest) = starts(&["who are", "who were"]) {
        return noun_phrase(Wanted::List, rest, true, true)
            .or_else(|| (!rest.is_empty()).then(|| Asked { wanted: Wanted::List, words: rest.to_vec(), head: None, filters: false }));
    }
    if let Some(rest) = starts(&["what are", "what were", "which are", "which were"]) {
        return noun_phrase(Wanted::List, rest, true, true);
    }
    if let Some(rest) = starts(&["what is on", "what on", "what is in", "what stands on"]) {
        let words = std::iter::once("items".to_owned()).chain(rest.iter().cloned()).collect();
        return rest.iter().any(|word| word == "list").then_some(Asked { wanted: Wanted::List, words, head: Some(0), filters: false });
    }
    starts(&["which", "what"]).and_then(|rest| noun_phrase(Wanted::List, rest, true, true))
}

/// What follows some words.
fn after<'w>(words: &'w [String], begin: &str) -> Option<&'w [String]> {
    let count = begin.split(' ').count();
    let begins = words.len() >= count && begin.split(' ').zip(words).all(|(one, word)| one == word);
    begins.then(|| &words[count..])
}

/// The noun is the first plural before a verb or a preposition, or else the last word before it; of a list it is a plural.
fn noun_phrase(wanted: Wanted, rest: &[String], plural: bool, filters: bool) -> Option<Asked> {
    let begin = rest
        .iter()
        .position(|word| !matches!(word.as_str(), "the" | "all" | "of" | "these" | "those" | "different" | "our" | "my" | "your"))?;
    let words = &rest[begin..];
    let end = words.iter().position(|word| ends_phrase(word)).unwrap_or(words.len());
    let head = words[..end].iter().position(|word| is_plural(word)).or_else(|| end.checked_sub(1).filter(|_| !plural))?;
    let noun = &words[head];
    // A verb follows its subject and has an object: "Which code opens the gate?"
    let is_verb = head > 0 && words.get(head + 1).is_some_and(|next| matches!(next.as_str(), "the" | "a" | "an"));
    if is_verb {
        return None;
    }
    if noun.len() < 3 || (!is_plural(noun) && !is_person(noun) && wanted == Wanted::List) {
        return None;
    }
    Some(Asked { wanted, words: words.to_vec(), head: Some(head), filters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_lists_are_told_from_other_questions() {
        let noun = |question: &str| asked(question).map(|asked| (asked.wanted, asked.noun().to_owned()));
        let count = |noun: &str| Some((Wanted::Count, noun.to_owned()));
        let list = |noun: &str| Some((Wanted::List, noun.to_owned()));
        assert_eq!(noun("How many boats are there?"), count("boats"));
        assert_eq!(noun("How many open orders are from Oslo?"), count("orders"));
        assert_eq!(noun("What is the number of members?"), count("members"));
        assert_eq!(noun("Please list all members of the board."), list("members"));
        assert_eq!(noun("Which rows have status open?"), list("rows"));
        assert_eq!(noun("What are the steps for mooring?"), list("steps"));
        assert_eq!(noun("Which members joined in 2019?"), list("members"));
        assert_eq!(noun("Who is on the committee?"), list("who"));
        assert_eq!(noun("What is on the packing list?"), list("items"));
        for other in [
            "Which code opens the north gate?",
            "How many rooms cost more than 100?",
            "How many boats are not red?",
            "How many members left before 2020?",
            "What is the rent?",
            "When does it open?",
            "How much is the rent?",
            "",
        ] {
            assert_eq!(asked(other), None, "{other}");
        }
    }
}
