//! A follow-up as a question that stands by itself: what it leaves out or points back to is taken from the questions before and their answers, by rules over
//! words. Pure.
//!
//! In this order, and the first that applies: question words alone; a phrase alone; words that point back (`it`, `she`, `there`, `the fee`); what has no noun
//! of its own (`And who pays?`). A question with a noun of its own and no such word is left as it is.

use crate::follow_up::antecedent::{Past, Turn, alike};
use crate::follow_up::ellipsis::{capital, fragment, of_question_words, with_fragment};
use crate::follow_up::question::{Phrase, Question, words};
use crate::follow_up::words::{is_auxiliary, is_be, is_closed, is_determiner, is_marker, is_plural, is_preposition, relation};

/// Words that begin a follow-up in other languages than English.
const OTHER_MARKERS: &str =
    "und aber y pero e ma et mais en maar och men og ja mutta és de и а но ve ama peki και αλλά și dar iar mas o што";
/// Most bytes of a follow-up: what is longer says enough.
const LONG: usize = 400;
/// Most words of a follow-up in another language none of whose words stands in the document.
const SHORT: usize = 6;
/// Most bytes of the questions before that one in another language is asked after.
const BEFORE: usize = 240;

/// The same in another language than English, where it is asked after the question before. It stands by itself where it begins with no such word as `und` and
/// holds a word of the document.
pub(crate) fn continued(question: &str, turns: &[Turn], holds: &dyn Fn(&str) -> bool) -> FollowUp {
    let question = turns.last().and_then(|last| joined(question, last, holds));
    FollowUp { refers: question.is_some(), again: true, question, phrase: None }
}

fn joined(question: &str, last: &Turn, holds: &dyn Fn(&str) -> bool) -> Option<String> {
    let all = words(question);
    let is_marked = all.len() > 1 && OTHER_MARKERS.split(' ').any(|marker| marker == all[0].small);
    let is_short = all.len() <= SHORT && !all.iter().any(|word| holds(&word.text));
    let before = &last.question[last.question.ceil_char_boundary(last.question.len().saturating_sub(BEFORE))..];
    (is_marked || is_short).then(|| format!("{before} {}", question.trim()))
}

/// What a question is after others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FollowUp {
    /// In full; None where it stands by itself.
    pub question: Option<String>,
    /// Whether it refers to what was answered: put in full, or begun with a word such as `and`.
    pub refers: bool,
    /// Whether it leaves out most of the question before, so that the same sentence may answer again.
    pub again: bool,
    /// Of a phrase alone, and no condition: the phrase.
    pub phrase: Option<String>,
}

/// What a question is after `turns`, the last one last. `holds`: whether a word stands in the document.
pub(crate) fn follow_up(question: &str, turns: &[Turn], holds: &dyn Fn(&str) -> bool) -> FollowUp {
    if question.len() > LONG {
        return FollowUp::default();
    }
    let all = words(question);
    let is_marked = all.len() > 1 && all.first().is_some_and(|word| is_marker(&word.small));
    let (question, phrase) = resolved(question, turns, holds).unzip();
    let asked = Question::new(all.into_iter().skip_while(|word| is_marker(&word.small)).collect());
    let again = !asked.is_whole() || asked.words.iter().any(|word| word.small == "about");
    FollowUp { refers: question.is_some() || is_marked && !turns.is_empty(), again, question, phrase: phrase.flatten() }
}

/// The follow-up in full, and the phrase that it is alone; None where it stands by itself.
fn resolved(question: &str, turns: &[Turn], holds: &dyn Fn(&str) -> bool) -> Option<(String, Option<String>)> {
    let mut all = words(question);
    let marked = all.iter().take_while(|word| is_marker(&word.small)).count();
    if marked == all.len() {
        return None;
    }
    let is_marked = marked > 0;
    all.drain(..marked);
    let past: Vec<Past> = turns.iter().rev().map(Past::new).collect();
    let last = past.first()?;
    let asked = Question::new(all);
    let (made, phrase) = if let Some(made) = of_question_words(&asked, last) {
        (made, None)
    } else if let Some(words) = fragment(&asked) {
        let own = Question { words, asked: 0..0, auxiliary: None, subject: None, verb: None };
        let text = own.text(0..own.words.len());
        let own = pointed(&own, &past).map_or(own.words, |text| crate::follow_up::question::words(&text));
        // What happens if … is no question that a noun has a place in.
        let whole = past.iter().find(|past| past.question.small(1) != "happens").unwrap_or(last);
        (with_fragment(&own, whole)?, Some(text).filter(|text| !text.starts_with("if ")))
    } else {
        (in_full(&asked, &past, is_marked, holds)?, None)
    };
    Some((format!("{}?", capital(made.trim())), phrase))
}

