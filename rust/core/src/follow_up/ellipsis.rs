//! Follow-ups that leave out most of the question before: question words alone (`When?`, `By whom?`), and a phrase in place of another (`And the deposit?`,
//! `What about Sundays?`, `And in winter?`, `And if it rains?`). Pure.

use std::ops::Range;

use crate::follow_up::antecedent::{Past, alike, lowered, phrase};
use crate::follow_up::question::{Phrase, Question, Word};
use crate::follow_up::words::{
    base_of_irregular, is_be, is_closed, is_determiner, is_ordinal, is_person, is_place_adverb, is_plural, is_possessive, is_preposition,
    is_state, is_time, is_time_adverb,
};

/// Most words of a phrase that stands for a question.
const PHRASE: usize = 9;
/// The least likeness of two phrases that one takes the other's place with.
const LIKE: i32 = -2;

/// The question of before with other question words; None where the follow-up is more than question words.
pub(super) fn of_question_words(asked: &Question, past: &Past) -> Option<String> {
    let rest: Vec<&str> = asked.words[asked.asked.end..].iter().map(|word| word.small.as_str()).collect();
    let before = match rest[..] {
        [] | ["exactly" | "else" | "then" | "not" | "so"] => String::new(),
        ["is" | "was", "that" | "this" | "it"] if asked.wh() == "why" => String::new(),
        [preposition] if is_preposition(preposition) => format!("{preposition} "),
        _ => return None,
    };
    if asked.asked.is_empty() {
        return None;
    }
    let mut words = asked.text(asked.asked.clone());
    if matches!(rest[..], ["else" | "exactly"]) {
        words = format!("{words} {}", rest[0]);
    }
    if matches!(asked.asked_noun(), Some(noun) if matches!(asked.small(noun.start), "one" | "ones")) || words.eq_ignore_ascii_case("which")
    {
        words = format!("which {}", past.noun(words.ends_with("ones"))?);
    }
    let words = format!("{before}{}", lower_first(&words));
    let q = &past.question;
    let text = |range: Range<usize>| q.text(range);
    let verb = || q.verb.map(|at| q.small(at)).unwrap_or_default();
    let (Some(auxiliary), Some(subject)) = (q.auxiliary, q.subject.clone()) else {
        return of_subject(&words, asked, past);
    };
    // How much is there: of what there is the question is now about.
    if q.small(subject.start) == "there" && words.starts_with("how ") {
        return Some(format!("{words} is {}", past.topic()?));
    }
    let by_whom = matches!(asked.wh(), "who") && asked.asked.len() == 1 && before.is_empty();
    let passive = is_be(q.small(auxiliary)) && q.verb.is_some() || q.small(subject.end) == "be";
    if by_whom && passive {
        return Some(format!("by whom {}", text(auxiliary..q.words.len())));
    }
    if by_whom && is_closed(q.small(subject.start)) {
        return Some(format!("{words} {} {}", verb(), text(q.verb? + 1..q.words.len())));
    }
    let not = if matches!(rest[..], ["not"]) && !q.words.iter().any(|word| word.small == "not") { " not" } else { "" };
    let mut made =
        format!("{words} {} {}{not} {}", text(auxiliary..auxiliary + 1), text(subject.clone()), text(subject.end..q.words.len()));
    if let Some(noun) =
        q.asked_noun().filter(|_| matches!(q.wh(), "which" | "what") && !is_be(q.small(auxiliary)) && q.asked.start + 1 != q.asked.end)
    {
        made = format!("{} the {}", made.trim_end(), text(noun));
    }
    Some(made.trim_end().to_owned())
}

/// The same where the question words of before were its subject: `Who signed the lease?`, `When?` → `When did Gora sign the lease?`
fn of_subject(words: &str, asked: &Question, past: &Past) -> Option<String> {
    let q = &past.question;
    let verb = q.verb?;
    let rest = q.text(verb + 1..q.words.len());
    if asked.wh() == q.wh() {
        return Some(format!("{words} {} {rest}", q.text(q.asked.end..verb + 1)).trim_end().to_owned());
    }
    if words.starts_with("how much") || words.starts_with("how many") {
        return Some(format!("{words} is {}", past.topic()?));
    }
    let who = past.person().filter(|_| matches!(q.wh(), "who" | "whom"));
    if let (Some(auxiliary), Some(who)) = (q.auxiliary, &who) {
        return Some(format!("{words} {} {who} {}", q.small(auxiliary), q.text(verb..q.words.len())));
    }
    let object = q.phrases().into_iter().find(|p| p.preposition.is_none() && p.range.start == verb + 1);
    let form = q.small(verb);
    // In the passive, which needs no subject: When was the fence damaged?
    if form.ends_with("ed")
        && let Some(object) = object
    {
        let be = if q.is_plural(&object) { "were" } else { "was" };
        // The words after it that say which one it is belong to it.
        let end = q
            .phrases()
            .iter()
            .filter(|p| p.preposition == Some(object.range.end) && !q.is_time(p))
            .map(|p| p.range.end)
            .next()
            .unwrap_or(object.range.end);
        let after = q.text(end..q.words.len());
        return Some(format!("{words} {be} {} {form} {after}", q.text(object.range.start..end)).trim_end().to_owned());
    }
    let who = who.or_else(|| q.asked_noun().map(|noun| format!("the {}", q.text(noun))))?;
    let (auxiliary, base) = base_form(form);
    Some(format!("{words} {auxiliary} {who} {base} {rest}").trim_end().to_owned())
}

