//! A question in English, taken apart by its closed words: question words, auxiliary, subject, verb, phrases. No tagger, no table of a language's words;
//! what it takes wrongly it takes the same way each time. Pure.

use std::ops::Range;

use crate::follow_up::words::{
    begins_clause, is_auxiliary, is_base_verb, is_be, is_closed, is_degree, is_determiner, is_noun_too, is_person, is_plural,
    is_possessive, is_preposition, is_state, is_time, is_title, is_wh,
};

/// A word as it stands, without the punctuation after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub small: String,
    /// Whether a comma or the like follows it.
    pub pause: bool,
}

/// The words of a text of one sentence; a word joined with its auxiliary (`who's`) is two.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for piece in text.split_whitespace() {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '\u{2019}');
        let bare = if piece.ends_with('.') && is_title(&bare.to_lowercase()) { piece } else { bare };
        let bare = bare.replace('\u{2019}', "'");
        if bare.is_empty() {
            continue;
        }
        let pause = piece.ends_with([',', ';', ':']);
        match bare
            .strip_suffix("'s")
            .filter(|wh| is_wh(&wh.to_lowercase()) || matches!(wh.to_lowercase().as_str(), "it" | "that" | "there"))
        {
            Some(wh) => found.extend([Word::new(wh, false), Word::new("is", pause)]),
            None => found.push(Word::new(&bare, pause)),
        }
    }
    found
}

impl Word {
    pub fn new(text: &str, pause: bool) -> Self {
        Self { text: text.to_owned(), small: text.to_lowercase(), pause }
    }

    /// Whether it is written as a name or an abbreviation is.
    pub fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase) && self.small != "i"
    }
}

/// A question in its parts, as places among its words.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub words: Vec<Word>,
    /// The question words, with a preposition before them and a noun after; empty where there are none.
    pub asked: Range<usize>,
    pub auxiliary: Option<usize>,
    /// What stands between the auxiliary and the verb; None where the question words are the subject, and of what is no question.
    pub subject: Option<Range<usize>>,
    /// The main verb, or what stands after `be`.
    pub verb: Option<usize>,
}

/// A phrase around a noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub range: Range<usize>,
    /// Where the preposition before it stands.
    pub preposition: Option<usize>,
    /// The noun that it is about.
    pub head: usize,
}

impl Question {
    pub fn new(words: Vec<Word>) -> Self {
        let mut question = Self { asked: question_words(&words), words, auxiliary: None, subject: None, verb: None };
        let at = question.asked.end;
        if question.is_auxiliary(at) && (at > 0 || question.words.len() > 1) {
            question.auxiliary = Some(at);
            question.find_subject(at + 1);
        } else if at > 0 && question.words.len() > at {
            question.verb = Some(at);
        }
        question
    }

    /// Whether it has the form of a question: more than question words, or an auxiliary first.
    pub fn is_whole(&self) -> bool {
        self.auxiliary.is_some() || self.verb.is_some()
    }

    /// The first of the question words without a preposition: `when` of `since when`; none where there are none.
    pub fn wh(&self) -> &str {
        self.asked.clone().map(|at| self.small(at)).find(|word| is_wh(word)).unwrap_or_default()
    }

    /// The noun that is asked for: `form` of `which form`, `objections` of `how many objections`.
    pub fn asked_noun(&self) -> Option<Range<usize>> {
        let at = self.asked.clone().find(|at| is_wh(self.small(*at)))?;
        let start = at + if self.small(at) == "how" { 2 } else { 1 };
        (start < self.asked.end).then_some(start..self.asked.end)
    }