/// A question with what points back put in full, or with what it is about where it has no noun of its own.
fn in_full(asked: &Question, past: &[Past], is_marked: bool, holds: &dyn Fn(&str) -> bool) -> Option<String> {
    if let Some(done) = doing_again(asked, past) {
        return Some(done);
    }
    if let Some(made) = pointed(asked, past) {
        return Some(made);
    }
    let phrases = asked.phrases();
    let noun = asked.asked_noun();
    if let [one] = &phrases[..]
        && noun.is_none()
    {
        return fuller(asked, one, past);
    }
    let is_ours = asked.subject.as_ref().is_some_and(|subject| matches!(asked.small(subject.start), "i" | "we" | "you"));
    let stands = is_ours && asked.verb.is_some_and(|verb| holds(asked.small(verb)));
    if phrases.is_empty() && noun.is_none() && (is_marked || asked.words.len() <= 2) && asked.is_whole() && !stands {
        let ends = asked.words.last().is_some_and(|word| is_preposition(&word.small));
        let topic = past.iter().find_map(Past::topic)?;
        let joint = if ends { "" } else { " for" };
        return Some(format!("{}{joint} {topic}", asked.text(0..asked.words.len())));
    }
    None
}

/// `Which firm does it?`: the verb of before with what stands after it.
fn doing_again(asked: &Question, past: &[Past]) -> Option<String> {
    let [.., verb, pronoun] = &asked.words[..] else { return None };
    let does = matches!(verb.small.as_str(), "does" | "did" | "do") && matches!(pronoun.small.as_str(), "it" | "that" | "this" | "so");
    let is_subject = asked.asked.end + 2 == asked.words.len() && asked.asked.end > 0 && matches!(asked.wh(), "who" | "which" | "what");
    if !does || !is_subject {
        return None;
    }
    let before = past.first()?;
    match before.predicate() {
        Some(predicate) => Some(format!("{} {predicate}", asked.text(asked.asked.clone()))),
        None => of_question_words(&Question::new(words("who")), before),
    }
}