/// The auxiliary and the base form that a verb in the present or the past has in a question.
fn base_form(form: &str) -> (&'static str, String) {
    if let Some(base) = base_of_irregular(form) {
        return ("did", base.to_owned());
    }
    if let Some(stem) = form.strip_suffix("ied") {
        return ("did", format!("{stem}y"));
    }
    if let Some(stem) = form.strip_suffix("ed") {
        let silent =
            ["v", "s", "c", "g", "z", "u", "at", "ir", "ut", "id", "od"].iter().any(|end| stem.ends_with(end)) && !stem.ends_with("ss");
        return ("did", if silent { format!("{stem}e") } else { stem.to_owned() });
    }
    let base = match form.strip_suffix("ies") {
        Some(stem) if stem.len() > 1 => format!("{stem}y"),
        _ if ["shes", "ches", "xes", "sses", "oes"].iter().any(|end| form.ends_with(end)) => form[..form.len() - 2].to_owned(),
        _ => form.strip_suffix('s').unwrap_or(form).to_owned(),
    };
    ("does", base)
}

/// The phrase of a follow-up that is no question of its own: `And the deposit?` has `the deposit`.
pub(super) fn fragment(asked: &Question) -> Option<Vec<Word>> {
    let small: Vec<&str> = asked.words.iter().map(|word| word.small.as_str()).collect();
    let about = match small[..] {
        ["what" | "how", "about", ..] | ["what", "of", ..] if small.len() > 2 => 2,
        ["what", "if", ..] if small.len() > 2 => 1,
        _ if asked.asked.is_empty() && !asked.is_whole() => 0,
        _ => return None,
    };
    let orders = [
        "tell",
        "show",
        "list",
        "give",
        "explain",
        "describe",
        "name",
        "summarize",
        "summarise",
        "please",
        "find",
        "say",
        "compare",
        "quote",
        "read",
    ];
    if about == 0 && orders.contains(&small[0]) {
        return None;
    }
    let mut words = asked.words[about..].to_vec();
    while words.len() > 1 && matches!(words[words.len() - 1].small.as_str(), "too" | "then" | "instead" | "again") {
        words.pop();
    }
    if words.len() > 2 && words[words.len() - 2].small == "as" && words[words.len() - 1].small == "well" {
        words.truncate(words.len() - 2);
    }
    (words.len() <= PHRASE || about > 0).then_some(words)
}

/// The question of before with a phrase in the place of the one that is most like it, or after it; None where nothing is like it.
pub(super) fn with_fragment(words: &[Word], past: &Past) -> Option<String> {
    let q = &past.question;
    if !q.is_whole() {
        return None;
    }
    let first = words[0].small.as_str();
    let said = lowered(&text_of(words));
    if matches!(first, "if" | "when" | "unless" | "whether" | "while" | "because") {
        return Some(format!("what happens {said}"));
    }
    if is_preposition(first) && words.len() > 1 {
        return Some(with_prepositional(words, &said, past));
    }
    if words.len() == 1 && (is_place_adverb(first) || is_time_adverb(first)) {
        let alike = |p: &Phrase| is_time_adverb(first) == q.is_time(p);
        let place = q
            .phrases()
            .into_iter()
            .rev()
            .find(|p| p.preposition.is_some_and(|at| matches!(q.small(at), "in" | "at" | "on" | "within")) && alike(p));
        return Some(match place {
            Some(p) => replaced(q, p.preposition.unwrap_or(p.range.start)..p.range.end, &said),
            None => format!("{} {said}", q.text(0..q.words.len())),
        });
    }
    with_noun(words, &said, past)
}

/// With a phrase after a preposition, in the place of one after the same, or of a time for a time; else at the end.
fn with_prepositional(words: &[Word], said: &str, past: &Past) -> String {
    let q = &past.question;
    let is_time_phrase = words.iter().any(|word| is_time(&word.small));
    let ordinal = words.last().is_some_and(|word| is_ordinal(&word.small));
    let same = q.phrases().into_iter().rev().find(|p| {
        p.preposition.is_some_and(|at| q.small(at) == words[0].small && (ordinal || q.is_time(p) == is_time_phrase))
            || is_time_phrase && q.is_time(p) && p.preposition.is_some()
    });
    // `of` stands within a phrase.
    let of = (q.asked.end..q.words.len()).rev().find(|at| words[0].small == "of" && q.small(*at) == "of");
    if let Some(of) = of {
        let end = (of + 1..q.words.len())
            .find(|at| is_closed(q.small(*at)) && !is_determiner(q.small(*at)) || q.verb == Some(*at))
            .unwrap_or(q.words.len());
        return replaced(q, of..end, said);
    }
    match same {
        Some(p) => {
            let said = if ordinal { format!("{said} {}", q.small(p.head)) } else { said.to_owned() };
            replaced(q, p.preposition.unwrap_or(p.range.start)..p.range.end, &said)
        }
        None => format!("{} {said}", q.text(0..q.words.len())),
    }
}