    pub fn small(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.small)
    }

    pub fn text(&self, range: Range<usize>) -> String {
        let words: Vec<&str> = self.words[range].iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    fn is_auxiliary(&self, at: usize) -> bool {
        is_auxiliary(self.small(at))
    }

    fn is_content(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| !is_closed(&word.small) || word.is_capital() && at > 0 && word.small == "may")
    }

    /// The subject from `start` on, and the verb after it.
    fn find_subject(&mut self, start: usize) {
        let start = start + usize::from(self.small(start) == "not");
        if start >= self.words.len() || is_preposition(self.small(start)) {
            return;
        }
        let opens = is_determiner(self.small(start)) || is_possessive(self.small(start));
        let by_question_word = matches!(self.wh(), "who") && self.asked.len() == 1 && !is_be(self.small(start - 1));
        if by_question_word && !opens && !self.words[start].is_capital() && (self.is_content(start) || is_closed_verb(self.small(start))) {
            self.verb = Some(start); // who can use it
            return;
        }
        // How much does that save, Is that allowed.
        let acts = |at: usize| if is_be(self.small(start - 1)) { is_state(self.small(at)) } else { is_base_verb(self.small(at)) };
        let points = matches!(self.small(start), "this" | "that" | "these" | "those") && acts(start + 1) && !acts(start + 2);
        let is_pronoun = points || !(self.is_content(start) || opens && self.is_content(start + 1));
        if is_pronoun {
            self.subject = Some(start..start + 1);
            self.verb = (start + 1..self.words.len()).find(|at| self.is_content(*at) || is_closed_verb(self.small(*at)));
            return;
        }
        let end = self.phrase_end(start);
        let first = start + usize::from(opens);
        let auxiliary = self.small(self.asked.end).to_owned();
        if is_be(&auxiliary) {
            let state =
                (end > first + 1 || end - start > 1 && !opens) && is_state(self.small(end - 1)) && end - 1 > first.saturating_sub(1);
            let is_rest = end == self.words.len() || !matches!(self.small(end), "of");
            let verb = if state && is_rest { end - 1 } else { end };
            self.verb = (verb..self.words.len()).find(|at| is_state(self.small(*at)) && self.is_content(*at));
            // What stands between belongs to the subject: the leak near the church.
            let joined = |at: usize| self.is_content(at) || is_preposition(self.small(at)) || is_determiner(self.small(at));
            let far = self.verb.filter(|far| (verb..*far).all(joined) && self.is_content(far - 1));
            self.subject = Some(start..far.unwrap_or(verb).max(start + 1));
            return;
        }
        if matches!(self.small(end), "be" | "have" | "been") {
            self.subject = Some(start..end);
            self.verb = (end..self.words.len()).find(|at| self.is_content(*at)).or(Some(end));
            return;
        }
        // A word that is a noun too (book, rent) is the verb where no other is.
        let sure = (first + 1..end).find(|at| is_base_verb(self.small(*at)) && !is_noun_too(self.small(*at)));
        let base = sure.or_else(|| (first + 1..end).find(|at| is_base_verb(self.small(*at))));
        let verb = base.or((end - first > 1).then(|| end - 1));
        self.subject = Some(start..verb.unwrap_or(end));
        self.verb = verb.or((end..self.words.len()).find(|at| self.is_content(*at) || is_closed_verb(self.small(*at))));
    }

    /// Where the phrase ends that begins at `start`: before a closed word, save for `of` and `and the`.
    fn phrase_end(&self, start: usize) -> usize {
        let mut at = start + usize::from(is_determiner(self.small(start)) || is_possessive(self.small(start)));
        while at < self.words.len() {
            let joins = matches!(self.small(at), "of" | "and") && at > start;
            let after = at + 1 + usize::from(is_determiner(self.small(at + 1)) || is_possessive(self.small(at + 1)));
            let goes_on = joins && self.is_content(after) && (self.small(at) == "of" || after > at + 1);
            if goes_on {
                at = after;
            } else if !self.is_content(at) || at > start && self.words[at - 1].pause {
                break;
            }
            at += 1;
        }
        at
    }

    /// The phrases after the question words, in order; `of` joins two.
    pub fn phrases(&self) -> Vec<Phrase> {
        let mut found = Vec::new();
        let mut at = self.asked.end;
        while at < self.words.len() {
            let opens = is_determiner(self.small(at)) || is_possessive(self.small(at));
            let begins = self.is_content(at) || opens && self.is_content(at + 1);
            if !begins || Some(at) == self.auxiliary || Some(at) == self.verb {
                at += 1;
                continue;
            }
            let mut end = self.phrase_end(at);
            if let Some(verb) = self.verb.filter(|verb| (at..end).contains(verb)) {
                end = verb;
            }
            if is_state(self.small(end - 1)) && end - at > 1 + usize::from(opens) && self.auxiliary.is_some() && self.verb.is_none() {
                end -= 1;
            }
            let preposition = at.checked_sub(1).filter(|before| is_preposition(self.small(*before)));
            found.push(Phrase { head: self.head(at..end), range: at..end, preposition });
            at = end.max(at + 1);
        }
        found
    }

    /// The noun of a phrase: its last word before `of`, or of a light one (`the name of the ship`) the last of all.
    fn head(&self, range: Range<usize>) -> usize {
        let of = range.clone().find(|at| matches!(self.small(*at), "of" | "and") && *at > range.start);
        of.unwrap_or(range.end) - 1
    }

    /// Whether a phrase names a person: by its noun or a title, or as a name without an article.
    pub fn is_person(&self, phrase: &Phrase) -> bool {
        let named = phrase.range.clone().all(|at| self.words[at].is_capital() && at > 0);
        let place = phrase.preposition.is_some_and(|at| matches!(self.small(at), "in" | "at" | "near" | "on" | "from" | "to"));
        let titled = phrase.range.clone().any(|at| is_title(self.small(at)) && self.words[at].is_capital());
        is_person(self.small(phrase.head)) || titled || named && !place && !is_time(self.small(phrase.head))
    }

    pub fn is_plural(&self, phrase: &Phrase) -> bool {
        is_plural(self.small(phrase.head)) || phrase.range.clone().any(|at| self.small(at) == "and")
    }

    pub fn is_time(&self, phrase: &Phrase) -> bool {
        phrase.range.clone().any(|at| is_time(self.small(at)))
    }

    /// Whether another clause begins between two places.
    pub fn is_divided(&self, range: Range<usize>) -> bool {
        range.clone().any(|at| begins_clause(self.small(at)) && at > 0 || self.words[at].pause)
    }
}

