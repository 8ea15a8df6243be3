//! What an earlier question and its answer give the words of a follow-up to stand for: a thing, a person, a place, a doing. Pure.

use std::ops::Range;

use crate::follow_up::question::{Phrase, Question, Word, words};
use crate::follow_up::words::{
    base_of_irregular, is_auxiliary, is_base_verb, is_be, is_closed, is_determiner, is_light, is_marker, is_person, is_plural,
    is_possessive, is_preposition, is_state, is_time, is_title, relation,
};

/// Most words of what a pronoun stands for.
const LONG: usize = 12;
/// Most words of a short answer that names something.
const NAME: usize = 6;

/// A question that was asked, as it was put to the document, and what answered it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn {
    pub question: String,
    /// The sentences that were quoted, best first.
    pub quotes: Vec<String>,
    /// The words of the first that answer by themselves, where a reader told them.
    pub short: Option<String>,
}

/// The same, taken apart.
#[derive(Debug)]
pub(super) struct Past<'t> {
    turn: &'t Turn,
    pub question: Question,
}

impl<'t> Past<'t> {
    pub fn new(turn: &'t Turn) -> Self {
        let whole = words(&turn.question).into_iter().skip_while(|word| is_marker(&word.small)).collect();
        Self { turn, question: Question::new(whole) }
    }

    /// What `it` or `they` stands for: what the question is about, or its answer where it asks for a thing.
    pub fn thing(&self, plural: bool, people: bool) -> Option<String> {
        let found = self.things(people);
        let matching = found.iter().find(|(_, is_plural)| *is_plural == plural);
        matching.or(found.first()).map(|(text, _)| text.clone())
    }

    /// Things and, of the plural, people: what is likeliest first, with whether it is many.
    fn things(&self, people: bool) -> Vec<(String, bool)> {
        let q = &self.question;
        let mut found = Vec::new();
        let mass = q.wh() == "how" && q.asked_noun().is_some_and(|noun| !is_plural(q.small(noun.end - 1)));
        if !mass {
            found.extend(self.asked_thing(people));
        }
        let passive = q.auxiliary.is_some_and(|at| is_be(q.small(at)));
        let is_about_people = q
            .subject
            .clone()
            .is_none_or(|range| q.is_person(&phrase(q, range.clone())) || range.len() == 1 && is_closed(q.small(range.start)));
        if q.wh() == "what" && q.asked_noun().is_none() && !passive && q.subject.is_some() && is_about_people {
            found.extend(self.answer_thing());
        }
        if mass && is_about_people {
            found.extend(self.asked_thing(people));
        }
        found.extend(self.topics(people).into_iter().map(|(phrase, text)| (text, q.is_plural(&phrase))));
        if found.is_empty() {
            found.extend(self.answer_thing());
        }
        found
    }

    /// The noun that was asked for, with what is said of it: the code that opens the north gate.
    fn asked_thing(&self, people: bool) -> Option<(String, bool)> {
        let q = &self.question;
        let noun = q.asked_noun()?;
        let head = q.small(noun.end - 1).to_owned();
        if is_light(&head) || is_time(&head) || is_person(&head) && !people {
            return None;
        }
        let many = is_plural(&head);
        let name = q.text(noun.clone());
        if q.wh() == "how" {
            return Some((name, many));
        }
        let rest = match (q.auxiliary, &q.subject) {
            (None, _) => format!("that {}", q.text(noun.end..q.words.len())),
            (Some(at), None) => format!("that {}", q.text(at..q.words.len())),
            (Some(at), Some(_)) if is_be(q.small(at)) => format!("that {}", q.text(at..q.words.len())),
            (Some(at), Some(subject)) => {
                let auxiliary = if matches!(q.small(at), "do" | "does" | "did") { String::new() } else { format!(" {}", q.small(at)) };
                format!("{}{auxiliary} {}", q.text(subject.clone()), q.text(subject.end..q.words.len()))
            }
        };
        let is_long = rest.split(' ').count() > LONG / 2;
        Some((if is_long { format!("the {name}") } else { format!("the {name} {}", rest.trim_end()) }, many))
    }