/// With a phrase around a noun.
fn with_noun(words: &[Word], said: &str, past: &Past) -> Option<String> {
    let q = &past.question;
    let own = Question { words: words.to_vec(), asked: 0..0, auxiliary: None, subject: None, verb: None };
    let end = (1..words.len())
        .find(|at| {
            is_preposition(&words[*at].small)
                || matches!(words[*at].small.as_str(), "who" | "that" | "which")
                || is_place_adverb(&words[*at].small)
        })
        .unwrap_or(words.len());
    let own_phrase = Phrase { range: 0..words.len(), preposition: None, head: end - 1 };
    let mut places: Vec<(i32, Range<usize>)> = Vec::new();
    let there = q.subject.as_ref().is_some_and(|subject| q.small(subject.start) == "there");
    if let Some(subject) = q.subject.clone().filter(|_| !there) {
        places.push((likeness(&own, &own_phrase, q, &phrase(q, subject.clone())) + 2, subject));
    }
    for p in q.phrases() {
        if q.subject.as_ref().is_some_and(|subject| subject.contains(&p.range.start)) && !there {
            continue;
        }
        let direct = if p.preposition.is_none() { 2 } else { 0 };
        places.push((likeness(&own, &own_phrase, q, &p) + direct, p.range));
    }
    let bare = !is_determiner(&words[0].small) && !is_possessive(&words[0].small);
    if let Some(noun) = q.asked_noun().filter(|_| bare && q.wh() == "how") {
        places.push((likeness(&own, &own_phrase, q, &phrase(q, noun.clone())) + 4, noun));
    }
    let (score, range) = places.into_iter().rev().max_by_key(|(score, _)| *score)?;
    if score < LIKE {
        return None;
    }
    let old = phrase(q, range.clone());
    let named = |word: &str| is_ordinal(word) || is_state(word) || matches!(word, "one" | "ones");
    let said = match own.small(end - 1) {
        "one" | "ones" => format!("{} {}", said.rsplit_once(' ').map_or("", |(before, _)| before), q.small(old.head)),
        last if named(last) && words.len() > 1 => format!("{said} {}", q.small(old.head)),
        _ => said.to_owned(),
    };
    let mut made = q.clone();
    if q.subject.as_ref() == Some(&range)
        && let Some(at) = q.auxiliary
    {
        let form = agreeing(q.small(at), is_plural(own.small(end - 1)) || words.iter().any(|word| word.small == "and"));
        made.words[at] = Word::new(&if at == 0 { capital(&form) } else { form }, false);
    }
    Some(replaced(&made, range, &said))
}

/// How well a phrase takes the place of another of the question.
fn likeness(own: &Question, new: &Phrase, q: &Question, old: &Phrase) -> i32 {
    let mut sum = 0;
    let shared = |a: &str, b: &str| alike(a, b) && !is_closed(a);
    if shared(own.small(new.head), q.small(old.head)) {
        sum += 8;
    } else if old.range.clone().any(|at| new.range.clone().any(|own_at| shared(own.small(own_at), q.small(at)))) {
        sum += 3;
    }
    let person =
        |q: &Question, p: &Phrase| q.is_person(p) || is_person(q.small(p.head)) || is_closed(q.small(p.range.start)) && p.range.len() == 1;
    sum += match (person(own, new), person(q, old)) {
        (true, true) => 4,
        (false, false) => 0,
        (true, false) => -2,
        (false, true) => -5,
    };
    sum += match (own.is_time(new), q.is_time(old)) {
        (true, true) => 5,
        (false, false) => 0,
        _ => -6,
    };
    let digits = |q: &Question, p: &Phrase| p.range.clone().any(|at| q.small(at).contains(|c: char| c.is_ascii_digit()));
    sum += if digits(own, new) && digits(q, old) { 5 } else { 0 };
    let article = |q: &Question, p: &Phrase| match q.small(p.range.start) {
        "the" => 1,
        "a" | "an" => 2,
        word if is_closed(word) => 3,
        _ => 0,
    };
    let capital = |q: &Question, p: &Phrase| q.words[p.head].is_capital() && p.range.start > 0;
    sum += i32::from(article(own, new) == article(q, old)) + 2 * i32::from(capital(own, new) && capital(q, old));
    sum
}

fn agreeing(auxiliary: &str, plural: bool) -> String {
    let pairs = [("is", "are"), ("was", "were"), ("does", "do"), ("has", "have")];
    let found = pairs.iter().find(|(one, many)| *one == auxiliary || *many == auxiliary);
    found.map_or(auxiliary, |(one, many)| if plural { many } else { one }).to_owned()
}

/// The question with other words in the place of some.
fn replaced(q: &Question, range: Range<usize>, by: &str) -> String {
    let before = q.text(0..range.start);
    let after = q.text(range.end..q.words.len());
    format!("{before} {by} {after}").trim().to_owned()
}

fn text_of(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