/// Main verbs that are auxiliaries elsewhere.
fn is_closed_verb(word: &str) -> bool {
    matches!(word, "do" | "have" | "has" | "be")
}

/// Where the question words stand: at the beginning, after a preposition at most.
fn question_words(words: &[Word]) -> Range<usize> {
    let small = |at: usize| words.get(at).map_or("", |word| word.small.as_str());
    let at = usize::from(is_preposition(small(0)) && is_wh(small(1)));
    if !is_wh(small(at)) {
        return 0..0;
    }
    let is_noun = |at: usize| at < words.len() && !is_closed(small(at));
    // A noun belongs to the question words where an auxiliary follows it.
    let noun = |from: usize| {
        let mut end = from;
        while is_noun(end) || end > from && small(end) == "of" {
            end += 1;
        }
        if is_auxiliary(small(end)) || end == words.len() && end <= from + 1 { end } else { from }
    };
    let end = match small(at) {
        "who" | "whom" | "when" | "where" | "why" => at + 1 + usize::from(matches!(small(at + 1), "else" | "exactly")),
        "how" if matches!(small(at + 1), "much" | "many") => {
            let end = noun(at + 2);
            let subject = end == at + 2 && is_noun(end) && words.len() > end + 1;
            end + usize::from(subject)
        }
        "how" if is_degree(small(at + 1)) || is_noun(at + 1) && is_auxiliary(small(at + 2)) => at + 2,
        "how" => at + 1,
        "what" if is_auxiliary(small(at + 1)) => at + 1,
        "what" => noun(at + 1 + usize::from(matches!(small(at + 1), "else"))),
        _ if is_auxiliary(small(at + 1)) => at + 1,
        _ => {
            let end = noun(at + 1);
            end + usize::from(end == at + 1 && is_noun(end))
        }
    };
    0..end
}