    /// What the question is about: its subject, then what stands after the verb, then what stands after prepositions.
    fn topics(&self, people: bool) -> Vec<(Phrase, String)> {
        let q = &self.question;
        let mut phrases = Vec::new();
        if let Some(subject) = q.subject.clone().filter(|range| !is_closed(q.small(range.end - 1)) || range.len() > 1) {
            phrases.push(phrase(q, subject));
        }
        let rest = q.phrases();
        let is_subject = |p: &Phrase| q.subject.as_ref().is_some_and(|subject| subject.contains(&p.range.start));
        let (direct, others): (Vec<Phrase>, Vec<Phrase>) =
            rest.into_iter().filter(|p| !is_subject(p)).partition(|p| p.preposition.is_none());
        phrases.extend(direct);
        phrases.extend(others.into_iter().filter(|p| !q.is_time(p)));
        let wanted = |p: &Phrase| people || !q.is_person(p);
        phrases.into_iter().filter(wanted).map(|p| (p.clone(), self.told(&p))).filter(|(_, text)| !text.is_empty()).collect()
    }

    /// A phrase as another question may hold it: of `the name of the ship` the ship; `a` fee that there is is `the` fee.
    fn told(&self, phrase: &Phrase) -> String {
        let q = &self.question;
        let mut range = phrase.range.clone();
        let of = range.clone().find(|at| q.small(*at) == "of");
        let head = q.small(phrase.head);
        if let Some(of) = of.filter(|_| is_light(head) || relation(head).is_some()) {
            range.start = of + 1;
        } else if is_light(head) && relation(head).is_none() && !range.clone().any(|at| q.words[at].is_capital()) {
            return String::new();
        }
        // What says which one it is: the fence along the railway.
        let after = q.small(range.end);
        if matches!(after, "along" | "near" | "behind" | "beside" | "between") {
            let next = q.phrases().into_iter().find(|next| next.preposition == Some(range.end));
            range.end = next.map_or(range.end, |next| next.range.end);
        }
        let there = q.subject.as_ref().is_some_and(|subject| q.small(subject.start) == "there");
        let text = q.text(range.clone());
        match text.split_once(' ') {
            Some(("a" | "an", rest)) if there => format!("the {rest}"),
            Some(("any" | "some", rest)) => rest.to_owned(),
            _ if range.len() > LONG => String::new(),
            _ => text,
        }
    }

    /// What the first topic is called, for a question that leaves it out.
    pub fn topic(&self) -> Option<String> {
        let things = self.topics(false).into_iter().map(|(_, text)| text).next();
        things
            .or_else(|| self.asked_thing(false).map(|(text, _)| text))
            .or_else(|| self.topics(true).into_iter().map(|(_, text)| text).next())
    }

    /// The noun that `one` or a number without a noun stands for.
    pub fn noun(&self, plural: bool) -> Option<String> {
        let q = &self.question;
        let asked = q.asked_noun().map(|range| q.small(range.end - 1).to_owned()).filter(|noun| !is_light(noun) && !is_time(noun));
        let of_phrases = self.topics(false).into_iter().map(|(phrase, _)| q.small(phrase.head).to_owned());
        let heads: Vec<String> = asked.into_iter().chain(of_phrases).collect();
        let matching = heads.iter().find(|head| is_plural(head) == plural);
        let head = matching.or(heads.first())?;
        Some(match (plural, is_plural(head)) {
            (true, false) if !head.ends_with('s') => format!("{head}s"),
            (false, true) => head.strip_suffix('s').unwrap_or(head).to_owned(),
            _ => head.clone(),
        })
    }

    /// Whom `he`, `she` or `they` stands for: who was asked for, or else whom the question names.
    pub fn person(&self) -> Option<String> {
        let q = &self.question;
        let asks = matches!(q.wh(), "who" | "whom" | "whose") || q.asked_noun().is_some_and(|noun| is_person(q.small(noun.end - 1)));
        let named = || {
            q.subject.clone().map(|range| phrase(q, range)).into_iter().chain(q.phrases()).find(|p| q.is_person(p)).map(|p| q.text(p.range))
        };
        let answered = || self.turn.short.as_deref().and_then(|short| self.short_person(short)).or_else(|| self.answer_person());
        if asks { answered().or_else(named) } else { named().or_else(answered) }
    }

    fn short_person(&self, short: &str) -> Option<String> {
        let said = Question::new(words(short));
        let fits = !said.words.is_empty() && said.words.len() <= NAME;
        let names = said.words.iter().any(|word| word.is_capital() && !is_closed(&word.small) && !is_time(&word.small))
            || said.words.iter().any(|word| is_person(&word.small));
        (fits && names).then(|| said.text(0..said.words.len()))
    }