/// The question with each word that points back replaced; None where none is.
fn pointed(asked: &Question, past: &[Past]) -> Option<String> {
    let mut made: Vec<String> = asked.words.iter().map(|word| word.text.clone()).collect();
    let mut changed = false;
    let mut told: Vec<&str> = Vec::new();
    if let Some(noun) = counted(asked).and_then(|_| past.iter().find_map(|past| past.noun(true))) {
        made[asked.asked.end - 1].push_str(&format!(" {noun}"));
        if asked.small(asked.asked.end) == "of" && matches!(asked.small(asked.asked.end + 1), "them" | "these" | "those") {
            made[asked.asked.end].clear();
            made[asked.asked.end + 1].clear();
            told.push("thing");
        }
        changed = true;
    }
    for (at, word) in made.iter_mut().enumerate() {
        let Some(pronoun) = pronoun(asked, at) else { continue };
        if word.is_empty() || told.contains(&pronoun.kind) || is_own(asked, at, &pronoun) {
            continue;
        }
        let find = |of: &dyn Fn(&Past) -> Option<String>| past.iter().find_map(of);
        let stands_for = match pronoun.kind {
            "person" => find(&|past| past.person()),
            "people" => find(&|past| past.thing(true, true).filter(|text| is_many(text)).or_else(|| past.person()))
                .or_else(|| find(&|past| past.thing(true, true))),
            "doing" => find(&|past| past.doing()).or_else(|| find(&|past| past.thing(false, false))),
            "place" => find(&|past| past.place().or_else(|| past.thing(false, false).map(|thing| format!("at {thing}")))),
            "one" => find(&|past| past.noun(asked.small(at) == "ones")),
            "none" => find(&|past| past.noun(true)).map(|noun| format!("no {noun}")),
            _ => find(&|past| past.thing(false, false)),
        };
        let Some(text) = stands_for else { continue };
        *word = if pronoun.possessive { possessive(&text) } else { text };
        told.push(pronoun.kind);
        changed = true;
    }
    changed.then(|| made.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// A word that points back.
struct Pronoun {
    kind: &'static str,
    possessive: bool,
}

/// What kind of word points back at a place; None where none does.
fn pronoun(asked: &Question, at: usize) -> Option<Pronoun> {
    let before = at.checked_sub(1).map_or("", |before| asked.small(before));
    let after = asked.small(at + 1);
    let opens = !after.is_empty() && !is_closed(after) && asked.verb != Some(at + 1);
    let (kind, possessive) = match asked.small(at) {
        "it" if !is_expletive(asked, at) => ("thing", false),
        "its" => ("thing", true),
        "they" | "them" => ("people", false),
        "their" | "theirs" => ("people", true),
        "he" | "him" | "she" => ("person", false),
        "his" | "hers" => ("person", true),
        "her" => ("person", opens),
        "this" | "that" if !opens && (before.is_empty() || is_auxiliary(before) || is_preposition(before) || after.is_empty()) => {
            ("doing", false)
        }
        "these" | "those" if !opens && !matches!(after, "who" | "that" | "which" | "of" | "with") => ("people", false),
        "there" if !is_be(before) && !matches!(before, "will" | "be") && !is_be(after) => ("place", false),
        "one" | "ones" if before_noun(asked, at) => ("one", false),
        "none" => ("none", false),
        _ => return None,
    };
    Some(Pronoun { kind, possessive })
}

/// Whether `one` stands for a noun: after an adjective or an article.
fn before_noun(asked: &Question, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| asked.small(before));
    let quality = !before.is_empty() && !is_closed(before) && asked.verb != Some(at - 1) && at > 1;
    quality
        || matches!(before, "the" | "this" | "that" | "there" | "another")
            && (is_closed(asked.small(at + 1)) || asked.small(at + 1).is_empty())
}

/// Whether a question counts what it does not name: `How many did he receive?`
fn counted(asked: &Question) -> Option<()> {
    let many = asked.wh() == "how" && matches!(asked.small(asked.asked.end.max(1) - 1), "many" | "few");
    many.then_some(())
}

/// `it` that stands for what follows: it is allowed to …, it rains.
fn is_expletive(asked: &Question, at: usize) -> bool {
    let rest = at + 1..asked.words.len();
    let to = rest.clone().find(|at| matches!(asked.small(*at), "to" | "that"));
    let own = |from: usize| (from..asked.words.len()).any(|at| is_determiner(asked.small(at)) || asked.words[at].is_capital());
    let weather = matches!(asked.small(at + 1), "rains" | "snows" | "rain" | "snow" | "freezes");
    weather || to.is_some_and(|to| to > at + 1 && own(to + 1))
}

/// Whether a pronoun stands for something that the question itself names before it, in another clause or as its owner.
fn is_own(asked: &Question, at: usize, pronoun: &Pronoun) -> bool {
    let person = matches!(pronoun.kind, "person" | "people");
    let fits = |p: &Phrase| match pronoun.kind {
        "person" => asked.is_person(p),
        "people" => asked.is_plural(p) || asked.is_person(p),
        _ => !asked.is_person(p) && !asked.is_time(p),
    };
    let before = asked.phrases().into_iter().filter(|p| p.range.end <= at && fits(p));
    let noun = asked.asked_noun().filter(|_| person || pronoun.kind == "thing").filter(|_| asked.is_divided(asked.asked.end..at));
    let mut before = before.filter(|p| pronoun.possessive || asked.is_divided(p.range.end..at));
    matches!(pronoun.kind, "thing" | "person" | "people") && (before.next().is_some() || noun.is_some())
}

/// `the fee` with what the question before says of it, and a noun that says little by itself with what it is of.
fn fuller(asked: &Question, one: &Phrase, past: &[Past]) -> Option<String> {
    let range = one.range.clone();
    let is_bare = range.len() == 2 && matches!(asked.small(range.start), "the" | "this" | "that" | "these" | "those");
    if !is_bare {
        return None;
    }
    let last = past.first()?;
    let head = asked.small(one.head);
    let with = |text: &str| {
        let before = asked.text(0..range.start);
        let after = asked.text(range.end..asked.words.len());
        format!("{before} {text} {after}").trim().to_owned()
    };
    let q = &last.question;
    let same = q.phrases().into_iter().chain(q.subject.clone().map(|range| crate::follow_up::antecedent::phrase(q, range)));
    let longer = same
        .filter(|p| alike(q.small(p.head), head) && p.range.len() > 2 && is_plural(q.small(p.head)) == is_plural(head))
        .max_by_key(|p| p.range.len());
    if let Some(longer) = longer {
        let text = q.text(longer.range);
        let text = text.strip_prefix("a ").or(text.strip_prefix("an ")).map_or(text.clone(), |rest| format!("the {rest}"));
        return Some(with(&text));
    }
    let joint = relation(head)?;
    let ends = range.end == asked.words.len();
    let topic = past.iter().find_map(Past::topic).filter(|topic| !topic.split(' ').any(|word| alike(&word.to_lowercase(), head)))?;
    ends.then(|| with(&format!("the {head} {joint} {topic}")))
}

fn possessive(text: &str) -> String {
    if text.ends_with('s') { format!("{text}'") } else { format!("{text}'s") }
}

fn is_many(text: &str) -> bool {
    let head = text.split(" of ").next().unwrap_or_default().split(' ').next_back().unwrap_or_default();
    let first = text.split(" that ").next().unwrap_or_default().split(' ').next_back().unwrap_or_default();
    is_plural(&head.to_lowercase()) || is_plural(&first.to_lowercase()) || text.contains(" and ")
}