    /// A name or a person in the first quote that the question does not name.
    fn answer_person(&self) -> Option<String> {
        let said = words(self.turn.quotes.first()?);
        let names = names(&said).into_iter().filter(|range| !self.knows(&said[range.clone()]));
        let place = |at: usize| at > 0 && matches!(said[at - 1].small.as_str(), "in" | "at" | "from" | "to" | "on" | "near" | "of");
        let mut names: Vec<Range<usize>> = names.collect();
        let persons = names.iter().filter(|range| !place(range.start)).count();
        names.retain(|range| persons == 0 && said[range.start.max(1) - 1].small != "in" || !place(range.start));
        let by = |range: &Range<usize>| range.start > 0 && said[range.start - 1].small == "by";
        names.sort_by_key(|range| !by(range));
        if let Some(range) = names.into_iter().next() {
            return Some(joined(&said[range]));
        }
        let quote = Question::new(said);
        let people = quote.phrases().into_iter().map(|p| noun_part(&quote, &p)).filter(|range| is_person(quote.small(range.end - 1)));
        let mut people: Vec<Range<usize>> = people.filter(|range| !self.knows(&quote.words[range.clone()])).collect();
        people.sort_by_key(|range| range.start == 0 || quote.small(range.start - 1) != "by");
        people.into_iter().next().map(|range| lowered(&quote.text(range)))
    }

    /// A thing in the answer that the question does not name: the short answer, or the first with an article.
    fn answer_thing(&self) -> Option<(String, bool)> {
        if let Some(short) = &self.turn.short {
            let said = words(short);
            let named = said.len() <= NAME && said.first().is_some_and(|word| is_determiner(&word.small) || word.is_capital());
            if named && !said.iter().any(|word| is_time(&word.small) || is_preposition(&word.small) && word.small != "of") {
                return Some((lowered(&joined(&said)), is_plural(&said[said.len() - 1].small)));
            }
        }
        let quote = Question::new(words(self.turn.quotes.first()?));
        let things =
            quote.phrases().into_iter().filter(|p| is_determiner(quote.small(p.range.start)) && !quote.is_person(p) && !quote.is_time(p));
        let ranges = things.map(|p| noun_part(&quote, &p)).filter(|range| range.len() > 1);
        let new = ranges.into_iter().find(|range| !self.knows(&quote.words[range.end - 1..range.end]))?;
        Some((lowered(&quote.text(new.clone())), is_plural(quote.small(new.end - 1))))
    }

    /// Where the answer or the question says that something is, with the preposition.
    pub fn place(&self) -> Option<String> {
        let of = |q: &Question, known: bool| {
            let phrases = q.phrases().into_iter().filter(|p| !q.is_time(p) && !q.is_person(p));
            let mut places = phrases.filter(|p| {
                p.preposition.is_some_and(|at| matches!(q.small(at), "in" | "at" | "on" | "under" | "behind" | "beside" | "near"))
            });
            places
                .find(|p| !known || !self.knows(&q.words[p.head..=p.head]))
                .map(|p| q.text(p.preposition.unwrap_or(p.range.start)..p.range.end))
        };
        if self.question.wh() == "where" {
            let said = |text: &String| of(&Question::new(words(text)), true);
            return self.turn.short.as_ref().and_then(said).or_else(|| self.turn.quotes.first().and_then(said));
        }
        of(&self.question, false)
    }

    /// What was asked about as a doing, where it has one: servicing the boiler.
    pub fn doing(&self) -> Option<String> {
        let q = &self.question;
        let auxiliary = q.auxiliary?;
        let verb = q.verb?;
        let subject = q.subject.clone()?;
        let rest: Vec<&str> = (verb + 1..q.words.len()).map(|at| q.words[at].text.as_str()).collect();
        let passive = is_be(q.small(auxiliary)) || q.small(subject.end) == "be" || q.small(subject.end) == "been";
        if passive {
            let stem = q.small(verb).strip_suffix("ed").filter(|_| q.small(verb).len() > 4)?;
            let stem = stem.strip_suffix('i').map_or(stem.to_owned(), |stem| format!("{stem}y"));
            let particle = rest
                .first()
                .filter(|word| matches!(**word, "off" | "on" | "up" | "out" | "down" | "away"))
                .map_or(String::new(), |word| format!(" {word}"));
            return Some(format!("{stem}ing{particle} {}", lowered(&q.text(subject))));
        }
        let person = is_closed(q.small(subject.start)) || q.is_person(&phrase(q, subject));
        let does = !rest.is_empty()
            && rest.len() < LONG
            && person
            && is_base_verb(q.small(verb))
            && !matches!(q.small(verb), "have" | "be" | "know" | "need");
        does.then(|| format!("{} {}", gerund(q.small(verb)), rest.join(" ")))
    }

    /// The verb of the question with what stands after it, for `does it`; in the form that a subject in the singular has.
    pub fn predicate(&self) -> Option<String> {
        let q = &self.question;
        let (verb, subject) = (q.verb?, q.subject.clone()?);
        let active = q.auxiliary.is_some_and(|at| !is_be(q.small(at))) && !matches!(q.small(subject.end), "be" | "been");
        active.then(|| format!("{} {}", third(q.small(verb)), q.text(verb + 1..q.words.len())))
    }

    /// Whether the question holds each of some words.
    fn knows(&self, some: &[Word]) -> bool {
        some.iter().filter(|word| !is_closed(&word.small)).all(|word| self.question.words.iter().any(|own| alike(&own.small, &word.small)))
    }
}

/// Whether two words are one, endings aside.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let stem = |word: &str| word.trim_end_matches("'s").trim_end_matches('s').to_owned();
    stem(a) == stem(b)
}

/// A stretch of words as a phrase; its noun is the last before `of` or a preposition.
pub(super) fn phrase(q: &Question, range: Range<usize>) -> Phrase {
    let end = range.clone().find(|at| is_preposition(q.small(*at)) && *at > range.start).unwrap_or(range.end);
    let before = range.start.checked_sub(1);
    Phrase { preposition: before.filter(|at| is_preposition(q.small(*at))), head: end - 1, range }
}

/// Where names stand: words in capitals beside each other, with a title before and `of` between; the first word of a text only in a longer one.
fn names(said: &[Word]) -> Vec<Range<usize>> {
    let is_name = |at: usize| {
        at < said.len() && said[at].is_capital() && !is_closed(&said[at].small) && !is_time(&said[at].small)
            || said.get(at).is_some_and(|w| is_title(&w.small) && w.is_capital())
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < said.len() {
        if !is_name(at) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while is_name(end) && !said[end - 1].pause || said.get(end).is_some_and(|word| word.small == "of") && is_name(end + 1) {
            end += 1;
        }
        let start = at - usize::from(at > 0 && said[at - 1].small == "the");
        if at > 0 || end > 1 || !is_plural(&said[0].small) && said.len() > 1 && !is_closed(&said[1].small) {
            found.push(start..end);
        }
        at = end;
    }
    found
}

/// A phrase of a statement as far as its noun: before a verb that follows it without a closed word between.
fn noun_part(q: &Question, phrase: &Phrase) -> Range<usize> {
    let opens = is_determiner(q.small(phrase.range.start)) || is_possessive(q.small(phrase.range.start));
    let first = phrase.range.start + usize::from(opens);
    let is_verb = |at: usize| {
        let word = q.small(at);
        let bare = word.strip_suffix('s').unwrap_or(word);
        is_state(word) || base_of_irregular(word).is_some() || is_base_verb(bare) || is_auxiliary(word)
    };
    let end = (first + 1..phrase.range.end).find(|at| is_verb(*at) || q.words[at - 1].pause);
    phrase.range.start..end.unwrap_or(phrase.range.end)
}

fn joined(some: &[Word]) -> String {
    lowered(&some.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// A phrase as it stands within a sentence: an article in small letters.
pub(super) fn lowered(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default().to_lowercase();
    if is_closed(&first) { format!("{first}{}", &text[first.len()..]) } else { text.to_owned() }
}

/// The form in -ing.
fn gerund(verb: &str) -> String {
    let vowel = |c: char| "aeiou".contains(c);
    let letters: Vec<char> = verb.chars().collect();
    let doubles = letters.len() == 3 && !vowel(letters[0]) && vowel(letters[1]) && !vowel(letters[2]) && !"wxy".contains(letters[2]);
    match verb.strip_suffix('e').filter(|stem| !stem.ends_with('e')) {
        Some(stem) => format!("{stem}ing"),
        None if doubles => format!("{verb}{}ing", letters[2]),
        None => format!("{verb}ing"),
    }
}

/// The form of the third person.
fn third(verb: &str) -> String {
    match verb {
        "have" => "has".into(),
        _ if ["s", "sh", "ch", "x", "o"].iter().any(|end| verb.ends_with(end)) => format!("{verb}es"),
        _ => format!("{verb}s"),
    }
}
